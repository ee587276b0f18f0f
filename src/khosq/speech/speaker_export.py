"""Write the GE2E speaker encoder (three LSTM layers and one linear) as ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from khosq.speech.mel import BANDS

_LAYERS = 3
_OPSET = 17
_IR_VERSION = 8


def write_encoder(weights: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write a model mel[batch, frames, 40] → embedding[batch, 256] to ``path``, whole or not at all.

    Raises:
        KeyError: a weight is missing.

    """
    size = weights["linear.weight"].shape[0]
    nodes = [helper.make_node("Transpose", ["mel"], ["x0"], perm=[1, 0, 2])]
    constants = {
        "first": np.array([0], np.int64),
        "second": np.array([1], np.int64),
        "linear_weight": weights["linear.weight"].T,
        "linear_bias": weights["linear.bias"],
    }
    for layer in range(_LAYERS):
        constants |= _lstm_constants(weights, layer)
        nodes += _lstm_nodes(layer, hidden=weights[f"lstm.weight_hh_l{layer}"].shape[1])
    nodes += [
        helper.make_node("Squeeze", [f"h{_LAYERS - 1}", "first"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "linear_weight", "linear_bias"], ["linear"]),
        helper.make_node("Relu", ["linear"], ["positive"]),
        helper.make_node("LpNormalization", ["positive"], ["embedding"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "ge2e",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["batch", "frames", BANDS])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", size])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(model.SerializeToString(deterministic=True))
    partial.replace(path)


def _lstm_constants(weights: Mapping[str, NDArray[Any]], layer: int) -> dict[str, NDArray[Any]]:
    biases = [_gates(weights[f"lstm.bias_{side}_l{layer}"]) for side in ("ih", "hh")]
    return {
        f"W{layer}": _gates(weights[f"lstm.weight_ih_l{layer}"])[None],
        f"R{layer}": _gates(weights[f"lstm.weight_hh_l{layer}"])[None],
        f"B{layer}": np.concatenate(biases)[None],
    }


def _gates(weight: NDArray[Any]) -> NDArray[Any]:
    """Reorder torch's gates (input, forget, cell, output) to ONNX's (input, output, forget, cell)."""
    in_, forget, cell, out = np.split(weight.astype(np.float32), 4, axis=0)
    return np.concatenate([in_, out, forget, cell])


def _lstm_nodes(layer: int, hidden: int) -> list[onnx.NodeProto]:
    inputs = [f"x{layer}", f"W{layer}", f"R{layer}", f"B{layer}"]
    if layer == _LAYERS - 1:
        return [helper.make_node("LSTM", inputs, ["", f"h{layer}"], hidden_size=hidden)]
    return [
        helper.make_node("LSTM", inputs, [f"y{layer}"], hidden_size=hidden),
        helper.make_node("Squeeze", [f"y{layer}", "second"], [f"x{layer + 1}"]),
    ]
