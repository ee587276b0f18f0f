from __future__ import annotations

from tests.speech.test_doubts import said

from khosq.speech.hotwords import hits
from khosq.transcript.transcript import TermHits


def test_terms_are_counted_whatever_their_capitals_and_marks() -> None:
    words = said("Anahit called. “anahit,” said Anahit Sargsyan: ANAHIT SARGSYAN, no?")
    found = hits(["Anahit", "Anahit Sargsyan", "Khosq", "..."], words)
    assert found == (TermHits("Anahit", 4), TermHits("Anahit Sargsyan", 2), TermHits("Khosq", 0), TermHits("...", 0))


def test_armenian_marks_are_no_part_of_a_word() -> None:
    assert hits(["բարև"], said("Բարև։ բարև՝ Բարև"))[0].hits == 3  # noqa: RUF001 - Armenian


def test_no_terms_and_no_words_are_no_hits() -> None:
    assert hits([], said("hello")) == ()
    assert hits(["hello"], []) == (TermHits("hello", 0),)
