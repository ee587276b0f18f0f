"""What ``model`` may be: OpenAI's names, which mean the best that is here, and the models that are here."""

from __future__ import annotations

from collections.abc import Sequence

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


def choose_languages(desk: Desk, model: str, languages: Sequence[str], *, may_open: bool) -> tuple[str, ...]:
    """Return what may be spoken: what a request says, what its model hears, or, where nothing here tells, the usual.

    Args:
        desk: the desk.
        model: the name that the request gives.
        languages: BCP 47 tags that it gives.
        may_open: whether it may be found out later which it is; else there is one.

    Returns:
        The only language; several, one of which is spoken; or none: any.

    Raises:
        ModelNotFound: as ``find_model``.
        Invalid: nothing here hears a language, or the model does not.

    """
    find_model(desk, model)
    served = next((one for one in _usable(desk) if one.name == model), None)
    if not languages and served is not None and len(served.languages) == 1:
        return served.languages
    field = "language" if len(languages) == 1 else "languages"
    for one in languages:
        if served is not None and not _hears(served, one):
            raise Invalid(f"{field}: {model} hears {', '.join(served.languages)}, not {one}.", field=field)
        desk.require_language(one, field=field)
    if len(languages) == 1:
        return tuple(languages)
    if may_open and desk.languages.can_identify():
        return tuple(languages or (served.languages if served is not None else ()))
    if languages:
        why = desk.languages.missing_identifier() if may_open else "Give the one that is spoken."
        raise Invalid(f"languages: {why}", field="languages")
    return choose_languages(desk, model, (desk.default_language,), may_open=False)


def _hears(served: ServedModel, language: str) -> bool:
    return any(offered.lower() in {language.lower(), base_of(language)} for offered in served.languages)


def _usable(desk: Desk) -> list[ServedModel]:
    return [served for served in desk.languages.models() if served.state != "absent"]
