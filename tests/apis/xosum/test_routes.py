"""The contract's tables, row by row, against the real application, database and object store."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.messages import a_message
from tests.stores import summarised

from khosq.apis.xosum.dialect import XosumDialect
from khosq.jobs.job import JobState
from khosq.jobs.results import Outcome
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word
from khosq.web.views import view_recording

Office = Any  # the fixture's type lies in a conftest, which cannot be imported
EXAMPLES = Path(__file__).parent / "examples"
FIELDS = {"docId", "status", "createdAt", "type", "duration", "metadata"}
OUTCOME_FIELDS = {"transcription", "title", "resolution", "languageCode"}


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def create(office: Office, key: str, **fields: Any) -> dict[str, Any]:
    answer = office.client.post(
        "/api/createTranscription", headers=bearer(key), json={"type": "single_voice", **fields}
    )
    assert answer.status_code == 200, answer.text
    created: dict[str, Any] = answer.json()
    return created


def poll(office: Office, key: str, job_id: str) -> Any:
    return office.client.get("/api/getTranscription", headers=bearer(key), params={"docId": job_id})


def said(text: str, speaker: int | None, start: float) -> Utterance:
    return Utterance(text, (Word(text, Timespan(start, start + 1)),), speaker)


CALL = summarised(
    Transcript("hy-AM", 31.4, (said("Բարև ձեզ։", 1, 0), said("Բարև, հաշվի մասին է։", 0, 2))),  # noqa: RUF001 - Armenian
    title="Հարց հաշվի մասին",
    summary="Հաճախորդը հարցրեց հաշվի մասին, օպերատորը պատասխանեց։",  # noqa: RUF001 - Armenian
)


def assert_refused(answer: Any, status: int, *, naming: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    assert naming in answer.json()["error"]


# --- create -----------------------------------------------------------------


def test_the_documented_request_is_answered_with_an_id_and_a_link(office: Office) -> None:
    answer = office.client.post(
        "/api/createTranscription", headers=bearer(office.key()), json=example("create_request")
    )
    assert answer.status_code == 200
    assert set(answer.json()) == {"docId", "uploadUrl"}
    assert len(answer.json()["docId"]) == 20
    link = urlsplit(answer.json()["uploadUrl"])
    assert f"{link.scheme}://{link.netloc}{link.path}" == f"https://asr.example.org/upload/{answer.json()['docId']}"
    assert set(parse_qs(link.query)) == {"exp", "sig"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        ({"type": "duet"}, "type"),
        ({"type": None}, "type"),
        ({"type": ["phone_call"]}, "type"),
        ({"type": "phone_call", "metadata": []}, "metadata"),
        ({"type": "phone_call", "metadata": None}, "metadata"),
        ({"type": "phone_call", "metadata": "a"}, "metadata"),
        ({"type": "phone_call", "metadata": {"a": "x" * 16_384}}, "metadata"),
        ({"type": "phone_call", "checklistId": 5}, "checklistId"),
        ({"type": "phone_call", "checklistId": None}, "checklistId"),
        ({"type": "phone_call", "checklistId": "Qm7Tz1Wc9Lp4Ks2Vb8Dx"}, "checklistId"),
        ({"type": "phone_call", "languageCode": 5}, "languageCode"),
        ({"type": "phone_call", "languageCode": ""}, "languageCode"),
        ({"type": "phone_call", "languageCode": "not a tag"}, "languageCode"),
        ({"type": "phone_call", "languageCode": "en\n"}, "languageCode"),
        ({"type": "phone_call", "languageCode": "xx"}, "khosq models pull xx"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(office: Office, body: Any, field: str) -> None:
    assert_refused(
        office.client.post("/api/createTranscription", headers=bearer(office.key()), json=body), 400, naming=field
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff", b'{"type": NaN}', b"[" * 9999])
def test_a_body_that_is_no_json_object_is_a_400(office: Office, body: bytes) -> None:
    assert_refused(office.client.post("/api/createTranscription", headers=bearer(office.key()), content=body), 400)


def test_a_huge_body_is_refused_and_not_echoed(office: Office) -> None:
    body = b'{"type":"phone_call","metadata":{"a":"' + b"x" * 2_000_000 + b'"}}'
    answer = office.client.post("/api/createTranscription", headers=bearer(office.key()), content=body)
    assert_refused(answer, 400, naming="metadata")
    assert len(answer.content) < 200


def test_extra_fields_are_ignored(office: Office) -> None:
    body = b'{"type":"phone_call","priority":"high","\\ud800":1,"speakers":{"a":[]}}'
    answer = office.client.post("/api/createTranscription", headers=bearer(office.key()), content=body)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "metadata",
    [
        '{"a":"\\ud800"}',
        '{"\\udfff":"\\u0000"}',
        '{"n":[1,2.5,null,{"deep":true}],"":"Բարև"}',
        '{"big":' + "9" * 4300 + "}",
    ],
    ids=lambda text: str(text[:20]),
)
def test_metadata_comes_back_exactly(office: Office, metadata: str) -> None:
    key = office.key()
    body = f'{{"type":"phone_call","metadata":{metadata}}}'
    answer = office.client.post("/api/createTranscription", headers=bearer(key), content=body.encode())
    assert poll(office, key, answer.json()["docId"]).json()["metadata"] == json.loads(metadata)


def test_numbers_in_metadata_keep_their_digits_on_every_way_out(office: Office) -> None:
    key, numbers = office.key(), b'"metadata":{"n":[12345678901234567890.123,1.10,1E-400,-0.0,3]}'
    body = b'{"type":"phone_call",' + numbers + b"}"
    answer = office.client.post("/api/createTranscription", headers=bearer(key), content=body)
    job = office.job(answer.json()["docId"])
    letter = XosumDialect().letter(a_message("transcript_ready", job, CALL))
    assert numbers in poll(office, key, job.id).content
    assert numbers in letter.body
    assert "12345678901234567890.123" in view_recording(job, None).metadata


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1e-9999999999999999999"])
def test_numbers_that_nobody_could_read_back_are_refused(office: Office, number: str) -> None:
    body = b'{"type":"phone_call","metadata":{"n":' + number.encode() + b"}}"
    assert_refused(office.client.post("/api/createTranscription", headers=bearer(office.key()), content=body), 400)


def test_a_body_with_a_byte_order_mark_is_read(office: Office) -> None:
    body = b'\xef\xbb\xbf{"type":"phone_call"}'
    answer = office.client.post("/api/createTranscription", headers=bearer(office.key()), content=body)
    assert answer.status_code == 200


def test_metadata_of_sixteen_kibibytes_is_kept_in_any_script(office: Office) -> None:
    key = office.key()
    metadata = {"a": "Բ" * ((16 * 1024 - len('{"a":""}')) // 2)}
    assert poll(office, key, create(office, key, metadata=metadata)["docId"]).json()["metadata"] == metadata


def test_absent_metadata_is_echoed_as_an_empty_object(office: Office) -> None:
    key = office.key()
    assert poll(office, key, create(office, key)["docId"]).json()["metadata"] == {}


def test_the_wanted_language_is_taken_or_the_server_s(office: Office) -> None:
    key = office.key()
    jobs = [create(office, key, **fields)["docId"] for fields in ({}, {"languageCode": "en-GB"})]
    assert [office.job(job).wishes.language for job in jobs] == ["hy-AM", "en-GB"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("EN", "en"), ("HY-am", "hy-AM"), ("hye", "hy"), ("ENG-us", "en-US"), ("hy-ARMN-am-X-AB", "hy-Armn-AM-x-ab")],
)
def test_a_language_is_kept_in_its_canonical_spelling(office: Office, mp3: bytes, given: str, kept: str) -> None:
    key = office.key()
    created = create(office, key, languageCode=given)
    office.client.put(created["uploadUrl"], content=mp3)
    office.finish(created["docId"], CALL)
    assert poll(office, key, created["docId"]).json()["languageCode"] == kept


def test_a_full_disk_turns_creation_away_for_a_while(office: Office) -> None:
    office.disk.is_full = True
    answer = office.client.post("/api/createTranscription", headers=bearer(office.key()), json={"type": "single_voice"})
    assert_refused(answer, 503)
    assert answer.headers["retry-after"] == "60"


# --- keys -------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic a2V5", "Bearer \xff\x7f", "kq_x"]
)
def test_without_a_key_in_force_every_answer_is_the_same_401(office: Office, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    created = office.client.post("/api/createTranscription", headers=headers, content=b"{")
    polled = office.client.get("/api/getTranscription", headers=headers)
    for answer in (created, polled):
        assert_refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
    assert created.json() == polled.json()


def test_a_revoked_key_gets_the_same_401(office: Office) -> None:
    secret, key = office.core.keys.create("acme", "write")
    office.core.keys.revoke(key.id)
    unknown = office.client.get("/api/getTranscription", headers=bearer("kq_unknown"))
    assert_refused(revoked := office.client.get("/api/getTranscription", headers=bearer(secret)), 401)
    assert revoked.json() == unknown.json()


def test_a_key_that_may_only_read_creates_nothing(office: Office) -> None:
    answer = office.client.post(
        "/api/createTranscription", headers=bearer(office.key(scope="read")), json={"type": "single_voice"}
    )
    assert_refused(answer, 403)


# --- upload -----------------------------------------------------------------


def test_an_upload_is_answered_with_nothing_and_queues_the_job(office: Office, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key)
    answer = office.client.put(created["uploadUrl"], content=mp3, headers={"Content-Type": "text/html"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert poll(office, key, created["docId"]).json()["status"] == "processing"
    assert [path.read_bytes() for path in office.stored()] == [mp3]


def test_a_link_s_key_is_the_link_itself(office: Office, mp3: bytes) -> None:
    created = create(office, office.key())
    assert office.client.put(created["uploadUrl"], content=mp3, headers=bearer("wrong")).status_code == 200


def altered_links(url: str, other_id: str) -> Iterator[str]:
    link = urlsplit(url)
    query = parse_qs(link.query)
    moment, signature = int(query["exp"][0]), query["sig"][0]
    yield link.path
    yield f"{link.path}?exp={moment}"
    yield f"{link.path}?sig={signature}"
    yield f"{link.path}?exp={moment + 1}&sig={signature}"
    yield f"{link.path}?exp={moment}&sig={signature.upper()}"
    yield f"{link.path}?exp={moment}&sig={signature[:-1]}"
    yield f"{link.path}?exp={moment}&sig=%ff%00{signature}"
    yield f"/upload/{other_id}?{link.query}"


def test_a_changed_link_is_a_403(office: Office, mp3: bytes) -> None:
    key = office.key()
    created, other = create(office, key), create(office, key)
    for url in altered_links(created["uploadUrl"], other["docId"]):
        assert_refused(office.client.put(url, content=mp3), 403)
    assert office.stored() == []


def test_an_expired_link_is_a_403_and_the_job_says_why(office: Office, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key)
    office.clock.turn(3600)
    assert_refused(office.client.put(created["uploadUrl"], content=mp3), 403, naming="expired")
    polled = poll(office, key, created["docId"]).json()
    assert polled["status"] == "failed"
    assert "upload" in polled["error"]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_a_link_takes_only_put(office: Office, method: str) -> None:
    answer = office.client.request(method, create(office, office.key())["uploadUrl"])
    assert_refused(answer, 405)
    assert answer.headers["allow"] == "PUT"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00", 415),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\nfile:///etc/passwd\n", 415),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00#EXTM3U\nfile:///etc/passwd\n" + b"\n" * 500, 415),
        (b"PK\x03\x04" + b"\0" * 500, 415),
        (b"{}", 415),
        (b"\0" * 4096, 415),
        (b"\xff\xfb" * 150_000, 413),
    ],
    ids=["empty", "wav", "playlist", "tagged playlist", "archive", "json", "zeros", "too large"],
)
def test_what_is_not_an_mp3_of_bearable_size_is_refused_and_may_be_sent_again(
    office: Office, mp3: bytes, body: bytes, status: int
) -> None:
    key = office.key()
    created = create(office, key)
    assert_refused(office.client.put(created["uploadUrl"], content=body), status)
    assert office.stored() == []
    assert poll(office, key, created["docId"]).json()["status"] == "uploading"
    assert office.client.put(created["uploadUrl"], content=mp3).status_code == 200


def test_a_stream_without_declared_length_is_bounded_too(office: Office, mp3: bytes) -> None:
    created = create(office, office.key())
    frames = mp3 * (200_000 // len(mp3) + 2)
    chunks = (frames[start : start + 1000] for start in range(0, len(frames), 1000))
    assert_refused(office.client.put(created["uploadUrl"], content=chunks), 413)
    assert office.stored() == []


def test_a_second_upload_is_a_409_and_the_first_stands(office: Office, mp3: bytes) -> None:
    created = create(office, office.key())
    assert office.client.put(created["uploadUrl"], content=mp3).status_code == 200
    assert_refused(office.client.put(created["uploadUrl"], content=mp3 + mp3), 409)
    assert [path.read_bytes() for path in office.stored()] == [mp3]


def test_of_two_uploads_at_once_one_wins_and_the_other_leaves_nothing(office: Office, mp3: bytes) -> None:
    url = create(office, office.key())["uploadUrl"]
    has_begun, is_over = asyncio.Event(), asyncio.Event()

    async def overtaken() -> AsyncIterator[bytes]:
        yield mp3[:5000]
        has_begun.set()
        await is_over.wait()
        yield mp3[5000:]

    async def race() -> tuple[Any, Any]:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=office.client.app)) as client:
            slow = asyncio.create_task(client.put(url, content=overtaken()))
            await has_begun.wait()
            quick = await client.put(url, content=mp3)
            is_over.set()
            return quick, await slow

    quick, slow = asyncio.run(race())
    assert quick.status_code == 200
    assert_refused(slow, 409)
    assert len(office.stored()) == 1


def test_a_full_disk_turns_an_upload_away_for_a_while(office: Office, mp3: bytes) -> None:
    created = create(office, office.key())
    office.disk.is_full = True
    assert_refused(office.client.put(created["uploadUrl"], content=mp3), 503)
    office.disk.is_full = False
    assert office.client.put(created["uploadUrl"], content=mp3).status_code == 200


# --- on a real port ---------------------------------------------------------


def put_part(port: int, url: str, part: bytes, *, declared: int) -> socket.socket:
    link = urlsplit(url)
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    head = f"PUT {link.path}?{link.query} HTTP/1.1\r\nHost: here\r\nContent-Length: {declared}\r\n\r\n"
    connection.sendall(head.encode() + part)
    return connection


def test_a_cut_upload_leaves_nothing_and_may_be_repeated(office: Office, live_port: int, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key)
    put_part(live_port, created["uploadUrl"], mp3[:8000], declared=len(mp3)).close()
    assert poll(office, key, created["docId"]).json()["status"] == "uploading"
    link = urlsplit(created["uploadUrl"])
    again = requests.put(f"http://127.0.0.1:{live_port}{link.path}?{link.query}", data=mp3, timeout=10)
    assert (again.status_code, again.content) == (200, b"")
    assert [path.read_bytes() for path in office.stored()] == [mp3]


def test_a_stalled_upload_is_a_408_in_this_shape_and_may_be_repeated(
    office: Office, live_port: int, mp3: bytes
) -> None:
    key = office.key()
    created = create(office, key)
    with put_part(live_port, created["uploadUrl"], mp3[:500], declared=len(mp3)) as connection:
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'{"error":"' in answer
    assert office.stored() == []
    assert poll(office, key, created["docId"]).json()["status"] == "uploading"


def test_a_refused_upload_is_told_why_while_it_is_still_being_sent(office: Office, live_port: int) -> None:
    link = urlsplit(create(office, office.key())["uploadUrl"])
    for body, status in ((b"\0" * 150_000, 415), (b"\0" * 30_000_000, 413)):
        answer = requests.put(f"http://127.0.0.1:{live_port}{link.path}?{link.query}", data=body, timeout=10)
        assert_refused(answer, status)


def test_the_polling_loop_of_the_vendor_s_page_runs_to_its_end(office: Office, live_port: int, mp3: bytes) -> None:
    """As customers write it: create, put, poll until final, obey ``Retry-After``."""
    api, headers = f"http://127.0.0.1:{live_port}/api", bearer(office.key())
    created = requests.post(
        f"{api}/createTranscription", headers=headers, json={"type": "phone_call"}, timeout=10
    ).json()
    assert created["uploadUrl"].startswith(f"http://127.0.0.1:{live_port}/upload/")
    requests.put(created["uploadUrl"], data=mp3, headers={"Content-Type": "audio/mpeg"}, timeout=10).raise_for_status()
    seen = []
    while True:
        answer = requests.get(
            f"{api}/getTranscription", params={"docId": created["docId"]}, headers=headers, timeout=10
        )
        if answer.status_code == 429:
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
            office.clock.turn(int(answer.headers["Retry-After"]))
            continue
        answer.raise_for_status()
        seen.append(answer.json()["status"])
        if seen[-1] in {"transcribed", "failed"}:
            break
        if len(seen) == 61:
            office.finish(created["docId"], CALL)
    assert seen == ["processing"] * 61 + ["transcribed"]
    assert answer.json()["transcription"].startswith("Խոսնակ 1: ")


# --- polling ----------------------------------------------------------------


def test_in_flight_only_the_common_fields_are_there(office: Office, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key, type="phone_call", metadata={"ticket": "A-17", "line": 3})
    before = poll(office, key, created["docId"]).json()
    office.client.put(created["uploadUrl"], content=mp3)
    after = poll(office, key, created["docId"]).json()
    expected = example("in_flight") | {"docId": created["docId"], "createdAt": "2030-01-01T09:00:00.250Z"}
    assert after == expected
    assert before == expected | {"status": "uploading"}


def test_a_finished_call_reads_as_documented(office: Office, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key, type="phone_call", metadata={"ticket": "A-17", "line": 3})
    office.client.put(created["uploadUrl"], content=mp3)
    office.finish(created["docId"], CALL, warnings=("Made by a starter model: խոսք.",))
    answer = poll(office, key, created["docId"])
    assert answer.json() == example("transcribed") | {
        "docId": created["docId"],
        "createdAt": "2030-01-01T09:00:00.250Z",
    }
    assert answer.headers["x-khosq-warning"] == "Made by a starter model: ????"


def test_a_single_voice_reads_as_one_text_without_labels(office: Office, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key)
    office.client.put(created["uploadUrl"], content=mp3)
    office.finish(created["docId"], CALL)
    answer = poll(office, key, created["docId"])
    assert answer.json()["transcription"] == "Բարև ձեզ։ Բարև, հաշվի մասին է։"  # noqa: RUF001 - Armenian
    assert "x-khosq-warning" not in answer.headers


def test_a_silent_recording_has_an_empty_text_and_no_title(office: Office, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key)
    office.client.put(created["uploadUrl"], content=mp3)
    office.finish(created["docId"], Outcome(Transcript("hy-AM", 3.0, ())))
    polled = poll(office, key, created["docId"]).json()
    assert set(polled) == FIELDS | OUTCOME_FIELDS
    assert (polled["transcription"], polled["title"], polled["resolution"]) == ("", None, None)


def test_a_failed_job_has_an_error_and_nothing_of_a_finished_one(office: Office, mp3: bytes) -> None:
    key = office.key()
    created = create(office, key)
    office.client.put(created["uploadUrl"], content=mp3)
    office.begin(created["docId"])
    office.fail(created["docId"], "The uploaded file is not a readable MP3.")
    assert poll(office, key, created["docId"]).json() == example("failed") | {
        "docId": created["docId"],
        "createdAt": "2030-01-01T09:00:00.250Z",
    }


def test_a_cancelled_job_reads_as_failed_and_says_so(office: Office) -> None:
    key = office.key()
    created = create(office, key)
    office.core.lookup.cancel(office.job(created["docId"]).tenant_id, created["docId"])
    polled = poll(office, key, created["docId"]).json()
    assert (polled["status"], "cancelled" in polled["error"]) == ("failed", True)
    assert office.job(created["docId"]).state is JobState.CANCELLED


def test_foreign_and_unknown_are_the_same_404(office: Office) -> None:
    mine = create(office, office.key())["docId"]
    stranger = office.key("umbrella")
    unknown = poll(office, stranger, "A" * 20)
    foreign = poll(office, stranger, mine)
    for answer in (unknown, foreign):
        assert_refused(answer, 404)
    assert foreign.content == unknown.content
    assert poll(office, office.key("acme", "read"), mine).status_code == 200


@pytest.mark.parametrize("job_id", ["%00", "%ff", "a%0d%0ab", "'%20or%201=1", "../" * 3, "A" * 5000, "Բարև", "%ud800"])
def test_odd_ids_are_a_404(office: Office, job_id: str) -> None:
    answer = office.client.get(f"/api/getTranscription?docId={job_id}", headers=bearer(office.key()))
    assert_refused(answer, 404)


@pytest.mark.parametrize("query", ["", "?docId=", "?docid=x"])
def test_a_missing_id_is_a_400(office: Office, query: str) -> None:
    assert_refused(
        office.client.get(f"/api/getTranscription{query}", headers=bearer(office.key())), 400, naming="docId"
    )


def test_the_sixty_first_poll_of_a_clock_minute_is_turned_away(office: Office) -> None:
    key, other = office.key(), office.key()
    job_id = create(office, key)["docId"]
    office.clock.turn(37.5)  # 09:00:37.75
    statuses = [poll(office, key, job_id if number % 2 else "unknown").status_code for number in range(60)]
    assert set(statuses) == {200, 404}
    refused = poll(office, key, job_id)
    assert_refused(refused, 429)
    assert refused.headers["retry-after"] == "23"
    assert poll(office, other, job_id).status_code == 200
    create(office, key)
    office.clock.turn(21.75)  # 09:00:59.5
    assert poll(office, key, job_id).headers["retry-after"] == "1"
    office.clock.turn(0.5)
    assert poll(office, key, job_id).status_code == 200


# --- the rest of the address space -------------------------------------------


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/none", "/api/createTranscription/", "/upload", "/upload/a/b", "/api/v4"]
)
def test_unknown_paths_are_refused_in_this_shape(office: Office, path: str) -> None:
    assert_refused(office.client.get(path), 404)


def test_wrong_methods_are_refused_in_this_shape(office: Office) -> None:
    assert_refused(office.client.get("/api/createTranscription"), 405)
    assert_refused(office.client.post("/api/getTranscription"), 405)


def test_the_description_names_every_operation_and_every_status(office: Office) -> None:
    schema = office.client.get("/docs/xosum/openapi.json").json()
    answers = {path: set(next(iter(methods.values()))["responses"]) for path, methods in schema["paths"].items()}
    assert answers == {
        "/api/createTranscription": {"200", "400", "401", "403", "408", "503"},
        "/upload/{docId}": {"200", "400", "403", "404", "408", "409", "413", "415", "503"},
        "/api/getTranscription": {"200", "400", "401", "404", "429"},
    }
    page = office.client.get("/docs/xosum")
    assert "POST /api/createTranscription" in page.text
    assert "<script" not in page.text


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["phone_call", "single_voice"]) | ODD,
            "metadata": ODD,
            "checklistId": ODD,
            "languageCode": ODD,
        },
    )
)
def test_no_body_breaks_creation(office: Office, body: Any) -> None:
    key = office.core.keys.create("acme", "write")[0]
    answer = office.client.post("/api/createTranscription", headers=bearer(key), content=json.dumps(body).encode())
    assert answer.status_code in {200, 400}
