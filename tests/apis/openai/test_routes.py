"""The contract row by row, against the real application and database."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import suppress
from typing import Any

import httpx2
import pytest
import requests
from tests.journeys.harness import wait_until

from khosq.apis.openai import examples
from khosq.jobs.job import Chosen, JobState, Keep
from khosq.jobs.results import Outcome

Api = Any  # the fixtures' types lie in conftests, which cannot be imported
Office = Any
Serve = Any


def assert_refused(answer: Any, status: int, code: str, *, naming: str = "", param: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert naming in error["message"]


# --- the answer and its job ---------------------------------------------------


def test_the_answer_is_the_transcript_of_a_job_like_any_other(api: Api, call: Outcome) -> None:
    with api.making(call, warnings=("Made by a starter model.",)):
        answer = api.post(language="EN-us", model="gpt-4o-transcribe-diarize", response_format="diarized_json")
    (job,) = api.jobs()
    assert answer.json() == examples.DIARIZED
    assert answer.headers["x-khosq-job"] == job.id
    assert answer.headers["x-khosq-warning"] == "Made by a starter model"
    assert (job.door, job.filename, job.state) == ("openai", "call.mp3", JobState.SUCCEEDED)
    assert (job.wishes.language, job.wishes.speakers, job.wishes.keep) == ("en-US", 2, Keep.NOTHING)
    assert api.call("GET", f"/khosq/v1/jobs/{job.id}", headers={}).json()["state"] == "succeeded"


def test_a_stream_is_alive_from_its_beginning(api: Api, call: Outcome) -> None:
    answer = api.made(call, stream="true")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-khosq-job"] == api.jobs()[0].id
    assert answer.text.startswith(": ")
    assert answer.text.endswith(examples.STREAM)


def test_fields_may_stand_before_the_file_or_after_it(api: Api, call: Outcome) -> None:
    def part(name: str, value: bytes, more: str = "") -> bytes:
        return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"

    file = part("file", api.sound, '; filename="call.mp3"')
    fields = part("model", b"whisper-1") + part("language", b"en"), part("response_format", b"text")
    for body in (b"".join([*fields, file]), b"".join([file, *fields])):
        with api.making(call):
            answer = api.call(
                "POST",
                "/v1/audio/transcriptions",
                content=body + b"--x--\r\n",
                headers={"Content-Type": "multipart/form-data; boundary=x"},
            )
        assert answer.text == f"{examples.TEXT}\n"


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({}, "hy-AM"),
        ({"model": "english"}, "en"),
        ({"model": "western", "language": "nl-BE"}, "nl-BE"),
    ],
)
def test_the_language_is_the_given_one_or_the_model_s_or_the_server_s(
    api: Api, call: Outcome, fields: dict[str, Any], language: str
) -> None:
    with api.making(call):
        assert api.post(**fields).status_code == 200
    assert api.jobs()[0].wishes.language == language


@pytest.mark.parametrize(
    ("fields", "language", "languages"),
    [
        ({}, "auto", ()),
        ({"languages[]": ["en", "nl"]}, "auto", ("en", "nl")),
        ({"languages[]": ["nl"]}, "nl", ()),
        ({"model": "western"}, "auto", ("nl", "de")),
        ({"model": "english"}, "en", ()),
    ],
)
@pytest.mark.usefixtures("identifier")
def test_where_a_model_tells_languages_apart_none_need_be_named(
    api: Api, call: Outcome, fields: dict[str, Any], language: str, languages: tuple[str, ...]
) -> None:
    with api.making(call):
        assert api.post(**fields).status_code == 200
    wishes = api.jobs()[0].wishes
    assert (wishes.language, wishes.languages) == (language, languages)


def test_an_english_recording_is_its_own_translation(api: Api, call: Outcome) -> None:
    answer = api.made(call, "translations", response_format="verbose_json").json()
    assert (answer["task"], answer["language"], answer["text"]) == ("translate", "english", examples.TEXT)


# --- refusals -------------------------------------------------------------------


def test_what_cannot_be_accepted_is_a_400_that_names_the_field_and_leaves_nothing(api: Api, office: Office) -> None:
    for path, fields, param in (
        ("transcriptions", {"model": None}, "model"),
        ("transcriptions", {"language": "ta"}, "language"),
        ("transcriptions", {"model": "english", "language": "nl"}, "language"),
        ("transcriptions", {"model": "western"}, "language"),
        ("transcriptions", {"languages[]": ["en", "nl"]}, "languages"),
        ("transcriptions", {"languages[]": ["en", "ta"]}, "languages"),
        ("transcriptions", {"response_format": "docx"}, "response_format"),
        ("transcriptions", {"file": {"sound": ("a.mp3", b"", "audio/mpeg")}}, "file"),
        ("translations", {}, "language"),
        ("translations", {"language": "nl"}, "language"),
        ("translations", {"language": "en", "response_format": "diarized_json"}, "response_format"),
    ):
        assert_refused(api.post(path, **fields), 400, "invalid_value", naming=param, param=param)
    for name in ("gpt-5", "tamil"):
        assert_refused(api.post(model=name), 404, "model_not_found", naming=name, param="model")
    assert (api.jobs(), office.stored()) == ([], [])


def test_what_is_no_recording_of_bearable_size_is_refused(api: Api, office: Office) -> None:
    for sound, status, code in (
        (b"", 400, "invalid_value"),
        (b"PK\x03\x04" + b"\0" * 500, 400, "unsupported_media"),
        (b"#EXTM3U\nfile:///etc/passwd\n", 400, "unsupported_media"),
        (b"\xff\xfb" * 150_000, 413, "request_too_large"),
    ):
        assert_refused(api.post(file={"file": ("a.mp3", sound, "audio/mpeg")}), status, code)
    assert (api.jobs(), office.stored()) == ([], [])


def test_an_unreadable_form_is_a_400(api: Api) -> None:
    form, name = "multipart/form-data; boundary=x", b'Content-Disposition: form-data; name="model"'
    for kind, body, code in (
        ("application/json", b'{"model": "whisper-1"}', "unsupported_media"),
        ("multipart/form-data", b"--x--", "unsupported_media"),
        (form, b"", "invalid_value"),
        (form, b"--x\r\nnonsense", "invalid_value"),
        (form, b"--x\r\n" + name + b"\r\n\r\n\xff\r\n--x--", "invalid_value"),
        (form, b"--x\r\n" + name + b"\r\n\r\nwhisper-1\r\n", "invalid_value"),
    ):
        answer = api.call("POST", "/v1/audio/transcriptions", content=body, headers={"Content-Type": kind})
        assert_refused(answer, 400, code)


def test_a_full_disk_turns_callers_away_for_a_while(api: Api, office: Office) -> None:
    office.disk.is_full = True
    answer = api.post()
    assert_refused(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "60"


def test_without_a_key_in_force_nothing_is_told(api: Api) -> None:
    for header in ("", "Bearer", "Bearer sk-wrong", "Basic YTpi"):
        for method, path in (("GET", "/v1/models"), ("POST", "/v1/audio/transcriptions")):
            answer = api.call(method, path, headers={"Authorization": header})
            assert_refused(answer, 401, "invalid_api_key")
            assert answer.headers["www-authenticate"] == "Bearer"
    assert_refused(api.another(scope="read").post(), 403, "insufficient_permissions")


def test_the_limit_is_told_and_kept(api: Api) -> None:
    seen = [api.call("GET", "/v1/models/whisper-1") for _ in range(501)]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in (seen[0], seen[499])] == ["499", "0"]
    assert (seen[0].headers["x-ratelimit-limit-requests"], seen[0].headers["x-ratelimit-reset-requests"]) == (
        "500", "60s",
    )  # fmt: skip
    assert {answer.status_code for answer in seen[:500]} == {200}
    assert_refused(seen[500], 429, "rate_limit_exceeded")
    assert 1 <= int(seen[500].headers["retry-after"]) <= 60


def test_unknown_paths_and_wrong_methods_are_refused_in_this_shape(api: Api) -> None:
    for path in ("/v1/audio", "/v1/audio/speech", "/v1/audiobook", "/v1/models/", "/v1/models/a/b"):
        assert_refused(api.call("GET", path), 404, "not_found")
    answer = api.call("DELETE", "/v1/models/whisper-1")
    assert_refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


# --- jobs that do not end well ------------------------------------------------------


def test_a_recording_that_cannot_be_decoded_is_a_400(api: Api, office: Office) -> None:
    for stream in ("false", "true"):
        with api.worker(lambda job_id: office.fail(job_id, "The uploaded file is not readable audio.")):
            answer = api.post(stream=stream)
        body = json.loads(answer.text.rstrip().rpartition("data: ")[2])
        assert answer.status_code == (200 if stream == "true" else 400)
        assert body["error"] == {
            "message": "The uploaded file is not readable audio.",
            "type": "invalid_request_error",
            "param": None,
            "code": "media_unreadable",
        }


def test_a_job_that_is_cancelled_or_deleted_meanwhile_is_told_of(api: Api, office: Office) -> None:
    with api.worker(lambda job_id: office.core.lookup.cancel(api.tenant_id, job_id)):
        assert_refused(api.post(), 409, "cancelled")
    with api.worker(lambda job_id: office.core.lookup.delete(api.tenant_id, job_id)):
        assert_refused(api.post(), 404, "not_found")


def test_when_the_wait_is_over_the_job_goes_on_and_can_be_waited_for_again(
    serve: Serve, office: Office, call: Outcome
) -> None:
    api = serve(0.5)
    answer = api.post(language="en")
    (job,) = api.jobs()
    address = f"/v1/audio/transcriptions/{job.id}"
    assert_refused(answer, 409, "transcription_in_progress", naming=f"https://asr.example.org{address}")
    assert (answer.headers["x-should-retry"], answer.headers["x-khosq-job"]) == ("false", job.id)
    assert job.state is JobState.QUEUED

    office.finish(job.id, call)
    reader = api.another(scope="read")
    assert reader.call("GET", address).json() == examples.JSON
    assert reader.call("GET", address, params={"response_format": "diarized_json"}).json() == examples.DIARIZED
    foreign = api.another("umbrella").call("GET", address)
    unknown = api.another("umbrella").call("GET", "/v1/audio/transcriptions/nothing")
    assert_refused(foreign, 404, "not_found")
    assert foreign.content == unknown.content


def test_a_stream_ends_when_the_wait_is_over_too(serve: Serve) -> None:
    api = serve(0.5)
    answer = api.post(stream="true")
    last = json.loads(answer.text.rstrip().rpartition("data: ")[2])
    assert last["error"]["code"] == "transcription_in_progress"
    assert api.jobs()[0].state is JobState.QUEUED


@pytest.mark.parametrize("stream", ["false", "true"])
def test_a_client_that_leaves_cancels_its_job(office: Office, live_port: int, mp3: bytes, stream: str) -> None:
    key, made = office.core.keys.create("acme", "write")
    may_leave = threading.Event()

    def ask() -> None:
        with requests.Session() as session, suppress(requests.Timeout):  # one client is impatient, the other listens
            answer = session.post(
                f"http://127.0.0.1:{live_port}/v1/audio/transcriptions",
                headers={"Authorization": f"Bearer {key}"},
                files={"file": ("call.mp3", mp3)},
                data={"model": "whisper-1", "stream": stream},
                stream=True,
                timeout=1 if stream == "false" else 60,
            )
            may_leave.wait()
            answer.close()

    def state() -> JobState | None:
        jobs = office.core.lookup.jobs(Chosen(made.tenant_id), limit=1)
        return jobs[0].state if jobs else None

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until("the job to be queued", lambda: state() in {JobState.QUEUED, JobState.CANCELLED})
    may_leave.set()
    asking.join()
    wait_until("the job to be cancelled", lambda: state() is JobState.CANCELLED)


def test_those_who_wait_hold_no_threads(office: Office, live_port: int, mp3: bytes, call: Outcome) -> None:
    key, made = office.core.keys.create("acme", "write")
    crowd = 60  # more than there are threads for looking into the database

    def queued() -> list[str]:
        jobs = office.core.lookup.jobs(Chosen(made.tenant_id, states=[JobState.QUEUED]), limit=100)
        return [job.id for job in jobs]

    async def ask_all() -> list[int]:
        address, headers = f"http://127.0.0.1:{live_port}/v1", {"Authorization": f"Bearer {key}"}
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=60, limits=limits) as client:

            async def ask() -> int:
                files, data = {"file": ("call.mp3", mp3)}, {"model": "whisper-1"}
                return (await client.post("/audio/transcriptions", files=files, data=data)).status_code

            asking = [asyncio.create_task(ask()) for _ in range(crowd)]
            await asyncio.to_thread(wait_until, "all to wait", lambda: len(queued()) == crowd)
            assert (await client.get("/models")).status_code == 200
            for job_id in queued():
                await asyncio.to_thread(office.finish, job_id, call)
            return await asyncio.gather(*asking)

    assert asyncio.run(ask_all()) == [200] * crowd


# --- models and the description -------------------------------------------------------


def test_models_are_openai_s_names_and_those_that_are_here(api: Api) -> None:
    listed = api.call("GET", "/v1/models").json()
    names = [model["id"] for model in listed["data"]]
    assert listed["object"] == "list"
    assert listed["data"][0] == examples.MODEL
    assert names[-3:] == ["armenian", "english", "western"]
    for name in names:
        assert api.call("GET", f"/v1/models/{name}").json()["id"] == name
    for name in ("tamil", "gpt-5", "%00", "A" * 3000, "Բարև"):
        assert_refused(api.call("GET", f"/v1/models/{name}"), 404, "model_not_found", param="model")


def test_the_description_names_every_operation(api: Api) -> None:
    schema = api.client.get("/docs/openai/openapi.json").json()
    assert set(schema["paths"]) == {
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/audio/transcriptions/{job_id}",
        "/v1/models",
        "/v1/models/{model}",
    }
    assert "diarized_json" in api.client.get("/docs/openai").text
