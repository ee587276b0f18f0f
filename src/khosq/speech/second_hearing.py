"""A doubtful chunk is heard once more, cut differently; then its words are kept or dropped by one rule.

The second hearing stands where it is free of doubt. Where it is not:

- a loop that both count alike was said; any other is kept as one round, if that is free of doubt, else dropped;
- a race is dropped;
- a phrase that models write over silence stays only if it was heard twice, with confidence and over a sound that is not
  nearly silent;
- of two texts in a script that is not the language's the better one stays: something was said there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from khosq.speech.doubts import Doubt, Loop, doubt, find_loop, plain, races, without_loop
from khosq.speech.scripts import foreign_share
from khosq.transcript.timespan import Seconds, Timespan
from khosq.transcript.words import Word

SHORT: Seconds = 4.0
"""A chunk shorter than this is widened instead of halved."""
_WIDER: Seconds = 0.25
_SURE = 0.4
_ALIKE = 1.35
"""Two counts of rounds this near to each other are the same count."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left of a chunk's words."""

    words: tuple[Word, ...]
    dropped: int = 0
    """Words of the first hearing that nobody said."""
    why: str = ""
    """For what reason they were dropped."""


def recut(
    chunk: Timespan, *, longest: Seconds, until: Seconds, quiet_spot: Callable[[Timespan], Seconds]
) -> list[Timespan]:
    """Return a chunk cut differently: in two at the quietest spot of its middle, or a little wider if it is short."""
    if chunk.duration < SHORT:
        wider = Timespan(max(0.0, chunk.start - _WIDER), min(until, chunk.end + _WIDER))
        return [wider if wider.duration <= longest else chunk]
    quarter = chunk.duration / 4
    moment = quiet_spot(Timespan(chunk.start + quarter, chunk.end - quarter))
    return [Timespan(chunk.start, moment), Timespan(moment, chunk.end)]


def judge(  # noqa: PLR0913 - all that bears on it
    first: Sequence[Word], second: Sequence[Word], *, why: Doubt, chunk: Timespan, language: str, is_silent: bool
) -> Verdict:
    """Return what stays of the words of a doubtful chunk.

    Args:
        first: as they were heard first.
        second: as they were heard cut differently.
        why: what is wrong with the first.
        chunk: where they were heard.
        language: BCP 47 tag.
        is_silent: whether the sound is next to nothing.

    """
    kept = _kept(first, second, why=why, seconds=chunk.duration, language=language, is_silent=is_silent)
    return Verdict(tuple(kept), 0 if kept is second else len(first) - len(kept), why.value)


def _kept(  # noqa: PLR0913 - as above
    first: Sequence[Word], second: Sequence[Word], *, why: Doubt, seconds: Seconds, language: str, is_silent: bool
) -> Sequence[Word]:
    doubt_again = doubt(second, seconds=seconds, language=language)
    if second and doubt_again is None:
        return second
    if why is Doubt.SCRIPT:
        is_better = doubt_again is Doubt.SCRIPT and _foreign(second, language) < _foreign(first, language)
        return second if is_better else first
    if why is Doubt.LOOP and second:
        return _unlooped(first, second, seconds, language)
    is_said = why is Doubt.PHRASE and _same(first, second) and _is_sure(first) and not is_silent
    return first if is_said else ()


def _unlooped(first: Sequence[Word], second: Sequence[Word], seconds: Seconds, language: str) -> Sequence[Word]:
    loop, again = find_loop(first), find_loop(second)
    if loop is None:  # the text goes round in some other way
        return ()
    if again is not None and _count_alike(loop, again) and not races(first, seconds):
        return first
    rest = without_loop(first, loop)
    while left := find_loop(rest):
        rest = without_loop(rest, left)
    return rest if doubt(rest, seconds=seconds, language=language) is None else ()


def _count_alike(one: Loop, other: Loop) -> bool:
    fewer, more = sorted([one.rounds, other.rounds])
    return one.length == other.length and more <= _ALIKE * fewer


def _same(first: Sequence[Word], second: Sequence[Word]) -> bool:
    return plain(first) == plain(second)


def _is_sure(words: Sequence[Word]) -> bool:
    known = [word.confidence for word in words if word.confidence is not None]
    return not known or sum(known) / len(known) >= _SURE


def _foreign(words: Sequence[Word], language: str) -> float:
    return foreign_share(" ".join(word.text for word in words), language)
