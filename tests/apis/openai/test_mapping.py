"""A transcript in every form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from khosq.apis.openai import examples
from khosq.apis.openai.errors import failure_of, render_error
from khosq.apis.openai.mapping import letter, presentable, require_translation, speaker_segments, to_answer
from khosq.apis.openai.reading import Look
from khosq.apis.openai.stream import transcript_events
from khosq.apis.openai.wire import Granularity
from khosq.errors import EngineFailed, Invalid, KhosqError, MediaUnreadable, QuotaExceeded, RecordingTooLong
from khosq.jobs.job import JobState
from khosq.jobs.results import Outcome
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

BOTH: frozenset[Granularity] = frozenset({"word", "segment"})


def shown(transcript: Transcript, look: Look, **more: Any) -> Any:
    return json.loads(bytes(to_answer(transcript, look, **more).body))


def events(transcript: Transcript, look: Look) -> list[Any]:
    told = transcript_events(transcript, look).decode().removesuffix("\n\n").split("\n\n")
    return [json.loads(event.removeprefix("data: ")) for event in told]


def without_voices(transcript: Transcript) -> Transcript:
    alone = tuple(Utterance(one.text, one.words) for one in transcript.utterances)
    return Transcript(transcript.language, transcript.duration, alone)


def test_every_json_form_reads_as_documented(call: Outcome) -> None:
    assert shown(call.transcript, Look("json")) == examples.JSON
    assert shown(call.transcript, Look("verbose_json", BOTH)) == examples.VERBOSE
    assert shown(call.transcript, Look("diarized_json")) == examples.DIARIZED


def test_every_text_form_is_plain_utf_8(call: Outcome) -> None:
    alone = without_voices(call.transcript)
    vtt = "WEBVTT\n\n" + examples.SRT.replace("1\n0", "0").replace("2\n0", "0").replace(",", ".", 1)
    for name, start in (("text", examples.TEXT + "\n"), ("srt", examples.SRT), ("vtt", vtt[:30])):
        answer = to_answer(alone, Look(name))  # type: ignore[arg-type]
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert bytes(answer.body).decode().startswith(start)


def test_captions_name_the_voices_that_were_told_apart(call: Outcome) -> None:
    srt, vtt = (bytes(to_answer(call.transcript, Look(name)).body).decode() for name in ("srt", "vtt"))
    assert "A: Hello?" in srt
    assert "<v B>Good morning" in vtt


@pytest.mark.parametrize(("asked", "wanted"), [({"word"}, "words"), ({"segment"}, "segments")])
def test_verbose_json_has_the_granularities_that_were_asked_for(call: Outcome, asked: Any, wanted: str) -> None:
    answer = shown(call.transcript, Look("verbose_json", frozenset(asked)))
    assert set(answer) == {"task", "language", "duration", "text", "usage", wanted}


def test_a_translation_says_so(call: Outcome) -> None:
    assert shown(call.transcript, Look("verbose_json"), task="translate")["task"] == "translate"
    require_translation("en-GB")
    with pytest.raises(Invalid, match="no model here translates hy-AM"):
        require_translation("hy-AM")


def test_logprobs_tell_how_sure_the_model_was_of_each_word(call: Outcome) -> None:
    tokens = shown(call.transcript, Look("json", with_logprobs=True))["logprobs"]
    assert "".join(token["token"] for token in tokens) == examples.TEXT
    assert tokens[0] == {"token": "Hello?", "logprob": -0.2231, "bytes": list(b"Hello?")}
    assert "logprob" not in tokens[1]


def test_a_word_of_which_the_model_was_not_sure_at_all_is_still_json() -> None:
    doubtful = Utterance("um", (Word("um", Timespan(0, 1), 0.0),))
    (segment,) = shown(Transcript("en", 1.0, (doubtful,)), Look("verbose_json"))["segments"]
    assert segment["avg_logprob"] < -20


def test_a_sentence_whose_voice_is_unknown_goes_with_the_one_before_it() -> None:
    def said(text: str, start: float, speaker: int | None) -> Utterance:
        return Utterance(text, (Word(text, Timespan(start, start + 1)),), speaker)

    spoken = (said("One.", 0, None), said("Two.", 2, 1), said("Three.", 4, None), said("Four.", 6, 0))
    assert [one.speaker for one in speaker_segments(presentable(Transcript("en", 8.0, spoken)))] == ["A", "A", "A", "B"]


def test_voices_have_letters() -> None:
    assert [letter(number) for number in (0, 1, 25, 26, 27)] == ["A", "B", "Z", "AA", "BB"]


def test_silence_is_an_empty_text() -> None:
    silence = Transcript("en", 3.0, ())
    assert shown(silence, Look("json")) == {"text": "", "usage": {"type": "duration", "seconds": 3.0}}
    assert shown(silence, Look("verbose_json"))["segments"] == []
    assert shown(silence, Look("diarized_json"))["segments"] == []
    assert events(silence, Look("json")) == [{"type": "transcript.text.done", "text": ""}]


def test_a_stream_tells_the_text_piece_by_piece(call: Outcome) -> None:
    assert transcript_events(call.transcript, Look("json")).decode() == examples.STREAM
    *deltas, done = events(call.transcript, Look("json", with_logprobs=True))
    assert [token for delta in deltas for token in delta["logprobs"]] == done["logprobs"]


def test_a_diarized_stream_tells_each_segment_with_its_speaker(call: Outcome) -> None:
    told = events(call.transcript, Look("diarized_json"))
    assert [event for event in told if event["type"] == "transcript.text.segment"] == examples.DIARIZED["segments"]
    deltas = [event for event in told if event["type"] == "transcript.text.delta"]
    assert "".join(event["delta"] for event in deltas) == told[-1]["text"] == examples.TEXT
    assert [event["segment_id"] for event in deltas] == ["seg_000", "seg_001"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (MediaUnreadable(), 400, "media_unreadable"),
        (RecordingTooLong(), 400, "too_long"),
        (QuotaExceeded(), 429, "insufficient_quota"),
        (EngineFailed(), 422, "engine_failed"),
    ],
)
def test_a_failed_job_says_why_and_is_not_to_be_sent_again(job: Any, error: KhosqError, status: int, code: str) -> None:
    answer = render_error(failure_of(job(JobState.FAILED, error)))
    assert (answer.status_code, json.loads(bytes(answer.body))["error"]["code"]) == (status, code)
    assert json.loads(bytes(answer.body))["error"]["message"] == error.message
    assert answer.headers["x-should-retry"] == "false"


def test_a_cancelled_job_is_a_conflict(job: Any) -> None:
    answer = render_error(failure_of(job(JobState.CANCELLED, None)))
    assert (answer.status_code, json.loads(bytes(answer.body))["error"]["code"]) == (409, "cancelled")
