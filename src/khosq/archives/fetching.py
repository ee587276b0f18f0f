"""Fetching an archive that an index offers, checking it, and taking files out of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from khosq.archives import simple_index
from khosq.archives.web import Web
from khosq.errors import Failed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from khosq.archives.web import Response

CHUNK = 256 * 1024

Progress = Callable[[int, int | None], None]
"""Told the bytes that have come and, where known, how many there are."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A wheel or source archive of a package index, known by its hash."""

    project: str
    filename: str
    sha256: str


def fetch_archive(
    archive: Archive,
    into: Path,
    *,
    web: Web | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download one archive into a folder and give its path; it is there whole and checked, or not at all."""
    target = into / archive.filename
    if target.is_file() and _sha256(target) == archive.sha256:
        return target
    try:
        _fetch_first_that_fits(archive, target, web or Web(), progress)
    except Unavailable as error:
        message = f"{archive.filename} ({archive.project}) cannot be fetched from the package index: {error.message}"
        raise Unavailable(message) from error
    return target


def fetch_members(
    archive: Archive,
    members: Mapping[str, Path],
    *,
    web: Web | None = None,
    progress: Progress | None = None,
) -> None:
    """Download an archive and write the named members to the given paths, each whole or not at all."""
    if not members:
        return
    beside = next(iter(members.values())).parent
    beside.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside, prefix=".fetching-") as folder:
        path = fetch_archive(archive, Path(folder), web=web, progress=progress)
        missing = set(members) - set(_extract(path, members))
    if missing:
        raise Failed(f"{archive.filename} holds no file {', '.join(sorted(missing))}.")


def _fetch_first_that_fits(archive: Archive, target: Path, web: Web, progress: Progress | None) -> None:
    reasons: list[str] = []
    for link in simple_index.find(archive.project, archive.filename, web):
        digest = link.sha256
        if digest in {None, archive.sha256}:
            try:
                digest = _download(link.address, target, archive.sha256, web, progress)
            except Unavailable as error:
                reasons.append(error.message)
                continue
        if digest == archive.sha256:
            return
        reasons.append(f"the file offered is not the expected one, its SHA-256 is {digest}, not {archive.sha256}")
    raise Unavailable("; ".join(reasons))


def _download(address: str, target: Path, expected: str, web: Web, progress: Progress | None) -> str:
    """Store the file if it is the expected one; give the digest of what came."""

    def consume(response: Response) -> str:
        digest, done = hashlib.sha256(), 0
        length = response.headers.get("Content-Length")
        total = int(length) if length and length.isdigit() else None
        with _whole_or_not_at_all(target, lambda: digest.hexdigest() == expected) as file:
            while chunk := response.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(done, total)
            if total is not None and done < total:
                raise OSError(f"the connection ended after {done} of {total} bytes")
        return digest.hexdigest()

    return web.read(address, consume)


def _extract(path: Path, members: Mapping[str, Path]) -> Iterator[str]:
    """Write the named members and give the names that were found."""
    try:
        if path.name.endswith((".whl", ".zip")):
            yield from _extract_zip(path, members)
        else:
            yield from _extract_tar(path, members)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise Failed(f"{path.name} is not an archive that can be read: {error}") from error


def _extract_zip(path: Path, members: Mapping[str, Path]) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        for name, target in members.items():
            if name in names and not name.endswith("/"):
                with archive.open(name) as source:
                    _store(source, target)
                yield name


def _extract_tar(path: Path, members: Mapping[str, Path]) -> Iterator[str]:
    with tarfile.open(path) as archive:
        for member in archive:
            source = archive.extractfile(member) if member.name in members and member.isfile() else None
            if source:
                _store(source, members[member.name])
                yield member.name


def _store(source: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with _whole_or_not_at_all(target) as file:
        shutil.copyfileobj(source, file, CHUNK)


@contextmanager
def _whole_or_not_at_all(target: Path, is_good: Callable[[], bool] = lambda: True) -> Iterator[IO[bytes]]:
    """Write beside the target and rename at the end, unless it went wrong."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if is_good():
            Path(name).chmod(0o644)
            Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
