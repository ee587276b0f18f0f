"""How every line of a call sounds to a language model, and what that makes for its voices, quarters and the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from khosq.analysis.feature import Preferences
from khosq.analysis.sentiment import QUARTERS, Sentiment, VoiceMood, label
from khosq.analyst.asking import Answer, Asker, Drawn, Task, Whole, Wrong
from khosq.analyst.lines import Line
from khosq.transcript.parties import voice_of_each, voices
from khosq.transcript.transcript import Transcript


class _Mood(Answer):
    line: int
    score: float


class _Moods(Whole):
    moods: list[_Mood]


_ANSWER_TOKENS = 20  # of one line's score
_TASK = Task(
    "Score how each line sounds, by its words and its place in the talk: from -1 (very negative) over 0 (neutral, as "
    "most lines are) to 1 (very positive). Give every line, by its number, exactly one score with at most one decimal.",
    _Moods,
)
_Weighed = tuple[float, float]
"""A score and how much of the call it is about."""


async def draw(asker: Asker, _: Preferences) -> Drawn:
    """Return how a call sounds."""
    lines = await asker.lines()

    async def score(part: Sequence[Line]) -> list[_Mood]:
        def check(found: _Moods) -> None:
            if sorted(mood.line for mood in found.moods) != [line.number for line in part]:
                raise Wrong(f"Give each line from {part[0].number} to {part[-1].number} one score, and no others.")
            if not all(-1 <= mood.score <= 1 for mood in found.moods):
                raise Wrong("Scores are from -1 to 1.")

        return (await asker.ask(_TASK, part, check)).moods

    parts = asker.parts(lines, _TASK, answer_tokens=_ANSWER_TOKENS)
    scores = {mood.line: mood.score for moods in await asker.each(parts, score) for mood in moods}
    of_utterance: defaultdict[int, list[_Weighed]] = defaultdict(list)
    for line in lines:
        of_utterance[line.utterance].append((scores[line.number], len(line.text)))
    return Drawn(_merged(asker.call.transcript, of_utterance).to_json())


def _merged(transcript: Transcript, of_utterance: dict[int, list[_Weighed]]) -> Sentiment:
    of_voice: defaultdict[int | None, list[_Weighed]] = defaultdict(list)
    of_quarter: defaultdict[int, list[_Weighed]] = defaultdict(list)
    spoken = zip(transcript.utterances, voice_of_each(transcript), strict=True)
    for index, (utterance, voice) in enumerate(spoken):
        if weighed := of_utterance.get(index):
            of_voice[voice] += weighed
            share = utterance.time.middle / transcript.duration if transcript.duration else 0
            of_quarter[min(QUARTERS - 1, int(QUARTERS * share))] += weighed
    overall = _mean(one for weighed in of_utterance.values() for one in weighed)
    return Sentiment(
        overall=overall,
        label=label(overall),
        voices=tuple(VoiceMood(voice, _mean(of_voice[voice])) for voice in voices(transcript)),
        quarters=tuple(_mean(of_quarter[quarter]) for quarter in range(QUARTERS)),
        utterances=tuple(_mean(of_utterance.get(index, ())) for index in range(len(transcript.utterances))),
    )


def _mean(weighed: Iterable[_Weighed]) -> float | None:
    pairs = list(weighed)
    total = sum(weight for _, weight in pairs)
    return round(sum(score * weight for score, weight in pairs) / total, 3) + 0.0 if total else None
