"""What a door does when it takes resumable uploads; the protocol itself is not its business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from khosq.errors import KhosqError
from khosq.media.partial import Upload
from khosq.media.recording import StoredRecording


class Caller(Protocol):
    """Whoever sends a request."""

    @property
    def owner(self) -> str:
        """The word that uploads are kept under: another owner's upload is not found."""
        ...


C = TypeVar("C", bound=Caller)


@dataclass(frozen=True, slots=True)
class Creation:
    """What a client wants to upload."""

    metadata: Mapping[str, str]
    """Decoded; a key without a value has an empty one."""
    length: int | None
    """In bytes; None until the client knows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an upload goes."""

    upload_id: str
    """Ends its URL; nobody can guess it."""
    key: str
    """Of the recording, once it is whole."""


class TusHooks(Protocol[C]):
    """A door's part. What it raises is answered as a refusal in the door's own shape."""

    async def authenticate(self, request: Request) -> C:
        """Return who sends a request; it is asked for every one but OPTIONS.

        Raises:
            Unauthorized: nobody who is known.

        """
        ...

    async def on_created(self, creation: Creation, caller: C, request: Request) -> Place:
        """Refuse an upload, or note that it begins and say where it goes; nothing of it has been read yet."""
        ...

    async def on_finished(self, upload: Upload, recording: StoredRecording) -> None:
        """Take the recording over.

        It may be called again with the same recording after a kill, and must do nothing then.

        Raises:
            Refused: it is not wanted any more; its bytes are removed.

        """
        ...

    async def on_dropped(self, upload_id: str, reason: KhosqError | None) -> None:
        """Note that no recording will come, and what came is removed; it may be told again.

        Args:
            upload_id: of what ``on_created`` allowed.
            reason: why; None where the client wished it.

        """
        ...

    async def show(self, upload: Upload, caller: C) -> Response:
        """Return the answer to GET, which is not the protocol's."""
        ...
