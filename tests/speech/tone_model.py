"""A tiny model that really hears: tones instead of words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx_asr.preprocessors.numpy_preprocessor import NemoPreprocessorNumpy
from tests.speech.sounds import TONES, quiet, tone

SUBSAMPLING = 8


def write_tone_model(folder: Path) -> Path:
    """Write a NeMo CTC model in onnx-asr's form that is fitted to the library's own features of tones."""
    vocabulary = ["<unk>", *TONES, "<blk>"]
    filters = np.zeros((len(vocabulary), 80, SUBSAMPLING), np.float32)
    bias = np.full(len(vocabulary), -10.0, np.float32)
    heard = _learn([*TONES, None])
    filters[1:] = heard[:, :-1, None] / SUBSAMPLING
    bias[1:] = heard[:, -1]
    _write_ctc(folder / "model.onnx", filters, bias)
    (folder / "vocab.txt").write_text("".join(f"{token} {number}\n" for number, token in enumerate(vocabulary)))
    config = {"model_type": "nemo-conformer-ctc", "features_size": 80, "subsampling_factor": SUBSAMPLING}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _learn(classes: list[str | None]) -> NDArray[np.float32]:
    """Fit, by least squares, a score of 10 for the class that sounds and 0 for the others; None is silence."""
    features, scores = [], []
    for order in ([0, 1, 2, 3], [3, 0, 3, 1, 3], [3, 2, 3, 2, 3], [3, 1, 3], [3, 0, 3], [0, 2, 3, 3, 3]):
        sound = np.concatenate(
            [tone(TONES[token], 0.4) + quiet(0.4) if (token := classes[one]) else quiet(0.4) for one in order]
        )
        (found,), _ = NemoPreprocessorNumpy("nemo80")(sound[None], np.array([len(sound)]))
        truth = np.repeat(np.eye(len(classes))[order] * 10, 40, axis=0)
        features.append(found.T[: len(truth)])
        scores.append(truth)
    inputs = np.hstack([np.concatenate(features), np.ones((sum(map(len, features)), 1))])
    ridge = inputs.T @ inputs + 10 * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(ridge, inputs.T @ np.concatenate(scores)).T, np.float32)


def _write_ctc(path: Path, filters: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    weights = [numpy_helper.from_array(filters, "filters"), numpy_helper.from_array(bias, "bias")]
    step: dict[str, Any] = {"strides": [SUBSAMPLING], "kernel_shape": [SUBSAMPLING], "pads": [0, SUBSAMPLING - 1]}
    nodes = [
        helper.make_node("Conv", ["audio_signal", "filters", "bias"], ["scores"], **step),
        helper.make_node("Transpose", ["scores"], ["in_time"], perm=[0, 2, 1]),
        helper.make_node("LogSoftmax", ["in_time"], ["logprobs"], axis=-1),
    ]
    takes = [
        helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["batch", 80, "frames"]),
        helper.make_tensor_value_info("length", TensorProto.INT64, ["batch"]),
    ]
    gives = [helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["batch", "steps", len(bias)])]
    graph = helper.make_graph(nodes, "tones", takes, gives, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
