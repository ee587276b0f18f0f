from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from khosq.speech.clustering import centroids, cluster, count_groups, likeliest_path, merge_alike


def groups(*sizes: int, spread: float = 0.15, seed: int = 0) -> NDArray[np.float32]:
    """Embeddings around as many different directions as there are sizes."""
    random = np.random.default_rng(seed)
    centres = np.abs(random.normal(size=(len(sizes), 64)))
    points = np.repeat(centres, sizes, axis=0) + random.normal(0, spread, (sum(sizes), 64))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("sizes", [(30, 30), (50, 12), (20, 20, 20), (10,) * 10])
def test_windows_of_one_voice_come_together(sizes: tuple[int, ...]) -> None:
    labels = cluster(groups(*sizes), count=len(sizes))
    edges = np.cumsum([0, *sizes])
    found = [set(labels[first:last].tolist()) for first, last in pairwise(edges)]
    assert all(len(one) == 1 for one in found)
    assert len(set.union(*found)) == len(sizes)


@pytest.mark.parametrize("sizes", [(60,), (30, 30), (50, 14), (20, 20, 20), (25, 25, 25, 25)])
def test_groups_are_counted(sizes: tuple[int, ...]) -> None:
    assert count_groups(groups(*sizes), most=10) == len(sizes)


def test_never_more_groups_are_counted_than_there_may_be() -> None:
    assert count_groups(groups(20, 20, 20), most=2) <= 2
    assert count_groups(groups(1, 1), most=10) == 1
    assert count_groups(groups(20, 20), most=1) == 1


def test_the_same_windows_give_the_same_labels() -> None:
    embeddings = groups(40, 40, 40, spread=0.6)
    np.testing.assert_array_equal(cluster(embeddings, count=3), cluster(embeddings.copy(), count=3))


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_windows_that_are_all_alike_make_no_trouble(count: int) -> None:
    same = np.repeat(groups(1), 20, axis=0)
    labels = merge_alike(same, cluster(same, count=count), likeness=0.9)
    assert labels.tolist() == [0] * 20


def test_fewer_windows_than_voices_are_one_voice() -> None:
    assert cluster(groups(1, 1), count=7).tolist() == [0, 0]


def test_halves_of_one_voice_are_merged_and_two_voices_are_not() -> None:
    embeddings = groups(20, 20, 20)
    split = np.repeat([0, 1, 2, 3], [10, 10, 20, 20])
    assert merge_alike(embeddings, split, likeness=0.9).tolist() == [0] * 20 + [1] * 20 + [2] * 20


def test_centroids_have_length_one() -> None:
    centres = centroids(groups(5, 9), np.repeat([0, 1], [5, 9]))
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 1, atol=1e-6)


def test_the_path_changes_where_that_costs_less_than_staying() -> None:
    scores = np.array([[1, 0], [1, 0], [0, 1], [2, 0], [0, 1], [0, 1], [0, 1]], np.float32)
    assert likeliest_path(scores, np.full(7, 1.5, np.float32)).tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert likeliest_path(scores, np.full(7, 9, np.float32)).tolist() == [0] * 7


def test_the_path_changes_rather_in_a_pause() -> None:
    scores = np.array([[1, 0], [1, 0], [0, 0], [0, 0], [0, 1], [0, 1]], np.float32)
    assert likeliest_path(scores, np.array([1, 1, 1, 0.1, 1, 1], np.float32)).tolist() == [0, 0, 0, 1, 1, 1]
