"""Capitals: where a sentence begins, and in the few words that always have one."""

from __future__ import annotations

from collections.abc import Sequence

from khosq.speech.writing.conventions import MARKS, Conventions, fold

_APOSTROPHES = "'’‘"  # noqa: RUF001 - as they are typed and as they are set


def with_capitals(sentence: Sequence[str], rules: Conventions) -> list[str]:
    """Return a sentence's words with capitals; scripts without them stay as they are."""
    written = [_always(word, rules) for word in sentence]
    for index, word in enumerate(written):
        if word[:1] not in _APOSTROPHES:  # "'s avonds" begins with its second word
            written[index] = _capitalised(word, rules)
            break
    return written


def _always(word: str, rules: Conventions) -> str:
    bare = word.rstrip(MARKS)
    return rules.always.get(fold(bare), bare) + word[len(bare) :]


def _capitalised(word: str, rules: Conventions) -> str:
    for beginning, capital in rules.first_letters.items():
        if word.startswith(beginning):
            return capital + word[len(beginning) :]
    return word[:1].title() + word[1:]
