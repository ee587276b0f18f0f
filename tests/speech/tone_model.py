"""A tiny model that really hears: tones instead of words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper
from onnx_asr.preprocessors.numpy_preprocessor import NemoPreprocessorNumpy
from tests.speech.sounds import TONES, quiet, tone

SUBSAMPLING = 8


VOCABULARY = ["<unk>", *TONES, "<blk>"]
DURATIONS = 5


def write_tone_model(folder: Path) -> Path:
    """Write a NeMo CTC model in onnx-asr's form that is fitted to the library's own features of tones."""
    nodes = [
        *_score_nodes("scores"),
        helper.make_node("Transpose", ["scores"], ["in_time"], perm=[0, 2, 1]),
        helper.make_node("LogSoftmax", ["in_time"], ["logprobs"], axis=-1),
    ]
    gives = [_tensor("logprobs", TensorProto.FLOAT, ["batch", "steps", len(VOCABULARY)])]
    _save(folder / "model.onnx", nodes, _sound_tensors(), gives, _score_weights())
    _describe(folder, "nemo-conformer-ctc")
    return folder


def write_tone_transducer(folder: Path) -> Path:
    """Write a NeMo TDT model of the same skill, which does not hear one tone twice without another between."""
    size = len(VOCABULARY)
    number = {"eight": SUBSAMPLING, "one": 1}
    constants = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in number.items()]
    nodes = [
        *_score_nodes("outputs"),
        helper.make_node("Sub", ["length", "one"], ["before_last"]),
        helper.make_node("Div", ["before_last", "eight"], ["last_step"]),
        helper.make_node("Add", ["last_step", "one"], ["encoded_lengths"]),
    ]
    gives = [
        _tensor("outputs", TensorProto.FLOAT, ["batch", size, "steps"]),
        _tensor("encoded_lengths", TensorProto.INT64, ["batch"]),
    ]
    _save(folder / "encoder-model.onnx", nodes, _sound_tensors(), gives, [*_score_weights(), *constants])
    _save(folder / "decoder_joint-model.onnx", *_joint(size))
    _describe(folder, "nemo-conformer-tdt")
    return folder


def _joint(size: int) -> tuple[list[NodeProto], list[ValueInfoProto], list[ValueInfoProto], list[TensorProto]]:
    weights: dict[str, NDArray[Any]] = {
        "shape": np.array([1, 1, 1, size], np.int64),
        "size": np.array([size], np.int64),
        "not_again": np.array([0, -20], np.float32),
        "but_blank": np.array([1] * (size - 1) + [0], np.float32),
        "blank_in_doubt": np.array([0] * (size - 1) + [4], np.float32),
        "one_step": np.array([0, 10, 0, 0, 0], np.float32).reshape(1, 1, 1, DURATIONS),
    }
    nodes = [
        helper.make_node("Reshape", ["encoder_outputs", "shape"], ["scores"]),
        helper.make_node("Cast", ["targets"], ["wide_targets"], to=TensorProto.INT64),
        helper.make_node("OneHot", ["wide_targets", "size", "not_again"], ["last_token"], axis=-1),
        helper.make_node("Mul", ["last_token", "but_blank"], ["penalty"]),
        helper.make_node("Reshape", ["penalty", "shape"], ["penalties"]),
        helper.make_node("Add", ["scores", "penalties"], ["but_for_blank"]),
        helper.make_node("Add", ["but_for_blank", "blank_in_doubt"], ["judged"]),
        helper.make_node("Concat", ["judged", "one_step"], ["outputs"], axis=-1),
        *(helper.make_node("Identity", [f"input_states_{n}"], [f"output_states_{n}"]) for n in (1, 2)),
    ]
    takes = [
        _tensor("encoder_outputs", TensorProto.FLOAT, ["batch", size, "steps"]),
        _tensor("targets", TensorProto.INT32, ["batch", "tokens"]),
        _tensor("target_length", TensorProto.INT32, ["batch"]),
        *(_tensor(f"input_states_{n}", TensorProto.FLOAT, [1, "batch", 2]) for n in (1, 2)),
    ]
    gives = [
        _tensor("outputs", TensorProto.FLOAT, [1, 1, 1, size + DURATIONS]),
        *(_tensor(f"output_states_{n}", TensorProto.FLOAT, [1, "batch", 2]) for n in (1, 2)),
    ]
    return nodes, takes, gives, [numpy_helper.from_array(value, name) for name, value in weights.items()]


def _describe(folder: Path, model_type: str) -> None:
    (folder / "vocab.txt").write_text("".join(f"{token} {number}\n" for number, token in enumerate(VOCABULARY)))
    config = {"model_type": model_type, "features_size": 80, "subsampling_factor": SUBSAMPLING}
    (folder / "config.json").write_text(json.dumps(config))


def _score_nodes(name: str) -> list[NodeProto]:
    step: dict[str, Any] = {"strides": [SUBSAMPLING], "kernel_shape": [SUBSAMPLING], "pads": [0, SUBSAMPLING - 1]}
    return [helper.make_node("Conv", ["audio_signal", "filters", "bias"], [name], **step)]


def _score_weights() -> list[TensorProto]:
    filters = np.zeros((len(VOCABULARY), 80, SUBSAMPLING), np.float32)
    bias = np.full(len(VOCABULARY), -10.0, np.float32)
    heard = _learn([*TONES, None])
    filters[1:] = heard[:, :-1, None] / SUBSAMPLING
    bias[1:] = heard[:, -1]
    return [numpy_helper.from_array(filters, "filters"), numpy_helper.from_array(bias, "bias")]


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


def _tensor(name: str, kind: int, shape: list[str | int]) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _sound_tensors() -> list[ValueInfoProto]:
    return [
        _tensor("audio_signal", TensorProto.FLOAT, ["batch", 80, "frames"]),
        _tensor("length", TensorProto.INT64, ["batch"]),
    ]


def _save(
    path: Path,
    nodes: list[NodeProto],
    takes: list[ValueInfoProto],
    gives: list[ValueInfoProto],
    weights: list[TensorProto],
) -> None:
    graph = helper.make_graph(nodes, "tones", takes, gives, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
