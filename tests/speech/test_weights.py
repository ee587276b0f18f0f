from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.speech.engines import sherpa_models
from tests.speech.model_hub import WEIGHTS, Hub

from khosq.errors import Invalid, ModelMissing
from khosq.speech import weights
from khosq.speech.engines.sherpa_onnx.diarizer import SherpaDiarizer
from khosq.speech.models import Bundled, FromHub, ModelEntry

ENTRY = ModelEntry(
    name="some-model",
    role="recognizer",
    kind="production",
    engine="onnx-asr",
    languages=("xx",),
    licence="MIT",
    address="https://example.org",
    size_bytes=None,
    files=("model.onnx", "vocab.txt"),
    source=FromHub("hub", "someone/some-model"),
)


@pytest.mark.usefixtures("hub")
def test_a_pulled_model_is_installed_and_whole(tmp_path: Path) -> None:
    assert not weights.is_installed(ENTRY, tmp_path)
    folder = weights.pull(ENTRY, tmp_path)
    assert (folder / "model.onnx").read_bytes() == WEIGHTS
    assert weights.is_installed(ENTRY, tmp_path)
    assert weights.verify(ENTRY, tmp_path) == []


def test_what_is_here_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    weights.pull(ENTRY, tmp_path)
    asked = len(hub.asked)
    weights.pull(ENTRY, tmp_path)
    assert len(hub.asked) == asked


def test_a_failed_pull_leaves_no_model_and_is_remembered(hub: Hub, tmp_path: Path) -> None:
    hub.wrong_digest = True
    with pytest.raises(ModelMissing):
        weights.pull(ENTRY, tmp_path)
    assert not weights.is_installed(ENTRY, tmp_path)
    assert not weights.may_come(ENTRY, tmp_path)
    hub.wrong_digest = False
    weights.pull(ENTRY, tmp_path)
    assert weights.may_come(ENTRY, tmp_path)


@pytest.mark.usefixtures("hub")
def test_one_models_fault_does_not_stop_another(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        weights.pull(replace(ENTRY, name="other", files=("nothing.onnx",)), tmp_path)
    assert weights.may_come(ENTRY, tmp_path)


def _pull(models_dir: Path) -> None:
    weights.pull(ENTRY, models_dir)


def test_two_processes_may_pull_at_once(hub: Hub, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_pull, args=(tmp_path,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    assert weights.verify(ENTRY, tmp_path) == []
    assert sum(path.endswith("model.onnx") for path, _ in hub.asked) == 1


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("damage", "complaint"),
    [(b"short", "has 5 bytes"), (b"\0" * len(WEIGHTS), "has the SHA-256"), (None, "is missing")],
)
def test_damage_is_found_and_mended_by_removing_and_pulling(
    tmp_path: Path, damage: bytes | None, complaint: str
) -> None:
    folder = weights.pull(ENTRY, tmp_path)
    if damage is None:
        (folder / "model.onnx").unlink()
    else:
        (folder / "model.onnx").write_bytes(damage)
    (fault,) = weights.verify(ENTRY, tmp_path)
    assert complaint in fault
    weights.remove(ENTRY, tmp_path)
    weights.pull(ENTRY, tmp_path)
    assert weights.verify(ENTRY, tmp_path) == []


@pytest.mark.usefixtures("hub")
def test_a_model_whose_file_was_cut_is_fetched_again_by_itself(tmp_path: Path) -> None:
    folder = weights.pull(ENTRY, tmp_path)
    (folder / "model.onnx").write_bytes(b"short")
    assert not weights.is_installed(ENTRY, tmp_path)
    weights.pull(ENTRY, tmp_path)
    assert weights.verify(ENTRY, tmp_path) == []


@pytest.mark.usefixtures("hub")
def test_removing_leaves_nothing_but_other_models(tmp_path: Path) -> None:
    weights.pull(ENTRY, tmp_path)
    weights.remove(ENTRY, tmp_path)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
    with pytest.raises(ModelMissing, match="not installed"):
        weights.remove(ENTRY, tmp_path)


def test_what_comes_with_a_package_cannot_be_removed(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="comes with the package pocketsphinx"):
        weights.remove(weights.find_model("pocketsphinx-en", tmp_path), tmp_path)


def test_a_bundled_model_of_a_package_that_is_absent_is_missing(tmp_path: Path) -> None:
    entry = replace(ENTRY, source=Bundled("bundled", "no_such_package", "x"))
    assert not weights.is_installed(entry, tmp_path)
    with pytest.raises(ModelMissing):
        weights.pull(entry, tmp_path)


@pytest.mark.usefixtures("hub")
def test_a_catalogue_model_can_be_carried_over_in_a_folder(tmp_path: Path) -> None:
    carried = weights.pull(ENTRY, tmp_path / "online")
    weights.import_folder(ENTRY, carried, tmp_path / "offline")
    assert weights.is_installed(ENTRY, tmp_path / "offline")


def test_a_folder_that_lacks_a_file_or_holds_a_wrong_one_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "carried"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(WEIGHTS)
    with pytest.raises(Invalid, match=r"has no vocab\.txt"):
        weights.import_folder(ENTRY, folder, tmp_path)
    (folder / "vocab.txt").write_bytes(b"a 0\n")
    pinned = replace(ENTRY, source=FromHub("hub", "a/b", sha256={"vocab.txt": "1" * 64}))
    with pytest.raises(Invalid, match="SHA-256"):
        weights.import_folder(pinned, folder, tmp_path)
    assert not weights.is_installed(ENTRY, tmp_path)


def test_an_unknown_model_in_the_librarys_form_becomes_known(hears_tones: Path, tmp_path: Path) -> None:
    entry = weights.describe_folder(hears_tones, name="tones", languages=("xx",), licence="MIT")
    weights.import_folder(entry, hears_tones, tmp_path)
    assert weights.find_model("tones", tmp_path) == entry
    assert weights.verify(entry, tmp_path) == []
    weights.remove(entry, tmp_path)
    with pytest.raises(ModelMissing, match="no model 'tones'"):
        weights.find_model("tones", tmp_path)


@pytest.mark.parametrize("name", ["../escape", "a/b", "", ".hidden", "parakeet-v3", "Ünï"])
def test_an_imported_model_gets_a_plain_new_name(hears_tones: Path, name: str) -> None:
    with pytest.raises(Invalid, match="name"):
        weights.describe_folder(hears_tones, name=name, languages=("xx",), licence="MIT")


@pytest.mark.parametrize("config", [None, "{", "[]", "{}"])
def test_a_folder_that_does_not_name_its_model_type_is_refused(tmp_path: Path, config: str | None) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(Invalid, match="model_type"):
        weights.describe_folder(tmp_path, name="x", languages=("xx",), licence="MIT")


@pytest.mark.usefixtures("hub")
def test_a_damaged_manifest_means_not_installed(tmp_path: Path) -> None:
    folder = weights.pull(ENTRY, tmp_path)
    (folder / "khosq.json").write_text(json.dumps({"files": "x"}))
    assert not weights.is_installed(ENTRY, tmp_path)


def test_the_parts_come_from_the_package_index(parts: Path, tmp_path: Path) -> None:
    assert weights.missing_parts(parts) == ()
    assert [entry.name for entry in weights.missing_parts(tmp_path)] == ["silero-vad", "ge2e"]


def test_a_model_from_two_repositories_comes_together_with_its_files_renamed(hub: Hub, tmp_path: Path) -> None:
    voices = tmp_path / "voices"
    voices.mkdir()
    sherpa_models.diarization(voices)
    hub.files = {"model.onnx": (voices / "segmentation.onnx").read_bytes()}
    hub.files["en_voices.onnx"] = (voices / "embedding.onnx").read_bytes()
    sources = (
        FromHub("hub", "someone/segmentation", members={"model.onnx": "segmentation.onnx"}),
        FromHub("hub", "another/voices", members={"en_voices.onnx": "embedding.onnx"}),
    )
    entry = replace(
        ENTRY, role="diarizer", engine="sherpa-onnx", files=("segmentation.onnx", "embedding.onnx"), source=sources
    )
    told: list[tuple[int, int | None]] = []
    folder = weights.pull(entry, tmp_path / "models", lambda done, total: told.append((done, total)))
    SherpaDiarizer(folder)
    assert weights.verify(entry, tmp_path / "models") == []
    whole = sum(map(len, hub.files.values()))
    assert told[-1] == (whole, whole)
    assert {total for _, total in told} == {whole}
    assert {path.partition("/resolve")[0] for path, _ in hub.asked if "/resolve" in path} == {
        "/someone/segmentation",
        "/another/voices",
    }


@pytest.mark.usefixtures("hub")
def test_a_wrong_digest_is_known_by_the_name_that_the_file_has_here(tmp_path: Path) -> None:
    renamed = FromHub("hub", "a/b", members={"model.onnx": "graph.onnx"}, sha256={"model.onnx": "1" * 64})
    entry = replace(ENTRY, files=("graph.onnx",), source=renamed)
    assert entry.digests == {"graph.onnx": "1" * 64}
    with pytest.raises(ModelMissing, match=r"has the SHA-256 .*, not 1111"):
        weights.pull(entry, tmp_path)
    carried = tmp_path / "carried"
    carried.mkdir()
    (carried / "graph.onnx").write_bytes(WEIGHTS)
    with pytest.raises(Invalid, match=r"graph\.onnx has the SHA-256 .*, not 1111"):
        weights.import_folder(entry, carried, tmp_path)


def test_weights_beside_a_large_graph_are_carried_along(tmp_path: Path) -> None:
    folder = tmp_path / "carried"
    folder.mkdir()
    for name in ("model.onnx", "model.onnx_data", "vocab.txt", "notes.md"):
        (folder / name).write_bytes(b"x")
    installed = weights.import_folder(ENTRY, folder, tmp_path / "models")
    assert {path.name for path in installed.iterdir()} == {"model.onnx", "model.onnx_data", "vocab.txt", "khosq.json"}


def test_a_folder_may_describe_a_server_or_hold_a_whisper(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text("{}")
    (tmp_path / "README.md").write_text("not wanted")
    entry = weights.describe_folder(tmp_path, name="x", languages=("xx",), licence="ours")
    assert (entry.engine, entry.files, entry.settings) == ("remote", ("server.json",), None)
    (tmp_path / "server.json").unlink()
    (tmp_path / "model.bin").write_bytes(b"")
    assert weights.describe_folder(tmp_path, name="x", languages=("xx",), licence="ours").engine == "faster-whisper"


def test_one_damaged_or_misplaced_import_harms_no_other_model(hears_tones: Path, tmp_path: Path) -> None:
    for name in ("tones", "other", "third"):
        entry = weights.describe_folder(hears_tones, name=name, languages=("xx",), licence="MIT")
        weights.import_folder(entry, hears_tones, tmp_path)
    (tmp_path / "other" / "entry.json").write_text("{")
    (tmp_path / "third").rename(tmp_path / "moved")
    imported = [entry.name for entry in weights.known_models(tmp_path) if not entry.address.startswith("https")]
    assert imported == ["tones"]
    (tmp_path / "moved").rename(tmp_path / "third")
    assert weights.is_installed(weights.find_model("third", tmp_path), tmp_path)
