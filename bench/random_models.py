"""Models of real architectures and sizes whose weights are random: as fast as real ones, and they say made-up words.

What they say depends on the time alone: 2.5 words a second, so that nothing downstream finds their text odd.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[Any]

BANDS, SUBSAMPLING, KERNEL = 80, 8, 9
WORDS = ["".join(letters) for letters in product("kmtnrs", "aeiou", "lvdbz", "aeou")]
STEPS_PER_WORD = 5
"""Of 80 ms."""
_MOST_STEPS = 1024
_CERTAIN = 100.0
_SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class ConformerSize:
    """Of a FastConformer encoder with a CTC head."""

    layers: int
    width: int
    channels: int
    """Of the subsampling."""
    heads: int


@dataclass(frozen=True, slots=True)
class WhisperSize:
    """Of encoder and decoder."""

    width: int
    encoder_layers: int
    decoder_layers: int
    heads: int
    bands: int


CONFORMERS = {"large": ConformerSize(18, 512, 256, 8), "tiny": ConformerSize(2, 64, 32, 4)}
"""The first has 114 M parameters: NVIDIA's FastConformer-CTC-large."""
WHISPERS = {"large-v3-turbo": WhisperSize(1280, 32, 4, 20, 128), "tiny": WhisperSize(384, 4, 4, 6, 80)}


class _Graph:
    """Grows an ONNX graph node by node."""

    def __init__(self, kind: type[np.floating[Any]]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._kind = kind
        self._random = np.random.default_rng(0)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of what it gives."""
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def constant(self, value: Array) -> str:
        name = f"constant_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def random(self, *shape: int) -> str:
        numbers = self._random.standard_normal(shape, np.float32) * np.float32(_SPREAD)
        return self.constant(numbers.astype(self._kind))

    def of(self, *numbers: float) -> str:
        return self.constant(np.array(numbers, self._kind))

    def linear(self, x: str, inputs: int, outputs: int) -> str:
        return self.add("Add", self.add("MatMul", x, self.random(inputs, outputs)), self.random(outputs))

    def norm(self, x: str, width: int) -> str:
        ones, zeros = np.ones(width, self._kind), np.zeros(width, self._kind)
        return self.add("LayerNormalization", x, self.constant(ones), self.constant(zeros), axis=-1)

    def swish(self, x: str) -> str:
        return self.add("Mul", x, self.add("Sigmoid", x))

    def shaped(self, x: str, *shape: int) -> str:
        return self.add("Reshape", x, self.constant(np.array(shape, np.int64)))


def write_conformer(folder: Path, size: ConformerSize, *, half: bool = False) -> Path:
    """Write a NeMo FastConformer CTC model in onnx-asr's form; matrices are not masked by length."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = _Graph(np.float16 if half else np.float32)
    number = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    x = _subsample(graph, graph.add("Cast", "audio_signal", to=number), size)
    for _ in range(size.layers):
        x = _layer(graph, x, size)
    vocabulary = [*(f"▁{word}" for word in WORDS), "<blk>"]
    scores = graph.add("Cast", graph.linear(x, size.width, len(vocabulary)), to=TensorProto.FLOAT)
    said = graph.constant(_said(len(vocabulary)))
    steps = graph.add("Gather", graph.add("Shape", scores), graph.constant(np.array([1])))
    start, axis = graph.constant(np.array([0])), graph.constant(np.array([1]))
    certain = graph.add("Add", scores, graph.add("Slice", said, start, steps, axis))
    last = graph.add("LogSoftmax", certain, axis=-1)
    graph.nodes.append(helper.make_node("Identity", [last], ["logprobs"]))
    takes = [
        helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["batch", BANDS, "frames"]),
        helper.make_tensor_value_info("length", TensorProto.INT64, ["batch"]),
    ]
    gives = [helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["batch", "steps", len(vocabulary)])]
    made = helper.make_graph(graph.nodes, "conformer", takes, gives, graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    (folder / "vocab.txt").write_text("".join(f"{token} {number}\n" for number, token in enumerate(vocabulary)))
    config = {"model_type": "nemo-conformer-ctc", "features_size": BANDS, "subsampling_factor": SUBSAMPLING}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def quantize(folder: Path) -> None:
    """Turn the matrices of a conformer into whole numbers, as published models for CPUs have them."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 - slow to load

    whole = folder / "model.onnx"
    quantize_dynamic(whole, folder / "model.int8.onnx", weight_type=QuantType.QUInt8, op_types_to_quantize=["MatMul"])
    whole.unlink()


def _said(size: int) -> Array:
    """Return how much each token is preferred at each step."""
    preferred = np.zeros((1, _MOST_STEPS, size), np.float32)
    steps = np.arange(_MOST_STEPS)
    tokens = np.where(steps % STEPS_PER_WORD == 0, steps // STEPS_PER_WORD * 37 % len(WORDS), size - 1)
    preferred[0, steps, tokens] = _CERTAIN
    return preferred


def _subsample(graph: _Graph, x: str, size: ConformerSize) -> str:
    channels = size.channels
    x = graph.add("Transpose", x, perm=[0, 2, 1])
    x = graph.add("Unsqueeze", x, graph.constant(np.array([1])))
    same = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
    x = graph.add("Relu", graph.add("Conv", x, graph.random(channels, 1, 3, 3), graph.random(channels), **same))
    for _ in range(2):
        x = graph.add("Conv", x, graph.random(channels, 1, 3, 3), graph.random(channels), group=channels, **same)
        x = graph.add("Relu", graph.add("Conv", x, graph.random(channels, channels, 1, 1), graph.random(channels)))
    flat = graph.add("Transpose", x, perm=[0, 2, 1, 3])
    wide = channels * BANDS // SUBSAMPLING
    return graph.linear(graph.shaped(flat, 0, 0, wide), wide, size.width)


def _layer(graph: _Graph, x: str, size: ConformerSize) -> str:
    x = graph.add("Add", x, _feed_forward(graph, x, size.width))
    x = graph.add("Add", x, _attention(graph, x, size))
    x = graph.add("Add", x, _convolution(graph, x, size.width))
    x = graph.add("Add", x, _feed_forward(graph, x, size.width))
    return graph.norm(x, size.width)


def _feed_forward(graph: _Graph, x: str, width: int) -> str:
    inner = graph.swish(graph.linear(graph.norm(x, width), width, 4 * width))
    return graph.add("Mul", graph.linear(inner, 4 * width, width), graph.of(0.5))


def _attention(graph: _Graph, x: str, size: ConformerSize) -> str:
    """Attend with a second product for positions, as relative ones cost."""
    width, depth = size.width, size.width // size.heads
    x = graph.norm(x, width)

    def headed(perm: Sequence[int]) -> str:
        return graph.add("Transpose", graph.shaped(graph.linear(x, width, width), 0, 0, size.heads, depth), perm=perm)

    query, key, position = headed([0, 2, 1, 3]), headed([0, 2, 3, 1]), headed([0, 2, 3, 1])
    scores = graph.add("Add", graph.add("MatMul", query, key), graph.add("MatMul", query, position))
    weights = graph.add("Softmax", graph.add("Mul", scores, graph.of(depth**-0.5)), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", weights, headed([0, 2, 1, 3])), perm=[0, 2, 1, 3])
    return graph.linear(graph.shaped(mixed, 0, 0, width), width, width)


def _convolution(graph: _Graph, x: str, width: int) -> str:
    x = graph.norm(x, width)
    gated = graph.add("Mul", graph.linear(x, width, width), graph.add("Sigmoid", graph.linear(x, width, width)))
    in_time = graph.add("Transpose", gated, perm=[0, 2, 1])
    pads = [KERNEL // 2, KERNEL // 2]
    mixed = graph.add(
        "Conv",
        in_time,
        graph.random(width, 1, KERNEL),
        graph.random(width),
        group=width,
        pads=pads,
        kernel_shape=[KERNEL],
    )
    return graph.linear(graph.add("Transpose", graph.swish(mixed), perm=[0, 2, 1]), width, width)
