"""How well the analysis features do on short utterances whose answer is known."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from khosq.analysis import action_items, intent, sentiment
from khosq.analysis.feature import Call, Preferences
from khosq.errors import Invalid
from khosq.transcript.parties import agent_of
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

LANGUAGES = ("hy", "hi", "ta", "te", "mr", "en", "nl")
HALVES = ("seen", "apart")
"""Lines that the word lists were mended by, and lines that they were not."""

_WORD, _PAUSE = 0.35, 0.8  # seconds
_NOTHING, _ITEM = "nothing", "item"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a feature made of one labelled line."""

    text: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Score:
    """How well a feature does on one half of a language's lines."""

    language: str
    feature: str
    half: str
    lines: int
    accuracy: float
    """Share of lines with the expected answer."""
    f1: float
    """Mean over the expected answers of the harmonic mean of precision and recall."""
    wrong: tuple[Answer, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the form that is printed."""
        return asdict(self) | {"wrong": [asdict(one) for one in self.wrong]}


def measure(language: str | None = None) -> list[Score]:
    """Return the scores of each feature, language and half.

    Raises:
        Invalid: there are no labelled lines in ``language``.

    """
    base = language.partition("-")[0].lower() if language else None
    if base and base not in LANGUAGES:
        raise Invalid(f"There are no labelled utterances in {language}; there are in {', '.join(LANGUAGES)}.")
    return [score for one in ([base] if base else LANGUAGES) for score in _measure(one)]


def _measure(language: str) -> Iterator[Score]:
    text = (files("khosq.analysis") / "labelled" / f"{language}.toml").read_text("utf-8")
    for feature, groups in tomllib.loads(text).items():
        answers = [_FEATURES[feature](language, name, line) for name, lines in groups.items() for line in _lines(lines)]
        for number, half in enumerate(HALVES):
            yield _score(language, feature, half, answers[number::2])


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _score(language: str, feature: str, half: str, answers: Sequence[Answer]) -> Score:
    wrong = tuple(one for one in answers if one.found != one.expected)
    accuracy = 1 - len(wrong) / len(answers)
    return Score(language, feature, half, len(answers), round(accuracy, 3), round(_f1(answers), 3), wrong)


def _f1(answers: Sequence[Answer]) -> float:
    expected, found = (Counter(getattr(one, side) for one in answers) for side in ("expected", "found"))
    right = Counter(one.expected for one in answers if one.expected == one.found)
    return sum(2 * right[name] / (expected[name] + found[name]) for name in expected) / len(expected)


# --- what each feature makes of a line


def _sentiment(language: str, expected: str, line: str) -> Answer:
    (utterance,) = _call(language, [line]).transcript.utterances
    return Answer(line, expected, sentiment.label(sentiment.score(utterance, language)) or "none")


def _intent(language: str, expected: str, line: str) -> Answer:
    call = _call(language, line.split(" / "))
    return Answer(line, expected, intent.find(call, Preferences()).first.intent)


def _actions(language: str, expected: str, line: str) -> Answer:
    """Count an item as found only with the right time."""
    text, _, due = (part.strip() for part in line.partition("="))
    wanted = _NOTHING if expected == _NOTHING else _ITEM
    items = action_items.find(_call(language, [text]), Preferences()).items
    if not items:
        return Answer(text, wanted, _NOTHING)
    found = items[0].due or ""
    is_right = wanted == _NOTHING or found.casefold() == due.casefold()
    return Answer(text, wanted, _ITEM if is_right else f"{_ITEM}, due {found or 'some time'}")


_FEATURES = {"sentiment": _sentiment, "intent": _intent, "actions": _actions}


def _call(language: str, turns: Sequence[str]) -> Call:
    now, utterances = 0.0, []
    for voice, turn in enumerate(turns):
        words = tuple(
            Word(text, Timespan(now + place * _WORD, now + (place + 1) * _WORD))
            for place, text in enumerate(turn.split())
        )
        utterances.append(Utterance(turn, words, voice % 2))
        now = words[-1].time.end + _PAUSE
    transcript = Transcript(language, now, tuple(utterances))
    return Call(transcript, agent=agent_of(transcript))
