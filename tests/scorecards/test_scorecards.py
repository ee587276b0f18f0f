"""Scorecards, their revisions and what comes of them, on SQLite and Postgres."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.analysis.scorecards.cards import CALL, card, question
from tests.stores import Office, at_once

from khosq.analysis.scorecards.definition import Scorecard
from khosq.analysis.scorecards.scoring import evaluate
from khosq.errors import Busy, Conflict, NotFound
from khosq.identifiers import is_id
from khosq.jobs.job import Job
from khosq.scorecards.review import KeptEvaluation, Reviewer
from khosq.scorecards.scorecard import RevisionState, ScorecardRevision
from khosq.scorecards.scorecards import Scorecards
from khosq.scorecards.store import EvaluationStore, ScorecardStore

HELLO = card(question(id="hello", phrases={"any": ["hello"]}), question("scale", id="how"))
GOODBYE = replace(card(question(id="bye", phrases={"any": ["goodbye"]})), name="Farewell")
ANN = Reviewer("key", "Ann")


@pytest.fixture
def scorecards(office: Office) -> Scorecards:
    return Scorecards(ScorecardStore(office.database), EvaluationStore(office.database), clock=office.clock)


def states(scorecards: Scorecards, revision: ScorecardRevision, tenant_id: str) -> list[str]:
    return [one.state.value for one in scorecards.revisions(tenant_id, revision.scorecard_id)]


def scored(
    scorecards: Scorecards, job: Job, definition: Scorecard = HELLO, revision: ScorecardRevision | None = None
) -> KeptEvaluation:
    revision = revision or scorecards.create(job.tenant_id, definition)
    kept = scorecards.keep_evaluation(job, revision, evaluate(CALL, revision.definition, {}))
    assert kept is not None
    return kept


def test_a_scorecard_comes_back_as_it_was_written(office: Office, scorecards: Scorecards) -> None:
    tenant = office.tenant().id
    made = scorecards.create(tenant, HELLO, by="key")
    assert is_id(made.scorecard_id)
    assert (made.number, made.state, made.created_by) == (1, RevisionState.PUBLISHED, "key")
    assert scorecards.revision(tenant, made.scorecard_id) == made
    kept = scorecards.find(tenant, made.scorecard_id)
    assert (kept.name, kept.newest, kept.published) == ("Card", 1, 1)
    assert scorecards.all(tenant) == [kept]


def test_another_tenants_scorecard_is_not_there(office: Office, scorecards: Scorecards) -> None:
    tenant, other = office.tenant().id, office.tenant().id
    card_id = scorecards.create(tenant, HELLO).scorecard_id
    for name in (card_id, "x", "ä" * 20, ""):
        asked = other if name == card_id else tenant
        for act in (scorecards.find, scorecards.usable, scorecards.archive, scorecards.remove, scorecards.revisions):
            with pytest.raises(NotFound):
                act(asked, name)
        with pytest.raises(NotFound):
            scorecards.change(asked, name, GOODBYE)
        with pytest.raises(NotFound):
            scorecards.publish(asked, name, 1)
    assert scorecards.all(other) == []


def test_a_draft_changes_in_place_and_scores_nothing(office: Office, scorecards: Scorecards) -> None:
    tenant = office.tenant().id
    draft = scorecards.create(tenant, HELLO, publish=False)
    with pytest.raises(NotFound):
        scorecards.usable(tenant, draft.scorecard_id)
    changed = scorecards.change(tenant, draft.scorecard_id, GOODBYE, publish=False)
    assert (changed.number, changed.definition) == (1, GOODBYE)
    assert scorecards.find(tenant, draft.scorecard_id).name == "Farewell"
    published = scorecards.publish(tenant, draft.scorecard_id, 1)
    assert scorecards.usable(tenant, draft.scorecard_id).definition == published.definition == GOODBYE


def test_what_was_published_never_changes(office: Office, scorecards: Scorecards) -> None:
    tenant = office.tenant().id
    first = scorecards.usable(tenant, scorecards.create(tenant, HELLO).scorecard_id)
    assert first.used_at == office.clock()
    office.clock.turn(60)
    assert scorecards.usable(tenant, first.scorecard_id) == first
    second = scorecards.change(tenant, first.scorecard_id, GOODBYE)
    assert (second.number, states(scorecards, first, tenant)) == (2, ["archived", "published"])
    assert scorecards.revision(tenant, first.scorecard_id, 1).definition == HELLO
    assert scorecards.usable(tenant, first.scorecard_id).number == 2
    scorecards.publish(tenant, first.scorecard_id, 1)
    assert states(scorecards, first, tenant) == ["published", "archived"]
    assert scorecards.usable(tenant, first.scorecard_id).definition == HELLO
    for number in (0, 3, 10**9):
        with pytest.raises(NotFound):
            scorecards.publish(tenant, first.scorecard_id, number)
        with pytest.raises(NotFound):
            scorecards.revision(tenant, first.scorecard_id, number)


def test_changes_at_the_same_moment_make_revisions_one_after_the_other(office: Office, scorecards: Scorecards) -> None:
    tenant = office.tenant().id
    made = scorecards.create(tenant, HELLO)
    changes = [lambda: scorecards.change(tenant, made.scorecard_id, GOODBYE) for _ in range(4)]
    numbers = sorted(one.number for one in at_once(changes) if isinstance(one, ScorecardRevision))
    assert numbers == [2, 3, 4, 5]
    assert states(scorecards, made, tenant) == ["archived"] * 4 + ["published"]


def test_an_archived_scorecard_scores_nothing_and_stays_to_be_read(office: Office, scorecards: Scorecards) -> None:
    tenant = office.tenant().id
    made = scorecards.create(tenant, HELLO)
    scorecards.archive(tenant, made.scorecard_id)
    with pytest.raises(NotFound):
        scorecards.usable(tenant, made.scorecard_id)
    with pytest.raises(Conflict):
        scorecards.change(tenant, made.scorecard_id, GOODBYE)
    with pytest.raises(Conflict):
        scorecards.publish(tenant, made.scorecard_id, 1)
    assert scorecards.all(tenant) == []
    assert [one.id for one in scorecards.all(tenant, with_archived=True)] == [made.scorecard_id]
    assert scorecards.revision(tenant, made.scorecard_id).definition == HELLO


def test_a_scorecard_that_was_asked_for_cannot_be_removed(office: Office, scorecards: Scorecards) -> None:
    tenant = office.tenant().id
    unused, used = (scorecards.create(tenant, HELLO).scorecard_id for _ in range(2))
    scorecards.usable(tenant, used)
    scorecards.remove(tenant, unused)
    with pytest.raises(Conflict):
        scorecards.remove(tenant, used)
    assert [one.id for one in scorecards.all(tenant)] == [used]


def test_scorecards_are_listed_newest_first_page_by_page(office: Office, scorecards: Scorecards) -> None:
    tenant = office.tenant().id
    made = []
    for _ in range(3):
        office.clock.turn(1)
        made.append(scorecards.create(tenant, HELLO).scorecard_id)
    first = scorecards.all(tenant, limit=2)
    assert [one.id for one in first] == made[:0:-1]
    rest = scorecards.all(tenant, limit=2, after=(first[-1].created_at, first[-1].id))
    assert [one.id for one in rest] == made[:1]


def test_an_evaluation_is_kept_and_made_again_takes_its_own_place(office: Office, scorecards: Scorecards) -> None:
    job = office.job()
    revision = scorecards.create(job.tenant_id, HELLO)
    kept = scored(scorecards, job, revision=revision)
    assert is_id(kept.id)
    assert scorecards.reviews.find(job.tenant_id, kept.id) == kept
    scorecards.reviews.override(job.tenant_id, kept.id, "hello", answer=False, why="Too late.", by=ANN)
    office.clock.turn(60)
    again = scored(scorecards, job, revision=revision)
    assert (again.id, again.machine.score, again.evaluation.score) == (kept.id, 100, 0)
    assert scorecards.reviews.of_jobs([job.id]) == [again]
    changed = scorecards.change(job.tenant_id, revision.scorecard_id, GOODBYE)
    assert scored(scorecards, job, revision=changed).id != kept.id
    assert len(scorecards.reviews.of_jobs([job.id])) == 2


def test_an_evaluation_is_kept_in_a_transaction_of_others(office: Office, scorecards: Scorecards) -> None:
    job = office.job()
    revision = scorecards.create(job.tenant_id, HELLO)

    def keep_and_fail() -> None:
        with office.database.write() as connection:
            scorecards.keep_evaluation(job, revision, evaluate(CALL, HELLO, {}), connection=connection)
            raise Busy

    with pytest.raises(Busy):
        keep_and_fail()
    assert scorecards.reviews.of_jobs([job.id]) == []


def test_what_came_of_a_job_goes_with_it(office: Office, scorecards: Scorecards) -> None:
    job = office.job()
    revision = scorecards.create(job.tenant_id, HELLO)
    kept = scored(scorecards, job, revision=revision)
    scorecards.reviews.confirm(job.tenant_id, kept.id, why="", by=ANN)
    with office.database.write() as connection:
        scorecards.remove_of_job(connection, job.id)
    with pytest.raises(NotFound):
        scorecards.reviews.find(job.tenant_id, kept.id)
    office.lookup.delete(job.tenant_id, job.id)
    assert scorecards.keep_evaluation(job, revision, evaluate(CALL, HELLO, {})) is None
