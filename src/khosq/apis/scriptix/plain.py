"""A transcript without punctuation, for sessions that did not ask for it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from itertools import groupby

from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

_SAID = frozenset("%‰٪&@#§")
"""Marks by their class that stand for words."""
_TONES = str.maketrans("", "", "՛՜՞")
"""Armenian marks that stand within the word that they colour."""
_JOINING = frozenset("'’՚׳״-‐‑֊.․·/_")  # noqa: RUF001 - marks that look alike
"""Marks that make one word of what they stand between; between digits any mark does."""


def without_punctuation(transcript: Transcript) -> Transcript:
    """Return the same words without their marks; what joins letters or digits into one word stays."""
    plain = (_plain(utterance) for utterance in transcript.utterances)
    return replace(transcript, utterances=tuple(one for one in plain if one.words))


def _plain(utterance: Utterance) -> Utterance:
    stripped = ((word, _strip(word.text)) for word in utterance.words)
    words = tuple(Word(text, word.time, word.confidence) for word, text in stripped if text)
    return replace(utterance, words=words, text=" ".join(filter(None, map(_strip, utterance.text.split()))))


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
