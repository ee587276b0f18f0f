"""Subtitles: a transcript cut into cues that a viewer can read, and their two file formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import accumulate, pairwise
from unicodedata import category, combining

from khosq.transcript.conversation import spoken_turns
from khosq.transcript.sentences import ends_clause, ends_sentence, pause_after, read_words, time_of
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


@dataclass(frozen=True, slots=True)
class CueOptions:
    """How much a viewer is shown at once, and for how long; the defaults are usual broadcasters' values."""

    max_line_length: int = 42
    """Characters as seen; a single longer word still stands whole, on its own line."""
    max_lines: int = 2
    max_duration: Seconds = 7.0
    min_duration: Seconds = 1.0
    """Shorter cues stay on for this long, where the next one leaves room."""
    min_gap: Seconds = 0.08
    """Between two cues, where there is room: two frames at 25 a second."""
    max_pause: Seconds = 1.5
    """A longer silence always begins a new cue."""

    def __post_init__(self) -> None:
        """Refuse what no cue can satisfy."""
        if min(self.max_line_length, self.max_lines) < 1 or not 0 < self.min_duration <= self.max_duration:
            raise ValueError("cue options need at least one line, one character and 0 < min_duration <= max_duration")
        if self.min_gap < 0 or self.max_pause <= 0:
            raise ValueError("cue options need min_gap >= 0 and max_pause > 0")


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption with the time it is shown."""

    time: Timespan
    lines: tuple[str, ...]
    speaker: int | None = None
    words: tuple[Word, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The lines, each on its own."""
        return "\n".join(self.lines)


DEFAULT_OPTIONS = CueOptions()

_VIRAMA = 9  # its canonical combining class
_MILLI = 1000
_LEAST_MS = 200
"""No cue is squeezed below this while the recording has room for all."""

# What it costs to end a cue after a word, the less the better the place, and to leave it thin.
_COST_OF_CUE = 1.0
_COST_AT_CLAUSE = 1.0
_COST_AT_PAUSE = 1.5
_COST_ANYWHERE = 4.0
_COST_OF_RUNNING_ON = 1.5
_NOTICEABLE_PAUSE = 0.3
_THIN_CHARACTERS = 12


def build_cues(transcript: Transcript, *, options: CueOptions = DEFAULT_OPTIONS) -> list[Cue]:
    """Return cues in order of time that never overlap and together show every word once.

    A cue holds one speaker's words and ends, if it can, where a sentence, a clause or a breath ends. Where two speak
    at once, the later one's cue takes over the screen.
    """
    groups = [
        (utterance.speaker, words)
        for utterance in transcript.utterances
        for words in _cut(utterance, transcript.language, options)
    ]
    groups.sort(key=lambda group: group[1][0].time.start)
    times = _schedule([time_of(words) for _, words in groups], transcript.duration, options)
    return [
        Cue(time, wrap([word.text for word in words], options.max_line_length), speaker, words)
        for time, (speaker, words) in zip(times, groups, strict=True)
    ]


def to_srt(cues: Sequence[Cue]) -> str:
    """Return ``cues`` as a SubRip file."""
    return "".join(
        f"{number}\n{_clock(cue.time.start, ',')} --> {_clock(cue.time.end, ',')}\n{cue.text.replace('-->', '→')}\n\n"
        for number, cue in enumerate(cues, start=1)
    )


def to_vtt(cues: Sequence[Cue], *, speaker_label: str = "Speaker") -> str:
    """Return ``cues`` as a WebVTT file, with voice tags (``<v Speaker 1>``) where speakers are known."""
    return "WEBVTT\n\n" + "".join(
        f"{_clock(cue.time.start, '.')} --> {_clock(cue.time.end, '.')}\n"
        f"{_voice(cue.speaker, speaker_label)}{escape(cue.text, quote=False)}\n\n"
        for cue in cues
    )


def to_text(transcript: Transcript, *, speaker_label: str = "Speaker") -> str:
    """Return what was said: one text, or a line for each turn (``Speaker 1: …``) where speakers are known."""
    if all(utterance.speaker is None for utterance in transcript.utterances):
        return transcript.text
    return "\n".join(f"{speaker_label} {turn.speaker}: {turn.text}" for turn in spoken_turns(transcript))


def wrap(words: Sequence[str], longest: int) -> tuple[str, ...]:
    """Return ``words`` in as few lines as ``longest`` allows, the lines as even as they can be."""
    sizes = [visible_length(word) for word in words]
    fewest = len(_fill(sizes, longest))
    width = max(*sizes, (sum(sizes) + len(sizes) - fewest) // fewest)
    while width < longest and len(_fill(sizes, width)) > fewest:
        width += 1
    ends = list(accumulate(_fill(sizes, width)))
    return tuple(" ".join(words[start:end]) for start, end in pairwise([0, *ends]))


def visible_length(text: str) -> int:
    """Count what a reader sees as characters: vowel signs and joined consonants of Indic scripts add none."""
    count, is_joined = 0, False
    for char in text:
        if category(char) in ("Mn", "Mc", "Me", "Cf"):
            # A virama joins the next consonant; the Tamil pulli does not.
            is_joined = (combining(char) == _VIRAMA and char != "\u0bcd") or (is_joined and char == "\u200d")
        else:
            count += not is_joined
            is_joined = False
    return count


# --- where to cut


@dataclass(frozen=True, slots=True)
class _Place:
    """A word, and what ending a cue after it would mean."""

    word: Word
    size: int
    ends_sentence: bool
    pause: Seconds
    cost: float


def _cut(utterance: Utterance, language: str, options: CueOptions) -> list[tuple[Word, ...]]:
    """Return the cheapest way to cut one utterance into cues, found from its end backwards."""
    places = _places(utterance, language)
    costs = [0.0] * (len(places) + 1)
    ends = [0] * len(places)
    for start in reversed(range(len(places))):
        choices = ((cost + costs[end], -end) for end, cost in _choices(places, start, options))
        costs[start], longest = min(choices)
        ends[start] = -longest
    pieces, start = [], 0
    while start < len(places):
        pieces.append(tuple(place.word for place in places[start : ends[start]]))
        start = ends[start]
    return pieces


def _choices(places: Sequence[_Place], start: int, options: CueOptions) -> Iterator[tuple[int, float]]:
    """Yield where a cue that begins at ``start`` may end, and its cost; after one word it always may."""
    lines, length, characters, running_on = 1, -1, 0, 0
    latest = places[start].word.time.start
    for index in range(start, len(places)):
        place = places[index]
        is_full = length + 1 + place.size > options.max_line_length
        lines, length = (lines + 1, place.size) if is_full and index > start else (lines, length + 1 + place.size)
        latest = max(latest, place.word.time.end)
        if index > start:
            is_long = latest - places[start].word.time.start > options.max_duration
            is_wide = lines > options.max_lines or max(place.size, places[start].size) > options.max_line_length
            if is_long or is_wide or places[index - 1].pause > options.max_pause:
                return
            running_on += places[index - 1].ends_sentence
        characters += place.size + 1
        thin = max(0.0, 1 - characters / _THIN_CHARACTERS)
        yield index + 1, _COST_OF_CUE + thin + running_on * _COST_OF_RUNNING_ON + place.cost


def _places(utterance: Utterance, language: str) -> list[_Place]:
    words = [word for word in map(_cleaned, read_words(utterance)) if word.text]
    followers = [*(word.text for word in words[1:]), None]
    places = []
    for index, (word, following) in enumerate(zip(words, followers, strict=True)):
        is_end = ends_sentence(word.text, following, language)
        pause = pause_after(words, index)
        cost = 0.0 if is_end or following is None else _cost_of_breaking(word.text, pause)
        places.append(_Place(word, visible_length(word.text), is_end, pause, cost))
    return places


def _cost_of_breaking(text: str, pause: Seconds) -> float:
    if ends_clause(text):
        return _COST_AT_CLAUSE
    return _COST_AT_PAUSE if pause >= _NOTICEABLE_PAUSE else _COST_ANYWHERE


def _cleaned(word: Word) -> Word:
    text = " ".join(word.text.split())
    return word if text == word.text else Word(text, word.time, word.confidence)


def _fill(sizes: Sequence[int], width: int) -> list[int]:
    """Return how many words each line takes, filled one after another."""
    lines: list[int] = []
    length = 0
    for size in sizes:
        if lines and length + 1 + size <= width:
            lines[-1] += 1
            length += 1 + size
        else:
            lines.append(1)
            length = size
    return lines


# --- when to show


def _schedule(wanted: Sequence[Timespan], duration: Seconds, options: CueOptions) -> list[Timespan]:
    """Return display times near the ``wanted`` ones, in order, apart and inside the recording."""
    total = int(duration * _MILLI)
    starts = _spread([round(time.start * _MILLI) for time in wanted], total)
    shortest, longest, gap = (
        round(seconds * _MILLI) for seconds in (options.min_duration, options.max_duration, options.min_gap)
    )
    times = []
    for start, time, following in zip(starts, wanted, [*starts[1:], None], strict=False):
        limit = total if following is None else max(start + min(following - start, _LEAST_MS), following - gap)
        spoken = round(time.end * _MILLI) - start
        end = min(start + min(max(spoken, shortest), longest), limit)
        times.append(Timespan(start / _MILLI, end / _MILLI))
    return times


def _spread(starts: list[int], total: int) -> list[int]:
    """Move ``starts`` as little as gives each cue a moment of its own before ``total``."""
    least = min(_LEAST_MS, total // len(starts)) if starts else 0
    earliest, latest = 0, total - least * len(starts)
    moved = []
    for start in starts:
        place = min(max(start, earliest), latest)
        moved.append(place)
        earliest = place + least
        latest += least
    return moved


# --- how to write


def _clock(moment: Seconds, point: str) -> str:
    whole, milli = divmod(round(moment * _MILLI), _MILLI)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{milli:03}"


def _voice(speaker: int | None, label: str) -> str:
    return "" if speaker is None else f"<v {escape(label, quote=False)} {speaker + 1}>"
