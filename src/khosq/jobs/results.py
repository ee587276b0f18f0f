"""What a job made: its transcript and what was heard besides the words, kept beside its recording; and its findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from khosq.findings.finding import SCORECARD, KeptFinding
from khosq.storage.blobs import Blobs
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript

Speech = tuple[tuple[Timespan, ...], ...]
"""Where somebody speaks, per channel."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a finished job has to show."""

    transcript: Transcript
    speech: Speech = ()
    """As it was detected, whether or not words were heard there."""
    levels: tuple[float | None, ...] = ()
    """How loud each utterance is, in dBFS."""
    findings: Mapping[str, KeptFinding] = field(default_factory=dict)
    """By name; those that were asked for."""

    @property
    def title(self) -> str | None:
        """What the recording is about, in a few words."""
        return self._summarised("title")

    @property
    def summary(self) -> str | None:
        """What is said in it, in a few sentences."""
        return self._summarised("summary")

    def value(self, name: str) -> Mapping[str, Any] | None:
        """Return what was found under a name; None where that was not asked for, or failed."""
        found = self.findings.get(name)
        return None if found is None else found.value

    def scores(self, scorecard_id: str) -> KeptFinding | None:
        """Return what came of a scorecard; its ``value`` is None where that failed."""
        return self.findings.get(f"{SCORECARD}{scorecard_id}")

    def _summarised(self, part: str) -> str | None:
        text = (self.value("summary") or {}).get(part)
        return text if isinstance(text, str) else None


class Results:
    """Keeps transcripts in the object store, one per job."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def keep(self, job_id: str, outcome: Outcome) -> None:
        """Write an outcome but for its findings; a repeated run of the stage writes the same again."""
        stored = {
            "transcript": outcome.transcript.to_json(),
            "speech": [[[one.start, one.end] for one in channel] for channel in outcome.speech],
            "levels": outcome.levels,
        }
        written = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
        self._blobs.put(_key(job_id), written.encode("utf-8", "surrogatepass"))

    def remove(self, job_id: str) -> None:
        """Forget an outcome."""
        self._blobs.delete(_key(job_id))

    def read(self, job_id: str) -> Outcome:
        """Return what ``keep`` wrote.

        Raises:
            NotFound: nothing was kept for this job.

        """
        stored = json.loads(self._blobs.get(_key(job_id)))
        return Outcome(Transcript.from_json(stored["transcript"]), _speech(stored["speech"]), tuple(stored["levels"]))


def results_key(job_id: str) -> str:
    """Return the folder of everything that a job made."""
    return f"results/{job_id}"


def _key(job_id: str) -> str:
    return f"{results_key(job_id)}/outcome.json"


def _speech(stored: Sequence[Sequence[Sequence[float]]]) -> Speech:
    return tuple(tuple(Timespan(start, end) for start, end in channel) for channel in stored)
