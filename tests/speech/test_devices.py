from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import onnxruntime
import pytest

from khosq.speech import devices
from khosq.speech.devices import choose_devices, gpu_index


def test_the_processor_is_used_as_told() -> None:
    uses = choose_devices("cpu")
    assert set(uses) == {"onnx-asr", "faster-whisper", "sherpa-onnx"}
    assert {use.device for use in uses.values()} == {"cpu"}


@pytest.mark.parametrize("wish", ["auto", "cuda", "cuda:3"])
def test_without_a_gpu_the_processor_is_used_and_that_is_said(wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_SIGNS", ())
    assert {(use.device, use.why) for use in choose_devices(wish).values()} == {("cpu", "there is no NVIDIA GPU here")}


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="this onnxruntime can use a GPU"
)
def test_each_engine_that_cannot_use_a_gpu_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(devices, "_SIGNS", (str(tmp_path),))
    uses = choose_devices("auto")
    assert {use.device for use in uses.values()} == {"cpu"}
    assert "install onnxruntime-gpu" in uses["onnx-asr"].why
    assert "finds no GPU 0" in uses["faster-whisper"].why
    assert f"sherpa-onnx {version('sherpa-onnx')} is the build for the CPU" in uses["sherpa-onnx"].why


def test_looking_loads_no_runtime_where_there_is_no_gpu() -> None:
    code = "import sys; from khosq.speech.devices import choose_devices; choose_devices('cpu'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"onnxruntime", "ctranslate2", "torch"} & set(loaded)


@pytest.mark.parametrize(("device", "index"), [("cpu", None), ("cuda", 0), ("cuda:0", 0), ("cuda:3", 3)])
def test_a_device_has_a_number(device: str, index: int | None) -> None:
    assert gpu_index(device) == index
