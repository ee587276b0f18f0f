"""What a recording's bytes tell while they come: their format, and the checksum of all of them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from khosq.media.recording import MediaType
from khosq.media.sniff import Sniffer

if TYPE_CHECKING:
    from hashlib import _Hash

_MOST = 256
"""Readings carried; one holds up to 70 kB while the format is unclear."""


class Reading:
    """Takes the bytes from the first one on."""

    def __init__(self) -> None:
        self.size = 0
        self._sniffer = Sniffer()
        self._digest: _Hash | None = hashlib.sha256()

    @classmethod
    def of(cls, blocks: Iterable[bytes | bytearray]) -> Self:
        """Read everything."""
        reading = cls()
        for block in blocks:
            reading.take(block)
        return reading

    @classmethod
    def of_head(cls, blocks: Iterable[bytes | bytearray], *, size: int) -> Self:
        """Read no more of ``size`` bytes than shows the format; what follows them can be taken, but not summed up."""
        reading = cls()
        for block in blocks:
            if reading.take(block):
                break
        reading.size, reading._digest = size, None
        return reading

    def take(self, data: bytes | bytearray) -> bool:
        """Take the next bytes; return whether the format is decided."""
        if not self._sniffer.is_decided:
            self._sniffer.feed(bytes(data))
        if self._digest is not None:
            self._digest.update(data)
        self.size += len(data)
        return self._sniffer.is_decided

    def end(self) -> MediaType | None:
        """Say that nothing more comes; return the format."""
        self._sniffer.end()
        return self._sniffer.media_type

    @property
    def is_decided(self) -> bool:
        """Tell whether the format is."""
        return self._sniffer.is_decided

    @property
    def media_type(self) -> MediaType | None:
        """The format, once it is decided: None for anything that is not accepted anywhere."""
        return self._sniffer.media_type

    @property
    def sha256(self) -> str | None:
        """The checksum in hex; None where not everything was read for it."""
        return None if self._digest is None else self._digest.hexdigest()


class Readings:
    """Carries readings from request to request; what falls out must be read again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Reading] = OrderedDict()

    def keep(self, name: str, reading: Reading) -> None:
        """Keep a reading of bytes that are durable and never change."""
        self._kept[name] = reading
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def pop(self, name: str, *, size: int) -> Reading | None:
        """Give out the reading of just the first ``size`` bytes."""
        reading = self._kept.pop(name, None)
        if reading is None and size == 0:
            return Reading()
        return reading if reading is not None and reading.size == size else None
