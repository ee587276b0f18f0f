from __future__ import annotations

import gc
import time
import weakref
from pathlib import Path

from khosq.speech.engines.onnx_asr import OnnxAsr
from khosq.speech.kept import Kept


class Model:
    """Stands for what was loaded."""


def is_gone(reference: weakref.ref[OnnxAsr]) -> bool:
    deadline = time.monotonic() + 20
    while reference() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    return reference() is None


def test_what_is_kept_is_loaded_once() -> None:
    kept: Kept[Model] = Kept(2)
    first = kept.get("a", Model)
    assert kept.get("a", Model) is first


def test_the_one_unused_for_longest_makes_room() -> None:
    kept: Kept[Model] = Kept(2)
    first, second = kept.get("a", Model), kept.get("b", Model)
    kept.get("a", Model)
    kept.get("c", Model)
    assert kept.get("a", Model) is first
    assert kept.get("b", Model) is not second


def test_a_model_that_nobody_uses_is_dropped_and_loaded_again(hears_tones: Path) -> None:
    kept: Kept[OnnxAsr] = Kept(3)
    kept.drop_when_unused(0.2)

    def load() -> OnnxAsr:
        return OnnxAsr(hears_tones, model_type="nemo-conformer-ctc")

    reference = weakref.ref(kept.get("tones", load))
    assert is_gone(reference)
    assert kept.get("tones", load).recognize([], language="xx") == []


def test_a_model_in_use_stays() -> None:
    kept: Kept[Model] = Kept(3)
    model = kept.get("a", Model)
    kept.drop_unused(60)
    assert kept.get("a", Model) is model
