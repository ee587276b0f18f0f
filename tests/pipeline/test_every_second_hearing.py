"""What an engine drops or makes up is heard again, on the whole way from a plan to a transcript."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.speech.test_long_audio import speeches

from khosq.errors import ModelMissing
from khosq.pipeline.plan import Piece, Plan, Sound
from khosq.pipeline.workshop import Workshop
from khosq.speech.asr import RecognizerTraits
from khosq.speech.batches import Recognition
from khosq.speech.decoding import Part
from khosq.speech.hearing import Answer
from khosq.speech.hub import Progress
from khosq.speech.long_audio import pieces, plan_chunks
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript
from khosq.transcript.words import Word

T = TypeVar("T")
Hear = Callable[[Timespan], Iterable[Word]]
LONGEST = 20.0
TRAITS = RecognizerTraits(LONGEST)


class Here(ModelProcesses):
    """Runs what a model process would run at once."""

    def __init__(self) -> None:
        self.slots = 2

    async def run(self, function: Callable[..., T], *args: Any, within: float) -> T:
        return function(*args)


class Ears(Recognition):
    """Hears as a test says, and remembers which chunks it was given."""

    def __init__(self, hear: Hear, traits: RecognizerTraits = TRAITS) -> None:
        self.asked: list[Timespan] = []
        self.hotwords: tuple[str, ...] = ()
        self._hear = hear
        self._traits = traits

    async def recognize(
        self, choice: ModelChoice, part: Part, hotwords: Sequence[str] = (), *, within: float
    ) -> Answer:
        self.asked += part.chunks
        self.hotwords = tuple(hotwords)
        return Answer(tuple(tuple(self._hear(chunk)) for chunk in part.chunks), self._traits)


def transcribe(
    ears: Ears, *channels: Sequence[Timespan], longest: float = LONGEST, language: str = "en", **more: Any
) -> Transcript:
    """Take speech to its transcript; the sound itself is silence."""
    model = ModelChoice("ears", "none", Path("nowhere"), "production", language, longest)
    ends = (region.end for regions in channels for region in regions)
    sound = Sound(max(ends, default=1.0), len(channels))
    planned = (
        Piece(number, chunks)
        for number, regions in enumerate(channels)
        for chunks in pieces(plan_chunks(regions, longest=longest), seconds=30)
    )
    plan = Plan(model, tuple(map(tuple, channels)), tuple(planned), **more)
    workshop = Workshop(Here(), resolve=_never, languages=list, models_dir=Path("nowhere"), recognition=ears)
    with tempfile.TemporaryDirectory() as folder:
        for file in sound.files(Path(folder)):
            with file.path.open("wb") as empty:
                empty.truncate(round(sound.duration * 16_000) * 2)
        return asyncio.run(workshop.transcribe(Path(folder), sound, plan))


def _never(language: str, *, on_progress: Progress | None = None) -> ModelChoice:
    raise AssertionError


def words_of(transcript: Transcript) -> list[Word]:
    """Return the words as they were heard: without the capitals and marks that come later."""
    words = (word for utterance in transcript.utterances for word in utterance.words)
    return [replace(word, text=word.text.casefold().strip(".,")) for word in words]


def spread(count: int, over: Timespan, text: str = "word") -> list[Word]:
    each = over.duration / count
    spans = (Timespan(over.start + n * each, over.start + (n + 0.9) * each) for n in range(count))
    return [Word(f"{text}{n}", span, 0.9) for n, span in enumerate(spans)]


def within(said: Sequence[Word], chunk: Timespan) -> list[Word]:
    return [word for word in said if chunk.start <= word.time.middle < chunk.end]


@settings(deadline=None)
@given(speeches(), st.sampled_from([7.3, 15.0, 20.0]))
def test_words_that_an_engine_drops_late_in_a_chunk_come_once_and_in_their_place(
    speech: tuple[list[Word], list[Timespan]], longest: float
) -> None:
    said, regions = speech
    ears = Ears(lambda chunk: [word for word in within(said, chunk) if word.time.end < chunk.start + longest / 2])
    transcript = transcribe(ears, regions, longest=longest)
    heard = [word.text for word in words_of(transcript)]
    assert heard == [word.text for word in said if word.text in set(heard)]
    assert transcript.coverage is not None
    for hole in transcript.coverage.holes:  # only what straddles a cut of the second hearing can be left in one
        lost = [word for word in said if hole.time.start <= word.time.middle < hole.time.end]
        assert all(word.time.duration > longest / 2 - 2.5 for word in lost)


@settings(deadline=None)
@given(speeches(), st.sampled_from([7.3, 15.0, 20.0]))
def test_an_engine_that_loops_over_long_chunks_still_writes_every_word_once(
    speech: tuple[list[Word], list[Timespan]], longest: float
) -> None:
    said, regions = speech

    def hear(chunk: Timespan) -> list[Word]:
        words = within(said, chunk)
        return words[:1] * 40 if words and chunk.duration > 0.8 * longest else words

    transcript = transcribe(Ears(hear), regions, longest=longest)
    assert [word.text for word in words_of(transcript)] == [word.text for word in said]
    assert transcript.warnings in {(), ("No speech was found in this recording.",)}


def test_a_hole_is_heard_once_more_in_shorter_chunks_and_then_told() -> None:
    said = spread(8, Timespan(0, 4))
    ears = Ears(lambda chunk: within(said, chunk))
    transcript = transcribe(ears, [Timespan(0, 18)])
    whole, *again = ears.asked
    assert whole == Timespan(0, 18)
    assert (again[0].start, again[-1].end) == (4.2, 18)
    assert all(chunk.duration <= LONGEST / 2 for chunk in again)
    assert len(words_of(transcript)) == 8
    assert transcript.coverage is not None
    assert [hole.time for hole in transcript.coverage.holes] == [Timespan(4.45, 18)]
    assert transcript.coverage.share == pytest.approx(4.45 / 18, abs=0.001)
    assert transcript.warnings == ("14 of 18 seconds of speech have no words: none were understood there.",)


def test_each_channel_is_covered_for_itself() -> None:
    said = spread(10, Timespan(0, 5))
    transcript = transcribe(Ears(lambda chunk: within(said, chunk)), [Timespan(0, 5)], [Timespan(6, 10)])
    assert transcript.coverage is not None
    assert [(one.channel, one.speech, one.worded) for one in transcript.coverage.channels] == [(0, 5, 5), (1, 4, 0)]
    assert [(one.channel, one.time) for one in transcript.coverage.holes] == [(1, Timespan(6, 10))]


def test_a_stock_phrase_over_next_to_nothing_is_left_out_and_told_and_not_asked_for_again() -> None:
    ears = Ears(lambda chunk: [Word("Thank", chunk, 0.9), Word("you.", chunk, 0.9)])
    transcript = transcribe(ears, [Timespan(1, 3)])
    assert (transcript.text, len(ears.asked)) == ("", 2)
    assert transcript.coverage is not None
    assert [(one.words, one.reason) for one in transcript.coverage.dropped] == [(2, "phrase")]
    assert transcript.warnings == ("2 words were left out that the model wrote where nobody talks.",)


def test_words_over_silence_are_left_out_and_counted() -> None:
    regions = [Timespan(0, 2), Timespan(2.9, 5)]
    ghost = Word("ghost", Timespan(2.4, 2.5), 0.9)
    said = [*spread(4, Timespan(0, 2)), ghost, *spread(4, Timespan(2.9, 5), "more")]
    transcript = transcribe(Ears(lambda chunk: within(said, chunk)), regions)
    assert "ghost" not in transcript.text
    assert transcript.coverage is not None
    assert [(one.time, one.reason) for one in transcript.coverage.dropped] == [(ghost.time, "silence")]
    assert transcript.warnings == ("1 word was left out that the model wrote over silence.",)
    untimed = Ears(lambda chunk: within(said, chunk), replace(TRAITS, gives_word_times=False))
    assert "ghost" in transcribe(untimed, regions).text.casefold()


def test_a_text_in_a_foreign_script_is_heard_again_and_what_stays_is_told() -> None:
    latin = ["namaskaram", "meeru", "ela", "unnaru", "andi"]

    def hear(chunk: Timespan) -> list[Word]:
        if chunk.duration > 10:
            return [Word(text, chunk, 0.9) for text in latin]
        return spread(3, chunk, "నమస్కారం")

    again = transcribe(Ears(hear), [Timespan(0, 12)], language="te")
    assert "నమస్కారం" in again.text
    assert again.warnings == ()
    never = transcribe(Ears(lambda chunk: [Word(text, chunk, 0.9) for text in latin]), [Timespan(0, 3)], language="te")
    assert never.warnings == ("100% of the letters are not Telugu, the script of Telugu (te).",)


@pytest.mark.parametrize("heeds", [True, False])
def test_hotwords_reach_the_engine_and_are_counted(*, heeds: bool) -> None:
    said = [Word("Anahit", Timespan(0, 1), 0.9), Word("here", Timespan(1, 2), 0.9)]
    ears = Ears(lambda chunk: within(said, chunk), replace(TRAITS, takes_hotwords=heeds))
    transcript = transcribe(ears, [Timespan(0, 2)], hotwords=("anahit", "Khosq"))
    assert ears.hotwords == ("anahit", "Khosq")
    assert [(one.term, one.hits) for one in transcript.hotwords] == [("anahit", 1), ("Khosq", 0)]
    assert len(transcript.warnings) == (0 if heeds else 1)


def test_a_recording_without_speech_says_so() -> None:
    assert transcribe(Ears(lambda _: []), []).warnings == ("No speech was found in this recording.",)


def test_what_an_engine_cannot_do_is_told_as_it_is() -> None:
    def broken(_: Timespan) -> list[Word]:
        raise ModelMissing("This Whisper model does not know Odia.")

    with pytest.raises(ModelMissing, match="Odia"):
        transcribe(Ears(broken), [Timespan(0, 2), Timespan(4, 50)])


def test_words_never_run_backwards_after_a_second_hearing() -> None:
    said = spread(60, Timespan(0, 30))
    ears = Ears(lambda chunk: [word for word in within(said, chunk) if word.time.start - chunk.start < 6])
    words = words_of(transcribe(ears, [Timespan(0, 30)], longest=12))
    assert all(before.time.start < after.time.start for before, after in itertools.pairwise(words))
    assert len(words) == 60
