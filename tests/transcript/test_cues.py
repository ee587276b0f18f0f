"""Cues: where they are cut, and when they are shown."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.transcript.sayings import conversations, cue_options, spoken, transcript

from khosq.errors import Invalid
from khosq.transcript.cues import Cue, CueOptions, build_cues
from khosq.transcript.lines import visible_length
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


def texts(cues: list[Cue]) -> list[str]:
    return [cue.text.replace("\n", " ") for cue in cues]


def test_a_short_sentence_is_one_cue_on_one_line() -> None:
    (cue,) = build_cues(transcript(spoken("Good morning to you all.", start=2)))
    assert (cue.lines, cue.time) == (("Good morning to you all.",), Timespan(2, 3.5))


def test_a_cue_ends_where_a_sentence_ends() -> None:
    text = "We open at nine every day. Please come to the second floor with your ticket. Thank you very much."
    assert texts(build_cues(transcript(spoken(text)))) == [
        "We open at nine every day.",
        "Please come to the second floor with your ticket.",
        "Thank you very much.",
    ]


def test_without_marks_a_cue_ends_at_a_pause() -> None:
    text = "the meeting about the new school building | will be held on thursday evening in the library hall"
    assert texts(build_cues(transcript(spoken(text, pace=0.2)))) == [
        "the meeting about the new school building",
        "will be held on thursday evening in the library hall",
    ]


def test_a_speaker_change_begins_a_new_cue() -> None:
    cues = build_cues(transcript(spoken("Are you there?", speaker=0), spoken("Yes.", start=1.2, speaker=1)))
    assert [(cue.text, cue.speaker) for cue in cues] == [("Are you there?", 0), ("Yes.", 1)]


def test_a_short_cue_stays_on_for_a_second_unless_the_next_one_comes() -> None:
    cues = build_cues(transcript(spoken("Yes.", start=1), spoken("No.", start=1.5), duration=10))
    assert [cue.time for cue in cues] == [Timespan(1, 1.42), Timespan(1.5, 2.5)]


def test_a_long_silence_inside_an_utterance_is_not_bridged() -> None:
    words = (Word("before", Timespan(0, 1)), Word("after", Timespan(4, 5)))
    assert texts(build_cues(transcript(Utterance("before after", words)))) == ["before", "after"]


def test_the_later_speaker_takes_over_the_screen_where_two_speak_at_once() -> None:
    cues = build_cues(
        transcript(spoken("I was going to say that.", speaker=0, pace=0.5), spoken("Wait!", start=1, speaker=1))
    )
    assert [cue.text for cue in cues] == ["I was going to say that.", "Wait!"]
    assert cues[0].time == Timespan(0, 0.92)


def test_a_word_longer_than_a_line_is_shown_whole() -> None:
    word = "donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    assert texts(build_cues(transcript(spoken(f"the {word} rests")))) == ["the", word, "rests"]


def test_marks_and_capitals_of_the_text_are_shown() -> None:
    heard = spoken("hello how are you")
    (cue,) = build_cues(transcript(replace(heard, text="Hello, how are you?")))
    assert cue.text == "Hello, how are you?"


def test_hindi_sentences_end_at_the_danda() -> None:
    text = "मुझे अपने बिल के बारे में पूछना है। कृपया मेरी मदद कीजिए।"
    assert texts(build_cues(transcript(spoken(text), language="hi"))) == [
        "मुझे अपने बिल के बारे में पूछना है।",
        "कृपया मेरी मदद कीजिए।",
    ]


def test_words_of_a_line_and_of_a_cue_are_counted() -> None:
    few = CueOptions(max_line_words=2, max_words=3)
    cues = build_cues(transcript(spoken("one two three four five six seven")), options=few)
    assert sorted(len(cue.words) for cue in cues) == [2, 2, 3]
    assert all(len(line.split()) <= 2 for cue in cues for line in cue.lines)


def test_a_label_stands_before_the_words_and_counts_as_length_but_not_as_a_word() -> None:
    narrow = CueOptions(max_line_length=16, max_line_words=2)
    (cue,) = build_cues(transcript(spoken("good morning now", speaker=0)), options=narrow, label=lambda _: "Speaker 1:")
    assert cue.lines == ("Speaker 1: good", "morning now")


def test_a_label_takes_a_line_of_its_own_where_no_word_fits_beside_it() -> None:
    narrow = CueOptions(max_line_length=14)
    (cue,) = build_cues(transcript(spoken("good morning", speaker=0)), options=narrow, label=lambda _: "Speaker 1:")
    assert cue.lines == ("Speaker 1:", "good morning")


def test_a_short_limit_of_duration_is_enough_to_say() -> None:
    cues = build_cues(transcript(spoken("one two three")), options=CueOptions(max_duration=0.4))
    assert [cue.time.duration for cue in cues] == pytest.approx([0.22, 0.22, 0.4])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("max_lines", 0),
        ("max_line_length", 0),
        ("max_line_words", 0),
        ("max_words", -1),
        ("max_duration", 0.0),
        ("min_duration", float("nan")),
        ("max_pause", float("inf")),
        ("min_gap", -1.0),
    ],
)
def test_options_that_no_cue_can_satisfy_are_refused_by_name(field: str, wrong: float) -> None:
    with pytest.raises(Invalid, match=field) as refused:
        CueOptions(**{field: wrong})  # type: ignore[arg-type]  # a table of both kinds of number
    assert refused.value.field == field


def test_an_hour_of_speech_is_cut_quickly_into_cues_that_read_well() -> None:
    text = "This is a sentence of about ten words to say. " * 900
    cues = build_cues(transcript(spoken(text, pace=0.4), duration=3600))
    assert len(cues) == 900
    assert all(cue.time.duration <= 7 for cue in cues)


@given(conversations(), cue_options)
def test_every_word_is_shown_once_and_each_utterance_in_its_order(said: Transcript, chosen: CueOptions) -> None:
    cues = build_cues(said, options=chosen)
    shown = [word for cue in cues for word in cue.words]
    assert sorted(map(repr, shown)) == sorted(repr(word) for one in said.utterances for word in one.words)
    for utterance in said.utterances:
        mine = iter(shown)
        assert all(any(word == seen for seen in mine) for word in utterance.words)
    assert all(" ".join(cue.lines) == " ".join(word.text for word in cue.words) for cue in cues)


@given(conversations(), cue_options)
def test_cues_come_in_order_do_not_overlap_and_stay_inside_the_recording(said: Transcript, chosen: CueOptions) -> None:
    cues = build_cues(said, options=chosen)
    assert all(one.time.end <= other.time.start for one, other in pairwise(cues))
    assert all(0 <= cue.time.start <= cue.time.end <= said.duration for cue in cues)
    if said.duration >= 0.2 * len(cues):
        assert all(cue.time.duration > 0 for cue in cues)
    assert all(cue.time.duration <= chosen.max_duration + 0.001 for cue in cues)


@given(conversations(), cue_options, st.sampled_from([None, "Customer:"]))
def test_lines_keep_to_their_limits_but_for_words_that_are_longer(
    said: Transcript, chosen: CueOptions, label: str | None
) -> None:
    for cue in build_cues(said, options=chosen, label=lambda _: label):
        assert len(cue.words) <= (chosen.max_words or 100)
        assert len(cue.lines) <= chosen.max_lines
        if label and chosen.max_lines == 1 and len(cue.words) == 1:
            assert cue.lines == (f"{label} {cue.words[0].text}",)
            continue
        for line in cue.lines:
            assert " " not in line or visible_length(line) <= chosen.max_line_length
            assert len(line.removeprefix(label or "").split()) <= (chosen.max_line_words or 100)
