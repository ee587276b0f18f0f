"""Blobs that come piece by piece: whatever ends a piece, what is shown is what is there."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import LocalStore

from khosq.errors import Busy, NotFound, OffsetDiffers
from khosq.storage.blobs import Blobs
from khosq.storage.bucket import Bucket
from khosq.storage.folder import Folder
from khosq.storage.pieces import Pieces

MIB = 1024 * 1024
Open = Callable[[], Pieces]


def stores(folder: str) -> dict[str, Open]:
    """Give each kind of pieces anew each time, as another process sees them."""
    Path(folder, "bucket").mkdir()
    return {
        "folder": lambda: Folder(Path(folder, "folder")).pieces(".partial/one"),
        "bucket": lambda: Bucket(LocalStore(Path(folder, "bucket"))).pieces(".partial/one"),
    }


@pytest.fixture(params=["folder", "bucket"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    reopen = stores(str(tmp_path))[request.param]
    reopen().create()
    return reopen


def read(pieces: Pieces) -> bytes:
    return b"".join(pieces.blocks())


def write(pieces: Pieces, data: bytes, *, whole: bool, ending: str) -> None:
    """Append a piece; ``killed`` leaves it as it is then."""
    piece = pieces.extend(whole=whole)
    for start in range(0, len(data), 1000):
        piece.write(data[start : start + 1000])
    if ending == "kept":
        piece.keep()
    elif ending == "dropped":
        piece.drop()
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del piece


STEPS = st.lists(
    st.tuples(st.binary(max_size=5000), st.booleans(), st.sampled_from(["kept", "dropped", "killed"])), max_size=8
)


@pytest.mark.parametrize("kind", ["folder", "bucket"])
@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_the_bytes_are_those_that_were_kept(kind: str, steps: list[tuple[bytes, bool, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reopen, there = stores(folder)[kind], b""
        reopen().create()
        for data, whole, ending in steps:
            write(reopen(), data, whole=whole, ending=ending)
            if ending == "kept" or (ending == "killed" and not whole and kind == "folder"):
                there += data
            assert reopen().size() == len(there)
            assert read(reopen())[: len(there)] == there
        write(reopen(), b"end", whole=False, ending="kept")
        assert read(reopen()) == there + b"end"


@pytest.mark.parametrize("whole", [False, True])
def test_a_long_piece_comes_back(reopen: Open, *, whole: bool) -> None:
    data = os.urandom(20 * MIB)
    pieces = reopen().extend(whole=whole)
    for start in range(0, len(data), MIB):
        pieces.write(data[start : start + MIB])
    pieces.keep()
    assert reopen().size() == len(data)
    assert read(reopen()) == data


def test_of_a_killed_long_piece_the_parts_are_kept_that_were_put(tmp_path: Path) -> None:
    reopen = stores(str(tmp_path))["bucket"]
    data = os.urandom(20 * MIB)
    piece = reopen().extend(whole=False)
    for start in range(0, len(data), MIB):
        piece.write(data[start : start + MIB])
    assert reopen().size() == 16 * MIB
    assert read(reopen()) == data[: 16 * MIB]


@pytest.mark.parametrize("whole", [False, True])
def test_of_two_machines_at_one_bucket_the_slower_is_told(tmp_path: Path, *, whole: bool) -> None:
    reopen = stores(str(tmp_path))["bucket"]
    fast, slow = reopen().extend(whole=False), reopen().extend(whole=whole)
    slow.write(b"slow")
    fast.write(b"fast!")
    fast.keep()
    with pytest.raises(OffsetDiffers) as told:
        slow.keep()
    assert told.value.offset == 5
    assert read(reopen()) == b"fast!"


def test_only_one_may_hold_it(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path.as_uri())
    one, other = (blobs.partial("a").pieces for _ in range(2))
    one.create()
    one.hold()
    with pytest.raises(Busy):
        other.hold()
    other.let_go()
    with pytest.raises(Busy):
        other.hold()
    one.let_go()
    other.hold()
    other.let_go()


@pytest.mark.parametrize("url", ["folder", "memory:///"])
def test_pieces_become_a_blob(tmp_path: Path, url: str) -> None:
    blobs = Blobs(tmp_path.as_uri() if url == "folder" else url)
    partial = blobs.partial("a")
    partial.pieces.create()
    partial.note(b"facts")
    write(partial.pieces, b"one", whole=False, ending="kept")
    write(partial.pieces, b"two", whole=True, ending="kept")
    assert (blobs.partials(), partial.facts()) == (["a"], b"facts")
    for _ in range(2):
        partial.pieces.become("recordings/a")
        assert blobs.get("recordings/a") == b"onetwo"
    partial.remove()
    assert blobs.partials() == []
    with pytest.raises(NotFound):
        partial.facts()
    assert blobs.get("recordings/a") == b"onetwo"
