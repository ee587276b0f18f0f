from __future__ import annotations

import re
import tomllib
from importlib import resources

import pytest

from khosq.errors import ModelMissing
from khosq.speech.engines import DIARIZERS, RECOGNIZERS, VOICE_ACTIVITY_DETECTORS
from khosq.speech.models import FromHub, FromIndex, ModelEntry, catalogue, from_json, to_json

REGISTERS = {"recognizer": RECOGNIZERS, "vad": VOICE_ACTIVITY_DETECTORS, "speaker-embedder": DIARIZERS}


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_every_entry_can_be_fetched_and_run(entry: ModelEntry) -> None:
    assert entry.engine in REGISTERS[entry.role]
    assert entry.files
    assert entry.licence
    if isinstance(entry.source, FromIndex):
        assert re.fullmatch("[0-9a-f]{64}", entry.source.sha256)
        assert entry.source.prepare or set(entry.files) <= set(entry.source.members.values())
    if isinstance(entry.source, FromHub):
        assert entry.source.repository.count("/") == 1
        assert set(entry.source.sha256 or {}) <= set(entry.files)
    if entry.role == "recognizer":
        assert entry.languages
        assert entry.longest_chunk


def test_names_are_unique() -> None:
    names = [entry.name for entry in catalogue()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("language", ["hy", "hi", "ta", "te", "mr", "en", "nl"])
def test_every_language_of_the_vendors_has_a_production_model(language: str) -> None:
    assert any(entry.kind == "production" and entry.closeness(language) for entry in catalogue())


def test_stand_ins_say_what_they_are() -> None:
    assert all(entry.caution for entry in catalogue() if entry.kind in {"fallback", "starter"})
    assert not any(entry.caution for entry in catalogue() if entry.kind == "production")


def test_the_figure_shown_is_the_languages_own() -> None:
    parakeet = next(entry for entry in catalogue() if entry.name == "parakeet-v3")
    dutch = parakeet.figure_for("nl-NL")
    assert dutch is not None
    assert dutch.wer == 5.99
    assert parakeet.figure_for("de") is None


def test_the_stored_form_of_an_entry_reads_back() -> None:
    for entry in catalogue():
        assert from_json(to_json(entry)) == entry


def test_a_damaged_description_is_refused() -> None:
    with pytest.raises(ModelMissing, match="cannot be read"):
        from_json(b'{"name": "x"}')


def test_the_data_has_no_field_that_nobody_reads() -> None:
    text = resources.files("khosq.speech").joinpath("catalogue.toml").read_text(encoding="utf-8")
    for one in tomllib.loads(text)["models"]:
        assert set(one) <= set(ModelEntry.__dataclass_fields__)
