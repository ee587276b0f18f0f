"""Where sentences end, which of them ask, and where a comma stands: by pauses, voices and each language's cues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from khosq.speech.writing.conventions import Conventions, begins_with, fold
from khosq.transcript.sentences import SENTENCE_MARKS
from khosq.transcript.timespan import Seconds

LONG_PAUSE: Seconds = 0.8
"""Ends a sentence, unless its last word calls for more."""
SENTENCE_PAUSE: Seconds = 0.5
"""Ends a sentence that is long enough."""
SHORT_PAUSE: Seconds = 0.15
"""Ends a sentence after a word that usually does."""
LONGEST_PAUSE: Seconds = 2.0
"""Ends a sentence whatever its last word is."""
CLAUSE_PAUSE: Seconds = 0.15
"""Sets a comma before a word that begins a clause."""

_ENOUGH = 5
"""Words of a sentence that a middling pause ends."""
_CLAUSE = 2
"""Words between commas."""


def by_rules(words: Sequence[str], pauses: Sequence[Seconds], rules: Conventions) -> Iterator[list[str]]:
    """Yield the sentences of one voice, with their marks.

    Args:
        words: all that the voice says.
        pauses: the silence after each word, endless where somebody else takes the turn.
        rules: of the language.

    """
    start = 0
    for end, (word, pause) in enumerate(zip(words, pauses, strict=True), start=1):
        if end == len(words) or _ends(fold(word), pause, end - start, rules):
            yield _with_marks(words[start:end], pauses[start:end], rules)
            start = end


def by_marks(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the sentences of words that have their marks."""
    start = 0
    for end, word in enumerate(words, start=1):
        if end == len(words) or word[-1:] in SENTENCE_MARKS:
            yield list(words[start:end])
            start = end


def _ends(word: str, pause: Seconds, length: int, rules: Conventions) -> bool:
    if pause >= LONGEST_PAUSE:
        return True
    if word in rules.goes_on:
        return False
    needed = SENTENCE_PAUSE if length >= _ENOUGH else LONG_PAUSE
    return pause >= (SHORT_PAUSE if word in rules.sentence_enders and length >= _CLAUSE else needed)


def _with_marks(sentence: Sequence[str], pauses: Sequence[Seconds], rules: Conventions) -> list[str]:
    """Return a sentence's words with commas and its last mark."""
    folded = [fold(word) for word in sentence]
    written = list(sentence)
    for index in _commas(folded, pauses, rules):
        written[index] += ","
    asking = _asking_word(folded, rules)
    if asking is not None and rules.stressed:
        written[asking] = rules.stressed[folded[asking]] + written[asking][len(sentence[asking]) :]
    written[-1] += rules.full_stop if asking is None else rules.question_mark
    return written


def _commas(folded: Sequence[str], pauses: Sequence[Seconds], rules: Conventions) -> list[int]:
    """Return after which words a comma stands."""
    places: list[int] = []
    greeting = begins_with(rules.comma_after_first, folded, 0)
    if 0 < greeting < len(folded):
        places.append(greeting - 1)
    since = greeting
    for index in range(greeting + _CLAUSE, len(folded)):
        if index - since < _CLAUSE:
            continue
        at_pause = folded[index] in rules.comma_at_pause and pauses[index - 1] >= CLAUSE_PAUSE
        if begins_with(rules.comma_before, folded, index) or (at_pause and folded[index - 1] not in rules.goes_on):
            places.append(index - 1)
            since = index
    return places


def _asking_word(folded: Sequence[str], rules: Conventions) -> int | None:
    """Return the word that makes a sentence a question, None where none does."""
    text = " ".join(folded)
    if any(pattern.search(text) for pattern in rules.no_questions):
        return None
    for pattern in rules.questions:
        if found := pattern.search(text):
            place = found.start("asked") if "asked" in pattern.groupindex else found.start()
            return text.count(" ", 0, place)
    return None
