"""Finding a phrase among the words that were said, as written or nearly so."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from khosq.errors import Invalid
from khosq.transcript.parties import voice_of_each
from khosq.transcript.sentences import read_words, time_of
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.words import Word

LONGEST_PHRASE = 2000
"""Characters of a phrase that can be looked for."""
LONGEST_BREAK: Seconds = 5.0
"""A voice that is silent for longer has begun something else: no phrase goes on across that."""
CLOSE_ENOUGH = 0.85
"""Likeness from which a phrase counts as said, where words may be misheard or slightly reworded."""

_ROOM = 0.15  # how much less alike a stretch may be before its edges are moved to those of words
_BREAK = "\n"  # never part of a token


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of what was said."""

    text: str
    """As it reads in the transcript."""
    time: Timespan
    voice: int | None
    """None where voices were not told apart."""
    likeness: float = 1.0
    """1: the phrase was said just so; less: nearly so."""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "text": self.text,
            "start": self.time.start,
            "end": self.time.end,
            "voice": self.voice,
            "likeness": self.likeness,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Quote:
        """Read the stored form."""
        return cls(stored["text"], Timespan(stored["start"], stored["end"]), stored["voice"], stored["likeness"])


class Quotes:
    """Finds phrases in one transcript; make it once and ask often."""

    def __init__(self, transcript: Transcript) -> None:
        self._streams = _streams(transcript)
        self._cut: dict[tuple[int | None, Timespan], _Stream] = {}

    def find(
        self,
        phrase: str,
        *,
        voices: Collection[int | None] | None = None,
        within: Timespan | None = None,
        likeness: float = 1.0,
    ) -> Quote | None:
        """Return where a phrase was first said, or, where it was not, what is most like it.

        Args:
            phrase: words; case, marks and variants of spelling do not matter.
            voices: whose words; None: anybody's.
            within: when; a word is there if its middle is.
            likeness: how alike it must be at least, 1 for nothing but the phrase itself.

        Raises:
            Invalid: the phrase is longer than ``LONGEST_PHRASE``.

        """
        first = min(self.every(phrase, voices=voices, within=within), key=lambda quote: quote.time, default=None)
        if first is not None or likeness >= 1:
            return first
        sought = _sought(phrase)
        near = (stream.nearest(sought, likeness) for stream in self._among(voices, within)) if sought else ()
        return min(
            (quote for quote in near if quote is not None),
            key=lambda quote: (-quote.likeness, quote.time),
            default=None,
        )

    def every(
        self, phrase: str, *, voices: Collection[int | None] | None = None, within: Timespan | None = None
    ) -> Iterator[Quote]:
        """Yield every place where a phrase was said, voice by voice."""
        if sought := _sought(phrase):
            for stream in self._among(voices, within):
                yield from stream.exact(sought)

    def opening(
        self, *, voices: Collection[int | None] | None = None, within: Timespan | None = None, words: int = 12
    ) -> Quote | None:
        """Return the first words of somebody in some part; None where they say nothing there."""
        openings = (stream.opening(words) for stream in self._among(voices, within))
        return min((quote for quote in openings if quote), key=lambda quote: quote.time, default=None)

    def _among(self, voices: Collection[int | None] | None, within: Timespan | None) -> Iterator[_Stream]:
        for voice, stream in self._streams.items():
            if voices is None or voice in voices:
                yield stream if within is None else self._within(voice, within)

    def _within(self, voice: int | None, time: Timespan) -> _Stream:
        if (voice, time) not in self._cut:
            self._cut[voice, time] = self._streams[voice].within(time)
        return self._cut[voice, time]


def verify_quote(
    transcript: Transcript | Quotes,
    text: str,
    *,
    voices: Collection[int | None] | None = None,
    within: Timespan | None = None,
    likeness: float = CLOSE_ENOUGH,
) -> Quote | None:
    """Return what somebody claims was said, as it really was; None where nobody said so, or it is far too long."""
    quotes = transcript if isinstance(transcript, Quotes) else Quotes(transcript)
    if len(text) > LONGEST_PHRASE:
        return None
    return quotes.find(text, voices=voices, within=within, likeness=likeness)


# --- spelling

_NUKTA = 7  # its class among combining signs
_INSIDE_WORDS = re.compile("[\u0027\u2018\u2019\u02bc\u055a\uff07\u0060\u055b\u055c\u055e\u055f\u0300-\u036f]")
"""Apostrophes, the marks that Armenian writes on a letter, accents of Latin, Greek and Cyrillic."""
_NASALS = re.compile("\u0901|[\u0919\u091e\u0923\u0928\u092e]\u094d(?=[\u0915-\u092e])")
"""Devanagari's candrabindu, and the nasals that are as often written as anusvara."""
_WITHOUT_SPACES = re.compile("([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff])")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, in which each character is looked for by itself."""


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in agreed spelling: without case, marks and what two writers would write differently.

    Combining signs of Indic scripts stay, for they are letters; only the nukta goes, and nasals become one.
    Armenian և, եւ and եվ are one.
    """
    text = unicodedata.normalize("NFKD", text.replace("\u00b4", "'")).casefold()
    text = "".join(map(_plain, _INSIDE_WORDS.sub("", text)))
    text = _NASALS.sub("\u0902", text).replace("\u0565\u057e", "\u0565\u0582")
    return tuple(unicodedata.normalize("NFC", _WITHOUT_SPACES.sub(r" \1 ", text)).split())


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Cf" or unicodedata.combining(character) == _NUKTA:
        return ""
    return character if category[0] in "LMN" else " "


def _sought(phrase: str) -> str:
    """Return a phrase as a stream has it, between spaces; empty where it has no words."""
    if len(phrase) > LONGEST_PHRASE:
        raise Invalid(f"A phrase has at most {LONGEST_PHRASE} characters.")
    tokens = tokens_of(phrase)
    return f" {' '.join(tokens)} " if tokens else ""


# --- what one voice says, as one text


@dataclass(slots=True)
class _Stream:
    """One voice's tokens in order, joined by spaces, and the word that each comes from."""

    voice: int | None
    tokens: list[str] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    text: str = " "
    places: list[int] = field(default_factory=list)
    """Where each token begins in ``text``."""

    def add(self, word: Word, tokens: tuple[str, ...]) -> None:
        if self.words and tokens and word.time.start - self.words[-1].time.end > LONGEST_BREAK:
            self.tokens.append(_BREAK)
            self.words.append(word)
        self.tokens.extend(tokens)
        self.words.extend([word] * len(tokens))

    def close(self) -> _Stream:
        place = 1
        for token in self.tokens:
            self.places.append(place)
            place += len(token) + 1
        self.text = f" {' '.join(self.tokens)} "
        return self

    def within(self, time: Timespan) -> _Stream:
        part = _Stream(self.voice)
        for token, word in zip(self.tokens, self.words, strict=True):
            if token != _BREAK and time.start <= word.time.middle <= time.end:
                part.add(word, (token,))
        return part.close()

    def exact(self, sought: str) -> Iterator[Quote]:
        at = self.text.find(sought)
        while at >= 0:
            last = at + len(sought) - 2  # the last letter, before the space
            yield self._quote(self._token_at(at + 1), self._token_at(last), 1.0)
            at = self.text.find(sought, last + 1)

    def opening(self, words: int) -> Quote | None:
        last = min(words, len(self.tokens))
        if _BREAK in self.tokens[:last]:
            last = self.tokens.index(_BREAK)
        return self._quote(0, last - 1, 1.0) if last else None

    def nearest(self, sought: str, likeness: float) -> Quote | None:
        """Return the stretch of whole words that is most like ``sought``, if it is alike enough."""
        if not self.tokens:
            return None
        first, last = self._about(sought, likeness)
        count, best = len(self.tokens), (0.0, 0, 0)
        for start in range(max(0, first - 1), min(first + 2, count)):
            for end in range(max(start, last - 1), min(last + 2, count)):
                stretch = self.tokens[start : end + 1]
                if _BREAK not in stretch:
                    alike = Indel.normalized_similarity(sought[1:-1], " ".join(stretch))
                    best = max(best, (alike, -start, -end))
        if best[0] < max(likeness, 0.01):
            return None
        return self._quote(-best[1], -best[2], round(best[0], 3))

    def _about(self, sought: str, likeness: float) -> tuple[int, int]:
        """Return the first and last token of about where the best stretch is."""
        if len(sought) >= len(self.text):
            return 0, len(self.tokens) - 1
        found = fuzz.partial_ratio_alignment(sought, self.text, score_cutoff=100 * max(0.0, likeness - _ROOM))
        if found is None:
            return len(self.tokens), len(self.tokens)
        return self._token_at(found.dest_start + 1), self._token_at(max(found.dest_start + 1, found.dest_end - 2))

    def _token_at(self, place: int) -> int:
        return max(0, bisect_right(self.places, place) - 1)

    def _quote(self, first: int, last: int, likeness: float) -> Quote:
        said: list[Word] = []
        for word, token in zip(self.words[first : last + 1], self.tokens[first : last + 1], strict=True):
            if token != _BREAK and (not said or said[-1] is not word):
                said.append(word)
        return Quote(" ".join(word.text for word in said), time_of(said), self.voice, likeness)


def _streams(transcript: Transcript) -> dict[int | None, _Stream]:
    streams: dict[int | None, _Stream] = {}
    tokens = cache(tokens_of)
    for utterance, voice in zip(transcript.utterances, voice_of_each(transcript), strict=True):
        stream = streams.setdefault(voice, _Stream(voice))
        for word in read_words(utterance):
            stream.add(word, tokens(word.text))
    return {voice: stream.close() for voice, stream in streams.items()}
