"""What every analysis feature owes."""

from __future__ import annotations

import json

import pytest

from khosq import registry
from khosq.analysis import FEATURES
from khosq.analysis.feature import Call, Feature, Preferences
from khosq.transcript.timespan import Timespan
from khosq.transcript.transcript import Transcript, Utterance
from khosq.transcript.words import Word

SILENCE = Transcript("en", 3.0, ())
SPEECH = Transcript(
    "en", 3.0, (Utterance("good morning", (Word("good", Timespan(0, 1)), Word("morning", Timespan(1, 2))), 0),)
)


@pytest.fixture(params=sorted(FEATURES))
def feature(request: pytest.FixtureRequest) -> Feature:
    found: Feature = registry.load(request.param, FEATURES, "khosq.features")
    return found


@pytest.mark.parametrize("transcript", [SILENCE, SPEECH])
def test_it_finds_the_same_again_and_its_finding_can_be_stored(feature: Feature, transcript: Transcript) -> None:
    first, second = (feature(Call(transcript), Preferences()) for _ in range(2))
    assert first == second
    assert json.loads(json.dumps(first.to_json())) == first.to_json()
