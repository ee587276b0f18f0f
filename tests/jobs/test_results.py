from __future__ import annotations

from pathlib import Path

import pytest

from khosq.errors import NotFound
from khosq.identifiers import new_id
from khosq.jobs.results import Outcome, Results
from khosq.storage.blobs import Blobs
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

WORDS = (Word("Բարև", Timespan(0.25, 0.5), 0.75), Word("ձեզ", Timespan(0.5, 0.875)))
CALL = Transcript(
    "hy-AM",
    12.34,
    (Utterance("Բարև ձեզ:", WORDS, speaker=0), Utterance("\ud800 odd", (Word("\ud800", Timespan(1, 2)),), 1, 1)),
    ("Do not rely on this.",),
)


@pytest.mark.parametrize(
    "outcome",
    [Outcome(CALL, ((Timespan(0, 1),), ()), (-20.5, None)), Outcome(Transcript("en", 0.0, ()))],
    ids=["everything", "silence"],
)
@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_what_a_job_made_is_read_as_it_was_kept(tmp_path: Path, scheme: str, outcome: Outcome) -> None:
    results, job_id = Results(Blobs(tmp_path.as_uri() if scheme == "file" else "memory:///")), new_id()
    for _ in range(2):
        results.keep(job_id, outcome)
        assert results.read(job_id) == outcome


def test_nothing_is_read_of_a_job_that_made_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Results(Blobs(tmp_path.as_uri())).read(new_id())
