"""Calls as the vendor's documents show them, on the whole API without workers."""

from __future__ import annotations

import base64
from typing import Any

from tests.stores import keep_outcome, summarised

from khosq.jobs.job import JobEvent
from khosq.jobs.results import Outcome
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

Office = Any  # the fixture's type lies in a conftest, which cannot be imported

SESSIONS = "/api/v3/speech-to-text/session"
FILES = "/api/v3/files/"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


def keyed(key: str) -> dict[str, str]:
    return {"x-zoom-s2t-key": key}


def create(office: Office, key: str, **fields: Any) -> dict[str, Any]:
    answer = office.client.post(SESSIONS, headers=keyed(key), json={"language": "en", **fields})
    assert answer.status_code == 200, answer.text
    created: dict[str, Any] = answer.json()["result"]
    return created


def look(office: Office, key: str, session_id: str, more: str = "") -> Any:
    return office.client.get(f"{SESSIONS}/{session_id}{more}", headers=keyed(key))


def result(office: Office, key: str, session_id: str, more: str = "") -> Any:
    answer = look(office, key, session_id, more)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def assert_refused(answer: Any, status: int, word: str, *, naming: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) <= {"error", "message", "detail"}
    assert (body["error"], bool(body["message"])) == (word, True)
    if naming is not None:
        assert body["detail"] == naming


def said(*words: tuple[str, float, float, float | None], speaker: int | None = None, channel: int = 0) -> Utterance:
    heard = tuple(Word(text, Timespan(start, end), confidence) for text, start, end, confidence in words)
    return Utterance(" ".join(word.text for word in heard), heard, speaker, channel)


MORNING = said(("Good", 0.12, 0.38, 0.97), ("morning.", 0.4, 0.93, 0.95))
OUTCOME = summarised(
    Transcript(
        "en", 13.6, (MORNING, said(("It's", 2.0, 2.3, 0.5), ("10:30,", 2.3, 3.0, None), ("sir!", 3.1, 3.5, 0.9)))
    ),
    title="A good morning",
    summary="Good morning. It's 10:30, sir!",
)


def done(office: Office, key: str, mp3: bytes, outcome: Outcome = OUTCOME, **fields: Any) -> str:
    """Make a session that is done."""
    session_id: str = create(office, key, **fields)["session_id"]
    sent = office.client.put(f"{SESSIONS}/{session_id}", headers=keyed(key), content=mp3)
    assert sent.status_code == 200, sent.text
    finish(office, session_id, outcome)
    return session_id


def finish(office: Office, session_id: str, outcome: Outcome = OUTCOME) -> None:
    """End a session well, as a worker does: it is told in the same transaction."""
    office.begin(session_id)
    keep_outcome(office.core.results, office.core.findings, session_id, outcome)
    changes = {"duration": 31.404, "ended_at": office.clock()}
    also = [office.core.telling(JobEvent.COMPLETED)]
    assert office.core.jobs.move(session_id, JobEvent.COMPLETED, office.clock(), changes=changes, also=also)


def metadata(**values: str) -> dict[str, str]:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    return {"Upload-Metadata": ",".join(pairs)}


def begin(office: Office, key: str, length: int, **values: str) -> Any:
    """Begin a resumable upload."""
    headers = TUS | keyed(key) | {"Upload-Length": str(length)} | metadata(**values)
    return office.client.post(FILES, headers=headers)


def patch(office: Office, key: str, url: str, offset: int, data: bytes) -> Any:
    return office.client.patch(url, headers=PIECE | keyed(key) | {"Upload-Offset": str(offset)}, content=data)


def told(office: Office, session_id: str) -> list[Any]:
    """Every webhook that waits to be sent about a session, oldest first."""
    return list(reversed(office.core.deliveries.of_job(session_id)))


def events(office: Office, session_id: str) -> list[tuple[str, str]]:
    """What is told to whom about a session, oldest first."""
    return [(one.event, one.endpoint.url) for one in told(office, session_id)]
