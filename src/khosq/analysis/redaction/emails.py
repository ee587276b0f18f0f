"""E-mail addresses, written or said: "name at example dot com"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from khosq.analysis.redaction.numbers import Entity
from khosq.analysis.redaction.saying import Conversation, Said
from khosq.transcript.sentences import SENTENCE_MARKS
from khosq.transcript.timespan import Seconds

_WRITTEN = re.compile(r"[^\s@]+@[^\s@]*[^\W_]\.[^\W\d_]{2,}")
_HOST = re.compile(r"(?:[^\W_][\w-]*\.)+[^\W\d_]{2,}")
_LONGEST_NAME = 24
"""Words, as when each letter is one."""
_NAMES = 3
"""Words of more than a letter."""
_LONGEST_DOMAIN = 8
_DOMAIN_NAMES = 2
_LONGEST_BREAK: Seconds = 3.0


def find_emails(conversation: Conversation) -> Iterator[tuple[int | None, Entity]]:
    """Yield each voice's e-mail addresses."""
    for voice, words in conversation.voices.items():
        for at, said in enumerate(words):
            if "@" in said.word.text and _WRITTEN.search(unicodedata.normalize("NFKC", said.word.text)):
                yield voice, Entity("email", at, at)
        for entity in _said(conversation, words):
            yield voice, entity


def _said(conversation: Conversation, words: Sequence[Said]) -> Iterator[Entity]:
    explained = conversation.explained(words)
    openers = {phrase[0] for phrase in conversation.words.at}
    for at, said in enumerate(words):
        key = said.reading.key
        opener, *_ = key.split() or [""]
        if opener not in openers or not (length := _at_sign(conversation, words, at)):
            continue
        last = _domain(conversation, words, at + length)
        first = _name(conversation, words, at, explained)
        if last is not None and first < at:
            yield Entity("email", first, last)


def _at_sign(conversation: Conversation, words: Sequence[Said], at: int) -> int:
    """Return how many words say the sign here, 0 for none."""
    phrases = conversation.words.at
    longest = max(map(len, phrases))
    keys = tuple(said.reading.key for said in words[at : at + longest])
    return next((len(phrase) for phrase in phrases if keys[: len(phrase)] == phrase), 0)


def _domain(conversation: Conversation, words: Sequence[Said], start: int) -> int | None:
    """Return the last word of the domain that begins here; None where none does."""
    vocabulary = conversation.words
    names = 0
    last: int | None = None
    for at in range(start, min(len(words), start + _LONGEST_DOMAIN)):
        key, text = words[at].reading.key, words[at].word.text
        if _is_break(words, at) and at > start:
            break
        if key in vocabulary.dot and at + 1 < len(words) and words[at + 1].reading.key in vocabulary.domains:
            last, names = at + 1, 0
        elif at == last:
            continue
        elif last is not None:
            break
        elif _HOST.fullmatch(unicodedata.normalize("NFKC", text).strip(",;:!?.")) or key in vocabulary.providers:
            last = at
        elif key not in vocabulary.dot and len(words[at].reading.spelled) != 1:
            names += 1
            if names > _DOMAIN_NAMES:
                break
    return last


def _name(conversation: Conversation, words: Sequence[Said], at: int, explained: Collection[int]) -> int:
    """Return the first word of the name before the sign; ``at`` where there is none."""
    vocabulary = conversation.words
    names, first = 0, at
    for place in range(at - 1, max(-1, at - 1 - _LONGEST_NAME), -1):
        reading = words[place].reading
        is_sign = reading.is_letter or bool(reading.digits) or reading.key in vocabulary.separators
        is_sign = is_sign or place in explained
        is_joined = place > 0 and words[place - 1].reading.key in vocabulary.separators
        if _is_break(words, place + 1) or (reading.key in vocabulary.stops and not is_sign and not is_joined):
            break
        names += not is_sign and not is_joined
        if names > _NAMES:
            break
        first = place
    return first


def _is_break(words: Sequence[Said], at: int) -> bool:
    """Tell whether something new begins with a word."""
    before, after = words[at - 1].word, words[at].word
    ends = before.text[-1:] in SENTENCE_MARKS and len(before.text) > 1
    return ends or after.time.start - before.time.end > _LONGEST_BREAK
