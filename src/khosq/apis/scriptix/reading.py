"""What callers send, read strictly: JSON bodies, the metadata of resumable uploads, what is in a query."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from khosq.apis.scriptix.errors import BodyRefused, LanguageRefused
from khosq.apis.scriptix.wire import CreateSession, Told
from khosq.errors import Invalid, UnsupportedMedia
from khosq.serving.bodies import parse_json, read_json
from khosq.serving.language_tags import read_language_tag

LARGEST_PAGE, USUAL_PAGE = 100, 25

Fields = TypeVar("Fields", bound=BaseModel)

_JSON = re.compile(r"application/(json|[\w.+-]+\+json)", re.ASCII | re.IGNORECASE)
_LONGEST_TAG = 35
_FLAGS = ("punctuation", "keep_source", "multichannel", "diarization")
_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST_NAME = 200


async def read_object(request: Request, *, patience: float) -> dict[str, Any]:
    """Return a body that must be a JSON object.

    Raises:
        UnsupportedMedia: it is not declared as JSON.
        BodyRefused: it is none.

    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip()
    if not _JSON.fullmatch(declared):
        raise UnsupportedMedia("Send the body as Content-Type: application/json.")
    try:
        body = await read_json(request, timeout=patience)
    except Invalid as error:
        raise BodyRefused(error.message) from error
    if not isinstance(body, dict):
        raise BodyRefused("The body must be a JSON object.")
    return body


def read_fields(kind: type[Fields], body: Mapping[str, Any]) -> Fields:
    """Return the fields of an object, checked.

    Raises:
        BodyRefused: names the field that is missing or wrong.

    """
    try:
        fields = kind.model_validate(body)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_context=False, include_url=False)[0]
        field = ".".join(map(str, fault["loc"]))[:_LONGEST_NAME]
        text = "is required" if fault["type"] == "missing" else f"is not valid: {fault['msg']}"
        raise BodyRefused(f"{field} {text}.", field=field) from error
    for told, prefix in ((fields, ""), (getattr(fields, "document", None), "document.")):
        if isinstance(told, Told):
            _check_told(told, prefix)
    return fields


def read_headers(lines: Sequence[str], *, field: str) -> dict[str, str]:
    """Return ``Name: value`` lines as headers.

    Raises:
        BodyRefused: a line is none, or a name comes twice.

    """
    headers: dict[str, str] = {}
    taken: set[str] = set()
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(" \t"), value.strip(" \t")
        if not colon or not name or not line.isprintable():
            raise BodyRefused(f'{field}: each line is "Name: value".', field=field)
        if name.lower() in taken:
            raise BodyRefused(f"{field}: {name[:_LONGEST_NAME]} comes twice.", field=field)
        taken.add(name.lower())
        headers[name] = value
    return headers


def read_language(text: str) -> str:
    """Return a language tag in its usual spelling.

    Raises:
        LanguageRefused: it is none.

    """
    language = read_language_tag(text)
    if language is None:
        raise LanguageRefused(f"Language {text[:_LONGEST_TAG]!r} is not available: it is no tag.", field="language")
    return language


def read_metadata(metadata: Mapping[str, str]) -> CreateSession:
    """Return what the metadata of a resumable upload asks for.

    Raises:
        Invalid: names the key that is wrong.

    """
    if not metadata.get("language"):
        raise LanguageRefused("Upload-Metadata: language is missing.", field="language")
    body: dict[str, Any] = {"language": metadata["language"], "document": _document(metadata)}
    body |= {flag: _truth(flag, metadata[flag]) for flag in _FLAGS if flag in metadata}
    if metadata.get("webhook_url"):
        body["webhook_url"] = metadata["webhook_url"]
    return read_fields(CreateSession, body)


def read_number(request: Request, name: str, *, otherwise: int, most: int | None = None) -> int:
    """Return a count from the query.

    Raises:
        BodyRefused: it is none, or is too large.

    """
    text = request.query_params.get(name)
    if text is None:
        return otherwise
    if not _NUMBER.fullmatch(text) or (most is not None and not 1 <= int(text) <= most):
        range_ = "a whole number" if most is None else f"a whole number from 1 to {most}"
        raise BodyRefused(f"{name} must be {range_}.", field=name)
    return int(text)


def read_truth(request: Request, name: str) -> bool:
    """Return a yes or no from the query; absent is no.

    Raises:
        Invalid: it is neither.

    """
    return _truth(name, request.query_params.get(name, "false"))


def _truth(name: str, text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise Invalid(f"{name} must be true or false.", field=name)
    return _TRUTHS[text.lower()]


def _document(metadata: Mapping[str, str]) -> dict[str, Any]:
    text = metadata.get("document")
    try:
        settings = parse_json(text.encode("utf-8")) if text else {}
    except Invalid as error:
        raise Invalid(f"Upload-Metadata: document: {error.message}", field="document") from error
    if not isinstance(settings, dict):
        raise Invalid("Upload-Metadata: document must be a JSON object.", field="document")
    kind = metadata.get("document_type") or settings.get("document_type") or "document"
    return settings | {"document_type": kind}


def _check_told(told: Told, prefix: str) -> None:
    if told.webhook_url is not None:
        return
    for name in ("webhook_method", "webhook_headers"):
        if getattr(told, name) is not None:
            raise BodyRefused(f"{prefix}{name} needs {prefix}webhook_url.", field=f"{prefix}{name}")
