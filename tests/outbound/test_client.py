"""Requests over real sockets: loopback receivers, opened by allow entries."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from khosq.errors import AddressRefused, Invalid, NeighbourFailed, Refused, TooLarge
from khosq.outbound.client import EXCERPT_BYTES, OutboundClient
from khosq.outbound.resolver import resolve_by_system

TRUST = ssl.create_default_context()
"""Made once: reading the machine's certificates takes longer than a test."""

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Receiver:
    """Answers raw bytes and remembers what it was sent."""

    def __init__(self, *answers: bytes | Answer) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self.answer(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = (int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
        self.requests.append(head + await reader.readexactly(next(lengths, 0)))
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(writer)

    @asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[Receiver]:
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.get_running_loop().create_task(self.handle(reader, writer)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0, **options)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # the loop closes aborted sockets on its next turn


class Names:
    """A name server in memory: each name gives its answers one after another, the last for good."""

    def __init__(self, **answers: Sequence[str] | Iterable[Sequence[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        key = host.partition(".")[0]
        turns: list[Sequence[str]] = list(self.answers[key])
        return turns[min(self.asked.count(host), len(turns)) - 1]


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def a_client(*allow: str, names: Names | None = None, **options: Any) -> OutboundClient:
    options = {"ssl_context": TRUST} | options
    return OutboundClient(allow=frozenset(allow), allow_http=True, resolve=names or resolve_by_system, **options)


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


async def fetched(client: OutboundClient, url: str, *, deadline: float = 5, max_bytes: int = 10_000) -> bytes:
    return b"".join([piece async for piece in client.fetch(url, deadline=deadline, max_bytes=max_bytes)])


async def drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.05)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    await drip(writer)


async def drip_a_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    await drip(writer)


async def repeat_continue(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def say_nothing(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def endless_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Filler: " + b"a" * 1000 + b"\r\n")
        await writer.drain()


async def ten_megabytes(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
    for _ in range(160):
        writer.write(b"x" * 65_536)
        await writer.drain()


def test_a_hook_arrives_as_it_was_sent_under_its_own_name() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            names = Names(hooks=[["127.0.0.1"]])
            host = f"hooks.example.com:{receiver.port}"
            reply = await a_client(host, names=names).send(
                "POST", f"http://{host}/in?a=1", b'{"n": 1}', {"Content-Type": "application/json"}, deadline=5
            )
            assert (reply.status, reply.body_excerpt, reply.retry_after) == (200, b"ok", None)
            head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            assert lines[0] == "POST /in?a=1 HTTP/1.1"
            assert body == b'{"n": 1}'
            assert f"Host: {host}" in lines
            assert "Content-Type: application/json" in lines
            assert "Content-Length: 8" in lines
            assert names.asked == ["hooks.example.com"]

    run(story())


def test_the_environment_s_proxies_and_passwords_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NETRC", str(netrc))

    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            assert (await a_client(host).send("POST", f"http://{host}/", b"", {}, deadline=5)).status == 200
            assert b"authorization" not in receiver.requests[0].lower()

    run(story())


def test_a_loopback_receiver_is_not_called_unless_opened() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            names = Names(hooks=[["127.0.0.1"]])
            for url in (f"http://127.0.0.1:{receiver.port}/", f"http://hooks.example.com:{receiver.port}/"):
                with pytest.raises(AddressRefused):
                    await a_client(f"127.0.0.1:{receiver.port + 1}", names=names).send("POST", url, b"", {}, deadline=5)
            assert receiver.requests == []

    run(story())


def test_one_inner_address_among_public_ones_refuses_the_name() -> None:
    async def story() -> None:
        names = Names(mixed=[["8.8.8.8", "2606:4700::1111", "10.0.0.1"]])
        with pytest.raises(AddressRefused):
            await a_client(names=names).send("POST", "http://mixed.example.com/", b"", {}, deadline=5)

    run(story())


def test_a_name_that_changes_its_address_after_the_check_is_not_asked_again() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            host = f"turns.example.com:{receiver.port}"
            names = Names(turns=[["127.0.0.1"], ["127.0.0.99"]])  # nobody listens at the second
            assert (
                await a_client(host, names=names).send("POST", f"http://{host}/", b"", {}, deadline=5)
            ).status == 200
            assert names.asked == ["turns.example.com"]

    run(story())


def test_a_name_is_checked_anew_on_each_hop() -> None:
    async def story() -> None:
        async with Receiver().running() as receiver:
            host = f"opened.example.com:{receiver.port}"
            receiver.answers = (redirect(f"http://turns.example.com:{receiver.port}/"), OK)
            names = Names(opened=[["127.0.0.1"]], turns=[["127.0.0.1", "8.8.8.8"]])
            with pytest.raises(AddressRefused):
                await fetched(a_client(host, names=names), f"http://{host}/")
            assert names.asked == ["opened.example.com", "turns.example.com"]
            assert len(receiver.requests) == 1

    run(story())


def test_a_hook_follows_no_redirect() -> None:
    async def story() -> None:
        async with (
            Receiver(OK).running() as inner,
            Receiver(redirect(f"http://127.0.0.1:{inner.port}/")).running() as outer,
        ):
            allow = (f"127.0.0.1:{outer.port}", f"127.0.0.1:{inner.port}")
            reply = await a_client(*allow).send("POST", f"http://127.0.0.1:{outer.port}/", b"{}", {}, deadline=5)
            assert reply.status == 302
            assert inner.requests == []

    run(story())


@pytest.mark.parametrize("answer", [drip_headers, drip_a_body, repeat_continue, say_nothing])
def test_a_slow_receiver_is_cut_off_at_the_deadline(answer: Answer) -> None:
    async def story() -> None:
        async with Receiver(answer).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            began = time.monotonic()
            with pytest.raises(NeighbourFailed, match="in time"):
                await a_client(host).send("POST", f"http://{host}/", b"{}", {}, deadline=0.4)
            assert 0.3 < time.monotonic() - began < 1.5

    run(story())


def test_a_name_server_that_never_answers_is_cut_off_at_the_deadline() -> None:
    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    async def story() -> None:
        client = OutboundClient(allow=frozenset(), allow_http=True, resolve=never)
        with pytest.raises(NeighbourFailed, match="in time"):
            await client.send("POST", "http://example.com/", b"", {}, deadline=0.2)

    run(story())


def test_ten_megabytes_of_answer_are_not_read() -> None:
    async def story() -> None:
        async with Receiver(ten_megabytes).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            reply = await a_client(host).send("POST", f"http://{host}/", b"", {}, deadline=5)
            assert (reply.status, reply.body_excerpt) == (200, b"x" * EXCERPT_BYTES)

    run(story())


def test_an_endless_header_is_cut_off() -> None:
    async def story() -> None:
        async with Receiver(endless_headers).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            with pytest.raises(NeighbourFailed):
                await a_client(host).send("POST", f"http://{host}/", b"", {}, deadline=5)

    run(story())


def test_a_header_over_the_limit_is_no_answer() -> None:
    async def story() -> None:
        answer = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000 + b"\r\nContent-Length: 0\r\n\r\n"
        async with Receiver(answer).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            with pytest.raises(NeighbourFailed, match="header"):
                await a_client(host).send("POST", f"http://{host}/", b"", {}, deadline=5)

    run(story())


@pytest.mark.parametrize(
    "answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", b"\x16\x03\x01"]
)
def test_an_answer_that_is_broken_is_the_neighbour_s_failure_and_may_be_tried_again(answer: bytes) -> None:
    async def story() -> None:
        async with Receiver(answer).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            with pytest.raises(NeighbourFailed) as failed:
                await a_client(host).send("POST", f"http://{host}/", b"", {}, deadline=5)
            assert failed.value.retryable

    run(story())


def test_nobody_listening_and_an_unknown_name_are_the_neighbour_s_failure() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            port = receiver.port
        with pytest.raises(NeighbourFailed, match="could not be reached"):
            await a_client(f"127.0.0.1:{port}").send("POST", f"http://127.0.0.1:{port}/", b"", {}, deadline=5)
        with pytest.raises(NeighbourFailed, match="no address"):
            await a_client(names=Names(gone=[[]])).send("POST", "http://gone.example.com/", b"", {}, deadline=5)

    run(story())


def test_the_next_address_of_a_name_is_tried_where_the_first_takes_no_connection() -> None:
    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            host = f"two.example.com:{receiver.port}"
            client = a_client(host, names=Names(two=[["127.0.0.9", "::1", "127.0.0.1"]]))
            assert (await client.send("POST", f"http://{host}/", b"body", {}, deadline=5)).status == 200
            assert receiver.requests[0].endswith(b"body")

    run(story())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("Fri, 20 Nov 99999999999999999999 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    async def story() -> None:
        answer = f"HTTP/1.1 503 Busy\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode()
        async with Receiver(answer).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            client = a_client(host, clock=lambda: datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
            reply = await client.send("POST", f"http://{host}/", b"", {}, deadline=5)
            assert (reply.status, reply.retry_after) == (503, seconds)

    run(story())


def test_a_header_that_frames_the_message_is_not_sent() -> None:
    async def story() -> None:
        with pytest.raises(Invalid):
            await a_client().send("POST", "https://example.com/", b"", {"Host": "inner"}, deadline=1)

    run(story())


def test_a_file_is_fetched_through_five_redirects_but_not_six() -> None:
    async def story() -> None:
        async with Receiver().running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            receiver.answers = (
                *[redirect(f"/{hop}", status) for hop, status in enumerate((301, 302, 303, 307, 308))],
                OK,
            )
            assert await fetched(a_client(host), f"http://{host}/first") == b"ok"
            assert [request.split()[1] for request in receiver.requests] == [
                b"/first",
                b"/0",
                b"/1",
                b"/2",
                b"/3",
                b"/4",
            ]
            receiver.answers = (redirect("/again"),)
            receiver.requests.clear()
            with pytest.raises(Invalid, match="5 times"):
                await fetched(a_client(host), f"http://{host}/")
            assert len(receiver.requests) == 6

    run(story())


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{inner}/",
        "http://localhost:{inner}/",
        "http://2130706433:{inner}/",
        "http://0x7f.1:{inner}/",
        "http://[::1]:{inner}/",
        "http://[::ffff:127.0.0.1]:{inner}/",
        "http://127.0.0.1.:{inner}/",
        "http://inner.example.com:{inner}/",
        "//127.0.0.1:{inner}/",
        "//inner.example.com:{inner}/",
        "http://a:b@127.0.0.1:{inner}/",
        "http://127.0.0.1:{outer}@127.0.0.1:{inner}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{inner}/_GET",
        "ftp://127.0.0.1/a.mp3",
        "http:\\\\127.0.0.1:{inner}\\",
        "http://[::1",
        "http://127.0.0.1:0/",
        "",
    ],
)
def test_a_redirect_to_the_inside_is_refused(location: str) -> None:
    async def story() -> None:
        async with Receiver(OK).running() as inner, Receiver().running() as outer:
            outer.answers = (redirect(location.format(inner=inner.port, outer=outer.port)), OK)
            client = a_client(f"127.0.0.1:{outer.port}", names=Names(inner=[["127.0.0.1"]]))
            with pytest.raises(Refused):
                await fetched(client, f"http://127.0.0.1:{outer.port}/a.mp3")
            assert inner.requests == []
            assert len(outer.requests) == 1

    run(story())


def test_a_cookie_set_on_one_hop_is_not_carried_to_the_next() -> None:
    async def story() -> None:
        first = b"HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
        async with Receiver(first, OK).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            assert await fetched(a_client(host), f"http://{host}/") == b"ok"
            assert b"cookie" not in receiver.requests[1].lower()

    run(story())


def test_the_deadline_of_a_fetch_spans_all_hops_and_the_whole_body() -> None:
    async def story() -> None:
        async def late(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.3)
            writer.write(redirect("/next"))
            await writer.drain()

        for answers in ((late, late, OK), (drip_a_body,)):
            async with Receiver(*answers).running() as receiver:
                host = f"127.0.0.1:{receiver.port}"
                began = time.monotonic()
                with pytest.raises(NeighbourFailed, match="in time"):
                    await fetched(a_client(host), f"http://{host}/", deadline=0.5, max_bytes=10**6)
                assert 0.4 < time.monotonic() - began < 1.5

    run(story())


@pytest.mark.parametrize("head", [b"Content-Length: 2000", b"Transfer-Encoding: chunked"])
def test_a_file_over_the_limit_is_given_up(head: bytes) -> None:
    async def story() -> None:
        body = b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n" if b"chunked" in head else b"x" * 2000
        async with Receiver(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            with pytest.raises(TooLarge):
                await fetched(a_client(host), f"http://{host}/", max_bytes=1999)
            assert await fetched(a_client(host), f"http://{host}/", max_bytes=2000) == b"x" * 2000

    run(story())


def test_a_compressed_answer_is_refused_so_that_no_bomb_unfolds() -> None:
    async def story() -> None:
        async with Receiver(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"
        ).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            with pytest.raises(Invalid, match="compressed"):
                await fetched(a_client(host), f"http://{host}/")

    run(story())


@pytest.mark.parametrize(
    ("status", "error"), [(404, Invalid), (403, Invalid), (429, NeighbourFailed), (503, NeighbourFailed)]
)
def test_a_server_that_gives_no_file_is_told_from_one_that_is_busy(status: int, error: type[Exception]) -> None:
    async def story() -> None:
        async with Receiver(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            with pytest.raises(error, match=str(status)):
                await fetched(a_client(host), f"http://{host}/")

    run(story())


def test_a_fetch_may_be_left_before_its_end() -> None:
    async def story() -> None:
        async with Receiver(ten_megabytes).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            async with aclosing(a_client(host).fetch(f"http://{host}/", deadline=5, max_bytes=10**8)) as pieces:
                async for piece in pieces:
                    assert piece.startswith(b"x")
                    break

    run(story())


def test_one_client_serves_one_event_loop_after_another() -> None:
    client: list[OutboundClient] = []

    async def story() -> None:
        async with Receiver(OK).running() as receiver:
            host = f"127.0.0.1:{receiver.port}"
            client.append(client[0] if client else a_client(*[f"127.0.0.1:{port}" for port in range(1024, 65536)]))
            assert (await client[0].send("POST", f"http://{host}/", b"", {}, deadline=5)).status == 200

    run(story())
    run(story())


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for hooks.example.com."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext subjectAltName=DNS:hooks.example.com"
    )
    try:
        subprocess.run(
            [*command.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed here")
    return folder


def test_tls_is_verified_against_the_name_though_the_address_is_pinned(certificate: Path) -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    seen: list[str] = []
    server_side.sni_callback = lambda _socket, name, _context: seen.append(name)
    trusted = ssl.create_default_context(cafile=str(certificate / "cert.pem"))

    async def story() -> None:
        async with Receiver(OK).running(ssl=server_side) as receiver:
            hosts = [f"{name}.example.com:{receiver.port}" for name in ("hooks", "other")]
            names = Names(hooks=[["127.0.0.1"]], other=[["127.0.0.1"]])
            client = a_client(*hosts, names=names, ssl_context=trusted)
            assert (await client.send("POST", f"https://{hosts[0]}/", b"", {}, deadline=5)).status == 200
            with pytest.raises(NeighbourFailed, match=r"(?i)certificate"):
                await client.send("POST", f"https://{hosts[1]}/", b"", {}, deadline=5)
            with pytest.raises(NeighbourFailed, match=r"(?i)certificate"):  # the machine's own trust does not know it
                await a_client(*hosts, names=names).send("POST", f"https://{hosts[0]}/", b"", {}, deadline=5)
            assert seen[:2] == ["hooks.example.com", "other.example.com"]
            assert len(receiver.requests) == 1

    run(story())
