"""A transcript as people write it, whatever its engine writes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from khosq.speech.punctuation import Punctuator
from khosq.speech.writing.casing import with_capitals
from khosq.speech.writing.conventions import Conventions, conventions
from khosq.speech.writing.marks import by_marks, by_rules
from khosq.speech.writing.numbers import in_digits
from khosq.speech.writing.plain import without_marks
from khosq.transcript.timespan import Seconds
from khosq.transcript.transcript import Utterance
from khosq.transcript.words import Word

_NOD = 2
"""Words with which a listener takes no turn."""

_Place = tuple[int, int]
"""Number of the utterance, and of the word in it."""


def write(
    utterances: Sequence[Utterance],
    language: str,
    *,
    punctuates: bool,
    punctuation: bool = True,
    punctuator: Punctuator | None = None,
) -> tuple[Utterance, ...]:
    """Return utterances with numbers in digits, marks and capitals where their engine writes none.

    Words keep their times; a number that was several words is one. An engine's own digits, marks and capitals stay.

    Args:
        utterances: of all voices, in order of start.
        language: BCP 47 tag.
        punctuates: whether the engine writes marks and capitals.
        punctuation: whether they are wanted; else there are none, from no engine.
        punctuator: sets the marks in place of the rules.

    """
    rules = conventions(language)
    written = tuple(utterances)
    if rules is not None and not any(char.isdigit() for one in utterances for char in one.text):
        written = tuple(_with_words(one, in_digits(one.words, language)) for one in utterances)
    if punctuates:
        return written if punctuation else without_marks(written, rules)
    if rules is None or not punctuation:
        return written
    return _punctuated(written, rules, partial(punctuator.punctuate, language=language) if punctuator else None)


def _punctuated(
    utterances: Sequence[Utterance], rules: Conventions, mark: Callable[[Sequence[str]], list[str]] | None
) -> tuple[Utterance, ...]:
    texts = [[word.text for word in one.words] for one in utterances]
    for places in _voices(utterances):
        said = [utterances[number].words[index] for number, index in places]
        words, pauses = [word.text for word in said], _pauses(said, places, utterances)
        sentences = by_rules(words, pauses, rules) if mark is None else by_marks(mark(words))
        written = [text for sentence in sentences for text in with_capitals(sentence, rules)]
        for (number, index), text in zip(places, written, strict=True):
            texts[number][index] = text
    return tuple(
        _with_words(one, (replace(word, text=text) for word, text in zip(one.words, written, strict=True)))
        for one, written in zip(utterances, texts, strict=True)
    )


def _voices(utterances: Sequence[Utterance]) -> Iterable[list[_Place]]:
    """Return where the words of each voice stand, in order."""
    voices: defaultdict[tuple[int | None, int], list[_Place]] = defaultdict(list)
    for number, one in enumerate(utterances):
        voices[one.speaker, one.channel].extend((number, index) for index in range(len(one.words)))
    return voices.values()


def _pauses(said: Sequence[Word], places: Sequence[_Place], utterances: Sequence[Utterance]) -> list[Seconds]:
    """Return the silence of a voice after each of its words, endless where another voice takes the turn."""
    pauses = [
        math.inf
        if any(len(other.words) > _NOD for other in utterances[number + 1 : later])
        else max(0.0, after.time.start - before.time.end)
        for (before, after), ((number, _), (later, _)) in zip(pairwise(said), pairwise(places), strict=True)
    ]
    return [*pauses, math.inf]


def _with_words(utterance: Utterance, words: Iterable[Word]) -> Utterance:
    kept = tuple(words)
    return replace(utterance, words=kept, text=" ".join(word.text for word in kept))
