"""A transcript whose marks a model sets; runs where models run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from khosq import registry
from khosq.speech.engines import PUNCTUATORS
from khosq.speech.models import Setting
from khosq.speech.punctuation import Punctuator
from khosq.speech.resolution import ModelChoice
from khosq.speech.writing.transcripts import write
from khosq.transcript.transcript import Utterance


def write_with_model(utterances: Sequence[Utterance], choice: ModelChoice) -> tuple[Utterance, ...]:
    """Return utterances as they are written, with the marks of a punctuation model.

    Raises:
        EngineFailed: the model cannot be loaded or broke.

    """
    punctuator = _load(choice.engine, choice.model_dir, choice.settings)
    return write(utterances, choice.language, punctuates=False, punctuator=punctuator)


@lru_cache(maxsize=1)
def _load(engine: str, model_dir: Path, settings: tuple[tuple[str, Setting], ...]) -> Punctuator:
    punctuator: Punctuator = registry.load(engine, PUNCTUATORS, "khosq.punctuators")(model_dir, **dict(settings))
    return punctuator
