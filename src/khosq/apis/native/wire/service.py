"""What this server can do, as our API tells of it."""

from __future__ import annotations

from typing import Literal

from khosq.apis.native.wire.model import Answer

ModelState = Literal["ready", "on_demand", "absent"]
ModelKind = Literal["production", "fallback", "starter"]


class Model(Answer):
    """A model that writes speech down."""

    name: str
    kind: ModelKind
    """Only `production` is to be relied on."""
    state: ModelState
    """`on_demand`: it is fetched when first needed."""
    languages: list[str]
    """BCP 47 tags; a base language serves all its regions."""
    licence: str
    address: str
    """Where to read about it."""
    size_bytes: int | None = None
    caution: str | None = None
    """What a reader of its text must know."""


class Models(Answer):
    """Every model that is known here, the better ones of a language first."""

    data: list[Model]


class Language(Answer):
    """A language and the model that would hear it now."""

    tag: str
    """BCP 47."""
    state: ModelState
    model: str
    kind: ModelKind
    install: str | None = None
    """Command that brings a production model here, where none is."""


class Languages(Answer):
    """Every language that is known here."""

    data: list[Language]
    default: str
    """Of a job that names none."""


class Limits(Answer):
    """What is accepted here."""

    max_upload_bytes: int | None = None
    max_duration_seconds: float | None = None
    max_metadata_bytes: int
    max_batch: int
    max_wait_seconds: int
    requests_per_minute: int
    """For each key."""
    idempotency_seconds: int
    """For so long an `Idempotency-Key` is remembered."""
    upload_link_seconds: int
    media_types: list[str]
    """By every common name; what a recording is, its bytes decide."""
    export_formats: list[str]
