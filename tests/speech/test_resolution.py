from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.speech.model_hub import Hub

from khosq.errors import ModelMissing
from khosq.speech import refusals
from khosq.speech.hub import hub_address
from khosq.speech.models import ModelEntry, Role
from khosq.speech.resolution import Machine, find_part, resolve, servable
from khosq.speech.weights import describe_folder, find_model, import_folder

Install = Callable[[str], None]


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Lay a catalogue model's files down, whatever is in them."""

    def lay(name: str) -> None:
        entry = find_model(name, tmp_path)
        source = tmp_path / "bag" / name
        source.mkdir(parents=True)
        for file in entry.files:
            (source / file).write_bytes(b"weights")
        folder = tmp_path / "models" / name
        folder.parent.mkdir(exist_ok=True)
        source.rename(folder)
        files = [{"name": file, "size": 7, "sha256": ""} for file in entry.files]
        (folder / "khosq.json").write_text(json.dumps({"model": name, "files": files}))

    return lay


@pytest.mark.parametrize(
    ("language", "installed", "chosen"),
    [
        ("en-IN", [], "pocketsphinx-en"),
        ("en-US", ["parakeet-v3"], "parakeet-v3"),
        ("nl-NL", ["parakeet-v3"], "parakeet-v3"),
        ("hy-AM", ["fastconformer-hy"], "fastconformer-hy"),
        ("hy", ["fastconformer-hy", "parakeet-v3"], "fastconformer-hy"),
        ("hi-IN", ["indicconformer-hi"], "indicconformer-hi"),
    ],
)
def test_the_best_installed_model_is_chosen(
    tmp_path: Path, install: Install, language: str, installed: list[str], chosen: str
) -> None:
    for name in installed:
        install(name)
    found = resolve(language, models_dir=tmp_path / "models", allow_starters=True, auto_pull=False)
    assert found.model == chosen
    assert found.language == language
    assert (found.warning is None) == (found.kind == "production")


def test_a_stand_in_says_so_and_names_the_command_that_replaces_it(tmp_path: Path) -> None:
    choice = resolve("en-US", models_dir=tmp_path, allow_starters=False, auto_pull=False)
    assert choice.kind == "fallback"
    assert choice.warning == (
        "This text was written by a weak fallback recogniser (about 23 % word error rate on clean read speech, "
        "83 % on telephone calls); do not rely on it. Install the production model: khosq models pull parakeet-v3"
    )


@pytest.mark.parametrize(
    ("language", "named", "production"),
    [
        ("hy-AM", "Armenian", "fastconformer-hy"),
        ("hi-IN", "Hindi", "indicconformer-hi"),
        ("mr-IN", "Marathi", "indicconformer-mr"),
        ("nl-NL", "Dutch", "parakeet-v3"),
        ("ta-IN", "Tamil", "indicconformer-ta"),
        ("te-IN", "Telugu", "indicconformer-te"),
    ],
)
def test_a_starter_speaks_only_where_it_may(tmp_path: Path, language: str, named: str, production: str) -> None:
    choice = resolve(language, models_dir=tmp_path, allow_starters=True, auto_pull=False)
    assert choice.kind == "starter"
    assert choice.warning
    assert "synthetic speech only" in choice.warning
    assert choice.warning.endswith(f"khosq models pull {production}")
    assert servable(language, models_dir=tmp_path, allow_starters=True, auto_pull=False)
    assert not servable(language, models_dir=tmp_path, allow_starters=False, auto_pull=False)
    with pytest.raises(
        ModelMissing, match=rf"serves {named} \({language}\)\. Install .*: khosq models pull {production}"
    ):
        resolve(language, models_dir=tmp_path, allow_starters=False, auto_pull=False)


def test_a_missing_model_is_named_with_its_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as refused:
        resolve("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=False)
    assert refused.value.message == (
        "No model on this server serves Hindi (hi-IN). "
        "Install the production model: khosq models pull indicconformer-hi"
    )


def test_a_language_nobody_serves_can_be_imported(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"serves tlh\. Import one: khosq models import FOLDER .* --language tlh"):
        resolve("tlh", models_dir=tmp_path, allow_starters=True, auto_pull=True)


def test_a_pull_that_fails_falls_back_and_is_not_tried_again_for_ten_minutes(tmp_path: Path) -> None:
    assert servable("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    with pytest.raises(ModelMissing, match=r"-hi could not be fetched: The model hub http://127\.0\.0\.1:9 cannot"):
        resolve("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    assert not servable("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    stand_in = resolve("en", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    assert stand_in.model == "pocketsphinx-en"
    assert stand_in.warning
    assert "parakeet-v3 could not be fetched: The model hub http://127.0.0.1:9 cannot be reached" in stand_in.warning

    refusals.remember(tmp_path, hub_address(), "away", clock=lambda: datetime.now(UTC) - timedelta(minutes=11))
    assert servable("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)


def test_another_hub_is_tried_although_the_first_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals.remember(tmp_path, hub_address(), "away")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:10/")
    assert servable("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)


def test_asking_whether_a_language_can_be_served_touches_no_network(tmp_path: Path) -> None:
    assert servable("ta-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    assert list(tmp_path.iterdir()) == []


def test_an_imported_model_of_the_exact_region_goes_before_the_base_languages(
    tmp_path: Path, hears_tones: Path, install: Install
) -> None:
    install("parakeet-v3")
    own = describe_folder(hears_tones, name="our-calls", languages=("en-IN",), licence="ours")
    import_folder(own, hears_tones, tmp_path / "models")
    for language, model in (("en-IN", "our-calls"), ("en-US", "parakeet-v3")):
        choice = resolve(language, models_dir=tmp_path / "models", allow_starters=False, auto_pull=False)
        assert choice.model == model


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this an installation that has none."""
    for package in ("faster_whisper", "sherpa_onnx"):
        monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.usefixtures("without_extras")
def test_a_model_whose_engine_is_not_installed_is_passed_over_with_the_command_that_helps(
    tmp_path: Path, install: Install
) -> None:
    assert not servable("tr", models_dir=tmp_path / "models", allow_starters=True, auto_pull=True)
    with pytest.raises(ModelMissing) as refused:
        resolve("tr", models_dir=tmp_path / "models", allow_starters=True, auto_pull=True)
    assert refused.value.message == (
        "No model on this server serves Turkish (tr). The package faster_whisper is not installed. "
        "Run: pip install 'khosq[whisper]' && khosq models pull whisper-large-v3-turbo"
    )
    install("whisper-small")
    with pytest.raises(ModelMissing, match=r"whisper-small is installed but cannot be used\. .*khosq\[whisper\]"):
        resolve("tr", models_dir=tmp_path / "models", allow_starters=True, auto_pull=False)
    install("parakeet-v3")
    assert resolve("nl", models_dir=tmp_path / "models", allow_starters=True, auto_pull=False).model == "parakeet-v3"


def test_a_model_too_big_for_the_machine_is_neither_fetched_nor_used(tmp_path: Path, install: Install) -> None:
    small = Machine(memory=1_000_000_000)
    install("whisper-large-v3")
    with pytest.raises(ModelMissing, match=r"It takes about 4\.6 GB of memory in each model process, .* KHOSQ_SLOTS"):
        resolve("tr", models_dir=tmp_path / "models", allow_starters=True, auto_pull=False, machine=small)
    install("whisper-small")
    found = resolve("tr", models_dir=tmp_path / "models", allow_starters=True, auto_pull=False, machine=small)
    assert found.model == "whisper-small"
    large = resolve("tr", models_dir=tmp_path / "models", allow_starters=True, auto_pull=False)
    assert (large.model, large.longest_chunk) == ("whisper-large-v3", 30.0)
    with pytest.raises(
        ModelMissing, match=r"whisper-large-v3-turbo is too big\. It takes .* Then install it: khosq mo"
    ):
        resolve("ka", models_dir=tmp_path, allow_starters=True, auto_pull=True, machine=Machine(memory=1))
    assert not servable("ka", models_dir=tmp_path, allow_starters=True, auto_pull=True, machine=Machine(memory=1))


@pytest.mark.parametrize(("has_gpu", "asked_for"), [(False, "whisper-large-v3-turbo"), (True, "whisper-large-v3")])
def test_what_is_slow_without_a_gpu_is_fetched_by_itself_only_where_there_is_one(
    tmp_path: Path, hub: Hub, has_gpu: bool, asked_for: str
) -> None:
    machine = Machine(has_gpu=has_gpu)
    with pytest.raises(ModelMissing):
        resolve("tr", models_dir=tmp_path, allow_starters=False, auto_pull=True, machine=machine)
    assert asked_for in hub.asked[0][0]


@pytest.mark.parametrize(
    ("role", "language", "installed", "found"),
    [
        ("punctuator", "en-IN", ["ct-transformer-zh-en"], "ct-transformer-zh-en"),
        ("punctuator", "hy", ["ct-transformer-zh-en"], None),
        ("punctuator", "en", [], None),
        ("diarizer", None, ["ge2e"], "ge2e"),
        ("diarizer", "hy-AM", ["ge2e", "pyannote-wespeaker"], "pyannote-wespeaker"),
        ("language-identifier", None, ["whisper-tiny-language", "whisper-small"], "whisper-small"),
        ("language-identifier", "hy", ["fastconformer-hy"], None),
        ("recognizer", "en", ["whisper-small", "parakeet-v3"], "parakeet-v3"),
    ],
)
def test_the_best_installed_model_of_a_role_is_found(  # noqa: PLR0913, PLR0917 - one row of the table above
    tmp_path: Path, install: Install, role: Role, language: str | None, installed: list[str], found: str | None
) -> None:
    for name in installed:
        install(name)
    entry: ModelEntry | None = find_part(role, language, models_dir=tmp_path / "models")
    assert (entry and entry.name) == found


@pytest.mark.usefixtures("without_extras")
def test_a_part_whose_engine_is_not_installed_is_not_found(tmp_path: Path, install: Install) -> None:
    install("ct-transformer-zh-en")
    assert find_part("punctuator", "en", models_dir=tmp_path / "models") is None
