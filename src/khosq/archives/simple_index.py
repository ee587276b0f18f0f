"""Finding an archive's address in an index page (PEP 691 JSON, else HTML), a page of links or a folder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urljoin, urlsplit
from urllib.request import url2pathname

from khosq.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from khosq.archives.index_settings import IndexSettings
    from khosq.archives.web import Response, Web

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
PAGE_LIMIT = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Link:
    """One archive an index offers."""

    filename: str
    address: str
    sha256: str | None = None


def find(project: str, filename: str, web: Web) -> Iterator[Link]:
    """Give every link to this file, the main index's first; say why when no place could be read."""
    reasons: list[str] = []
    found = False
    for place in _places(project, web.settings):
        try:
            links = list(_links(place, web))
        except Unavailable as error:
            reasons.append(error.message)
            continue
        for link in links:
            if link.filename == filename:
                found = True
                yield link
    if not found:
        raise Unavailable("; ".join(reasons) or "no index and no folder to look in offers it")


def _places(project: str, settings: IndexSettings) -> Iterator[str]:
    normalized = re.sub(r"[-_.]+", "-", project).lower()
    for index in settings.indexes:
        yield f"{_as_address(index).rstrip('/')}/{normalized}/"
    for place in settings.find_links:
        yield _as_address(place)


def _as_address(place: str) -> str:
    """Turn a folder's path into a file: address."""
    if re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]+:", place):
        return place
    return Path(place).expanduser().absolute().as_uri()


def _links(place: str, web: Web) -> Iterator[Link]:
    parts = urlsplit(place)
    if parts.scheme == "file":
        folder = Path(url2pathname(parts.path))
        if folder.is_dir() and not (folder / "index.html").is_file():
            return (Link(entry.name, entry.as_uri()) for entry in sorted(folder.iterdir()) if entry.is_file())
        if not folder.exists():
            return iter(())
        if folder.is_dir():
            place = (folder / "index.html").as_uri()
    return web.read(place, _parse, accept=ACCEPT)


def _parse(response: Response) -> Iterator[Link]:
    body = response.read(PAGE_LIMIT)
    if "json" in response.headers.get_content_type():
        return _from_json(body, response.geturl())
    return _from_html(body, response.geturl())


def _from_json(body: bytes, base: str) -> Iterator[Link]:
    page = json.loads(body)
    return iter(
        [
            Link(file["filename"], urljoin(base, file["url"]), file.get("hashes", {}).get("sha256"))
            for file in page["files"]
        ]
    )


def _from_html(body: bytes, base: str) -> Iterator[Link]:
    parser = _Anchors(base)
    parser.feed(body.decode("utf-8", "replace"))
    return (_from_address(address) for address in parser.addresses)


def _from_address(address: str) -> Link:
    parts = urlsplit(address)
    digest = parse_qs(parts.fragment).get("sha256", [None])[0]
    return Link(unquote(parts.path).rpartition("/")[2], address.partition("#")[0], digest)


class _Anchors(HTMLParser):
    """Collects the addresses of a page's links."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "base" and target:
            self._base = urljoin(self._base, target)
        elif tag == "a" and target:
            self.addresses.append(urljoin(self._base, target))
