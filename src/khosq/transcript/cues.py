"""Cues: a transcript cut into captions that a viewer can read in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite

from khosq.errors import Invalid
from khosq.transcript.lines import visible_length, wrap
from khosq.transcript.sentences import ends_clause, ends_sentence, pause_after, read_words, time_of
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


@dataclass(frozen=True, slots=True)
class CueOptions:
    """How much a viewer is shown at once, and for how long; the defaults are usual broadcasters' values."""

    max_line_length: int = 42
    """Characters as seen; a single longer word still stands whole, on its own line."""
    max_line_words: int | None = None
    max_lines: int = 2
    max_words: int | None = None
    """In one cue; 100 where nothing is said."""
    max_duration: Seconds = 7.0
    min_duration: Seconds = 1.0
    """Shorter cues stay on for this long, where the next one and ``max_duration`` leave room."""
    min_gap: Seconds = 0.08
    """Between two cues, where there is room: two frames at 25 a second."""
    max_pause: Seconds = 1.5
    """A longer silence always begins a new cue."""

    def __post_init__(self) -> None:
        """Refuse what no cue can satisfy.

        Raises:
            Invalid: naming the field.

        """
        for name in ("max_line_length", "max_line_words", "max_lines", "max_words"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise Invalid(f"{name} must be at least 1.", field=name)
        for name in ("max_duration", "min_duration", "max_pause", "min_gap"):
            seconds = getattr(self, name)
            if not isfinite(seconds) or seconds < 0 or (seconds == 0 and name != "min_gap"):
                raise Invalid(f"{name} must be a number of seconds, more than 0.", field=name)


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

_MILLI = 1000
_MOST_WORDS = 100
"""In a cue, whatever its options: so that a cut is found in time that grows with the words alone."""
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


def build_cues(
    transcript: Transcript,
    *,
    options: CueOptions = DEFAULT_OPTIONS,
    label: Callable[[int | None], str | None] | None = None,
) -> list[Cue]:
    """Return cues in order of time that never overlap and together show every word once.

    A cue holds one speaker's words and ends, if it can, where a sentence, a clause or a breath ends. Where two speak
    at once, the later one's cue takes over the screen. With ``label``, each cue begins with its speaker's.
    """
    groups = []
    for utterance in transcript.utterances:
        name = label(utterance.speaker) if label else None
        cuts = _cut(_places(utterance, transcript.language), visible_length(name or ""), options)
        groups += [(utterance.speaker, name, words) for words in cuts]
    groups.sort(key=lambda group: group[2][0].time.start)
    times = _schedule([time_of(words) for _, _, words in groups], transcript.duration, options)
    return [
        Cue(time, _lines(words, name, options), speaker, words)
        for time, (speaker, name, words) in zip(times, groups, strict=True)
    ]


def _lines(words: Sequence[Word], label: str | None, options: CueOptions) -> tuple[str, ...]:
    texts = [word.text for word in words]
    if label and options.max_lines == 1:  # there is no other line that it could stand on
        texts[0], label = f"{label} {texts[0]}", None
    return wrap(texts, options.max_line_length, most_words=options.max_line_words, label=label)


# --- where to cut


@dataclass(frozen=True, slots=True)
class _Place:
    """A word, and what ending a cue after it would mean."""

    word: Word
    size: int
    ends_sentence: bool
    pause: Seconds
    cost: float


def _cut(places: Sequence[_Place], label_size: int, options: CueOptions) -> list[tuple[Word, ...]]:
    """Return the cheapest way to cut one utterance into cues, found from its end backwards."""
    costs = [0.0] * (len(places) + 1)
    ends = [0] * len(places)
    for start in reversed(range(len(places))):
        choices = ((cost + costs[end], -end) for end, cost in _choices(places, start, label_size, options))
        costs[start], longest = min(choices)
        ends[start] = -longest
    pieces, start = [], 0
    while start < len(places):
        pieces.append(tuple(place.word for place in places[start : ends[start]]))
        start = ends[start]
    return pieces


def _choices(places: Sequence[_Place], start: int, label_size: int, options: CueOptions) -> Iterator[tuple[int, float]]:
    """Yield where a cue that begins at ``start`` may end, and its cost; after one word it always may."""
    room = _Room(options, label_size)
    characters, running_on = 0, 0
    latest = first = places[start].word.time.start
    for index in range(start, min(len(places), start + min(options.max_words or _MOST_WORDS, _MOST_WORDS))):
        place = places[index]
        latest = max(latest, place.word.time.end)
        fits = room.takes(place.size)
        if index > start:
            if not fits or latest - first > options.max_duration or places[index - 1].pause > options.max_pause:
                return
            running_on += places[index - 1].ends_sentence
        characters += place.size + 1
        thin = max(0.0, 1 - characters / _THIN_CHARACTERS)
        yield index + 1, _COST_OF_CUE + thin + running_on * _COST_OF_RUNNING_ON + place.cost


class _Room:
    """The lines of one cue while words are put into them."""

    def __init__(self, options: CueOptions, label_size: int) -> None:
        self._options = options
        self._is_split = label_size > 0 and options.max_lines > 1
        self._length = label_size or -1
        self._lines = 1
        self._words = self._line_words = 0
        self._has_long_word = False

    def takes(self, size: int) -> bool:
        """Put one more word in; tell whether all still keep to the limits, which a first word always may break."""
        longest, most = self._options.max_line_length, self._options.max_line_words
        is_full = self._length + 1 + size > longest or (most is not None and self._line_words >= most)
        if is_full and (self._words or self._is_split):
            self._lines, self._length, self._line_words = self._lines + 1, size, 1
        else:
            self._length, self._line_words = self._length + 1 + size, self._line_words + 1
        self._words += 1
        self._has_long_word |= self._length > longest
        return self._lines <= self._options.max_lines and (self._words == 1 or not self._has_long_word)


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


# --- when to show


def _schedule(wanted: Sequence[Timespan], duration: Seconds, options: CueOptions) -> list[Timespan]:
    """Return display times near the ``wanted`` ones, in order, apart and inside the recording."""
    total = int(duration * _MILLI)
    starts = _spread([round(time.start * _MILLI) for time in wanted], total)
    longest = max(1, round(options.max_duration * _MILLI))
    shortest, gap = min(round(options.min_duration * _MILLI), longest), round(options.min_gap * _MILLI)
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
