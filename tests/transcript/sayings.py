"""Transcripts for tests: spoken evenly, or drawn at random."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from khosq.transcript.cues import CueOptions
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

SAID = ["a", "to", "word,", "longer", "ends.", "Ինչ՞", "नमस्ते।", "x" * 50, "நன்றி"]
HOSTILE = ["-->", "<script>alert(1)</script>", "&amp;", "a\x00b", "\ud800", "\u202eabc", "שלום", "]]>", "#x[$y$]", "1"]


def spoken(text: str, *, start: float = 0.0, speaker: int | None = None, pace: float = 0.3) -> Utterance:
    """Say ``text`` evenly; ``|`` is a pause of half a second."""
    words, now = [], start
    for piece in text.split():
        if piece == "|":
            now += 0.5
            continue
        words.append(Word(piece, Timespan(now, now + pace)))
        now += pace
    return Utterance(" ".join(word.text for word in words), tuple(words), speaker)


def transcript(*utterances: Utterance, language: str = "en", duration: float = 60.0) -> Transcript:
    return Transcript(language, duration, utterances)


@st.composite
def conversations(draw: st.DrawFn, texts: Sequence[str] = SAID) -> Transcript:
    """Draw a recording in which utterances may overlap, words may take no time and pauses may be long."""
    utterances = []
    start = 0.0
    for _ in range(draw(st.integers(0, 6))):
        start += draw(st.floats(0, 5))
        now, words = start, []
        for _ in range(draw(st.integers(1, 25))):
            text = draw(st.sampled_from(texts))
            end = now + draw(st.floats(0, 1.5))
            words.append(Word(text, Timespan(now, end)))
            now = end + draw(st.sampled_from([0.0, 0.05, 0.4, 3.0]))
        utterances.append(
            Utterance(" ".join(word.text for word in words), tuple(words), draw(st.sampled_from([None, 0, 1])))
        )
    last = max((utterance.time.end for utterance in utterances), default=0.0)
    return Transcript("en", last + draw(st.floats(0, 2)), tuple(utterances))


cue_options = st.builds(
    CueOptions,
    max_line_length=st.integers(5, 60),
    max_line_words=st.none() | st.integers(1, 8),
    max_lines=st.integers(1, 3),
    max_words=st.none() | st.integers(1, 20),
    max_duration=st.floats(2, 10),
    min_duration=st.floats(0.1, 2),
    min_gap=st.floats(0, 0.5),
)
