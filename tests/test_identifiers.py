from __future__ import annotations

import pytest

from khosq.identifiers import ALPHABET, is_id, new_id


def test_an_id_is_twenty_random_letters_and_digits() -> None:
    made = {new_id() for _ in range(500)}
    assert len(made) == 500
    assert all(is_id(one) and set(one) <= set(ALPHABET) for one in made)
    assert {character for one in made for character in one} == set(ALPHABET)
    assert len(new_id(8)) == 8


@pytest.mark.parametrize(
    "odd", ["", "a" * 19, "a" * 21, "a" * 19 + "-", "Խ" * 20, "٣" * 20, "a" * 19 + "\n", "\ud800" * 20]
)
def test_anything_else_is_no_id(odd: str) -> None:
    assert not is_id(odd)
