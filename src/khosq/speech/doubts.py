"""What is wrong with the words of a chunk, where something is: signs that an engine made them up."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from khosq.speech.scripts import foreign_share
from khosq.transcript.timespan import Seconds
from khosq.transcript.words import Word

MOST_WORDS_A_SECOND = 9.0
MOST_LETTERS_A_SECOND = 45.0
"""Faster than anyone talks; auctioneers say 7 words a second."""
_ENOUGH_WORDS = 6
"""Fewer are too few to tell their pace."""
MOST_ALIKE = 2.4
"""Letters for each byte that they can be compressed to: Whisper's own measure of a text that goes round."""
_ENOUGH_LETTERS = 60
_LONGEST_ROUND = 10
"""Words."""
MOST_FOREIGN = 0.5
_ENOUGH_FOREIGN = 3
"""Words: a single brand name may be all of a chunk."""

PHRASES = frozenset(
    {
        "thank you",
        "thanks for watching",
        "thank you for watching",
        "thank you so much for watching",
        "please subscribe",
        "like and subscribe",
        "subtitles by the amara org community",
        "you",
        "bye",
        "ondertiteld door de amara org gemeenschap",
        "ondertitels ingediend door de amara org gemeenschap",
        "untertitel der amara org community",
        "untertitel im auftrag des zdf für funk 2017",
        "vielen dank",
        "sous titres réalisés par la communauté d amara org",
        "merci d avoir regardé cette vidéo",
        "subtítulos por la comunidad de amara org",
        "gracias por ver el video",
        "sottotitoli creati dalla comunità amara org",
        "legendas pela comunidade amara org",
        "продолжение следует",
        "субтитры сделал dimatorzok",
        "субтитры создавал dimatorzok",
        "спасибо за просмотр",
        "धन्यवाद",
        "நன்றி",
        "ధన్యవాదాలు",
        "շնորհակալություն",
    }
)
"""What models write over silence and noise, learnt from films; people say some of it too."""


class Doubt(StrEnum):
    """Why words may not have been said."""

    LOOP = "loop"
    """The same over and over."""
    RACE = "race"
    """More than anyone can say in the time."""
    PHRASE = "phrase"
    """Nothing but a phrase that models write over silence."""
    SCRIPT = "script"
    """Not in the script of the language."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Words that follow on themselves."""

    start: int
    """Index of the first word."""
    length: int
    """Words of one round."""
    rounds: int


def doubt(words: Sequence[Word], *, seconds: Seconds, language: str) -> Doubt | None:
    """Return the strongest reason to doubt the words of a chunk of so many seconds; None where there is none."""
    if find_loop(words) or _goes_round(words):
        return Doubt.LOOP
    if races(words, seconds):
        return Doubt.RACE
    if plain(words) in PHRASES:
        return Doubt.PHRASE
    if len(words) >= _ENOUGH_FOREIGN and foreign_share(_text(words), language) > MOST_FOREIGN:
        return Doubt.SCRIPT
    return None


def plain(words: Sequence[Word]) -> str:
    """Return what the words say, without marks and capitals."""
    return _plain(_text(words))


def find_loop(words: Sequence[Word]) -> Loop | None:
    """Return the longest stretch of words that is one round over and over, more often than people repeat."""
    spoken = [_plain(word.text) for word in words]
    found: Loop | None = None
    for length in range(1, min(_LONGEST_ROUND, len(spoken) // 2) + 1):
        alike = 0
        for index in range(length, len(spoken) + 1):
            if index < len(spoken) and spoken[index] == spoken[index - length]:
                alike += 1
                continue
            rounds = alike // length + 1
            if rounds >= _rounds_too_many(length) and (found is None or rounds * length > found.rounds * found.length):
                found = Loop(index - length - alike, length, rounds)
            alike = 0
    return found


def without_loop(words: Sequence[Word], loop: Loop) -> list[Word]:
    """Return the words with one round of a loop."""
    return [*words[: loop.start + loop.length], *words[loop.start + loop.rounds * loop.length :]]


def _rounds_too_many(length: int) -> int:
    """Return how often a round of so many words is not said: no six times, a sentence four times."""
    return max(4, 7 - length)


def _goes_round(words: Sequence[Word]) -> bool:
    text = _text(words)
    written = text.encode("utf-8", "surrogatepass")
    return len(text) >= _ENOUGH_LETTERS and len(text) / len(zlib.compress(written)) > MOST_ALIKE


def races(words: Sequence[Word], seconds: Seconds) -> bool:
    """Tell whether nobody can say so much in so many seconds."""
    if len(words) < _ENOUGH_WORDS:
        return False
    letters = sum(len(word.text) for word in words)
    return len(words) > MOST_WORDS_A_SECOND * seconds or letters > MOST_LETTERS_A_SECOND * seconds


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _plain(text: str) -> str:
    """Return a text without marks and capitals."""
    kept = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in text.casefold())
    return " ".join("".join(kept).split())
