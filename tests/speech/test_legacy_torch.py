import os
from pathlib import Path

import numpy as np
import pytest
from tests.speech.voices import band_weights, write_legacy_torch

from khosq.speech.legacy_torch import UnreadableWeights, read_tensors


class Burglar:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 1",)


def test_tensors_come_out_as_they_were_saved(tmp_path: Path) -> None:
    weights = band_weights() | {"turned": np.arange(6, dtype=np.float32).reshape(2, 3).copy("F")}
    file = write_legacy_torch(tmp_path / "a.pt", weights, step=7)
    found = read_tensors(file, member="model_state")
    assert found.keys() == weights.keys()
    for name in set(weights) - {"turned"}:
        np.testing.assert_array_equal(found[name], weights[name])
    assert found["turned"].shape == (2, 3)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    file = write_legacy_torch(tmp_path / "a.pt", {}, trap=Burglar())
    with pytest.raises(UnreadableWeights, match=r"posix\.system is not a tensor"):
        read_tensors(file, member="model_state")


@pytest.mark.parametrize("kept", [0, 1, 40, 400, 2_000, -4, -1])
def test_a_file_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    whole = write_legacy_torch(tmp_path / "a.pt", band_weights()).read_bytes()
    (tmp_path / "b.pt").write_bytes(whole[:kept])
    with pytest.raises(UnreadableWeights):
        read_tensors(tmp_path / "b.pt", member="model_state")


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(100), b"RIFF....WAVEfmt ", b"I7\n."])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(UnreadableWeights):
        read_tensors(tmp_path / "a.pt", member="model_state")


def test_a_file_without_the_wanted_dictionary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableWeights):
        read_tensors(write_legacy_torch(tmp_path / "a.pt", {}), member="optimizer_state")
