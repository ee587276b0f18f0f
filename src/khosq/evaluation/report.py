"""The report for people: one HTML file with everything in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from jinja2 import Environment, PackageLoader, StrictUndefined

from khosq import __version__
from khosq.evaluation import plots
from khosq.evaluation.figures import Figures
from khosq.evaluation.spelling import NORMALISATION, as_scored
from khosq.evaluation.trial import Outcome
from khosq.evaluation.wer import alignment
from khosq.speech.languages import named

_WORST = 100
"""So many clips are shown word by word."""
_COMMONEST = 15

_pages = Environment(
    loader=PackageLoader("khosq.evaluation"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["percent"] = lambda fraction: "–" if fraction is None else f"{fraction:.1%}"
_pages.filters["megabytes"] = lambda size: "–" if size is None else f"{size / 1e6:,.0f} MB"
_pages.filters["factor"] = lambda factor: "–" if factor is None else f"{factor:.3f}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some words of a clip: the same on both sides, or what stood there and what was heard."""

    wanted: str
    heard: str

    @property
    def is_right(self) -> bool:
        """Tell whether both sides agree."""
        return self.wanted == self.heard


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the report says of one model."""

    figures: Figures
    bars: tuple[plots.Bar, ...]
    points: tuple[plots.Points, ...]
    mistakes: tuple[tuple[Stretch, int], ...]
    """The commonest, with their counts."""
    worst: tuple[tuple[Outcome, tuple[Stretch, ...]], ...]


def render(found: Sequence[Figures], *, manifest: str) -> str:
    """Return the page.

    Args:
        found: the figures of each model, over the same clips.
        manifest: the name of the list of clips.

    """
    trial = found[0].trial
    return _pages.get_template("report.html").render(
        version=__version__,
        manifest=manifest,
        language=named(trial.language),
        tag=trial.language,
        models=found,
        comparison=plots.comparison(found),
        chapters=[_chapter(figures) for figures in found],
        normalisation=NORMALISATION,
        plots=plots,
        shown=_WORST,
    )


def _chapter(figures: Figures) -> Chapter:
    scored = [outcome for outcome in figures.trial.outcomes if outcome.words is not None]
    stretches = partial(_stretches, language=figures.trial.language)
    counts = Counter(
        stretch for outcome in scored if outcome.heard for stretch in stretches(outcome) if not stretch.is_right
    )
    worst = sorted(scored, key=_badness)[:_WORST]
    return Chapter(
        figures,
        plots.histogram([outcome.words.rate for outcome in scored if outcome.words]),
        tuple(_points(scored)),
        tuple(counts.most_common(_COMMONEST)),
        tuple((outcome, tuple(stretches(outcome))) for outcome in worst),
    )


def _badness(outcome: Outcome) -> tuple[float, str]:
    return -(outcome.words.rate if outcome.words else 0.0), outcome.clip.name


def _points(scored: Iterable[Outcome]) -> Iterator[plots.Points]:
    known = [(outcome.clip, outcome.heard, outcome.words.rate) for outcome in scored if outcome.words]
    by_duration = [(heard.transcript.duration, rate, clip.name) for clip, heard, rate in known if heard]
    by_snr = [(clip.snr, rate, clip.name) for clip, _, rate in known if clip.snr is not None]
    for title, unit, points in (("duration", "s", by_duration), ("signal-to-noise ratio", "dB", by_snr)):
        if len(points) > 1:
            yield plots.scatter(points, title=title, unit=unit)


def _stretches(outcome: Outcome, *, language: str) -> Iterator[Stretch]:
    text = outcome.heard.transcript.text if outcome.heard else ""
    scored = (as_scored(one, language=language) for one in (outcome.clip.reference or "", text))
    for wanted, heard in alignment(*scored, language=language):
        if wanted == heard or isinstance(wanted, str):
            yield Stretch(_joined(wanted), _joined(heard))
        else:
            yield from (Stretch(one, other) for one, other in zip_longest(wanted, heard, fillvalue=""))


def _joined(words: Sequence[str]) -> str:
    return words if isinstance(words, str) else " ".join(words)
