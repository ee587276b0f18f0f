"""Words and names that a recogniser is told to expect: a tenant's own, and those of one job."""

from __future__ import annotations

from collections.abc import Sequence

from khosq.errors import Invalid

MOST_TERMS = 200
LONGEST_TERM = 60


def checked_hotwords(terms: Sequence[str]) -> tuple[str, ...]:
    """Return terms as they are kept: each once, in order, without spare spaces.

    Raises:
        Invalid: there are too many, or one cannot be a term.

    """
    kept = tuple(dict.fromkeys(" ".join(term.split()) for term in terms))
    if len(kept) > MOST_TERMS:
        raise Invalid(f"There may be {MOST_TERMS} hotwords at most.", field="hotwords")
    for term in kept:
        if not 0 < len(term) <= LONGEST_TERM or not term.isprintable() or not any(map(str.isalnum, term)):
            raise Invalid(
                f"A hotword is a word or a name of 1 to {LONGEST_TERM} characters, not {term[:LONGEST_TERM]!r}.",
                field="hotwords",
            )
    return kept
