from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from khosq.speech.speaker_export import write_encoder

HIDDEN, BANDS = 8, 40


def random_weights() -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(0)
    shapes = {f"lstm.weight_ih_l{layer}": (4 * HIDDEN, HIDDEN if layer else BANDS) for layer in range(3)}
    shapes |= {f"lstm.weight_hh_l{layer}": (4 * HIDDEN, HIDDEN) for layer in range(3)}
    biases = {f"lstm.bias_{side}_l{layer}": (4 * HIDDEN,) for side in ("ih", "hh") for layer in range(3)}
    rest = {"linear.weight": (12, HIDDEN), "linear.bias": (12,)}
    return {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in (shapes | biases | rest).items()}


def sigmoid(value: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-value)))


def embed(weights: dict[str, NDArray[np.float32]], mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Say in numpy what torch's LSTM does, gates in its order."""
    steps = mel
    for layer in range(3):
        hidden, cell, outputs = np.zeros(HIDDEN, np.float32), np.zeros(HIDDEN, np.float32), []
        for step in steps:
            gates = weights[f"lstm.weight_ih_l{layer}"] @ step + weights[f"lstm.bias_ih_l{layer}"]
            gates = gates + weights[f"lstm.weight_hh_l{layer}"] @ hidden + weights[f"lstm.bias_hh_l{layer}"]
            in_, forget, new, out = np.split(gates, 4)
            cell = sigmoid(forget) * cell + sigmoid(in_) * np.tanh(new)
            hidden = sigmoid(out) * np.tanh(cell)
            outputs.append(hidden)
        steps = np.stack(outputs)
    positive = np.maximum(0, weights["linear.weight"] @ steps[-1] + weights["linear.bias"])
    return np.asarray(positive / np.linalg.norm(positive))


def test_the_written_model_computes_what_the_weights_mean(tmp_path: Path) -> None:
    weights = random_weights()
    write_encoder(weights, tmp_path / "new" / "encoder.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "new" / "encoder.onnx", providers=["CPUExecutionProvider"])
    mel = np.random.default_rng(1).uniform(0, 1, (3, 20, BANDS)).astype(np.float32)
    (found,) = session.run(None, {"mel": mel})
    np.testing.assert_allclose(found, [embed(weights, one) for one in mel], atol=1e-5)


def test_a_missing_weight_leaves_no_file(tmp_path: Path) -> None:
    weights = random_weights()
    del weights["lstm.bias_hh_l2"]
    with pytest.raises(KeyError):
        write_encoder(weights, tmp_path / "encoder.onnx")
    assert list(tmp_path.iterdir()) == []
