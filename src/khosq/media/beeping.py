"""A copy of a recording with a tone over what nobody may hear, listened to again before anybody gets it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from khosq.errors import Failed
from khosq.media.reencode import encode_small
from khosq.media.waveform import SAMPLE_RATE, PcmFile, Samples
from khosq.transcript.timespan import Seconds, Timespan

MARGIN: Seconds = 0.15
"""Times of words are not surer than that."""
FREQUENCY = 1000
"""Hertz."""

_LOUDNESS = 0.1
_FADE = 160
"""Samples; without it, the tone would click."""
_WINDOW: Seconds = 0.25
"""What is compared at once, so that no word is lost in the sum."""
_EDGE: Seconds = 0.03
"""At either end of a tone, where the encoder mixes it with what is beside it."""
_SHIFT: Seconds = 0.05
"""By how much a decoder may be late or early."""
_BAND = 80.0
"""Hertz around the tone."""
_LEAST_TONE = 0.9
"""Part of the energy that is the tone; of speech, a third at the most is."""
_MOST_LIKENESS = 0.5
_MOST_LEFT = 0.01
"""Of the energy of what was said there; less is not to be heard beside the tone."""
_SILENCE = 1e-9
"""Power below which there was nothing to hide."""
_STEREO = 2


@dataclass(frozen=True, slots=True)
class Beeped:
    """A file in which nothing of some stretches is heard any more, as was checked."""

    path: Path
    spans: tuple[Timespan, ...]
    """Where the tone is: with margins, none overlapping another."""
    windows: int
    """Pieces that were compared with the recording, of all channels."""
    least_tone: float
    """Part of the energy that is the tone, in the worst of them."""
    most_likeness: float
    """To what was said there, from 0 to 1, in the worst of them."""

    def to_json(self) -> dict[str, Any]:
        """Return what was checked, for the record."""
        return {
            "spans": [[span.start, span.end] for span in self.spans],
            "windows": self.windows,
            "least_tone": self.least_tone,
            "most_likeness": self.most_likeness,
        }


def beep(channels: Sequence[PcmFile], spans: Iterable[Timespan], into: Path, *, margin: Seconds = MARGIN) -> Beeped:
    """Write a recording as small Ogg Opus with a tone over some stretches, on every channel.

    The file has its name only once it has been decoded again and the check has passed; whatever goes wrong leaves
    none. It takes seconds of one core for an hour; call it from a thread.

    Raises:
        Failed: a stretch is not in the recording, or something of it can still be heard.

    """
    hidden = widened(spans, margin=margin, duration=min(channel.duration for channel in channels))
    unchecked = into.with_name(f"{into.name}.unchecked")
    try:
        encode_small([_BeepedFile(channel.path, hidden) for channel in channels], unchecked)
        checked = check(unchecked, channels, hidden)
        unchecked.replace(into)
    finally:
        unchecked.unlink(missing_ok=True)
    return Beeped(into, hidden, checked.windows, checked.least_tone, checked.most_likeness)


def widened(spans: Iterable[Timespan], *, margin: Seconds, duration: Seconds) -> tuple[Timespan, ...]:
    """Return stretches with a margin, those that meet as one, cut at the end of the recording.

    Raises:
        Failed: a stretch begins after the recording has ended: it is another one's.

    """
    result: list[Timespan] = []
    for span in sorted(spans):
        if span.start >= duration:
            raise Failed(f"There is nothing to hide at {span.start} s: the recording lasts {duration:.3f} s.")
        start, end = max(0.0, span.start - margin), min(duration, span.end + margin)
        if result and start <= result[-1].end + 2 * _EDGE:
            result[-1] = Timespan(result[-1].start, max(end, result[-1].end))
        else:
            result.append(Timespan(start, end))
    return tuple(result)


# --- making


@dataclass(frozen=True, slots=True)
class _BeepedFile(PcmFile):
    """A channel that is read with the tone in it."""

    spans: tuple[Timespan, ...]

    def blocks(self, seconds: Seconds) -> Iterator[Samples]:
        position = 0
        for block in PcmFile(self.path).blocks(seconds):
            for span in self.spans:
                _cover(block, position, span)
            yield block
            position += len(block)


def _cover(samples: Samples, position: int, span: Timespan) -> None:
    """Put the tone over the part of a stretch that falls into a block."""
    start, end = _places(span)
    first, last = max(start, position), min(end, position + len(samples))
    if first >= last:
        return
    places = np.arange(first, last)
    fade = np.clip(np.minimum(places - start + 1, end - places) / _FADE, 0.0, 1.0)
    tone = _LOUDNESS * fade * np.sin(2 * np.pi * FREQUENCY / SAMPLE_RATE * places)
    samples[first - position : last - position] = tone.astype(np.float32)


def _places(span: Timespan) -> tuple[int, int]:
    return round(span.start * SAMPLE_RATE), round(span.end * SAMPLE_RATE)


# --- checking


@dataclass(frozen=True, slots=True)
class Check:
    """What was found when a file was listened to again."""

    windows: int
    least_tone: float
    most_likeness: float


def check(file: Path, channels: Sequence[PcmFile], spans: Sequence[Timespan]) -> Check:
    """Listen to a file again and compare it with the recording, piece by piece.

    Raises:
        Failed: in some piece there is not the tone alone, or what was said is still heard.

    """
    windows = [window for span in spans for window in _windows(span)]
    tones, likenesses = [1.0], [0.0]
    compared = 0
    for window, heard in _decoded(file, windows):
        for ours, theirs in zip(_mixed(channels, window), heard, strict=True):
            tone, likeness = _tone_share(theirs), _likeness(ours, theirs)
            if tone < _LEAST_TONE or likeness > _MOST_LIKENESS:
                raise Failed(f"The file was thrown away: at {window.start} s something can still be heard.")
            tones.append(tone)
            likenesses.append(likeness)
        compared += 1
    if compared < len(windows):
        raise Failed("The file was thrown away: it is shorter than the recording.")
    return Check(len(tones) - 1, round(min(tones), 4), round(max(likenesses), 4))


def _windows(span: Timespan) -> Iterator[Timespan]:
    """Yield a stretch without its edges, in pieces of nearly equal length."""
    edge = min(_EDGE, span.duration / 4)
    start, end = span.start + edge, span.end - edge
    moments = np.linspace(start, end, max(1, round((end - start) / _WINDOW)) + 1)
    yield from (Timespan(float(one), float(other)) for one, other in pairwise(moments))


def _mixed(channels: Sequence[PcmFile], window: Timespan) -> Sequence[Samples]:
    """Return what was said, in as many channels as are kept, with room on both sides."""
    around = Timespan(max(0.0, window.start - _SHIFT), window.end + _SHIFT)
    pieces = [channel.read(around) for channel in channels]
    return pieces if len(pieces) <= _STEREO else [np.mean(pieces, axis=0, dtype=np.float32)]


def _decoded(file: Path, windows: Sequence[Timespan]) -> Iterator[tuple[Timespan, Samples]]:
    """Yield what a player plays in each of some pieces, which are in order: float32[channels, n]."""
    waiting = list(reversed(windows))
    kept = np.zeros((0, 0), dtype=np.float32)
    position = 0
    for block in _blocks(file):
        kept = np.concatenate([kept, block], axis=1) if kept.size else block
        while waiting and _places(waiting[-1])[1] <= position + kept.shape[1]:
            start, end = _places(waiting[-1])
            yield waiting.pop(), kept[:, start - position : end - position]
        needed = _places(waiting[-1])[0] if waiting else position + kept.shape[1]
        surplus = max(0, min(kept.shape[1], needed - position))
        kept, position = kept[:, surplus:], position + surplus
        if not waiting:
            return


def _blocks(file: Path) -> Iterator[NDArray[np.float32]]:
    """Yield a file's samples at our rate: float32[channels, n]."""
    with av.open(str(file)) as container:
        stream = container.streams.audio[0]
        resampler = AudioResampler(format="fltp", layout=stream.layout, rate=SAMPLE_RATE)
        for frame in container.decode(stream):
            yield from map(_samples, resampler.resample(frame))
        yield from map(_samples, resampler.resample(None))


def _samples(frame: AudioFrame) -> NDArray[np.float32]:
    return frame.to_ndarray().astype(np.float32, copy=False)


def _tone_share(samples: Samples) -> float:
    """Return how much of the energy is the tone."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    total = float(power.sum())
    return float(power[np.abs(frequencies - FREQUENCY) <= _BAND].sum()) / total if total else 0.0


def _likeness(ours: Samples, theirs: Samples) -> float:
    """Return how alike two sounds are but for the tone, at the likeliest shift; 0 where hardly anything is left."""
    said, heard = _without_tone(ours), _without_tone(theirs)
    if np.mean(said**2) < _SILENCE or not np.any(heard):
        return 0.0
    size = len(said) + len(heard)
    products = np.fft.irfft(np.fft.rfft(said, size) * np.conj(np.fft.rfft(heard, size)), size)
    room = max(1, len(said) - len(heard) + 1)
    sums = np.concatenate([[0.0], np.cumsum(said.astype(np.float64) ** 2)])
    energies = sums[len(heard) : len(heard) + room] - sums[:room]
    energies = np.maximum(energies, _SILENCE * len(heard))
    alike = float(np.max(np.abs(products[: len(energies)]) / np.sqrt(energies))) / float(np.linalg.norm(heard))
    left = alike**2 * float(np.sum(heard**2)) / float(energies.mean())
    return alike if left > _MOST_LEFT else 0.0


def _without_tone(samples: Samples) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(samples)
    spectrum[np.abs(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) - FREQUENCY) <= _BAND] = 0
    return np.fft.irfft(spectrum, len(samples))
