"""Batches of about equally long clips."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from . import augment
from .clips import SAMPLE_RATE, Clip, Clips, Waveform
from .features import Nemo80

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from .network import Vocabulary

BATCH_S = 60
LONGEST_S = 15
_JOINED_SHARE = 0.25
_EDGE_S = 0.4
_PADDING = SAMPLE_RATE // 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Features with their lengths, and what is said in them."""

    features: Tensor
    lengths: Tensor
    texts: list[str]

    def targets(self, vocabulary: Vocabulary) -> tuple[Tensor, Tensor]:
        """Token numbers of all texts in a row, and how many are each one's."""
        encoded = [vocabulary.encode(text) for text in self.texts]
        flat = [token for tokens in encoded for token in tokens]
        return torch.tensor(flat), torch.tensor([len(tokens) for tokens in encoded])


Group = list[Clip]


def joined(index: list[Clip]) -> list[Group]:
    """All clips in random order, some of them joined to longer ones."""
    groups: list[Group] = []
    room = 0
    for clip in random.sample(index, len(index)):
        room -= clip.length + SAMPLE_RATE
        if room > 0:
            groups[-1].append(clip)
        else:
            groups.append([clip])
            joins = random.random() < _JOINED_SHARE
            room = random.randint(6, LONGEST_S) * SAMPLE_RATE - clip.length if joins else 0
    return groups


def sort_into_batches(groups: list[Group]) -> list[list[Group]]:
    """Batches of similar length, none with padding above BATCH_S seconds, shuffled."""

    def length(group: Group) -> int:
        return sum(clip.length for clip in group)

    batches: list[list[Group]] = [[]]
    for group in sorted(groups, key=lambda group: length(group) + random.randint(0, 8000)):
        longest = _padded(max(map(length, [*batches[-1], group])))
        if longest * (len(batches[-1]) + 1) > BATCH_S * SAMPLE_RATE:
            batches.append([])
        batches[-1].append(group)
    return random.sample(batches, len(batches))


def plain_batches(clips: Clips) -> Iterator[Batch]:
    """Each clip once, as it is."""
    features = Nemo80()
    for batch in sort_into_batches([[clip] for clip in clips.index]):
        yield _batch(features, [clips.audio(clip) for (clip,) in batch], batch)


def spoilt_batches(clips: Clips) -> Iterator[Batch]:
    """Every clip again and again, always heard differently."""
    features = Nemo80()
    while True:
        for batch in sort_into_batches(joined(clips.index)):
            made = _batch(features, [_spoilt(clips, group) for group in batch], batch)
            augment.hide(made.features, made.lengths)
            yield made


def made_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Make each batch while the one before it is in use."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches)
        while True:
            batch = coming.result()
            coming = pool.submit(next, batches)
            yield batch


def _padded(length: int) -> int:
    """Few different lengths, because the CPU's kernels are compiled for each."""
    return -(-length // _PADDING) * _PADDING


def _spoilt(clips: Clips, group: Group) -> Waveform:
    parts = [augment.silence(_EDGE_S)]
    for clip in group:
        parts += [clips.audio(clip), augment.silence(_EDGE_S)]
    return augment.spoil(np.concatenate(parts))


def _batch(features: Nemo80, audios: list[Waveform], groups: list[Group]) -> Batch:
    lengths = torch.tensor([len(audio) for audio in audios])
    waveforms = torch.zeros(len(audios), _padded(int(lengths.max())))
    for row, audio in zip(waveforms, audios, strict=True):
        row[: len(audio)] = torch.from_numpy(audio)
    texts = [" ".join(clip.text for clip in group) for group in groups]
    return Batch(*features(waveforms, lengths), texts)
