"""A transcript without punctuation, for sessions that did not ask for it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

_NEVER_INSIDE = frozenset("՛՜՞—–…")
"""Marks that stand between letters without joining them: Armenian ones of tone, dashes."""


def without_punctuation(transcript: Transcript) -> Transcript:
    """Return the same words without their marks; what joins letters or digits into one word stays."""
    plain = (_plain(utterance) for utterance in transcript.utterances)
    return replace(transcript, utterances=tuple(one for one in plain if one.words))


def _plain(utterance: Utterance) -> Utterance:
    stripped = ((word, _strip(word.text)) for word in utterance.words)
    words = tuple(Word(text, word.time, word.confidence) for word, text in stripped if text)
    return replace(
        utterance, words=words, text=" ".join(_strip(text) for text in utterance.text.split() if _strip(text))
    )


def _strip(text: str) -> str:
    return "".join(char for place, char in enumerate(text) if not _is_mark(text, place, char)).strip()


def _is_mark(text: str, place: int, char: str) -> bool:
    if not unicodedata.category(char).startswith("P"):
        return False
    joins = 0 < place < len(text) - 1 and _is_of_word(text[place - 1]) and _is_of_word(text[place + 1])
    return char in _NEVER_INSIDE or not joins


def _is_of_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"
