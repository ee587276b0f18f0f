from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib import resources

import pytest

from khosq.errors import ModelMissing
from khosq.speech.engines import (
    DIARIZERS,
    LANGUAGE_IDENTIFIERS,
    PUNCTUATORS,
    RECOGNIZERS,
    VOICE_ACTIVITY_DETECTORS,
)
from khosq.speech.models import FromIndex, ModelEntry, catalogue, from_json, memory_needed, to_json

REGISTERS = {
    "recognizer": RECOGNIZERS,
    "vad": VOICE_ACTIVITY_DETECTORS,
    "speaker-embedder": DIARIZERS,
    "diarizer": DIARIZERS,
    "punctuator": PUNCTUATORS,
    "language-identifier": LANGUAGE_IDENTIFIERS,
}
DIGEST = re.compile("[0-9a-f]{64}")
COMMIT = re.compile("[0-9a-f]{40}|main")


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_every_entry_can_be_fetched_and_run(entry: ModelEntry) -> None:
    assert all(entry.engine in REGISTERS[role] for role in (entry.role, *entry.also))
    assert entry.files
    assert entry.licence
    if isinstance(entry.source, FromIndex):
        assert DIGEST.fullmatch(entry.source.sha256)
        assert entry.source.prepare or set(entry.files) <= set(entry.source.members.values())
    for hub in entry.hubs:
        assert hub.repository.count("/") == 1
        assert COMMIT.fullmatch(hub.revision)
    assert set(entry.digests) <= set(entry.files)
    assert all(DIGEST.fullmatch(digest) for digest in entry.digests.values())
    if any(hub.members for hub in entry.hubs):
        assert sorted(entry.files) == sorted(name for hub in entry.hubs for name in (hub.members or {}).values())
    if entry.role == "recognizer":
        assert entry.kind in {"production", "fallback", "starter"}
        assert entry.languages
        assert entry.longest_chunk
    else:
        assert entry.kind in {"part", "optional"}


def test_names_are_unique() -> None:
    names = [entry.name for entry in catalogue()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("language", "best", "also"),
    [
        ("hy-AM", "fastconformer-hy", {"omnilingual-1b", "whisper-large-v3"}),
        ("hi-IN", "indicconformer-hi", {"omnilingual-1b", "whisper-large-v3"}),
        ("ta", "indicconformer-ta", {"omnilingual-1b", "whisper-large-v3"}),
        ("te", "indicconformer-te", {"omnilingual-1b", "whisper-large-v3"}),
        ("mr", "indicconformer-mr", {"omnilingual-1b", "whisper-large-v3"}),
        ("en-IN", "parakeet-v3", {"canary-1b-v2", "whisper-large-v3-turbo"}),
        ("nl-NL", "parakeet-v3", {"canary-1b-v2", "whisper-large-v3-turbo"}),
        ("ru", "gigaam-v3-ru", {"parakeet-v3", "whisper-large-v3-turbo"}),
        ("tr", "whisper-large-v3", {"whisper-large-v3-turbo", "omnilingual-300m"}),
        ("hyw", "omnilingual-1b", {"omnilingual-300m"}),
    ],
)
def test_every_language_has_production_models_the_best_first(language: str, best: str, also: set[str]) -> None:
    names = [entry.name for entry in catalogue() if entry.kind == "production" and entry.closeness(language)]
    assert names[0] == best
    assert also <= set(names)


def test_whisper_hears_less_at_once_of_languages_that_it_spells_in_many_tokens() -> None:
    whisper = find("whisper-large-v3-turbo")
    assert [whisper.chunk_for(language) for language in ("te-IN", "hy", "nl-NL")] == [15.0, 15.0, 30.0]


def test_the_memory_that_a_model_takes_is_guessed_from_its_size_until_somebody_measures_it() -> None:
    whisper = find("whisper-large-v3")
    guess = memory_needed(whisper)
    assert guess is not None
    assert guess > 3_090_835_702
    assert memory_needed(replace(whisper, memory_bytes=7)) == 7
    assert memory_needed(replace(whisper, size_bytes=None)) is None


def test_files_from_two_places_have_one_digest_each() -> None:
    assert set(find("pyannote-wespeaker").digests) == {"segmentation.onnx", "embedding.onnx"}


def test_stand_ins_say_what_they_are() -> None:
    assert all(entry.caution for entry in catalogue() if entry.kind in {"fallback", "starter"})
    assert not any(entry.caution for entry in catalogue() if entry.kind == "production")


def test_the_figure_shown_is_the_languages_own() -> None:
    parakeet = find("parakeet-v3")
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


def find(name: str) -> ModelEntry:
    return next(entry for entry in catalogue() if entry.name == name)
