"""Who is called what: ``agent`` and ``customer`` where two speak, numbers otherwise."""

from __future__ import annotations

from khosq.transcript.parties import voice_of_each, voices
from khosq.transcript.transcript import Transcript

ROLES = ("agent", "customer")
"""The first channel's, or the first talker's; and the other's."""


def speaker_labels(transcript: Transcript) -> list[str | None]:
    """Return each utterance's speaker.

    An utterance whose voice is unknown goes with the one before it; None where no voice is known yet.
    """
    found = voices(transcript)
    names = ROLES if len(found) == len(ROLES) else [f"speaker_{number}" for number in range(1, len(found) + 1)]
    named = dict(zip(found, names, strict=True))
    return [None if voice is None else named[voice] for voice in voice_of_each(transcript)]
