"""Clips to measure with, listed in a CSV file: one row per clip, its sound file relative to the list."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from khosq.errors import Invalid
from khosq.evaluation.der import read_rttm
from khosq.speech.languages import closeness, named
from khosq.transcript.turns import Turn

_NEEDED = ("file", "transcript", "language")
_SNR = ("snr_db", "snr")
"""Columns that may say how far speech stands above noise, in dB."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording and what is known of it."""

    name: str
    """Its sound file, as the list names it."""
    audio: Path
    language: str
    reference: str | None
    """What is said; None where nobody wrote it down."""
    speakers: tuple[str, ...] = ()
    turns: tuple[Turn, ...] | None = None
    """Who really speaks when, from the RTTM file beside the sound."""
    snr: float | None = None
    """Decibels."""

    @property
    def voices(self) -> int | None:
        """How many speakers are to be told apart; None where one speaks alone."""
        known = len({turn.speaker for turn in self.turns}) if self.turns else 0
        most = max(known, len(self.speakers))
        return most if most > 1 else None


def read_clips(manifest: Path, language: str, *, limit: int | None = None) -> tuple[Clip, ...]:
    """Return a list's clips in a language, in order.

    Args:
        manifest: the CSV file.
        language: BCP 47 tag; ``hy-AM`` takes rows of ``hy`` and of ``hy-AM``, ``hy`` those of every region.
        limit: only so many, from the first.

    Raises:
        Invalid: it cannot be read, is not such a list, or has no such clip.

    """
    rows = _rows(manifest)
    found = [(line, row) for line, row in rows if _fits(language, row["language"])][:limit]
    if not found:
        languages = ", ".join(dict.fromkeys(row["language"] or "?" for _, row in rows)) or "no rows at all"
        raise Invalid(f"{manifest} has no clip in {named(language)}; it has {languages}.")
    clips = tuple(_clip(manifest, line, row) for line, row in found)
    missing = [clip.name for clip in clips if not clip.audio.is_file()]
    if missing:
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise Invalid(f"{manifest} names {missing[0]}{others}, which is not there.")
    return clips


def _rows(manifest: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows with their line numbers."""
    try:
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", strict=True)
            if missing := [name for name in _NEEDED if name not in (reader.fieldnames or ())]:
                raise Invalid(f"{manifest} has no column {' or '.join(missing)}; it needs {', '.join(_NEEDED)}.")
            return [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise Invalid(f"{manifest} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{manifest} is not a CSV file in UTF-8: {error}.") from error


def _fits(wanted: str, offered: str) -> bool:
    return bool(closeness(wanted, offered) or closeness(offered, wanted))


def _clip(manifest: Path, line: int, row: dict[str, str]) -> Clip:
    name = row["file"].strip()
    if not name:
        raise Invalid(f"{manifest}, line {line}: the file is not named.")
    audio = manifest.parent / name
    snr = next((row[column] for column in _SNR if row.get(column)), None)
    try:
        decibels = None if snr is None else float(snr)
    except ValueError as error:
        raise Invalid(f"{manifest}, line {line}: the signal-to-noise ratio {snr!r} is not a number.") from error
    return Clip(
        name=name,
        audio=audio,
        language=row["language"],
        reference=row["transcript"].strip() or None,
        speakers=_split(row.get("speakers", "").split(",")),
        turns=_turns(audio),
        snr=decibels,
    )


def _split(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _turns(audio: Path) -> tuple[Turn, ...] | None:
    """Return the turns of the RTTM file of the same name, if there is one."""
    rttm = audio.with_suffix(".rttm")
    if not rttm.is_file():
        return None
    try:
        recordings = read_rttm(rttm)
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{rttm} cannot be read: {error}.") from error
    if audio.stem not in recordings and len(recordings) != 1:
        raise Invalid(f"{rttm} has no turns of {audio.stem}.")
    return tuple(recordings.get(audio.stem) or next(iter(recordings.values())))
