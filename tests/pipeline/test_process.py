from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from dbos import DBOS

from khosq.errors import EngineFailed, KhosqError, MediaUnreadable, SourceUnreachable
from khosq.identifiers import new_id
from khosq.pipeline.plan import Piece, Plan, Sound, Written
from khosq.pipeline.process import Retry, Road
from khosq.pipeline.stages import JobEnded, Made, Stages
from khosq.speech.resolution import ModelChoice
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn
from khosq.transcript.words import Word

MODEL = ModelChoice("echo", "none", Path("nowhere"), "production", "hy-AM", 20.0)


def piece_at(second: int) -> Piece:
    return Piece(0, (Timespan(second, second + 1),))


class Diary(Stages):
    """Writes down what was done, and breaks where it is told to."""

    def __init__(self, *, breaks: list[tuple[str, Exception]] | None = None) -> None:
        self.done: list[str] = []
        self.reason: KhosqError | None = None
        self._breaks = breaks or []

    async def fetch(self, job_id: str) -> None:
        self._do("fetch")

    async def decode(self, job_id: str) -> Sound:
        self._do("decode")
        return Sound(3.0, 1)

    async def detect(self, job_id: str, sound: Sound) -> Plan:
        self._do("detect")
        return Plan(MODEL, ((Timespan(0, 3),),), tuple(map(piece_at, range(3))))

    async def recognize(self, job_id: str, sound: Sound, plan: Plan, piece: Piece) -> Written:
        number = round(piece.chunks[0].start)
        self._do(f"recognize {number}")
        return Written(0, (Word(str(number), Timespan(number, number + 1)),))

    async def find_holes(self, job_id: str, sound: Sound, plan: Plan, written: Sequence[Written]) -> tuple[Piece, ...]:
        self._do(f"find holes beside {[word.text for piece in written for word in piece.words]}")
        return (piece_at(7),)

    async def diarize(self, job_id: str, sound: Sound, plan: Plan) -> tuple[Turn, ...] | None:
        self._do("diarize")
        return None

    async def analyse(
        self, job_id: str, sound: object, plan: object, turns: object, written: Sequence[Written]
    ) -> Made:
        self._do(f"analyse {[word.text for piece in written for word in piece.words]}")
        return Made(("careful",), None)

    async def finish(self, job_id: str, made: Made) -> None:
        self._do(f"finish {made.warnings}")

    async def give_up(self, job_id: str, error: KhosqError) -> None:
        self._do("give up")
        self.reason = error

    def tidy(self, job_id: str) -> None:
        self.done.append("tidy")

    def _do(self, stage: str) -> None:
        self.done.append(stage)
        if self._breaks and self._breaks[0][0] == stage:
            raise self._breaks.pop(0)[1]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("road")
    DBOS(
        config={
            "name": "khosq",
            "system_database_url": f"sqlite:///{folder / 'road.db'}",
            "log_level": "CRITICAL",
        }
    )
    DBOS.workflow(name="travel")(travel)
    DBOS.launch()
    yield
    DBOS.destroy()


DIARIES: dict[str, Diary] = {}


async def travel(job_id: str) -> None:
    await Road(DIARIES[job_id], retry=Retry(3, 0.01), retry_fetch=Retry(2, 0.01)).process(job_id)


async def run(diary: Diary) -> Diary:
    job_id = new_id()
    DIARIES[job_id] = diary
    handle = await DBOS.start_workflow_async(travel, job_id)
    await handle.get_result()
    return diary


@pytest.mark.usefixtures("engine")
def test_stages_follow_one_another_and_the_scratch_goes_last() -> None:
    done = asyncio.run(run(Diary())).done
    assert done[:3] == ["fetch", "decode", "detect"]
    assert set(done[3:7]) == {"diarize", "recognize 0", "recognize 1", "recognize 2"}
    assert done[7:9] == ["find holes beside ['0', '1', '2']", "recognize 7"]
    assert done[9:] == ["analyse ['0', '1', '2', '7']", "finish ('careful',)", "tidy"]


@pytest.mark.usefixtures("engine")
def test_a_stage_that_may_succeed_later_is_tried_again() -> None:
    diary = asyncio.run(run(Diary(breaks=[("recognize 1", EngineFailed("It died."))])))
    assert diary.done.count("recognize 1") == 2
    assert diary.done[-2:] == ["finish ('careful',)", "tidy"]


@pytest.mark.usefixtures("engine")
def test_fetching_has_a_patience_of_its_own() -> None:
    away = [("fetch", SourceUnreachable("It answered 503.", may_come_back=True)) for _ in range(2)]
    diary = asyncio.run(run(Diary(breaks=[*away])))
    assert diary.done == ["fetch", "fetch", "give up", "tidy"]
    assert diary.reason is not None
    assert (diary.reason.code, diary.reason.message) == ("source_unreachable", "It answered 503.")


@pytest.mark.usefixtures("engine")
def test_a_stage_that_never_succeeds_ends_the_job_with_its_own_sentence() -> None:
    diary = asyncio.run(run(Diary(breaks=[("recognize 1", EngineFailed("It died."))] * 3)))
    assert diary.done.count("recognize 1") == 3
    assert (type(diary.reason), str(diary.reason)) == (EngineFailed, "It died.")
    assert diary.done[-2:] == ["give up", "tidy"]


@pytest.mark.usefixtures("engine")
def test_what_trying_again_cannot_mend_is_not_tried_again() -> None:
    diary = asyncio.run(run(Diary(breaks=[("decode", MediaUnreadable("It is a picture."))])))
    assert diary.done == ["fetch", "decode", "give up", "tidy"]
    assert str(diary.reason) == "It is a picture."


@pytest.mark.usefixtures("engine")
def test_what_nobody_foresaw_is_told_without_its_inner_workings() -> None:
    diary = asyncio.run(run(Diary(breaks=[("detect", ZeroDivisionError("in line 7 of /srv/khosq"))])))
    assert diary.done == ["fetch", "decode", "detect", "give up", "tidy"]
    assert str(diary.reason).startswith("Something broke on our side")
    assert "line 7" not in str(diary.reason)


@pytest.mark.usefixtures("engine")
def test_a_job_that_has_ended_meanwhile_is_left_as_it_is() -> None:
    diary = asyncio.run(run(Diary(breaks=[("decode", JobEnded())])))
    assert diary.done == ["fetch", "decode", "tidy"]
