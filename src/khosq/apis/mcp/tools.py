"""What a language model may do here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from khosq.apis.face import Desk
from khosq.apis.mcp import wire
from khosq.errors import Conflict
from khosq.jobs.job import Job, JobState
from khosq.scorecards.review import KeptEvaluation
from khosq.search.highlights import Part, Snippet
from khosq.search.search import Hit, read_place, write_place
from khosq.search.speech import Party
from khosq.search.store import Narrowed
from khosq.tenants.tenant import Scope
from khosq.transcript.transcript import Utterance


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing that can be done."""

    name: str
    title: str
    description: str
    takes: type[wire.Taken]
    gives: type[wire.Given]
    run: Callable[[str, Any, str], BaseModel]
    """Does it for a tenant, with these arguments; the last is what our links begin with."""
    scope: Scope = "read"
    """What the key must allow."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Every tool, at the desk."""

    desk: Desk

    def all(self) -> Iterable[Tool]:
        """Return them."""
        return (
            Tool(
                "search_calls", "Search calls", "Find recorded calls by what was said in them, best first.",
                wire.SearchCalls, wire.FoundCalls, self.search_calls,
            ),
            Tool(
                "fetch_transcript", "Read a call",
                "Return what was said in a call, utterance by utterance, each with an id, its time and a link to cite.",
                wire.FetchTranscript, wire.FetchedTranscript, self.fetch_transcript,
            ),
            Tool(
                "list_scorecards", "List scorecards", "Return the scorecards by which calls can be scored.",
                wire.ListScorecards, wire.Scorecards, self.list_scorecards,
            ),
            Tool(
                "score_call", "Score a call",
                "Have a call scored by a scorecard, in place of its earlier score by the same one; get_scores has it "
                "some seconds later.",
                wire.ScoreCall, wire.OpenedRun, self.score_call, scope="write",
            ),
            Tool(
                "get_scores", "Read a call's scores",
                "Return what came of each scorecard in a call, with a reason and a quote for every answer.",
                wire.GetScores, wire.Scores, self.get_scores,
            ),
        )  # fmt: skip

    def search_calls(self, tenant_id: str, asked: wire.SearchCalls, base_url: str) -> wire.FoundCalls:
        """Find calls by what was said."""
        hits, following = self.desk.search.find(
            tenant_id,
            asked.query,
            Narrowed(
                language=asked.language,
                agent_name=asked.agent,
                begun_from=asked.begun_from,
                begun_before=asked.begun_before,
                party=None if asked.speaker is None else Party(asked.speaker),
            ),
            limit=asked.limit,
            place=read_place(asked.cursor or ""),
        )
        return wire.FoundCalls(
            calls=[_found(hit, base_url) for hit in hits],
            next_cursor=None if following is None else write_place(following),
        )

    def fetch_transcript(self, tenant_id: str, asked: wire.FetchTranscript, base_url: str) -> wire.FetchedTranscript:
        """Return a part of a transcript."""
        job = self._ended(tenant_id, asked.job_id)
        outcome = self.desk.lookup.outcome(job)
        transcript, end = outcome.transcript, asked.first + asked.limit
        link, shown = _link(job, base_url), transcript.utterances[asked.first : end]
        return wire.FetchedTranscript(
            job_id=job.id,
            created_at=job.created_at,
            language=transcript.language,
            duration=transcript.duration,
            filename=job.filename or None,
            title=outcome.title,
            summary=outcome.summary,
            warnings=list(transcript.warnings),
            link=link,
            utterances=[_citation(number, one, one.text, link) for number, one in enumerate(shown, asked.first)],
            next=end if end < len(transcript.utterances) else None,
        )

    def list_scorecards(self, tenant_id: str, asked: wire.ListScorecards, _: str) -> wire.Scorecards:
        """Return scorecards."""
        found = self.desk.scorecards.all(tenant_id, limit=asked.limit)
        return wire.Scorecards(
            scorecards=[wire.Scorecard(id=one.id, name=one.name, can_score=one.published is not None) for one in found]
        )

    def score_call(self, tenant_id: str, asked: wire.ScoreCall, _: str) -> wire.OpenedRun:
        """Open an analysis run."""
        job = self._ended(tenant_id, asked.job_id)
        self.desk.require_scorecard(
            tenant_id, asked.scorecard_id, field="scorecard_id", fault="There is no such scorecard."
        )
        run = self.desk.analyses.open(tenant_id, [job], [f"scorecard:{asked.scorecard_id}"])
        return wire.OpenedRun(
            run_id=run.id,
            job_id=job.id,
            scorecard_id=asked.scorecard_id,
            next="Ask get_scores for this job in a few seconds.",
        )

    def get_scores(self, tenant_id: str, asked: wire.GetScores, _: str) -> wire.Scores:
        """Return what came of scorecards."""
        job = self.desk.lookup.job(tenant_id, asked.job_id)
        found = self.desk.scorecards.reviews.of_jobs([job.id])
        return wire.Scores(job_id=job.id, scores=[_score(one) for one in found])

    def _ended(self, tenant_id: str, job_id: str) -> Job:
        job = self.desk.lookup.job(tenant_id, job_id)
        if job.state is not JobState.SUCCEEDED:
            raise Conflict(f"This job has no transcript: it is {job.state}.")
        return job


def _found(hit: Hit, base_url: str) -> wire.FoundCall:
    link = _link(hit.job, base_url)
    return wire.FoundCall(
        job_id=hit.job.id,
        created_at=hit.job.created_at,
        language=hit.language,
        agent=hit.agent_name,
        filename=hit.job.filename or None,
        duration=hit.job.duration,
        link=link,
        quotes=[_citation(one.utterance, one, " ".join(map(_marked, one.parts)), link) for one in hit.snippets],
    )


def _marked(part: Part) -> str:
    return f"**{part.text}**" if part.is_match else part.text


def _citation(number: int, said: Snippet | Utterance, text: str, link: str) -> wire.Citation:
    return wire.Citation(
        id=f"u{number}",
        speaker=None if said.speaker is None else f"Speaker {said.speaker + 1}",
        start=round(said.time.start, 2),
        end=round(said.time.end, 2),
        text=text,
        link=link,
    )


def _link(job: Job, base_url: str) -> str:
    return f"{base_url}/recordings/{job.id}"


def _score(kept: KeptEvaluation) -> wire.Score:
    counting = kept.evaluation
    return wire.Score(
        scorecard_id=kept.scorecard_id,
        name=kept.machine.name,
        score=counting.score,
        failed_by=list(counting.failed_by),
        made_at=kept.made_at,
        answers=[
            wire.ScoredAnswer(
                question=one.text,
                answer=one.word,
                reason=one.reason,
                quote=None if one.evidence is None else one.evidence.text,
                start=None if one.evidence is None else one.evidence.time.start,
            )
            for one in counting.answers
        ],
    )
