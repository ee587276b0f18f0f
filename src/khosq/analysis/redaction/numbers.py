"""Numbers that are personal: cards, Aadhaar, telephones, and any string of digits that is read out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from khosq.analysis.redaction.checksums import LuhnSums, verhoeff
from khosq.analysis.redaction.saying import Conversation, Said, takes_unit
from khosq.transcript.timespan import Seconds

CARD_LENGTHS = (16, 15, 14, 13, 17, 18, 19)
"""The most usual first."""
LIKE_A_CARD = 13
"""Digits in a row from which they are taken for a card, misheard."""

_LONGEST_BREAK: Seconds = 20.0
_WORDS_BETWEEN = 12
"""What others may say between two parts of a number."""
_AADHAAR = 12
_GOING_ON = 6
"""Words of its own after which a voice may still be at the same number."""
_READ_OUT = 4
"""Digits, said one by one, that make a string."""
_SHORTEST = 6
"""The same of groups."""
_SHORTEST_OF_PAIRS = 7
_SHORTEST_SECRET = 3
_GROUP = 3
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_DAYS, _OF_A_DAY = 31, 2
_ROUND = "000"
_LONGEST_AMOUNT = 9
_PHONE = re.compile(
    r"0?[6-9]\d{9}|91[6-9]\d{9}"  # India
    r"|0[1-9]\d{8}|31[1-9]\d{8}"  # the Netherlands
    r"|0[1-9]\d{7}|374[1-9]\d{7}"  # Armenia
    r"|1?[2-9]\d\d[2-9]\d{6}"  # North America
    r"|00[1-9]\d{7,13}"
)
_ARMENIAN_PHONE = re.compile(r"[1-9]\d{7}")
_ANNOUNCED_PHONE = range(7, 16)
_PHONE_ABROAD = range(8, 16)


@dataclass(frozen=True, slots=True)
class Entity:
    """Words of one voice that are personal data of one kind."""

    rule: str
    first: int
    """Among the voice's words."""
    last: int


@dataclass(frozen=True, slots=True)
class Token:
    """A number said in one go, and where."""

    digits: str
    first: int
    last: int
    is_numeral: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Numbers one after another."""

    tokens: tuple[Token, ...]
    has_plus: bool

    @property
    def digits(self) -> str:
        """All of them."""
        return "".join(token.digits for token in self.tokens)


class Numbers:
    """Finds the personal numbers of one conversation."""

    def __init__(self, conversation: Conversation, rules: Collection[str]) -> None:
        self._conversation = conversation
        self._rules = rules

    def find(self) -> Iterator[tuple[int | None, Entity]]:
        """Yield each voice's numbers; what was found once is found again where parts of it are repeated."""
        heard: set[str] = set()
        others: list[tuple[int | None, Run]] = []
        for voice, words in self._conversation.voices.items():
            last = -_GOING_ON - 2
            for run in self._runs(words):
                found = list(self._entities(run, words))
                if not found and self._is_rest(run, last):
                    found = [_entity("digits", run.tokens)]
                last = run.tokens[-1].last if found else last
                yield from ((voice, entity) for entity in found)
                if found:
                    heard |= _grams(run.digits)
                else:
                    others.append((voice, run))
        for voice, run in others:
            if self._may_be_digits() and len(run.digits) >= _READ_OUT and _grams(run.digits) <= heard:
                yield voice, Entity("digits", run.tokens[0].first, run.tokens[-1].last)

    def _is_rest(self, run: Run, last: int) -> bool:
        """Tell whether a run goes on where a personal one ended: "and the next four are"."""
        is_near = run.tokens[0].first - last <= _GOING_ON + 1
        is_string = len(run.digits) >= _READ_OUT and not _is_date(run.tokens) and not _is_round(run.tokens)
        return self._may_be_digits() and is_near and is_string

    def _may_be_digits(self) -> bool:
        return "digits" in self._rules

    # --- where numbers are

    def _runs(self, words: Sequence[Said]) -> Iterator[Run]:
        tokens: list[Token] = []
        for token in self._tokens(words):
            if tokens and not self._goes_on(words, tokens[-1], token):
                yield from self._cut(tokens, words)
                tokens = []
            tokens.append(token)
        yield from self._cut(tokens, words)

    def _tokens(self, words: Sequence[Said]) -> Iterator[Token]:
        vocabulary = self._conversation.words
        waiting: Token | None = None
        times, since = 1, 0
        for at, said in enumerate(words):
            reading = said.reading
            if reading.key in vocabulary.repeats:
                times, since = vocabulary.repeats[reading.key], at
                continue
            if reading.digits:
                is_repeated = times > 1 and len(reading.digits) == 1 and since == at - 1
                token = Token(reading.digits * (times if is_repeated else 1), at, at, reading.is_numeral)
                if is_repeated:
                    token = Token(token.digits, since, at, is_numeral=False)
                if waiting and self._is_one(waiting, token):
                    waiting = Token(waiting.digits[0] + token.digits, waiting.first, at, is_numeral=False)
                else:
                    if waiting:
                        yield waiting
                    waiting = token
            times = 1
        if waiting:
            yield waiting

    def _is_one(self, one: Token, other: Token) -> bool:
        """Tell whether two numerals are one number: forty one."""
        are_words = one.is_numeral and other.is_numeral and other.first == one.last + 1
        return are_words and takes_unit(one.digits, other.digits, self._conversation.words.tens_from)

    def _goes_on(self, words: Sequence[Said], one: Token, other: Token) -> bool:
        before, after = words[one.last], words[other.first]
        return (
            after.word.time.start - before.word.time.end <= _LONGEST_BREAK
            and all(self._conversation.is_skipped(words[at]) for at in range(one.last + 1, other.first))
            and not after.reading.has_plus
            and not (other.first > one.last + 1 and words[other.first - 1].reading.has_plus)
            and self._conversation.between(before, after) <= _WORDS_BETWEEN
        )

    def _cut(self, tokens: Sequence[Token], words: Sequence[Said]) -> Iterator[Run]:
        """Yield the numbers, and of short ones not the amount at either end."""
        vocabulary = self._conversation.words
        kept = list(tokens)
        if sum(len(token.digits) for token in kept) <= _LONGEST_AMOUNT:
            if kept and _key(words, kept[-1].last + 1) in vocabulary.units and _may_be_amount(kept[-1]):
                kept.pop()
            if kept and _key(words, kept[0].first - 1) in vocabulary.units_before and _may_be_amount(kept[0]):
                kept.pop(0)
        if not kept:
            return
        first = kept[0].first
        is_plus_said = first > 0 and words[first - 1].reading.has_plus and not words[first - 1].reading.digits
        if is_plus_said:
            kept[0] = replace(kept[0], first=first - 1)
        yield Run(tuple(kept), is_plus_said or words[first].reading.has_plus)

    # --- what they are

    def _entities(self, run: Run, words: Sequence[Said]) -> Iterator[Entity]:
        left = [run.tokens]
        is_certain = False
        if "card" in self._rules and not (run.has_plus and len(run.digits) in _PHONE_ABROAD):
            left = []
            for part, is_card in _split_at_cards(run.tokens):
                if is_card:
                    is_certain = True
                    yield _entity("card", part)
                else:
                    left.append(part)
        for part in left:
            has_plus = run.has_plus and part[0] is run.tokens[0]
            if rule := self._rule_of(part, words, has_plus=has_plus, is_rest=is_certain):
                yield _entity(rule, part)
                continue
            for piece in _split_at_gaps(part):
                if rule := self._rule_of(piece, words, has_plus=has_plus and piece[0] is part[0], is_rest=False):
                    yield _entity(rule, piece)

    def _rule_of(self, tokens: Sequence[Token], words: Sequence[Said], *, has_plus: bool, is_rest: bool) -> str | None:
        digits = "".join(token.digits for token in tokens)
        first, last = words[tokens[0].first], words[tokens[-1].last]
        is_phone_announced = self._conversation.is_announced("phone", first, last)
        is_phone = self._is_phone(digits, has_plus=has_plus, is_announced=is_phone_announced) and not _is_date(tokens)
        is_aadhaar = len(digits) == _AADHAAR and digits[0] in "23456789" and verhoeff(digits)
        if "aadhaar" in self._rules and is_aadhaar and not (is_phone and is_phone_announced):
            return "aadhaar"
        if "phone" in self._rules and is_phone:
            return "phone"
        if len(digits) >= LIKE_A_CARD and {"digits", "card"} & set(self._rules):
            return "digits"
        is_secret = self._conversation.is_announced("secret", first, last)
        is_number = is_phone_announced or self._conversation.is_announced("number", first, last)
        is_string = is_rest or is_phone or is_aadhaar
        if self._may_be_digits() and (is_string or _is_string(tokens, is_secret=is_secret, is_number=is_number)):
            return "digits"
        return None

    def _is_phone(self, digits: str, *, has_plus: bool, is_announced: bool) -> bool:
        if has_plus and len(digits) in _PHONE_ABROAD:
            return True
        if is_announced and len(digits) in _ANNOUNCED_PHONE:
            return True
        is_armenian = self._conversation.language == "hy" and _ARMENIAN_PHONE.fullmatch(digits) is not None
        return is_armenian or _PHONE.fullmatch(digits) is not None


def _entity(rule: str, tokens: Sequence[Token]) -> Entity:
    return Entity(rule, tokens[0].first, tokens[-1].last)


def _key(words: Sequence[Said], at: int) -> str:
    return words[at].reading.key if 0 <= at < len(words) else ""


def _may_be_amount(token: Token) -> bool:
    return not token.digits.startswith("0")


def _grams(digits: str) -> set[str]:
    return {digits[at : at + _READ_OUT] for at in range(len(digits) - _READ_OUT + 1)}


def _split_at_cards(tokens: tuple[Token, ...]) -> Iterator[tuple[tuple[Token, ...], bool]]:
    """Yield a run in parts, and whether each is a card number: all of it, else the first that fit."""
    digits = "".join(token.digits for token in tokens)
    ends = [0]
    for token in tokens:
        ends.append(ends[-1] + len(token.digits))
    if len(digits) < min(CARD_LENGTHS):
        yield tokens, False
        return
    sums = LuhnSums(digits)
    if len(digits) in CARD_LENGTHS and sums.holds(0, len(digits)):
        yield tokens, True
        return
    token_at = {end: at for at, end in enumerate(ends)}
    start = at = 0
    while at < len(tokens):
        fitting = (ends[at] + length for length in CARD_LENGTHS if ends[at] + length in token_at)
        end = next((token_at[place] for place in fitting if digits[ends[at]] != "0" and sums.holds(ends[at], place)), 0)
        if end:
            if start < at:
                yield tokens[start:at], False
            yield tokens[at:end], True
            start = at = end
        else:
            at += 1
    if start < len(tokens):
        yield tokens[start:], False


def _split_at_gaps(tokens: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """Yield a run in the parts between which something is said."""
    start = 0
    for at, token in enumerate(tokens, start=1):
        if at == len(tokens) or tokens[at].first > token.last + 1:
            yield tokens[start:at]
            start = at


def _is_string(tokens: Sequence[Token], *, is_secret: bool, is_number: bool) -> bool:
    """Tell whether numbers are read out, and no amount, year or date."""
    lengths = [len(token.digits) for token in tokens]
    total = sum(lengths)
    if is_secret and total >= _SHORTEST_SECRET:
        return True
    if _is_date(tokens) or _is_round(tokens):
        return False
    if is_number and total >= _READ_OUT:
        return True
    if _is_one_by_one(tokens) or (lengths[0] >= _READ_OUT and tokens[0].digits[0] == "0"):
        return total >= _READ_OUT
    return total >= (_SHORTEST if max(lengths) >= _GROUP else _SHORTEST_OF_PAIRS)


def _is_one_by_one(tokens: Sequence[Token]) -> bool:
    return all(len(set(token.digits)) == 1 and len(token.digits) <= _GROUP for token in tokens) and any(
        len(token.digits) == 1 for token in tokens
    )


def _is_date(tokens: Sequence[Token]) -> bool:
    years = [_YEAR.fullmatch(token.digits) is not None for token in tokens]
    days = [len(token.digits) <= _OF_A_DAY and int(token.digits) <= _DAYS for token in tokens]
    return any(years) and all(year or day for year, day in zip(years, days, strict=True))


def _is_round(tokens: Sequence[Token]) -> bool:
    if len(tokens) == 1:
        return tokens[0].digits.endswith(_ROUND) and len(tokens[0].digits) <= _LONGEST_AMOUNT
    ordered = all(len(token.digits) > 1 and token.digits.endswith("0") for token in tokens)
    return ordered and any(one.digits != other.digits for one, other in pairwise(tokens))
