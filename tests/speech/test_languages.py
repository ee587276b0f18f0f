import pytest

from khosq.speech.languages import base_language, closeness, named


@pytest.mark.parametrize(
    ("wanted", "offered", "expected"),
    [
        ("hy-AM", "hy", 1),
        ("hy", "hy", 2),
        ("en-in", "en-IN", 2),
        ("en_IN", "en-IN", 2),
        ("en-US", "en-IN", 0),
        ("hyw", "hy", 0),
        ("hi-Latn-IN", "hi", 1),
    ],
)
def test_a_region_is_served_by_its_own_model_or_by_its_base_language(wanted: str, offered: str, expected: int) -> None:
    assert closeness(wanted, offered) == expected


def test_languages_are_named_as_people_say_them() -> None:
    assert named("hi-IN") == "Hindi (hi-IN)"
    assert named("tlh") == "tlh"
    assert base_language("HY_am") == "hy"
