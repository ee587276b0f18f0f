"""Which models this server may use, as its settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from khosq.apis.face import ServedModel
from khosq.errors import ModelMissing
from khosq.pipeline.workshop import Workshop
from khosq.settings import Settings
from khosq.speech import hearing, resolution, weights
from khosq.speech.models import ModelEntry
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice


class Languages:
    """What can be transcribed here."""

    def __init__(self, settings: Settings) -> None:
        self._models_dir = settings.models_dir
        self._allow_starters = settings.allow_starters
        self._auto_pull = settings.models_auto_pull

    def models(self) -> list[ServedModel]:
        """Return every model that is known here, the better ones of a language first."""
        kinds = {"production", "fallback", *(("starter",) if self._allow_starters else ())}
        return [
            ServedModel(
                entry.name,
                entry.kind,
                entry.languages,
                self._state(entry),
                entry.licence,
                entry.address,
                entry.size_bytes,
                entry.caution,
            )
            for entry in weights.known_models(self._models_dir)
            if entry.role == "recognizer" and entry.kind in kinds
        ]

    def _state(self, entry: ModelEntry) -> str:
        if weights.is_installed(entry, self._models_dir):
            return "ready"
        comes = self._auto_pull and entry.kind == "production" and weights.may_come(entry, self._models_dir)
        return "on_demand" if comes else "absent"

    def can_serve(self, language: str) -> bool:
        """Tell whether a model that is allowed here serves this language tag."""
        return resolution.servable(
            language,
            models_dir=self._models_dir,
            allow_starters=self._allow_starters,
            auto_pull=self._auto_pull,
        )

    def missing_model(self, language: str) -> str:
        """Return a sentence that names the command which would make it possible."""
        try:
            resolution.resolve(
                language, models_dir=self._models_dir, allow_starters=self._allow_starters, auto_pull=False
            )
        except ModelMissing as error:
            return error.message
        return f"{language} can be transcribed here."


def resolver(settings: Settings) -> Callable[[str], ModelChoice]:
    """Return what chooses the model of a language."""
    return partial(
        resolution.resolve,
        models_dir=settings.models_dir,
        allow_starters=settings.allow_starters,
        auto_pull=settings.models_auto_pull,
    )


@contextmanager
def open_workshop(settings: Settings) -> Iterator[Workshop]:
    """Start model processes, for as long as the block lasts."""
    processes = ModelProcesses(settings.slots, prepare=partial(hearing.warm_up, settings.models_dir))
    try:
        yield Workshop(processes, resolve=resolver(settings), models_dir=settings.models_dir)
    finally:
        processes.close()


def missing_parts(models_dir: Path) -> list[str]:
    """Return the names of the models that every job needs and that are not here."""
    return [entry.name for entry in weights.missing_parts(models_dir)]


def fetch_parts(models_dir: Path) -> None:
    """Fetch them."""
    weights.ensure_parts(models_dir)
