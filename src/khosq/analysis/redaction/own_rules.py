"""A tenant's own rules: patterns in RE2's syntax, whose time grows with the text and nothing else."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import re2  # type: ignore[import-untyped]  # the library has no annotations

from khosq.analysis.feature import RedactionRule
from khosq.analysis.redaction.numbers import Entity
from khosq.analysis.redaction.saying import Conversation, Said
from khosq.errors import Invalid
from khosq.transcript.timespan import Seconds

LONGEST_PATTERN = 1000
"""Characters."""
MOST_RULES = 50
LARGEST = 5000
"""Steps of all compiled patterns together: the time that a byte may take is in proportion to them."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MEMORY_BYTES = 256 * 1024
_BREAK: Seconds = 5.0


def compiled(rule: RedactionRule) -> re2._Regexp:
    """Return a rule's pattern, ready for use.

    Raises:
        Invalid: the name or the pattern is none.

    """
    if not _NAME.fullmatch(rule.name):
        raise Invalid(
            "A redaction rule's name has 1 to 40 letters a-z, digits and _, and begins with a letter.",
            field="redaction_rules",
        )
    if len(rule.pattern) > LONGEST_PATTERN:
        raise Invalid(f"A redaction rule's pattern has at most {LONGEST_PATTERN} characters.", field="redaction_rules")
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MEMORY_BYTES
    try:
        pattern = re2.compile(rule.pattern.encode(), options)
    except (re2.error, UnicodeEncodeError) as error:
        raise Invalid(
            f"The pattern of the redaction rule {rule.name} is not one in RE2's syntax: {_reason(error)}.",
            field="redaction_rules",
        ) from error
    if pattern.search(b""):
        raise Invalid(f"The pattern of the redaction rule {rule.name} finds nothing at all.", field="redaction_rules")
    return pattern


def find_own(conversation: Conversation, rules: Sequence[RedactionRule]) -> Iterator[tuple[int | None, Entity]]:
    """Yield what a tenant's rules find: in the words as they read, and with digits and letters said singly as one."""
    patterns = [(rule.name, compiled(rule)) for rule in rules]
    if not patterns:
        return
    for voice, words in conversation.voices.items():
        for text in (_Text(words, is_joined=False), _Text(words, is_joined=True)):
            for name, pattern in patterns:
                yield from ((voice, entity) for entity in text.found(name, pattern))


class _Text:
    """A voice's words as one text in bytes, and the word that each byte comes from."""

    def __init__(self, words: Sequence[Said], *, is_joined: bool) -> None:
        pieces: list[bytes] = []
        for at, said in enumerate(words):
            piece = (_as_code(said) if is_joined else "") or said.word.text
            pieces.append(_link(words, at, is_joined=is_joined) + piece.encode(errors="replace"))
        self._starts = list(accumulate(map(len, pieces), initial=0))[:-1]
        self._text = b"".join(pieces)

    def found(self, name: str, pattern: re2._Regexp) -> Iterator[Entity]:
        for match in pattern.finditer(self._text):
            if match.start() < match.end():
                yield Entity(name, self._word_at(match.start()), self._word_at(match.end() - 1))

    def _word_at(self, place: int) -> int:
        return bisect_right(self._starts, place) - 1


def _as_code(said: Said) -> str:
    """Return the digits of a number, or the capital of a letter; empty for any other word."""
    reading = said.reading
    return reading.digits if reading.is_numeral else reading.spelled if reading.is_code else ""


def _link(words: Sequence[Said], at: int, *, is_joined: bool) -> bytes:
    if at == 0:
        return b""
    before, said = words[at - 1], words[at]
    if said.word.time.start - before.word.time.end > _BREAK:
        return b"\n"
    return b"" if is_joined and _as_code(before) and _as_code(said) else b" "


def _reason(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
