"""The model catalogue: which models there are, what they serve, and where their files come from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from khosq.errors import ModelMissing
from khosq.speech.languages import closeness

Role = Literal["recognizer", "vad", "speaker-embedder", "diarizer", "punctuator", "language-identifier"]
Kind = Literal["production", "fallback", "starter", "part", "optional"]
"""Recognisers are of the first three; every job needs the parts, and what is optional serves where it is installed."""
Device = Literal["cpu", "gpu"]
Setting = str | int | float | bool

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Bundled:
    """The files came with an installed package."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    by: Literal["bundled"]
    package: str
    folder: str
    """Inside the package."""


@dataclass(frozen=True, slots=True)
class FromIndex:
    """The files are members of a package-index archive, which is known by its hash."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    by: Literal["package"]
    project: str
    filename: str
    sha256: str
    members: dict[str, str]
    """Path inside the archive → file name here."""
    prepare: str | None = None
    """``package.module:function`` that is called with the one member and the folder to write the model to."""


@dataclass(frozen=True, slots=True)
class FromHub:
    """The files lie in a repository of a model hub."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    by: Literal["hub"]
    repository: str
    revision: str = "main"
    sha256: dict[str, str] | None = None
    """Path in the repository → digest, where known beforehand; the hub's own digests are checked in any case."""
    members: dict[str, str] | None = None
    """Path in the repository → file name here; None: the model's files, by their own names."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An operator put the files here."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    by: Literal["import"]


Source = Bundled | FromIndex | FromHub | tuple[FromHub, ...] | Imported
"""Of a model that is put together from several repositories, each names its members."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A published word error rate."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    language: str
    wer: float
    """Percent."""
    test_set: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model, as the catalogue describes it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    role: Role
    kind: Kind
    engine: str
    """Its name in the engines' register."""
    languages: tuple[str, ...]
    """BCP 47 tags; a base language serves all its regions. Empty: language does not matter."""
    licence: str
    address: str
    """Where people read about it."""
    files: tuple[str, ...]
    """What must lie in the model's folder."""
    source: Source
    size_bytes: int | None = None
    """Of what is fetched; None where nobody has published it."""
    also: tuple[Role, ...] = ()
    """Other roles that its engine plays with it."""
    longest_chunk: float | None = None
    """Seconds that this model hears well at once."""
    shorter_chunks: dict[str, float] | None = None
    """The same for languages of which it hears less at once."""
    runs_on: tuple[Device, ...] = ("cpu", "gpu")
    """Where it is fast enough to be fetched without being asked for by name."""
    memory_bytes: int | None = None
    """That one process with it takes, where somebody measured it."""
    settings: dict[str, Setting] | None = None
    """Keyword arguments of the engine."""
    figures: tuple[Figure, ...] = ()
    caution: str | None = None
    """What a reader of its text must know, as part of a sentence."""

    def plays(self, role: Role) -> bool:
        """Tell whether it can be used in this role."""
        return role == self.role or role in self.also

    @property
    def hubs(self) -> tuple[FromHub, ...]:
        """The repositories of a model hub that its files come from; none where they come from elsewhere."""
        if isinstance(self.source, FromHub):
            return (self.source,)
        return self.source if isinstance(self.source, tuple) else ()

    @property
    def digests(self) -> dict[str, str]:
        """File name here → SHA-256, where known beforehand."""
        return {
            (hub.members or {}).get(path, path): digest
            for hub in self.hubs
            for path, digest in (hub.sha256 or {}).items()
        }

    def chunk_for(self, language: str) -> float | None:
        """Return how many seconds of a language this model hears well at once."""
        shorter = (seconds for tag, seconds in (self.shorter_chunks or {}).items() if closeness(language, tag))
        return min(shorter, default=self.longest_chunk)

    def figure_for(self, language: str) -> Figure | None:
        """Return the published figure for a language, if there is one."""
        fitting = [figure for figure in self.figures if closeness(language, figure.language)]
        return max(fitting, key=lambda figure: closeness(language, figure.language), default=None)

    def closeness(self, language: str) -> int:
        """Return how exactly this model serves a language: 2 by its tag, 1 by its base language, 0 not at all."""
        if not self.languages:
            return 1
        return max((closeness(language, offered) for offered in self.languages), default=0)


@dataclass(frozen=True, slots=True)
class MemoryRule:
    """How it is told whether a model fits into memory."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    share: float
    """Of the machine's memory that all model processes together may take."""
    per_byte: float
    """Bytes of memory that a byte of a model's files is assumed to take where nobody measured it."""


@cache
def catalogue() -> tuple[ModelEntry, ...]:
    """Return the models that khosq knows of, the better ones of a language first."""
    entries: list[dict[str, Any]] = _read("catalogue.toml")["models"]
    sets = _read("language_sets.toml")
    for entry in entries:
        if isinstance(entry["languages"], str):
            entry["languages"] = sets[entry["languages"]]
    return TypeAdapter(tuple[ModelEntry, ...]).validate_python(entries)


@cache
def memory_rule() -> MemoryRule:
    """Return the rule that the catalogue gives."""
    return TypeAdapter(MemoryRule).validate_python(_read("catalogue.toml")["memory"])


def memory_needed(entry: ModelEntry) -> int | None:
    """Return the bytes that one process with a model takes; None where that cannot be told."""
    if entry.memory_bytes is not None or entry.size_bytes is None:
        return entry.memory_bytes
    return int(entry.size_bytes * memory_rule().per_byte)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("khosq.speech").joinpath(name).read_text(encoding="utf-8"))


def to_json(entry: ModelEntry) -> bytes:
    """Return the stored form of an entry."""
    return TypeAdapter(ModelEntry).dump_json(entry, indent=2)


def from_json(stored: bytes) -> ModelEntry:
    """Read the stored form of an entry.

    Raises:
        ModelMissing: it is not an entry.

    """
    try:
        return TypeAdapter(ModelEntry).validate_json(stored)
    except ValueError as error:
        raise ModelMissing(f"The description of an imported model cannot be read: {error}") from error
