"""Analyses of calls that were written down before: a new scorecard or summary, without new recognition."""
