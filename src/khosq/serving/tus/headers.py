"""The protocol's headers: read strictly, written as clients expect them. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from email.utils import format_datetime

from starlette.datastructures import Headers

from khosq.errors import Invalid, UnsupportedMedia
from khosq.media.partial import Checksum, Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,termination,expiration,checksum"
ALGORITHMS = ("sha1", "md5", "sha256")
CONTENT_TYPE = "application/offset+octet-stream"

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_KEY = re.compile(r"[!-+\--~]+", re.ASCII)
"""Printable, without blank and comma."""
_REQUEST_HEADERS = (
    "Content-Type",
    "Tus-Resumable",
    "Upload-Checksum",
    "Upload-Defer-Length",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-HTTP-Method-Override",
    "X-Request-ID",
    "X-Requested-With",
)
_EXPOSED = (
    "Location",
    "Retry-After",
    "Tus-Checksum-Algorithm",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Resumable",
    "Tus-Version",
    "Upload-Defer-Length",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-Request-ID",
)


def only(headers: Headers, name: str) -> str | None:
    """Return the value of a header.

    Raises:
        Invalid: it was sent more than once.

    """
    values = headers.getlist(name)
    if len(values) > 1:
        raise Invalid(f"{name} was sent more than once.", field=name)
    return values[0].strip() if values else None


def read_number(headers: Headers, name: str) -> int | None:
    """Return a count of bytes, None where it was not sent."""
    text = only(headers, name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise Invalid(f"{name} must be a number of bytes.", field=name)
    return int(text)


def read_offset(headers: Headers) -> int:
    """Return where the bytes of a request belong."""
    offset = read_number(headers, "Upload-Offset")
    if offset is None:
        raise Invalid("Upload-Offset is missing.", field="Upload-Offset")
    return offset


def read_length(headers: Headers) -> int | None:
    """Return how long a new upload will be, None where the client does not know yet."""
    length, deferred = read_number(headers, "Upload-Length"), only(headers, "Upload-Defer-Length")
    if deferred not in {None, "1"}:
        raise Invalid("Upload-Defer-Length must be 1.", field="Upload-Defer-Length")
    if (length is None) is (deferred is None):
        raise Invalid("Send Upload-Length or Upload-Defer-Length: 1, and only one of them.", field="Upload-Length")
    return length


def read_metadata(headers: Headers) -> dict[str, str]:
    """Return what a client says of a new upload; an empty header says nothing."""
    text = only(headers, "Upload-Metadata")
    metadata: dict[str, str] = {}
    for pair in text.split(",") if text else []:
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in metadata:
            raise Invalid("Upload-Metadata: every key is ASCII, there, and there once.", field="Upload-Metadata")
        metadata[key] = _text(value.strip())
    return metadata


def read_checksum(headers: Headers) -> Checksum | None:
    """Return what the bytes of a request must have."""
    text = only(headers, "Upload-Checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Invalid(f"Upload-Checksum: it is one of {', '.join(ALGORITHMS)}.", field="Upload-Checksum")
    digest = _from_base64(value.strip(), field="Upload-Checksum")
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise Invalid(f"Upload-Checksum: this is no {algorithm} checksum.", field="Upload-Checksum")
    return Checksum(algorithm, digest)


def has_body(headers: Headers) -> bool:
    """Tell whether bytes of an upload follow.

    Raises:
        UnsupportedMedia: bytes of another type do.

    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() == CONTENT_TYPE:
        return True
    if headers.get("content-length", "0").strip("0") or "transfer-encoding" in headers:
        raise UnsupportedMedia(f"The bytes of an upload are sent as Content-Type: {CONTENT_TYPE}.")
    return False


def describe_server(max_bytes: int) -> dict[str, str]:
    """Return what OPTIONS tells."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def describe_upload(upload: Upload) -> dict[str, str]:
    """Return what HEAD tells."""
    length = upload.facts.length
    known = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
    metadata = {"Upload-Metadata": upload.facts.metadata} if upload.facts.metadata else {}
    return {**known, **metadata, **progress(upload), "Cache-Control": "no-store"}


def progress(upload: Upload) -> dict[str, str]:
    """Return how far an upload is, and until when it may go on."""
    return {"Upload-Offset": str(upload.offset), **expiry(upload)}


def expiry(upload: Upload) -> dict[str, str]:
    """Return until when an upload may go on."""
    return {"Upload-Expires": format_datetime(upload.expires, usegmt=True)}


def shared_with_pages(origin: str | None) -> dict[str, str]:
    """Return what lets a page of any site read an answer: it must send a key, and browsers add none by themselves."""
    if origin is None:
        return {}
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": ", ".join(_EXPOSED)}


def allowed_to_pages(methods: Sequence[str], key_headers: Sequence[str]) -> dict[str, str]:
    """Return what a browser asks before it lets a page send a request."""
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join((*key_headers, *_REQUEST_HEADERS)),
        "Access-Control-Max-Age": "86400",
    }


def _text(value: str) -> str:
    try:
        return _from_base64(value, field="Upload-Metadata").decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("Upload-Metadata: every value is text in UTF-8.", field="Upload-Metadata") from error


def _from_base64(value: str, *, field: str) -> bytes:
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Invalid(f"{field}: this is not base64.", field=field) from error
