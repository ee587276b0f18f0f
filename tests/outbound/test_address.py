"""Which addresses may be called."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.outbound.hostile import CLOSED_ADDRESSES, HOSTILE_URLS

from khosq.errors import AddressRefused, Invalid
from khosq.outbound.address import Target, check_addresses, check_url, read_allow, why_closed

NOTHING: frozenset[str] = frozenset()

PUBLIC_ADDRESSES = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *("128.0.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
    *("2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "64:ff9b::8.8.8.8"),
]


def check(url: str, *allow: str, allow_http: bool = False) -> Target:
    return check_url(url, allow=frozenset(allow), allow_http=allow_http)


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", CLOSED_ADDRESSES)
def test_an_address_that_is_not_public_is_refused_written_or_resolved(address: str) -> None:
    assert why_closed(ip_address(address)) is not None
    with pytest.raises(AddressRefused, match="not public"):
        check(f"https://{bracketed(address)}/")
    with pytest.raises(AddressRefused, match="not public"):
        check_addresses(check("https://example.com/"), ["8.8.8.8", address])


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_accepted_written_or_resolved(address: str) -> None:
    assert check(f"https://{bracketed(address)}/").address == ip_address(address)
    assert check_addresses(check("https://example.com/"), [address]) == (ip_address(address),)


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_refused_before_any_name_is_asked(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check(url)
    assert refused.value.message.endswith(".")
    assert refused.value.code == "address_refused"


@pytest.mark.parametrize(
    ("url", "host", "port", "plain"),
    [
        ("https://example.com", "example.com", 443, "https://example.com/"),
        ("HTTPS://Example.COM:443/A?b=c#d", "example.com", 443, "https://example.com/A?b=c"),
        ("https://example.com.:8443/x", "example.com", 8443, "https://example.com:8443/x"),
        ("https://example.com?x=1", "example.com", 443, "https://example.com/?x=1"),
        ("https://example.com:/x", "example.com", 443, "https://example.com/x"),
        ("https://my_host.example.com/", "my_host.example.com", 443, "https://my_host.example.com/"),
        ("https://օրինակ.հայ/կապ", "xn--y9atn0a2c3a.xn--y9a3aq", 443, "https://xn--y9atn0a2c3a.xn--y9a3aq/կապ"),
        ("https://bücher.example/", "xn--bcher-kva.example", 443, "https://xn--bcher-kva.example/"),
        ("https://example.com/a@b:c", "example.com", 443, "https://example.com/a@b:c"),
        ("https://[2606:4700:4700:0::1111]:99/", "2606:4700:4700::1111", 99, "https://[2606:4700:4700::1111]:99/"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "https://8.8.8.8/"),
    ],
)
def test_a_url_is_read_into_one_spelling(url: str, host: str, port: int, plain: str) -> None:
    target = check(url)
    assert (target.host, target.port, target.url) == (host, port, plain)


def test_plain_http_is_accepted_where_the_operator_says_so() -> None:
    assert check("http://example.com/", allow_http=True).host_header == "example.com"


def test_an_allow_entry_opens_its_own_host_and_port_and_nothing_else() -> None:
    allow = read_allow([" LocalHost:9000 ", "10.0.0.5:443", "[0:0::1]:8000", "hooks.internal:8443"])
    for url in ("https://localhost:9000/", "https://10.0.0.5/", "https://[::1]:8000/", "https://hooks.internal:8443/"):
        assert check(url, *allow).is_opened
    for url in (
        "https://localhost:9001/",
        "https://127.0.0.1:9000/",
        "https://10.0.0.5:444/",
        "https://10.0.0.6/",
        "https://[::1]/",
        "https://a.hooks.internal:8443/",
        "https://0x0a000005/",
        "https://a@localhost:9000/",
    ):
        with pytest.raises(AddressRefused):
            check(url, *allow)


def test_an_opened_name_may_stand_for_an_inner_address_but_another_name_may_not() -> None:
    allow = read_allow(["hooks.example.com:443", "127.0.0.1:443"])
    assert check_addresses(check("https://hooks.example.com/", *allow), ["10.0.0.1"]) == (ip_address("10.0.0.1"),)
    with pytest.raises(AddressRefused):
        check_addresses(check("https://evil.example.com/", *allow), ["127.0.0.1"])


def test_an_allow_entry_does_not_open_plain_http() -> None:
    with pytest.raises(AddressRefused, match="https"):
        check("http://localhost:9000/", "localhost:9000")


@pytest.mark.parametrize(
    "entry", ["localhost", "*:80", "10.0.0.0/8:80", "a:b", "", ":80", "a@b:80", "a:0", "0x7f.1:80"]
)
def test_an_allow_entry_that_is_no_host_and_port_is_a_clear_mistake(entry: str) -> None:
    with pytest.raises(Invalid, match="allowed address"):
        read_allow([entry])


def test_the_refusal_does_not_tell_what_an_inner_name_stands_for() -> None:
    with pytest.raises(AddressRefused) as refused:
        check_addresses(check("https://wiki.example.com/"), ["10.11.12.13"])
    assert "10.11" not in refused.value.message


@given(st.text(max_size=60))
def test_any_text_after_the_scheme_is_accepted_or_refused_never_an_accident(text: str) -> None:
    try:
        target = check(f"https://{text}")
    except AddressRefused:
        return
    assert target.host.isascii()
    assert check(target.url) == target


@given(st.ip_addresses())
def test_every_address_is_judged(address: object) -> None:
    reason = why_closed(ip_address(str(address)))
    assert reason is None or reason
