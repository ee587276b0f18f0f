"""Lines of a caption: how long words look, and how they share lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from unicodedata import category, combining

_VIRAMA = 9  # its canonical combining class


def wrap(
    words: Sequence[str], longest: int, *, most_words: int | None = None, label: str | None = None
) -> tuple[str, ...]:
    """Return ``words`` in as few lines as the limits allow, the lines as even as they can be.

    A line holds at most ``longest`` characters as seen and ``most_words`` words, but a longer word stands whole on its
    own. ``label`` stands before the first word and is no word.
    """
    pieces = [*([label] if label else []), *words]
    sizes = [visible_length(piece) for piece in pieces]
    has_label = bool(label)
    fewest = len(_fill(sizes, longest, most_words, has_label=has_label))
    width = min(longest, max(*sizes, (sum(sizes) + len(sizes) - fewest) // fewest))
    while width < longest and len(_fill(sizes, width, most_words, has_label=has_label)) > fewest:
        width += 1
    ends = accumulate(_fill(sizes, width, most_words, has_label=has_label))
    return tuple(" ".join(pieces[start:end]) for start, end in pairwise([0, *ends]))


def visible_length(text: str) -> int:
    """Count what a reader sees as characters: vowel signs and joined consonants of Indic scripts add none."""
    count, is_joined = 0, False
    for char in text:
        if category(char) in ("Mn", "Mc", "Me", "Cf"):
            # A virama joins the next consonant; the Tamil pulli does not.
            is_joined = (combining(char) == _VIRAMA and char != "\u0bcd") or (is_joined and char == "\u200d")
        else:
            count += not is_joined
            is_joined = False
    return count


def _fill(sizes: Sequence[int], width: int, most_words: int | None, *, has_label: bool) -> list[int]:
    """Return how many pieces each line takes, filled one after another."""
    lines: list[int] = []
    length = words = 0
    for index, size in enumerate(sizes):
        is_word = not (has_label and index == 0)
        if lines and length + 1 + size <= width and (most_words is None or words < most_words):
            lines[-1] += 1
            length += 1 + size
            words += is_word
        else:
            lines.append(1)
            length, words = size, int(is_word)
    return lines
