"""The voices of a call, and which of them is the agent's."""

from __future__ import annotations

from khosq.transcript.transcript import Transcript

_FEWEST = 2
"""Voices from which one of them is the agent's."""


def voices(transcript: Transcript) -> list[int]:
    """Return every voice once: by its channel, and on one channel as they first talk."""
    channels: dict[int, int] = {}
    for utterance in transcript.utterances:
        if utterance.speaker is not None:
            channels.setdefault(utterance.speaker, utterance.channel)
    return sorted(channels, key=lambda voice: channels[voice])


def voice_of_each(transcript: Transcript) -> list[int | None]:
    """Return each utterance's voice.

    One that is unknown goes with the utterance before it; None where no voice is known yet.
    """
    found: list[int | None] = []
    for utterance in transcript.utterances:
        before = found[-1] if found else None
        found.append(before if utterance.speaker is None else utterance.speaker)
    return found


def agent_of(transcript: Transcript, *, channel: int | None = None) -> int | None:
    """Return the agent's voice: that of ``channel``, or the first channel's, or the first talker's.

    None where fewer than two voices are told apart, or nobody speaks on ``channel``.
    """
    found = voices(transcript)
    if len(found) < _FEWEST:
        return None
    if channel is None or all(utterance.channel == 0 for utterance in transcript.utterances):
        return found[0]
    there = {utterance.speaker for utterance in transcript.utterances if utterance.channel == channel}
    return next((voice for voice in found if voice in there), None)
