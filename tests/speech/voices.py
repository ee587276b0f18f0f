"""Two invented voices, a speaker encoder that hears which bands are loud, and torch files without torch."""

from __future__ import annotations

import pickle
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from khosq.media.waveform import SAMPLE_RATE, PcmFile
from khosq.speech.mel import BANDS

LOW, MIDDLE, HIGH = (120, 900), (1_100, 2_400), (2_900, 6_500)
"""Bands of hertz in which the invented voices speak."""

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def voice(band: tuple[int, int], seconds: float, *, seed: int = 0, level: float = 0.1) -> NDArray[np.float32]:
    """Noise within ``band`` that swells and fades like syllables."""
    count = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum[(hertz < band[0]) | (hertz > band[1])] = 0
    noise = np.fft.irfft(spectrum, count) * (1 + 0.5 * np.sin(2 * np.pi * 4 * np.arange(count) / SAMPLE_RATE))
    return np.asarray(noise / noise.std() * level, np.float32)


def save(path: Path, *sounds: NDArray[np.float32]) -> PcmFile:
    """Write the sounds one after another."""
    (np.clip(np.concatenate(sounds), -1, 1) * 32_767).astype("<i2").tofile(path)
    return PcmFile(path)


def band_weights() -> dict[str, NDArray[np.float32]]:
    """Weights of a GE2E encoder whose first layer sums each band up over the window; the sums are the embedding."""
    weights: dict[str, NDArray[np.float32]] = {}
    in_, forget, cell, out = (slice(gate * BANDS, (gate + 1) * BANDS) for gate in range(4))
    for layer, (gain, letting_in, keeping) in enumerate([(0.3, -5, 6), (1, 6, -6), (1, 6, -6)]):
        through = np.zeros((4 * BANDS, BANDS), np.float32)
        through[cell] = gain * np.eye(BANDS)
        bias = np.zeros(4 * BANDS, np.float32)
        bias[in_], bias[forget], bias[out] = letting_in, keeping, 4
        weights[f"lstm.weight_ih_l{layer}"] = through
        weights[f"lstm.weight_hh_l{layer}"] = np.zeros_like(through)
        weights[f"lstm.bias_ih_l{layer}"] = bias
        weights[f"lstm.bias_hh_l{layer}"] = np.zeros_like(bias)
    weights["linear.weight"] = np.eye(BANDS, dtype=np.float32)
    weights["linear.bias"] = np.zeros(BANDS, np.float32)
    return weights


def write_legacy_torch(path: Path, tensors: Mapping[str, NDArray[np.float32]], **more: object) -> Path:
    """Write what torch 1.1 wrote for ``torch.save({"model_state": tensors, **more})``."""
    storages = {str(number): value for number, value in enumerate(tensors.values())}
    state = OrderedDict((name, _Tensor(key, value)) for key, (name, value) in enumerate(tensors.items()))
    with path.open("wb") as file, _Torch():
        for saved in (MAGIC, PROTOCOL, {"little_endian": True}, {**more, "model_state": state}, list(storages)):
            _TorchPickler(file, protocol=2).dump(saved)
        for value in storages.values():
            file.write(struct.pack("<q", value.size) + value.astype("<f4").tobytes())
    return path


class _FloatStorage:
    """Stands in for torch's class, by name."""


def _rebuild_tensor_v2(*_: object) -> None:
    """Stand in for torch's function, by name."""


class _Tensor:
    def __init__(self, key: int, value: NDArray[np.float32]) -> None:
        self.key, self.value = key, value

    def __reduce__(self) -> tuple[Any, ...]:
        stride = tuple(step // self.value.itemsize for step in self.value.strides)
        return _rebuild_tensor_v2, (_Storage(str(self.key)), 0, self.value.shape, stride, False, OrderedDict())


class _Storage:
    def __init__(self, key: str) -> None:
        self.key = key


class _TorchPickler(pickle.Pickler):
    def __init__(self, file: BinaryIO, protocol: int) -> None:
        super().__init__(file, protocol)

    def persistent_id(self, obj: object) -> tuple[Any, ...] | None:
        return ("storage", _FloatStorage, obj.key, "cpu", 0, None) if isinstance(obj, _Storage) else None


class _Torch:
    """Lets pickle find the stand-ins under torch's names while a file is written."""

    _names: ClassVar[dict[Any, tuple[str, str]]] = {
        _FloatStorage: ("torch", "FloatStorage"),
        _rebuild_tensor_v2: ("torch._utils", "_rebuild_tensor_v2"),
    }

    def __enter__(self) -> None:
        for stand_in, (module, name) in self._names.items():
            stand_in.__module__, stand_in.__qualname__, stand_in.__name__ = module, name, name
            sys.modules[module] = types.ModuleType(module)
            setattr(sys.modules[module], name, stand_in)

    def __exit__(self, *_: object) -> None:
        for module, _name in self._names.values():
            del sys.modules[module]
