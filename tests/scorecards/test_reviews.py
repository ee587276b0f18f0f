"""People's answers, disputes and how far they agree with the machine, on SQLite and Postgres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from tests.analysis.scorecards.cards import CALL, card, question
from tests.stores import Office, at_once

from khosq.analysis.scorecards.scoring import evaluate
from khosq.assembly.core import Core
from khosq.errors import Conflict, Invalid, NotFound
from khosq.findings.finding import KeptFinding
from khosq.jobs.job import Job, JobEvent
from khosq.scorecards.calibration import agreement
from khosq.scorecards.review import KeptEvaluation, Reviewer, ReviewKind
from khosq.scorecards.reviews import Reviews
from khosq.scorecards.scorecard import ScorecardRevision
from khosq.scorecards.scorecards import Scorecards
from khosq.scorecards.store import EvaluationStore, ScorecardStore
from khosq.settings import Settings

CARD = card(
    question(id="hello", phrases={"any": ["hello"]}, weight=3),
    question("scale", id="kind", phrases={"all": ["sorry", "voucher"]}),
    question(id="rude", phrases={"none": ["idiot"]}, automatic_fail=True),
    question("binary", id="sold"),
)
ANN, BOB = Reviewer("key-of-ann", "Ann"), Reviewer("key-of-bob", "Bob")


@pytest.fixture
def scorecards(office: Office) -> Scorecards:
    return Scorecards(ScorecardStore(office.database), EvaluationStore(office.database), clock=office.clock)


@pytest.fixture
def reviews(scorecards: Scorecards) -> Reviews:
    return scorecards.reviews


@pytest.fixture
def kept(office: Office, scorecards: Scorecards) -> KeptEvaluation:
    job = office.job()
    return keep(scorecards, job, scorecards.create(job.tenant_id, CARD))


def keep(scorecards: Scorecards, job: Job, revision: ScorecardRevision) -> KeptEvaluation:
    kept = scorecards.keep_evaluation(job, revision, evaluate(CALL, CARD, {}))
    assert kept is not None
    return kept


def test_a_persons_answer_counts_and_the_machines_stays(reviews: Reviews, kept: KeptEvaluation) -> None:
    assert kept.machine.score == kept.evaluation.score == 90
    after = reviews.override(kept.tenant_id, kept.id, "kind", 10, why="She was.", by=ANN)
    assert (after.machine.score, after.evaluation.score) == (90, 100)
    assert reviews.find(kept.tenant_id, kept.id) == after
    (said,) = after.reviews
    assert (said.kind, said.by, said.text, said.worth) == (ReviewKind.OVERRIDE, ANN, "She was.", 1)
    assert after.evaluation.answers[1].evidence == kept.machine.answers[1].evidence


def test_the_last_answer_counts_until_it_is_taken_back(reviews: Reviews, kept: KeptEvaluation) -> None:
    reviews.override(kept.tenant_id, kept.id, "hello", answer=False, why="", by=ANN)
    after = reviews.override(kept.tenant_id, kept.id, "hello", answer=None, why="", by=BOB)
    assert after.evaluation.answers[0].word == "n/a"
    assert after.evaluation.score == 75
    after = reviews.withdraw(kept.tenant_id, kept.id, "hello", why="My mistake.", by=BOB)
    assert (after.evaluation.score, len(after.reviews)) == (90, 3)
    with pytest.raises(NotFound):
        reviews.withdraw(kept.tenant_id, kept.id, "hello", why="", by=BOB)


def test_a_person_may_fail_the_whole_call(reviews: Reviews, kept: KeptEvaluation) -> None:
    after = reviews.override(kept.tenant_id, kept.id, "rude", answer=False, why="In Dutch.", by=ANN)
    assert (after.evaluation.score, after.evaluation.failed_by) == (0, ("rude",))


@pytest.mark.parametrize(
    ("name", "answer"), [("hello", 1), ("kind", True), ("kind", 11), ("kind", float("nan")), ("rude", 0.5)]
)
def test_an_answer_must_fit_its_question(
    reviews: Reviews, kept: KeptEvaluation, name: str, answer: bool | float
) -> None:
    with pytest.raises(Invalid):
        reviews.override(kept.tenant_id, kept.id, name, answer, why="", by=ANN)
    assert reviews.find(kept.tenant_id, kept.id).reviews == ()


def test_a_dispute_is_open_until_it_is_resolved(reviews: Reviews, kept: KeptEvaluation) -> None:
    def listed(*, is_disputed: bool) -> list[str]:
        found = reviews.of_scorecard(kept.scorecard_id, limit=10, is_disputed=is_disputed)
        return [one.id for one in found]

    with pytest.raises(Conflict):
        reviews.resolve(kept.tenant_id, kept.id, why="", by=ANN)
    assert reviews.dispute(kept.tenant_id, kept.id, why="I did greet.", by=BOB).is_disputed
    with pytest.raises(Conflict):
        reviews.dispute(kept.tenant_id, kept.id, why="Again.", by=BOB)
    assert (listed(is_disputed=True), listed(is_disputed=False)) == ([kept.id], [])
    after = reviews.resolve(kept.tenant_id, kept.id, why="You did.", by=ANN)
    assert not after.is_disputed
    assert [(one.number, one.kind.value, one.by.name, one.text) for one in after.reviews] == [
        (1, "dispute", "Bob", "I did greet."),
        (2, "resolve", "Ann", "You did."),
    ]
    assert (listed(is_disputed=True), listed(is_disputed=False)) == ([], [kept.id])
    assert reviews.dispute(kept.tenant_id, kept.id, why="Still.", by=BOB).is_disputed


def test_another_tenants_evaluation_is_not_there(office: Office, reviews: Reviews, kept: KeptEvaluation) -> None:
    other = office.tenant().id
    for act in (reviews.dispute, reviews.resolve, reviews.confirm):
        for tenant, name in ((other, kept.id), (kept.tenant_id, "x")):
            with pytest.raises(NotFound):
                act(tenant, name, why="", by=ANN)
    with pytest.raises(NotFound):
        reviews.find(other, kept.id)
    with pytest.raises(NotFound):
        reviews.override(kept.tenant_id, kept.id, "unknown", answer=True, why="", by=ANN)


def test_what_many_say_at_the_same_moment_is_all_kept(reviews: Reviews, kept: KeptEvaluation) -> None:
    def say(reviewer: Reviewer) -> Callable[[], KeptEvaluation]:
        return lambda: reviews.override(kept.tenant_id, kept.id, "hello", answer=False, why="", by=reviewer)

    people = [Reviewer("key", f"Person {number}") for number in range(5)]
    assert all(isinstance(one, KeptEvaluation) for one in at_once([say(one) for one in people]))
    found = reviews.find(kept.tenant_id, kept.id).reviews
    assert ([one.number for one in found], {one.by for one in found}) == ([1, 2, 3, 4, 5], set(people))


def test_calibration_tells_how_far_people_agree_with_the_machine(
    office: Office, scorecards: Scorecards, reviews: Reviews
) -> None:
    tenant = office.tenant()
    revision = scorecards.create(tenant.id, CARD)
    made = [keep(scorecards, office.job(tenant), revision) for _ in range(4)]
    nothing = reviews.calibration(revision.scorecard_id)
    assert (nothing.evaluations, nothing.overall.agreement, nothing.score_difference) == (0, None, None)
    for one in made[:2]:
        reviews.confirm(tenant.id, one.id, why="", by=ANN)
    reviews.override(tenant.id, made[2].id, "hello", answer=False, why="", by=ANN)
    reviews.override(tenant.id, made[2].id, "kind", 8, why="", by=ANN)
    reviews.dispute(tenant.id, made[3].id, why="No.", by=BOB)
    found = reviews.calibration(revision.scorecard_id)
    assert found.evaluations == 3
    assert (found.questions["hello"].count, found.questions["hello"].agreement) == (3, 0.6667)
    assert (found.questions["kind"].agreement, found.questions["kind"].mean_difference) == (0.6667, 1.0)
    assert (found.questions["sold"].count, found.overall.count) == (2, 10)
    assert found.overall.agreement == 0.8
    assert found.score_difference is not None
    assert found.score_difference > 0
    assert reviews.calibration(revision.scorecard_id, revision=2).evaluations == 0


def test_kappa_is_agreement_beyond_chance() -> None:
    (answer, *_) = evaluate(CALL, CARD, {}).answers
    yes, no, absent = (replace(answer, worth=worth) for worth in (1.0, 0.0, None))
    pairs = [(yes, yes)] * 20 + [(yes, no)] * 5 + [(no, yes)] * 10 + [(no, no)] * 15
    assert (agreement(pairs).agreement, agreement(pairs).kappa) == (0.7, 0.4)
    assert agreement([(yes, no), (no, yes)]).kappa == -1
    assert agreement([(yes, yes)] * 5).kappa is None
    assert agreement([(absent, absent), (yes, yes)]).kappa == 1


def test_reviews_analyses_and_the_deletion_of_a_call_at_the_same_moment_hinder_nobody(office: Office) -> None:
    core = Core(Settings(data_dir=office.folder), office.database, office.clock)
    for is_deleted in (False, True):
        job = office.move(office.running(), JobEvent.COMPLETED)
        kept = keep(core.scorecards, job, core.scorecards.create(job.tenant_id, CARD))
        name = f"scorecard:{kept.scorecard_id}"
        value = {"evaluation_id": kept.id, **kept.evaluation.to_json()}
        core.findings.keep(job.id, KeptFinding(name, value, office.clock()))
        run = core.analyses.open(job.tenant_id, [job], [name])
        override = partial(core.scorecards.reviews.override, job.tenant_id, kept.id, "kind", 10, why="", by=ANN)
        work: list[Callable[[], object]] = [override] * 4
        work += [partial(core.analyses.finish, run, job, has_failed=False)] * 4
        work += [partial(core.lookup.delete, job.tenant_id, job.id)] * is_deleted
        answers = at_once(work)
        broken = [one for one in answers if isinstance(one, BaseException) and not isinstance(one, NotFound)]
        assert not broken
        if not is_deleted:
            assert len(core.scorecards.reviews.find(job.tenant_id, kept.id).reviews) == 4
            found = core.findings.of_jobs([job.id])[job.id][name]
            assert found.value is not None
            assert found.value["score"] == 100
