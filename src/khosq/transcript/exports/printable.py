"""Text that every format can hold: no control characters, no broken Unicode, single spaces."""

from __future__ import annotations

from dataclasses import replace

from khosq.transcript.transcript import Transcript, Utterance

_REPLACEMENT = "\ufffd"
_TABLE: dict[int, str | None] = {
    # Controls. Those that separate words become spaces.
    **{code: " " if chr(code).isspace() else None for code in (*range(0x20), *range(0x7F, 0xA0))},
    # Marks that turn text around up to a closing one, which another line would hold.
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)),
    # What neither UTF-8 nor XML can hold.
    **dict.fromkeys((*range(0xD800, 0xE000), 0xFFFE, 0xFFFF), _REPLACEMENT),
}


def printable(text: str) -> str:
    """Return ``text`` as one line that can be written anywhere."""
    return " ".join(text.translate(_TABLE).split())


def printable_transcript(transcript: Transcript) -> Transcript:
    """Return the transcript with printable text; words of which nothing can be seen are left out."""
    utterances = tuple(one for one in map(_printable_utterance, transcript.utterances) if one.words)
    warnings = tuple(map(printable, transcript.warnings))
    return replace(transcript, utterances=utterances, warnings=warnings)


def _printable_utterance(utterance: Utterance) -> Utterance:
    words = (replace(word, text=printable(word.text)) for word in utterance.words)
    return replace(utterance, text=printable(utterance.text), words=tuple(word for word in words if word.text))
