from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.speech.conftest import parts
from tests.speech.tone_model import write_tone_model
from typer.core import TyperCommand
from typer.testing import CliRunner

from khosq.cli.evaluate import app
from khosq.errors import Invalid, KhosqError, ModelMissing
from khosq.speech.weights import describe_folder, import_folder

__all__ = ["parts"]

SURFACE = {"wer", "cer", "der", "real_time_factor", "clips", "model"}
RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
SAID = (
    "Բարև ձեզ, ես ուզում եմ փոխել իմ հեռախոսի սակագինը. Անցած շաբաթ վճարել եմ հաշիվը, բայց ինտերնետը դեռ չի աշխատում."
)


@dataclass(frozen=True)
class Clips:
    """A folder with a list of clips, one of which is no sound."""

    folder: Path
    models_dir: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.csv"

    def evaluate(self, *words: str) -> Any:
        asked = ["--manifest", str(self.manifest), "--language", "hy-AM", "--models-dir", str(self.models_dir), *words]
        return CliRunner().invoke(app, asked, catch_exceptions=False)


@pytest.fixture(scope="module")
def clips(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Clips:
    folder = tmp_path_factory.mktemp("clips")
    for name in ("hy-single.mp3", "hy-call.mp3", "hy-call.rttm"):
        shutil.copy(RECORDINGS / name, folder)
    (folder / "broken.wav").write_bytes(b"RIFF\x24\0\0\0WAVEnothing that could be heard")
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "transcript", "language", "speakers"])
        rows.writerow(["hy-single.mp3", SAID, "hy", "customer"])
        rows.writerow(["hy-call.mp3", "", "hy", "agent,customer"])
        rows.writerow(["broken.wav", "Շատ լավ", "hy", "customer"])
    return Clips(folder, parts)


@pytest.fixture(scope="module")
def told(clips: Clips) -> Any:
    ended = clips.evaluate("--json", "--output", str(clips.folder / "report.html"))
    assert ended.exit_code == 0
    return json.loads(ended.stdout)


def test_programs_are_told_what_was_measured_on_the_road_of_every_job(told: Any) -> None:
    assert set(told) >= SURFACE
    assert (told["model"], told["kind"], told["language"], told["clips"]) == ("starter-hy", "starter", "hy-AM", 3)
    assert "synthetic speech only" in told["warnings"][0]
    first, call, broken = told["results"]
    assert first["cer"] < 0.1
    assert "հեռախոսի" in first["reference"]
    assert "հաշիվը" in first["text"]
    assert (call["wer"], call["reference"]) == (None, None)
    assert told["der"] == call["der"] < 0.1
    assert told["coverage"] > 0.8
    assert told["real_time_factor_cpu"] > 0
    assert told["peak_memory_bytes"] > 50_000_000
    assert broken["failure"]
    assert (told["failed"], broken["wer"], broken["text"]) == (1, 1.0, None)
    assert told["words"]["deletions"] >= 2


def test_the_report_is_one_page_with_the_same_figures(told: Any, clips: Clips) -> None:
    page = (clips.folder / "report.html").read_text("utf-8")
    assert f"{told['wer']:.1%}" in page
    assert told["results"][2]["failure"] in page


def test_a_second_run_by_name_tells_the_same_and_shows_people_a_table(told: Any, clips: Clips) -> None:
    ended = clips.evaluate("--model", "starter-hy", "--engine", "onnx-asr", "--limit", "2")
    assert ended.exit_code == 0
    errors = told["results"][0]["words"]
    wrong = errors["substitutions"] + errors["deletions"] + errors["insertions"]
    assert f"{wrong / errors['reference']:.1%}" in ended.stdout
    assert f"{told['der']:.1%}" in ended.stdout
    assert "synthetic speech only" in ended.stderr


def test_several_models_are_told_of_one_after_another(clips: Clips, tmp_path: Path) -> None:
    for part in ("silero-vad", "ge2e"):
        shutil.copytree(clips.models_dir / part, tmp_path / "models" / part)
    carried = tmp_path / "carried"
    carried.mkdir()
    entry = describe_folder(write_tone_model(carried), name="tones", languages=("hy",), licence="CC0-1.0")
    import_folder(entry, carried, tmp_path / "models")
    words = ["--engine", "onnx-asr", "--limit", "1", "--json", "--output", str(tmp_path / "report.html")]
    ended = Clips(clips.folder, tmp_path / "models").evaluate(*words)
    told = json.loads(ended.stdout)
    (other,) = told["others"]
    assert (told["model"], other["model"]) == ("tones", "starter-hy")
    assert told["cer"] > 0.5 > other["cer"]
    assert (tmp_path / "report.html").read_text("utf-8").count("<h2>tones</h2>") == 1


def test_where_no_clip_can_be_heard_the_command_fails_with_the_reason(clips: Clips, tmp_path: Path) -> None:
    shutil.copy(clips.folder / "broken.wav", tmp_path)
    (tmp_path / "manifest.csv").write_text("file,transcript,language\nbroken.wav,one,hy\n")
    ended = Clips(tmp_path, clips.models_dir).evaluate("--json")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)["wer"] == 1.0
    assert "broken.wav:" in ended.stderr


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        (["--model", "nonsense"], ModelMissing, "There is no model 'nonsense'"),
        (["--model", "starter-hi"], Invalid, r"starter-hi does not serve Armenian \(hy-AM\)"),
        (["--model", "fastconformer-hy"], ModelMissing, "Run: khosq models pull fastconformer-hy"),
        (["--model", "starter-hy", "--engine", "pocketsphinx"], Invalid, "a model of the engine onnx-asr"),
        (["--engine", "nonsense"], ModelMissing, "No installed model of the engine 'nonsense'"),
        (["--no-starters"], ModelMissing, "No model on this server serves Armenian"),
        (["--language", "sw"], Invalid, "has no clip in sw; it has hy"),
        (["--output", "/nowhere/report.html"], Invalid, "there is no such folder"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(
    clips: Clips, words: list[str], kind: type[KhosqError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        clips.evaluate(*words)


def test_the_list_and_the_language_are_asked_for() -> None:
    without = CliRunner().invoke(app, ["--language", "hy"])
    assert (without.exit_code, "--manifest" in without.stderr) == (2, True)
    without = CliRunner().invoke(app, ["--manifest", "list.csv"])
    assert (without.exit_code, "--language" in without.stderr) == (2, True)


def test_other_evaluations_can_stand_beside_this_one() -> None:
    group = typer.main.get_group(app)
    group.add_command(TyperCommand("other", callback=lambda: typer.echo("something else")))
    runner = CliRunner()
    with runner.isolation() as (stdout, *_):
        group.main(["other"], standalone_mode=False)
        assert stdout.getvalue().decode().strip() == "something else"
