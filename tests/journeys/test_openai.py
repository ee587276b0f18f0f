"""OpenAI's documented flows, with its own package and with curl: the answer to an upload is the transcript."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openai
import pytest
from openai.types.audio import (
    Transcription,
    TranscriptionDiarized,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionTextSegmentEvent,
    TranscriptionVerbose,
)
from tests.journeys.conftest import NewServer
from tests.journeys.harness import Client, Server, wait_until
from tests.npm import installed

from khosq.evaluation.der import diarization_errors, read_rttm
from khosq.evaluation.mp3 import read_samples, to_mp3
from khosq.evaluation.recordings import Recordings
from khosq.evaluation.wer import word_errors
from khosq.jobs.job import Chosen, JobState
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn

if TYPE_CHECKING:
    from tests.conftest import Heard

NAME = "en-cards"
JS = Path(__file__).with_name("openai_js")
PATIENCE = 200
"""Seconds."""
Sound = Callable[[str], bytes]
Check = Callable[[str], None]


@pytest.fixture
def caller(client: Client) -> Iterator[openai.OpenAI]:
    """The package as its documentation sets it up, at our base URL."""
    with openai.OpenAI(base_url=f"{client.address}/v1", api_key=client.key, timeout=PATIENCE) as caller:
        yield caller


@pytest.fixture
def check(recording: Heard) -> Check:
    """What is said in the recording of most journeys."""
    known, _ = recording(NAME)

    def compare(text: str) -> None:
        assert word_errors(known.reference, text, language="en").rate <= (known.wer_at_most or 0), text

    return compare


def file(sound: bytes) -> tuple[str, io.BytesIO]:
    return "call.mp3", io.BytesIO(sound)


def test_every_form_of_the_answer_is_what_the_package_expects(client: Client, mp3: Sound, check: Check) -> None:
    async def ask_all() -> dict[str, Any]:
        async with openai.AsyncOpenAI(base_url=f"{client.address}/v1", api_key=client.key, timeout=PATIENCE) as caller:

            async def ask(name: Any, **more: Any) -> Any:
                return await caller.audio.transcriptions.create(
                    model="whisper-1", file=file(mp3(NAME)), language="en", response_format=name, **more
                )

            forms = ("json", "text", "srt", "vtt")
            verbose = ask("verbose_json", timestamp_granularities=["word", "segment"])
            made = await asyncio.gather(*map(ask, forms), verbose)
            return dict(zip((*forms, "verbose_json"), made, strict=True))

    made = asyncio.run(ask_all())
    assert isinstance(made["json"], Transcription)
    check(made["json"].text)
    text = made["json"].text
    assert made["text"] == f"{text}\n"
    assert made["srt"].startswith("1\n00:00:0")
    assert made["vtt"].startswith("WEBVTT\n\n00:00:0")
    for captions in (made["srt"], made["vtt"]):
        lines = [line for line in captions.splitlines() if line and not line[0].isdigit() and line != "WEBVTT"]
        assert " ".join(lines) == text
    verbose = made["verbose_json"]
    assert isinstance(verbose, TranscriptionVerbose)
    assert (verbose.language, verbose.text) == ("english", text)
    assert verbose.duration == pytest.approx(3.5, abs=0.15)
    assert verbose.words is not None
    assert verbose.segments is not None
    assert [word.word for word in verbose.words] == text.split()
    assert all(0 <= word.start < word.end <= verbose.duration + 0.1 for word in verbose.words)
    assert [word.start for word in verbose.words] == sorted(word.start for word in verbose.words)
    assert " ".join(segment.text for segment in verbose.segments) == text
    for segment in verbose.segments:
        assert segment.start < segment.end
        assert segment.avg_logprob <= 0 <= segment.no_speech_prob
        assert segment.compression_ratio > 0


def test_an_armenian_call_comes_back_with_who_says_what(caller: openai.OpenAI, mp3: Sound, recording: Heard) -> None:
    known, _ = recording("hy-call")
    made = caller.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize",
        file=file(mp3("hy-call")),
        language="hy",
        response_format="diarized_json",
        chunking_strategy="auto",
    )
    assert isinstance(made, TranscriptionDiarized)
    letters = {speaker: "AB"[number] for number, speaker in enumerate(known.speakers)}
    turns = [segment.speaker for segment in made.segments]
    assert [one for number, one in enumerate(turns) if number == 0 or turns[number - 1] != one] == [
        letters[turn.speaker] for turn in known.turns
    ]
    assert word_errors(known.reference, made.text, language="hy").rate <= (known.wer_at_most or 0.5), made.text
    assert len({segment.id for segment in made.segments}) == len(made.segments)


def test_voices_of_a_real_call_are_told_apart_in_a_stream(
    caller: openai.OpenAI, mp3: Sound, recording: Heard, recordings: Recordings
) -> None:
    known, _ = recording("en-call")
    segments, text = [], ""
    with caller.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize",
        file=file(mp3("en-call")),
        language="en",
        response_format="diarized_json",
        stream=True,
    ) as events:
        for event in events:
            if isinstance(event, TranscriptionTextSegmentEvent):
                segments.append(event)
            elif isinstance(event, TranscriptionTextDoneEvent):
                text = event.text
    assert {segment.speaker for segment in segments} == {"A", "B"}
    assert word_errors(known.reference, text, language="en").rate <= (known.wer_at_most or 0), text
    path = recordings.rttm(known)
    assert path is not None
    (reference,) = read_rttm(path).values()
    heard = [Turn(Timespan(one.start, one.end), "AB".index(one.speaker)) for one in segments]
    errors = diarization_errors(reference, heard, collar=0.25)
    assert errors.confusion <= 0.25 * errors.speech, segments


def test_a_stream_brings_the_text_in_pieces(caller: openai.OpenAI, mp3: Sound, check: Check) -> None:
    with caller.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=file(mp3(NAME)), language="en", stream=True, include=["logprobs"]
    ) as events:
        told = list(events)
    deltas = [event for event in told if isinstance(event, TranscriptionTextDeltaEvent)]
    done = told[-1]
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert len(deltas) == len(told) - 1 > 0
    assert "".join(event.delta for event in deltas) == done.text
    assert done.logprobs is not None
    assert "".join(one.token or "" for one in done.logprobs) == done.text
    check(done.text)


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # the package's own word about translations
def test_english_is_translated_by_writing_it_down_and_armenian_not_yet(
    caller: openai.OpenAI, mp3: Sound, check: Check
) -> None:
    english = caller.audio.translations.create(
        model="whisper-1", file=file(mp3(NAME)), response_format="verbose_json", extra_body={"language": "en"}
    )
    assert english.language == "english"
    check(english.text)
    with pytest.raises(openai.BadRequestError, match="no model here translates hy-AM") as refused:
        caller.audio.translations.create(model="whisper-1", file=file(mp3(NAME)))
    assert refused.value.param == "language"


def test_what_goes_wrong_is_raised_as_the_package_s_own_errors(
    server: Server, client: Client, caller: openai.OpenAI, mp3: Sound
) -> None:
    create = caller.audio.transcriptions.create
    sound = mp3(NAME)
    stranger = caller.with_options(api_key="sk-nobody")
    with pytest.raises(openai.AuthenticationError) as unknown:
        stranger.audio.transcriptions.create(model="whisper-1", file=file(sound))
    assert unknown.value.code == "invalid_api_key"
    assert unknown.value.request_id
    with pytest.raises(openai.BadRequestError, match="none of them"):
        create(model="whisper-1", file=("notes.txt", b"These are notes. " * 100))
    with pytest.raises(openai.BadRequestError) as unreadable:
        create(model="whisper-1", file=("broken.mp3", sound[:300] + bytes(4000)), language="en")
    assert unreadable.value.code in {"media_unreadable", "unsupported_media"}
    with pytest.raises(openai.BadRequestError, match="response_format") as strange:
        create(model="whisper-1", file=file(sound), response_format="docx")  # type: ignore[call-overload]
    assert (strange.value.param, strange.value.type) == ("response_format", "invalid_request_error")
    with pytest.raises(openai.NotFoundError, match="gpt-5"):
        create(model="gpt-5", file=file(sound))
    server.give_seconds(client, 1)
    with pytest.raises(openai.RateLimitError) as spent:
        create(model="whisper-1", file=file(sound), language="en")
    assert spent.value.code == "insufficient_quota"


def test_too_many_requests_are_raised_as_a_rate_limit(server: Server, client: Client, caller: openai.OpenAI) -> None:
    with server.core() as core:
        (key,) = core.keys.list(client.tenant)

        def refused() -> openai.RateLimitError | None:
            for _ in range(500):
                core.rate_limits.count(key.id, "openai", limit=10_000)
            try:
                caller.with_options(max_retries=0).models.list()
            except openai.RateLimitError as error:
                return error
            return None  # the clock minute had just ended

        error = wait_until("a refusal", refused)
    assert error.code == "rate_limit_exceeded"
    assert 1 <= int(error.response.headers["retry-after"]) <= 60


def test_models_are_listed_and_found(caller: openai.OpenAI) -> None:
    names = [model.id for model in caller.models.list()]
    assert {"whisper-1", "gpt-4o-transcribe", "gpt-4o-transcribe-diarize", "pocketsphinx-en"} <= set(names)
    assert caller.models.retrieve("pocketsphinx-en").object == "model"
    with pytest.raises(openai.NotFoundError):
        caller.models.retrieve("tts-1")


def test_a_job_made_here_is_read_elsewhere_and_one_made_elsewhere_here(
    client: Client, caller: openai.OpenAI, mp3: Sound, check: Check
) -> None:
    answer = caller.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=file(mp3(NAME)), language="en"
    )
    elsewhere = client.poll(answer.headers["x-khosq-job"])
    assert (elsewhere["status"], elsewhere["transcription"]) == ("transcribed", answer.parse().text)
    assert "fallback" in answer.headers["x-khosq-warning"]

    job_id = client.send(mp3(NAME), "single_voice", "en-US")
    made = caller.get(f"/audio/transcriptions/{job_id}", cast_to=Transcription)
    check(made.text)


def test_a_client_that_gives_up_cancels_its_job(
    server: Server, client: Client, caller: openai.OpenAI, recording: Heard
) -> None:
    samples, sample_rate = read_samples(recording("en-call")[1])
    long = to_mp3(np.tile(samples, 10), sample_rate)
    with pytest.raises(openai.APITimeoutError):
        caller.with_options(timeout=2, max_retries=0).audio.transcriptions.create(
            model="whisper-1", file=("long.mp3", long), language="en"
        )
    with server.core() as core:

        def states() -> list[JobState]:
            return [job.state for job in core.jobs.search(_all_of(client), limit=9)]

        wait_until("the job to be cancelled", lambda: states() == [JobState.CANCELLED])


def test_a_transcript_that_takes_too_long_is_a_conflict_once_and_can_be_fetched(
    new_server: NewServer, mp3: Sound, check: Check
) -> None:
    server = new_server(KHOSQ_SYNC_WAIT="0.2").await_ready()
    client = server.client("impatient")
    with openai.OpenAI(base_url=f"{server.address}/v1", api_key=client.key, timeout=PATIENCE) as caller:
        with pytest.raises(openai.ConflictError) as late:
            caller.audio.transcriptions.create(model="whisper-1", file=file(mp3(NAME)), language="en")
        assert late.value.code == "transcription_in_progress"
        with server.core() as core:
            (job,) = core.jobs.search(_all_of(client), limit=9)
        assert job.id == late.value.response.headers["x-khosq-job"]
        assert f"/v1/audio/transcriptions/{job.id}" in late.value.message

        def fetch() -> Transcription | None:
            try:
                return caller.get(f"/audio/transcriptions/{job.id}", cast_to=Transcription)
            except openai.ConflictError:
                return None

        check(wait_until("the transcript", fetch).text)
    server.stop()


@pytest.mark.client("curl")
def test_curl_as_openai_documents_it(client: Client, mp3: Sound, check: Check, tmp_path: Path) -> None:
    path = tmp_path / "audio.mp3"
    path.write_bytes(mp3(NAME))
    done = subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--fail-with-body"),
            *("--url", f"{client.address}/v1/audio/transcriptions"),
            *("--header", f"Authorization: Bearer {client.key}", "--header", "Content-Type: multipart/form-data"),
            *("--form", f"file=@{path}", "--form", "model=gpt-4o-transcribe"),
            *("--form", "response_format=text", "--form", "language=en"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    check(done.stdout)


@pytest.mark.client("node", "npm")
def test_the_package_for_node_is_served_too(client: Client, mp3: Sound, check: Check, tmp_path: Path) -> None:
    path = tmp_path / "audio.mp3"
    path.write_bytes(mp3(NAME))
    wishes = {"modules": str(installed(JS)), "address": client.address, "key": client.key, "file": str(path)}
    done = subprocess.run(
        ["node", str(JS / "transcribe.mjs"), json.dumps(wishes)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    check(told["text"])
    assert told["text"] == f"{told['streamed']}\n"
    assert " ".join(word["word"] for word in told["verbose"]["words"]) == told["verbose"]["text"] == told["streamed"]
    assert told["refused"] == {"name": "NotFoundError", "status": 404, "code": "model_not_found"}


def _all_of(client: Client) -> Chosen:
    return Chosen(client.tenant_id)
