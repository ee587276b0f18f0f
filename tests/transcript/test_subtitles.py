"""Cues, and the files made of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.transcript.subtitles import Cue, CueOptions, build_cues, to_srt, to_text, to_vtt, visible_length, wrap
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word


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


def test_two_lines_are_about_as_long_as_each_other() -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]
    first, second = wrap(words, 42)
    assert abs(len(first) - len(second)) < 8


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


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hello", 5),
        ("Ի՞նչ", 4),
        ("नमस्ते", 3),  # न म स्ते
        ("क्षत्रिय", 3),  # क्ष त्रि य
        ("र्\u200dय", 1),  # joined across a joiner
        ("తెలుగు", 3),
        ("தமிழ்", 3),  # the pulli ends a syllable, it joins nothing
        ("மக்கள்", 4),
        ("e\u0301te\u0301", 3),
        ("", 0),
    ],
)
def test_a_line_is_as_long_as_it_looks(text: str, length: int) -> None:
    assert visible_length(text) == length


def test_hindi_sentences_end_at_the_danda() -> None:
    text = "मुझे अपने बिल के बारे में पूछना है। कृपया मेरी मदद कीजिए।"
    assert texts(build_cues(transcript(spoken(text), language="hi"))) == [
        "मुझे अपने बिल के बारे में पूछना है।",
        "कृपया मेरी मदद कीजिए।",
    ]


def test_srt_is_written_as_players_read_it() -> None:
    cues = build_cues(transcript(spoken("A --> B", start=3661.5), spoken("Fine.", start=3670), duration=4000))
    assert to_srt(cues) == ("1\n01:01:01,500 --> 01:01:02,500\nA → B\n\n2\n01:01:10,000 --> 01:01:11,000\nFine.\n\n")


def test_vtt_names_speakers_and_escapes_what_would_be_markup() -> None:
    cues = build_cues(transcript(spoken("x <b> & y --> z", speaker=1), spoken("plain", start=5)))
    assert to_vtt(cues, speaker_label="Խոսնակ") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.800\n<v Խոսնակ 2>x &lt;b&gt; &amp; y --&gt; z\n\n"
        "00:00:05.000 --> 00:00:06.000\nplain\n\n"
    )


def test_no_words_make_no_cues_and_valid_files() -> None:
    cues = build_cues(transcript(duration=0))
    assert (cues, to_srt(cues), to_vtt(cues), to_text(transcript())) == ([], "", "WEBVTT\n\n", "")


def test_text_has_a_line_for_each_turn() -> None:
    call = transcript(
        spoken("Hello.", speaker=0),
        spoken("Who is it?", start=2, speaker=0),
        spoken("Me.", start=4, speaker=1),
    )
    assert to_text(call) == "Speaker 1: Hello. Who is it?\nSpeaker 2: Me."
    assert to_text(transcript(spoken("Hello."), spoken("Bye.", start=3))) == "Hello. Bye."


@pytest.mark.parametrize("wrong", [{"max_lines": 0}, {"max_line_length": 0}, {"min_duration": 8.0}, {"min_gap": -1.0}])
def test_options_that_no_cue_can_satisfy_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cue options"):
        CueOptions(**wrong)  # type: ignore[arg-type]  # a table of both kinds of number


def test_an_hour_of_speech_is_cut_quickly_into_cues_that_read_well() -> None:
    text = "This is a sentence of about ten words to say. " * 900
    cues = build_cues(transcript(spoken(text, pace=0.4), duration=3600))
    assert len(cues) == 900
    assert all(cue.time.duration <= 7 for cue in cues)


@st.composite
def conversations(draw: st.DrawFn) -> Transcript:
    """Draw a recording in which utterances may overlap, words may take no time and pauses may be long."""
    utterances = []
    start = 0.0
    for _ in range(draw(st.integers(0, 6))):
        start += draw(st.floats(0, 5))
        now, words = start, []
        for _ in range(draw(st.integers(1, 25))):
            text = draw(st.sampled_from(["a", "to", "word,", "longer", "ends.", "Ինչ՞", "नमस्ते।", "x" * 50, "நன்றி"]))
            end = now + draw(st.floats(0, 1.5))
            words.append(Word(text, Timespan(now, end)))
            now = end + draw(st.sampled_from([0.0, 0.05, 0.4, 3.0]))
        utterances.append(
            Utterance(" ".join(word.text for word in words), tuple(words), draw(st.sampled_from([None, 0, 1])))
        )
    last = max((utterance.time.end for utterance in utterances), default=0.0)
    return Transcript("en", last + draw(st.floats(0, 2)), tuple(utterances))


options = st.builds(
    CueOptions,
    max_line_length=st.integers(5, 60),
    max_lines=st.integers(1, 3),
    max_duration=st.floats(2, 10),
    min_duration=st.floats(0.1, 2),
    min_gap=st.floats(0, 0.5),
)


@given(conversations(), options)
def test_every_word_is_shown_once_and_each_utterance_in_its_order(said: Transcript, chosen: CueOptions) -> None:
    cues = build_cues(said, options=chosen)
    shown = [word for cue in cues for word in cue.words]
    assert sorted(map(repr, shown)) == sorted(repr(word) for one in said.utterances for word in one.words)
    for utterance in said.utterances:
        mine = iter(shown)
        assert all(any(word == seen for seen in mine) for word in utterance.words)
    assert all(" ".join(cue.lines) == " ".join(word.text for word in cue.words) for cue in cues)


@given(conversations(), options)
def test_cues_come_in_order_do_not_overlap_and_stay_inside_the_recording(said: Transcript, chosen: CueOptions) -> None:
    cues = build_cues(said, options=chosen)
    assert all(one.time.end <= other.time.start for one, other in pairwise(cues))
    assert all(0 <= cue.time.start <= cue.time.end <= said.duration for cue in cues)
    if said.duration >= 0.2 * len(cues):
        assert all(cue.time.duration > 0 for cue in cues)
    assert all(cue.time.duration <= chosen.max_duration + 0.001 for cue in cues)


@given(conversations(), options)
def test_lines_keep_to_their_limits_but_for_words_that_are_longer(said: Transcript, chosen: CueOptions) -> None:
    for cue in build_cues(said, options=chosen):
        assert len(cue.lines) <= chosen.max_lines
        assert all(" " not in line or visible_length(line) <= chosen.max_line_length for line in cue.lines)


@given(conversations())
def test_subtitle_files_hold_every_cue(said: Transcript) -> None:
    cues = build_cues(said)
    assert to_srt(cues).count(" --> ") == to_vtt(cues).count(" --> ") == len(cues)
