"""What a job made: its transcript and findings, kept beside its recording."""

from __future__ import annotations

import json
from dataclasses import dataclass

from khosq.storage.blobs import Blobs
from khosq.transcript.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a finished job has to show."""

    transcript: Transcript
    title: str | None = None
    summary: str | None = None


class Results:
    """Keeps outcomes in the object store, one per job."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def keep(self, job_id: str, outcome: Outcome) -> None:
        """Write an outcome; a repeated run of the stage writes the same again."""
        stored = {"transcript": outcome.transcript.to_json(), "title": outcome.title, "summary": outcome.summary}
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
        return Outcome(Transcript.from_json(stored["transcript"]), stored["title"], stored["summary"])


def results_key(job_id: str) -> str:
    """Return the folder of everything that a job made."""
    return f"results/{job_id}"


def _key(job_id: str) -> str:
    return f"{results_key(job_id)}/outcome.json"
