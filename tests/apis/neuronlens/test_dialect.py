"""Webhooks as NeuronLens words and signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.messages import a_message, an_endpoint

from khosq.apis.neuronlens.dialect import NeuronLensDialect
from khosq.jobs.job import Job, JobEvent, JobState, Wishes

EXAMPLES = Path(__file__).parent / "examples"
AT = datetime(2030, 1, 1, 9, 0, 21, tzinfo=UTC)
JOB = Job(
    "trx_8Kd2mQ5vB", "t1", "neuronlens", JobState.SUCCEEDED, Wishes("hy-AM"), {"lead": "L-9"}, "https://asr.example", AT
)  # fmt: skip


def test_a_finished_job_is_told_in_the_documented_envelope() -> None:
    letter = NeuronLensDialect().letter(a_message("transcription.completed", JOB))
    expected = json.loads((EXAMPLES / "webhook.json").read_text("utf-8")) | {"id": "evt_message1"}
    assert json.loads(letter.body) == expected
    assert letter.headers["content-type"] == "application/json"


def test_a_failed_job_is_told_with_its_reason() -> None:
    job = replace(JOB, state=JobState.FAILED, error_code="too_long", error="It is too long.")
    told = json.loads(NeuronLensDialect().letter(a_message("transcription.failed", job)).body)
    assert (told["event"], told["data"]["status"]) == ("transcription.failed", "failed")
    assert told["data"]["error"] == {"code": "audio_too_long", "message": "It is too long."}


def test_a_letter_is_signed_over_its_bytes_and_is_the_same_on_every_try() -> None:
    first, second = (
        NeuronLensDialect().letter(
            a_message("transcription.completed", JOB, endpoint=an_endpoint(JOB, secret="s3cr3t-é"), sent_at=sent_at)
        )
        for sent_at in (AT, AT + timedelta(hours=2))
    )
    expected = hmac.new("s3cr3t-é".encode(), first.body, hashlib.sha256).hexdigest()
    assert first.headers["X-VInfer-Signature"] == f"sha256={expected}"
    assert first == second


def test_a_receiver_without_a_secret_gets_no_signature() -> None:
    letter = NeuronLensDialect().letter(a_message("transcription.completed", JOB, endpoint=an_endpoint(JOB, secret="")))
    assert set(letter.headers) == {"content-type"}


def test_metadata_keeps_its_digits() -> None:
    job = replace(JOB, metadata={"n": Decimal("12345678901234567890.120")})
    assert b'"metadata":{"n":12345678901234567890.120}' in NeuronLensDialect().letter(a_message("e", job)).body


def test_every_end_of_a_job_is_told() -> None:
    told = NeuronLensDialect.events
    assert told[JobEvent.COMPLETED] == "transcription.completed"
    failures = (JobEvent.GIVEN_UP, JobEvent.CANCELLED, JobEvent.EXPIRED)
    assert {told[event] for event in failures} == {"transcription.failed"}


def test_tries_are_made_as_the_contract_has_them() -> None:
    policy = NeuronLensDialect.policy
    assert [offset / 60 for offset in policy.offsets] == [0, 1, 5, 30, 120]
    assert (policy.deadline, policy.jitter) == (10, 0)
