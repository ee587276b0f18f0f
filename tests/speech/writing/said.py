"""Words as an engine would give them, out of a line of text."""

from __future__ import annotations

from pathlib import Path

from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Utterance
from khosq.transcript.words import Word

PAUSES = {"/": 0.4, "//": 1.2}
CASES = Path(__file__).parent / "cases"


def said(line: str, *, start: float = 0.0) -> tuple[Word, ...]:
    """Words of 0.3 s with 0.05 s between them; "/" and "//" are pauses."""
    words = []
    for text in line.split():
        if text in PAUSES:
            start += PAUSES[text]
            continue
        words.append(Word(text, Timespan(start, start + 0.3), 0.9))
        start += 0.35
    return tuple(words)


def utterances(line: str, *, speaker: int | None = None, start: float = 0.0) -> list[Utterance]:
    """As the pipeline cuts them: at the long pauses."""
    found = []
    for part in line.split("//"):
        words = said(part, start=start)
        found.append(Utterance(" ".join(word.text for word in words), words, speaker))
        start = words[-1].time.end + PAUSES["//"]
    return found


def cases(language: str) -> list[tuple[str, str]]:
    """What is said and how it is written, by hand."""
    lines = (CASES / f"{language}.tsv").read_text("utf-8").splitlines()
    return [(spoken, written) for spoken, _, written in (line.partition("\t") for line in lines)]
