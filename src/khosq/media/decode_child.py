"""The decoder's own process: hostile bytes in on stdin, samples out to files, what happened as JSON lines on stdout.

It is run as a script by ``decode.py``, alone in its process group, and imports nothing else of ours: it holds no
secret, no connection and no name of the file, and whatever breaks in it breaks only this one recording.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import io
import json
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet
from av.stream import Discard, Disposition
from numpy.typing import NDArray

_SAMPLE_BYTES = 2
_BUFFER_BYTES = 256 * 1024
_PROGRESS_EVERY = 0.25
_SHORTEST = 0.1
"""Seconds; less than that is noise in the bytes, not a recording."""
_SHORTEST_GAP = 0.1
"""Seconds; timestamps are rounded by up to a frame."""
_PICTURE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_OPEN_FILES = 64
_FURTHEST = 2**62
_PR_SET_PDEATHSIG = 1
# Two channels are one when they differ by the last bits that a lossy codec moves: 34 dB below the peak at the most
# and 40 dB below the level on average.
_LARGEST_DIFFERENCE = 0.02
_MEAN_DIFFERENCE_POWER = 1e-4
_ROUNDING = 2


@dataclass(frozen=True, slots=True)
class Task:
    """What to decode, into what, and how far."""

    parent: int
    demuxer: str
    decoders: list[str]
    longest_gap: float
    offset: int
    sample_rate: int
    max_seconds: float
    max_channels: int
    most_channels: int
    min_sample_rate: int
    max_sample_rate: int
    max_output_bytes: int
    memory_bytes: int
    cpu_seconds: int
    folder: str


class Stop(Exception):
    """Decoding cannot go on; the reason is one of the words that ``decode.py`` knows."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


class Source(io.RawIOBase):
    """The recording from behind its tags on, as FFmpeg sees it; says how far it was read."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self._offset = offset
        self._size = os.fstat(file.fileno()).st_size
        self._furthest = 0
        self._next_report = math.inf
        file.seek(offset)

    def report_from_here(self) -> None:
        """Begin to tell how far it is read; before, FFmpeg looks at the end of some containers."""
        self._furthest, self._next_report = 0, 0.0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read, and tell the parent how far it has come."""
        data = self._file.read(size)
        self._furthest = max(self._furthest, self._file.tell())
        if time.monotonic() >= self._next_report:
            self._next_report = time.monotonic() + _PROGRESS_EVERY
            tell(progress=min(1.0, self._furthest / max(1, self._size)))
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place counted from behind the tags; -1 where a lying header asks for an impossible one."""
        starts = {os.SEEK_SET: self._offset, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._size}
        target = starts.get(whence, -1) + offset
        if whence not in starts or not self._offset <= target <= _FURTHEST:
            return -1
        return self._file.seek(target) - self._offset

    def tell(self) -> int:
        """Return the place, counted from behind the tags."""
        return self._file.tell() - self._offset


class Sameness:
    """Whether all channels are one and the same, watched as they pass."""

    def __init__(self) -> None:
        self._largest = 0.0
        self._peak = 0.0
        self._difference_power = 0.0
        self._power = 0.0

    def watch(self, samples: NDArray[np.int16]) -> None:
        """Take in a block, one row a moment, one column a channel."""
        exact = samples.astype(np.float32)
        difference = exact[:, 1:] - exact[:, :1]
        self._largest = max(self._largest, float(np.abs(difference).max()))
        self._peak = max(self._peak, float(np.abs(exact).max()))
        self._difference_power += float(np.square(difference).sum(dtype=np.float64)) / difference.shape[1]
        self._power += float(np.square(exact).sum(dtype=np.float64)) / exact.shape[1]

    @property
    def is_proven(self) -> bool:
        """Say whether nothing told the channels apart."""
        return (
            self._largest <= max(_ROUNDING, _LARGEST_DIFFERENCE * self._peak)
            and self._difference_power <= _MEAN_DIFFERENCE_POWER * self._power
        ) or self._largest <= _ROUNDING


class Output:
    """One file of raw samples a channel, capped while it grows; one for all where there are too many channels."""

    def __init__(self, task: Task, channels_in: int, files: list[BinaryIO]) -> None:
        self.channels = len(files)
        self.samples = 0
        self.sameness = Sameness()
        self._task = task
        self._channels_in = channels_in
        self._files = files
        self._most = min(
            int(task.max_seconds * task.sample_rate), task.max_output_bytes // _SAMPLE_BYTES // self.channels
        )

    def write(self, frame: AudioFrame) -> None:
        """Append a resampled frame."""
        # Packed samples: reading planes of eight and more channels crashes PyAV 18.
        samples = frame.to_ndarray().reshape(-1, self._channels_in).astype("<i2", copy=False)
        self._count(len(samples))
        if self._channels_in > 1:
            self.sameness.watch(samples)
        if self.channels < self._channels_in:
            # FFmpeg cannot mix channels of an unknown layout, which is what most WAV files have.
            samples = samples.mean(axis=1, keepdims=True, dtype=np.float32).round().astype("<i2")
        for number, file in enumerate(self._files):
            file.write(samples[:, number].tobytes())

    def write_silence(self, seconds: float) -> None:
        """Append nothing to be heard."""
        left = round(seconds * self._task.sample_rate)
        while left:
            piece = min(left, self._task.sample_rate)
            self._count(piece)
            for file in self._files:
                file.write(bytes(piece * _SAMPLE_BYTES))
            left -= piece

    def _count(self, samples: int) -> None:
        self.samples += samples
        if self.samples > self._most:
            raise Stop("too_long")

    def sync(self) -> None:
        """Make everything durable."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(self._task.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class Timeline:
    """Where the container's own clock says that sound is missing."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._start: float | None = None
        self._heard = 0.0

    def see(self, packet: Packet[Any]) -> None:
        """Take in a picture that comes before the first sound: it may begin earlier."""
        if packet.pts is not None and packet.time_base is not None:
            time = float(packet.pts * packet.time_base)
            self._start = time if self._start is None else min(self._start, time)

    def gap_before(self, frame: AudioFrame) -> float:
        """Return the seconds of silence between what was heard so far and ``frame``, which counts as heard now."""
        if not self._task.longest_gap:
            return 0.0
        gap = 0.0 if frame.time is None else self._gap(frame.time)
        self._heard += gap + frame.samples / frame.sample_rate
        return gap

    def _gap(self, time: float) -> float:
        if self._start is None or (time < self._start and not self._heard):
            self._start = time
        gap = time - self._start - self._heard
        if gap > min(self._task.longest_gap, self._task.max_seconds - self._heard):
            self._start += gap  # the clock jumped, or lies
            return 0.0
        return gap if gap > _SHORTEST_GAP else 0.0


class Resampler:
    """Brings every frame to our sample rate, whatever rate and layout the next one has."""

    def __init__(self, sample_rate: int, layout: str) -> None:
        self._sample_rate = sample_rate
        self._layout = layout
        self._kind: tuple[str, str, int] | None = None
        self._current: AudioResampler | None = None

    def convert(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """Return what is ready after ``frame``, a second at a time."""
        frame.pts = None  # what gaps there are is already known; the samples are the clock
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            yield from self.flush()
            self._current = AudioResampler("s16", self._layout, self._sample_rate, frame_size=self._sample_rate)
            self._kind = kind
        if self._current is not None:
            yield from self._current.resample(frame)

    def flush(self) -> Iterator[AudioFrame]:
        """Return the rest; the next frame begins anew."""
        if self._current is not None:
            yield from self._current.resample(None)
        self._current = self._kind = None


class Recorder:
    """Writes the frames of one stream, each at its time."""

    def __init__(self, output: Output, resampler: Resampler, timeline: Timeline) -> None:
        self.output = output
        self._resampler = resampler
        self._timeline = timeline

    def take(self, frame: AudioFrame) -> None:
        """Write a frame, and before it the silence where sound is missing."""
        if gap := self._timeline.gap_before(frame):
            self.finish()
            self.output.write_silence(gap)
        for resampled in self._resampler.convert(frame):
            self.output.write(resampled)

    def finish(self) -> None:
        """Write what the resampler still holds."""
        for resampled in self._resampler.flush():
            self.output.write(resampled)


def decode(task: Task, source: Source) -> dict[str, Any]:
    """Decode one audio stream; return the facts."""
    with contextlib.ExitStack() as stack:
        container = stack.enter_context(_open(task, source))
        has_video = any(not stream.disposition & _PICTURE for stream in container.streams.video)
        stream = _audio_stream(task, container)
        recorder: Recorder | None = None
        sample_rate_in, channels_in, packet_bytes = 0, 0, 0
        timeline = Timeline(task)
        source.report_from_here()
        for frame, size in _frames(container, stream, timeline):
            packet_bytes += size
            if frame is None:
                continue
            _check(task, frame.sample_rate, frame.layout.nb_channels)
            if recorder is None:
                sample_rate_in, channels_in = frame.sample_rate, frame.layout.nb_channels
                recorder = _recorder(task, frame.layout, timeline, stack, is_film=has_video)
            recorder.take(frame)
        if recorder is not None:
            recorder.finish()
        if recorder is None or recorder.output.samples < _SHORTEST * task.sample_rate:
            raise Stop("unreadable", "no audio in it")
        output = recorder.output
        output.sync()
    seconds = output.samples / task.sample_rate
    return {
        "samples": output.samples,
        "channels": output.channels,
        "sample_rate_in": sample_rate_in,
        "channels_in": channels_in,
        "codec": stream.codec_context.codec.canonical_name,
        "bit_rate": round(packet_bytes * 8 / seconds),
        "identical_channels": output.channels > 1 and output.sameness.is_proven,
        "has_video": has_video,
    }


def _open(task: Task, source: Source) -> InputContainer:
    return av.open(
        source,
        "r",
        format=task.demuxer,
        options={
            "format_whitelist": task.demuxer,
            "codec_whitelist": ",".join(task.decoders),
            "protocol_whitelist": "none",
        },
        metadata_errors="replace",
        io_open=_refuse_to_open,
    )


def _refuse_to_open(*_: object) -> None:
    raise PermissionError("a recording may not name other files")


def _audio_stream(task: Task, container: InputContainer) -> AudioStream:
    """Return the stream that a player would choose: the default one, else the first, of those that we can decode."""
    if not container.streams.audio:
        raise Stop("no_audio" if container.streams.video else "unreadable", "no audio stream")
    readable = [stream for stream in container.streams.audio if _decoder(stream) in task.decoders]
    if not readable:
        raise Stop("unreadable", f"codec {_decoder(container.streams.audio[0])}")
    chosen = next((stream for stream in readable if stream.disposition & Disposition.default), readable[0])
    codec = chosen.codec_context
    if codec.sample_rate:
        _check(task, codec.sample_rate, codec.channels)
    codec.thread_count = 1
    return chosen


def _decoder(stream: AudioStream) -> str | None:
    return getattr(stream.codec_context, "name", None)  # no context at all where FFmpeg does not know the codec


def _frames(
    container: InputContainer, stream: AudioStream, timeline: Timeline
) -> Iterator[tuple[AudioFrame | None, int]]:
    """Yield every frame that can be decoded, and before a packet's frames the packet's size."""
    for packet in _packets(container, stream, timeline):
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, EOFError):
            continue  # one bad frame: the next may be whole
        yield None, packet.size
        for frame in frames:
            yield frame, 0


def _packets(container: InputContainer, stream: AudioStream, timeline: Timeline) -> Iterator[Packet[AudioStream]]:
    """Yield the stream's packets up to the end, or to where the file is cut or damaged."""
    # PyAV 18 stumbles, behind our last packet, over streams that show up only midway through the file.
    with contextlib.suppress(av.error.InvalidDataError, av.error.EOFError, IndexError):
        for packet in container.demux(stream, *container.streams.video):
            if packet.stream.index == stream.index:
                break
            timeline.see(packet)
        else:
            return
        for other in container.streams:
            other.discard = Discard.default if other.index == stream.index else Discard.all
        yield cast("Packet[AudioStream]", packet)
        yield from container.demux(stream)


def _check(task: Task, sample_rate: int, channels: int) -> None:
    if not task.min_sample_rate <= sample_rate <= task.max_sample_rate:
        raise Stop("sample_rate", str(sample_rate))
    if not 1 <= channels <= task.max_channels:
        raise Stop("channels", str(channels))


def _recorder(
    task: Task, layout: AudioLayout, timeline: Timeline, stack: contextlib.ExitStack, *, is_film: bool
) -> Recorder:
    # A film's loudspeakers are one scene, and FFmpeg knows how to mix them where they have names.
    is_scene = is_film and layout.nb_channels > task.most_channels and not layout.name.endswith("channels")
    layout = AudioLayout("mono") if is_scene else layout
    channels = layout.nb_channels
    files = [
        stack.enter_context((Path(task.folder) / f"channel-{number}.pcm").open("wb", buffering=_BUFFER_BYTES))
        for number in range(channels if channels <= task.most_channels else 1)
    ]
    return Recorder(Output(task, channels, files), Resampler(task.sample_rate, layout.name), timeline)


def tell(**news: object) -> None:
    """Write one line to the parent."""
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


def confine(task: Task) -> None:
    """Bound what this process can take, and let it die with its parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + task.memory_bytes)
    if os.getppid() != task.parent:
        raise SystemExit("the parent is gone")
    _limit(resource.RLIMIT_CPU, task.cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, task.max_output_bytes)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (bound, bound))


def main() -> None:
    """Run one task, given as JSON in the first argument."""
    task = Task(**json.loads(sys.argv[1]))
    confine(task)
    tell(ready=True)
    try:
        with os.fdopen(0, "rb", buffering=0, closefd=False) as file:
            tell(done=decode(task, Source(file, task.offset)))
    except Stop as stop:
        tell(stopped=stop.reason, detail=str(stop))
    except av.error.FFmpegError as error:
        tell(stopped="unreadable", detail=str(error))
    except MemoryError:
        tell(stopped="unreadable", detail="it takes too much memory")
    except OSError as error:
        tell(stopped="disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "storage", detail=str(error))


if __name__ == "__main__":
    main()
