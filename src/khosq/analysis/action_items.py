"""What somebody promised or was asked to do, as it was said, and by when."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from khosq.analysis.feature import Call, Preferences
from khosq.transcript.quotes import Quote
from khosq.transcript.sentences import LONGEST_WITHOUT_MARKS, cut_at_pauses, sentences
from khosq.transcript.transcript import Transcript
from khosq.transcript.wordings import Denial, Passage, denial_in, pattern_of

LANGUAGES = ("hy", "hi", "ta", "te", "mr", "en", "nl")
MOST_ITEMS = 50


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something to be done."""

    said: Quote
    due: str | None
    """As it was said."""

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        said = self.said
        return {
            "text": said.text,
            "start": said.time.start,
            "end": said.time.end,
            "voice": said.voice,
            "due": self.due,
        }


@dataclass(frozen=True, slots=True)
class ActionItems:
    """What is to be done after a call, in the order it was said; the first ``MOST_ITEMS``."""

    items: tuple[ActionItem, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {"items": [item.to_json() for item in self.items]}


@dataclass(frozen=True, slots=True)
class _Cues:
    """How a language words a promise or a request."""

    asked: re.Pattern[str]
    never: re.Pattern[str]
    due: re.Pattern[str]
    denial: Denial


def find(call: Call, _: Preferences) -> ActionItems:
    """Return what is to be done; nothing where the language is not known here."""
    language = call.transcript.language.partition("-")[0].lower()
    if language not in LANGUAGES:
        return ActionItems(())
    cues = _cues(language)
    found: list[tuple[ActionItem, frozenset[str]]] = []
    for said in _pieces(call.transcript):
        if _is_item(said, cues):
            _add(found, ActionItem(said.quote(0, len(said.tokens) - 1), _due(said, cues)), frozenset(said.tokens))
        if len(found) == MOST_ITEMS:
            break
    return ActionItems(tuple(item for item, _ in found))


def _add(found: list[tuple[ActionItem, frozenset[str]]], item: ActionItem, tokens: frozenset[str]) -> None:
    """Add an item, unless it was said before; of the two the fuller one stays."""
    for place, (_, known) in enumerate(found):
        if tokens <= known:
            return
        if known < tokens:
            found[place] = item, tokens
            return
    found.append((item, tokens))


def _pieces(transcript: Transcript) -> Iterator[Passage]:
    for sentence in sentences(transcript):
        for words in cut_at_pauses(sentence.words, LONGEST_WITHOUT_MARKS):
            said = Passage.of(words, sentence.speaker, transcript.language)
            if said.tokens:
                yield said


def _is_item(said: Passage, cues: _Cues) -> bool:
    asked = any(
        not cues.denial.is_in(said.tokens[first : last + 1]) and not cues.denial.denies(said, first, last)
        for first, last in said.find(cues.asked)
    )
    return asked and next(said.find(cues.never), None) is None


def _due(said: Passage, cues: _Cues) -> str | None:
    """Return the longest wording of a time."""
    found = max(said.find(cues.due), key=lambda one: (one[1] - one[0], -one[0]), default=None)
    return said.quote(*found).text.strip(".,;:!?։।॥՝") if found else None  # noqa: RUF001 (marks of several scripts)


@cache
def _cues(language: str) -> _Cues:
    table = tomllib.loads((files("khosq.analysis") / "actions" / f"{language}.toml").read_text("utf-8"))

    def pattern(*names: str) -> re.Pattern[str]:
        lines = "\n".join(table["wordings"][name] for name in names)
        for name, words in table["parts"].items():
            lines = lines.replace(f"{{{name}}}", words)
        return pattern_of(lines.strip().splitlines())

    return _Cues(pattern("promise", "request"), pattern("never"), pattern("due"), denial_in(language))
