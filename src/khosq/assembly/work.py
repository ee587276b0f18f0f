"""The worker process."""

from __future__ import annotations

import os
import signal
from functools import partial

from khosq.analyses.analyses import ANALYSE
from khosq.analyst.analyst import Analyst
from khosq.analyst.model import LanguageModel
from khosq.assembly.chores import all_chores
from khosq.assembly.core import SUPERVISOR, Core, open_core
from khosq.assembly.models import open_workshop
from khosq.delivery.outbox import DELIVER
from khosq.delivery.sender import Sender
from khosq.jobs.submission import PROCESS
from khosq.jobs.worker import Pace, Worker
from khosq.outbound.address import read_allow
from khosq.outbound.client import OutboundClient
from khosq.pipeline.findings import Findings
from khosq.pipeline.process import Retry, Road
from khosq.pipeline.reruns import Reruns
from khosq.pipeline.stages import Stages
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings
from khosq.tenants.store import TokenStore
from khosq.tenants.token_budget import TokenBudget


def run_worker(settings: Settings, *, name: str | None = None) -> None:
    """Work until told to stop."""
    with open_core(settings) as core, open_workshop(settings) as workshop:
        worker = _build(core, workshop, name=name)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.ask_to_stop())
        worker.start()
        worker.wait()
        worker.close()


def _build(core: Core, workshop: Workshop, *, name: str | None) -> Worker:
    settings = core.settings
    client = OutboundClient(
        allow=read_allow(settings.outbound_allow), allow_http=settings.outbound_http, clock=core.clock
    )
    findings = Findings(
        core.results, core.findings, core.scorecards, _analyst(core), preferences=core.preferences, clock=core.clock
    )
    stages = Stages(
        core.jobs,
        core.results,
        core.blobs,
        workshop,
        core.recording_rows,
        findings=findings,
        fetch=partial(client.fetch, deadline=settings.fetch_timeout, max_bytes=settings.max_upload_bytes),
        max_bytes=settings.max_upload_bytes,
        work_dir=settings.data_dir / "work",
        max_duration=settings.max_duration,
        outbox=core.telling,
        vocabulary=core.accounts.hotwords,
        noting=core.search.noting,
        clock=core.clock,
    )
    sender = Sender(
        core.deliveries,
        core.lookup,
        core.outbox,
        core.dialects,
        client,
        offsets=settings.hook_retries,
        clock=core.clock,
    )
    # with the time that each try has: a quarter of an hour in all, unless the operator chose another
    road = Road(stages, retry_fetch=Retry(3, settings.fetch_timeout / 9))
    return Worker(
        core.database.url,
        core.database.engine,
        core.nodes,
        {
            PROCESS: road.process,
            DELIVER: sender.deliver,
            ANALYSE: Reruns(core.analyses, core.jobs, findings).analyse,
        },
        pace=Pace(settings.slots, settings.heartbeat, settings.dead_after),
        chores=all_chores(core, stages, sender),
        name=name,
        supervisor=int(os.environ[SUPERVISOR]) if SUPERVISOR in os.environ else None,
    )


def _analyst(core: Core) -> Analyst:
    settings = core.settings
    model = None
    if settings.llm_url and settings.llm_model:
        timeout, context = settings.llm_timeout, settings.llm_context
        model = LanguageModel(
            settings.llm_url, settings.llm_model, key=settings.llm_key, timeout=timeout, context=context
        )
    budget = TokenBudget(TokenStore(core.database), per_day=settings.llm_tokens_per_day, clock=core.clock)
    return Analyst(model, budget)
