"""Finding a phrase among the words that were said, as written or nearly so."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
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
        sought = _sought(phrase)
        if not sought:
            return None
        parts = list(self._among(voices, within))
        exact = [quote for stream, part in parts if (quote := next(stream.exact(sought, part), None))]
        if exact or likeness >= 1:
            return min(exact, key=lambda quote: quote.time, default=None)
        near = [quote for stream, part in parts if (quote := stream.nearest(sought, likeness, part))]
        return min(near, key=lambda quote: (-quote.likeness, quote.time), default=None)

    def every(
        self, phrase: str, *, voices: Collection[int | None] | None = None, within: Timespan | None = None
    ) -> Iterator[Quote]:
        """Yield every place where a phrase was said, voice by voice."""
        if sought := _sought(phrase):
            for stream, part in self._among(voices, within):
                yield from stream.exact(sought, part)

    def opening(
        self, *, voices: Collection[int | None] | None = None, within: Timespan | None = None, words: int = 12
    ) -> Quote | None:
        """Return the first words of somebody in some part; None where they say nothing there."""
        openings = (stream.opening(words, part) for stream, part in self._among(voices, within))
        return min((quote for quote in openings if quote), key=lambda quote: quote.time, default=None)

    def _among(self, voices: Collection[int | None] | None, within: Timespan | None) -> Iterator[tuple[_Stream, range]]:
        for voice, stream in self._streams.items():
            if voices is None or voice in voices:
                yield stream, stream.part(within)


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


class _Stream:
    """One voice's tokens in order, joined by spaces, and the word that each comes from."""

    def __init__(self, voice: int | None, said: Sequence[tuple[str, Word]]) -> None:
        self._voice = voice
        self._tokens = [token for token, _ in said]
        self._words = [word for _, word in said]
        self._text = f" {' '.join(self._tokens)} "
        self._places = list(accumulate((len(token) + 1 for token in self._tokens), initial=1))
        """Where each token begins in the text; last, where the text ends."""
        self._middles = list(accumulate((word.time.middle for word in self._words), max))

    def part(self, within: Timespan | None) -> range:
        """Return which tokens are said within a time."""
        if within is None:
            return range(len(self._tokens))
        return range(bisect_left(self._middles, within.start), bisect_right(self._middles, within.end))

    def exact(self, sought: str, part: range) -> Iterator[Quote]:
        at, end = self._places[part.start] - 1, self._places[part.stop]
        while part and (at := self._text.find(sought, at, end)) >= 0:
            last = at + len(sought) - 2  # the last letter, before the space
            yield self._quote(self._token_at(at + 1), self._token_at(last), 1.0)
            at = last + 1

    def nearest(self, sought: str, likeness: float, part: range) -> Quote | None:
        """Return the stretch of whole words that is most like ``sought``, if it is alike enough."""
        about = self._about(sought, likeness, part)
        best = (0.0, 0, 0)
        for start in _around(about[0], part) if about else ():
            for end in _around(about[-1], part):
                stretch = self._tokens[start : end + 1]
                if stretch and _BREAK not in stretch:
                    alike = Indel.normalized_similarity(sought[1:-1], " ".join(stretch))
                    best = max(best, (alike, -start, -end))
        alike, start, end = best
        return self._quote(-start, -end, round(alike, 3)) if alike >= max(likeness, 0.01) else None

    def opening(self, words: int, part: range) -> Quote | None:
        first = next((token for token in part if self._tokens[token] != _BREAK), part.stop)
        tokens = self._tokens[first : part.stop][:words]
        count = tokens.index(_BREAK) if _BREAK in tokens else len(tokens)
        return self._quote(first, first + count - 1, 1.0) if count else None

    def _about(self, sought: str, likeness: float, part: range) -> range:
        """Return the tokens where the best stretch is, more or less; none where nothing is like it."""
        before, end = self._places[part.start] - 1, self._places[part.stop]
        text = self._text[before:end]
        if len(sought) >= len(text):
            return part
        found = fuzz.partial_ratio_alignment(sought, text, score_cutoff=100 * max(0.0, likeness - _ROOM))
        if found is None:
            return range(0)
        first = before + found.dest_start + 1
        return range(self._token_at(first), self._token_at(max(first, before + found.dest_end - 2)) + 1)

    def _token_at(self, place: int) -> int:
        return min(bisect_right(self._places, place), len(self._tokens)) - 1

    def _quote(self, first: int, last: int, likeness: float) -> Quote:
        said: list[Word] = []
        for word, token in zip(self._words[first : last + 1], self._tokens[first : last + 1], strict=True):
            if token != _BREAK and (not said or said[-1] is not word):
                said.append(word)
        return Quote(" ".join(word.text for word in said), time_of(said), self._voice, likeness)


def _around(token: int, part: range) -> range:
    return range(max(part.start, token - 1), min(part.stop, token + 2))


def _streams(transcript: Transcript) -> dict[int | None, _Stream]:
    said: dict[int | None, list[tuple[str, Word]]] = {}
    tokens = cache(tokens_of)
    for utterance, voice in zip(transcript.utterances, voice_of_each(transcript), strict=True):
        mine = said.setdefault(voice, [])
        for word in read_words(utterance):
            if mine and word.time.start - mine[-1][1].time.end > LONGEST_BREAK:
                mine.append((_BREAK, word))
            mine += [(token, word) for token in tokens(word.text)]
    return {voice: _Stream(voice, words) for voice, words in said.items()}
