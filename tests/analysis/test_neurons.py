"""How many features share a neuron, what is monosemantic, and which neurons share features."""

import numpy as np
import pytest

from tegum.analysis.neurons import (
    ALMOST_ALL,
    monosemantic,
    neuron_blocks,
    participation,
    rotated,
    strength,
)


def test_participation_counts_features_of_equal_weight() -> None:
    w = np.array([[3.0, 0, 0, 0], [1, -1, 0, 0], [2, 2, 2, -2], [0, 0, 0, 0]])
    np.testing.assert_allclose(participation(w), [1, 2, 4, np.nan])
    np.testing.assert_allclose(participation(1e-90 * w)[:3], [1, 2, 4])


def test_a_neuron_is_monosemantic_while_one_feature_has_almost_all() -> None:
    def two(share: float) -> np.ndarray:
        return np.sqrt([share, 1 - share, 0.0])

    w = np.stack([two(ALMOST_ALL + 0.01), two(ALMOST_ALL - 0.01), [0.001, 0, 0]])
    np.testing.assert_array_equal(monosemantic(w), [1, 0, np.nan])


def test_a_neuron_means_what_it_gives_and_not_what_it_reads() -> None:
    # The asymmetric motif reads one feature 4 times as strongly, and gives both the same.
    np.testing.assert_allclose(
        participation(np.array([[2, -0.5, 0]]), np.array([[0.5, 2, 3]])), [2]
    )
    np.testing.assert_allclose(participation(np.array([[1.0, 0]]), np.array([[1.0, -4]])), [1])


def test_a_neuron_that_answers_nothing_is_silent() -> None:
    w = np.eye(2)
    np.testing.assert_array_equal(monosemantic(w, np.array([[1.0, 0], [0, 0]])), [1, np.nan])
    np.testing.assert_allclose(strength(3 * w, w / 3), [1, 1])


def test_rotations_keep_the_gram_matrix_and_lose_monosemantic_neurons() -> None:
    w = np.concatenate([np.eye(5), np.zeros((5, 3))], axis=1)
    turned = rotated(w, 500)
    grams = np.swapaxes(turned, -1, -2) @ turned
    np.testing.assert_allclose(grams, np.tile(w.T @ w, (500, 1, 1)), atol=1e-12)
    # A random unit vector of R^5: E Σ x⁴ = 3/7, and few have almost all in one coordinate.
    assert np.mean(1 / participation(turned)) == pytest.approx(3 / 7, abs=0.02)
    assert monosemantic(w).mean() == 1
    assert monosemantic(turned).mean() < 0.05


def test_blocks_are_features_that_neurons_link() -> None:
    w = np.zeros((4, 6))
    w[0, 0] = 1.0
    w[1, 1:4], w[2, 1:4] = [0.8, 0.8, -0.7], [0.8, -0.8, 0.7]
    w[3, 4] = 0.1  # not represented
    w[0, 1] = 0.1  # no link
    assert neuron_blocks(w) == [((0,), (0,)), ((1, 2, 3), (1, 2))]
    assert neuron_blocks(np.zeros((2, 3))) == []
