from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from khosq.pipeline.joining import join
from khosq.pipeline.plan import Piece, Plan, Sound, Written
from khosq.speech.identification import Identified
from khosq.speech.resolution import ModelChoice
from khosq.transcript.coverage import ChannelCoverage, Coverage
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import TermHits, Transcript
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

MODEL = ModelChoice("tones", "none", Path("nowhere"), "production", "hy-AM", 20.0)
WEAK = ModelChoice("tones", "none", Path("nowhere"), "fallback", "hy-AM", 20.0, warning="Do not rely on this.")


def word(text: str, start: float) -> Word:
    return Word(text, Timespan(start, start + 0.25), 0.5)


def written(*pieces: Any) -> list[Written]:
    """Return what was written of pieces: of each its channel, then its words."""
    return [Written(piece[0], tuple(piece[1:])) for piece in pieces]


def plan(*channels: list[float], model: ModelChoice = MODEL) -> Plan:
    """Return a plan whose pieces begin at the given seconds of each channel."""
    regions = tuple(tuple(Timespan(start, start + 1) for start in starts) for starts in channels)
    cut = tuple(Piece(number, (region,)) for number, spoken in enumerate(regions) for region in spoken)
    return Plan(model, regions, cut)


def said(transcript: object) -> list[tuple[str, int | None, int]]:
    return [(one.text, one.speaker, one.channel) for one in transcript.utterances]  # type: ignore[attr-defined]


def test_pieces_of_one_channel_become_one_text_in_order() -> None:
    transcript = join(
        Sound(10.0, 1), plan([0.0, 5.0]), None, written((0, word("one", 0), word("two", 0.3)), (0, word("three", 5)))
    )
    assert transcript.text == "one two three"
    assert (transcript.language, transcript.duration, transcript.warnings) == ("hy-AM", 10.0, ())
    assert {one.speaker for one in transcript.utterances} == {None}


def test_each_channel_is_a_voice_and_time_orders_what_was_said() -> None:
    heard = written((0, word("hello", 0)), (0, word("goodbye", 6)), (1, word("yes", 3)))
    transcript = join(Sound(10.0, 2), plan([0.0, 6.0], [3.0]), None, heard)
    assert transcript.text == "hello yes goodbye"
    assert [channel for _, _, channel in said(transcript)] == [0, 1, 0]
    assert [speaker for _, speaker, _ in said(transcript)] == [0, 1, 0]


def test_voices_of_one_channel_are_told_apart_by_their_turns() -> None:
    turns = (Turn(Timespan(0, 2), 0), Turn(Timespan(2, 4), 1))
    transcript = join(Sound(4.0, 1), plan([0.0, 2.0]), turns, written((0, word("hello", 0.5)), (0, word("yes", 2.5))))
    assert [(text, speaker) for text, speaker, _ in said(transcript)] == [("hello", 0), ("yes", 1)]


def test_a_call_recorded_on_one_side_only_keeps_the_words_of_that_side() -> None:
    turns = (Turn(Timespan(0, 2), 0), Turn(Timespan(2, 4), 1))
    one_side = plan([], [0.0, 2.0])
    assert one_side.spoken_channels == [1]
    transcript = join(Sound(4.0, 2), one_side, turns, written((1, word("hello", 0.5)), (1, word("yes", 2.5))))
    assert [(text, speaker) for text, speaker, _ in said(transcript)] == [("hello", 0), ("yes", 1)]


def test_silence_is_a_transcript_without_words() -> None:
    transcript = join(Sound(3.0, 1), plan([]), None, [])
    assert (transcript.text, transcript.utterances, transcript.duration) == ("", (), 3.0)


def test_a_weak_models_warning_goes_with_every_transcript() -> None:
    heard = written((0, word("one", 0.2)))
    assert join(Sound(1.0, 1), plan([0.0], model=WEAK), None, heard).warnings == ("Do not rely on this.",)


def test_what_was_asked_for_and_found_out_goes_with_the_transcript() -> None:
    wanted = replace(plan([0.0]), hotwords=("one", "two"), identified=Identified("hy-AM", (("hy-AM", 1.0),), ("ru",)))
    transcript = join(Sound(1.0, 1), wanted, None, written((0, word("one", 0.2))))
    assert transcript.languages == (("hy-AM", 1.0),)
    assert transcript.hotwords == (TermHits("one", 1), TermHits("two", 0))
    assert transcript.coverage == Coverage((ChannelCoverage(0, 1.0, 0.95),))
    assert transcript.warnings[0].startswith("Parts of this recording sound like Russian (ru)")
    assert Transcript.from_json(transcript.to_json()) == transcript


def test_a_transcript_of_older_days_can_be_read() -> None:
    stored = join(Sound(1.0, 1), plan([0.0]), None, []).to_json()
    for name in ("coverage", "hotwords", "languages"):
        del stored[name]
    transcript = Transcript.from_json(stored)
    assert (transcript.coverage, transcript.hotwords, transcript.languages) == (None, (), ())
