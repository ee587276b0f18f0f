"""From a call on two channels to findings, scores, runs over old calls and aggregates, at three APIs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from tests.journeys.harness import Client as VendorClient
from tests.journeys.harness import Receiver, Server, wait_until

from khosq.client import Client
from khosq.evaluation.mp3 import read_samples, to_mp3

if TYPE_CHECKING:
    from tests.conftest import Heard

AGENT = {
    "id": "cards", "text": "Did the agent name the cards?", "method": "keyword", "speaker": "agent",
    "phrases": {"any": ["eight of spades", "four of clubs", "seven of hearts"]}, "weight": 3,
}  # fmt: skip
LOUD = {
    "id": "silence", "text": "Was there a long silence?", "method": "metric",
    "metric": {"name": "longest_silence", "less_than": 0.001},
}  # fmt: skip
FEATURES = ["measures", "summary", "sentiment", "intent"]


def card(name: str, *questions: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "sections": [{"name": "All", "weight": 1, "questions": list(questions)}]}


def made(client: VendorClient, definition: dict[str, Any]) -> str:
    answer = client.http.post(f"{client.address}/khosq/v1/scorecards", json=definition, timeout=60)
    return str(answer.json()["scorecard_id"])


def two_channels(recording: Heard) -> bytes:
    """A call: the customer on the first channel, then, on the second, the agent, who names three cards."""
    (customer, rate), (agent, same) = (read_samples(recording(name)[1]) for name in ("en-respectable", "en-cards"))
    assert rate == same
    sound = np.zeros((2, customer.shape[1] + agent.shape[1]), np.float32)
    sound[0, : customer.shape[1]], sound[1, customer.shape[1] :] = customer[0], agent[0]
    return to_mp3(sound, rate)


def test_a_call_is_analysed_scored_reviewed_and_counted(
    server: Server, client: VendorClient, receiver: Receiver, recording: Heard
) -> None:
    sound, today = two_channels(recording), datetime.now(UTC).date().isoformat()
    receiver.files["/two.mp3"] = sound
    server.set_webhook(client.tenant, f"{receiver.address}/ok")
    with server.core() as core:
        key, _ = core.keys.create(client.tenant, "admin")
    with Client(server.address, key) as own:
        first, second = (made(client, card(name, *asked)) for name, asked in (("One", [AGENT]), ("Two", [AGENT, LOUD])))
        own.set_preferences(agent_channel=1)

        job = own.jobs.submit(
            sound, language="en", multichannel=True, features=FEATURES, scorecard_id=first, metadata={"agent": "Anna"}
        )
        address = f"{receiver.address}/two.mp3"
        asked = {"audio_url": address, "language": "en-US", "features": ["qa_scoring"], "qa_scorecard_id": first}
        elsewhere = client.http.post(f"{server.address}/v1/transcription", json=asked, timeout=60).json()["job_id"]
        checked = client.send(sound, "phone_call", checklistId=first)
        assert own.jobs.wait(job.id, within=200).state == "succeeded"

        found = {one.name: one for one in own.jobs.findings(job.id)}
        assert set(found) == {*FEATURES, f"scorecard:{first}"}
        assert not [one.error for one in found.values() if one.error]
        score = found[f"scorecard:{first}"].value
        assert score is not None
        assert score["score"] == 100
        assert score["sections"][0]["answers"][0]["evidence"]["text"]

        assert own.jobs.wait(elsewhere, within=200).state == "succeeded"
        vendors = client.http.get(f"{server.address}/v1/transcription/{elsewhere}", timeout=60).json()
        assert (vendors["qa_result"]["scorecard_id"], vendors["qa_result"]["score"]) == (first, 100)

        run = own.analyses.create(features=["key_phrases"], scorecard_id=second, job_ids=[job.id])
        wait_until("the run to end", lambda: own.analyses.get(run.id).ended_at)
        done = own.analyses.get(run.id)
        assert (done.jobs, done.done, done.failed) == (1, 1, 0)
        evaluations = client.http.get(f"{server.address}/khosq/v1/jobs/{job.id}/evaluations", timeout=60).json()["data"]
        scores = {one["scorecard_id"]: one["score"] for one in evaluations}
        assert scores == {first: 100, second: 75}
        assert "key_phrases" in {one.name for one in own.jobs.findings(job.id)}

        evaluation = next(one["id"] for one in evaluations if one["scorecard_id"] == second)
        answer = f"{server.address}/khosq/v1/evaluations/{evaluation}/answers/silence"
        said = client.http.put(answer, json={"answer": True, "reason": "It was a pause to think."}, timeout=60).json()
        assert (said["score"], said["machine_score"]) == (100, 75)
        assert own.jobs.wait(checked, within=200).state == "succeeded"
        whole = own.get_analytics()
        assert (whole.totals.calls, whole.totals.scored_calls, whole.totals.score) == (3, 3, 100)
        assert [(one.name, one.calls, one.score) for one in whole.by_agent] == [("Anna", 1, 100)]
        vendors = client.http.get(f"{server.address}/v1/analytics/calls?from={today}", timeout=60).json()
        assert (vendors["total_calls"], vendors["average_score"]) == (3, 100)

    told = wait_until(
        "the checklist to be told",
        lambda: [one.json for one in receiver.about(checked) if one.json["event_type"] == "analysis_ready"],
    )[0]
    assert (told["checklistId"], told["results"]["cards"]["answer"]) == (first, "yes")
