"""What a reader must know before trusting a transcript, one sentence each."""

from __future__ import annotations

from collections.abc import Iterable

from khosq.speech.languages import named
from khosq.speech.scripts import foreign_share, script_of
from khosq.transcript.coverage import Coverage

_NOTABLE_SHARE = 0.05
_NOTABLE_SECONDS = 3.0
_NOTABLE_FOREIGN = 0.2
_ENOUGH_LETTERS = 20

_REASONS = {
    "silence": "over silence",
    "loop": "over and over",
    "race": "faster than anyone talks",
    "phrase": "where nobody talks",
}


def of_coverage(coverage: Coverage) -> Iterable[str]:
    """Tell of a recording without speech, of speech without words, and of words that were left out."""
    if not coverage.speech:
        yield "No speech was found in this recording."
    missing = sum(hole.time.duration for hole in coverage.holes)
    if missing >= max(_NOTABLE_SECONDS, _NOTABLE_SHARE * coverage.speech):
        yield f"{missing:.0f} of {coverage.speech:.0f} seconds of speech have no words: none were understood there."
    for reason, how in _REASONS.items():
        words = sum(one.words for one in coverage.dropped if one.reason == reason)
        if words:
            counted = "1 word was" if words == 1 else f"{words} words were"
            yield f"{counted} left out that the model wrote {how}."


def of_script(text: str, language: str) -> Iterable[str]:
    """Tell of a text that is not in its language's script."""
    share = foreign_share(text, language) if len(text) >= _ENOUGH_LETTERS else 0.0
    if share > _NOTABLE_FOREIGN:
        script = (script_of(language) or "").capitalize()
        yield f"{share:.0%} of the letters are not {script}, the script of {named(language)}."


def of_hotwords(*, wanted: bool, heeded: bool) -> Iterable[str]:
    """Tell that words to be expected made no difference."""
    if wanted and not heeded:
        yield "The hotwords made no difference: the model that wrote this text cannot be told what to expect."
