from __future__ import annotations

import pytest

from khosq.speech.writing.plain import without_marks
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Utterance
from khosq.transcript.words import Word


def spoken(text: str) -> tuple[Utterance, ...]:
    words = tuple(Word(word, Timespan(place, place + 1), 0.5) for place, word in enumerate(text.split()))
    return (Utterance(text, words),)


@pytest.mark.parametrize(
    ("punctuated", "plain"),
    [
        ("Good morning, sir.", "Good morning sir"),
        ("“It's ten-thirty,” he said…", "It's ten-thirty he said"),
        ("At 10:30, for 3.50 or 1,000!", "At 10:30 for 3.50 or 1,000"),
        ("wait — what?!", "wait what"),
        ("e.g. a@b.example", "e.g a@b.example"),
        ("Ինչո՞ւ եկար։ Բարև՛, ընկեր։", "Ինչու եկար Բարև ընկեր"),  # noqa: RUF001 - Armenian
        ("यह क्या है? हाँ।", "यह क्या है हाँ"),
        ("$5 & 6%, at -3° (5–6)", "$5 & 6% at -3° 5–6"),
        ("C#, R&D and 24/7.", "C# R&D and 24/7"),
        ("wait—what yes...no ok?no", "wait what yes no ok no"),
        ("- Բարև։ Գնա՛։Արի՝արի 5-ին, 10։30-ին", "Բարև Գնա Արի արի 5-ին 10։30-ին"),  # noqa: RUF001 - Armenian
        ("है।और l’été’ dogs'", "है और l’été dogs"),  # noqa: RUF001 - apostrophes
    ],
)
def test_marks_go_and_words_stay(punctuated: str, plain: str) -> None:
    (utterance,) = without_marks(spoken(punctuated), None)
    assert utterance.text.casefold() == plain.casefold()  # a word that begins a sentence is written small
    assert " ".join(word.text for word in utterance.words) == utterance.text


def test_an_utterance_of_marks_alone_is_left_out_and_times_stay() -> None:
    assert without_marks(spoken("… — !"), None) == ()
    (utterance,) = without_marks(spoken("— yes."), None)
    assert (utterance.words[0].time.start, utterance.words[0].confidence) == (1.0, 0.5)
