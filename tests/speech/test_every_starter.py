"""The starters write down what espeak-ng says at this moment, in voices they never heard."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from khosq.evaluation.wer import character_errors
from khosq.media.waveform import Samples
from khosq.speech.hearing import load_recognizer
from khosq.speech.models import ModelEntry, catalogue
from khosq.speech.resolution import resolve

STARTERS = [entry for entry in catalogue() if entry.kind == "starter"]
SENTENCES = {
    "hi": "मेरा इंटरनेट दो दिन से बंद है और मैं अपने बिल के बारे में पूछना चाहता हूं",
    "hy": "ես ուզում եմ իմանալ թե երբ կգա իմ պատվերը որովհետև երեկ չզանգեցին",
    "mr": "मला उद्या सकाळी पुण्याला जायचे आहे आणि माझा भाऊ घरी येणार आहे",
    "nl": "mijn internet doet het al twee dagen niet en ik wil graag iemand spreken over mijn rekening",
    # No word begins with a vowel after a consonant: there no pause is spoken, and a starter hears one word.
    "ta": "நான் நாளை காலை சென்னைக்குப் போக வேண்டும் தயவுசெய்து பதில் சொல்லுங்கள்",
    "te": "నా ఇంటర్నెట్ రెండు రోజుల నుండి పని చేయడం లేదు నేను ఎవరితో మాట్లాడాలి",
}
UNHEARD_VOICES = ["Denis", "Mario"]
WAV_HEADER = 44
SIZE_LIMIT = 6_000_000


def say(text: str, voice: str) -> Samples:
    """Let espeak-ng speak."""
    command = ["espeak-ng", "--stdin", "--stdout", "-v", voice, "-s", "150"]
    wav = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    spoken = np.frombuffer(wav[WAV_HEADER:], "<i2") / 32768  # at 22,050 Hz
    return np.asarray(resample_poly(spoken, 320, 441), np.float32)


def test_every_starter_has_a_sentence_here() -> None:
    assert sorted(language for entry in STARTERS for language in entry.languages) == sorted(SENTENCES)


@pytest.mark.client("espeak-ng")
@pytest.mark.parametrize("variant", UNHEARD_VOICES)
@pytest.mark.parametrize("language", SENTENCES)
def test_a_starter_writes_down_a_sentence_that_was_just_spoken(tmp_path: Path, language: str, variant: str) -> None:
    choice = resolve(language, models_dir=tmp_path, allow_starters=True, auto_pull=False)
    engine = load_recognizer(choice.engine, choice.model_dir, choice.settings)
    (words,) = engine.recognize([say(SENTENCES[language], f"{language}+{variant}")], language=language)
    text = " ".join(word.text for word in words)
    assert character_errors(SENTENCES[language], text, language=language).rate <= 0.1, text


@pytest.mark.parametrize("entry", STARTERS, ids=lambda entry: entry.name)
def test_a_starter_is_small_and_tells_what_it_is(entry: ModelEntry) -> None:
    choice = resolve(entry.languages[0], models_dir=Path("/nowhere"), allow_starters=True, auto_pull=False)
    size = sum((choice.model_dir / name).stat().st_size for name in entry.files)
    assert size == entry.size_bytes
    assert size <= SIZE_LIMIT
    assert "synthetic speech only" in (choice.model_dir / "MODEL_CARD.md").read_text(encoding="utf-8")
