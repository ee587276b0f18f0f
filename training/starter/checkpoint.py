"""A training run's state on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from .network import Network, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = 224
BLOCKS = 12


@dataclass(slots=True)
class Run:
    """A network in training."""

    vocabulary: Vocabulary
    network: Network
    optimizer: torch.optim.Optimizer
    seconds: float = 0.0
    steps: int = 0


def begin(vocabulary: Vocabulary, ears: Path | None = None) -> Run:
    """Start a run, untrained or with what another language's run knows about sounds."""
    network = Network(len(vocabulary.tokens), WIDTH, BLOCKS)
    if ears:
        _listen_like(network, vocabulary, torch.load(ears, weights_only=True))
    parameters = network.parameters()
    optimizer = torch.optim.AdamW(parameters, lr=0.0, weight_decay=0.01, betas=(0.9, 0.98))
    return Run(vocabulary, network, optimizer)


def _listen_like(network: Network, vocabulary: Vocabulary, state: dict[str, Any]) -> None:
    """Take over all of another run, of its letters those which both languages have."""
    known, tokens = state["network"], Vocabulary(state["letters"]).tokens
    own = network.out.state_dict(prefix="out.")
    for name, rows in own.items():
        for row, token in enumerate(vocabulary.tokens):
            if token in tokens:
                rows[row] = known[name][tokens.index(token)]
    network.load_state_dict(known | own)


def save(run: Run, path: Path) -> None:
    """Write the state, replacing the last one only when it is whole."""
    state: dict[str, Any] = {
        "letters": run.vocabulary.letters,
        "network": run.network.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "seconds": run.seconds,
        "steps": run.steps,
    }
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load(path: Path) -> Run:
    """Read the state back."""
    state = torch.load(path, weights_only=True)
    run = begin(Vocabulary(state["letters"]))
    run.network.load_state_dict(state["network"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.seconds, run.steps = state["seconds"], state["steps"]
    return run
