"""Which device each engine computes on: found out once, for the log, the doctor and the engines themselves."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from khosq import registry
from khosq.transcript.timespan import Seconds

AUTO, CPU = "auto", "cpu"
GPU_PROBES = {
    "onnx-asr": "khosq.speech.engines.onnx_asr:probe_gpu",
    "faster-whisper": "khosq.speech.engines.faster_whisper:probe_gpu",
    "sherpa-onnx": "khosq.speech.engines.sherpa_onnx.recognizer:probe_gpu",
}
"""Functions that tell what lets an engine compute on a GPU, or raise ``Unfit``."""
_SIGNS = ("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-gpu")
"""Files of which one is there where a driver of NVIDIA's is: on Linux, inside of Windows, on a Jetson."""
_PROBE_WITHIN: Seconds = 120.0


class Unfit(Exception):
    """An engine cannot compute on the GPU; the text says why."""


@dataclass(frozen=True, slots=True)
class Use:
    """What an engine computes on, and why."""

    device: str
    """``cpu``, or ``cuda:0`` and so on."""
    why: str

    @property
    def is_gpu(self) -> bool:
        """Tell whether it is a GPU."""
        return self.device != CPU


def choose_devices(wish: str) -> Mapping[str, Use]:
    """Return what each engine that knows about GPUs will compute on; all others compute on the CPU.

    Args:
        wish: ``auto``, ``cpu``, ``cuda`` or ``cuda:1`` and so on.

    """
    if wish == CPU:
        return dict.fromkeys(GPU_PROBES, Use(CPU, "as set"))
    if not may_have_gpu():
        return dict.fromkeys(GPU_PROBES, Use(CPU, "there is no NVIDIA GPU here"))
    # In a process of its own: one that has used a GPU holds some of its memory until it ends.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        index = int(wish.partition(":")[2] or 0)
        return process.submit(_probe_all, index).result(_PROBE_WITHIN)


def may_have_gpu() -> bool:
    """Tell at once whether there are signs of a GPU; whether an engine can compute on it is another question."""
    return any(Path(sign).exists() for sign in _SIGNS)


def gpu_index(device: str) -> int | None:
    """Return the number of the GPU that a device's name names; None of the CPU."""
    return None if device == CPU else int(device.partition(":")[2] or 0)


def _probe_all(index: int) -> dict[str, Use]:
    uses: dict[str, Use] = {}
    for engine in GPU_PROBES:
        try:
            uses[engine] = Use(f"cuda:{index}", registry.load(engine, GPU_PROBES, "khosq.gpu_probes")(index))
        except Unfit as reason:
            uses[engine] = Use(CPU, str(reason))
    return uses
