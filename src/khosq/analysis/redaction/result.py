"""What was found to be personal, and a transcript without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from khosq.analysis.redaction.saying import is_of_words
from khosq.errors import Failed
from khosq.transcript.sentences import CLAUSE_MARKS, SENTENCE_MARKS
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


@dataclass(frozen=True, slots=True)
class Item:
    """Words of one utterance that are personal; never the words themselves."""

    rule: str
    utterance: int
    """Its index in the transcript."""
    first_word: int
    last_word: int
    time: Timespan
    voice: int | None

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "rule": self.rule,
            "utterance": self.utterance,
            "first_word": self.first_word,
            "last_word": self.last_word,
            "start": self.time.start,
            "end": self.time.end,
            "voice": self.voice,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Item:
        """Read the stored form."""
        return cls(
            stored["rule"],
            stored["utterance"],
            stored["first_word"],
            stored["last_word"],
            Timespan(stored["start"], stored["end"]),
            stored["voice"],
        )


@dataclass(frozen=True, slots=True)
class Redaction:
    """Everything personal in a transcript."""

    items: tuple[Item, ...]
    """In order; none overlaps another."""
    rules: tuple[str, ...]
    """Names of the rules in force."""

    @property
    def spans(self) -> tuple[Timespan, ...]:
        """When it is heard."""
        return tuple(item.time for item in self.items)

    def to_json(self) -> dict[str, Any]:
        """Return the stored form."""
        return {"items": [item.to_json() for item in self.items], "rules": list(self.rules)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Redaction:
        """Read the stored form."""
        return cls(tuple(map(Item.from_json, stored["items"])), tuple(stored["rules"]))


def redacted(transcript: Transcript, redaction: Redaction) -> Transcript:
    """Return the transcript with a mark, as ``[card]``, in place of each item's words.

    A mark lasts as long as the words did. Where a text says anything but its words, it is written anew from them.

    Raises:
        Failed: the items were found in another transcript; nothing may be shown until they are found in this one.

    """
    items: defaultdict[int, list[Item]] = defaultdict(list)
    for item in redaction.items:
        items[item.utterance].append(item)
    if any(number >= len(transcript.utterances) for number in items):
        raise _of_another()
    utterances = (_redacted(one, items.get(number, ())) for number, one in enumerate(transcript.utterances))
    return replace(transcript, utterances=tuple(utterances))


def _of_another() -> Failed:
    return Failed("The personal data was found in another version of this transcript; it must be searched again.")


def _redacted(utterance: Utterance, items: Sequence[Item]) -> Utterance:
    is_of_its_words = is_of_words(utterance)
    if not items and is_of_its_words:
        return utterance
    pieces = utterance.text.split() if is_of_its_words else [word.text for word in utterance.words]
    words: list[Word] = []
    texts: list[str] = []
    at = 0
    for item in sorted(items, key=lambda one: one.first_word):
        last = item.last_word
        if not at <= item.first_word <= last < len(pieces) or _time(utterance, item) != item.time:
            raise _of_another()
        mark = f"[{item.rule}]"
        words += [*utterance.words[at : item.first_word], Word(mark, item.time)]
        texts += [*pieces[at : item.first_word], mark + _marks_of(pieces[last])]
        at = last + 1
    words += utterance.words[at:]
    texts += pieces[at:]
    return replace(utterance, words=tuple(words), text=" ".join(texts))


def _time(utterance: Utterance, item: Item) -> Timespan:
    words = utterance.words[item.first_word : item.last_word + 1]
    return Timespan(min(word.time.start for word in words), max(word.time.end for word in words))


def _marks_of(piece: str) -> str:
    """Return the marks after a word, for the sentence goes on as it did."""
    bare = piece.rstrip("".join(SENTENCE_MARKS | CLAUSE_MARKS))
    return piece[len(bare) :] if bare else ""
