"""How well the rules do on lines labelled by hand; run with ``-s`` to see the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from tests.speech.writing.said import cases, utterances

from khosq.speech.writing.conventions import MARKS
from khosq.speech.writing.transcripts import write
from khosq.transcript.sentences import SENTENCE_MARKS

LANGUAGES = ["en", "hi", "hy", "mr", "nl", "ta", "te"]


def sentence_ends(text: str) -> Counter[str]:
    tokens = text.split()
    return Counter(token.lower() for token in tokens if token[-1] in SENTENCE_MARKS)


def numbers(text: str) -> Counter[str]:
    return Counter(token.strip(MARKS) for token in text.split() if any(char.isdigit() for char in token))


def questions(text: str) -> Counter[str]:
    return Counter(token for token in text.split() if token[-1] == "?" or "՞" in token)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ends_questions_and_numbers_are_found(language: str) -> None:
    pairs = [
        (written, " ".join(one.text for one in write(utterances(spoken), language, punctuates=False)))
        for spoken, written in cases(language)
    ]
    assert len(pairs) >= 20
    wrong = [f"  {expected}\n  {got}" for expected, got in pairs if expected != got]
    print(  # noqa: T201 - shown by -s
        f"\n{language}: {len(pairs) - len(wrong)} of {len(pairs)} lines as written by hand", *wrong, sep="\n"
    )
    for what in (sentence_ends, questions, numbers):
        assert _f1(what, pairs, language) >= 0.75


def _f1(what: Callable[[str], Counter[str]], pairs: list[tuple[str, str]], language: str) -> float:
    expected = sum(what(one).total() for one, _ in pairs)
    got = sum(what(one).total() for _, one in pairs)
    right = sum((what(one) & what(other)).total() for one, other in pairs)
    precision, recall = right / max(1, got), right / max(1, expected)
    f1 = 2 * right / max(1, expected + got)
    print(  # noqa: T201 - shown by -s
        f"{language} {what.__name__}: precision {precision:.2f}, recall {recall:.2f}, F1 {f1:.2f} ({expected})"
    )
    return f1
