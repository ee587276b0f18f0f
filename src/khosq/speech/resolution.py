"""Which model hears a language: the best installed one, a pulled one, the fallback, the starter, or a clear refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from khosq.errors import ModelMissing
from khosq.speech import refusals
from khosq.speech.extras import lacking
from khosq.speech.hub import Progress, hub_address
from khosq.speech.languages import named
from khosq.speech.models import Kind, ModelEntry, Role, Setting, memory_needed
from khosq.speech.weights import is_installed, known_models, may_come, model_folder, pull
from khosq.transcript.timespan import Seconds

log = structlog.get_logger()

USUAL_CHUNK: Seconds = 20.0


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that a job uses; travels to the process that runs it."""

    model: str
    engine: str
    model_dir: Path
    kind: Kind
    language: str
    """BCP 47 tag of the job."""
    longest_chunk: Seconds
    settings: tuple[tuple[str, Setting], ...] = ()
    """Keyword arguments of the engine."""
    warning: str | None = None
    """What a reader of the text must know before trusting it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What models may take of the machine that they run on."""

    memory: int | None = None
    """Bytes that one model process may take; None where nobody knows."""
    has_gpu: bool = False


def resolve(  # noqa: PLR0913 - what the choice depends on
    language: str,
    on_progress: Progress | None = None,
    *,
    models_dir: Path,
    allow_starters: bool,
    auto_pull: bool,
    machine: Machine = Machine(),
) -> ModelChoice:
    """Return the best model for a language.

    Args:
        language: BCP 47 tag; its region may be served by the base language.
        on_progress: told of the bytes that come, from the thread that called.
        models_dir: where models lie.
        allow_starters: whether models that know synthetic speech only may answer.
        auto_pull: whether a production model may be fetched now.
        machine: what it may take.

    Raises:
        ModelMissing: none serves it; the message names the command that helps.

    """
    serving = _serving(language, models_dir)
    production = [entry for entry in serving if entry.kind == "production"]
    usable = [entry for entry in production if not obstacle(entry, machine)]
    for entry in usable:
        if is_installed(entry, models_dir):
            return choose(entry, language, models_dir=models_dir)
    if auto_pull:
        for entry in _fetchable(usable, models_dir, machine):
            try:
                pull(entry, models_dir, on_progress)
            except ModelMissing as error:  # remembered with its reason, which is repeated below
                log.warning("model cannot be pulled", action="pull_failed", model=entry.name, reason=error.message)
                continue
            return choose(entry, language, models_dir=models_dir)
    remedy = _remedy(production, models_dir, machine, auto_pull=auto_pull)
    for entry in _stand_ins(serving, allow_starters=allow_starters):
        if is_installed(entry, models_dir):
            return replace(choose(entry, language, models_dir=models_dir), warning=_warning(entry, remedy))
    remedy = remedy or f"Import one: khosq models import FOLDER --name NAME --language {language}"
    raise ModelMissing(f"No model on this server serves {named(language)}. {remedy}")


def servable(
    language: str,
    *,
    models_dir: Path,
    allow_starters: bool,
    auto_pull: bool,
    machine: Machine = Machine(),
) -> bool:
    """Tell, without fetching anything, whether ``resolve`` would find or could fetch a model."""
    serving = _serving(language, models_dir)
    usable = [entry for entry in serving if entry.kind == "production" and not obstacle(entry, machine)]
    if any(is_installed(entry, models_dir) for entry in (*usable, *_stand_ins(serving, allow_starters=allow_starters))):
        return True
    return auto_pull and any(_fetchable(usable, models_dir, machine))


def choose(entry: ModelEntry, language: str, *, models_dir: Path) -> ModelChoice:
    """Return the choice of this very model for a language, whether or not it is installed."""
    return ModelChoice(
        model=entry.name,
        engine=entry.engine,
        model_dir=model_folder(entry, models_dir),
        kind=entry.kind,
        language=language,
        longest_chunk=entry.chunk_for(language) or USUAL_CHUNK,
        settings=tuple(sorted((entry.settings or {}).items())),
    )


def obstacle(entry: ModelEntry, machine: Machine) -> str | None:
    """Say what keeps a model from being used here, be it installed or not, with the remedy; nothing where it can."""
    if lack := lacking(entry.engine):
        return lack
    needed = memory_needed(entry)
    if needed is None or machine.memory is None or needed <= machine.memory:
        return None
    return (
        f"It takes about {_gigabytes(needed)} of memory in each model process, and each may have "
        f"{_gigabytes(machine.memory)}. Set KHOSQ_SLOTS to a smaller number."
    )


def find_part(role: Role, language: str | None, *, models_dir: Path) -> ModelEntry | None:
    """Return the best installed model that plays a role for a language and whose engine can run here, or None.

    Nothing is fetched and no weights are loaded: only sizes of files are looked at. ``engine`` of what is returned is a
    name in that role's register, ``weights.model_folder(entry, models_dir)`` and ``entry.settings`` are its arguments.

    Args:
        role: such as "punctuator".
        language: BCP 47 tag, which a model of its base language may serve; None where language does not matter.
        models_dir: where models lie.

    """
    playing = [
        entry
        for entry in known_models(models_dir)
        if entry.plays(role)
        and (language is None or entry.closeness(language))
        and not lacking(entry.engine)
        and is_installed(entry, models_dir)
    ]
    return max(playing, key=lambda entry: entry.closeness(language) if language else 0, default=None)


def _serving(language: str, models_dir: Path) -> list[ModelEntry]:
    """Return the recognisers of a language, those of its exact tag first."""
    entries = [entry for entry in known_models(models_dir) if entry.role == "recognizer" and entry.closeness(language)]
    return sorted(entries, key=lambda entry: -entry.closeness(language))


def _stand_ins(serving: Iterable[ModelEntry], *, allow_starters: bool) -> list[ModelEntry]:
    kinds: tuple[Kind, ...] = ("fallback", "starter") if allow_starters else ("fallback",)
    return [entry for kind in kinds for entry in serving if entry.kind == kind]


def _fetchable(usable: Iterable[ModelEntry], models_dir: Path, machine: Machine) -> Iterator[ModelEntry]:
    """Yield the models that may be fetched without being asked for by name."""
    for entry in usable:
        if _suits(entry, machine) and may_come(entry, models_dir):
            yield entry


def _suits(entry: ModelEntry, machine: Machine) -> bool:
    return "cpu" in entry.runs_on or machine.has_gpu


def _warning(entry: ModelEntry, remedy: str | None) -> str | None:
    if not entry.caution:
        return None
    return " ".join(filter(None, (f"This text was written by {entry.caution}; do not rely on it.", remedy)))


def _remedy(production: Sequence[ModelEntry], models_dir: Path, machine: Machine, *, auto_pull: bool) -> str | None:
    """Say how a language comes by one of its production models, and why it has none yet; nothing where it has none."""
    for here in production:
        if (fault := obstacle(here, machine)) and is_installed(here, models_dir):
            return f"{here.name} is installed but cannot be used. {fault}"
    entry = min(production, key=lambda one: (bool(obstacle(one, machine)), not _suits(one, machine)), default=None)
    if entry is None:
        return None
    command = f"khosq models pull {entry.name}"
    if lack := lacking(entry.engine):
        return f"{lack} && {command}"
    if fault := obstacle(entry, machine):
        return f"{entry.name} is too big. {fault} Then install it: {command}"
    why = refusals.recent(models_dir, entry.name, hub_address()) if auto_pull else None
    tried = f"{entry.name} could not be fetched: {why.rstrip('.')}. " if why else ""
    return f"{tried}Install the production model: {command}"


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
