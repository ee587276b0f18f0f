"""``khosq jobs``: look at a tenant's jobs and stop them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from khosq.assembly.core import open_core
from khosq.cli.common import AsJson, DataDir, TenantName, existing, print_json, settings, show, table
from khosq.jobs.job import Chosen, Job

app = typer.Typer(no_args_is_help=True, help="A tenant's jobs: listed, cancelled.")

JobId = Annotated[str, typer.Argument(help="The job's id.")]


@app.command("list")
def list_(
    tenant: TenantName,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List a tenant's jobs, newest first."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        found = core.jobs.search(Chosen(core.accounts.named(tenant).id), limit=limit)
    if as_json:
        print_json([_facts(job) for job in found])
        return
    listed = table("job", "state", "language", "seconds", "made", "error", whole={"job"}, right={"seconds"})
    for job in found:
        seconds = "" if job.duration is None else f"{job.duration:.1f}"
        listed.add_row(
            job.id, job.state, job.wishes.language, seconds, f"{job.created_at:%Y-%m-%d %H:%M:%S}", job.error or ""
        )
    show(listed)


@app.command()
def cancel(job_id: JobId, tenant: TenantName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Stop a job in whatever state it is; nothing is charged."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        job = core.lookup.cancel(core.accounts.named(tenant).id, job_id)
    if as_json:
        print_json(_facts(job))
    else:
        typer.echo(f"{job.id} is {job.state}")


def _facts(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state,
        "stage": job.stage,
        "progress": job.progress,
        "language": job.wishes.language,
        "duration": job.duration,
        "created_at": job.created_at,
        "ended_at": job.ended_at,
        "error": job.error,
        "warnings": job.warnings,
    }
