"""Scorecards: questions about a call, their answers with evidence, and one figure from 0 to 100."""
