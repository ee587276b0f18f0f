"""Personal data that mixes letters and digits: the Indian PAN, and bank accounts as IBAN."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence

from khosq.analysis.redaction.checksums import iban
from khosq.analysis.redaction.numbers import Entity
from khosq.analysis.redaction.saying import Conversation, Said

_PAN = re.compile(r"(?=([A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]))")
"""The fourth letter says what kind of holder it is."""
_PAN_LETTERS = 5
_NO_CODE = "\n"
_LENGTHS = {
    int(length): countries.split()
    for length, countries in (
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI FK FO GL NL SD"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU MN XK"),
        (21, "CH CR HR LI LV"),
        (22, "BG BH DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ OM SO TL"),
        (24, "AD CZ DZ ES MD PK RO SA SE SK TN VG"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "BI DJ FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU YE"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    )
}
"""How long an IBAN is, by country: the registry of ISO 13616."""
_LENGTH_OF = {country: length for length, countries in _LENGTHS.items() for country in countries}
_IBAN = re.compile(rf"(?=((?:{'|'.join(sorted(_LENGTH_OF))})\d\d[A-Z0-9]))")


def find_codes(conversation: Conversation, rules: Collection[str]) -> Iterator[tuple[int | None, Entity]]:
    """Yield each voice's PANs and IBANs, written or spelled."""
    if not {"pan", "iban"} & set(rules):
        return
    for voice, words in conversation.voices.items():
        line = _Line(conversation, words)
        if "iban" in rules:
            yield from ((voice, entity) for entity in line.ibans())
        if "pan" in rules:
            yield from ((voice, entity) for entity in line.pans())


class _Line:
    """What a voice spells, as one string of capitals and digits, and the word that each sign comes from."""

    def __init__(self, conversation: Conversation, words: Sequence[Said]) -> None:
        self._conversation = conversation
        self._words = words
        self._starts: list[int] = []
        self._of_word: list[int] = []
        pieces: list[str] = []
        length = 0
        explained = conversation.explained(words)
        for at, said in enumerate(words):
            if at in explained or (conversation.is_skipped(said) and not said.reading.is_code):
                continue
            piece = said.reading.spelled or _NO_CODE
            self._starts.append(length)
            self._of_word.append(at)
            pieces.append(piece)
            length += len(piece)
        self._text = "".join(pieces)
        self._ends = {start - 1 for start in [*self._starts[1:], length]}

    def ibans(self) -> Iterator[Entity]:
        """Yield the bank accounts whose check digits are right."""
        for match in _IBAN.finditer(self._text):
            end = match.start() + _LENGTH_OF[self._text[match.start() : match.start() + 2]]
            code = self._text[match.start() : end]
            if self._is_whole(match.start(), end) and code.isalnum() and iban(code):
                yield self._entity("iban", match.start(), end)

    def pans(self) -> Iterator[Entity]:
        """Yield the tax numbers that are spelled, or written as such, or announced."""
        for match in _PAN.finditer(self._text):
            start, end = match.span(1)
            if not self._is_whole(start, end):
                continue
            entity = self._entity("pan", start, end)
            letters = {self._word_at(place) for place in range(start, start + _PAN_LETTERS)}
            is_announced = self._conversation.is_announced("pan", self._words[entity.first], self._words[entity.last])
            if is_announced or all(self._words[at].reading.is_code for at in letters):
                yield entity

    def _is_whole(self, start: int, end: int) -> bool:
        """Tell whether a part begins and ends with words."""
        place = bisect_right(self._starts, start) - 1
        return self._starts[place] == start and end - 1 in self._ends

    def _word_at(self, place: int) -> int:
        return self._of_word[bisect_right(self._starts, place) - 1]

    def _entity(self, rule: str, start: int, end: int) -> Entity:
        return Entity(rule, self._word_at(start), self._word_at(end - 1))
