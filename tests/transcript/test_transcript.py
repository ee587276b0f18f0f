"""Transcripts and their stored form."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance, words_from_json, words_to_json
from khosq.transcript.words import Word

spans = st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)).map(lambda pair: Timespan(min(pair), max(pair)))
words = st.builds(Word, st.text(max_size=12), spans, st.none() | st.floats(0, 1))
utterances = st.builds(
    Utterance,
    st.text(max_size=30),
    st.lists(words, max_size=4).map(tuple),
    st.none() | st.integers(0, 9),
    st.integers(0, 7),
)
transcripts = st.builds(
    Transcript,
    st.sampled_from(["hy-AM", "en", "und"]),
    st.floats(0, 1e5),
    st.lists(utterances, max_size=4).map(tuple),
    st.lists(st.text(max_size=20), max_size=2).map(tuple),
)


@given(transcripts)
def test_a_transcript_comes_back_from_its_stored_form_as_it_was(transcript: Transcript) -> None:
    assert Transcript.from_json(json.loads(json.dumps(transcript.to_json()))) == transcript


def test_words_are_stored_in_one_short_row_each_and_unknown_stays_unknown() -> None:
    said = (Word("բարև", Timespan(0.5, 1), 0.9), Word("ձեզ", Timespan(1, 1.25)))
    assert words_to_json(said) == [["բարև", 0.5, 1.0, 0.9], ["ձեզ", 1.0, 1.25, None]]
    assert words_from_json(words_to_json(said)) == said


def test_an_utterance_lasts_from_its_first_word_to_its_latest_end() -> None:
    said = (Word("a", Timespan(1, 4)), Word("b", Timespan(2, 3)))
    assert Utterance("a b", said).time == Timespan(1, 4)


def test_the_text_is_everything_said_in_order() -> None:
    one, other = Utterance("Բարև ձեզ", ()), Utterance("Լսում եմ", ())
    assert Transcript("hy", 3, (one, other)).text == "Բարև ձեզ Լսում եմ"
    assert Transcript("hy", 3, ()).text == ""
