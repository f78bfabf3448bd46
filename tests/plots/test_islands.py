"""Islands of the graph of features: none over another, and a polygon lies as it is."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection

from tegum.plots.islands import flattened, islands, packed
from tegum.plots.style import drawing
from tegum.theory.polytopes import polygon, vertices


def test_no_circle_lies_over_another_and_rows_are_filled_from_the_top_left():
    radii = np.array([3.0, 2, 2, 1, 1, 1, 1])
    centres = packed(radii, 1.5)
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=-1)
    assert np.all(apart + 1e9 * np.eye(len(radii)) >= radii[:, None] + radii - 1e-9)
    assert centres[0].tolist() == [3, -3]
    assert packed(np.zeros(0), 1.5).shape == (0, 2)


@pytest.mark.parametrize("k", [3, 5])
def test_a_polygon_is_drawn_with_its_own_angles(k):
    turn, _ = np.linalg.qr(np.random.default_rng(k).normal(size=(4, 4)))
    flat = flattened(turn[:, :2] @ polygon(k))
    np.testing.assert_allclose(flat.T @ flat, polygon(k).T @ polygon(k), atol=1e-9)


def test_a_single_feature_is_a_point_and_a_digon_a_line_through_it():
    assert flattened(vertices("single")).tolist() == [[0], [0]]
    pair = flattened(np.array([[0.0, 0.0], [1.0, -1.0]]))
    np.testing.assert_allclose(pair[:, 0], -pair[:, 1])
    assert np.linalg.norm(pair[:, 0]) == pytest.approx(1)


def test_every_feature_is_a_node_and_every_pair_beyond_the_bar_an_edge():
    w = np.zeros((3, 8))
    w[:2, :5], w[2, 5:7] = polygon(5), [1, -1]
    with drawing(width=3.0, height=3.0) as (_, axes):
        islands(axes[0, 0], w, [range(5, 7), range(5)], ["r", "b"], eps=0.15)
    edges = [c for c in axes[0, 0].collections if isinstance(c, LineCollection)]
    nodes = [c for c in axes[0, 0].collections if isinstance(c, PathCollection)]
    assert [len(c.get_segments()) for c in edges] == [10, 1]  # the largest first
    assert [len(c.get_offsets()) for c in nodes] == [5, 2]
