"""Chunks of one or many recordings through one engine: alike lengths together, and fewer at once if memory is short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from khosq.errors import EngineFailed, KhosqError
from khosq.media.waveform import PcmFile
from khosq.speech.asr import Recognizer
from khosq.transcript.timespan import Timespan
from khosq.transcript.words import Word

_MEMORY_IS_SHORT = re.compile(
    r"(?i)out[ _]of[ _]memory|MemoryError|alloc_failed|bad[ _]alloc|(failed to|unable to|cannot) allocate"
)
"""In the words of CUDA, CTranslate2, onnxruntime's arena, cuBLAS, the C++ library, numpy and the kernel."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Part:
    """Chunks of one channel that are to be heard."""

    sound: PcmFile
    chunks: tuple[Timespan, ...]


Words = tuple[tuple[Word, ...], ...]
"""Those of each chunk of a part, in order, timed from the recording's start."""


class Decoder:
    """An engine, and how many chunks it digests at once: what it claims, until memory was short."""

    def __init__(self, engine: Recognizer) -> None:
        self.engine = engine
        self.batch = max(1, engine.traits.batch)

    def hear(self, parts: Sequence[Part], *, language: str, hotwords: Sequence[str] = ()) -> list[Words | KhosqError]:
        """Return the words of each part, or why there are none.

        All parts are heard together; if that fails, each alone, so that none harms another.
        """
        if len(parts) > 1:
            try:
                return [*self._hear(parts, language, hotwords)]
            except Exception as error:  # noqa: BLE001 - engines of others raise what they like
                log.warning("batch failed", action="batch_failed", parts=len(parts), reason=str(error))
        return [self._hear_alone(part, language, hotwords) for part in parts]

    def _hear_alone(self, part: Part, language: str, hotwords: Sequence[str]) -> Words | KhosqError:
        try:
            return self._hear([part], language, hotwords)[0]
        except KhosqError as error:
            return error
        except FileNotFoundError as error:  # the job ended meanwhile, and its files went with it
            return EngineFailed(f"The decoded sound is gone: {error}")
        except Exception as error:
            log.exception("engine broke", action="engine_broke")
            return EngineFailed(f"The speech engine broke: {type(error).__name__}: {error}")

    def _hear(self, parts: Sequence[Part], language: str, hotwords: Sequence[str]) -> list[Words]:
        waiting = [(part.sound, chunk) for part in parts for chunk in part.chunks]
        waiting.sort(key=lambda one: one[1].duration)  # a batch is filled up to its longest
        heard: dict[tuple[PcmFile, Timespan], tuple[Word, ...]] = {}
        while waiting:
            batch = waiting[: self.batch]
            try:
                sounds = [sound.read(chunk) for sound, chunk in batch]
                answers = self.engine.recognize(sounds, language=language, hotwords=hotwords)
            except Exception as error:
                if not is_memory_short(error):
                    raise
                self._take_fewer(len(batch), error)
                continue
            for (sound, chunk), words in zip(batch, answers, strict=True):
                heard[sound, chunk] = tuple(_placed(word, chunk) for word in words)
            waiting = waiting[len(batch) :]
        return [tuple(heard[part.sound, chunk] for chunk in part.chunks) for part in parts]

    def _take_fewer(self, tried: int, error: Exception) -> None:
        if tried == 1:
            raise EngineFailed(
                "The speech engine needs more memory than is free, even for one chunk of sound. "
                "Use a smaller model, fewer slots or another device."
            ) from error
        self.batch = tried // 2
        log.warning("memory is short", action="batch_halved", batch=self.batch, reason=str(error))


def is_memory_short(error: BaseException | None) -> bool:
    """Tell whether an error, or what caused it, says that memory was short."""
    while error is not None:
        if isinstance(error, MemoryError) or _MEMORY_IS_SHORT.search(str(error)):
            return True
        error = error.__cause__
    return False


def _placed(word: Word, chunk: Timespan) -> Word:
    """Move a word from its chunk's time to the recording's, inside the chunk."""
    start = min(chunk.start + word.time.start, chunk.end)
    end = min(chunk.start + word.time.end, chunk.end)
    return Word(word.text, Timespan(start, end), word.confidence)
