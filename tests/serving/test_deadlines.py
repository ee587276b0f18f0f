from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests

HEAD = b"POST /things/json HTTP/1.1\r\nHost: here\r\n"
UPLOAD = b"PUT /things/media/one HTTP/1.1\r\nHost: here\r\n"


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def drip(connection: socket.socket, data: bytes, *, seconds: float) -> bytes:
    """Send one byte at a time until the server answers; return its answer."""
    connection.settimeout(seconds / len(data))
    for byte in data:
        try:
            connection.send(bytes([byte]))
            if first := connection.recv(65536):
                connection.settimeout(10)
                return first + everything(connection)
        except TimeoutError:
            continue
    raise AssertionError("the server was never out of patience")


def test_headers_that_drip_are_cut_with_a_408_in_the_shape_of_the_path_s_door(port: int) -> None:
    with connected(port) as connection:
        began = time.monotonic()
        answer = drip(connection, HEAD + b"X-Slow: " + b"y" * 400, seconds=6)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'{"fault":' in answer
    assert time.monotonic() - began < 3


def test_line_ends_that_drip_before_a_request_are_cut_too(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"\r\n")
        connection.settimeout(3)
        assert b" 408 " in everything(connection)


def test_a_connection_that_says_nothing_is_closed_without_a_word(port: int) -> None:
    with connected(port) as connection:
        assert everything(connection) == b""


def test_the_headers_of_a_second_request_have_their_own_time(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert b"200 OK" in connection.recv(65536)
        time.sleep(0.8)  # idle for longer than headers may take: not their time yet
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert b"200 OK" in connection.recv(65536)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        assert b" 408 " in everything(connection)


def test_requests_in_a_row_on_one_connection_are_all_answered(port: int) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    with connected(port) as connection:
        connection.sendall(one * 3)
        received = b""
        while received.count(b"ok\n") < 3:
            received += connection.recv(65536)
    assert received.count(b"200 OK") == 3


@pytest.mark.parametrize("head", [HEAD + b"X: " + b"y" * 300_000, HEAD + b"X: y\r\n" * 3000, b"GET /" + b"y" * 9000])
def test_headers_that_never_end_are_refused(port: int, head: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(head)
        with suppress(OSError):
            connection.sendall(b" HTTP/1.1\r\n\r\n" if head.startswith(b"GET") else b"\r\n\r\n")
        assert everything_or_reset(connection).startswith(b"HTTP/1.1 431 ")


def everything_or_reset(connection: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        assert received
    return received


def test_what_is_not_http_is_a_400(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert everything(connection).startswith(b"HTTP/1.1 400 ")


def test_a_json_body_that_drips_is_cut_with_a_408(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 400\r\n\r\n")
        answer = drip(connection, b"[" * 400, seconds=6)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer


def test_a_recording_below_a_kilobyte_a_second_is_cut_with_a_408(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n")
        answer = drip(connection, b"1\r\nx\r\n" * 60, seconds=6)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_recording_that_is_slow_but_not_stalled_arrives(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(UPLOAD + b"Content-Length: 8000\r\n\r\n")
        for _ in range(8):
            connection.sendall(b"x" * 1000)
            time.sleep(0.2)
        assert b'{"bytes":8000}' in connection.recv(65536)


def test_a_body_that_nobody_reads_does_not_hold_the_connection(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n")
        assert b"200 OK" in connection.recv(65536)
        began = time.monotonic()
        assert connection.recv(1) == b""
    assert 0.5 < time.monotonic() - began < 3


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_a_client_still_sending_sees_why_it_was_refused(port: int, connection: str) -> None:
    body = b"x" * 20_000_000
    answer = requests.post(
        f"http://127.0.0.1:{port}/things/turned-away", data=body, headers={"Connection": connection}, timeout=10
    )
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"


def test_a_client_that_never_reads_its_answer_is_dropped(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /things/long HTTP/1.1\r\nHost: here\r\n\r\n")
        time.sleep(2.0)
        received = len(everything_or_reset(connection))
    assert received < 50_000_000


def test_a_client_that_asks_first_is_told_to_send(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(UPLOAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abc")
        assert b'{"bytes":3}' in connection.recv(65536)


def test_a_client_that_asks_first_is_refused_before_it_sends(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert connection.recv(1) == b""


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
SMUGGLED = b"GET /things/none HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (b"Content-Length: %d\r\n\r\n" % len(SMUGGLED), SMUGGLED),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
    ],
    ids=["length", "chunked"],
)
@pytest.mark.parametrize("cuts", [(), (0,), (3,), (3, 20)], ids=str)
def test_the_body_of_a_request_that_asks_to_upgrade_is_its_body(
    port: int, framing: bytes, body: bytes, cuts: tuple[int, ...]
) -> None:
    head = UPLOAD + UPGRADE + framing
    parts = [body[start:end] for start, end in zip((0, *cuts), (*cuts, None), strict=True)]
    with connected(port) as connection:
        connection.sendall(head + parts[0])
        for part in parts[1:]:
            time.sleep(0.1)
            connection.sendall(part)
        assert b'{"bytes":%d}' % len(SMUGGLED) in connection.recv(65536)
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(65536)
        connection.settimeout(10)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(b"ok\n")


def test_many_requests_that_ask_to_upgrade_are_all_answered(port: int) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: here\r\n" + UPGRADE + b"\r\n"
    with connected(port) as connection:
        connection.sendall(one * 50)
        received = b""
        while received.count(b"ok\n") < 50:
            received += connection.recv(65536)
    assert received.count(b"200 OK") == 50


def test_a_request_for_a_tunnel_is_refused_and_nothing_after_it_is_read(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"CONNECT here:80 HTTP/1.1\r\nHost: here\r\n\r\n" + SMUGGLED)
        answer = everything_or_reset(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_an_unknown_method_is_refused_in_the_shape_of_the_path_s_door(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"FOO /things/media/one?sig=x HTTP/1.1\r\nHost: here\r\n\r\n")
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"fault":' in answer


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /things/host HTTP/1.1\r\nHost: here\r\nHost: there\r\n", b"400"),
        (b"GET /things/host HTTP/1.1\r\nHost: here\r\nhost: here\r\n", b"400"),
        (b"GET /things/host HTTP/1.1\r\n", b"400"),
        (b"GET http://there/things/host HTTP/1.1\r\n", b"400"),
        (b"GET /things/host HTTP/1.0\r\n", b"200"),
    ],
)
def test_a_request_names_one_host(port: int, request_head: bytes, status: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(request_head + b"Connection: close\r\n\r\n")
        answer = everything(connection)
    assert answer.split()[1] == status
    assert status == b"200" or b'{"fault":' in answer


@pytest.mark.parametrize("authority", [b"there", b"there:8443", b"[::1]:80"])
def test_the_host_of_a_whole_url_stands_above_the_header(port: int, authority: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET http://%b/things/host HTTP/1.1\r\nHost: here\r\n\r\n" % authority)
        assert b'{"base":"http://%b"}' % authority in connection.recv(65536)
