from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from khosq.errors import Invalid, ModelMissing
from khosq.speech import models, weights
from khosq.speech.bundles import read_bundle, write_bundle
from khosq.speech.models import ModelEntry


@pytest.fixture
def tones(hears_tones: Path, tmp_path: Path) -> ModelEntry:
    """A model that an operator imported on a machine with a network."""
    entry = weights.describe_folder(hears_tones, name="tones", languages=("xx", "yy"), licence="ours")
    weights.import_folder(entry, hears_tones, tmp_path / "online")
    return entry


def test_what_comes_out_of_a_bundle_is_what_went_in(tmp_path: Path, tones: ModelEntry) -> None:
    bundle = tmp_path / "models.tar"
    write_bundle([tones], tmp_path / "online", bundle)
    assert read_bundle(bundle, tmp_path / "offline") == [tones]
    assert weights.find_model("tones", tmp_path / "offline") == tones
    assert weights.verify(tones, tmp_path / "offline") == []
    assert content(tmp_path / "offline" / "tones") == content(tmp_path / "online" / "tones")
    again = tmp_path / "again.tar"
    write_bundle([tones], tmp_path / "offline", again)
    assert again.read_bytes() == bundle.read_bytes()


def test_what_is_not_here_or_damaged_or_part_of_a_package_makes_no_bundle(tmp_path: Path, tones: ModelEntry) -> None:
    bundle = tmp_path / "models.tar"
    with pytest.raises(Invalid, match="comes with the package pocketsphinx and needs no bundle"):
        write_bundle([weights.find_model("pocketsphinx-en", tmp_path)], tmp_path, bundle)
    with pytest.raises(ModelMissing, match="Run: khosq models pull parakeet-v3"):
        write_bundle([weights.find_model("parakeet-v3", tmp_path)], tmp_path, bundle)
    (tmp_path / "online" / "tones" / "vocab.txt").write_text("changed")
    with pytest.raises(Invalid, match=r"vocab\.txt has 7 bytes"):
        write_bundle([tones], tmp_path / "online", bundle)
    with pytest.raises(ModelMissing, match="cannot be written"):
        write_bundle([], tmp_path, tmp_path / "no-such-folder" / "models.tar")
    assert not list(tmp_path.glob("*.tar*"))


def test_a_bundle_that_was_cut_short_leaves_nothing(tmp_path: Path, tones: ModelEntry) -> None:
    bundle = tmp_path / "models.tar"
    write_bundle([tones], tmp_path / "online", bundle)
    whole = bundle.read_bytes()
    for length in range(0, len(whole) - 10_240, 5_000):
        bundle.write_bytes(whole[:length])
        with pytest.raises((Invalid, ModelMissing)):
            read_bundle(bundle, tmp_path / "offline")
        assert not (tmp_path / "offline" / "tones").exists()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"tones/vocab.txt": b"changed"}, r"vocab\.txt has 7 bytes"),
        ({"tones/vocab.txt": None}, r"has no vocab\.txt, which tones needs"),
        ({"tones/khosq.json": None}, "cut or incomplete"),
        ({"tones/entry.json": b"{}"}, "cannot be read"),
        ({"tones/entry.json": None}, "no model 'tones'"),
        ({"../evil": b"x"}, r"it holds '\.\./evil'"),
        ({"/evil": b"x"}, "it holds"),
        ({"tones/../../evil": b"x"}, "it holds"),
        ({"loose": b"x"}, "it holds 'loose'"),
    ],
)
def test_a_bundle_that_holds_something_else_is_refused(
    tmp_path: Path, tones: ModelEntry, change: dict[str, bytes | None], complaint: str
) -> None:
    bundle = tmp_path / "models.tar"
    write_bundle([tones], tmp_path / "online", bundle)
    rewrite(bundle, change)
    with pytest.raises((Invalid, ModelMissing), match=complaint):
        read_bundle(bundle, tmp_path / "inside" / "offline")
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "inside" / "offline" / "tones").exists()


@pytest.mark.parametrize("name", ["parakeet-v3", "other", ".locks"])
def test_a_bundle_cannot_put_a_model_where_it_does_not_belong(tmp_path: Path, tones: ModelEntry, name: str) -> None:
    bundle = tmp_path / "models.tar"
    write_bundle([tones], tmp_path / "online", bundle)
    described = models.to_json(replace(tones, name=name))
    rewrite(bundle, {"tones/entry.json": described})
    with pytest.raises(Invalid, match="which it cannot be"):
        read_bundle(bundle, tmp_path / "offline")


def test_what_nobody_wrote_down_is_not_taken_along(tmp_path: Path, tones: ModelEntry) -> None:
    bundle = tmp_path / "models.tar"
    write_bundle([tones], tmp_path / "online", bundle)
    rewrite(bundle, {"tones/stray.sh": b"rm"})
    read_bundle(bundle, tmp_path / "offline")
    assert not list((tmp_path / "offline").rglob("stray.sh"))


def test_a_link_in_a_bundle_is_refused(tmp_path: Path) -> None:
    bundle = tmp_path / "models.tar"
    with tarfile.open(bundle, "w") as made:
        link = tarfile.TarInfo("tones/model.onnx")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    with pytest.raises(Invalid, match=r"it holds 'tones/model\.onnx'"):
        read_bundle(bundle, tmp_path / "offline")


def content(folder: Path) -> dict[str, bytes | str]:
    """Return the files of an installed model; its description without the order of its words."""
    return {
        path.name: json.dumps(json.loads(path.read_text()), sort_keys=True)
        if path.suffix == ".json"
        else path.read_bytes()
        for path in folder.iterdir()
    }


def rewrite(bundle: Path, change: dict[str, bytes | None]) -> None:
    """Replace, add or remove files of a bundle."""
    with tarfile.open(bundle) as old:
        files = {member.name: (old.extractfile(member) or io.BytesIO()).read() for member in old.getmembers()}
    with tarfile.open(bundle, "w") as new:
        for name, body in (files | change).items():
            if body is not None:
                member = tarfile.TarInfo(name)
                member.size = len(body)
                new.addfile(member, io.BytesIO(body))
