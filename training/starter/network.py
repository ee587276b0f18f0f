"""The network: a small convolutional CTC model, its vocabulary and its greedy reading."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from .features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable

SUBSAMPLING = 4
_EXPANSION = 3


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Space and letters; the CTC blank comes after the last of them."""

    letters: str

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        """Everything that some texts are written with."""
        return cls("".join(sorted(set(" ").union(*texts))))

    @property
    def blank(self) -> int:
        """Token number of the blank."""
        return len(self.letters)

    @property
    def tokens(self) -> list[str]:
        """All tokens in order, as onnx-asr spells them."""
        return [*self.letters.replace(" ", "\u2581"), "<blk>"]

    def encode(self, text: str) -> list[int]:
        """Token numbers of a text."""
        return [self.letters.index(letter) for letter in text]

    def read(self, best: list[int]) -> str:
        """Text of the best token of each frame."""
        changes = (token for token, _ in groupby(best))
        return "".join(self.letters[token] for token in changes if token != self.blank).strip()


def subsampled(lengths: Tensor) -> Tensor:
    """How many frames one stride-2 convolution leaves."""
    return (lengths - 1) // 2 + 1


def _mask(frames: Tensor, lengths: Tensor) -> Tensor:
    """1 for (batch, frame) within the length, 0 past the end."""
    return (torch.arange(frames.shape[1]) < lengths[:, None])[..., None].to(frames.dtype)


class Block(nn.Module):
    """Residual block: a depthwise convolution over time, then a widening feed-forward."""

    def __init__(self, width: int, kernel: int) -> None:
        """Start as nearly the identity."""
        super().__init__()
        # In two dimensions, because a transposed (batch, frame, channel) is then "channels last" and not copied.
        self.mix = nn.Conv2d(width, width, (1, kernel), padding=(0, kernel // 2), groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, _EXPANSION * width)
        self.narrow = nn.Linear(_EXPANSION * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (batch, frame, channel) to the same shape."""
        mixed = self.mix((x * mask).transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
        change: Tensor = self.narrow(functional.gelu(self.widen(self.norm(mixed))))
        return x + self.scale * change


class Network(nn.Module):
    """Features to log-probabilities of tokens, one frame out for four in."""

    def __init__(self, tokens: int, width: int, blocks: int) -> None:
        """Make an untrained network."""
        super().__init__()
        self.first = nn.Conv1d(FEATURES, width, 5, stride=2, padding=2)
        self.second = nn.Conv1d(width, width, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList(Block(width, 15 if i % 2 else 11) for i in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, tokens)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Map (batch, band, frame) to (batch, frame, token); padding changes nothing."""
        lengths = subsampled(lengths)
        x = functional.gelu(self.first(features)).transpose(1, 2)
        x = (x * _mask(x, lengths)).transpose(1, 2)
        lengths = subsampled(lengths)
        x = functional.gelu(self.second(x)).transpose(1, 2).contiguous()
        mask = _mask(x, lengths)
        for block in self.blocks:
            x = block(x, mask)
        logits: Tensor = self.out(self.norm(x))
        return logits.float().log_softmax(-1)
