"""Which language a recording is in: asked of several windows of its speech, and added up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from khosq.speech.languages import base_language, named
from khosq.speech.long_audio import plan_chunks
from khosq.speech.models import Setting
from khosq.speech.resolution import find_part
from khosq.speech.spoken_language import LanguageGuess
from khosq.speech.weights import known_models, model_folder
from khosq.transcript.timespan import Seconds, Timespan

WINDOWS = 5
WINDOW: Seconds = 30.0
_CLEARLY = 0.6
"""Probability from which a window that hears another language speaks against the choice."""

Place = tuple[int, Timespan]
"""A channel and a stretch of it."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """The model that tells languages apart; travels to the process that runs it."""

    engine: str
    model_dir: Path
    settings: tuple[tuple[str, Setting], ...]
    writes_too: bool
    """It is a recogniser's model too, and need not be loaded twice."""


@dataclass(frozen=True, slots=True)
class Identified:
    """What was found out."""

    language: str
    """BCP 47 tag."""
    shares: tuple[tuple[str, float], ...]
    """Each language that was heard with its part of the evidence, the likeliest first; together 1."""
    also: tuple[str, ...] = ()
    """Other languages that a window clearly hears."""

    @property
    def warning(self) -> str | None:
        """What a reader must know, if not all windows agree."""
        if not self.also:
            return None
        others = " and ".join(named(language) for language in self.also)
        return f"Parts of this recording sound like {others}; all of it was written down as {named(self.language)}."


def find_identifier(models_dir: Path) -> Identifier | None:
    """Return the best installed model that can tell languages apart, if there is one."""
    entry = find_part("language-identifier", None, models_dir=models_dir)
    if entry is None:
        return None
    settings = tuple(sorted((entry.settings or {}).items()))
    return Identifier(entry.engine, model_folder(entry, models_dir), settings, entry.role == "recognizer")


def missing_identifier(models_dir: Path) -> str:
    """Return a sentence that names the command which brings one here."""
    able = [entry for entry in known_models(models_dir) if entry.plays("language-identifier")]
    smallest = min(able, key=lambda entry: entry.size_bytes or math.inf, default=None)
    remedy = f" Run: khosq models pull {smallest.name}" if smallest else ""
    return f"No model on this server can tell which language is spoken; name the language.{remedy}"


def one_of_each(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the first tag of each language: regions cannot be told apart, and would count twice."""
    found: dict[str, str] = {}
    for tag in tags:
        found.setdefault(base_language(tag), tag)
    return tuple(found.values())


def windows(regions: Sequence[Sequence[Timespan]]) -> list[Place]:
    """Return where to listen: the longest talk of each fifth of it, over all channels.

    Args:
        regions: where somebody speaks, per channel, in order.

    """
    places = sorted(
        ((channel, chunk) for channel, spoken in enumerate(regions) for chunk in plan_chunks(spoken, longest=WINDOW)),
        key=lambda place: place[1],
    )
    count = min(WINDOWS, len(places))
    fifths = [places[len(places) * n // count : len(places) * (n + 1) // count] for n in range(count)]
    return [max(fifth, key=lambda place: place[1].duration) for fifth in fifths]


def identify(heard: Iterable[tuple[Timespan, Sequence[LanguageGuess]]]) -> Identified | None:
    """Return the language with most evidence; None where nothing was heard.

    Args:
        heard: each window and what may be spoken in it, the likeliest first.

    """
    weights: dict[str, float] = {}
    clearly: dict[str, None] = {}
    for time, guesses in heard:
        for place, guess in enumerate(guesses):
            probability = guess.probability if guess.probability is not None else float(place == 0)
            weights[guess.language] = weights.get(guess.language, 0.0) + probability * time.duration
            if place == 0 and probability >= _CLEARLY:
                clearly[guess.language] = None
    total = sum(weights.values())
    if not total:
        return None
    ranked = sorted(weights.items(), key=lambda pair: -pair[1])
    shares = tuple((language, round(weight / total, 4)) for language, weight in ranked if weight / total >= 0.005)  # noqa: PLR2004 - half a percent says nothing
    chosen = ranked[0][0]
    return Identified(chosen, shares, tuple(language for language in clearly if language != chosen))
