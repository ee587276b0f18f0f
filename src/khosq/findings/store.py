"""The table of findings, and every statement about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from khosq.findings.finding import KeptFinding
from khosq.storage.database import Database, ForeignText, UtcDateTime, metadata

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("job_id", sa.String(32), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("made_by", ForeignText, nullable=False),
    sa.Column("note", ForeignText),
    sa.Column("error", ForeignText),
)

_jobs = sa.table("jobs", sa.column("id"))


class FindingStore:
    """All SQL about findings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = sqlite.insert if database.is_sqlite else postgresql.insert

    def keep(self, job_id: str, finding: KeptFinding) -> bool:
        """Keep a finding in the place of one of its name; tell whether its job is still there."""
        with self._database.write() as connection:
            mine = sa.select(_jobs.c.id).where(_jobs.c.id == job_id)
            if connection.execute(mine.with_for_update(read=True, key_share=True)).first() is None:
                return False
            self.put(connection, job_id, finding)
        return True

    def put(self, connection: sa.Connection, job_id: str, finding: KeptFinding) -> None:
        """Keep a finding of a job that nobody deletes meanwhile, in the place of one of its name."""
        written = None if finding.value is None else json.dumps(finding.value, separators=(",", ":"))
        facts = asdict(replace(finding, value=None)) | {"value": written}
        row = self._insert(findings).values(job_id=job_id, **facts)
        connection.execute(row.on_conflict_do_update(index_elements=["job_id", "name"], set_=facts))

    def of_jobs(self, job_ids: Sequence[str]) -> dict[str, dict[str, KeptFinding]]:
        """Return what was found in these jobs, by job and name."""
        with self._database.glance() as connection:
            return _read(connection, job_ids)

    def in_job(self, connection: sa.Connection, job_id: str) -> dict[str, KeptFinding]:
        """Return what was found in one job, as a transaction sees it, by name."""
        return _read(connection, [job_id])[job_id]


def _read(connection: sa.Connection, job_ids: Sequence[str]) -> dict[str, dict[str, KeptFinding]]:
    statement = sa.select(findings).where(findings.c.job_id.in_(job_ids)).order_by(findings.c.name)
    found: dict[str, dict[str, KeptFinding]] = {job_id: {} for job_id in job_ids}
    for row in connection.execute(statement).mappings():
        fields = dict(row)
        fields["value"] = None if row["value"] is None else json.loads(row["value"])
        job_id = fields.pop("job_id")
        found[job_id][row["name"]] = KeptFinding(**fields)
    return found
