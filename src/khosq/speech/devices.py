"""Which device each engine computes on: found out once, for the log, the doctor and the engines themselves."""

from __future__ import annotations

import ctypes
import multiprocessing
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from khosq.transcript.timespan import Seconds

AUTO, CPU = "auto", "cpu"
FORM = re.compile(r"auto|cpu|cuda(:\d+)?")
_SIGNS = ("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-gpu")
"""Files of which one is there where a driver of NVIDIA's is: on Linux, inside of Windows, on a Jetson."""
_PROBE_WITHIN: Seconds = 120.0
_CUBLAS = "libcublas.so.12"


class _Unfit(Exception):
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
        return dict.fromkeys(_PROBES, Use(CPU, "as set"))
    if not may_have_gpu():
        return dict.fromkeys(_PROBES, Use(CPU, "there is no NVIDIA GPU here"))
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
    for engine, probe in _PROBES.items():
        try:
            uses[engine] = Use(f"cuda:{index}", probe(index))
        except _Unfit as reason:
            uses[engine] = Use(CPU, str(reason))
    return uses


def _probe_onnxruntime(index: int) -> str:
    """Compute something: the runtime lists its GPU provider also where that cannot start, and then uses the CPU."""
    import onnxruntime as rt  # noqa: PLC0415 - slow to load, and only needed where there is a GPU
    from onnx import parser  # noqa: PLC0415 - as above

    provider = "CUDAExecutionProvider"
    if provider not in rt.get_available_providers():
        raise _Unfit("onnxruntime is the build for the CPU; install onnxruntime-gpu in its place")
    rt.preload_dlls()
    text = '<ir_version: 8, opset_import: ["": 17]> probe (float[n] x) => (float[n] y) { y = Add (x, x) }'
    options = rt.SessionOptions()
    options.log_severity_level = 4
    session = rt.InferenceSession(
        parser.parse_model(text).SerializeToString(), options, providers=[(provider, {"device_id": index})]
    )
    if provider not in session.get_providers():
        raise _Unfit(f"onnxruntime {rt.__version__} cannot start CUDA here: libraries of CUDA or cuDNN are missing")
    return f"onnxruntime {rt.__version__} computes with CUDA"


def _probe_ctranslate2(index: int) -> str:
    try:
        import ctranslate2  # noqa: PLC0415 - slow to load, and only needed where there is a GPU
    except ImportError as error:
        raise _Unfit("faster-whisper is not installed") from error
    if ctranslate2.get_cuda_device_count() <= index:
        raise _Unfit(f"CTranslate2 {ctranslate2.__version__} finds no GPU {index}")
    try:
        ctypes.CDLL(_CUBLAS)  # else each recording would fail at it
    except OSError as error:
        raise _Unfit(f"{_CUBLAS} is missing; install nvidia-cublas-cu12") from error
    return f"CTranslate2 {ctranslate2.__version__} finds the GPU"


def _probe_sherpa(index: int) -> str:
    """Look at the version: the library itself would only write a line and use the CPU."""
    try:
        found = version("sherpa-onnx")
    except PackageNotFoundError as error:
        raise _Unfit("sherpa-onnx is not installed") from error
    if "cuda" not in found:
        raise _Unfit(f"sherpa-onnx {found} is the build for the CPU, the one that the package index has")
    if index:
        raise _Unfit("sherpa-onnx knows the first GPU only")
    return f"sherpa-onnx {found} is built with CUDA"


_PROBES: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {"onnx-asr": _probe_onnxruntime, "faster-whisper": _probe_ctranslate2, "sherpa-onnx": _probe_sherpa}
)
"""The first also finds the libraries of CUDA that came as packages, for the second."""
