"""Forms that carry a recording."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from khosq.apis.face import Desk
from khosq.errors import Invalid
from khosq.media.recording import ALL_TYPES, StoredRecording
from khosq.serving.multipart import Form, read_form


async def read_recording(request: Request, desk: Desk) -> tuple[Form[StoredRecording], str, StoredRecording]:
    """Return a form, and its recording's name and bytes.

    Raises:
        Invalid: it has none under the name ``file``.

    """
    form = await read_form(
        request,
        lambda _, chunks: desk.receive(chunks, accept=ALL_TYPES),
        files=frozenset({"file"}),
        patience=desk.body_timeout,
        discard=lambda stored: run_in_threadpool(desk.discard, stored),
    )
    if "file" not in form.files:
        raise Invalid("The form has no recording; its field must be called file.", field="file")
    return form, *form.files["file"]
