"""Scores redaction on the labelled calls: ``python -m tests.analysis.redaction.scoring``."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files

from khosq.analysis.feature import Call, Preferences
from khosq.analysis.redaction.finding import RULES, find
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

LABELLED = files("khosq.analysis.redaction") / "labelled"
LANGUAGES = ("en", "nl", "hy", "hi", "mr", "ta", "te")
HALVES = ("seen", "apart")
"""Calls that the rules were mended by, and calls that they were not."""
_WORD = 0.4
_MARKED = re.compile(r"\{(\w+): ([^}]*)\}(\S*)")

Place = tuple[int, int]


def said(text: str, *, start: float = 0.0, speaker: int | None = 0) -> Utterance:
    """Return an utterance whose words follow one another."""
    words = tuple(
        Word(piece, Timespan(start + _WORD * at, start + _WORD * (at + 1))) for at, piece in enumerate(text.split())
    )
    return Utterance(text, words, speaker=speaker)


def call(language: str, *turns: tuple[int | None, str]) -> Call:
    """Return a call in which each turn follows the one before."""
    utterances, at = [], 0.0
    for speaker, text in turns:
        utterances.append(said(text, start=at, speaker=speaker))
        at = utterances[-1].time.end + _WORD
    return Call(Transcript(language, at, tuple(utterances)))


@dataclass
class Tally:
    """How well one rule does."""

    right: int = 0
    found: int = 0
    labelled: int = 0

    @property
    def precision(self) -> float | None:
        """Part of what is found that is labelled so."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Part of what is labelled that is found."""
        return self.right / self.labelled if self.labelled else None


@dataclass
class Score:
    """How well one language does: words by rule, and words hidden by whichever rule."""

    rules: dict[str, Tally] = field(default_factory=lambda: {rule: Tally() for rule in RULES})
    hidden: Tally = field(default_factory=Tally)
    wrong: list[str] = field(default_factory=list)


def labelled(language: str, half: str) -> Iterator[tuple[Call, dict[Place, str], str]]:
    """Yield the calls of one half, and the rule of each personal word."""
    whole = (LABELLED / f"{language}.txt").read_text("utf-8")
    for block in whole.split(f"== {half}\n")[1].partition("\n== ")[0].strip().split("\n\n"):
        marks: dict[Place, str] = {}
        turns: list[tuple[int, str]] = []
        for number, line in enumerate(block.splitlines()):
            who, _, text = line.partition(": ")
            pieces: list[str] = []
            at = 0
            for match in _MARKED.finditer(text):
                pieces += text[at : match.start()].split()
                mine = match[2].split()
                marks |= {(number, len(pieces) + place): match[1] for place in range(len(mine))}
                pieces += [*mine[:-1], mine[-1] + match[3]]
                at = match.end()
            turns.append(("AC".index(who), " ".join([*pieces, *text[at:].split()])))
        yield call(language, *turns), marks, block


def score(language: str, half: str) -> Score:
    """Return how well the words of one half are told apart."""
    result = Score()
    for one, marks, block in labelled(language, half):
        found = {
            (item.utterance, at): item.rule
            for item in find(one, Preferences()).items
            for at in range(item.first_word, item.last_word + 1)
        }
        for rule, tally in result.rules.items():
            tally.found += sum(name == rule for name in found.values())
            tally.labelled += sum(name == rule for name in marks.values())
            tally.right += sum(found.get(place) == rule for place, name in marks.items() if name == rule)
        result.hidden.found += len(found)
        result.hidden.labelled += len(marks)
        result.hidden.right += len(found.keys() & marks.keys())
        if found != marks:
            told = (
                dict(Counter(found.items()) - Counter(marks.items())),
                dict(Counter(marks.items()) - Counter(found.items())),
            )
            result.wrong.append(f"{block}\n   too much {list(told[0])}\n   missing {list(told[1])}")
    return result


def shown(value: float | None) -> str:
    """Return a share as two digits, or a dash."""
    return "  – " if value is None else f"{value:.2f}"


def main() -> None:
    """Print precision and recall by rule and language, in words."""
    for half in HALVES:
        sys.stdout.write(f"{half}: precision / recall, of words\n")
        sys.stdout.write("    " + "".join(f"{rule:>14}" for rule in (*RULES, "hidden")) + "\n")
        for language in LANGUAGES:
            result = score(language, half)
            tallies = [*result.rules.values(), result.hidden]
            cells = "".join(f"   {shown(one.precision)} /{shown(one.recall)}" for one in tallies)
            sys.stdout.write(f"{language}  {cells}\n")
            if half in sys.argv:
                sys.stdout.write("\n".join(result.wrong) + "\n")


if __name__ == "__main__":
    main()
