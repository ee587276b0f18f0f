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
        known = torch.load(ears, weights_only=True)["network"]
        letters = network.out.state_dict(prefix="out.")
        network.load_state_dict(known | letters)
    parameters = network.parameters()
    optimizer = torch.optim.AdamW(parameters, lr=0.0, weight_decay=0.01, betas=(0.9, 0.98))
    return Run(vocabulary, network, optimizer)


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
