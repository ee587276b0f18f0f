"""What ``model`` may be: OpenAI's names, which mean the best that is here, and the models that are here."""

from __future__ import annotations

from khosq.apis.face import Desk, ServedModel
from khosq.apis.openai.errors import ModelNotFound
from khosq.apis.openai.languages import base_of
from khosq.apis.openai.wire import Model
from khosq.errors import Invalid

DIARIZE = "gpt-4o-transcribe-diarize"
ALIASES = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    DIARIZE,
)
"""Names that code written for OpenAI has in it."""

_OWNER = "khosq"


def list_models(desk: Desk) -> list[Model]:
    """Return every model that can be asked for now."""
    return [Model(id=name, owned_by=_OWNER) for name in (*ALIASES, *(served.name for served in _usable(desk)))]


def find_model(desk: Desk, name: str) -> Model:
    """Return one of them.

    Raises:
        ModelNotFound: there is none of this name.

    """
    found = next((model for model in list_models(desk) if model.id == name), None)
    if found is None:
        raise ModelNotFound(f"The model {name!r} does not exist here; GET /v1/models lists those that do.")
    return found


def choose_language(desk: Desk, model: str, language: str | None) -> str:
    """Return the language of a request: the one it gives, the only one of its model, or the server's.

    Raises:
        ModelNotFound: as ``find_model``.
        Invalid: nothing here hears the language, or the model does not.

    """
    find_model(desk, model)
    served = next((one for one in _usable(desk) if one.name == model), None)
    if language is None and served is not None and len(served.languages) == 1:
        return served.languages[0]
    chosen = language or desk.default_language
    if served is not None and not _hears(served, chosen):
        raise Invalid(f"language: {model} hears {', '.join(served.languages)}, not {chosen}.", field="language")
    desk.require_language(chosen, field="language")
    return chosen


def _hears(served: ServedModel, language: str) -> bool:
    return any(offered.lower() in {language.lower(), base_of(language)} for offered in served.languages)


def _usable(desk: Desk) -> list[ServedModel]:
    return [served for served in desk.languages.models() if served.state != "absent"]
