"""Sentences of a transcript: by their marks where there are any, else by pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

SENTENCE_MARKS = frozenset(".!?…։।॥؟۔。！？")  # noqa: RUF001 (each script's own)
"""What ends a sentence. The Armenian ՞ and ՜ stand inside a word, so they end none."""

CLAUSE_MARKS = frozenset(",;:՝،؛、–—")  # noqa: RUF001 (each script's own)

LONGEST_WITHOUT_MARKS = 40
"""Words after which text without marks is cut at its longest pause."""

_CLOSERS = "\"'”’»›)]}"  # noqa: RUF001 (quotation marks as people write them)
_MARKED_SHARE = 60  # one mark in this many words, or more, makes a text a marked one
_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "st", "prof", "vs", "nr", "drs", "dhr", "mevr"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """Consecutive words of one speaker that belong together."""

    words: tuple[Word, ...]
    speaker: int | None
    is_marked: bool
    """It ends with a sentence mark."""

    @property
    def text(self) -> str:
        """The words joined."""
        return " ".join(word.text for word in self.words)


def sentences(transcript: Transcript) -> list[Sentence]:
    """Return what was said, sentence by sentence, in the transcript's order.

    Where the recognizer writes marks, a sentence may run over several utterances of one speaker;
    where it does not, an utterance is a sentence, cut at pauses while it is very long.
    """
    spoken = [(utterance, read_words(utterance)) for utterance in transcript.utterances]
    count = sum(len(words) for _, words in spoken)
    marks = sum(_count_marks(words, transcript.language) for _, words in spoken)
    is_marked = marks * _MARKED_SHARE >= count
    pieces = _across_utterances(spoken, transcript.language) if is_marked else _by_utterance(spoken)
    return list(pieces)


def read_words(utterance: Utterance) -> tuple[Word, ...]:
    """Return the words as they read: with the text's capitals and marks, where it has one piece for each word."""
    pieces = utterance.text.split()
    if len(pieces) != len(utterance.words):
        return utterance.words
    return tuple(replace(word, text=piece) for word, piece in zip(utterance.words, pieces, strict=True))


def ends_sentence(text: str, following: str | None, language: str) -> bool:
    """Tell whether the word ``text`` ends a sentence, given the next word."""
    bare = text.rstrip(_CLOSERS)
    if not bare:
        return False
    if bare[-1] == ":":
        return language.partition("-")[0] == "hy"  # typed where the keyboard lacks the Armenian full stop
    if bare[-1] not in SENTENCE_MARKS:
        return False
    return bare[-1] not in ".…" or not (_is_abbreviation(bare) or _goes_on(following))


def ends_clause(text: str) -> bool:
    """Tell whether a comma or the like follows the word ``text``."""
    return text.rstrip(_CLOSERS)[-1:] in CLAUSE_MARKS


def pause_after(words: Sequence[Word], index: int) -> Seconds:
    """Return the silence between a word and the next, 0 after the last."""
    if index + 1 >= len(words):
        return 0.0
    return max(0.0, words[index + 1].time.start - words[index].time.end)


def time_of(words: Sequence[Word]) -> Timespan:
    """Return the stretch that ``words`` cover."""
    return Timespan(words[0].time.start, max(word.time.end for word in words))


def _is_abbreviation(bare: str) -> bool:
    stem = bare.rstrip(".…")
    return bare.endswith(".") and ((len(stem) == 1 and stem.isalpha()) or "." in stem or stem.lower() in _ABBREVIATIONS)


def _goes_on(following: str | None) -> bool:
    return following is not None and following[:1].islower()


def _split_at_marks(words: tuple[Word, ...], language: str) -> list[tuple[Word, ...]]:
    """Return ``words`` cut after each sentence end; the last piece may have none."""
    cuts = [
        index + 1 for index, word in enumerate(words[:-1]) if ends_sentence(word.text, words[index + 1].text, language)
    ]
    return [words[start:end] for start, end in zip([0, *cuts], [*cuts, len(words)], strict=True) if start < end]


def _count_marks(words: tuple[Word, ...], language: str) -> int:
    return sum(ends_sentence(word.text, None, language) for word in words)


def _across_utterances(spoken: Sequence[tuple[Utterance, tuple[Word, ...]]], language: str) -> Iterator[Sentence]:
    """Yield sentences by their marks, joining an unfinished one with the same speaker's next utterance."""
    open_words: tuple[Word, ...] = ()
    voice: tuple[int | None, int] = (None, 0)
    for utterance, words in spoken:
        if (utterance.speaker, utterance.channel) != voice or len(open_words) >= LONGEST_WITHOUT_MARKS:
            yield from _unmarked(open_words, voice[0])
            open_words, voice = (), (utterance.speaker, utterance.channel)
        *whole, last = _split_at_marks(open_words + words, language) or [()]
        yield from (Sentence(piece, utterance.speaker, is_marked=True) for piece in whole)
        open_words = last
        if last and ends_sentence(last[-1].text, None, language):
            yield Sentence(last, utterance.speaker, is_marked=True)
            open_words = ()
    yield from _unmarked(open_words, voice[0])


def _by_utterance(spoken: Sequence[tuple[Utterance, tuple[Word, ...]]]) -> Iterator[Sentence]:
    for utterance, words in spoken:
        yield from _unmarked(words, utterance.speaker)


def _unmarked(words: tuple[Word, ...], speaker: int | None) -> Iterator[Sentence]:
    for piece in cut_at_pauses(words, LONGEST_WITHOUT_MARKS):
        yield Sentence(piece, speaker, is_marked=False)


def cut_at_pauses(words: tuple[Word, ...], longest: int) -> list[tuple[Word, ...]]:
    """Return ``words`` in pieces of at most ``longest``, cut at the longest pause again and again."""
    pieces: list[tuple[Word, ...]] = []
    waiting = [words] if words else []
    while waiting:
        piece = waiting.pop()
        if len(piece) <= longest:
            pieces.append(piece)
            continue
        cut = _best_cut(piece)
        waiting += [piece[cut:], piece[:cut]]
    return pieces


def _best_cut(words: tuple[Word, ...]) -> int:
    """Return where to cut: after the longest pause of the middle half, the most central one of equals."""
    quarter = len(words) // 4
    places = range(quarter, len(words) - quarter)
    return 1 + max(places, key=lambda index: (pause_after(words, index), -abs(index + 1 - len(words) / 2)))
