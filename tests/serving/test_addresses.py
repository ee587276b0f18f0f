from __future__ import annotations

import pytest
from starlette.requests import Request

from khosq.serving.addresses import base_url


def request(host: bytes | None, *, server: tuple[str, int | None] = ("10.0.0.1", 8080)) -> Request:
    headers = [] if host is None else [(b"host", host)]
    return Request(
        {"type": "http", "scheme": "http", "headers": headers, "server": server, "path": "/", "root_path": ""}
    )


@pytest.mark.parametrize("host", [b"asr.example.org", b"asr.example.org:8443", b"127.0.0.1:8080", b"[::1]:8080"])
def test_links_begin_as_the_client_called_us(host: bytes) -> None:
    assert base_url(request(host), None) == f"http://{host.decode()}"


@pytest.mark.parametrize("host", [None, b"", b"a b", b'"><x', b"user@evil", b"a/b", b"\xff", b"a:99999999"])
def test_a_host_that_is_none_is_not_repeated(host: bytes | None) -> None:
    assert base_url(request(host), None) == "http://10.0.0.1:8080"
    assert base_url(request(host, server=("::1", 80)), None) == "http://[::1]:80"


def test_the_operator_s_address_goes_first() -> None:
    assert base_url(request(b"inner"), "https://asr.example.org/voice/") == "https://asr.example.org/voice"
