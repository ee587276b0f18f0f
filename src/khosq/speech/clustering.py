"""Which windows of speech belong to one voice, and the likeliest sequence of voices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans, vq
from scipy.linalg import eigh

Embeddings = NDArray[np.float32]
"""float32[n, dimensions], each row of length 1."""

Labels = NDArray[np.int64]

_NEIGHBOURS = 0.2
"""Share of all windows that count as a window's neighbours; the trial's best on calls."""
_FEWEST_NEIGHBOURS = 12
"""With fewer, a short recording falls apart into its sentences."""
_SEED = 0
_RESTARTS = 20


def cluster(embeddings: Embeddings, *, count: int) -> Labels:
    """Return a label from 0 for each embedding: at most ``count`` groups, by spectral clustering.

    Costs n³ in time and n² in memory: give it at most some thousand embeddings.
    """
    if count < 2 or len(embeddings) <= count:  # noqa: PLR2004 - one group needs no search
        return np.zeros(len(embeddings), np.int64)
    _, vectors = _smallest(embeddings, count)
    rows = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
    centres, _ = kmeans(rows.astype(np.float64), count, iter=_RESTARTS, rng=np.random.default_rng(_SEED))
    labels, _ = vq(rows, centres)
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def count_groups(embeddings: Embeddings, *, most: int) -> int:
    """Return how many groups there are, 1 to ``most``: where the eigenvalues have their widest gap."""
    if len(embeddings) <= most:
        return 1
    values, _ = _smallest(embeddings, most + 1)
    return int(np.argmax(np.diff(values))) + 1


def _smallest(embeddings: Embeddings, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the smallest eigenvalues of the graph of neighbours, ascending, and their vectors."""
    values, vectors = eigh(
        _laplacian(_neighbours(embeddings)), subset_by_index=(0, count - 1), overwrite_a=True, check_finite=False
    )
    return values, vectors


def _neighbours(embeddings: Embeddings) -> NDArray[np.float32]:
    """Return how alike each two embeddings are, 0 where neither is among the other's nearest."""
    likeness = embeddings @ embeddings.T
    np.fill_diagonal(likeness, 1)
    size = len(likeness)
    kept = min(size - 1, max(_FEWEST_NEIGHBOURS, int(size * _NEIGHBOURS)))
    nearest = np.argpartition(-likeness, kept, axis=1)[:, :kept]
    sparse = np.zeros_like(likeness)
    np.put_along_axis(sparse, nearest, np.take_along_axis(likeness, nearest, 1), 1)
    return np.maximum(0, (sparse + sparse.T) / 2)


def _laplacian(affinity: NDArray[np.float32]) -> NDArray[np.float32]:
    scale = 1 / np.sqrt(affinity.sum(1) + np.float32(1e-9))
    laplacian: NDArray[np.float32] = -(affinity * scale[:, None] * scale[None])
    laplacian[np.diag_indices(len(laplacian))] += 1
    return laplacian


def centroids(embeddings: Embeddings, labels: Labels) -> Embeddings:
    """Return the mean direction of each label's embeddings; every label from 0 to the largest must occur."""
    sums = np.stack([embeddings[labels == label].sum(0) for label in range(int(labels.max()) + 1)])
    return np.asarray(sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9), np.float32)


def merge_alike(embeddings: Embeddings, labels: Labels, *, likeness: float) -> Labels:
    """Return labels in which groups whose centroids are more alike than ``likeness`` (cosine) are one."""
    labels = labels.copy()
    while labels.max() > 0:
        centres = centroids(embeddings, labels)
        alike = np.triu(centres @ centres.T, 1)
        first, second = np.unravel_index(int(alike.argmax()), alike.shape)
        if alike[first, second] <= likeness:
            break
        labels[labels == second] = first
        labels = np.unique(labels, return_inverse=True)[1]
    return labels


def likeliest_path(scores: NDArray[np.float32], switching: NDArray[np.float32]) -> Labels:
    """Return the label of each step that maximises the sum of scores less the cost of each switch (Viterbi).

    Args:
        scores: [steps, labels].
        switching: [steps], the cost of a change between a step and the one before it.

    """
    steps, count = scores.shape
    best: NDArray[Any] = scores[0].astype(np.float64)
    came_from = np.empty((steps, count), np.int8)
    stay = np.arange(count, dtype=np.int8)
    for step in range(1, steps):
        leader = int(best.argmax())
        switched = best[leader] - switching[step]
        stays = best >= switched
        came_from[step] = np.where(stays, stay, leader)
        best = np.where(stays, best, switched) + scores[step]
    path = np.empty(steps, np.int64)
    path[-1] = best.argmax()
    for step in range(steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
