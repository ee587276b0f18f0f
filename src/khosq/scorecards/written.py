"""Scorecards as files, for those who may not look below."""

from __future__ import annotations

from khosq.analysis.scorecards.definition import Method, Scorecard, Section
from khosq.analysis.scorecards.evaluation import Answer
from khosq.analysis.scorecards.reading import LARGEST_FILE, BadScorecard, plain_scorecard, read_scorecard, write_yaml
from khosq.transcript.quotes import Quote

__all__ = [
    "LARGEST_FILE",
    "Answer",
    "BadScorecard",
    "Method",
    "Quote",
    "Scorecard",
    "Section",
    "plain_scorecard",
    "read_scorecard",
    "write_yaml",
]
