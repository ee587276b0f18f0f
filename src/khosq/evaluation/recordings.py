"""Recordings with references: listed in a manifest, committed beside it or taken from package-index archives."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from khosq.archives import Archive, fetch_members
from khosq.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

RecordingKind = Literal["single_voice", "phone_call"]


@dataclass(frozen=True, slots=True)
class ReferenceTurn:
    """What one speaker says until another takes over."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive."""

    archive: Archive
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording and what is known to be said in it."""

    name: str
    language: str
    kind: RecordingKind
    channels: int
    turns: tuple[ReferenceTurn, ...]
    licence: str
    source: str
    audio: Path | Member
    rttm: Path | Member | None = None
    """Reference times of the speakers."""
    voices: tuple[str, ...] = ()
    """Synthetic voices, one per speaker; empty for people."""
    wer_at_most: float | None = None
    """Word error rate that the embedded engine stays under."""

    @property
    def reference(self) -> str:
        """All that is said, in order."""
        return " ".join(turn.text for turn in self.turns)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The speakers in the order in which they are first heard."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))


class Recordings:
    """The recordings of one manifest; those from archives are kept in ``cache`` after their first use."""

    def __init__(self, manifest: Path, cache: Path) -> None:
        self._cache = cache
        entries = tomllib.loads(manifest.read_text("utf-8"))["recording"]
        self._by_name = {entry["name"]: _read(entry, manifest.parent) for entry in entries}

    def all(self) -> list[Recording]:
        """Give every recording in the manifest's order."""
        return list(self._by_name.values())

    def named(self, name: str) -> Recording:
        """Give the recording of this name."""
        return self._by_name[name]

    def audio(self, recording: Recording) -> Path:
        """Give the sound file, fetched if need be."""
        return self._file(recording.audio)

    def rttm(self, recording: Recording) -> Path | None:
        """Give the file that says when each speaker is heard; nothing where nobody has marked it."""
        return None if recording.rttm is None else self._file(recording.rttm)

    def _file(self, place: Path | Member) -> Path:
        if not isinstance(place, Member):
            return place
        target = self._target(place)
        if not _is(target, place.sha256):
            # All that the manifest wants of this archive, so that it comes once.
            members = {member.path: self._target(member) for member in self._members_of(place.archive)}
            fetch_members(place.archive, members)
            if not _is(target, place.sha256):
                raise Failed(f"{place.path} of {place.archive.filename} is not the file that the manifest means.")
        return target

    def _target(self, member: Member) -> Path:
        return self._cache / member.sha256[:16] / member.path.rpartition("/")[2]

    def _members_of(self, archive: Archive) -> list[Member]:
        places = [place for recording in self.all() for place in (recording.audio, recording.rttm)]
        return [place for place in places if isinstance(place, Member) and place.archive == archive]


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Give the user's folder for fetched recordings: beside the models."""
    if models := environ.get("KHOSQ_MODELS_DIR"):
        return Path(models).parent / "recordings"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "khosq" / "recordings"


def _read(entry: dict[str, Any], folder: Path) -> Recording:
    def place(key: str) -> Path | Member | None:
        value = entry.get(key)
        if isinstance(value, dict):
            archive = Archive(**entry["archive"])
            return Member(archive, value["member"], value["sha256"])
        return folder / value if value else None

    audio = place("audio")
    if audio is None:
        raise Failed(f"The recording {entry['name']} has no audio.")
    return Recording(
        name=entry["name"],
        language=entry["language"],
        kind=entry["kind"],
        channels=entry.get("channels", 1),
        turns=tuple(ReferenceTurn(*turn) for turn in entry["turns"]),
        licence=entry["licence"],
        source=entry["source"],
        audio=audio,
        rttm=place("rttm"),
        voices=tuple(entry.get("voices", ())),
        wer_at_most=entry.get("wer_at_most"),
    )


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
