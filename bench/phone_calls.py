"""Phone calls of two people, put together from read speech: who speaks when is known to the hundredth of a second.

As in the trial: each clip is cut at its pauses into phrases of about 0.8 to 7 s; the two people take turns, with
0.1 to 0.8 s between them or, for a quarter of the turns, 0.1 to 0.7 s over one another; one is up to 6 dB louder;
all of it goes through a telephone's 8 kHz and µ-law.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import resample_poly

from khosq.evaluation.mp3 import read_samples
from khosq.media.waveform import SAMPLE_RATE, Samples
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

FRAME = SAMPLE_RATE // 100
LEVEL = 0.05
"""Root mean square of each clip."""
LOUD_DB = 28.0
"""How far below the loud frames of a clip speech reaches."""
SMOOTHING = 9
"""Frames: speech reaches 40 ms to either side of a loud frame."""
PAUSE_TO_CUT, SHORTEST_PHRASE = 12, 30
PHRASES = (0.8, 1.2, 1.8, 2.5, 3.5, 5, 7)
BRIDGED = 0.2
"""Seconds: a shorter pause of one person is no pause in the reference."""
LONGEST = 120.0
TAKES_OVER, TALKS_OVER = 0.8, 0.25
NOISE = 2e-4


@dataclass(frozen=True, slots=True)
class Call:
    """One call and what is true of it."""

    people: tuple[str, str]
    samples: Samples
    turns: tuple[Turn, ...]


def phone_calls(folder: Path, rounds: int) -> Iterator[Call]:
    """Yield ``rounds`` calls of each two of the people whose clips (PERSON-….flac) lie in ``folder``."""
    clips: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.glob("*-*.flac")):
        clips[path.name.split("-")[0]].append(path)
    pairs = list(combinations(sorted(clips), 2))
    for seed in range(rounds * len(pairs)):
        one, other = pairs[seed % len(pairs)]
        yield _call((one, other), (clips[one], clips[other]), seed)


def _call(people: tuple[str, str], clips: tuple[list[Path], list[Path]], seed: int) -> Call:
    chance = random.Random(seed)  # noqa: S311 - a fixed choice, not a secret
    said = [[phrase for clip in of_one for phrase in _phrases(clip, chance)] for of_one in clips]
    for phrases in said:
        chance.shuffle(phrases)
    gains = 1.0, 10 ** (chance.uniform(-6, 6) / 20)
    spoken, at, person = list[tuple[float, int, Samples]](), 0.5, 0
    while said[person] and at < LONGEST:
        phrase = said[person].pop() * np.float32(gains[person])
        spoken.append((at, person, phrase))
        seconds = len(phrase) / SAMPLE_RATE
        over = chance.random() < TALKS_OVER
        at += seconds + (-chance.uniform(0.1, min(0.7, seconds / 2)) if over else chance.uniform(0.1, 0.8))
        person = 1 - person if chance.random() < TAKES_OVER else person
    return Call(people, _over_the_phone(_mixed(spoken, seed)), tuple(_turns(spoken)))


@cache
def _clip(path: Path) -> tuple[Samples, Mask]:
    """Return a clip at one level, and in which frames it is spoken."""
    samples = read_samples(path)[0][0]
    samples = np.asarray(samples * (LEVEL / np.sqrt(np.mean(samples**2))), np.float32)
    return samples, _spoken(samples)


def _spoken(samples: Samples) -> Mask:
    """Tell which frames have energy, or are next to such; people hear a pause in noise, this does not."""
    count = len(samples) // FRAME
    power = (samples[: count * FRAME].reshape(count, FRAME) ** 2).mean(1)
    level = 10 * np.log10(power + 1e-12)
    loud = level > np.percentile(level, 95) - LOUD_DB
    return np.convolve(loud, np.ones(SMOOTHING), "same") > 0


def _runs(mask: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return [(int(first), int(last)) for first, last in edges]


def _phrases(path: Path, chance: random.Random) -> Iterator[Samples]:
    samples, spoken = _clip(path)
    pauses = [(first + last - 1) // 2 for first, last in _runs(~spoken) if last - first >= PAUSE_TO_CUT]
    cuts = sorted({0, *pauses, len(spoken)})
    begun, wanted = cuts[0], chance.choice(PHRASES)
    for cut in cuts[1:]:
        if (cut - begun) / 100 < wanted and cut != cuts[-1]:
            continue
        voiced = np.flatnonzero(spoken[begun:cut])
        if len(voiced) > SHORTEST_PHRASE:
            yield samples[(begun + voiced[0]) * FRAME : (begun + voiced[-1] + 1) * FRAME]
        begun, wanted = cut, chance.choice(PHRASES)


def _mixed(spoken: Sequence[tuple[float, int, Samples]], seed: int) -> Samples:
    end = max(at + len(phrase) / SAMPLE_RATE for at, _, phrase in spoken) + 0.5
    mixed = np.random.default_rng(seed).normal(0, NOISE, int(end * SAMPLE_RATE)).astype(np.float32)
    for at, _, phrase in spoken:
        first = int(at * SAMPLE_RATE)
        mixed[first : first + len(phrase)] += phrase
    return mixed


def _over_the_phone(samples: Samples) -> Samples:
    narrow = resample_poly(samples / np.abs(samples).max() / 2, 1, 2)
    coded = np.sign(narrow) * np.round(127 * np.log1p(255 * np.abs(narrow)) / np.log1p(255)) / 127
    heard = np.sign(coded) * np.expm1(np.abs(coded) * np.log1p(255)) / 255
    return np.asarray(resample_poly(heard, 2, 1), np.float32)


def _turns(spoken: Sequence[tuple[float, int, Samples]]) -> Iterator[Turn]:
    for person in (0, 1):
        parts = sorted(
            (at + first / 100, at + last / 100)
            for at, speaker, phrase in spoken
            if speaker == person
            for first, last in _runs(_spoken(phrase))
        )
        starts = [parts[0][0], *(after[0] for before, after in pairwise(parts) if after[0] - before[1] > BRIDGED)]
        ends = [*(before[1] for before, after in pairwise(parts) if after[0] - before[1] > BRIDGED), parts[-1][1]]
        yield from (Turn(Timespan(start, end), person) for start, end in zip(starts, ends, strict=True))
