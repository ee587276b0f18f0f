"""``khosq scorecards``: what calls are scored by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from khosq.analysis import measures
from khosq.analysis.feature import Call, Preferences
from khosq.analysis.scorecards.evaluation import Evaluation
from khosq.analysis.scorecards.reading import LARGEST_FILE, read_scorecard, write_yaml
from khosq.analysis.scorecards.scoring import evaluate
from khosq.assembly.core import open_core
from khosq.cli.common import AsJson, DataDir, TenantName, existing, print_json, settings, show, table
from khosq.cli.opening import open_or_make
from khosq.errors import Invalid
from khosq.scorecards.scorecard import KeptScorecard
from khosq.transcript.parties import agent_of
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

app = typer.Typer(no_args_is_help=True, help="Scorecards: imported, listed, exported, archived, tried.")

File = Annotated[Path, typer.Argument(help="A scorecard in YAML or JSON.")]
ScorecardId = Annotated[str, typer.Argument(help="The scorecard's id.")]
_LARGEST_TRANSCRIPT = 256 * 1024**2


@app.command("import")
def import_(  # noqa: PLR0913 - one option each
    file: File,
    tenant: TenantName,
    scorecard: Annotated[str, typer.Option(help="Id of a scorecard that this is the next revision of.")] = "",
    data_dir: DataDir = None,
    *,
    draft: Annotated[bool, typer.Option("--draft", help="Do not let it score calls yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep a scorecard, and print its id: a checklistId and a qa_scorecard_id alike."""
    definition = read_scorecard(_read(file, LARGEST_FILE + 1))
    with open_or_make(settings(data_dir=data_dir), quietly=as_json) as core:
        owner = core.accounts.ensure(tenant).id
        if scorecard:
            kept = core.scorecards.change(owner, scorecard, definition, publish=not draft)
        else:
            kept = core.scorecards.create(owner, definition, publish=not draft)
    if as_json:
        print_json({"id": kept.scorecard_id})
    else:
        typer.echo(kept.scorecard_id)


@app.command("list")
def list_(tenant: TenantName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List a tenant's scorecards, newest first."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        found = core.scorecards.all(core.accounts.named(tenant).id, with_archived=True, limit=1000)
    if as_json:
        print_json([_facts(one) for one in found])
        return
    listed = table("id", "name", "newest", "scores calls", "made", whole={"id"}, right={"newest"})
    for one in found:
        scoring = "archived" if one.archived_at else "no" if one.published is None else f"revision {one.published}"
        listed.add_row(one.id, one.name, str(one.newest), scoring, f"{one.created_at:%Y-%m-%d %H:%M}")
    show(listed)


@app.command("show")
def show_(scorecard: ScorecardId, tenant: TenantName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show a scorecard's revisions."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        owner = core.accounts.named(tenant).id
        kept, revisions = core.scorecards.find(owner, scorecard), core.scorecards.revisions(owner, scorecard)
    if as_json:
        told = [{"number": one.number, "state": one.state, "used_at": one.used_at} for one in revisions]
        print_json(_facts(kept) | {"revisions": told})
        return
    listed = table("revision", "state", "questions", "first used", right={"revision", "questions"})
    for one in revisions:
        used = f"{one.used_at:%Y-%m-%d %H:%M}" if one.used_at else ""
        listed.add_row(str(one.number), one.state, str(len(one.definition.questions)), used)
    show(listed)


@app.command()
def export(
    scorecard: ScorecardId,
    tenant: TenantName,
    revision: Annotated[int | None, typer.Option(min=1, help="Default: the newest.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a scorecard as YAML."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        found = core.scorecards.revision(core.accounts.named(tenant).id, scorecard, revision)
    typer.echo(write_yaml(found.definition), nl=False)


@app.command()
def archive(scorecard: ScorecardId, tenant: TenantName, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Let a scorecard score nothing any more; what it scored stays."""
    with open_core(existing(settings(data_dir=data_dir))) as core:
        kept = core.scorecards.archive(core.accounts.named(tenant).id, scorecard)
    if as_json:
        print_json(_facts(kept))
    else:
        typer.echo(f"{kept.id} is archived")


@app.command()
def score(
    file: File,
    transcript: Annotated[Path, typer.Argument(help="A transcript as `khosq transcribe --format json` writes it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Try a scorecard on a transcript; nothing is kept and no language model is asked."""
    definition = read_scorecard(_read(file, LARGEST_FILE + 1))
    said = _transcript(_read(transcript, _LARGEST_TRANSCRIPT))
    call = Call(said, agent=agent_of(said))
    found = evaluate(call, definition, measures.find(call, Preferences()).figures)
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)


def _show(found: Evaluation) -> None:
    listed = table("question", "answer", "at", "why", whole={"answer"}, right={"at"})
    for answer in found.answers:
        at = f"{answer.evidence.time.start:.1f} s" if answer.evidence else ""
        listed.add_row(answer.id, answer.word, at, answer.reason)
    show(listed)
    typer.echo(f"score: {'n/a' if found.score is None else f'{found.score:g}'}")


def _facts(kept: KeptScorecard) -> dict[str, Any]:
    names = ("id", "name", "created_at", "archived_at", "newest", "published")
    return {name: getattr(kept, name) for name in names}


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from error


def _transcript(written: bytes) -> Transcript:
    """Return a transcript in the open shape, in which speakers are counted from 1."""
    try:
        plain = json.loads(written)
        utterances = tuple(map(_utterance, plain["utterances"]))
        return Transcript(str(plain["language"]), float(plain["duration"]), utterances)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Invalid("The transcript is not one that `khosq transcribe --format json` wrote.") from error


def _utterance(plain: dict[str, Any]) -> Utterance:
    words = tuple(Word(str(one["text"]), Timespan(one["start"], one["end"])) for one in plain["words"])
    speaker = None if plain["speaker"] is None else int(plain["speaker"]) - 1
    return Utterance(str(plain["text"]), words, speaker, int(plain["channel"]))
