"""What is found in a transcript beside its words: one finding after the other, each kept, or why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from khosq.analysis import FEATURES, measures
from khosq.analysis.feature import Call, Preferences
from khosq.analysis.redaction.finding import find as find_personal
from khosq.analysis.redaction.result import Redaction, redacted
from khosq.analysis.scorecards.evaluation import Evaluation
from khosq.analyst.analyst import Analyst, Found
from khosq.clock import Clock
from khosq.errors import KhosqError, NotFound, may_help
from khosq.findings.finding import REDACTION, SCORECARD, KeptFinding
from khosq.findings.store import FindingStore
from khosq.jobs.job import Job, Wishes
from khosq.jobs.results import Results
from khosq.scorecards.scorecards import Scorecards
from khosq.transcript.parties import agent_of
from khosq.transcript.transcript import Transcript

_MEASURES = "measures"

log = structlog.get_logger()


def names_of(wishes: Wishes) -> tuple[str, ...]:
    """Return what is to be found in a job: what was asked for and is known here, with its measures.

    What is personal is no part of it: that is hidden before anything else is found.
    """
    names = [name for name in wishes.features if name in FEATURES and name != REDACTION]
    if wishes.scorecard_id is not None:
        names.append(f"{SCORECARD}{wishes.scorecard_id}")
    return tuple(dict.fromkeys([_MEASURES, *names])) if names else ()


class Findings:
    """Has things found in finished transcripts."""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        results: Results,
        store: FindingStore,
        scorecards: Scorecards,
        analyst: Analyst,
        *,
        preferences: Callable[[str], Preferences],
        clock: Clock,
    ) -> None:
        """Keep what it works with; ``preferences`` returns what a tenant chose."""
        self._results = results
        self._store = store
        self._scorecards = scorecards
        self._analyst = analyst
        self._preferences = preferences
        self._clock = clock

    async def find(self, job: Job, name: str) -> bool:
        """Find one thing in a job's transcript and keep it, or the sentence that says why it failed; tell which."""
        try:
            made = await self._find(job, name)
            found = KeptFinding(name, made.value, self._clock(), made.made_by, made.note)
        except Exception as error:
            if may_help(error):
                raise
            found = KeptFinding(name, None, self._clock(), error=_told(error, name))
        if not await asyncio.to_thread(self._store.keep, job.id, found):
            await asyncio.to_thread(self._results.remove, job.id)  # the job is deleted; its transcript may be anew
        return found.error is None

    async def redact(self, job: Job, transcript: Transcript) -> tuple[Transcript, Redaction]:
        """Return a transcript without what is personal in it, and keep where that was.

        Whatever this raises, the transcript that came in must not be shown.
        """
        preferences = await asyncio.to_thread(self._preferences, job.tenant_id)
        found = await asyncio.to_thread(find_personal, Call(transcript), preferences)
        hidden = await asyncio.to_thread(redacted, transcript, found)
        await asyncio.to_thread(self._store.keep, job.id, KeptFinding(REDACTION, found.to_json(), self._clock()))
        return hidden, found

    async def _redact_again(self, job: Job) -> Found:
        """Hide what is personal in a transcript that was kept, and find everything anew that quotes it."""
        outcome = await asyncio.to_thread(self._results.read, job.id)
        hidden, found = await self.redact(job, outcome.transcript)
        await asyncio.to_thread(self._results.keep, job.id, replace(outcome, transcript=hidden))
        for name in (await asyncio.to_thread(self._store.of_jobs, [job.id]))[job.id]:
            if name != REDACTION:
                await self.find(job, name)
        return Found(found.to_json())

    async def _find(self, job: Job, name: str) -> Found:
        if name == REDACTION:
            return await self._redact_again(job)
        preferences = await asyncio.to_thread(self._preferences, job.tenant_id)
        call = await asyncio.to_thread(self._call, job, preferences.agent_channel)
        if name.startswith(SCORECARD):
            return await self._score(job, call, name.removeprefix(SCORECARD))
        return await self._analyst.find(name, call, preferences, tenant_id=job.tenant_id)

    async def _score(self, job: Job, call: Call, scorecard_id: str) -> Found:
        try:
            revision = await asyncio.to_thread(self._scorecards.usable, job.tenant_id, scorecard_id)
        except NotFound as error:
            raise NotFound("The scorecard is archived or gone.") from error
        figures = (await asyncio.to_thread(measures.find, call, Preferences())).figures
        found = await self._analyst.score(call, revision.definition, figures, tenant_id=job.tenant_id)
        evaluation = Evaluation.from_json(found.value)
        kept = await asyncio.to_thread(self._scorecards.keep_evaluation, job, revision, evaluation)
        if kept is None:
            return found  # the job was deleted meanwhile: nothing of it is kept
        of_it = {"evaluation_id": kept.id, "revision": kept.revision}
        return replace(found, value=of_it | kept.evaluation.to_json())

    def _call(self, job: Job, agent_channel: int | None) -> Call:
        """Return what is known of a call; ``agent_channel`` is where the agent speaks if the job does not say so."""
        outcome, own = self._results.read(job.id), job.wishes.agent_channel
        agent = agent_of(outcome.transcript, channel=agent_channel if own is None else own)
        return Call(outcome.transcript, outcome.speech, outcome.levels, agent)


def _told(error: Exception, name: str) -> str:
    if isinstance(error, KhosqError):
        return error.message
    log.error("analysis broke", action="analysis_broke", finding=name, exc_info=error)
    return "Something broke on our side while this was looked for; the log has the details."
