from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.speech.forgetful import BREAKING, HANGING, KILLING, register
from tests.speech.sounds import quiet, spoken, tone, write_pcm

from khosq.errors import EngineFailed
from khosq.media.waveform import Samples
from khosq.speech.batches import Batches, Recognition
from khosq.speech.decoding import Part
from khosq.speech.devices import Use
from khosq.speech.hearing import Answer
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice
from khosq.transcript.timespan import Timespan

SENTENCES = [("▁low",), ("▁high", "▁low"), ("▁low", "er", "▁high"), ("▁high",), ("▁low", "▁high", "▁low")]
TEXTS = ["low", "high low", "lower high", "high", "low high low"]


@pytest.fixture(scope="module")
def one() -> Iterator[ModelProcesses]:
    processes = ModelProcesses(1, prepare=register)
    yield processes
    processes.close()


@pytest.fixture(scope="module")
def two() -> Iterator[ModelProcesses]:
    processes = ModelProcesses(2, prepare=register)
    yield processes
    processes.close()


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "diary"


@pytest.fixture
def choice(hears_tones: Path, diary: Path) -> ModelChoice:
    return ModelChoice("fragile", "fragile", hears_tones, "production", "xx", 20.0, (("diary", str(diary)),))


@pytest.fixture
def part(tmp_path: Path) -> Callable[[Samples], Part]:
    def write(sound: Samples) -> Part:
        file = write_pcm(tmp_path / f"{time.monotonic_ns()}.pcm", sound)
        return Part(file, (Timespan(0, file.duration),))

    return write


def loud(level: float) -> Samples:
    """Return a tone at which the engine does what it does above a level."""
    return np.concatenate([quiet(0.2), tone(400, 1.0) / 0.3 * (level + 0.05)])


def text(answer: Answer | BaseException) -> str:
    assert isinstance(answer, Answer), answer
    return " ".join(word.text for words in answer.words for word in words)


def calls(diary: Path) -> list[int]:
    """Return how many chunks each call of the engine had."""
    return [len(line.split()) for line in diary.read_text().splitlines()] if diary.exists() else []


async def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def heard(batches: Batches, choice: ModelChoice, parts: Sequence[Part]) -> list[Answer | BaseException]:
    wishes: list[Awaitable[Answer]] = [batches.recognize(choice, part, within=60) for part in parts]
    return await asyncio.gather(*wishes, return_exceptions=True)


def test_what_waits_goes_together_and_everyone_gets_his_own(
    one: ModelProcesses, choice: ModelChoice, diary: Path, part: Callable[[Samples], Part]
) -> None:
    async def story() -> None:
        answers = await heard(Batches(one), choice, [part(spoken(*tokens)) for tokens in SENTENCES])
        assert [text(answer) for answer in answers] == TEXTS
        assert calls(diary) == [1, 4]

    asyncio.run(story())


def test_every_process_gets_its_share(
    two: ModelProcesses, choice: ModelChoice, diary: Path, part: Callable[[Samples], Part]
) -> None:
    async def story() -> None:
        batches = Batches(two)
        await heard(batches, choice, [part(spoken("▁low"))] * 2)
        answers = await heard(batches, choice, [part(spoken(*tokens)) for tokens in SENTENCES])
        assert [text(answer) for answer in answers] == TEXTS
        assert max(calls(diary)) <= 2

    asyncio.run(story())


def test_another_model_or_other_hotwords_are_not_mixed_in(
    one: ModelProcesses, choice: ModelChoice, diary: Path, part: Callable[[Samples], Part]
) -> None:
    async def story() -> None:
        batches = Batches(one)
        await heard(batches, choice, [part(spoken("▁low"))])
        expected = [("Ani",), (), ("Ani",), ()]
        wishes = [batches.recognize(choice, part(spoken("▁high")), words, within=60) for words in expected]
        assert [text(answer) for answer in await asyncio.gather(*wishes)] == ["high"] * 4
        assert sorted(calls(diary)) == [1, 1, 1, 2]

    asyncio.run(story())


@pytest.mark.parametrize("level", [BREAKING, KILLING])
def test_a_broken_piece_fails_only_its_own_job(
    one: ModelProcesses, choice: ModelChoice, part: Callable[[Samples], Part], level: float
) -> None:
    async def story() -> None:
        batches = Batches(one)
        await heard(batches, choice, [part(spoken("▁low"))])
        sounds = [spoken("▁high"), spoken("▁high"), loud(level), spoken("▁low", "er")]
        before, near, broken, after = await heard(batches, choice, [part(sound) for sound in sounds])
        assert [text(before), text(near), text(after)] == ["high", "high", "lower"]
        assert isinstance(broken, EngineFailed)

    asyncio.run(story())


def test_a_cancelled_piece_leaves_the_others_of_its_batch_at_work(
    one: ModelProcesses, choice: ModelChoice, diary: Path, part: Callable[[Samples], Part]
) -> None:
    async def story() -> None:
        batches = Batches(one)
        await heard(batches, choice, [part(spoken("▁low"))])
        process = await one.run(os.getpid, within=60)
        blocking = asyncio.create_task(batches.recognize(choice, part(spoken("▁low")), within=60))
        wishes = [asyncio.create_task(batches.recognize(choice, part(spoken("▁high")), within=60)) for _ in range(3)]
        await blocking
        wishes[0].cancel()
        answers = await asyncio.gather(*wishes, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert [text(answer) for answer in answers[1:]] == ["high", "high"]
        assert await one.run(os.getpid, within=60) == process

    asyncio.run(story())


def test_work_that_nobody_wants_any_more_is_ended(
    one: ModelProcesses, choice: ModelChoice, diary: Path, part: Callable[[Samples], Part]
) -> None:
    async def story() -> None:
        batches = Batches(one)
        process = await one.run(os.getpid, within=60)
        stuck = asyncio.create_task(batches.recognize(choice, part(loud(HANGING)), within=600))
        await until(lambda: calls(diary))
        waiting = asyncio.create_task(batches.recognize(choice, part(spoken("▁low")), within=60))
        stuck.cancel()
        assert text(await waiting) == "low"
        assert await one.run(os.getpid, within=60) != process

    asyncio.run(story())


def test_a_piece_that_hangs_is_ended_and_the_next_is_heard(
    one: ModelProcesses, choice: ModelChoice, part: Callable[[Samples], Part]
) -> None:
    async def story() -> None:
        batches = Batches(one)
        await heard(batches, choice, [part(spoken("▁low"))])
        wishes = [batches.recognize(choice, part(sound), within=2) for sound in (loud(HANGING), spoken("▁low"))]
        stuck, after = await asyncio.gather(*wishes, return_exceptions=True)
        assert isinstance(stuck, EngineFailed)
        assert text(after) == "low"

    asyncio.run(story())


def test_a_model_that_is_gone_fails_what_waits_for_it_with_its_sentence(
    one: ModelProcesses, choice: ModelChoice, part: Callable[[Samples], Part], tmp_path: Path
) -> None:
    async def story() -> None:
        gone = ModelChoice("gone", "onnx-asr", tmp_path / "gone", "production", "xx", 20.0, (("model_type", "x"),))
        answers = await heard(Batches(one), gone, [part(spoken("▁low"))] * 3)
        assert all("There is no model" in str(answer) for answer in answers)

    asyncio.run(story())


def test_a_model_that_nobody_uses_is_dropped_and_comes_back_for_the_next(
    choice: ModelChoice, diary: Path, part: Callable[[Samples], Part]
) -> None:
    processes = ModelProcesses(1, prepare=partial(register, model_idle=0.2))

    async def story() -> None:
        batches = Batches(processes)
        for _ in range(2):
            assert text(await batches.recognize(choice, part(spoken("▁low")), within=60)) == "low"
            await until(diary.with_suffix(".dropped").exists)
            diary.with_suffix(".dropped").unlink()

    try:
        asyncio.run(story())
    finally:
        processes.close()


def test_what_computes_on_a_gpu_has_a_process_of_its_own(
    one: ModelProcesses, two: ModelProcesses, hears_tones: Path, part: Callable[[Samples], Part]
) -> None:
    """Here its runtime finds no GPU, says so and computes on the processor."""

    async def story() -> None:
        recognition = Recognition(two, gpu=one, uses={"onnx-asr": Use("cuda:0", "for a test")})
        settings = (("model_type", "nemo-conformer-ctc"),)
        choice = ModelChoice("tones", "onnx-asr", hears_tones, "production", "xx", 20.0, settings)
        answer = await recognition.recognize(choice, part(spoken("▁low", "▁high")), within=60)
        assert text(answer) == "low high"
        assert answer.traits.batch == 32

    asyncio.run(story())
