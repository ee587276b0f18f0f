"""Marks for Chinese and English by CT-Transformer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from khosq.errors import ModelMissing
from khosq.speech.devices import CPU
from khosq.speech.engines.sherpa_onnx.isolated import Isolated
from khosq.speech.languages import base_language, named

LANGUAGES = frozenset({"zh", "en"})
_WESTERN = str.maketrans("\uff0c\u3002\uff1f\uff01\u3001", ",.?!,")
"""The model knows Chinese marks only."""


class SherpaPunctuator:
    """Sets marks after words."""

    def __init__(self, model_dir: Path, *, threads: int = 1, device: str = CPU) -> None:
        self._marks = Isolated("marks", model_dir, threads=threads, device=device)

    def punctuate(self, words: Sequence[str], *, language: str) -> list[str]:
        """Return the same words, as many and in order, some with a mark behind."""
        if base_language(language) not in LANGUAGES:
            raise ModelMissing(f"This punctuation model does not know {named(language)}.")
        text = self._marks(" ".join(words)) if words else ""
        return marked(words, text if base_language(language) == "zh" else text.translate(_WESTERN))


def marked(words: Sequence[str], text: str) -> list[str]:
    """Return the words with the marks that follow them in ``text``, which spells the same words."""
    result: list[str] = []
    rest = text
    for word in words:
        found = rest.lower().find(word.lower())
        if found > 0 and result:
            result[-1] += rest[:found].strip()
        result.append(word)
        rest = rest[found + len(word) :] if found >= 0 else rest
    if result:
        result[-1] += rest.strip()
    return result
