"""The model catalogue: which models there are, what they serve, and where their files come from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from khosq.errors import ModelMissing
from khosq.speech.languages import closeness

Role = Literal["recognizer", "vad", "speaker-embedder", "diarizer", "punctuator", "language-identifier"]
Kind = Literal["production", "fallback", "starter", "part", "optional"]
"""Recognisers are of the first three; every job needs the parts, and what is optional serves where it is installed."""
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
    """File name → digest, where known beforehand; the hub's own digests are checked in any case."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An operator put the files here."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    by: Literal["import"]


Source = Bundled | FromIndex | FromHub | Imported


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
    size_bytes: int | None
    """Of what is fetched; None where nobody has published it."""
    files: tuple[str, ...]
    """What must lie in the model's folder."""
    source: Source
    also: tuple[Role, ...] = ()
    """Other roles that its engine plays with it."""
    longest_chunk: float | None = None
    """Seconds that this model hears well at once."""
    settings: dict[str, Setting] | None = None
    """Keyword arguments of the engine."""
    figures: tuple[Figure, ...] = ()
    caution: str | None = None
    """What a reader of its text must know, as part of a sentence."""

    def plays(self, role: Role) -> bool:
        """Tell whether it can be used in this role."""
        return role == self.role or role in self.also

    def figure_for(self, language: str) -> Figure | None:
        """Return the published figure for a language, if there is one."""
        fitting = [figure for figure in self.figures if closeness(language, figure.language)]
        return max(fitting, key=lambda figure: closeness(language, figure.language), default=None)

    def closeness(self, language: str) -> int:
        """Return how exactly this model serves a language: 2 by its tag, 1 by its base language, 0 not at all."""
        if not self.languages:
            return 1
        return max((closeness(language, offered) for offered in self.languages), default=0)


@cache
def catalogue() -> tuple[ModelEntry, ...]:
    """Return the models that khosq knows of, the better ones of a language first."""
    text = resources.files("khosq.speech").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[ModelEntry, ...]).validate_python(tomllib.loads(text)["models"])


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
