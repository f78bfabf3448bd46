"""Stack plots of neurons, and motifs as graphs."""

import numpy as np

from tegum.plots.neurons import by_meaning, feature_colours, motif_diagram, neuron_stacks, scaled
from tegum.plots.style import drawing

W = np.array([[0.5, -0.5, 0.0], [0.0, 2.0, 0.0], [-4.0, 0.0, 0.1], [1e-9, 0.0, 0.0]])


def test_monosemantic_neurons_come_first_and_silent_ones_last() -> None:
    assert list(by_meaning(W)) == [2, 1, 0, 3]


def test_scaling_leaves_what_the_network_does() -> None:
    w, v = scaled(W, 3 * W)
    np.testing.assert_allclose(abs(w).max(axis=1), 1)
    x = np.random.default_rng(0).normal(size=(3, 20))
    np.testing.assert_allclose(
        v.T @ np.maximum(w @ x, 0), 3 * W.T @ np.maximum(W @ x, 0), atol=1e-12
    )


def test_weights_stack_away_from_zero_and_small_ones_are_left_out() -> None:
    with drawing(width=2.0, height=2.0) as (_, axes):
        rows = np.array([[1.0, 0.5, -0.25], [-1.0, -0.5, 0.01]])
        neuron_stacks(axes[0, 0], rows, feature_colours(3), names=["a", "b", "c"], named=0.3)
    bars = [(bar.get_y(), bar.get_height()) for bar in axes[0, 0].patches]
    assert bars == [(0, 1), (1, 0.5), (0, -0.25), (0, -1), (-1, -0.5)]
    assert [text.get_text() for text in axes[0, 0].texts] == ["a", "b", "a", "b"]


def test_a_shade_stands_behind_the_neurons_that_are_marked() -> None:
    with drawing(width=2.0, height=2.0) as (_, axes):
        neuron_stacks(axes[0, 0], np.eye(2), feature_colours(2), shaded=np.array([1, np.nan]))
    assert len(axes[0, 0].patches) == 3


def test_a_motif_writes_its_weights_and_draws_no_arrow_for_a_weight_of_nothing() -> None:
    with drawing(width=4.0, height=2.0) as (_, axes):
        motif_diagram(
            axes[0, 0],
            np.array([[2.0, -0.5], [1.0, 0.0]]),
            np.array([[0.5, 2.0], [0.0, -4.0]]),
            features=["a", "b"],
            neurons=["h", "g"],
            outputs=["a", "b"],
        )
    words = [text.get_text() for text in axes[0, 0].texts]
    assert sorted(words[:6]) == sorted(["2.00", "-0.50", "1.00", "0.50", "2.00", "-4.00"])
    assert len(words) == 12
