from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.speech.tone_model import write_tone_model
from typer.testing import CliRunner

from khosq.cli.models import app
from khosq.errors import EngineFailed, Invalid, ModelMissing
from khosq.speech.weights import find_model

SURFACE = {"language", "model", "engine", "licence", "size_bytes", "wer", "source", "status"}


@pytest.fixture
def hears_tones(tmp_path: Path) -> Path:
    folder = tmp_path / "carried"
    folder.mkdir()
    return write_tone_model(folder)


def run(models_dir: Path, *words: str) -> Any:
    """Run a command and return what it printed, as JSON where it asked for that."""
    result = CliRunner().invoke(app, [*words, "--models-dir", str(models_dir)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout) if "--json" in words else result.stdout


def test_the_list_tells_programs_what_is_here_per_language(tmp_path: Path) -> None:
    rows = run(tmp_path, "list", "--json")
    assert all(set(row) >= SURFACE for row in rows)
    assert {row["status"] for row in rows} == {"available", "starter", "fallback"}
    assert all(row["source"].startswith("https://") for row in rows)
    status = {(row["language"], row["model"]): row["status"] for row in rows}
    assert status["en", "pocketsphinx-en"] == "fallback"
    assert status["en", "parakeet-v3"] == "available"
    assert status["mul", "silero-vad"] == "available"
    wer = {(row["language"], row["model"]): row["wer"] for row in rows}
    assert wer["hy", "fastconformer-hy"] == 9.9
    assert wer["de", "parakeet-v3"] is None


def test_the_list_reads_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    table = run(tmp_path, "list", "--language", "hy-AM")
    assert "Armenian (hy)" in table
    assert "fastconformer-hy" in table
    assert "parakeet" not in table


def test_every_model_is_one_row_in_80_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(tmp_path, "list").splitlines()
    names = {row["model"] for row in run(tmp_path, "list", "--json")}
    begins = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    assert sorted(begins) == sorted(names)
    assert max(map(len, lines)) <= 80
    (starter,) = [line.split() for line in lines if line.startswith("starter-hy")]
    assert "starter" in starter[3:]


def test_a_folder_of_our_own_is_tried_and_listed_and_removed(tmp_path: Path, hears_tones: Path) -> None:
    words = ["import", str(hears_tones), "--name", "tones", "--language", "xx", "--language", "yy", "--licence", "ours"]
    (imported,) = run(tmp_path, *words, "--json")
    assert Path(imported["folder"]).is_dir()
    mine = [row for row in run(tmp_path, "list", "--json") if row["model"] == "tones"]
    assert [(row["language"], row["status"], row["licence"]) for row in mine] == [
        ("xx", "installed", "ours"),
        ("yy", "installed", "ours"),
    ]
    assert "tones: whole" in run(tmp_path, "verify")
    run(tmp_path, "remove", "tones")
    assert "tones" not in run(tmp_path, "list", "--language", "xx")


def test_a_folder_that_cannot_be_loaded_is_not_taken(tmp_path: Path, hears_tones: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(hears_tones, broken)
    (broken / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(EngineFailed, match="cannot be loaded"):
        run(tmp_path, "import", str(broken), "--name", "tones", "--language", "xx")
    with pytest.raises(ModelMissing):
        find_model("tones", tmp_path)


def test_a_new_model_needs_its_language(tmp_path: Path, hears_tones: Path) -> None:
    with pytest.raises(Invalid, match="--language"):
        run(tmp_path, "import", str(hears_tones), "--name", "tones")


def test_verify_ends_with_1_where_something_is_wrong(tmp_path: Path, hears_tones: Path) -> None:
    run(tmp_path, "import", str(hears_tones), "--name", "tones", "--language", "xx")
    (tmp_path / "tones" / "vocab.txt").write_text("changed")
    result = CliRunner().invoke(app, ["verify", "--json", "--models-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "vocab.txt" in json.loads(result.stdout)["tones"][0]


def test_an_unknown_model_is_refused_with_the_way_on(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="khosq models list"):
        run(tmp_path, "pull", "no-such-model")


def test_the_folder_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHOSQ_MODELS_DIR", str(tmp_path))
    result = CliRunner().invoke(app, ["pull", "pocketsphinx-en", "--json"], catch_exceptions=False)
    assert json.loads(result.stdout)[0]["model"] == "pocketsphinx-en"
