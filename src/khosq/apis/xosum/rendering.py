"""The labelled text of a call: one turn per line, ``<label> N: text``."""

from __future__ import annotations

from collections.abc import Mapping

from khosq.transcript.conversation import spoken_turns
from khosq.transcript.transcript import Transcript

SPEAKER_LABELS: Mapping[str, str] = {
    "hy": "Խոսնակ",
    "en": "Speaker",
    "nl": "Spreker",
    "de": "Sprecher",
    "fr": "Locuteur",
    "es": "Hablante",
    "ru": "Говорящий",
    "ka": "მოსაუბრე",
    "hi": "वक्ता",
    "mr": "वक्ता",
    "bn": "বক্তা",
    "gu": "વક્તા",
    "ta": "பேச்சாளர்",
    "te": "వక్త",
    "kn": "ಮಾತುಗಾರ",
    "ml": "സംഭാഷകൻ",
    "pa": "ਬੁਲਾਰਾ",
}
"""Base language → the word before a speaker's number; English where there is none."""


def conversation(transcript: Transcript, *, language: str) -> str:
    """Return the text with each turn labelled, in the words of ``language``."""
    label = SPEAKER_LABELS.get(language.partition("-")[0].lower(), SPEAKER_LABELS["en"])
    return "\n".join(f"{label} {turn.speaker}: {turn.text}" for turn in spoken_turns(transcript))
