from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.speech.engines.sherpa_models import omnilingual
from tests.speech.engines.transcription_server import TranscriptionServer, describe, serving
from tests.speech.engines.whisper_model import write_whisper
from tests.speech.model_hub import Hub, serve
from tests.speech.tone_model import write_tone_model
from typer.testing import CliRunner

from khosq.cli.models import app
from khosq.errors import EngineFailed, Invalid, ModelMissing
from khosq.speech.engines.onnx_asr import OnnxAsr
from khosq.speech.hearing import load_recognizer
from khosq.speech.resolution import resolve
from khosq.speech.weights import find_model

SURFACE = {"language", "model", "engine", "licence", "size_bytes", "wer", "source", "status"}


@pytest.fixture
def hears_tones(tmp_path: Path) -> Path:
    folder = tmp_path / "carried"
    folder.mkdir()
    return write_tone_model(folder)


@pytest.fixture
def hub(hears_tones: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A mirror whose every repository holds the model of tones, and a Whisper of another size."""
    files = {path.name: path.read_bytes() for path in hears_tones.iterdir()}
    whisper = dict.fromkeys(("model.bin", "tokenizer.json", "vocabulary.txt"), b"{}")
    hub = Hub(whisper | files)
    server = serve(hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.address}/")
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


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


def test_a_model_is_pulled_from_a_mirror_measured_and_carried_to_a_machine_without_a_network(
    tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "online", "pull", "fastconformer-hy")
    assert any("OpenVoiceOS/stt_hy_fastconformer" in path for path, _ in hub.asked)
    pace = run(tmp_path / "online", "bench", "fastconformer-hy", "--json")
    assert pace["sound_seconds"] == 60
    assert pace["real_time_factor"] > 0
    assert pace["load_seconds"] > 0
    assert pace["peak_memory_bytes"] > 10_000_000

    bundle = tmp_path / "models.tar"
    assert "fastconformer-hy" in run(tmp_path / "online", "bundle", "fastconformer-hy", "--output", str(bundle))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    (imported,) = run(tmp_path / "offline", "import", str(bundle), "--json")
    assert imported["model"] == "fastconformer-hy"
    assert "fastconformer-hy: whole" in run(tmp_path / "offline", "verify")
    choice = resolve("hy-AM", models_dir=tmp_path / "offline", allow_starters=False, auto_pull=True)
    assert choice.model == "fastconformer-hy"
    load_recognizer(choice.engine, choice.model_dir, choice.settings)


@pytest.mark.usefixtures("hub")
def test_what_a_mirror_offers_instead_of_the_known_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"model\.bin from the model hub has the SHA-256 .*; it was thrown away"):
        run(tmp_path, "pull", "whisper-small")
    assert {row["status"] for row in run(tmp_path, "list", "--json") if row["model"] == "whisper-small"} == {
        "available"
    }


def test_a_transcription_server_is_imported_by_its_description(tmp_path: Path, hears_tones: Path) -> None:
    folder = tmp_path / "described"
    folder.mkdir()
    with serving(TranscriptionServer(OnnxAsr(hears_tones, model_type="nemo-conformer-ctc"))) as server:
        describe(folder, server)
        run(tmp_path / "models", "import", str(folder), "--name", "elsewhere", "--language", "xx")
        (row,) = [row for row in run(tmp_path / "models", "list", "--json") if row["model"] == "elsewhere"]
        assert (row["engine"], row["status"]) == ("remote", "installed")
    with pytest.raises(EngineFailed, match="cannot be reached"):
        run(tmp_path / "models", "import", str(folder), "--name", "away", "--language", "xx")
    (folder / "server.json").write_text("{}")
    with pytest.raises(EngineFailed, match=r"server\.json does not describe a server"):
        run(tmp_path / "models", "import", str(folder), "--name", "nothing", "--language", "xx")


def test_a_whisper_of_ones_own_is_imported(tmp_path: Path) -> None:
    folder = tmp_path / "whisper"
    folder.mkdir()
    write_whisper(folder)
    run(tmp_path / "models", "import", str(folder), "--name", "our-whisper", "--language", "en")
    choice = resolve("en-IN", models_dir=tmp_path / "models", allow_starters=False, auto_pull=False)
    assert (choice.model, choice.engine) == ("our-whisper", "faster-whisper")


def test_another_model_under_the_name_of_a_known_one_is_not_taken(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    folder.mkdir()
    omnilingual(folder)
    (folder / "model.onnx").rename(folder / "model.int8.onnx")
    with pytest.raises(Invalid, match=r"model\.int8\.onnx has the SHA-256"):
        run(tmp_path, "import", str(folder), "--name", "omnilingual-300m")


def test_the_pace_of_a_model_reads_well(tmp_path: Path, recording: Any) -> None:
    table = run(tmp_path, "bench", "starter-hy", "--sound", str(recording("en-young-man")[1]))
    assert "starter-hy (onnx-asr, hy)" in table
    assert "× real time (factor 0.0" in table
    assert "MB" in table


def test_only_recognisers_that_are_here_are_measured(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="silero-vad writes down nothing"):
        run(tmp_path, "bench", "silero-vad")
    with pytest.raises(ModelMissing, match="Run: khosq models pull parakeet-v3"):
        run(tmp_path, "bench", "parakeet-v3")
    with pytest.raises(Invalid, match="does not know hy"):
        run(tmp_path, "bench", "pocketsphinx-en", "--language", "hy")


def test_a_bundle_says_itself_what_is_in_it(tmp_path: Path, hears_tones: Path) -> None:
    bundle = tmp_path / "models.tar"
    bundle.write_bytes(b"x" * 2000)
    with pytest.raises(Invalid, match="leave --name and --language out"):
        run(tmp_path, "import", str(bundle), "--name", "tones")
    with pytest.raises(Invalid, match="is not a bundle of models"):
        run(tmp_path, "import", str(bundle))
    with pytest.raises(Invalid, match="needs --name"):
        run(tmp_path, "import", str(hears_tones))
