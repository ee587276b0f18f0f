"""``khosq doctor``: what is installed, what can be transcribed, what is wrong and what to do about it."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import typer
from rich.text import Text

from khosq import __version__
from khosq.assembly import models
from khosq.assembly.core import open_core
from khosq.cli.common import AsJson, DataDir, database_file, existing, print_json, settings, show, table
from khosq.errors import KhosqError, NotFound
from khosq.settings import Settings
from khosq.speech import weights
from khosq.speech.devices import AUTO, CPU, choose_devices

_SPOKEN = ("hy-AM", "en-US", "en-IN", "hi-IN", "ta-IN", "te-IN", "mr-IN", "nl-NL", "ru-RU")
"""Languages of the APIs we answer, looked up for the report."""
_KINDS = {"starter": "starter, knows synthetic speech only", "fallback": "fallback, mishears much"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    state: str
    """ok, warning or fault."""
    found: str
    remedy: str = ""


def doctor(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Say what is installed, which models serve which languages, and what to do about each fault."""
    chosen = settings(data_dir=data_dir)
    checks = [
        _program(),
        *_database(chosen),
        _disk(chosen),
        *_parts(chosen.models_dir),
        *_devices(chosen.device),
        *_languages(chosen),
    ]
    if as_json:
        print_json([{name: getattr(check, name) for name in Check.__slots__} for check in checks])
    else:
        _print(checks)
    raise typer.Exit(1 if any(check.state == "fault" for check in checks) else 0)


def _print(checks: list[Check]) -> None:
    colours = {"ok": "green", "warning": "yellow", "fault": "red"}
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for check in checks:
        grouped.setdefault((check.state, check.found, check.remedy), []).append(check.name)
    listed = table("state", "what", "found, and what to do", whole={"state", "what"})
    for (state, found, remedy), names in grouped.items():
        listed.add_row(Text(state, colours[state]), "\n".join(names), f"{found}\n{remedy}" if remedy else found)
    show(listed)


def _program() -> Check:
    python = platform.python_version()
    return Check("khosq", "ok", f"{__version__} on Python {python}, {sys.platform} {platform.machine()}")


def _database(chosen: Settings) -> list[Check]:
    try:
        with open_core(existing(chosen)) as core:
            jobs = core.jobs.count_by_state()
            alive = [name for name, quiet in core.nodes.silences().items() if quiet <= chosen.dead_after]
    except NotFound:
        file = database_file(chosen)
        remedy = "Set KHOSQ_DATA_DIR or --data-dir; or make it: khosq serve"
        return [Check("database", "fault", f"there is no {file}", remedy)]
    except (sa.exc.SQLAlchemyError, OSError, KhosqError) as error:
        return [Check("database", "fault", str(error).splitlines()[0], "Check KHOSQ_DATABASE_URL and KHOSQ_DATA_DIR.")]
    found = ", ".join(f"{count} {state}" for state, count in sorted(jobs.items())) or "no jobs yet"
    kind = sa.make_url(chosen.database).get_backend_name()
    workers = Check("workers", "ok", f"{len(alive)} at work")
    if not alive:
        workers = Check("workers", "warning", "none at work", "Start the server: khosq serve")
    return [Check("database", "ok", f"{kind}: {found}"), workers]


def _disk(chosen: Settings) -> Check:
    free = shutil.disk_usage(chosen.data_dir if chosen.data_dir.exists() else Path.cwd()).free
    found = f"{free / 1024**3:.1f} GiB free for {chosen.data_dir}"
    if free < chosen.min_free_bytes:
        remedy = "Free some space: below KHOSQ_MIN_FREE_BYTES nothing new is taken in."
        return Check("disk", "fault", found, remedy)
    return Check("disk", "ok", found)


def _parts(models_dir: Path) -> list[Check]:
    missing = models.missing_parts(models_dir)
    if not missing:
        return [Check("model parts", "ok", f"all in {models_dir}")]
    return [Check(name, "fault", "not installed", f"Run: khosq models pull {name}") for name in missing]


def _devices(wish: str) -> list[Check]:
    uses = choose_devices(wish)
    demanded = wish not in {AUTO, CPU} and not any(use.is_gpu for use in uses.values())
    remedy = "Set KHOSQ_DEVICE=auto, or mend what is missing." if demanded else ""
    state = "warning" if demanded else "ok"
    return [Check(name, state, f"computes on {use.device}: {use.why}", remedy) for name, use in uses.items()]


def _languages(chosen: Settings) -> list[Check]:
    return [_language(chosen, language) for language in _SPOKEN]


def _language(chosen: Settings, language: str) -> Check:
    remedy = _remedy(chosen.models_dir, language)
    try:
        choice = models.resolver(chosen.model_copy(update={"models_auto_pull": False}))(language)
    except KhosqError:
        return Check(language, "fault" if language == chosen.default_language else "warning", "no model", remedy)
    if choice.warning is None:
        return Check(language, "ok", choice.model)
    return Check(language, "warning", f"{choice.model}: {_KINDS.get(choice.kind, choice.kind)}", remedy)


def _remedy(models_dir: Path, language: str) -> str:
    serving = [entry for entry in weights.known_models(models_dir) if entry.kind == "production"]
    best = max(serving, key=lambda entry: entry.closeness(language), default=None)
    if best is None or not best.closeness(language):
        return f"Run: khosq models import FOLDER --name NAME --language {language}"
    return f"Run: khosq models pull {best.name}"
