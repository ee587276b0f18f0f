"""Turn a recording of any accepted format into raw channels at 16 kHz, in a child process that may be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from khosq.errors import MediaUnreadable, RecordingTooLong, Unavailable
from khosq.media.recording import MediaType
from khosq.media.sniff import audio_offset
from khosq.media.waveform import SAMPLE_RATE, PcmFile
from khosq.transcript.timespan import Seconds

logger = logging.getLogger(__name__)

_CHILD = Path(__file__).with_name("decode_child.py")
_MIB = 1024 * 1024
_LAST_WORDS_BYTES = 4000

_DEMUXERS = {
    MediaType.MP3: "mp3",
    MediaType.WAV: "wav",
    MediaType.FLAC: "flac",
    MediaType.OGG: "ogg",
    MediaType.M4A: "mov",
    MediaType.AAC: "aac",
    MediaType.AMR: "amr",
    MediaType.WEBM: "matroska",
    MediaType.AVI: "avi",
    MediaType.MPEG_TS: "mpegts",
    MediaType.MPEG_PS: "mpeg",
    MediaType.ASF: "asf",
}
_MP3 = ("mp3float", "mp3")
_MPEG = (*_MP3, "mp2float", "mp2", "ac3", "eac3", "aac")
_AMR = ("amrnb", "amrwb")
_PCM = ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw")
_BIG_ENDIAN_PCM = ("pcm_s8", "pcm_s16be", "pcm_s24be", "pcm_s32be", "pcm_f32be")
_RIFF = (*_PCM, "adpcm_ms", "adpcm_ima_wav", "gsm_ms", "g722", *_MP3)
_DECODERS = {
    MediaType.MP3: _MP3,
    MediaType.WAV: _RIFF,
    MediaType.FLAC: ("flac",),
    MediaType.OGG: ("vorbis", "opus", "flac", "speex"),
    MediaType.M4A: (*_MPEG, "alac", "opus", "flac", *_AMR, *_PCM, *_BIG_ENDIAN_PCM, "adpcm_ima_qt"),
    MediaType.AAC: ("aac",),
    MediaType.AMR: _AMR,
    MediaType.WEBM: (*_MPEG, "opus", "vorbis", "flac", "alac", *_PCM, "pcm_s16be"),
    MediaType.AVI: (*_RIFF, *_MPEG),
    MediaType.MPEG_TS: (*_MPEG, "aac_latm", "opus", "pcm_bluray"),
    MediaType.MPEG_PS: (*_MPEG, "pcm_dvd"),
    MediaType.ASF: ("wmav1", "wmav2"),
}
_TIMED = frozenset({MediaType.OGG, MediaType.M4A, MediaType.WEBM, MediaType.ASF})
"""Containers that say when each frame is heard; in the others, samples follow one another."""
_SPLICED = frozenset({MediaType.MPEG_TS, MediaType.MPEG_PS})
"""The same, but their clock may jump where broadcasts were joined."""
_LONGEST_DROPOUT = 10.0
"""Seconds that may be missing in a spliced one; what is more is a jump of the clock."""


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """How much one recording may take."""

    max_seconds: Seconds
    """Decoded, not declared."""
    max_channels: int = 8
    min_sample_rate: int = 8_000
    max_sample_rate: int = 192_000
    wall_seconds: float = 3600.0
    """Of our time, until it is killed."""
    memory_bytes: int = 512 * _MIB
    """On top of what the decoder has mapped before it reads the first byte."""
    max_output_bytes: int = 16 * 1024 * _MIB
    """All channels together."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A recording's channels, and what it really was."""

    duration: Seconds
    """Counted in decoded samples."""
    channels: tuple[PcmFile, ...]
    sample_rate_in: int
    """Hertz."""
    codec: str
    bit_rate: int | None
    """Bits a second, counted."""
    identical_channels: bool
    """More than one channel, but all of them the same sound."""
    channels_in: int
    """Before mixing."""
    has_video: bool
    """Moving pictures beside the sound; a cover is none."""


async def decode(  # noqa: PLR0913 - one call says the whole task
    source: Path,
    *,
    media_type: MediaType,
    into: Path,
    limits: DecodeLimits,
    most_channels: int | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Decoded:
    """Decode ``source`` into ``into/channel-N.pcm``; ``on_progress`` hears numbers from 0 to 1.

    A recording with more than ``most_channels`` channels is mixed into one. Where the container says that nothing is
    heard for a while, there is silence. Cancelling kills the child. Whatever goes wrong leaves no file behind.

    Raises:
        MediaUnreadable: it is not audio, or not audio that we take.
        RecordingTooLong: more than ``max_seconds`` came out of it.
        Unavailable: the disk is full, or the decoder cannot start; trying again may help.

    """
    try:
        with _opened(source, into) as file:
            task = _task(media_type, into, limits, offset=audio_offset(file), most_channels=most_channels)
            facts = await _run(file, task, media_type, limits, on_progress or _ignore)
        return _decoded(facts, into)
    except BaseException:
        _discard(into)
        raise


def _opened(source: Path, into: Path) -> BinaryIO:
    into.mkdir(parents=True, exist_ok=True)
    return source.open("rb")


def _discard(into: Path) -> None:
    for left in into.glob("channel-*.pcm"):
        left.unlink()


def _ignore(_: float) -> None:
    pass


async def _run(
    file: BinaryIO,
    task: dict[str, Any],
    media_type: MediaType,
    limits: DecodeLimits,
    on_progress: Callable[[float], None],
) -> dict[str, Any]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_CHILD), json.dumps(task)),
        stdin=file,
        stdout=PIPE,
        stderr=PIPE,
        cwd=task["folder"],
        env=_environment(),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limits.wall_seconds):
            news, last_words = await asyncio.gather(_listen(child, on_progress), _last_words(child))
            await child.wait()
    except TimeoutError as error:
        raise MediaUnreadable("The uploaded file takes too long to decode.") from error
    finally:
        await _kill(child)
    if isinstance(facts := news.get("done"), dict):
        return facts
    raise _failure(news, media_type, limits, f"exit {child.returncode}: {last_words}")


def _task(
    media_type: MediaType, into: Path, limits: DecodeLimits, *, offset: int, most_channels: int | None
) -> dict[str, Any]:
    """Return what ``decode_child.Task`` takes."""
    return {
        "parent": os.getpid(),
        "demuxer": _DEMUXERS[media_type],
        "decoders": _DECODERS[media_type],
        "longest_gap": _longest_gap(media_type, limits),
        "offset": offset,
        "sample_rate": SAMPLE_RATE,
        "max_seconds": limits.max_seconds,
        "max_channels": limits.max_channels,
        "most_channels": most_channels or limits.max_channels,
        "min_sample_rate": limits.min_sample_rate,
        "max_sample_rate": limits.max_sample_rate,
        "max_output_bytes": limits.max_output_bytes,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": int(limits.wall_seconds) + 1,
        "folder": str(into.absolute()),
    }


def _longest_gap(media_type: MediaType, limits: DecodeLimits) -> Seconds:
    if media_type in _SPLICED:
        return _LONGEST_DROPOUT
    return limits.max_seconds if media_type in _TIMED else 0.0


def _environment() -> dict[str, str]:
    """Return no variable of ours, but what keeps the libraries' thread pools and arenas small."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


async def _listen(child: Process, on_progress: Callable[[float], None]) -> dict[str, Any]:
    """Return what the child said but for its progress, which goes to ``on_progress``."""
    heard: dict[str, Any] = {}
    async for news in _lines(child):
        if "progress" in news:
            on_progress(news["progress"])
        else:
            heard |= news
    return heard


async def _lines(child: Process) -> AsyncIterator[dict[str, Any]]:
    """Yield the child's news until it stops making sense, as it may when hostile bytes have taken it over."""
    while child.stdout is not None:
        try:
            line = await child.stdout.readline()
            news = json.loads(line) if line else None
        except ValueError:
            return
        if not isinstance(news, dict) or not isinstance(news.get("progress", 0), (int, float)):
            return
        yield news


async def _last_words(child: Process) -> str:
    words = b""
    while child.stderr is not None and (piece := await child.stderr.read(_LAST_WORDS_BYTES)):
        words = (words + piece)[-_LAST_WORDS_BYTES:]
    return words.decode(errors="replace").strip()


async def _kill(child: Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _failure(news: dict[str, Any], media_type: MediaType, limits: DecodeLimits, ending: str) -> Exception:
    """Return the error for what the child said last, or for its silence."""
    reason, detail = news.get("stopped"), news.get("detail")
    logger.info("decoding stopped", extra={"action": "decode_stopped", "reason": reason, "detail": detail})
    refusals: dict[str, Exception] = {
        "too_long": RecordingTooLong(
            f"The recording is longer than {limits.max_seconds:g} seconds, the most that can be taken."
        ),
        "channels": MediaUnreadable(
            f"The uploaded file has {detail} channels; at most {limits.max_channels} are accepted."
        ),
        "sample_rate": MediaUnreadable(
            f"The uploaded file has a sample rate of {detail} Hz; "
            f"{limits.min_sample_rate} to {limits.max_sample_rate} Hz are accepted."
        ),
        "no_audio": MediaUnreadable("The uploaded file has no audio track."),
        "disk_full": Unavailable("The server's disk is full; try again later."),
    }
    if refusal := refusals.get(str(reason)):
        return refusal
    if reason == "storage" or "ready" not in news:
        logger.error("the decoder failed", extra={"action": "decoder_failed", "ending": ending, "detail": detail})
        return Unavailable("The decoder cannot work now; the server's log says why.")
    if reason is None:
        logger.warning("the decoder crashed", extra={"action": "decoder_crashed", "ending": ending})
    return MediaUnreadable(f"The uploaded file is not a readable {media_type.label}.")


def _decoded(facts: dict[str, Any], folder: Path) -> Decoded:
    return Decoded(
        duration=int(facts["samples"]) / SAMPLE_RATE,
        channels=tuple(PcmFile(folder / f"channel-{number}.pcm") for number in range(int(facts["channels"]))),
        sample_rate_in=int(facts["sample_rate_in"]),
        codec=str(facts["codec"]),
        bit_rate=int(facts["bit_rate"]) or None,
        identical_channels=bool(facts["identical_channels"]),
        channels_in=int(facts["channels_in"]),
        has_video=bool(facts["has_video"]),
    )
