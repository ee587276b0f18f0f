"""How many tokens a text has, without knowing whose: rather too many than too few."""

from __future__ import annotations


def estimate(text: str) -> int:
    """Return about how many tokens a text has.

    Three ASCII characters make one. Other scripts fall apart into more, in the worst case into their UTF-8 bytes; two
    thirds of those are counted: 1.3 a letter of Armenian, Cyrillic or Greek, 2 of an Indic script.
    """
    ascii_bytes = len(text.encode("ascii", "ignore"))
    return ascii_bytes // 3 + (len(text.encode("utf-8", "surrogatepass")) - ascii_bytes) * 2 // 3 + 1
