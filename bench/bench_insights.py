"""Aggregates over a million calls, on SQLite or Postgres."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from databases import chosen_database
from report import Bound, Report, options

from khosq.assembly.core import Core, open_core
from khosq.settings import Settings

MOST = 300.0
"""Milliseconds for one question."""
_YEAR = timedelta(days=365)
_START = datetime(2025, 1, 1, tzinfo=UTC)
_RANGES = {
    "the year": (_START, _START + _YEAR),
    "most of it, not by whole days": (_START + timedelta(hours=5), _START + _YEAR - timedelta(hours=7)),
    "a month": (_START + timedelta(days=90), _START + timedelta(days=120)),
    "a day": (_START + timedelta(days=90), _START + timedelta(days=91)),
}
_TIMES = 5
_JOBS = """
INSERT INTO jobs (id, tenant_id, key_id, door, state, wishes, metadata, base_url, created_at, filename, priority,
                  progress, warnings, duration)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :calls)
SELECT 'job' || i, :tenant, 'key', 'native', 'succeeded', '{{}}', '{{}}', 'http://localhost', {moment}, '', 0,
       1, '[]', 180 FROM n
"""
_FACTS = """
INSERT INTO call_facts (job_id, tenant_id, day, begun_at, state, api, agent, intent, seconds, sentiment, score, silence)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :calls)
SELECT 'job' || i, :tenant, date({moment}), {moment}, 'succeeded', 'native', 'agent ' || (i * 79 % 200),
       'intent ' || (i * 47 % 25), 60 + i % 600, (i % 201 - 100) / 100.0,
       CASE WHEN i % 10 > 0 THEN i % 101 END, i % 30 FROM n
"""
_OPEN_DAYS = "INSERT INTO call_open_days (tenant_id, day) SELECT DISTINCT tenant_id, day FROM call_facts"


def main() -> int:
    """Make the calls, sum up their days as a worker would, and ask."""
    parser = options(__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true", help="on a Postgres that is started for it")
    given = parser.parse_args()
    if given.quick:
        given.calls = 20_000
    kind = "Postgres" if given.postgres else "SQLite"
    report = Report(f"Aggregates over {given.calls} calls of a year, {kind}", given.json)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="khosq-bench-"))
        stack.enter_context(chosen_database(is_postgres=given.postgres))
        core = stack.enter_context(open_core(Settings(data_dir=Path(folder))))
        tenant = core.accounts.ensure("bench").id
        report.say("Making the calls …")
        _make_calls(core, tenant, given.calls)
        report.say("Summing up their days …")
        began = time.monotonic()
        core.insights.fold()
        report.say(f"… in {time.monotonic() - began:.1f} s")
        for name, (since, until) in _RANGES.items():
            report.rows.append(_ask(core, tenant, name, since, until))
            report.bounds.append(Bound(f"aggregates over {name}", report.rows[-1]["most, ms"], MOST, "ms"))
    return report.end()


def _ask(core: Core, tenant: str, name: str, since: datetime, until: datetime) -> dict[str, Any]:
    taken = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        insight = core.insights.ended_calls(tenant, since, until)
        taken.append(1000 * (time.perf_counter() - began))
    calls = insight.totals.calls
    return {"range": name, "calls": calls, "median, ms": statistics.median(taken), "most, ms": max(taken)}


def _make_calls(core: Core, tenant: str, calls: int) -> None:
    """Write rows as the end of a call would: 200 agents, 25 intents, one in ten without a score."""
    seconds = _YEAR.total_seconds() / calls
    with core.database.write() as connection:
        moment = (
            f"datetime('{_START:%Y-%m-%d}', '+' || CAST(i * {seconds} AS INTEGER) || ' seconds') || '.000000'"
            if core.database.is_sqlite
            else f"TIMESTAMP '{_START:%Y-%m-%d}' + i * {seconds} * INTERVAL '1 second'"
        )
        number = {"calls": calls, "tenant": tenant}
        connection.execute(sa.text(_JOBS.format(moment=moment)), number)
        connection.execute(sa.text(_FACTS.format(moment=moment)), number)
        connection.execute(sa.text(_OPEN_DAYS))
    if not core.database.is_sqlite:
        with core.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))  # Postgres does it by itself, a minute later


if __name__ == "__main__":
    sys.exit(main())
