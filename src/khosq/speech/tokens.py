"""Words out of what engines write: timed tokens, or bare text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

LONGEST_TOKEN: Seconds = 0.4
"""A word's last token has no successor to end it; a pause after it is not part of the word."""
CLOSING = frozenset(".,;:!?…\u0589\u055d\u055e\u055c\u0964\u3001\u3002\uff0c\uff1f\uff01")
"""Marks that belong to the word before them, also where a model sets them apart; escaped: Armenian to Chinese."""

_WRITTEN_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Kana and Chinese characters: each is a word of its own here."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text; a blank before it begins a word."""

    text: str
    start: Seconds
    logprob: float | None = None


def words_of(tokens: Iterable[Token], *, duration: Seconds) -> Iterator[Word]:
    """Yield the words that timed tokens spell, inside ``duration``."""
    pieces: list[Token] = []
    breaks = False
    for token in tokens:
        text = token.text.strip()
        breaks = breaks or token.text != token.text.lstrip() or bool(_WRITTEN_WITHOUT_SPACES.match(text))
        if not text:
            continue
        start = min(max(0.0, token.start), duration)
        if breaks and pieces and text not in CLOSING:
            yield _word(pieces, until=start)
            pieces = []
        breaks = False
        pieces.append(Token(text, start, token.logprob))
    if pieces:
        yield _word(pieces, until=duration)


def spread(text: str, over: Timespan) -> list[Word]:
    """Return the words of a text whose times are not known, each as long as its letters' share of ``over``."""
    texts = text.split()
    ends = list(accumulate((len(one) + 1 for one in texts), initial=0))
    edges = [over.start + over.duration * end / ends[-1] for end in ends] if texts else []
    return [
        Word(one, Timespan(start, min(end, over.end))) for one, (start, end) in zip(texts, pairwise(edges), strict=True)
    ]


def _word(pieces: list[Token], *, until: Seconds) -> Word:
    """Make the word that ends before ``until``, the start of the next."""
    start = pieces[0].start
    end = max(start, min(until, pieces[-1].start + LONGEST_TOKEN))
    return Word("".join(piece.text for piece in pieces), Timespan(start, end), _confidence(pieces))


def _confidence(pieces: list[Token]) -> float | None:
    logprobs = [piece.logprob for piece in pieces if piece.logprob is not None]
    return min(1.0, math.exp(sum(logprobs) / len(logprobs))) if len(logprobs) == len(pieces) else None
