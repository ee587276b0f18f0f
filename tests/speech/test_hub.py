from __future__ import annotations

from pathlib import Path

import pytest
from tests.speech.model_hub import COMMIT, WEIGHTS, Hub

from khosq.errors import ModelMissing
from khosq.speech.hub import HubAway, download
from khosq.speech.models import FromHub

SOURCE = FromHub("hub", "someone/some-model")
FILES = ["model.onnx", "vocab.txt"]


def test_the_wanted_files_come_whole_and_from_one_commit(hub: Hub, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=lambda done, total: told.append((done, total)))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "model.onnx": WEIGHTS,
        "vocab.txt": b"a 0\n",
    }
    assert told[-1] == (len(WEIGHTS) + 4, len(WEIGHTS) + 4)
    assert [path for path, _ in hub.asked][1:] == [f"/someone/some-model/resolve/{COMMIT}/{name}" for name in FILES]


def test_a_broken_download_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.breaks_after = 3_000_000
    download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
    assert (tmp_path / "model.onnx").read_bytes() == WEIGHTS
    (resumed,) = [asked for _, asked in hub.asked if asked]
    assert 0 < int(resumed.removeprefix("bytes=").rstrip("-")) <= 3_000_000


def test_what_an_earlier_run_left_is_used(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "model.onnx.part").write_bytes(WEIGHTS[:1_000_000])
    download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
    assert ("bytes=1000000-") in [asked for _, asked in hub.asked]
    assert (tmp_path / "model.onnx").read_bytes() == WEIGHTS


def test_a_hub_that_knows_no_ranges_sends_it_all_again(hub: Hub, tmp_path: Path) -> None:
    hub.knows_ranges = False
    (tmp_path / "model.onnx.part").write_bytes(b"x" * 1000)
    download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
    assert (tmp_path / "model.onnx").read_bytes() == WEIGHTS


def test_a_wrong_hash_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    hub.wrong_digest = True
    with pytest.raises(ModelMissing, match=r"model\.onnx from the model hub has the SHA-256"):
        download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
    assert list(tmp_path.iterdir()) == []


def test_a_leftover_of_another_version_does_not_pass(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "model.onnx.part").write_bytes(b"old" * 1000)
    with pytest.raises(ModelMissing, match="thrown away"):
        download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
    download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
    assert (tmp_path / "model.onnx").read_bytes() == WEIGHTS


def test_small_files_are_checked_too(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt.part").write_bytes(b"b 9\n")
    with pytest.raises(ModelMissing, match=r"vocab\.txt .* git digest"):
        download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)


def test_the_catalogues_own_digest_goes_before_the_hubs(hub: Hub, tmp_path: Path) -> None:
    pinned = FromHub("hub", "someone/some-model", sha256={"vocab.txt": "1" * 64})
    with pytest.raises(ModelMissing, match="not 1111"):
        download([pinned], FILES, tmp_path, hub=hub.address, on_progress=None)


def test_weights_kept_beside_a_large_graph_come_along(hub: Hub, tmp_path: Path) -> None:
    hub.files["model.onnx.data"] = b"more"
    download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
    assert (tmp_path / "model.onnx.data").read_bytes() == b"more"


def test_a_file_that_the_hub_lacks_is_named(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"someone/some-model on the model hub has no config\.json"):
        download([SOURCE], [*FILES, "config.json"], tmp_path, hub=hub.address, on_progress=None)


def test_a_hub_that_is_away_is_told_apart_from_one_that_refuses(tmp_path: Path) -> None:
    with pytest.raises(HubAway, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        download([SOURCE], FILES, tmp_path, hub="http://127.0.0.1:9", on_progress=None)


def test_an_answer_that_is_no_listing_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files = {}
    hub.listing = lambda: {"error": "no"}  # type: ignore[method-assign]
    with pytest.raises(ModelMissing, match="no list of files"):
        download([SOURCE], FILES, tmp_path, hub=hub.address, on_progress=None)
