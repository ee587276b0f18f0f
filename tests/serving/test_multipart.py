from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from khosq.errors import Invalid, KhosqError, TooLarge, UnsupportedMedia
from khosq.serving.multipart import LARGEST_FIELD, MOST_PARTS, Form, read_form

TYPE = "multipart/form-data; boundary=b0undary"
Stored = tuple[str, bytes]


def part(disposition: str, data: bytes, *more: str) -> bytes:
    head = "\r\n".join([f"Content-Disposition: {disposition}", *more])
    return b"--b0undary\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n"


END = b"--b0undary--\r\n"


def read(
    body: bytes, *, cuts: Sequence[int] = (), content_type: str = TYPE, discarded: list[Stored] | None = None
) -> Form[Stored]:
    edges = [0, *sorted(cuts), len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return messages.pop(0)

    async def store(filename: str, chunks: AsyncIterator[bytes]) -> Stored:
        return filename, b"".join([chunk async for chunk in chunks])

    async def discard(stored: Stored) -> None:
        if discarded is not None:
            discarded.append(stored)

    headers = [(b"content-type", content_type.encode("latin-1"))]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(read_form(request, store, files=frozenset({"file"}), patience=5, discard=discard))


def test_a_form_of_a_real_client_is_read_whole() -> None:
    sound = bytes(range(256)) * 1000
    request = httpx2.Request(
        "POST",
        "http://x",
        data={"model": "whisper-1", "timestamp_granularities[]": ["word", "segment"], "prompt": "Խոսք"},
        files={"file": ("զանգ.mp3", sound, "audio/mpeg")},
    )
    form = read(request.read(), content_type=request.headers["content-type"], cuts=range(1, 250_000, 4099))
    assert form.value("model") == "whisper-1"
    assert form.fields["timestamp_granularities[]"] == ["word", "segment"]
    assert form.value("prompt") == "Խոսք"
    assert form.value("language") is None
    name, (same, stored) = form.files["file"]
    assert (name, same) == ("զանգ.mp3", "զանգ.mp3")
    assert stored == sound


@given(sound=st.binary(max_size=300), cuts=st.lists(st.integers(0, 700), max_size=20))
def test_however_the_bytes_come_the_form_is_the_same(sound: bytes, cuts: list[int]) -> None:
    body = (
        part('form-data; name="language"', b"hy")
        + part('form-data; name="file"; filename="a.mp3"', sound, "Content-Type: audio/mpeg")
        + part('form-data; name="last"', "խոսք".encode())
        + END
    )
    form = read(body, cuts=[cut for cut in cuts if cut < len(body)])
    assert form.fields == {"language": ["hy"], "last": ["խոսք"]}
    assert form.files == {"file": ("a.mp3", ("a.mp3", sound))}


def test_a_file_whose_name_is_missing_is_still_a_file() -> None:
    assert read(part('form-data; name="file"', b"ID3") + END).files == {"file": ("", ("", b"ID3"))}


def test_files_that_nobody_asked_for_are_skipped() -> None:
    form = read(part('form-data; name="other"; filename="x"', b"x" * 5_000_000) + END)
    assert (form.fields, form.files) == ({}, {})


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", Invalid),
        (b"not a form", Invalid),
        (part('form-data; name="a"', b"1"), Invalid),
        (part('form-data; name="file"; filename="a"', b"1" * 1000)[:500], Invalid),
        (part("form-data", b"1") + END, Invalid),
        (part('attachment; name="a"', b"1") + END, Invalid),
        (part('form-data; name="a"', b"\xff\xfe") + END, Invalid),
        (part('form-data; name="file"; filename="a"', b"1") * 2 + END, Invalid),
        (part('form-data; name="a"', b"1" * (LARGEST_FIELD + 1)) + END, TooLarge),
        (part('form-data; name="a"', b"1" * (LARGEST_FIELD // 2 + 1)) * 2 + END, TooLarge),
        (part('form-data; name="a"', b"1") * (MOST_PARTS + 1) + END, TooLarge),
        (part('form-data; name="a"', b"1", *[f"X-{n}: 1" for n in range(100)]) + END, Invalid),
        (part('form-data; name="a"', b"1", "X: " + "y" * 100_000) + END, Invalid),
    ],
)
def test_a_broken_form_is_refused(body: bytes, refusal: type[KhosqError]) -> None:
    with pytest.raises(refusal):
        read(body)


@pytest.mark.parametrize(
    ("content_type", "refusal"),
    [
        ("application/json", UnsupportedMedia),
        ("multipart/form-data", UnsupportedMedia),
        ("multipart/mixed; boundary=b", UnsupportedMedia),
        ("multipart/form-data; boundary=" + "b" * 100, Invalid),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, refusal: type[KhosqError]) -> None:
    with pytest.raises(refusal):
        read(END, content_type=content_type)


def test_a_file_that_was_stored_goes_if_the_form_breaks_after_it() -> None:
    discarded: list[Stored] = []
    with pytest.raises(Invalid):
        read(part('form-data; name="file"; filename="a.mp3"', b"ID3") + b"--b0undary\r\nX", discarded=discarded)
    assert discarded == [("a.mp3", b"ID3")]
