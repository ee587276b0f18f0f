"""Redaction: which of the words are personal data, and the transcript without them."""
