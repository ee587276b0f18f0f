"""Every model of the catalogue loads from the very files that are fetched for it, with its own settings.

A tiny model of its family stands for each; a file or option that the engine does not know fails here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.speech.engines import onnx_asr_models, sherpa_models
from tests.speech.engines.specimens import SOUND
from tests.speech.engines.whisper_model import write_whisper

from khosq import registry
from khosq.speech.engines import DIARIZERS, LANGUAGE_IDENTIFIERS, PUNCTUATORS, RECOGNIZERS
from khosq.speech.models import ModelEntry, catalogue

FAMILIES: dict[str, Callable[[Path], object]] = {
    "nemo-conformer-ctc": onnx_asr_models.nemo_ctc,
    "nemo-conformer-rnnt": onnx_asr_models.nemo_rnnt,
    "nemo-conformer-tdt": onnx_asr_models.nemo_tdt,
    "nemo-canary-1b-v2": onnx_asr_models.canary,
    "gigaam-v3-e2e-rnnt": onnx_asr_models.gigaam_rnnt,
    "omnilingual": sherpa_models.omnilingual,
    "sense-voice": sherpa_models.sense_voice,
    "faster-whisper": write_whisper,
    "diarizer": sherpa_models.diarization,
    "language-identifier": sherpa_models.language,
    "punctuator": sherpa_models.punctuation,
}
"""By the setting that names the family, else by engine or role."""
OTHER_NAMES = {
    "vocabulary.txt": "vocabulary.json",
    "v3_e2e_rnnt_": "v2_rnnt_",
    "v2_rnnt_vocab": "v2_vocab",
    "tiny-": "tones-",
}
"""Parts of file names, as the tiny models have them."""

_TABLES = {
    "recognizer": RECOGNIZERS,
    "diarizer": DIARIZERS,
    "language-identifier": LANGUAGE_IDENTIFIERS,
    "punctuator": PUNCTUATORS,
}
"""Of the roles whose models can be made here; the others have tests with their real ones."""


def _entries() -> list[ModelEntry]:
    """Return one entry for each way to load a model."""
    entries = [entry for entry in catalogue() if entry.role in _TABLES and entry.engine != "pocketsphinx"]
    return list({(entry.engine, entry.role, str(entry.settings), entry.files): entry for entry in entries}.values())


@pytest.mark.parametrize("entry", _entries(), ids=lambda entry: entry.name)
def test_it_loads_from_the_files_that_are_fetched_for_it(entry: ModelEntry, tmp_path: Path) -> None:
    settings = entry.settings or {}
    family = settings.get("model_type") or settings.get("family")
    made, fetched = tmp_path / "made", tmp_path / "fetched"
    made.mkdir()
    FAMILIES[str(family or (entry.engine if entry.role == "recognizer" else entry.role))](made)
    for name in entry.files:
        (fetched / name).parent.mkdir(parents=True, exist_ok=True)
        _copy(made, fetched / name)
    engine = registry.load(entry.engine, _TABLES[entry.role], f"khosq.{entry.role}s")(fetched, **settings)
    if entry.role == "recognizer":
        (words,) = engine.recognize([SOUND], language="en" if "en" in entry.languages else entry.languages[0])
        assert words


def _copy(made: Path, wanted: Path) -> None:
    """Put a tiny model's file where the fetched one would lie, under its name."""
    name = wanted.name.replace(".int8", "")
    for theirs, ours in OTHER_NAMES.items():
        name = name.replace(theirs, ours)
    if not (made / name).exists():
        assert name == "config.json", f"a {wanted.name} is fetched, and this family has none"
        wanted.write_text("{}")
    elif wanted.suffix == ".txt" and name.endswith(".json"):
        wanted.write_text("\n".join(json.loads((made / name).read_text("utf-8"))) + "\n", "utf-8")
    else:
        shutil.copy(made / name, wanted)
