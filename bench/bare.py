"""The engine without the server: the same decoder, detector and recogniser in the same warm processes."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from khosq.assembly.models import resolver
from khosq.media.decode import DecodeLimits, decode
from khosq.media.recording import MediaType
from khosq.settings import Settings
from khosq.speech import hearing
from khosq.speech.long_audio import plan_chunks, quietest_spot
from khosq.speech.processes import ModelProcesses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from khosq.speech.resolution import ModelChoice

_LONGEST = 3600.0
_PATIENCE = 3600.0


def transcribe(source: Path, choice: ModelChoice, models_dir: Path) -> str:
    """Turn one recording into text; runs inside a warm process."""
    with TemporaryDirectory() as name:
        folder = source.parent / name
        limits = DecodeLimits(max_seconds=_LONGEST)
        sound = asyncio.run(decode(source, media_type=MediaType.MP3, into=folder, limits=limits, most_channels=1))
        (channel,) = sound.channels
        (regions,) = hearing.detect_speech([channel], models_dir)
        chunks = plan_chunks(regions, longest=choice.longest_chunk, quiet_spot=partial(quietest_spot, channel))
        heard = hearing.recognize_piece(choice, channel, chunks).words
        return " ".join(word.text for words in heard for word in words)


class BareLoop:
    """As many warm processes as the server has slots, and nothing else."""

    def __init__(self, settings: Settings, processes: ModelProcesses, *, language: str) -> None:
        self._models_dir = settings.models_dir
        self._choice = resolver(settings)(language)
        self._processes = processes

    def run(self, files: Sequence[Path]) -> tuple[float, list[str]]:
        """Transcribe the files; return the seconds it took and the texts."""
        began = time.monotonic()
        texts = asyncio.run(self._run(files))
        return time.monotonic() - began, texts

    async def _run(self, files: Sequence[Path]) -> list[str]:
        tasks = (
            self._processes.run(transcribe, file, self._choice, self._models_dir, within=_PATIENCE) for file in files
        )
        return await asyncio.gather(*tasks)


@contextmanager
def open_bare_loop(settings: Settings, *, slots: int, language: str) -> Iterator[BareLoop]:
    """Start the processes, for as long as the block lasts."""
    processes = ModelProcesses(slots, prepare=partial(hearing.warm_up, settings.models_dir))
    try:
        yield BareLoop(settings, processes, language=language)
    finally:
        processes.close()
