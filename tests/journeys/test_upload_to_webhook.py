"""The road from an upload to a webhook, as a customer travels it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import requests
from tests.journeys.harness import Client, Receiver, Server

import khosq
from khosq.evaluation.mp3 import read_samples, to_mp3
from khosq.evaluation.wer import word_errors

if TYPE_CHECKING:
    from tests.conftest import Heard

ORDER = ["uploading", "processing", "converting", "transcribed"]
METADATA: dict[str, Any] = {
    "phonenumber": "+374 10 000000",
    "agent": {"name": "Անի", "line": 3, "tags": ["a", None, True, 1.5]},
    "": "empty name",
    "big": 2**70,
}
ARMENIAN = Path(khosq.__file__).parent / "speech" / "starters" / "hy" / "model.int8.onnx"
needs_armenian = pytest.mark.skipif(not ARMENIAN.exists(), reason="the Armenian starter is not packaged yet")


def test_a_recording_goes_up_and_its_text_comes_back_by_polling_and_by_webhook(
    server: Server, client: Client, receiver: Receiver, recording: Heard, mp3: Callable[[str], bytes]
) -> None:
    known, _ = recording("en-cards")
    server.set_webhook(client.tenant, f"{receiver.address}/ok", "wh-s3cr3t")

    created = client.create("single_voice", "en-US", metadata=METADATA)
    before = client.poll(created["docId"])
    sent = requests.put(created["uploadUrl"], data=mp3("en-cards"), timeout=60)
    done = client.wait(created["docId"])

    assert set(before) == {"docId", "status", "createdAt", "type", "duration", "metadata"}
    assert (before["status"], before["duration"]) == ("uploading", None)
    assert (sent.status_code, sent.content) == (200, b"")
    assert done["status"] == "transcribed"
    steps = [ORDER.index(status) for status in client.seen[created["docId"]]]
    assert steps == sorted(steps)
    assert set(done) == set(before) | {"transcription", "title", "resolution", "languageCode"}
    assert done["metadata"] == METADATA
    assert list(done["metadata"]) == list(METADATA)
    assert done["duration"] == pytest.approx(3.5, abs=0.15)
    assert (done["type"], done["languageCode"], done["createdAt"]) == ("single_voice", "en-US", before["createdAt"])
    wer = word_errors(known.reference, done["transcription"], language="en").rate
    assert wer <= (known.wer_at_most or 0), done["transcription"]

    call = receiver.await_call(created["docId"])
    told = call.json
    assert call.headers["content-type"] == "application/json"
    assert "authorization" not in call.headers
    assert told == {
        "event_type": "transcript_ready",
        "secret": "wh-s3cr3t",
        "docId": created["docId"],
        "transcription": done["transcription"],
        "metadata": METADATA,
        "title": done["title"],
        "resolution": done["resolution"],
        "link": f"{server.address}/recordings/{created['docId']}",
    }
    assert [attempt.status for attempt in server.attempts(created["docId"])] == [200]
    assert len(receiver.about(created["docId"])) == 1

    with requests.Session() as browser:
        greeted = browser.get(told["link"], timeout=60)
        assert "API key" in greeted.text
        goal = told["link"].removeprefix(server.address)
        page = browser.post(f"{server.address}/login", data={"key": client.key, "next": goal}, timeout=60)
        assert page.url == told["link"]
        assert done["transcription"].split()[0] in page.text


def test_a_call_on_one_channel_comes_back_as_two_labelled_speakers(
    client: Client, mp3: Callable[[str], bytes], recording: Heard
) -> None:
    known, _ = recording("en-call")
    done = client.wait(client.send(mp3("en-call"), "phone_call"))
    assert done["status"] == "transcribed", done
    lines = done["transcription"].splitlines()
    assert all(re.fullmatch(r"Speaker [12]: \S.*", line) for line in lines), lines
    speakers = [line[:9] for line in lines]
    assert speakers[0] == "Speaker 1"
    assert set(speakers) == {"Speaker 1", "Speaker 2"}
    assert all(one != other for one, other in pairwise(speakers))
    said = re.sub(r"^Speaker \d:", "", done["transcription"], flags=re.MULTILINE)
    assert word_errors(known.reference, said, language="en").rate <= (known.wer_at_most or 0)


def test_each_channel_of_a_call_is_one_speaker(client: Client, recording: Heard) -> None:
    parties = ("en-cards", "en-respectable")
    (first, sample_rate), (second, _) = (read_samples(recording(name)[1]) for name in parties)
    pause = np.zeros((1, sample_rate), np.float32)
    left = np.concatenate([first, pause, np.zeros_like(second)], axis=1)
    right = np.concatenate([np.zeros_like(first), pause, second], axis=1)
    done = client.wait(client.send(to_mp3(np.concatenate([left, right]), sample_rate), "phone_call"))
    lines = done["transcription"].splitlines()
    assert [line[:10] for line in lines] == ["Speaker 1:", "Speaker 2:"], lines
    for name, line in zip(parties, lines, strict=True):
        known, _ = recording(name)
        assert word_errors(known.reference, line[10:], language="en").rate <= (known.wer_at_most or 0), line


@needs_armenian
@pytest.mark.parametrize("name", ["hy-call", "hy-call-stereo"])
def test_an_armenian_call_comes_back_with_armenian_labels(
    name: str, client: Client, mp3: Callable[[str], bytes], recording: Heard
) -> None:
    known, _ = recording(name)
    done = client.wait(client.send(mp3(name), "phone_call", language=None))
    assert done["languageCode"] == "hy-AM"
    lines = done["transcription"].splitlines()
    numbers = {speaker: number for number, speaker in enumerate(known.speakers, start=1)}
    expected = [f"Խոսնակ {numbers[turn.speaker]}:" for turn in known.turns]
    assert [line[:9] for line in lines] == expected, lines
    said = " ".join(line[9:] for line in lines)
    assert word_errors(known.reference, said, language="hy").rate <= (known.wer_at_most or 0.5), lines


@needs_armenian
def test_armenian_is_what_a_caller_gets_who_names_no_language(
    server: Server, client: Client, receiver: Receiver, mp3: Callable[[str], bytes], recording: Heard
) -> None:
    known, _ = recording("hy-single")
    server.set_webhook(client.tenant, f"{receiver.address}/ok")
    done = client.wait(client.send(mp3("hy-single"), language=None))
    assert done["languageCode"] == "hy-AM"
    wer = word_errors(known.reference, done["transcription"], language="hy").rate
    assert wer <= (known.wer_at_most or 0.5), done["transcription"]
    assert receiver.await_call(done["docId"]).json["transcription"] == done["transcription"]


@pytest.mark.client("curl")
def test_curl_alone_gets_a_transcript(
    server: Server, client: Client, mp3: Callable[[str], bytes], tmp_path: Path
) -> None:
    def curl(*words: str) -> str:
        done = subprocess.run(["curl", "--silent", "--show-error", "--fail-with-body", *words],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (tmp_path / "call.mp3").write_bytes(mp3("en-young-man"))
    bearer = ("-H", f"Authorization: Bearer {client.key}")
    created = json.loads(
        curl(*bearer, "-d", '{"type":"single_voice","languageCode":"en"}', f"{server.address}/api/createTranscription")
    )
    curl(
        "-X", "PUT", "-H", "Content-Type: audio/mpeg", "--upload-file", str(tmp_path / "call.mp3"), created["uploadUrl"]
    )
    client.wait(created["docId"])
    shown = curl(*bearer, f"{server.address}/api/getTranscription?docId={created['docId']}")
    assert '"status":"transcribed"' in shown.replace(": ", ":")
