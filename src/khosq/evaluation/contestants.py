"""Which models are measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from khosq.errors import Invalid, ModelMissing
from khosq.speech.extras import lacking
from khosq.speech.languages import named
from khosq.speech.models import ModelEntry
from khosq.speech.resolution import ModelChoice, choose
from khosq.speech.weights import find_model, is_installed, known_models


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model as the catalogue describes it and as a job uses it."""

    entry: ModelEntry
    choice: ModelChoice


def contestants(  # noqa: PLR0913 - what may be asked for
    language: str,
    *,
    models: Sequence[str],
    engine: str | None,
    models_dir: Path,
    allow_starters: bool,
    resolve: Callable[[str], ModelChoice],
) -> tuple[Contestant, ...]:
    """Return the models that were asked for by name or by engine, else the one that a job would get.

    Raises:
        ModelMissing: one of them is unknown or not here, or nothing serves the language.
        Invalid: one of them does not serve the language, or is another engine's.

    """
    if models:
        entries = [_expect(find_model(name, models_dir), language, models_dir) for name in dict.fromkeys(models)]
        if wrong := next((entry for entry in entries if engine not in {None, entry.engine}), None):
            raise Invalid(f"{wrong.name} is a model of the engine {wrong.engine}, not of {engine}.")
    elif engine is None:
        entries = [find_model(resolve(language).model, models_dir)]
    else:
        entries = _of_engine(engine, language, models_dir, allow_starters=allow_starters)
    return tuple(Contestant(entry, choose(entry, language, models_dir=models_dir)) for entry in entries)


def _of_engine(engine: str, language: str, models_dir: Path, *, allow_starters: bool) -> list[ModelEntry]:
    found = [
        entry
        for entry in known_models(models_dir)
        if entry.engine == engine
        and _serves(entry, language)
        and is_installed(entry, models_dir)
        and (allow_starters or entry.kind != "starter")
    ]
    if not found:
        raise ModelMissing(f"No installed model of the engine {engine!r} serves {named(language)}.")
    return found


def _expect(entry: ModelEntry, language: str, models_dir: Path) -> ModelEntry:
    if not _serves(entry, language):
        raise Invalid(f"{entry.name} does not serve {named(language)}.")
    if not is_installed(entry, models_dir):
        raise ModelMissing(f"{entry.name} is not installed. Run: khosq models pull {entry.name}")
    if lack := lacking(entry.engine):
        raise ModelMissing(lack)
    return entry


def _serves(entry: ModelEntry, language: str) -> bool:
    return entry.plays("recognizer") and bool(entry.closeness(language))
