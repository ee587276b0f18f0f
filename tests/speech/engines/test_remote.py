from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.speech.engines.transcription_server import TranscriptionServer, describe, serving
from tests.speech.sounds import quiet, spoken

from khosq.errors import EngineFailed, KhosqError, ModelMissing
from khosq.speech.engines.onnx_asr import OnnxAsr
from khosq.speech.engines.remote import Remote
from khosq.transcript.timespan import Timespan

SOUND = spoken("▁low", "▁high")


@pytest.fixture
def server(hears_tones: Path) -> Iterator[TranscriptionServer]:
    with serving(TranscriptionServer(OnnxAsr(hears_tones, model_type="nemo-conformer-ctc"))) as running:
        yield running


@pytest.fixture
def connect(server: TranscriptionServer, tmp_path: Path) -> Callable[..., Remote]:
    return lambda **more: Remote(describe(tmp_path / "model", server, **more))


def test_words_come_with_the_servers_times_and_the_marks_of_its_text(connect: Callable[..., Remote]) -> None:
    words, none, more = connect().recognize([SOUND, quiet(0.01), spoken("▁high")], language="hy-AM")
    assert [word.text for word in words] == ["Low", "high."]
    assert [word.time.start for word in words] == pytest.approx([0.4, 1.2], abs=0.1)
    assert none == ()
    assert [word.text for word in more] == ["High."]


def test_the_server_is_asked_as_its_operator_said(connect: Callable[..., Remote], server: TranscriptionServer) -> None:
    connect().recognize([SOUND], language="hy-AM", hotwords=["Yerevan", "", "Անի"])
    assert server.asked == [
        {
            "path": "/v1/audio/transcriptions",
            "key": "Bearer sk-secret",
            "model": "tones-1",
            "language": "hy",
            "temperature": "0",
            "response_format": "verbose_json",
            "timestamp_granularities[]": "word",
            "prompt": "Yerevan, Անի",
        }
    ]


def test_a_server_without_word_times_is_believed_for_its_text(connect: Callable[..., Remote]) -> None:
    engine = connect(answer="json")
    (words,) = engine.recognize([SOUND], language="en")
    assert [(word.text, word.time.start) for word in words] == [("Low", 0.0), ("high.", 0.8)]
    assert words[-1].time.end == 2.0
    assert not engine.traits.gives_word_times


def test_segments_place_the_words_that_have_no_times(
    connect: Callable[..., Remote], server: TranscriptionServer
) -> None:
    segments = [{"start": 0.5, "end": 1.0, "text": " low"}, {"start": 1.0, "end": 9, "text": "high"}]
    server.body = json.dumps({"text": "low high", "segments": segments}).encode()
    (words,) = connect().recognize([SOUND], language="en")
    assert [(word.text, word.time) for word in words] == [("low", Timespan(0.5, 1)), ("high", Timespan(1, 2))]


def test_times_beyond_reason_are_brought_inside_the_chunk(
    connect: Callable[..., Remote], server: TranscriptionServer
) -> None:
    timed = [("a", 1.0, 0.5), ("b", -3.0, 1.2), ("c", 50.0, 60.0), (" ", 0.0, 0.0)]
    words = [{"word": word, "start": start, "end": end} for word, start, end in timed]
    server.body = json.dumps({"text": "whatever", "words": words}).encode()
    (heard,) = connect().recognize([SOUND], language="en")
    assert [(word.text, word.time.start, word.time.end) for word in heard] == [("a", 1, 1), ("b", 1, 1.2), ("c", 2, 2)]


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, ModelMissing), (401, ModelMissing), (404, ModelMissing), (302, ModelMissing), (413, ModelMissing),
     (408, EngineFailed), (429, EngineFailed), (500, EngineFailed), (503, EngineFailed)],
)  # fmt: skip
def test_a_refusal_is_final_and_a_breakdown_may_pass(
    connect: Callable[..., Remote], server: TranscriptionServer, status: int, error: type[KhosqError]
) -> None:
    server.status, server.body = status, b'{"error": {"message": "no such\n model"}}'
    with pytest.raises(error, match=rf"127\.0\.0\.1:\d+ answered {status}: .*no such model"):
        connect().recognize([SOUND], language="en")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"text": 5}', b'{"words": [{"word": "a"}]}', b'{"words": [{"start": NaN}]}']
)
def test_an_answer_that_is_no_transcript_is_an_engine_failure(
    connect: Callable[..., Remote], server: TranscriptionServer, body: bytes
) -> None:
    server.body = body
    with pytest.raises(EngineFailed, match="gave no transcript"):
        connect().recognize([SOUND], language="en")


def test_an_answer_that_drips_is_given_up(connect: Callable[..., Remote], server: TranscriptionServer) -> None:
    server.body, server.drips = b" " * 200, 0.1
    with pytest.raises(EngineFailed, match=r"gave no answer within 0\.5 s"):
        connect(timeout=0.5).recognize([SOUND], language="en")


def test_an_answer_without_end_is_given_up(connect: Callable[..., Remote], server: TranscriptionServer) -> None:
    server.body = b" " * (9 * 2**20)
    with pytest.raises(EngineFailed, match="without end"):
        connect().recognize([SOUND], language="en")


def test_a_server_that_is_away_is_an_engine_failure(tmp_path: Path, hears_tones: Path) -> None:
    with serving(TranscriptionServer(OnnxAsr(hears_tones, model_type="nemo-conformer-ctc"))) as server:
        engine = Remote(describe(tmp_path, server))
    with pytest.raises(EngineFailed, match="cannot be reached"):
        engine.recognize([SOUND], language="en")


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"address": "ftp://example.org"}, "address"),
        ({"address": "https://"}, "address"),
        ({"key": "two\nlines-of-secret"}, "key"),
        ({"timeout": 0}, "timeout"),
        ({"answer": "srt"}, "answer"),
        ({"modle": "x"}, "modle"),
    ],
)
def test_a_description_with_a_fault_names_it_and_keeps_the_key(
    connect: Callable[..., Remote], more: dict[str, object], fault: str
) -> None:
    with pytest.raises(EngineFailed, match=rf"server\.json does not describe a server: {fault}: ") as caught:
        connect(**more)
    assert "secret" not in caught.value.message
