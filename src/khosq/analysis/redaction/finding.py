"""Finds what is personal in a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from khosq.analysis.feature import Call, Preferences, RedactionRule
from khosq.analysis.redaction.codes import find_codes
from khosq.analysis.redaction.emails import find_emails
from khosq.analysis.redaction.numbers import Entity, Numbers
from khosq.analysis.redaction.own_rules import LARGEST, MOST_RULES, compiled, find_own
from khosq.analysis.redaction.result import Item, Redaction
from khosq.analysis.redaction.saying import Conversation, Said, stretch
from khosq.errors import Invalid

RULES = ("card", "aadhaar", "pan", "iban", "phone", "email", "digits")
"""The rules that everybody has."""


def check_rules(names: Iterable[str], own: Sequence[RedactionRule]) -> None:
    """Refuse what ``find`` could not follow.

    Args:
        names: of the rules to be in force; none: all.
        own: the tenant's.

    Raises:
        Invalid: a name is unknown or taken, a pattern is none, or there are too many.

    """
    if len(own) > MOST_RULES:
        raise Invalid(f"There may be at most {MOST_RULES} redaction rules.", field="redaction_rules")
    if sum(compiled(rule).programsize for rule in own) > LARGEST:
        raise Invalid("The patterns of the redaction rules are too large together.", field="redaction_rules")
    known = list(RULES)
    for rule in own:
        if rule.name in known:
            raise Invalid(f"There is a redaction rule {rule.name} already.", field="redaction_rules")
        known.append(rule.name)
    for name in names:
        if name not in known:
            raise Invalid(f"There is no redaction rule {name!r}; there are: {', '.join(known)}.", field="redact")


def find(call: Call, preferences: Preferences) -> Redaction:
    """Return what is personal in a call; whoever shows the call must not if this fails.

    Raises:
        Invalid: the preferences cannot be followed.

    """
    check_rules(preferences.redact, preferences.redaction_rules)
    known = (*RULES, *(rule.name for rule in preferences.redaction_rules))
    names = tuple(name for name in known if name in (preferences.redact or known))
    conversation = Conversation(call.transcript)
    found = _found(conversation, names, [rule for rule in preferences.redaction_rules if rule.name in names])
    return Redaction(tuple(_items(conversation, found)), names)


def _found(
    conversation: Conversation, names: Sequence[str], own: Sequence[RedactionRule]
) -> Iterator[tuple[int | None, Entity]]:
    """Yield what each rule finds, the surest rules first."""
    return chain(
        find_own(conversation, own),
        find_emails(conversation) if "email" in names else (),
        find_codes(conversation, names),
        Numbers(conversation, names).find(),
    )


def _items(conversation: Conversation, found: Iterable[tuple[int | None, Entity]]) -> list[Item]:
    """Return what was found, utterance by utterance; a word belongs to the first that has it."""
    taken: dict[int | None, set[int]] = {voice: set() for voice in conversation.voices}
    items: list[Item] = []
    for voice, entity in found:
        mine = [at for at in range(entity.first, entity.last + 1) if at not in taken[voice]]
        taken[voice].update(mine)
        words = [conversation.voices[voice][at] for at in mine]
        pieces = list(_pieces(words))
        telling = [piece for piece in pieces if not all(map(conversation.is_skipped, piece))]
        items += [_item(entity.rule, voice, piece) for piece in telling or pieces]
    return sorted(items, key=lambda item: (item.utterance, item.first_word))


def _pieces(words: Iterable[Said]) -> Iterator[list[Said]]:
    """Yield words that follow one another in one utterance."""
    piece: list[Said] = []
    for said in words:
        if piece and (said.utterance, said.index) != (piece[-1].utterance, piece[-1].index + 1):
            yield piece
            piece = []
        piece.append(said)
    if piece:
        yield piece


def _item(rule: str, voice: int | None, words: Sequence[Said]) -> Item:
    return Item(rule, words[0].utterance, words[0].index, words[-1].index, stretch(words), voice)
