"""What the customer wants, by how people word it; what is denied is not wanted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from khosq.analysis.feature import Call, IntentRule, Preferences
from khosq.transcript.parties import voice_of_each
from khosq.transcript.quotes import CLOSE_ENOUGH, Quote, Quotes, tokens_of
from khosq.transcript.wordings import Denial, Passage, denial_in, is_plain, passages, pattern_of

LANGUAGES = ("hy", "hi", "ta", "te", "mr", "en", "nl")
INTENTS = (
    "loan_renewal_interest",
    "dnd_request",
    "not_interested",
    "callback_requested",
    "escalation",
    "wrong_number",
    "refund_request",
    "cancellation",
    "order_status",
    "appointment",
    "technical_problem",
    "complaint",
    "payment_query",
    "interested",
)
"""Those looked for by themselves; of two that are equally likely, the first holds."""
OTHER = "other"
MOST_OTHERS = 3

_SHORTEST_MISHEARD = 12  # letters from which a wording counts when it is heard nearly so
_FULL_WEIGHT = 3  # words from which a wording is as telling as can be
_AGAIN = 0.5  # what one more way of saying the same adds to the one before it


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that is wanted, and the words that say so."""

    intent: str
    likeness: float
    """1: worded just as expected; less: nearly so; 0: not at all."""
    quote: Quote | None

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        quote = self.quote.to_json() if self.quote else None
        if quote:
            del quote["likeness"]
        return {"intent": self.intent, "likeness": self.likeness, "quote": quote}


@dataclass(frozen=True, slots=True)
class Intent:
    """What a call is for: one thing above all, and what else was asked."""

    first: Wanted
    others: tuple[Wanted, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return self.first.to_json() | {"others": [one.to_json() for one in self.others]}


@dataclass(frozen=True, slots=True)
class _Rule:
    """An intent, and how it is worded."""

    name: str
    pattern: re.Pattern[str]
    plain: tuple[str, ...]
    """Wordings that are also looked for where they were misheard."""
    is_own: bool
    """The tenant's."""


@dataclass(frozen=True, slots=True)
class _Match:
    """A wording that was said."""

    rule: _Rule
    quote: Quote
    words: int

    @property
    def weight(self) -> float:
        return self.quote.likeness * (0.5 + min(self.words, _FULL_WEIGHT) / 2)


def find(call: Call, preferences: Preferences) -> Intent:
    """Return what the customer wants, or anybody where the customer is not known."""
    language = call.transcript.language.partition("-")[0].lower()
    rules = [*_own_rules(preferences.intents, language), *_rules(language)]
    voices = {voice for voice in voice_of_each(call.transcript) if call.agent is None or voice != call.agent}
    said = [one for one in passages(call.transcript) if one.voice in voices]
    denial = denial_in(language)
    matches = [match for one in said for match in _matches(one, rules, denial)]
    names = {match.rule.name for match in matches}
    missing = [rule for rule in rules if rule.plain and rule.name not in names] if said else []
    if missing:
        quotes = Quotes(call.transcript)
        matches += [found for rule in missing if (found := _misheard(quotes, said, voices, rule, denial))]
    wanted = [_wanted(group) for group in _ranked(matches)]
    return Intent(*_split(wanted))


def _split(wanted: Sequence[Wanted]) -> tuple[Wanted, tuple[Wanted, ...]]:
    if not wanted:
        return Wanted(OTHER, 0.0, None), ()
    return wanted[0], tuple(wanted[1 : 1 + MOST_OTHERS])


# --- what was said


def _matches(said: Passage, rules: Sequence[_Rule], denial: Denial) -> list[_Match]:
    """Return what is worded as expected; of two wordings in one place the longer holds."""
    found = [
        (first - last, order, first, last, rule)
        for order, rule in enumerate(rules)
        for first, last in said.find(rule.pattern)
    ]
    taken: set[int] = set()
    kept: list[_Match] = []
    for _, _, first, last, rule in sorted(found, key=lambda one: one[:3]):
        stretch = range(first, last + 1)
        if taken.isdisjoint(stretch):
            taken.update(stretch)
            if not _is_denied(said, first, last, denial):
                kept.append(_Match(rule, said.quote(first, last), len(stretch)))
    return kept


def _is_denied(said: Passage, first: int, last: int, denial: Denial) -> bool:
    return not denial.is_in(said.tokens[first : last + 1]) and denial.denies(said, first, last)


def _misheard(
    quotes: Quotes, said: Sequence[Passage], voices: Collection[int | None], rule: _Rule, denial: Denial
) -> _Match | None:
    """Return what is worded nearly as expected."""
    near = (
        (quotes.find(wording, voices=voices, likeness=CLOSE_ENOUGH), denial.is_in(tokens_of(wording)))
        for wording in rule.plain
    )
    found = [quote for quote, is_denial in near if quote and _is_near_denial(quote, said, denial) == is_denial]
    best = max(found, key=lambda quote: (quote.likeness, -quote.time.start), default=None)
    return _Match(rule, best, len(best.text.split())) if best else None


def _is_near_denial(quote: Quote, said: Sequence[Passage], denial: Denial) -> bool:
    start, end = quote.time.start, quote.time.end
    for one in said:
        if one.voice == quote.voice and one.words[0].time.start <= start <= one.words[-1].time.end:
            inside = [index for index, word in enumerate(one.words) if start <= word.time.middle <= end]
            if inside and _has_denial(one, inside[0], inside[-1], denial):
                return True
    return False


def _has_denial(said: Passage, first: int, last: int, denial: Denial) -> bool:
    return denial.is_in(said.tokens[first : last + 1]) or denial.denies(said, first, last)


# --- what it comes to


def _ranked(matches: Sequence[_Match]) -> list[list[_Match]]:
    """Return the matches by intent, the likeliest intent first; a tenant's own go before the others."""
    groups: dict[str, list[_Match]] = {}
    for match in sorted(matches, key=lambda match: (-match.weight, match.quote.time)):
        groups.setdefault(match.rule.name, []).append(match)
    places = {name: place for place, name in enumerate(INTENTS)}
    return sorted(
        groups.values(),
        key=lambda group: (
            not any(match.rule.is_own for match in group),
            -round(_evidence(group), 6),
            places.get(group[0].rule.name, -1),
            group[0].rule.name,
        ),
    )


def _evidence(group: Sequence[_Match]) -> float:
    return sum(match.weight * _AGAIN**place for place, match in enumerate(group))


def _wanted(group: Sequence[_Match]) -> Wanted:
    best = next((match for match in group if match.rule.is_own), group[0])
    return Wanted(best.rule.name, best.quote.likeness, best.quote)


# --- the rules


def _own_rules(rules: Sequence[IntentRule], language: str) -> Iterator[_Rule]:
    for rule in rules:
        if rule.language in {None, language}:
            phrases = tuple(" ".join(tokens_of(phrase)) for phrase in rule.phrases)
            yield _Rule(rule.name, pattern_of(phrases), tuple(filter(None, phrases)), is_own=True)


@cache
def _rules(language: str) -> tuple[_Rule, ...]:
    if language not in LANGUAGES:
        return ()
    text = (files("khosq.analysis") / "intents" / f"{language}.toml").read_text("utf-8")
    return tuple(_rule(name, wordings.strip().splitlines()) for name, wordings in tomllib.loads(text).items())


def _rule(name: str, wordings: Sequence[str]) -> _Rule:
    plain = tuple(one for one in wordings if is_plain(one) and len(one) >= _SHORTEST_MISHEARD)
    return _Rule(name, pattern_of(wordings), plain, is_own=False)
