"""Ways of wording something, looked for among words in agreed spelling, and whether they are denied."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from khosq.transcript.parties import voice_of_each
from khosq.transcript.quotes import Quote, tokens_of
from khosq.transcript.sentences import ends_clause, ends_sentence, read_words, time_of
from khosq.transcript.transcript import Transcript
from khosq.transcript.words import Word

DENIAL_BEFORE = 3
"""Words between a denial and what it denies, and one more."""
DENIAL_AFTER = 2

_GAP = "(?: [^ ]++){0,3}?"
_tokens_of = lru_cache(maxsize=65536)(tokens_of)


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive words of one voice, as tokens in agreed spelling."""

    voice: int | None
    words: tuple[Word, ...]
    """The word that each token comes from."""
    tokens: tuple[str, ...]
    ends: frozenset[int]
    """Tokens after which a clause ends."""
    text: str = field(repr=False)
    """The tokens between spaces."""
    places: tuple[int, ...] = field(repr=False)
    """Where each token begins in ``text``."""

    @classmethod
    def of(cls, words: Sequence[Word], voice: int | None, language: str) -> Passage:
        """Read words; those without letters or digits are passed over."""
        sources: list[Word] = []
        tokens: list[str] = []
        ends: set[int] = set()
        for word in words:
            found = _tokens_of(word.text)
            tokens += found
            sources += [word] * len(found)
            if ends_clause(word.text) or ends_sentence(word.text, None, language):
                ends.add(len(tokens) - 1)
        places, place = [], 1
        for token in tokens:
            places.append(place)
            place += len(token) + 1
        return cls(voice, tuple(sources), tuple(tokens), frozenset(ends), f" {' '.join(tokens)} ", tuple(places))

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Yield the first and last token of each stretch that is worded so."""
        for match in pattern.finditer(self.text):
            yield self._token_at(match.start() + 1), self._token_at(match.end() - 1)

    def quote(self, first: int, last: int) -> Quote:
        """Return the words of a stretch of tokens, as they read."""
        said: list[Word] = []
        for word in self.words[first : last + 1]:
            if not said or said[-1] is not word:
                said.append(word)
        return Quote(" ".join(word.text for word in said), time_of(said), self.voice)

    def _token_at(self, place: int) -> int:
        return max(0, bisect_right(self.places, place) - 1)


def passages(transcript: Transcript) -> list[Passage]:
    """Return what each voice says until another talks."""
    found: list[Passage] = []
    words: list[Word] = []
    voice: int | None = None
    for utterance, by in zip(transcript.utterances, voice_of_each(transcript), strict=True):
        if words and by != voice:
            found.append(Passage.of(words, voice, transcript.language))
            words = []
        voice = by
        words += read_words(utterance)
    found.append(Passage.of(words, voice, transcript.language))
    return [one for one in found if one.tokens]


def pattern_of(wordings: Iterable[str]) -> re.Pattern[str]:
    """Compile ways of wording something.

    In each, ``*`` stands for any letters of a word, ``a|b`` for one of two words and ``~`` for up to three words.
    """
    built = {found for wording in wordings if (found := _regex(wording))}
    ordered = sorted(built, key=lambda one: (-one.count(" "), -len(one), one))  # the longest of a place first
    return re.compile(f"(?:{'|'.join(ordered)})(?= )") if ordered else re.compile("(?!)")


def is_plain(wording: str) -> bool:
    """Tell whether a way of wording something is no more than words."""
    return not set(wording) & set("*|~")


def _regex(wording: str) -> str:
    return "".join(_GAP if piece == "~" else _word(piece) for piece in wording.split())


def _word(piece: str) -> str:
    forms = [
        "[^ ]*".join("".join(map(re.escape, tokens_of(part))) for part in form.split("*")) for form in _forms(piece)
    ]
    return f" (?:{'|'.join(forms)})" if len(forms) > 1 else "".join(f" {form}" for form in forms)


def _forms(piece: str) -> list[str]:
    return [form for form in piece.split("|") if tokens_of(form)]


# --- denials


@dataclass(frozen=True, slots=True)
class Denial:
    """How a language says that something is not so."""

    before: frozenset[str]
    """Words that deny what follows them."""
    just_before: frozenset[str]
    """Words that deny the next word only."""
    after: frozenset[str]
    """Words that deny what they follow."""

    def denies(self, passage: Passage, first: int, last: int, *, since: int = 0, until: int | None = None) -> bool:
        """Tell whether a stretch of tokens is denied, by a word from ``since`` to before ``until``."""
        before = passage.tokens[max(since, self._clause_start(passage, first)) : first]
        after = passage.tokens[
            last + 1 : min(len(passage.tokens) if until is None else until, self._end(passage, last))
        ]
        return (
            (bool(before) and before[-1] in self.just_before)
            or not self.before.isdisjoint(before)
            or not self.after.isdisjoint(after)
        )

    def is_in(self, tokens: Iterable[str]) -> bool:
        """Tell whether words have a denial among them."""
        return not (self.before | self.just_before | self.after).isdisjoint(tokens)

    @staticmethod
    def _clause_start(passage: Passage, first: int) -> int:
        start = max(0, first - DENIAL_BEFORE)
        return max((index + 1 for index in range(start, first) if index in passage.ends), default=start)

    @staticmethod
    def _end(passage: Passage, last: int) -> int:
        end = last + 1 + DENIAL_AFTER
        return min((index + 1 for index in range(last, end) if index in passage.ends), default=end)


@cache
def denial_in(language: str) -> Denial:
    """Return how a base language denies; one that is not known denies nothing."""
    table = tomllib.loads((files("khosq.transcript") / "denials.toml").read_text("utf-8")).get(language, {})
    sides = (table.get(side, "") for side in ("before", "just_before", "after"))
    return Denial(*(frozenset(tokens_of(words)) for words in sides))
