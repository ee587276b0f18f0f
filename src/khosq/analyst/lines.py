"""A call as lines that a language model reads, in parts that fit into its context; nothing left out, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from khosq.analyst.tokens import estimate
from khosq.transcript.parties import voice_of_each
from khosq.transcript.sentences import read_words, time_of
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.words import Word

_LABEL_TOKENS = 12
"""Of what stands before a line's text."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one voice says: an utterance, or a piece of one that is too long."""

    number: int
    """From 1 in the whole call."""
    text: str
    voice: int | None
    time: Timespan
    utterance: int
    """Index of the one that it comes from."""

    @property
    def tokens(self) -> int:
        """About how many it costs to read."""
        return estimate(self.text) + _LABEL_TOKENS

    def __str__(self) -> str:
        """Return it as a model reads it; it has no line breaks, so no words can pretend to be a line."""
        minutes, seconds = divmod(int(self.time.start), 60)
        who = "" if self.voice is None else f" voice {self.voice}"
        return f"[{self.number} {minutes}:{seconds:02}{who}] {self.text}"


def lines_of(transcript: Transcript, *, longest: int) -> list[Line]:
    """Return everything that was said, in lines of at most about ``longest`` tokens."""
    lines: list[Line] = []
    for index, (utterance, voice) in enumerate(
        zip(transcript.utterances, voice_of_each(transcript), strict=True),
    ):
        for text, time in _pieces(read_words(utterance), longest - _LABEL_TOKENS):
            lines.append(Line(len(lines) + 1, text, voice, time, index))
    return lines


def in_parts(lines: Iterable[Line], *, room: int, most: int) -> list[list[Line]]:
    """Return the lines in order, in parts of at most ``room`` tokens and ``most`` lines; none is cut."""
    parts: list[list[Line]] = []
    left = 0
    for line in lines:
        if not parts or line.tokens > left or len(parts[-1]) >= most:
            parts.append([])
            left = room
        parts[-1].append(line)
        left -= line.tokens
    return parts


def tokens_of(lines: Iterable[Line]) -> int:
    """Return about how many tokens lines cost."""
    return sum(line.tokens for line in lines)


@dataclass(frozen=True, slots=True)
class Shown:
    """Lines between two marks that nobody in the call can know; who repeats both codes had all of it before him."""

    text: str
    opening: str
    closing: str


def shown(lines: Sequence[Line]) -> Shown:
    """Return lines as a model is shown them."""
    text = "\n".join(map(str, lines))
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    opening, closing = digest[:6], digest[6:12]
    return Shown(f"<call {opening}>\n{text}\n</call {closing}>", opening, closing)


def _pieces(words: Sequence[Word], longest: int) -> Iterator[tuple[str, Timespan]]:
    waiting: list[Word] = []
    size = 0
    for word in words:
        cost = estimate(word.text)
        if waiting and size + cost > longest:
            yield _joined(waiting), time_of(waiting)
            waiting, size = [], 0
        if cost > longest:  # no word of any language, but recognisers write such things
            yield from ((piece, word.time) for piece in _cut(_joined([word]), longest))
            continue
        waiting.append(word)
        size += cost
    if waiting:
        yield _joined(waiting), time_of(waiting)


def _joined(words: Iterable[Word]) -> str:
    return " ".join(piece for word in words for piece in word.text.split())


def _cut(text: str, longest: int) -> Iterator[str]:
    step = max(1, longest // 3)  # a character is at most three tokens
    return (text[start : start + step] for start in range(0, len(text), step))
