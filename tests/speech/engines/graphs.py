"""ONNX files out of a line of text each, and weights that tell tones apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
from numpy.typing import NDArray
from onnx import numpy_helper
from tests.speech.sounds import TONES, quiet, tone

from khosq.media.waveform import Samples

Weights = Mapping[str, NDArray[Any]]
Features = Callable[[Samples], NDArray[np.float32]]
"""Sound → float32[frames, bands], a frame every 10 ms."""

VOCABULARY = ["<unk>", *TONES, "<blk>"]
BLANK = len(VOCABULARY) - 1


def save(path: Path, graph: str, weights: Weights, metadata: Mapping[str, object] | None = None) -> Path:
    """Write the graph, in ONNX's own textual syntax, with its weights; "_dot_" in a name stands for a dot."""
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {graph}')
    for node in model.graph.node:
        node.input[:], node.output[:] = map(_dotted, node.input), map(_dotted, node.output)
    for value in [*model.graph.input, *model.graph.output]:
        value.name = _dotted(value.name)
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in weights.items())
    for key, value in (metadata or {}).items():
        model.metadata_props.add(key=key, value=str(value))
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


def _dotted(name: str) -> str:
    return name.replace("_dot_", ".")


def write_tokens(path: Path, tokens: list[str]) -> None:
    """Write a token and its number on each line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{token} {number}\n" for number, token in enumerate(tokens)), encoding="utf-8")


def tone_filters(features: Features, *, frames: int, silence: int = BLANK) -> dict[str, NDArray[np.float32]]:
    """Fit a convolution over ``frames`` frames: float32[tokens, bands, frames] and its bias.

    The token that sounds scores about 10, and every other about 0; ``silence`` is the token of no tone.
    """
    classes = [*TONES.values(), None]
    inputs, scores = [], []
    for order in ([0, 1, 2, 3], [3, 0, 3, 1, 3], [3, 2, 3, 2, 3], [3, 1, 3], [3, 0, 3], [0, 2, 3, 3, 3]):
        parts = [tone(hertz, 0.4) + quiet(0.4) if (hertz := classes[one]) else quiet(0.4) for one in order]
        found = features(np.concatenate(parts))
        truth = np.repeat(np.eye(len(classes))[order] * 10, 40, axis=0)[: len(found)]
        inputs.append(np.hstack([found[: len(truth)], np.ones((len(truth), 1))]))
        scores.append(truth)
    sound, truth = np.concatenate(inputs), np.concatenate(scores)
    fitted = np.linalg.solve(sound.T @ sound + 10 * np.eye(sound.shape[1]), sound.T @ truth).T.astype(np.float32)
    filters = np.zeros((len(VOCABULARY), sound.shape[1] - 1, frames), np.float32)
    bias = np.full(len(VOCABULARY), -10, np.float32)
    rows = [*range(1, 1 + len(TONES)), silence]
    filters[rows] = fitted[:, :-1, None] / frames
    bias[rows] = fitted[:, -1]
    return {"filters": filters, "bias": bias}
