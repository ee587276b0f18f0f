"""The check digits of cards, Aadhaar numbers and bank accounts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

_VERHOEFF_TIMES = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_VERHOEFF_MOVED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_IBAN_REMAINDER = 97


class LuhnSums:
    """Tells of any part of a string of digits, in constant time, whether its check digit is right (ISO/IEC 7812)."""

    def __init__(self, digits: str) -> None:
        values = [int(digit) for digit in digits]
        doubled = [2 * value - 9 * (value > 4) for value in values]  # noqa: PLR2004 - the sum of two digits
        self._sums: Sequence[list[int]] = [
            list(accumulate((doubled[at] if at % 2 == odd else values[at] for at in range(len(values))), initial=0))
            for odd in (0, 1)
        ]

    def holds(self, start: int, end: int) -> bool:
        """Tell whether the digits from ``start`` up to ``end`` are one number with its check digit."""
        sums = self._sums[end % 2]
        return (sums[end] - sums[start]) % 10 == 0


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of those before it."""
    return LuhnSums(digits).holds(0, len(digits))


def verhoeff(digits: str) -> bool:
    """Tell whether the last digit is Verhoeff's check digit of those before it."""
    moved = tuple(range(10))
    check = 0
    for digit in reversed(digits):
        check = _VERHOEFF_TIMES[check][moved[int(digit)]]
        moved = tuple(_VERHOEFF_MOVED[to] for to in moved)
    return check == 0


def iban(text: str) -> bool:
    """Tell whether capital letters and digits, without spaces, have the check digits of an IBAN (ISO 13616)."""
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % _IBAN_REMAINDER == 1
