from __future__ import annotations

import pytest

from khosq.speech.languages import base_language
from khosq.speech.models import catalogue
from khosq.speech.scripts import foreign_share, script_of


@pytest.mark.parametrize(
    ("language", "text", "share"),
    [
        ("te-IN", "నమస్కారం మీరు ఎలా ఉన్నారు", 0.0),
        ("te", "namaskaram meeru ela unnaru", 1.0),
        ("hi", "नमस्ते 12 34", 0.0),
        ("hy", "12:30, 5 %", 0.0),
        ("hy-AM", "Բարև, iPhone", 0.6),
        ("en", "naïve café", 0.0),
        ("ja", "カタカナ ひらがな 漢字", 0.0),
        ("ru", "Привет", 0.0),
        ("sr-Latn", "Dobar dan", 0.0),
        ("qqq", "nobody knows", 0.0),
        ("te", "", 0.0),
    ],
)
def test_a_text_is_in_its_languages_script(language: str, text: str, share: float) -> None:
    assert foreign_share(text, language) == pytest.approx(share)


def test_the_language_of_every_model_for_few_has_a_script() -> None:
    few = {tag for entry in catalogue() if 0 < len(entry.languages) < 30 for tag in entry.languages}
    assert {tag for tag in few if script_of(tag) is None and base_language(tag) not in {"brx", "mni"}} == set()
