"""The features which onnx-asr computes for NeMo models (``nemo80``), in torch."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np
import onnx_asr.preprocessors
import torch
from torch import Tensor

from .clips import SAMPLE_RATE

FEATURES = 80
HOP = SAMPLE_RATE // 100
_WINDOW = 400
_FFT = 512
_PREEMPHASIS = 0.97
_LOG_GUARD = 2.0**-24


def frames(samples: Tensor) -> Tensor:
    """How many feature frames a number of samples gives."""
    return samples // HOP


class Nemo80:
    """Log-mel features with zero mean and unit variance per clip and band."""

    def __init__(self) -> None:
        """Take the mel filters from the installed onnx-asr."""
        data = files(onnx_asr.preprocessors).joinpath("data", "fbanks.npz")
        with as_file(data) as path, np.load(path) as filters:
            self._mel = torch.from_numpy(filters["nemo80"].astype(np.float32)).T.contiguous()
        self._window = torch.from_numpy(np.hanning(_WINDOW).astype(np.float32))

    def __call__(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features (batch, band, frame) and their lengths; frames past the end are 0."""
        emphasised = waveforms.clone()
        emphasised[:, 1:] -= _PREEMPHASIS * waveforms[:, :-1]
        emphasised *= torch.arange(waveforms.shape[1]) < lengths[:, None]
        spectrum = torch.stft(emphasised, _FFT, HOP, _WINDOW, self._window, pad_mode="constant", return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()
        return _normalise((self._mel @ power + _LOG_GUARD).log(), frames(lengths))


def _normalise(features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    mask = (torch.arange(features.shape[2]) < lengths[:, None])[:, None]
    count = lengths[:, None, None]
    mean = (features * mask).sum(2, keepdim=True) / count
    centred = (features - mean) * mask
    variance = centred.square().sum(2, keepdim=True) / (count - 1)
    return centred / (variance.sqrt() + 1e-5), lengths
