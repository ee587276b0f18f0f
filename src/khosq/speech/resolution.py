"""Which model hears a language: the best installed one, a pulled one, the fallback, the starter, or a clear refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from khosq.errors import ModelMissing
from khosq.speech import refusals
from khosq.speech.extras import lacking
from khosq.speech.hub import Progress, hub_address
from khosq.speech.languages import named
from khosq.speech.models import Kind, ModelEntry, Role, Setting
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


def resolve(
    language: str,
    *,
    models_dir: Path,
    allow_starters: bool,
    auto_pull: bool,
    on_progress: Progress | None = None,
) -> ModelChoice:
    """Return the best model for a language.

    Args:
        language: BCP 47 tag; its region may be served by the base language.
        models_dir: where models lie.
        allow_starters: whether models that know synthetic speech only may answer.
        auto_pull: whether a production model may be fetched now.
        on_progress: told of the bytes that come.

    Raises:
        ModelMissing: none serves it; the message names the command that helps.

    """
    serving = _serving(language, models_dir)
    production = [entry for entry in serving if entry.kind == "production"]
    for entry in production:
        if is_installed(entry, models_dir):
            return _choice(entry, language, serving, models_dir)
    if auto_pull:
        for entry in production:
            if may_come(entry, models_dir):
                try:
                    pull(entry, models_dir, on_progress)
                except ModelMissing as error:  # remembered with its reason, which the refusal below repeats
                    log.warning("model cannot be pulled", action="pull_failed", model=entry.name, reason=error.message)
                    continue
                return _choice(entry, language, serving, models_dir)
    for entry in _stand_ins(serving, allow_starters=allow_starters):
        if is_installed(entry, models_dir):
            return _choice(entry, language, serving, models_dir)
    raise ModelMissing(_refusal(language, production, models_dir, auto_pull=auto_pull))


def servable(language: str, *, models_dir: Path, allow_starters: bool, auto_pull: bool) -> bool:
    """Tell, without fetching anything, whether ``resolve`` would find or could fetch a model."""
    serving = _serving(language, models_dir)
    usable = [entry for entry in serving if entry.kind == "production"]
    if any(is_installed(entry, models_dir) for entry in (*usable, *_stand_ins(serving, allow_starters=allow_starters))):
        return True
    return auto_pull and any(may_come(entry, models_dir) for entry in usable)


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


def _choice(entry: ModelEntry, language: str, serving: list[ModelEntry], models_dir: Path) -> ModelChoice:
    better = next((other.name for other in serving if other.kind == "production"), None)
    return ModelChoice(
        model=entry.name,
        engine=entry.engine,
        model_dir=model_folder(entry, models_dir),
        kind=entry.kind,
        language=language,
        longest_chunk=entry.longest_chunk or USUAL_CHUNK,
        settings=tuple(sorted((entry.settings or {}).items())),
        warning=_warning(entry, better),
    )


def _warning(entry: ModelEntry, better: str | None) -> str | None:
    if not entry.caution:
        return None
    remedy = f" Install the production model: khosq models pull {better}" if better else ""
    return f"This text was written by {entry.caution}; do not rely on it.{remedy}"


def _refusal(language: str, production: list[ModelEntry], models_dir: Path, *, auto_pull: bool) -> str:
    message = f"No model on this server serves {named(language)}."
    if not production:
        return f"{message} Import one: khosq models import FOLDER --name NAME --language {language}"
    entry = production[0]
    why = refusals.recent(models_dir, entry.name, hub_address()) if auto_pull else None
    tried = f" It could not be fetched: {why.rstrip('.')}." if why else ""
    return f"{message}{tried} Run: khosq models pull {entry.name}"
