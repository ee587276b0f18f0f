"""Check digits, against their definitions and against mistakes that they are made to find."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khosq.analysis.redaction.checksums import LuhnSums, iban, luhn, verhoeff

digits = st.text("0123456789", min_size=1, max_size=18)
place = st.integers(0, 100)


def completed(text: str, holds: object) -> str:
    """Return the text with the one check digit that fits."""
    (whole,) = [text + digit for digit in "0123456789" if callable(holds) and holds(text + digit)]
    return whole


@given(digits, place, st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_found(text: str, at: int, other: str) -> None:
    for holds in (luhn, verhoeff):
        whole = completed(text, holds)
        at %= len(whole)
        assert holds(whole[:at] + other + whole[at + 1 :]) == (other == whole[at])


@given(digits, place)
def test_verhoeff_finds_two_digits_that_changed_places(text: str, at: int) -> None:
    whole = completed(text, verhoeff)
    at %= len(whole) - 1
    changed = whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :]
    assert verhoeff(changed) == (changed == whole)


@given(digits, place, place)
def test_any_part_of_many_digits_is_told_as_if_it_stood_alone(text: str, start: int, end: int) -> None:
    start, end = sorted((start % len(text), end % (len(text) + 1)))
    doubled = [int(digit) * (1 + number % 2) for number, digit in enumerate(reversed(text[start:end]))]
    assert LuhnSums(text).holds(start, end) == (sum(value - 9 * (value > 9) for value in doubled) % 10 == 0)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=11, max_size=30), place)
def test_an_iban_is_told_from_one_with_a_wrong_sign(account: str, at: int) -> None:
    right = [f"NL{check:02}{account}" for check in range(2, 99) if iban(f"NL{check:02}{account}")]
    assert len(right) == 1
    at = 4 + at % len(account)
    if account[at - 4].isdigit():
        other = str((int(account[at - 4]) + 1) % 10)
        assert not iban(right[0][:at] + other + right[0][at + 1 :])


@pytest.mark.parametrize("number", ["4111111111111111", "5105105105105100", "371449635398431", "6011000990139424"])
def test_the_networks_own_examples_hold(number: str) -> None:
    assert luhn(number)


@pytest.mark.parametrize("number", ["GB29NWBK60161331926819", "NL91ABNA0417164300", "DE89370400440532013000"])
def test_the_registrys_own_examples_hold(number: str) -> None:
    assert iban(number)
