"""Files made of a document, and recordings, as they go over the wire."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from khosq.apis.scriptix.clerk import warning_of
from khosq.apis.scriptix.mapping import from_document, name_of
from khosq.documents.document import Document
from khosq.errors import Invalid, NotFound
from khosq.jobs.job import Job
from khosq.jobs.results import Outcome
from khosq.media.recording import MediaType
from khosq.recordings.recording import Recording
from khosq.serving.answers import to_json
from khosq.transcript.exports import FORMATS, ExportOptions, render

JSON, TEMPLATE = "json", "template"
ALL_FORMATS = (*FORMATS, TEMPLATE)

_PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
_SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file ready to be sent."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Look:
    """What of a transcript a file shows."""

    with_timestamps: bool = True
    with_speakers: bool = True


def check_format(name: str) -> None:
    """Refuse a format that nothing here writes.

    Raises:
        Invalid: names those that are written.

    """
    if name not in ALL_FORMATS:
        raise Invalid(
            f"There is no format {name[:40]!r}; there are {', '.join(ALL_FORMATS)} and media.", field="format"
        )


def make_file(job: Job, document: Document, outcome: Outcome, format_name: str, look: Look) -> File:
    """Return a document in a format."""
    name, transcript = name_of(job, document), outcome.transcript
    if format_name == TEMPLATE:
        return File(f"{name}.txt", "text/plain; charset=utf-8", _summary(outcome))
    if format_name == JSON:
        return File(f"{name}.json", FORMATS[JSON].media_type, to_json(from_document(job, document, transcript)))
    made = FORMATS[format_name]
    options = ExportOptions(
        cues=document.cues,
        title=name,
        with_timestamps=look.with_timestamps,
        with_speakers=look.with_speakers,
        created=job.created_at.date(),
    )
    return File(f"{name}.{made.extension}", made.media_type, render(transcript, format_name, options=options))


def send_file(job: Job, file: File) -> Response:
    """Answer with a file."""
    headers = _SAFE | {"content-disposition": _attached(file.name)} | warning_of(job)
    return Response(file.content, media_type=file.media_type, headers=headers)


async def send_recording(request: Request, recording: Recording, file: BinaryIO, name: str) -> Response:
    """Answer with a recording, or with the one part of it that was asked for."""
    size = recording.size_bytes
    span = _span(request.headers.get("range", ""), size)
    headers = _SAFE | {"accept-ranges": "bytes", "content-disposition": _attached(name)}
    if span is None:
        span, status = (0, size), 200
    else:
        status = 206
        headers["content-range"] = f"bytes {span[0]}-{span[1] - 1}/{size}"
    headers["content-length"] = str(span[1] - span[0])
    return StreamingResponse(_pieces(file, *span), status_code=status, headers=headers, media_type=recording.media_type)


def name_of_recording(job: Job, recording: Recording) -> str:
    """Return the name of a recording's file, which may have been encoded anew."""
    name = job.filename or job.id
    return f"{name.rpartition('.')[0] or name}.ogg" if recording.media_type == MediaType.OGG else name


def _summary(outcome: Outcome) -> bytes:
    if outcome.summary is None:
        raise NotFound("There is no summary of this session.")
    return "\n\n".join(part for part in (outcome.title, outcome.summary) if part).encode("utf-8", "replace") + b"\n"


def _attached(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"


def _span(text: str, size: int) -> tuple[int, int] | None:
    """Return the one part that a Range header asks for; None: all of it, also where the header is not understood."""
    asked = _RANGE.fullmatch(text.strip())
    if asked is None or not any(asked.groups()):
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    return (start, end) if start < end else None


async def _pieces(file: BinaryIO, start: int, end: int) -> AsyncGenerator[bytes, None]:
    with file:
        await run_in_threadpool(file.seek, start)
        while start < end and (piece := await run_in_threadpool(file.read, min(_PIECE_BYTES, end - start))):
            start += len(piece)
            yield piece
