from __future__ import annotations

from datetime import UTC, datetime

from tests.messages import a_message

from khosq.apis.scriptix.dialect import ScriptixDialect
from khosq.jobs.job import Job, JobState, Wishes

ID = "5a01c7e2000001000004d19b3e"
AT = datetime(2030, 1, 1, 9, tzinfo=UTC)
JOB = Job(ID, "t" * 20, "scriptix", JobState.SUCCEEDED, Wishes("en"), {}, "https://asr.example.org", AT)


def test_a_finished_session_is_told_by_its_two_names() -> None:
    letter = ScriptixDialect().letter(a_message("session.done", JOB))
    assert letter.body == f'{{"sessionId":"{ID}","zoom_id":"{ID}"}}'.encode()
    assert letter.headers == {
        "content-type": "application/json",
        "x-scriptix-session": ID,
        "x-zoom-session": ID,
    }


def test_a_document_is_told_with_its_session() -> None:
    letter = ScriptixDialect().letter(a_message("document.updated", JOB, subject={"id": "d1"}))
    assert letter.body == f'{{"sessionId":"{ID}","documentId":"d1"}}'.encode()
    assert letter.headers == {
        "content-type": "application/json",
        "x-scriptix-session": ID,
        "x-scriptix-document": "d1",
    }


def test_it_tries_at_the_documented_minutes_and_waits_twenty_seconds() -> None:
    policy = ScriptixDialect.policy
    assert [offset / 60 for offset in policy.offsets] == [0, 1, 3, 8, 23, 53]
    assert policy.deadline == 20
    assert set(ScriptixDialect.events) == {"completed", "document_created", "document_updated", "document_deleted"}
