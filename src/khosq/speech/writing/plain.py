"""Text without marks and without the capitals that sentences begin with, for those who want the bare words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from khosq.speech.writing.conventions import Conventions, fold
from khosq.transcript.sentences import SENTENCE_MARKS
from khosq.transcript.transcript import Utterance

_SAID = frozenset("%‰٪&@#§")
"""Marks by their class that stand for words."""
_TONES = str.maketrans("", "", "՛՜՞")
"""Armenian marks that stand within the word that they colour."""
_JOINING = frozenset("'’՚׳״-‐‑֊.․·/_")  # noqa: RUF001 - marks that look alike
"""Marks that make one word of what they stand between; between digits any mark does."""


def without_marks(utterances: Sequence[Utterance], rules: Conventions | None) -> tuple[Utterance, ...]:
    """Return the same words without their marks; what joins letters or digits into one word stays.

    A word that begins a sentence is written small, unless it has its capital elsewhere too: then it is a name.
    """
    names = {fold(_strip(text)) for text, is_first in _told_apart(utterances) if not is_first and text[:1].isupper()}
    names |= set(rules.always) if rules else set()
    starts = iter([is_first for _, is_first in _told_apart(utterances)])
    plain = []
    for one in utterances:
        texts = [_plain(word.text, names, is_first=next(starts)) for word in one.words]
        words = tuple(replace(word, text=text) for word, text in zip(one.words, texts, strict=True) if text)
        plain.append(replace(one, words=words, text=" ".join(word.text for word in words)))
    return tuple(one for one in plain if one.words)


def _told_apart(utterances: Sequence[Utterance]) -> list[tuple[str, bool]]:
    """Return every word, and whether it begins a sentence."""
    texts: list[tuple[str, bool]] = []
    for one in utterances:
        is_first = True
        for word in one.words:
            texts.append((word.text, is_first))
            is_first = word.text[-1:] in SENTENCE_MARKS
    return texts


def _plain(text: str, names: set[str], *, is_first: bool) -> str:
    bare = _strip(text)
    if is_first and bare[1:] == bare[1:].lower() and fold(bare) not in names:
        return bare[:1].lower() + bare[1:]
    return bare


def _strip(text: str) -> str:
    runs = ["".join(run) for _, run in groupby(text.translate(_TONES), _is_mark)]
    neighbours = zip(["", *runs], runs, [*runs[1:], ""], strict=False)
    return "".join(
        _what_stays(run, before[-1:], after[:1]) if _is_mark(run[0]) else run for before, run, after in neighbours
    ).strip()


def _what_stays(run: str, before: str, after: str) -> str:
    """Return what is to stand for marks that follow one another; at an end, the character there is none."""
    if not before or not after:
        return run if run == "-" and after.isdigit() else ""
    joins = run in _JOINING or (len(run) == 1 and before.isdigit() and after.isdigit())
    return run if joins else " "


def _is_mark(char: str) -> bool:
    return char not in _SAID and unicodedata.category(char).startswith("P")
