"""Arrows and the polytope around them: its edges are those that geometry counts."""

import numpy as np
import pytest

from tegum import plots
from tegum.plots.arrows import point_of_view
from tegum.plots.dimensionalities import FRACTIONS
from tegum.plots.hulls import edges, outline
from tegum.theory.polytopes import polygon, room, vertices


def pairs(points: np.ndarray) -> set[tuple[int, int]]:
    return {edge.ends for edge in edges(points)}


@pytest.mark.parametrize("k", [3, 5, 8])
def test_the_edges_of_a_polygon_are_its_cycle(k):
    cycle = {tuple(sorted((i, (i + 1) % k))) for i in range(k)}
    assert pairs(polygon(k)) == cycle
    assert len(outline(polygon(k))) == k


def test_the_pentagon_is_drawn_as_a_cycle_of_five():
    [axis, _] = plots.features(polygon(5)).axes
    drawn = {
        frozenset(map(tuple, np.round(np.stack(line.get_data(), 1), 9))) for line in axis.lines
    }
    tips = [tuple(tip) for tip in np.round(polygon(5).T, 9)]
    assert drawn == {frozenset({tips[i], tips[(i + 1) % 5]}) for i in range(5)}


@pytest.mark.parametrize(
    ("name", "count"),
    [("tetrahedron", 6), ("octahedron", 12), ("icosahedron", 30), ("square antiprism", 16)],
)
def test_solids_have_as_many_edges_as_euler_says_however_they_are_turned(name, count):
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    assert pairs(turn @ vertices(name)) == pairs(vertices(name))
    assert len(edges(vertices(name))) == count
    for edge in edges(vertices(name)):
        assert np.all(edge.normals @ vertices(name)[:, edge.ends] > 0)  # outward


def test_the_diagonals_of_a_cubes_faces_are_no_edges():
    cube = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 8).astype(float)
    found = pairs(cube)
    assert len(found) == 12
    assert all(np.abs(cube[:, i] - cube[:, j]).sum() == 2 for i, j in found)


def test_points_in_a_line_or_a_plane_of_space_or_in_one_place_have_a_flat_hull():
    digon = np.array([[1.0, -1.0, 0.5], [1.0, -1.0, 0.5]])
    assert pairs(digon) == {(0, 1)}
    assert len(outline(digon)) == 0
    in_space = np.stack([*polygon(4), np.zeros(4)])
    assert len(pairs(in_space)) == 4
    assert edges(np.ones((3, 4))) == []
    assert edges(np.ones((2, 1))) == []


def test_from_where_it_is_seen_no_vertex_of_an_octahedron_hides_another():
    view = point_of_view(vertices("octahedron"))
    np.testing.assert_allclose(view @ view.T, np.eye(3), atol=1e-12)
    tips = (view[:2] @ vertices("octahedron")).T
    gaps = np.linalg.norm(tips[:, None] - tips, axis=-1)[~np.eye(6, dtype=bool)]
    assert gaps.min() > 0.3


def test_the_lines_of_published_polytopes_are_the_rooms_that_theory_gives_them():
    for name, fraction in FRACTIONS.items():
        assert room(vertices(name)) == float(fraction)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_every_stored_feature_is_numbered_and_the_others_are_named_below(dimensions):
    w = np.zeros((dimensions, 2 * dimensions + 1))
    w[:, : 2 * dimensions] = np.hstack([np.eye(dimensions), -np.eye(dimensions)])
    axis = plots.features(w).axes[0]
    numbers = {text.get_text() for text in axis.texts} - {""}
    assert set(map(str, range(2 * dimensions))) <= numbers
    assert axis.get_xlabel() == f"short: {2 * dimensions}"


def test_features_in_one_direction_share_one_label():
    axis = plots.features(np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])).axes[0]
    assert {text.get_text() for text in axis.texts} - {""} == {"0, 1", "2", "3"}
