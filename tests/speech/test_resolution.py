from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from khosq.errors import ModelMissing
from khosq.speech import refusals
from khosq.speech.hub import hub_address
from khosq.speech.resolution import resolve, servable
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
    with pytest.raises(ModelMissing, match=rf"serves {named} \({language}\)\. Run: khosq models pull {production}"):
        resolve(language, models_dir=tmp_path, allow_starters=False, auto_pull=False)


def test_a_missing_model_is_named_with_its_command(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as refused:
        resolve("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=False)
    assert refused.value.message == (
        "No model on this server serves Hindi (hi-IN). Run: khosq models pull indicconformer-hi"
    )


def test_a_language_nobody_serves_can_be_imported(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"serves tlh\. Import one: khosq models import FOLDER .* --language tlh"):
        resolve("tlh", models_dir=tmp_path, allow_starters=True, auto_pull=True)


def test_a_pull_that_fails_falls_back_and_is_not_tried_again_for_ten_minutes(tmp_path: Path) -> None:
    assert servable("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    with pytest.raises(ModelMissing, match=r"It could not be fetched: The model hub http://127\.0\.0\.1:9 cannot"):
        resolve("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    assert not servable("hi-IN", models_dir=tmp_path, allow_starters=False, auto_pull=True)
    assert resolve("en", models_dir=tmp_path, allow_starters=False, auto_pull=True).model == "pocketsphinx-en"

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
