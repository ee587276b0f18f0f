"""Who is called what: ``agent`` and ``customer`` where two speak, numbers otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from khosq.transcript.transcript import Transcript, Utterance

ROLES = ("agent", "customer")
"""The first channel's, or the first talker's; and the other's."""


def speaker_labels(transcript: Transcript) -> list[str | None]:
    """Return each utterance's speaker.

    An utterance whose voice is unknown goes with the one before it; None where no voice is known yet.
    """
    voices = _voices(transcript.utterances)
    names = ROLES if len(voices) == len(ROLES) else [f"speaker_{number}" for number in range(1, len(voices) + 1)]
    named = dict(zip(voices, names, strict=True))
    labels: list[str | None] = []
    for utterance in transcript.utterances:
        before = labels[-1] if labels else None
        labels.append(before if utterance.speaker is None else named[utterance.speaker])
    return labels


def _voices(utterances: Sequence[Utterance]) -> list[int]:
    """Return every voice once: by its channel, and on one channel as they first talk."""
    channels: dict[int, int] = {}
    for utterance in utterances:
        if utterance.speaker is not None:
            channels.setdefault(utterance.speaker, utterance.channel)
    return sorted(channels, key=lambda voice: channels[voice])
