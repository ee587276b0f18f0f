"""``khosq evaluate analysis``."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from khosq.cli.evaluate import app
from khosq.errors import Invalid

LANGUAGES = {"hy", "hi", "ta", "te", "mr", "en", "nl"}


def test_every_language_is_measured_on_lines_seen_and_lines_kept_apart() -> None:
    ended = CliRunner().invoke(app, ["analysis", "--json"])
    scores = json.loads(ended.stdout)["scores"]
    assert {one["language"] for one in scores} == LANGUAGES
    for language in LANGUAGES:
        lines = {
            feature: [one["lines"] for one in scores if (one["language"], one["feature"]) == (language, feature)]
            for feature in ("sentiment", "intent", "actions")
        }
        assert sum(lines["sentiment"]) >= 20
        assert sum(lines["intent"]) >= 15
        assert sum(lines["actions"]) >= 10
        assert all(max(halves) - min(halves) <= 1 for halves in lines.values())
    assert min(one["accuracy"] for one in scores) >= 0.6, "a word list lost what it knew"
    assert all(one["accuracy"] == pytest.approx(1 - len(one["wrong"]) / one["lines"], abs=0.001) for one in scores)


def test_one_language_is_a_table_for_people() -> None:
    ended = CliRunner().invoke(app, ["analysis", "--language", "nl-BE"])
    rows = ended.stdout.splitlines()
    assert len(rows) == 4
    assert all(row.startswith("Dutch (nl)") for row in rows[1:])


def test_a_language_without_labelled_lines_is_a_sentence() -> None:
    ended = CliRunner().invoke(app, ["analysis", "--language", "fr"])
    assert isinstance(ended.exception, Invalid)
    assert "in fr" in str(ended.exception)
