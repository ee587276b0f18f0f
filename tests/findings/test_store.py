from __future__ import annotations

from tests.stores import Office

from khosq.findings.finding import KeptFinding
from khosq.findings.store import FindingStore


def test_a_finding_made_again_takes_the_place_of_the_one_before(office: Office) -> None:
    store, job, other = FindingStore(office.database), office.job(), office.job()
    mood = KeptFinding("sentiment", {"overall": 0.25, "by_voice": [0.5, None]}, office.clock())
    assert store.keep(job.id, KeptFinding("sentiment", None, office.clock(), error="It broke \x00 off."))
    assert store.keep(job.id, mood)
    assert store.keep(other.id, KeptFinding("summary", {"summary": "Ողջույն \ud800"}, office.clock(), "gpt", "late"))
    found = store.of_jobs([job.id, other.id, "unknown"])
    assert found[job.id] == {"sentiment": mood}
    assert found[other.id]["summary"].value == {"summary": "Ողջույն \ud800"}
    assert found["unknown"] == {}


def test_nothing_is_kept_of_a_job_that_is_not_there(office: Office) -> None:
    store = FindingStore(office.database)
    assert not store.keep("gone", KeptFinding("summary", {}, office.clock()))
    assert store.of_jobs(["gone"]) == {"gone": {}}


def test_a_deleted_jobs_findings_go_with_it(office: Office) -> None:
    store, job = FindingStore(office.database), office.job()
    store.keep(job.id, KeptFinding("summary", {}, office.clock()))
    assert office.jobs.delete(job, office.clock(), key_id=None, also=[])
    assert store.of_jobs([job.id]) == {job.id: {}}
