"""Scorecards and evaluations, before the real application."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.analysis.scorecards.cards import CALL, YAML

from khosq.analysis.scorecards.scoring import evaluate
from khosq.identifiers import is_id

Office = Any  # the fixtures' types lie in conftests, which cannot be imported
Api = Any

PLAIN = yaml.safe_load(YAML)


def evaluation(office: Office, api: Api, job_id: str, scorecard_id: str) -> str:
    """Keep what the pipeline would; return its id."""
    tenant = office.core.keys.authenticate(api.key, scope="read", door="native").tenant_id
    revision = office.core.scorecards.usable(tenant, scorecard_id)
    found = evaluate(CALL, revision.definition, {})
    return str(office.core.scorecards.keep_evaluation(office.core.jobs.find(job_id), revision, found).id)


@pytest.fixture
def evaluated(office: Office, api: Api) -> Any:
    scorecard, job = api.made("/scorecards", json=PLAIN), api.job()
    name = evaluation(office, api, job["id"], scorecard["scorecard_id"])
    return api.get(f"/evaluations/{name}").json()


@pytest.mark.parametrize("body", [{"json": PLAIN}, {"content": YAML, "headers": {"Content-Type": "application/yaml"}}])
def test_a_scorecard_is_written_in_json_or_yaml(api: Api, body: dict[str, Any]) -> None:
    answer = api.post("/scorecards", **body)
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/khosq/v1/scorecards/{made['scorecard_id']}")
    assert is_id(made["scorecard_id"])
    assert (made["number"], made["state"]) == (1, "published")
    assert made["definition"]["sections"][0]["questions"][0]["phrases"] == {"any": ["good morning", "hello"]}
    entry = api.get(f"/scorecards/{made['scorecard_id']}").json()
    assert (entry["name"], entry["published_revision"]) == ("Greeting check", 1)
    assert api.get("/scorecards").json()["data"] == [entry]
    assert api.get(f"/scorecards/{made['scorecard_id']}/revisions/1").json() == made


def test_what_is_exported_can_be_imported(api: Api) -> None:
    made = api.made("/scorecards", json=PLAIN)
    written = api.get(f"/scorecards/{made['scorecard_id']}/yaml")
    assert written.headers["content-type"].startswith("application/yaml")
    assert "Greeting%20check.yaml" in written.headers["content-disposition"]
    again = api.made("/scorecards", content=written.content)
    assert (again["definition"], again["scorecard_id"] == made["scorecard_id"]) == (made["definition"], False)


def test_a_published_scorecard_changes_by_revisions(api: Api) -> None:
    one = f"/scorecards/{api.made('/scorecards?publish=false', json=PLAIN)['scorecard_id']}"
    assert api.get(one).json()["published_revision"] is None
    assert api.call("PUT", f"{one}?publish=false", json=PLAIN | {"name": "Draft"}).json()["number"] == 1
    assert api.made(f"{one}/revisions/1/publish")["state"] == "published"
    assert api.call("PUT", one, json=PLAIN | {"name": "Next"}).json()["number"] == 2
    told = [(made["number"], made["state"]) for made in api.get(f"{one}/revisions").json()["data"]]
    assert told == [(1, "archived"), (2, "published")]
    assert "name: Draft" in api.get(f"{one}/yaml?revision=1").text
    assert api.made(f"{one}/archive")["archived_at"]
    assert api.call("PUT", one, json=PLAIN).status_code == 409
    assert api.get("/scorecards").json()["data"] == []
    assert len(api.get("/scorecards?archived=true").json()["data"]) == 1
    assert api.call("DELETE", one).status_code == 204
    assert api.get(one).status_code == 404


def test_every_fault_of_a_scorecard_is_named(api: Api) -> None:
    wrong = yaml.safe_load(YAML)
    wrong["sections"][0]["weight"] = 0
    wrong["sections"][0]["questions"][0] |= {"speaker": "boss", "phrases": {"any": ["x" * 10_000]}}
    answer = api.post("/scorecards", json=wrong)
    assert answer.status_code == 400
    faults = {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
    assert faults["/sections/0/weight"] == "must be 1 or more"
    assert faults["/sections/0/questions/0/speaker"] == "must be 'agent', 'customer' or 'any'"
    assert faults["/sections/0/questions/0/phrases/any/0"] == "may have 200 characters at most"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[1, 2]", 400),
        (b"a: &a [*a]", 400),
        (b'{"name":', 400),
        (b"\xff", 400),
        (b"{" * 50_000, 400),
        (b"name: x\n" * 250_000, 413),
    ],
)
def test_a_body_that_is_no_scorecard_is_refused(api: Api, body: bytes, status: int) -> None:
    assert api.post("/scorecards", content=body).status_code == status
    assert api.get("/scorecards").json()["data"] == []


def test_what_is_another_tenants_or_nobodys_is_not_there(api: Api, evaluated: Any) -> None:
    other, one = api.another("other"), f"/scorecards/{evaluated['scorecard_id']}"
    of_it = [one, *(f"{one}/{part}" for part in ("yaml", "revisions", "revisions/1", "evaluations", "calibration"))]
    for path in (*of_it, f"/evaluations/{evaluated['id']}", f"/jobs/{evaluated['job_id']}/evaluations"):
        assert api.get(path).status_code == 200
        assert other.get(path).status_code == 404
    why = {"text": "No."}
    assert other.post(f"/evaluations/{evaluated['id']}/dispute", json=why).status_code == 404
    for path in (f"{one}/revisions/0", f"{one}/revisions/٣", f"{one}/revisions/9999999", "/evaluations/x"):
        assert api.get(path).status_code == 404


def test_a_reader_may_look_and_not_write(api: Api, evaluated: Any) -> None:
    reader, one = api.another(scope="read"), f"/evaluations/{evaluated['id']}"
    assert reader.get(one).json() == evaluated
    assert reader.post("/scorecards", json=PLAIN).status_code == 403
    assert reader.post(f"{one}/confirm").status_code == 403
    assert reader.call("DELETE", f"{one}/answers/greet").status_code == 403


def test_an_evaluation_shows_its_evidence(api: Api, evaluated: Any) -> None:
    assert (evaluated["score"], evaluated["machine_score"], evaluated["made_by"]) == (100, 100, "embedded")
    (answer,) = evaluated["sections"][0]["answers"]
    assert answer["evidence"] == {"text": "Good morning,", "start": 0.0, "end": 0.6, "speaker": 1, "likeness": 1.0}
    assert (answer["answer"], answer["points"], answer["most_points"], answer["override"]) == ("yes", 1, 1, None)
    assert answer["reason"].endswith(".")
    assert api.get(f"/jobs/{evaluated['job_id']}/evaluations").json() == {"data": [evaluated]}


def test_a_persons_answer_counts_and_shows_who_gave_it(api: Api, evaluated: Any) -> None:
    one = f"/evaluations/{evaluated['id']}"
    given = {"answer": False, "reason": "To a colleague.", "reviewer": "Ann"}
    after = api.call("PUT", f"{one}/answers/greet", json=given).json()
    assert (after["score"], after["machine_score"]) == (0, 100)
    (answer,) = after["sections"][0]["answers"]
    assert answer["answer"] == "yes"
    said = answer["override"]
    assert (said["answer"], said["reason"], said["reviewer"]) == ("no", "To a colleague.", "Ann")
    assert is_id(said["key_id"])
    assert api.call("DELETE", f"{one}/answers/greet?reason=Oh").json()["score"] == 100
    assert api.call("DELETE", f"{one}/answers/greet").status_code == 404
    assert [review["kind"] for review in api.get(one).json()["reviews"]] == ["override", "withdraw"]
    for wrong in ({"answer": 1, "reason": "x"}, {"answer": "yes", "reason": "x"}, {"answer": True}, {"reason": "x"}):
        assert api.call("PUT", f"{one}/answers/greet", json=wrong).status_code == 400
    assert api.call("PUT", f"{one}/answers/nothing", json=given).status_code == 404


def test_a_dispute_is_listed_until_it_is_resolved(api: Api, evaluated: Any) -> None:
    one, listed = f"/evaluations/{evaluated['id']}", f"/scorecards/{evaluated['scorecard_id']}/evaluations"
    assert api.made(f"{one}/dispute", json={"text": "Unfair.", "reviewer": "Bob"})["is_disputed"] is True
    assert api.post(f"{one}/dispute", json={"text": "Unfair."}).status_code == 409
    assert [found["id"] for found in api.get(f"{listed}?disputed=true").json()["data"]] == [evaluated["id"]]
    after = api.made(f"{one}/resolve", json={"text": "It was fair.", "reviewer": "Ann"})
    assert [(said["kind"], said["reviewer"], said["text"]) for said in after["reviews"]] == [
        ("dispute", "Bob", "Unfair."),
        ("resolve", "Ann", "It was fair."),
    ]
    assert api.get(f"{listed}?disputed=true").json()["data"] == []
    assert api.post(f"{one}/resolve", json={"text": "Again."}).status_code == 409
    assert api.post(f"{one}/dispute", json={}).status_code == 400


def test_calibration_counts_what_people_looked_at(office: Office, api: Api, evaluated: Any) -> None:
    one = f"/scorecards/{evaluated['scorecard_id']}"
    assert api.get(f"{one}/calibration").json()["evaluations"] == 0
    api.made(f"/evaluations/{evaluated['id']}/confirm")
    office.clock.turn(1)
    second = evaluation(office, api, api.job()["id"], evaluated["scorecard_id"])
    api.call("PUT", f"/evaluations/{second}/answers/greet", json={"answer": False, "reason": "No."})
    found = api.get(f"{one}/calibration").json()
    assert (found["evaluations"], found["score_difference"]) == (2, 50)
    assert found["questions"]["greet"] == {"count": 2, "agreement": 0.5, "kappa": 0.0, "mean_difference": None}
    first = api.get(f"{one}/evaluations?limit=1").json()
    rest = api.get(f"{one}/evaluations?limit=1&cursor={first['next_cursor']}").json()
    assert [page["data"][0]["id"] for page in (first, rest)] == [second, evaluated["id"]]


def test_what_came_of_a_job_goes_with_it(api: Api, evaluated: Any) -> None:
    assert api.call("DELETE", f"/jobs/{evaluated['job_id']}").status_code in {200, 204}
    assert api.get(f"/evaluations/{evaluated['id']}").status_code == 404
    assert api.get(f"/scorecards/{evaluated['scorecard_id']}/evaluations").json()["data"] == []
