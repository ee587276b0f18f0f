"""Words and names that a caller told us to expect: which of them were heard."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from khosq.transcript.transcript import TermHits
from khosq.transcript.words import Word


def hits(terms: Sequence[str], words: Sequence[Word]) -> tuple[TermHits, ...]:
    """Return how often each term was written, whatever its capitals and the marks around it."""
    wanted = {term: tuple(_folded(term).split()) for term in terms}
    lengths = {len(term) for term in wanted.values()}
    spoken = [_folded(word.text) for word in words]
    runs = Counter(
        tuple(spoken[start : start + length]) for length in lengths for start in range(len(spoken) - length + 1)
    )
    return tuple(TermHits(term, runs[folded] if folded else 0) for term, folded in wanted.items())


def _folded(text: str) -> str:
    """Return a text in small letters, its parts without the marks around them."""
    parts = unicodedata.normalize("NFKC", text).casefold().split()
    return " ".join(filter(None, (_bare(part) for part in parts)))


def _bare(text: str) -> str:
    return text.strip("".join(character for character in set(text) if _is_mark(character)))


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
