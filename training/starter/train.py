"""Train the network on the synthetic clips for a given amount of work; a stopped run goes on."""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from . import augment, checkpoint
from .accuracy import Accuracy, measure
from .batches import Batch, made_ahead, plain_batches, spoilt_batches
from .clips import Clips
from .network import Network, Vocabulary, subsampled

PEAK_RATE = 2e-3
WARM_UP_STEPS = 300
CHECKPOINT_S = 300
REPORT_STEPS = 100


def learning_rate(progress: float, steps: int, peak: float) -> float:
    """Rise linearly over the first steps, fall as a cosine over the given minutes of work."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return peak * min(1.0, (steps + 1) / WARM_UP_STEPS) * (0.01 + 0.99 * cosine)


def loss_of(network: Network, vocabulary: Vocabulary, batch: Batch) -> Tensor:
    """CTC loss of a batch."""
    with torch.autocast("cpu", torch.bfloat16, enabled=_has_fast_bfloat16()):
        logprobs = network(batch.features, batch.lengths)
    targets, target_lengths = batch.targets(vocabulary)
    return functional.ctc_loss(
        logprobs.transpose(0, 1),
        targets,
        subsampled(subsampled(batch.lengths)),
        target_lengths,
        blank=vocabulary.blank,
        zero_infinity=True,
    )


def _has_fast_bfloat16() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def step(run: checkpoint.Run, batch: Batch, rate: float) -> float:
    """One update of the weights; returns the loss."""
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    loss = loss_of(run.network, run.vocabulary, batch)
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
    run.optimizer.step()
    run.steps += 1
    return loss.item()


@torch.no_grad()
def assess(run: checkpoint.Run, clips: Clips) -> Accuracy:
    """Error rates of greedy reading."""
    pairs: list[tuple[str, str]] = []
    for batch in plain_batches(clips):
        best = run.network(batch.features, batch.lengths).argmax(-1)
        lengths = subsampled(subsampled(batch.lengths)).tolist()
        for said, tokens, length in zip(batch.texts, best.tolist(), lengths, strict=True):
            pairs.append((said, run.vocabulary.read(tokens[:length])))
    return measure(pairs)


def worked() -> float:
    """Seconds this process would have run with its threads' processors to itself; waiting for others counts nothing."""
    return time.process_time() / torch.get_num_threads()


def train(workdir: Path, minutes: float, ears: Path | None, peak: float) -> None:
    """Train until the minutes of work are done, saving the state every few of them."""
    clips, dev = Clips(workdir / "train"), Clips(workdir / "dev")
    path = workdir / "checkpoint.pt"
    if path.exists():
        run = checkpoint.load(path)
    else:
        run = checkpoint.begin(Vocabulary.of(c.text for c in [*clips.index, *dev.index]), ears)
    augment.seed(run.steps)
    began, saved = worked() - run.seconds, run.seconds
    for batch in made_ahead(spoilt_batches(clips)):
        run.seconds = worked() - began
        if run.seconds >= minutes * 60:
            break
        loss = step(run, batch, learning_rate(run.seconds / (minutes * 60), run.steps, peak))
        if run.steps % REPORT_STEPS == 0:
            print(f"{run.seconds / 60:.1f} min, step {run.steps}: loss {loss:.3f}", flush=True)
        if run.seconds - saved > CHECKPOINT_S:
            saved = run.seconds
            checkpoint.save(run, path)
            print(f"{run.seconds / 60:.1f} min: dev {assess(run, dev)}", flush=True)
    checkpoint.save(run, path)
    print(f"{run.seconds / 60:.1f} min: final dev {assess(run, dev)}", flush=True)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workdir", type=Path, required=True, help="where the clips are")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--ears", type=Path, help="checkpoint of another language to start from")
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    train(arguments.workdir, arguments.minutes, arguments.ears, arguments.rate)


if __name__ == "__main__":
    main()
