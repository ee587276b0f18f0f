"""Recordings that were put here for themselves, and the removal of all bytes that nothing refers to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from khosq.clock import Clock
from khosq.errors import Conflict, NotFound, Unavailable
from khosq.identifiers import is_id, new_id
from khosq.media.recording import StoredRecording
from khosq.recordings.recording import Recording
from khosq.recordings.store import RecordingStore
from khosq.storage.blobs import Blobs

log = structlog.get_logger()

_AT_ONCE = 100


class Recordings:
    """What a door may ask about recordings, always of one tenant."""

    def __init__(
        self, store: RecordingStore, blobs: Blobs, erase: Callable[[Recording, datetime], bool], *, clock: Clock
    ) -> None:
        """Keep what it works with.

        Args:
            store: the recordings.
            blobs: their bytes.
            erase: lets a recording's bytes go unless a job still needs them; tells whether they went.
            clock: the time.

        """
        self._store = store
        self._blobs = blobs
        self._erase = erase
        self._clock = clock

    def keep(
        self, tenant_id: str, stored: StoredRecording, *, filename: str = "", recording_id: str | None = None
    ) -> Recording:
        """Keep a recording for itself, until its tenant removes it.

        Args:
            tenant_id: whose it is.
            stored: where its bytes lie.
            filename: as the caller named it.
            recording_id: an id that was promised to it; None: a new one.

        Raises:
            Conflict: there is, or was, a recording of this id.

        """
        recording = Recording(
            id=recording_id or new_id(),
            tenant_id=tenant_id,
            key=stored.key,
            media_type=stored.media_type,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            filename=filename,
            created_at=self._clock(),
            is_of_job=False,
        )
        if not self._store.add(recording):
            raise Conflict("A recording was uploaded here already; the first one stands.")
        return recording

    def recording(self, tenant_id: str, recording_id: str) -> Recording:
        """Return a tenant's recording.

        Raises:
            NotFound: unknown, another tenant's, or its bytes are gone.

        """
        found = self._store.find(tenant_id, recording_id) if is_id(recording_id) else None
        if found is None:
            raise NotFound
        return found

    def recordings(self, tenant_id: str, *, limit: int, after: tuple[datetime, str] | None = None) -> list[Recording]:
        """Return a tenant's recordings, newest first; ``after`` is the creation time and id of the last one seen."""
        return self._store.search(tenant_id, limit=limit, after=after)

    def remove(self, tenant_id: str, recording_id: str) -> None:
        """Let a recording's bytes go; what was made of them stays.

        Raises:
            NotFound: as ``recording``.
            Conflict: a job still needs them.

        """
        if not self._erase(self.recording(tenant_id, recording_id), self._clock()):
            raise Conflict("A job still needs this recording; cancel or delete the job first.")

    def drop(self, key: str) -> None:
        """Remove bytes that came for a recording, unless one was made of them after all."""
        if not self._store.known([key]):
            self._blobs.delete(key)

    def expect(self, key: str) -> None:
        """Have bytes removed that will lie there soon, in case that no recording is ever made of them."""
        self._store.expect(key, self._clock())

    def sweep(self) -> int:
        """Remove from the object store what nothing refers to any more; return how much went."""
        gone = 0
        for key in self._store.discarded(_AT_ONCE, self._clock()):
            try:
                self._blobs.delete(key)
                self._blobs.delete_prefix(key)
            except Unavailable as error:  # the others must not wait for it
                log.warning("bytes could not be removed", action="sweep_failed", key=key, error=error.message)
                continue
            self._store.forget_discarded(key)
            gone += 1
        return gone
