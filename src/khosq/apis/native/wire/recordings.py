"""Recordings, as our API tells of them."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from khosq.apis.native.wire.model import Answer, Page, Query, Request


class Recording(Answer):
    """A recording whose bytes are here."""

    id: str
    filename: str | None = None
    """As its sender named it."""
    media_type: str
    """Decided by the bytes."""
    size_bytes: int
    sha256: str
    """Of the bytes, in hex."""
    kind: Literal["audio", "video"] | None = None
    """Known once a job has decoded it."""
    duration: float | None = None
    """Seconds; known once a job has decoded it."""
    belongs_to_job: bool
    """It came with a job and goes with it; else it stays until it is deleted."""
    created_at: AwareDatetime


class RecordingPage(Page[Recording]):
    """Recordings, newest first."""


class UploadLink(Answer):
    """Where the bytes of a recording go."""

    url: str
    """`PUT` the bytes here; no key is needed, so that a browser may do it."""
    method: Literal["PUT"] = "PUT"
    expires_at: AwareDatetime
    """An upload must have begun by then."""


class UploadOfRecording(Answer):
    """A recording that is to come."""

    recording_id: str
    """The recording's id once it is there."""
    upload: UploadLink


class CreateUpload(Request):
    """Asks for a link to which one recording may be sent."""

    expires_in: int = Field(default=3600, ge=1, le=86_400)
    """Seconds for which the link is good."""


class FileQuery(Query):
    """What is said of a recording beside its bytes."""

    filename: str = Field(default="", max_length=255)
    """What the recording is called."""


class LinkQuery(FileQuery):
    """What a signed link carries."""

    exp: str
    """Part of the link."""
    sig: str
    """Part of the link."""
