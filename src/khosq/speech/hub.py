"""Fetching model files from a model hub: quick to give up, resumable, checked by hash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from khosq.errors import ModelMissing
from khosq.speech.models import FromHub

DEFAULT_HUB = "https://huggingface.co"
TIMEOUT = httpx2.Timeout(30.0, connect=3.0)
TRIES = 3
CHUNK = 1024 * 1024

Progress = Callable[[int, int | None], None]
"""Told the bytes that have come and, where known, how many there are."""


class HubAway(ModelMissing):
    """The model hub cannot be reached."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file as the hub describes it."""

    name: str
    size: int | None
    sha256: str | None
    git_sha1: str | None
    """Digest of the file as a git object; small files have only this."""


def hub_address() -> str:
    """Return the hub's base address; ``HF_ENDPOINT`` names a mirror."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_HUB).rstrip("/")


def download(
    sources: Iterable[FromHub], files: Iterable[str], into: Path, *, hub: str, on_progress: Progress | None
) -> None:
    """Fetch a model's files into a folder, going on from what a broken download left there.

    Args:
        sources: the repositories; where one names its members, these are fetched, and get the names that it says.
        files: the paths of those that are fetched from a repository which names none.
        into: the folder.
        hub: the hub's base address.
        on_progress: told of the bytes that come.

    Raises:
        HubAway: nobody answers at ``hub``.
        ModelMissing: the hub has no such file, or not the right one.

    """
    into.mkdir(parents=True, exist_ok=True)
    with (
        httpx2.Client(timeout=TIMEOUT, follow_redirects=True, headers={"User-Agent": "khosq"}) as client,
        _hub_errors(hub),
    ):
        wanted = [one for source in sources for one in _list_wanted(client, source, files, hub)]
        sizes = [file.size for _, _, file in wanted]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        done = 0
        for address, name, file in wanted:
            _fetch(client, address, file, into / name, _offset(on_progress, done, total))
            done += (into / name).stat().st_size


@contextmanager
def _hub_errors(hub: str) -> Iterator[None]:
    try:
        yield
    except httpx2.TransportError as error:
        reason = str(error) or type(error).__name__
        raise HubAway(f"The model hub {hub} cannot be reached ({reason}); HF_ENDPOINT may name a mirror.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ModelMissing(f"The model hub {hub} does not give the files: {error}") from error


def _list_wanted(
    client: httpx2.Client, source: FromHub, files: Iterable[str], hub: str
) -> Iterator[tuple[str, str, HubFile]]:
    """Yield the address, the name here and the description of each file that is wanted of a repository."""
    commit, listing = _list_files(client, source, hub)
    for file in _choose(listing, source.members or files, source):
        address = f"{hub}/{source.repository}/resolve/{commit}/{quote(file.name)}"
        yield address, (source.members or {}).get(file.name, file.name), file


def _offset(on_progress: Progress | None, before: int, total: int | None) -> Callable[[int], None]:
    return lambda done: on_progress(before + done, total) if on_progress else None


def _list_files(client: httpx2.Client, source: FromHub, hub: str) -> tuple[str, dict[str, HubFile]]:
    """Return the commit behind the revision, and its files."""
    address = f"{hub}/api/models/{source.repository}/revision/{quote(source.revision, safe='')}"
    answer = client.get(address, params={"blobs": "true"}).raise_for_status()
    try:
        described = answer.json()
        listing = {one["rfilename"]: _hub_file(one, source) for one in described["siblings"]}
        return str(described["sha"]), listing
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelMissing(f"The model hub {hub} gives no list of files for {source.repository}.") from error


def _hub_file(described: dict[str, Any], source: FromHub) -> HubFile:
    name = str(described["rfilename"])
    large = described.get("lfs") or {}
    sha256 = (source.sha256 or {}).get(name) or large.get("sha256")
    return HubFile(name, described.get("size"), sha256, None if large else described.get("blobId"))


def _choose(listing: dict[str, HubFile], files: Iterable[str], source: FromHub) -> list[HubFile]:
    """Pick the wanted files, and the weights that a large ONNX graph keeps beside itself."""
    names = list(files)
    if missing := [name for name in names if name not in listing]:
        raise ModelMissing(f"{source.repository} on the model hub has no {', '.join(missing)}.")
    return [listing[name] for name in dict.fromkeys(names + beside(names)) if name in listing]


def beside(names: Iterable[str]) -> list[str]:
    """Return the files in which large graphs among ``names`` may keep their weights."""
    return [name + end for name in names for end in (".data", "_data") if name.endswith(".onnx")]


def _fetch(
    client: httpx2.Client, address: str, file: HubFile, target: Path, on_progress: Callable[[int], None]
) -> None:
    if target.is_file():  # checked before it got its name
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    for left in reversed(range(TRIES)):
        before = part.stat().st_size if part.exists() else 0
        try:
            _fetch_rest(client, address, part, file.size, on_progress)
            break
        except httpx2.TransportError:
            now = part.stat().st_size if part.exists() else 0
            if not left or now <= before:  # nothing comes any more
                raise
    if fault := fault_of(part, size=file.size, sha256=file.sha256, git_sha1=file.git_sha1):
        part.unlink()
        raise ModelMissing(f"{file.name} from the model hub {fault}; it was thrown away.")
    part.replace(target)


def _fetch_rest(
    client: httpx2.Client, address: str, part: Path, size: int | None, on_progress: Callable[[int], None]
) -> None:
    have = part.stat().st_size if part.exists() else 0
    if size is not None and have >= size:
        return
    # A compressed answer could not be resumed by byte.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", address, headers=headers) as answer:
        answer.raise_for_status()
        resumed = answer.status_code == httpx2.codes.PARTIAL_CONTENT
        done = have if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            for piece in answer.iter_bytes(CHUNK):
                file.write(piece)
                done += len(piece)
                on_progress(done)


def fault_of(path: Path, *, size: int | None, sha256: str | None, git_sha1: str | None = None) -> str | None:
    """Say what is wrong with a file, or nothing."""
    actual = path.stat().st_size
    if size is not None and actual != size:
        return f"has {actual} bytes, not {size}"
    if sha256 is not None and (found := digest(path, hashlib.sha256())) != sha256:
        return f"has the SHA-256 {found}, not {sha256}"
    if git_sha1 is not None:
        head = hashlib.sha1(f"blob {actual}\0".encode(), usedforsecurity=False)
        if (found := digest(path, head)) != git_sha1:
            return f"has the git digest {found}, not {git_sha1}"
    return None


def digest(path: Path, hasher: Any) -> str:
    """Return a file's digest in hexadecimal."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            hasher.update(piece)
    return str(hasher.hexdigest())
