"""Where this machine's packages come from, as its environment and its pip configuration say."""

from __future__ import annotations

import configparser
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PYPI = "https://pypi.org/simple"


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """The indexes and folders to look in, and whom to trust."""

    indexes: tuple[str, ...] = (PYPI,)
    """Simple-API addresses, the main one first; may carry a user and a password."""
    find_links: tuple[str, ...] = ()
    """Folders, or addresses of pages with links to archives."""
    certificates: tuple[Path, ...] = ()
    """Bundles of certificate authorities trusted beside the system's own."""


def read_index_settings(environ: Mapping[str, str] | None = None) -> IndexSettings:
    """Read what uv and pip would obey: uv's variables first, then pip's, then pip's files, then PyPI."""
    environ = os.environ if environ is None else environ
    pip = _PipOptions(environ)
    main = _first(_uv(environ, "DEFAULT_INDEX"), _uv(environ, "INDEX_URL"), pip.values("index-url"), [PYPI])
    extra = [*_uv(environ, "INDEX"), *_uv(environ, "EXTRA_INDEX_URL"), *pip.values("extra-index-url")]
    no_index = any(_is_true(value) for value in [*_uv(environ, "NO_INDEX"), *pip.values("no-index")])
    links = [*re.split(r"[,\s]+", environ.get("UV_FIND_LINKS", "")), *pip.values("find-links")]
    bundles = [environ.get(name, "") for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")]
    return IndexSettings(
        indexes=() if no_index else _unique([*main[:1], *extra]),
        find_links=_unique(links),
        certificates=tuple(Path(path) for path in _unique([*bundles, *pip.values("cert")]) if Path(path).is_file()),
    )


class _PipOptions:
    """pip's options: a variable ``PIP_…`` wins over every file, a later file over an earlier one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._files = [section for path in _pip_files(environ) for section in _sections(path)]

    def values(self, option: str) -> list[str]:
        variable = self._environ.get("PIP_" + option.upper().replace("-", "_"))
        if variable is not None:
            return variable.split()
        found = [section[option] for section in self._files if option in section]
        return found[-1].split() if found else []


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path(environ.get("HOME") or Path.home())
    for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "pip" / "pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    if "VIRTUAL_ENV" in environ:
        yield Path(environ["VIRTUAL_ENV"]) / "pip.conf"
    if named:
        yield Path(named)


def _sections(path: Path) -> Iterator[Mapping[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read(path, encoding="utf-8")
    for name in ("global", "download", "install"):
        if parser.has_section(name):
            yield {option.replace("_", "-"): value for option, value in parser.items(name)}


def _uv(environ: Mapping[str, str], name: str) -> list[str]:
    """Read a variable of uv, where an index may carry a name: ``corp=https://…``."""
    return [re.sub(r"^[\w.-]+=", "", value) for value in environ.get("UV_" + name, "").split()]


def _first(*choices: list[str]) -> list[str]:
    return next(choice for choice in choices if choice)


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _is_true(value: str) -> bool:
    return value.lower() in {"1", "true", "yes", "on", "y", "t"}
