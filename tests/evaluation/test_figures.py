from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.evaluation.trials import heard, published, trial

from khosq.evaluation.figures import confidence, draw
from khosq.evaluation.listing import to_json
from khosq.evaluation.manifest import Clip
from khosq.evaluation.trial import mark
from khosq.transcript.coverage import ChannelCoverage, Coverage
from khosq.transcript.timespan import Timespan
from khosq.transcript.turns import Turn

ANNA_THEN_BEN = (Turn(Timespan(0, 4), 0), Turn(Timespan(4, 8), 1))


def test_a_clip_that_failed_counts_as_all_missed() -> None:
    figures = draw(trial(("one two", "one two"), ("three four", None)))
    assert figures.wer is not None
    assert (figures.wer.value, figures.words.deletions, len(figures.failed)) == (0.5, 2, 1)
    assert figures.seconds == 10.0
    assert figures.real_time_factor == pytest.approx(0.1)
    outcome = mark(Clip("a", Path("a"), "hy", None, turns=ANNA_THEN_BEN), "hy", None, "It broke.")
    assert outcome.voices is not None
    assert outcome.voices.rate == 1.0


def test_what_cannot_be_measured_is_null() -> None:
    told = to_json(draw(trial((None, "one two"))))
    assert (told["wer"], told["cer"], told["der"], told["coverage"], told["published"]) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert told["real_time_factor"] == 0.1
    assert to_json(draw(trial(("one", None))))["real_time_factor"] is None


def test_rates_are_fractions_the_published_one_too() -> None:
    told = to_json(draw(trial(("one two", "one too"), ("one two", "one two"), entry=published())))
    assert (told["wer"], told["cer"], told["clips"], told["model"]) == (0.25, 0.0714, 2, "published-hy")
    assert told["published"] == {"wer": 0.099, "test_set": "Common Voice 17", "source": "https://example.org/card"}
    assert json.loads(json.dumps(told)) == told


def test_voices_are_scored_where_it_is_known_who_speaks_when() -> None:
    swapped = (Turn(Timespan(0, 4), 1), Turn(Timespan(4, 6), 0), Turn(Timespan(6, 8), 1))
    clip = Clip("a", Path("a"), "hy", "one", turns=ANNA_THEN_BEN)
    outcome = mark(clip, "hy", heard("one", turns=swapped), None)
    told = to_json(draw(replace(trial(), outcomes=(outcome,))))
    assert told["der_without_collar"] == 0.25
    assert told["der"] == round(1.75 / 7, 4)
    assert (told["der_interval"], told["der_clips"]) == (None, 1)


def test_coverage_is_the_part_of_detected_speech_that_has_words() -> None:
    came = heard("one")
    came = replace(came, transcript=replace(came.transcript, coverage=Coverage((ChannelCoverage(0, 8.0, 6.0),))))
    outcome = mark(Clip("a", Path("a"), "hy", "one"), "hy", came, None)
    assert draw(replace(trial(), outcomes=(outcome,))).coverage == 0.75


def test_the_interval_is_the_same_every_time_and_narrows_with_clips() -> None:
    generator = np.random.default_rng(1)
    few, many = (generator.integers(0, 5, count).astype(float) for count in (10, 1000))
    wide, narrow = (confidence(wrong, np.full(len(wrong), 10.0)) for wrong in (few, many))
    assert wide is not None
    assert narrow is not None
    assert wide == confidence(few, np.full(10, 10.0))
    assert narrow[0] < many.sum() / 10_000 < narrow[1]
    assert narrow[1] - narrow[0] < (wide[1] - wide[0]) / 3
    assert confidence(few[:1], np.array([10.0])) is None
