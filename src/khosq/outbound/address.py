"""Is this address one we may call? Decided by our own tables, before any socket is opened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import idna

from khosq.errors import AddressRefused, Invalid

IPAddress = IPv4Address | IPv6Address

MAX_URL_LENGTH = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}

# IANA's special-purpose registries, and two addresses at which clouds serve a machine's secrets.
# `ipaddress.is_global` is not used: its answers differ between Python releases and miss several of these.
CLOSED_IPV4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carriers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "an old relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

OPEN_IPV6 = IPv6Network("2000::/3")
"""The only part of IPv6 that is handed out for the public internet."""

CLOSED_IPV6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("2001::/23", "reserved for protocols"),  # Teredo, benchmarks, ORCHID
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "a tunnel"),  # 6to4
        ("3fff::/20", "for documentation"),
    )
)

NAT64 = IPv6Network("64:ff9b::/96")
"""Networks without IPv4 reach it through these; the IPv4 address inside decides."""

_ISATAP = {0x0000_5EFE, 0x0200_5EFE}

CLOSED_SUFFIXES = (
    *("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "home.arpa", "corp", "svc", "onion"),
    *("metadata.goog", "metadata.tencentyun.com"),
)

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_NAME = 253
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart once and found acceptable; only this form is used from then on."""

    scheme: str
    host: str
    """Lower-case ASCII name, or a literal address without brackets."""
    port: int
    path: str
    """Path and query as sent."""
    address: IPAddress | None
    """The host, where it is a literal address."""
    is_opened: bool
    """An operator named exactly this host and port, so its addresses are not judged."""

    @property
    def authority(self) -> str:
        """``host:port``, as the operator's list has it."""
        return _authority(self.host, self.port)

    @property
    def host_header(self) -> str:
        """The value of ``Host``: without the scheme's own port."""
        is_usual = DEFAULT_PORTS[self.scheme] == self.port
        return self.authority.rpartition(":")[0] if is_usual else self.authority

    @property
    def url(self) -> str:
        """The URL in its one spelling."""
        return f"{self.scheme}://{self.host_header}{self.path}"


def check_url(url: str, *, allow: frozenset[str], allow_http: bool) -> Target:
    """Take ``url`` apart and return what to call, without asking any name server.

    Args:
        url: what somebody else gave us.
        allow: exact ``host:port`` entries, from ``read_allow``; they may be private, nothing else opens.
        allow_http: whether plain http is acceptable.

    Raises:
        AddressRefused: the URL is malformed, ambiguous or points inside.

    """
    _check_characters(url)
    parts = _URL.fullmatch(url)
    if parts is None:
        raise AddressRefused("This is not a full URL: it must start with https:// and name a host.")
    scheme = parts["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise AddressRefused("Only https:// and http:// addresses can be called.")
    if scheme == "http" and not allow_http:
        raise AddressRefused("Plain http:// addresses are not accepted here; use https://.")
    host, port = _split_authority(parts["authority"], DEFAULT_PORTS[scheme])
    rest = parts["rest"]
    return _judge(scheme, host, port, rest if rest.startswith("/") else f"/{rest}", allow)


def check_addresses(target: Target, addresses: Sequence[str]) -> tuple[IPAddress, ...]:
    """Return every address that ``target``'s name stands for, parsed, once all of them are found public.

    Raises:
        AddressRefused: at least one is not public, and no operator opened this host and port.

    """
    found = tuple(dict.fromkeys(_parse_resolved(address) for address in addresses))
    if not target.is_opened and any(why_closed(address) is not None for address in found):
        # The address itself stays untold: it would let a tenant read the inner network's names.
        raise AddressRefused(f"The name {target.host} stands for an address that is not public.")
    return found


def read_allow(entries: Iterable[str]) -> frozenset[str]:
    """Return the operator's ``host:port`` entries in the spelling that ``check_url`` compares with.

    Raises:
        Invalid: an entry has no port, or is not one host.

    """
    return frozenset(_read_entry(entry) for entry in entries)


def why_closed(address: IPAddress) -> str | None:
    """Return why ``address`` must not be called, or None if it is public.

    Addresses that carry an IPv4 address inside (mapped, compatible, 6to4, Teredo, ISATAP, local NAT64) have no use
    in a URL and are closed whatever they carry; the well-known NAT64 prefix is judged by what it carries.
    """
    if isinstance(address, IPv4Address):
        return next((reason for network, reason in CLOSED_IPV4 if address in network), None)
    if address in NAT64:
        return why_closed(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address not in OPEN_IPV6:
        return "not public"
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return "a tunnel"
    return next((reason for network, reason in CLOSED_IPV6 if address in network), None)


def _judge(scheme: str, host: str, port: int, path: str, allow: frozenset[str]) -> Target:
    address = _literal(host)
    name = host if address is None else str(address)
    is_opened = _authority(name, port) in allow
    if not is_opened and address is not None and (reason := why_closed(address)) is not None:
        raise AddressRefused(f"The address {name} is not public: it is {reason}.")
    if not is_opened and address is None and _is_inner_name(name):
        raise AddressRefused(f"The name {name} is one of an inner network.")
    return Target(scheme, name, port, path, address, is_opened)


def _check_characters(url: str) -> None:
    if len(url) > MAX_URL_LENGTH:
        raise AddressRefused(f"The URL is longer than {MAX_URL_LENGTH} characters.")
    if any(not char.isprintable() or char.isspace() or char == "\\" for char in url):
        raise AddressRefused("The URL holds a space, a control character or a backslash; encode it as %XX.")


def _split_authority(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise AddressRefused("A user name or password in the URL is not accepted; remove it.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise AddressRefused("The host or the port of the URL cannot be read.")
    port = int(parts["port"] or default_port)
    if not 1 <= port <= _MAX_PORT:
        raise AddressRefused("The port of the URL must be from 1 to 65535.")
    return _plain_host(parts["host"]), port


def _plain_host(host: str) -> str:
    """Return ``host`` in the spelling that name servers and sockets will see."""
    if host.startswith("["):
        return host.lower()
    name = _to_ascii(host).removesuffix(".")
    if not name or len(name) > _MAX_NAME or any(_LABEL.fullmatch(label) is None for label in name.split(".")):
        raise AddressRefused("The URL names no valid host.")
    return name


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressRefused("The URL's host is not a valid international name.") from error


def _literal(host: str) -> IPAddress | None:
    """Return the address that ``host`` is, None for a name; refuse every spelling of IPv4 but the usual one."""
    try:
        if host.startswith("["):
            return IPv6Address(host[1:-1])
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return IPv4Address(host)
    except ValueError as error:
        raise AddressRefused("The URL's host is not a usual spelling of an address.") from error
    return None


def _is_inner_name(name: str) -> bool:
    """Tell whether only an inner network knows ``name``: a name of one word means nothing elsewhere."""
    return "." not in name or any(name == suffix or name.endswith(f".{suffix}") for suffix in CLOSED_SUFFIXES)


def _parse_resolved(address: str) -> IPAddress:
    return ip_address(address.partition("%")[0])


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _read_entry(entry: str) -> str:
    host, colon, port = entry.strip().rpartition(":")
    if not colon or not port.isdecimal() or not port.isascii():
        raise Invalid(f"Write the allowed address {entry!r} as host:port.")
    try:
        plain, number = _split_authority(f"{host}:{port}", default_port=0)
        address = _literal(plain)
    except AddressRefused as error:
        raise Invalid(f"The allowed address {entry!r} cannot be read: {error.message}") from error
    return _authority(plain if address is None else str(address), number)
