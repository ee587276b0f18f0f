"""Read the tensors of a legacy ``torch.save`` file (before the zip form of torch 1.6) without torch.

The file is five pickles (magic, protocol, machine, objects, storage keys) and then, per storage,
its count as int64 and its raw values. Only plain containers and tensors are let through.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "<u1",
}


class UnreadableWeights(ValueError):
    """The file is not a legacy torch file, is cut short, or holds more than tensors."""


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A tensor whose values have not been read yet."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def filled(self, storages: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        values = storages[self.storage.key]
        last = self.offset + sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
        if self.offset < 0 or last >= len(values) or min((*self.shape, *self.stride, 1)) < 0:
            raise UnreadableWeights("a tensor lies outside its storage")
        steps = [step * values.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, steps).copy()


def _rebuild(storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(stride))


class _TensorsOnly(pickle.Unpickler):
    """Unpickles containers and tensors; anything that could run code is refused."""

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Callable[..., Any] | type] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor"): _rebuild,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        }
        if module == "torch" and name in _STORAGES:
            return np.dtype(_STORAGES[name])
        if (module, name) not in allowed:
            raise UnreadableWeights(f"{module}.{name} is not a tensor")
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, *_ = pid
        if kind != "storage":
            raise UnreadableWeights(f"{kind!r} is not a storage")
        return _Storage(str(key), dtype)


def read_tensors(path: Path, *, member: str) -> dict[str, NDArray[Any]]:
    """Return the tensors of the dictionary stored under ``member``, by name.

    Raises:
        UnreadableWeights: the file is something else, or damaged.

    """
    try:
        with path.open("rb") as file:
            saved = _read_objects(file)
            tensors = {name: value for name, value in saved[member].items() if isinstance(value, _Tensor)}
            storages = _read_storages(file, {value.storage.key: value.storage.dtype for value in tensors.values()})
        return {name: value.filled(storages) for name, value in tensors.items()}
    except UnreadableWeights:
        raise
    except (
        pickle.UnpicklingError,
        struct.error,
        EOFError,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
    ) as error:
        raise UnreadableWeights(f"{path.name} is not a legacy torch file, or is damaged: {error}") from error


def _read_objects(file: BinaryIO) -> Any:
    if _TensorsOnly(file).load() != _MAGIC:
        raise UnreadableWeights("not a legacy torch file")
    _TensorsOnly(file).load()  # protocol
    _TensorsOnly(file).load()  # sizes of the machine that wrote it
    return _TensorsOnly(file).load()


def _read_storages(file: BinaryIO, wanted: Mapping[str, np.dtype[Any]]) -> dict[str, NDArray[Any]]:
    """Return the values of the wanted storages; reading stops after the last of them."""
    found: dict[str, NDArray[Any]] = {}
    keys = _TensorsOnly(file).load()
    for key in keys:
        if len(found) == len(wanted):
            break
        (count,) = struct.unpack("<q", file.read(8))
        if key not in wanted:
            raise UnreadableWeights(f"storage {key} belongs to no tensor of this dictionary, so its size is unknown")
        size = count * wanted[key].itemsize
        if not 0 <= size <= os.fstat(file.fileno()).st_size - file.tell():
            raise UnreadableWeights("the file ends too early")
        found[key] = np.frombuffer(file.read(size), wanted[key])
    return found
