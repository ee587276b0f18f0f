"""What can be measured of a call: who talks how much, how fast, how loud, over whom, and when nobody does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from khosq.analysis.feature import Call, Preferences
from khosq.transcript.parties import voice_of_each, voices
from khosq.transcript.timespan import Seconds, Timespan

HOLD: Seconds = 15.0
"""A pause in the talk from which the line counts as on hold."""
CLEAR: Seconds = 0.3
"""Who starts less than this before another ends does not cut in: times of words are not surer than that."""
MINUTE: Seconds = 60.0
_SHORTEST_TALK: Seconds = 1.0
"""Of less talk no rate is told."""
_PAIR = 2

AGENT, CUSTOMER = "agent", "customer"


@dataclass(frozen=True, slots=True)
class Interruption:
    """One voice starts while another speaks, and goes on after it has stopped."""

    at: Seconds
    by: int
    of: int


@dataclass(frozen=True, slots=True)
class VoiceMeasures:
    """What is measured of one voice."""

    voice: int
    role: str | None
    """``agent``, ``customer``, or None where there is no such role."""
    talk_time: Seconds
    talk_share: float | None
    """Part of all talk, from 0 to 1; what two say at once counts for both."""
    turns: int
    words: int
    speech_rate: float | None
    """Words a minute of its own talk."""
    loudness: float | None
    """Mean power of its utterances, in dBFS."""
    interruptions: int
    """How often it cuts in."""
    interrupted: int
    """How often it is cut."""
    time_to_first_word: Seconds


@dataclass(frozen=True, slots=True)
class MinuteMeasures:
    """What is measured of one minute of the call."""

    talk: tuple[Seconds, ...]
    """Of each voice, in the order of ``Measures.voices``."""
    silence: Seconds
    overlap: Seconds


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of a call."""

    duration: Seconds
    talk_time: Seconds
    """In which anybody speaks."""
    silence: Seconds
    """In which nobody does."""
    longest_silence: Seconds
    overlap: Seconds
    """In which two or more speak at once."""
    turns: int
    words: int
    speech_rate: float | None
    """Words a minute of talk."""
    time_to_first_word: Seconds | None
    holds: tuple[Timespan, ...]
    """Pauses of at least ``HOLD`` after which the talk goes on."""
    interruptions: tuple[Interruption, ...]
    voices: tuple[VoiceMeasures, ...]
    minutes: tuple[MinuteMeasures, ...]

    @property
    def figures(self) -> dict[str, float | None]:
        """Every figure by its name; those of the agent and the customer as ``agent.talk_time``."""
        found: dict[str, float | None] = {
            "duration": self.duration,
            "talk_time": self.talk_time,
            "talk_share": _share(self.talk_time, self.duration),
            "silence": self.silence,
            "silence_share": _share(self.silence, self.duration),
            "longest_silence": self.longest_silence,
            "overlap": self.overlap,
            "interruptions": len(self.interruptions),
            "turns": self.turns,
            "words": self.words,
            "speech_rate": self.speech_rate,
            "time_to_first_word": self.time_to_first_word,
            "hold_time": _seconds(hold.duration for hold in self.holds),
        }
        for voice in self.voices:
            if voice.role:
                found |= {f"{voice.role}.{name}": getattr(voice, name) for name in _OF_VOICE}
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        own = {name: value for name, value in self.figures.items() if "." not in name}
        return own | {
            "holds": [[hold.start, hold.end] for hold in self.holds],
            "interruptions_made": [{"at": one.at, "by": one.by, "of": one.of} for one in self.interruptions],
            "voices": [{"voice": one.voice, "role": one.role} | _named(one) for one in self.voices],
            "minutes": [
                {"talk": list(one.talk), "silence": one.silence, "overlap": one.overlap} for one in self.minutes
            ],
        }


_OF_VOICE = (
    "talk_time",
    "talk_share",
    "turns",
    "words",
    "speech_rate",
    "loudness",
    "interruptions",
    "interrupted",
    "time_to_first_word",
)


def find(call: Call, _: Preferences) -> Measures:
    """Return what can be measured of a call."""
    utterances, duration = call.transcript.utterances, call.transcript.duration
    each, found = voice_of_each(call.transcript), voices(call.transcript)
    of_voice = {voice: [one for one, its in zip(utterances, each, strict=True) if its == voice] for voice in found}
    talks = {voice: union(one.time for one in said) for voice, said in of_voice.items()}
    spoken = union([*(one.time for one in utterances), *(region for channel in call.speech for region in channel)])
    spoken = [Timespan(one.start, min(one.end, duration)) for one in spoken if one.start < duration]
    silences = _between(spoken, duration)
    talk, overlaps = union(one.time for one in utterances), _shared(list(talks.values()))
    cuts = tuple(_interruptions([(one.time, its) for one, its in zip(utterances, each, strict=True)]))
    turns = [after for before, after in pairwise([None, *each]) if after is not None and after != before]
    all_talk = _seconds(_length(spans) for spans in talks.values())
    words = sum(len(one.words) for one in utterances)
    levels = _levels(call)
    measured = []
    for voice in found:
        talk_time, said = _length(talks[voice]), sum(len(one.words) for one in of_voice[voice])
        measured.append(
            VoiceMeasures(
                voice=voice,
                role=_role(voice, call.agent, len(found)),
                talk_time=talk_time,
                talk_share=_share(talk_time, all_talk),
                turns=turns.count(voice),
                words=said,
                speech_rate=_rate(said, talk_time),
                loudness=levels.get(voice),
                interruptions=sum(cut.by == voice for cut in cuts),
                interrupted=sum(cut.of == voice for cut in cuts),
                time_to_first_word=min(one.time.start for one in of_voice[voice]),
            )
        )
    return Measures(
        duration=duration,
        talk_time=_length(talk),
        silence=_length(silences),
        longest_silence=max((one.duration for one in silences), default=0.0),
        overlap=_length(overlaps),
        turns=len(turns),
        words=words,
        speech_rate=_rate(words, _length(talk)),
        time_to_first_word=min((one.time.start for one in utterances), default=None),
        holds=tuple(one for one in silences[1:-1] if one.duration >= HOLD),
        interruptions=cuts,
        voices=tuple(measured),
        minutes=tuple(_minutes(list(talks.values()), silences, overlaps, duration)),
    )


def union(spans: Iterable[Timespan]) -> list[Timespan]:
    """Return the time that any of these cover, in order."""
    covered: list[Timespan] = []
    for span in sorted(spans):
        if covered and span.start <= covered[-1].end:
            covered[-1] = Timespan(covered[-1].start, max(covered[-1].end, span.end))
        else:
            covered.append(span)
    return covered


def _between(spoken: Sequence[Timespan], duration: Seconds) -> list[Timespan]:
    """Return the time before, between and after what is spoken; the first and the last may be empty."""
    starts = [0.0, *(one.end for one in spoken)]
    ends = [*(one.start for one in spoken), duration]
    return [Timespan(start, max(start, end)) for start, end in zip(starts, ends, strict=True)]


def _shared(talks: Sequence[Sequence[Timespan]]) -> list[Timespan]:
    """Return the time in which two or more of these talk."""
    edges = sorted((at, step) for talk in talks for one in talk for at, step in ((one.start, 1), (one.end, -1)))
    shared: list[Timespan] = []
    at_once, since = 0, 0.0
    for at, step in edges:
        if at_once >= _PAIR > at_once + step and at > since:
            shared.append(Timespan(since, at))
        if at_once + step >= _PAIR > at_once:
            since = at
        at_once += step
    return shared


def _interruptions(said: Sequence[tuple[Timespan, int | None]]) -> Iterator[Interruption]:
    """Yield who cuts in on whom: an utterance that begins well inside another's and ends after it."""
    open_ones: list[tuple[Timespan, int]] = []
    for time, voice in said:
        open_ones = [one for one in open_ones if one[0].end - CLEAR > time.start]
        if voice is None:
            continue
        for other, whose in open_ones:
            if whose != voice and other.start + CLEAR < time.start and time.end > other.end:
                yield Interruption(time.start, voice, whose)
                break
        open_ones.append((time, voice))


def _minutes(
    talks: Sequence[Sequence[Timespan]], silences: Sequence[Timespan], overlaps: Sequence[Timespan], duration: Seconds
) -> Iterator[MinuteMeasures]:
    count = math.ceil(duration / MINUTE)
    of_voices = [_by_minute(talk, count) for talk in talks]
    for number, (silence, overlap) in enumerate(
        zip(_by_minute(silences, count), _by_minute(overlaps, count), strict=True)
    ):
        yield MinuteMeasures(tuple(of_voice[number] for of_voice in of_voices), silence, overlap)


def _by_minute(spans: Iterable[Timespan], count: int) -> list[Seconds]:
    """Return how much of each minute the spans cover."""
    covered = [0.0] * count
    for span in spans:
        for number in range(int(span.start // MINUTE), min(count, math.ceil(span.end / MINUTE))):
            covered[number] += span.overlap(Timespan(number * MINUTE, (number + 1) * MINUTE))
    return [round(seconds, 3) for seconds in covered]


def _levels(call: Call) -> Mapping[int, float]:
    """Return the mean power of each voice's utterances, in dBFS."""
    power: dict[int, float] = {}
    weight: dict[int, float] = {}
    if len(call.levels) != len(call.transcript.utterances):
        return {}
    each = voice_of_each(call.transcript)
    for utterance, voice, level in zip(call.transcript.utterances, each, call.levels, strict=True):
        if voice is not None and level is not None:
            power[voice] = power.get(voice, 0.0) + utterance.time.duration * 10 ** (level / 10)
            weight[voice] = weight.get(voice, 0.0) + utterance.time.duration
    return {voice: round(10 * math.log10(power[voice] / weight[voice]), 1) for voice in power if power[voice] > 0}


def _role(voice: int, agent: int | None, count: int) -> str | None:
    if agent is None:
        return None
    if voice == agent:
        return AGENT
    return CUSTOMER if count == _PAIR else None


def _named(voice: VoiceMeasures) -> dict[str, Any]:
    return {name: getattr(voice, name) for name in _OF_VOICE}


def _length(spans: Iterable[Timespan]) -> Seconds:
    return _seconds(span.duration for span in spans)


def _seconds(parts: Iterable[Seconds]) -> Seconds:
    return round(sum(parts), 3)


def _share(part: Seconds, whole: Seconds) -> float | None:
    return round(part / whole, 4) if whole else None


def _rate(words: int, talk_time: Seconds) -> float | None:
    return round(words * MINUTE / talk_time, 1) if talk_time >= _SHORTEST_TALK else None
