"""Which models this server may use, as its settings say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import structlog

from khosq.apis.face import ServedModel
from khosq.errors import ModelMissing
from khosq.pipeline.workshop import Resolve, Workshop
from khosq.settings import Settings
from khosq.speech import hearing, resolution, weights
from khosq.speech.batches import Recognition
from khosq.speech.devices import CPU, choose_devices, may_have_gpu
from khosq.speech.identification import find_identifier, missing_identifier
from khosq.speech.memory import machine_memory
from khosq.speech.models import ModelEntry, memory_rule
from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import Machine

log = structlog.get_logger()


class Languages:
    """What can be transcribed here."""

    def __init__(self, settings: Settings) -> None:
        self._models_dir = settings.models_dir
        self._allow_starters = settings.allow_starters
        self._auto_pull = settings.models_auto_pull
        self._machine = machine(settings, has_gpu=settings.device != CPU and may_have_gpu())

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
        if resolution.obstacle(entry, self._machine):
            return "absent"
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
            machine=self._machine,
        )

    def missing_model(self, language: str) -> str:
        """Return a sentence that names the command which would make it possible."""
        try:
            resolution.resolve(
                language,
                models_dir=self._models_dir,
                allow_starters=self._allow_starters,
                auto_pull=False,
                machine=self._machine,
            )
        except ModelMissing as error:
            return error.message
        return f"{language} can be transcribed here."

    def can_identify(self) -> bool:
        """Tell whether a model here can find out which language is spoken."""
        return find_identifier(self._models_dir) is not None

    def missing_identifier(self) -> str:
        """Return a sentence that names the command which would bring one here."""
        return missing_identifier(self._models_dir)


def candidates(settings: Settings) -> list[str]:
    """Return what may be spoken where nobody says what is: all that can be written down here, the usual one first."""
    usable = (served for served in Languages(settings).models() if served.state != "absent")
    return list(dict.fromkeys((settings.default_language, *(tag for served in usable for tag in served.languages))))


def machine(settings: Settings, *, has_gpu: bool = False) -> Machine:
    """Return what models may take of this machine: each model process has its own copy, but one alone uses the GPU."""
    memory = machine_memory()
    processes = 1 if has_gpu else settings.slots
    return Machine(None if memory is None else int(memory * memory_rule().share / processes), has_gpu)


def resolver(settings: Settings, *, has_gpu: bool = False) -> Resolve:
    """Return what chooses the model of a language."""
    return partial(
        resolution.resolve,
        models_dir=settings.models_dir,
        allow_starters=settings.allow_starters,
        auto_pull=settings.models_auto_pull,
        machine=machine(settings, has_gpu=has_gpu),
    )


@contextmanager
def open_workshop(settings: Settings, *, resolve: Resolve | None = None) -> Iterator[Workshop]:
    """Start model processes, for as long as the block lasts; ``resolve`` chooses models, else the settings do."""
    uses = choose_devices(settings.device)
    for engine, use in uses.items():
        log.info("device chosen", action="device_chosen", engine=engine, device=use.device, why=use.why)
    with ExitStack() as stack:
        warm_up = partial(hearing.warm_up, settings.models_dir, model_idle=settings.model_idle)
        processes = stack.enter_context(closing(ModelProcesses(settings.slots, prepare=warm_up)))
        gpu = None
        if any(use.is_gpu for use in uses.values()):
            tidy_up = partial(hearing.drop_unused_models, settings.model_idle)
            gpu = stack.enter_context(closing(ModelProcesses(1, prepare=tidy_up)))
        recognition = Recognition(processes, gpu=gpu, uses=uses)
        chooser = resolve or resolver(settings, has_gpu=gpu is not None)
        yield Workshop(
            processes,
            resolve=chooser,
            models_dir=settings.models_dir,
            languages=partial(candidates, settings),
            recognition=recognition,
        )


def missing_parts(models_dir: Path) -> list[str]:
    """Return the names of the models that every job needs and that are not here."""
    return [entry.name for entry in weights.missing_parts(models_dir)]


def fetch_parts(models_dir: Path) -> None:
    """Fetch them."""
    weights.ensure_parts(models_dir)
