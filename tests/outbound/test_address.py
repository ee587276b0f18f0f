"""Which addresses may be called."""
# ruff: noqa: RUF001, S104 (odd spellings and odd addresses are what is tested here)

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.errors import AddressRefused, Invalid
from khosq.outbound.address import Target, check_addresses, check_url, read_allow, why_closed

NOTHING: frozenset[str] = frozenset()

CLOSED_ADDRESSES = [
    # IPv4 by kind, both ends where the net is not whole
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.7", "192.88.99.1", "192.168.0.1", "192.168.255.255"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.9", "203.0.113.200", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.254", "255.255.255.255"),
    # IPv6 by kind
    *("::", "::1", "::2", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "ff02::1"),
    *("ff0e::1", "100::1", "100:0:0:1::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1", "4000::1", "::ffff:0:0"),
    # IPv4 inside IPv6
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8"),
    *("::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254"),
    *("64:ff9b:1::7f00:1", "64:ff9b:1:7f00:0:100::", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    *("2002:808:808::1", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:2::1", "2001:10::1"),
    *("2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1"),
]

PUBLIC_ADDRESSES = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *("128.0.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
    *("2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "64:ff9b::8.8.8.8"),
]

HOSTILE_URLS = [
    # names of inner things
    *(
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://a.localhost/",
        "https://printer.local/",
    ),
    *("https://metadata.google.internal/computeMetadata/v1/", "https://metadata/", "https://instance-data/latest"),
    *("https://db.internal:5432/", "https://router.lan/", "https://nas.home.arpa/", "https://x.localdomain/"),
    "https://METADATA.GOOGLE.INTERNAL./",
    # odd spellings of 127.0.0.1 and 169.254.169.254
    *(
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
    ),
    *("https://127.1/", "https://127.0.1/", "https://0/", "https://127.0.0.1./", "https://127.000.000.001/"),
    *("https://127.0.0.0x1/", "https://2852039166/", "https://0xa9fea9fe/", "https://0251.0376.0251.0376/"),
    *(
        "https://169.254.43518/",
        "https://00000127.0.0.1/",
        "https://4294967296/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
    ),
    *("https://0x/", "https://127.0.0.1.0x7f/", "https://08.8.8.8/"),
    # the same by Unicode: full-width digits, circled digits, ideographic stops
    *(
        "https://１２７.０.０.１/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://ｌｏｃａｌｈｏｓｔ/",
        "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    ),
    *("https://169｡254｡169｡254/", "https://loc\u00adalhost/", "https://lo\u200bcalhost/", "https://exa\u202emple.com/"),
    "https://xn--0.\u2488com/",
    # credentials and confused hosts
    *("https://user:pass@example.com/", "https://user@example.com/", "https://example.com@127.0.0.1/"),
    *("https://@example.com/", "https://example.com:443@127.0.0.1:80/", "https://127.0.0.1\\@example.com/"),
    *("https://example.com\\.inner/", "https:\\\\127.0.0.1\\", "https://example.com%40127.0.0.1/"),
    *("https://127.0.0.1%2eexample.com/", "https://%6c%6f%63alhost/", "https://127%2e0%2e0%2e1/"),
    *("https://[::1", "https://::1/", "https://[::1]x/", "https://[::1%25lo]/", "https://[fe80::1%eth0]/"),
    *(
        "https://[127.0.0.1]/",
        "https://[v1.fe80::1]/",
        "https://[]/",
        "https://[::ffff:7f00:1]/",
        "https://[0:0:0:0:0:0:0:1]/",
    ),
    "https://[::FFFF:127.0.0.1]:8443/",
    # schemes
    *("file:///etc/passwd", "ftp://example.com/a.mp3", "gopher://127.0.0.1:70/", "data:audio/mpeg;base64,AAAA"),
    *("javascript:alert(1)", "//example.com/", "/etc/passwd", "example.com/a.mp3", "dict://127.0.0.1:11211/", ""),
    *(
        "http:example.com",
        "https:/example.com/",
        "https//example.com",
        "unix:///run/docker.sock",
        "jar:https://x.example!/",
    ),
    *("view-source:https://example.com/", "s3://bucket/key", "concat:https://a.example|b", "crypto://x", "https"),
    # what breaks a request apart
    *("https://example.com/\r\nX: 1", "https://example.com/\n", "https://exa\tmple.com/", "https://example.com/ a"),
    *(" https://example.com/", "https://example.com /", "https://exam ple.com/", "https://example.com/\x00"),
    *(
        "https://example.com/\ud800",
        "https://example.com/\u2028x",
        "https://example.com\r\n/",
        "\x00https://example.com/",
    ),
    # hosts and ports that are none
    *("https:///a", "https://", "https://:443/", "https://./", "https://a..b.com/", "https://.example.com/"),
    *("https://example.com../", "https://-a.example/", "https://a-.example/", f"https://{'a' * 64}.com/"),
    *(
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:-1/",
        "https://example.com:99999999/",
    ),
    *(
        "https://example.com:80:80/",
        "https://example.com:８０/",
        "https://example.com:4_43/",
        "https://example.com:+443/",
    ),
    *("https://example.com:http/", "https://exa*mple.com/", "https://exa,mple.com/", "https://ex'ample.com/"),
    *(f"https://{'a.' * 127}com/", f"https://example.com/{'a' * 2048}", "https://xn--\u0430.com/"),
    # plain http where it is not allowed
    *("http://example.com/", "HTTP://example.com/"),
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


def test_the_tables_are_as_long_as_promised() -> None:
    assert len(set(HOSTILE_URLS)) + len(set(CLOSED_ADDRESSES)) >= 120


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
