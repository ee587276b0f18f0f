"""Loaded models: the latest few stay in memory for as long as somebody uses them."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import structlog

from khosq.transcript.timespan import Seconds

T = TypeVar("T")

_MOST_LOOKS_APART: Seconds = 10.0

log = structlog.get_logger()


class Kept(Generic[T]):
    """The latest few of what was loaded."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[T, float]] = OrderedDict()

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """Return what is kept under ``key``, loading it where nothing is; the one unused for longest goes for it."""
        with self._lock:
            found = self._kept.pop(key, None)
            if found is None and len(self._kept) >= self._most:
                self._kept.popitem(last=False)  # before the new one comes: there may be no room for both
        value = load() if found is None else found[0]
        with self._lock:
            self._kept[key] = value, time.monotonic()
        return value

    def drop_unused(self, idle: Seconds) -> None:
        """Let go of what nobody has used for ``idle`` seconds."""
        with self._lock:
            latest = time.monotonic() - idle
            unused = [key for key, (_, used_at) in self._kept.items() if used_at < latest]
            for key in unused:
                del self._kept[key]
        if unused:
            _give_memory_back()
            log.info("models dropped", action="models_dropped", count=len(unused))

    def drop_when_unused(self, idle: Seconds) -> None:
        """Look again and again, for as long as this process lives, what nobody has used for ``idle`` seconds."""
        threading.Thread(target=self._watch, args=(idle,), name="idle models", daemon=True).start()

    def _watch(self, idle: Seconds) -> None:
        while True:
            time.sleep(min(idle / 4, _MOST_LOOKS_APART))
            self.drop_unused(idle)


def _give_memory_back() -> None:
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:  # only glibc keeps what large models had, and can be told not to
        trim(0)
