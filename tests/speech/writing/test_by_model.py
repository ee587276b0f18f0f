from __future__ import annotations

import asyncio
from pathlib import Path

from tests.speech.engines import sherpa_models
from tests.speech.writing.said import utterances

from khosq.speech.processes import ModelProcesses
from khosq.speech.resolution import ModelChoice
from khosq.speech.writing.by_model import write_with_model


def test_a_punctuation_model_sets_the_marks_in_a_model_process(tmp_path: Path) -> None:
    choice = ModelChoice("tiny", "sherpa-onnx", sherpa_models.punctuation(tmp_path), "optional", "en", 20.0)
    processes = ModelProcesses(1, prepare=_nothing)
    try:
        said = utterances("hello world are you fine // hello")
        written = asyncio.run(processes.run(write_with_model, said, choice, within=60.0))
    finally:
        processes.close()
    assert [one.text for one in written] == ["Hello world, are you? Fine.", "Hello."]


def _nothing() -> None:
    """Prepare nothing."""
