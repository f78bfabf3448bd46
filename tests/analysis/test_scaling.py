"""Layouts in the plane: exact where the plane can hold the distances, better than the classical where not."""

import numpy as np
import pytest

from tegum.analysis.scaling import distances, in_the_plane, stress
from tegum.errors import BadInputError


def test_points_of_a_plane_in_space_keep_all_distances() -> None:
    rng = np.random.default_rng(0)
    onto = np.linalg.qr(rng.normal(size=(6, 2)))[0]
    points = rng.normal(size=(12, 2)) @ onto.T
    layout = in_the_plane(points)
    assert stress(layout, points) < 1e-6
    np.testing.assert_allclose(layout.mean(axis=0), 0, atol=1e-12)


def test_a_simplex_is_laid_out_with_less_stress_than_its_projection() -> None:
    points = np.eye(7)
    left, extent, _ = np.linalg.svd(points - points.mean(axis=0))
    classical = (left * extent)[:, :2]
    found = in_the_plane(points)
    assert stress(found, points) < stress(classical, points)
    assert distances(found)[np.triu_indices(7, 1)].min() > 0.1


def test_further_tries_never_do_worse_and_a_start_is_begun_from() -> None:
    points = np.random.default_rng(1).normal(size=(10, 5))
    assert stress(in_the_plane(points, tries=5), points) <= stress(in_the_plane(points), points)
    start = np.random.default_rng(2).normal(size=(10, 2))
    held = in_the_plane(points, start, iterations=0)
    np.testing.assert_allclose(held, start - start.mean(axis=0))


def test_no_iteration_raises_the_stress() -> None:
    points = np.random.default_rng(3).normal(size=(8, 4))
    start = np.random.default_rng(4).normal(size=(8, 2))
    each = [stress(in_the_plane(points, start, iterations=k), points) for k in range(12)]
    assert (np.diff(each) <= 1e-12).all()
    assert each[-1] < each[0]


def test_points_that_coincide_do_no_harm_and_one_point_is_refused() -> None:
    assert np.isfinite(in_the_plane(np.zeros((4, 3)))).all()
    with pytest.raises(BadInputError, match="at least two points"):
        in_the_plane(np.zeros((1, 3)))
