"""What is looked for. Any text is a query; none is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from khosq.errors import Invalid
from khosq.transcript.quotes import tokens_of

LONGEST_QUERY = 1000
"""Characters."""
LONGEST_TOKEN = 100
"""Characters of a word that count; what follows them in a longer one is passed over."""

_QUOTES = '"“”„«»'
_PIECE = re.compile(rf"(-?)(?:[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]?|([^\s{_QUOTES}]+))")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow one another, mostly one alone."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    """The last word may go on."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a call must have, and must not have."""

    clauses: tuple[tuple[Term, ...], ...] = ()
    """Of each, one term at least."""
    excluded: tuple[Term, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term that may be found."""
        return tuple(dict.fromkeys(term for clause in self.clauses for term in clause))


def read_query(text: str) -> SearchQuery:
    """Read ``word``, ``"a phrase"``, ``begin*``, ``one OR other`` and ``-without``; what has no words says nothing.

    Raises:
        Invalid: it is longer than ``LONGEST_QUERY``.

    """
    if len(text) > LONGEST_QUERY:
        raise Invalid(f"A query has at most {LONGEST_QUERY} characters.", field="q")
    clauses: list[tuple[Term, ...]] = []
    excluded: list[Term] = []
    is_alternative = False
    for minus, phrase, word in _PIECE.findall(text):
        if word == "OR" and not minus:
            is_alternative = bool(clauses)
            continue
        term = _term(phrase or word)
        if term is None:
            continue
        if minus:
            excluded.append(term)
        elif is_alternative:
            clauses[-1] += (term,)
        else:
            clauses.append((term,))
        is_alternative = False
    return SearchQuery(tuple(dict.fromkeys(clauses)), tuple(dict.fromkeys(excluded)))


def search_tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are looked for."""
    return tuple(token[:LONGEST_TOKEN] for token in tokens_of(text))


def _term(text: str) -> Term | None:
    tokens = search_tokens(text)
    return Term(tokens, is_prefix=text.rstrip().endswith("*")) if tokens else None
