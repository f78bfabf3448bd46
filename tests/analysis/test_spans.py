"""Angles between spans, energy in them, and the ceiling of what any basis can reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import polar, subspace_angles
from scipy.optimize import linear_sum_assignment

from tegum.analysis.alternatives import haar_rotations
from tegum.analysis.geometry import directions
from tegum.analysis.spans import (
    alignment_ceiling,
    excess_energy,
    principal_angles,
    span_energy,
    used_projector,
)
from tegum.errors import BadInputError
from tests.analysis.test_geometry import polygon, simplex


@given(seed=st.integers(0, 10**6), left=st.integers(1, 4), right=st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_angles_are_those_of_scipy(seed, left, right):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(5, left)), rng.normal(size=(5, right))
    np.testing.assert_allclose(principal_angles(a, b), np.sort(subspace_angles(a, b)), atol=1e-7)


def test_angles_are_accurate_when_small():
    for angle in (0.0, 1e-12, 1e-6, 1.0, np.pi / 2):
        turned = np.array([[np.cos(angle)], [np.sin(angle)], [0]])
        np.testing.assert_allclose(
            principal_angles(np.eye(3)[:, :1], turned), angle, rtol=1e-3, atol=1e-15
        )


def test_a_triangle_spans_two_dimensions_whatever_its_three_columns_say():
    triangle = np.vstack([polygon(3), np.zeros((2, 3))])
    slices = haar_rotations(2, 0) @ np.eye(2, 4)
    angles = principal_angles(slices.T, triangle)
    np.testing.assert_allclose(angles, 0, atol=1e-12)
    np.testing.assert_allclose(principal_angles(np.eye(4), triangle), [0, 0, np.nan], atol=1e-12)
    np.testing.assert_allclose(span_energy(slices.T, triangle), 1)


def test_a_population_keeps_a_model_that_diverged_as_nan():
    a = np.stack([np.eye(3)[:, :2], np.full((3, 2), np.nan)])
    np.testing.assert_allclose(
        principal_angles(a, np.stack([np.eye(3)] * 2)), [[0, 0], [np.nan, np.nan]]
    )


def test_energy_of_a_random_span_is_its_share_of_dimensions_on_average():
    basis = haar_rotations(8, 0, (4000,))[..., :3]
    excess = excess_energy(basis, np.broadcast_to(np.eye(8)[:, :1], (4000, 8, 1)))
    assert abs(excess.mean()) < 4 * excess.std() / np.sqrt(4000)


@pytest.mark.parametrize(("c", "ceiling"), [(0, 1), (-0.5, 0.966), (-0.809, 0.891), (-1, 0.707)])
def test_the_ceiling_of_two_features_with_cosine_c(c, ceiling):
    w = np.array([[1, c], [0, np.sqrt(1 - c**2)], [0, 0]])
    assert alignment_ceiling(w) == pytest.approx((np.sqrt(1 + c) + np.sqrt(1 - c)) / 2)
    assert alignment_ceiling(w) == pytest.approx(ceiling, abs=1e-3)


@given(seed=st.integers(0, 10**6), k=st.integers(1, 5))
@settings(deadline=None, max_examples=30)
def test_the_polar_factor_reaches_the_ceiling_and_no_random_basis_passes_it(seed, k):
    w = np.random.default_rng(seed).normal(size=(5, k))
    best = polar(directions(w))[0]
    np.testing.assert_allclose(best.T @ best, np.eye(k), atol=1e-9)
    assert np.sum(best * directions(w)) / k == pytest.approx(float(alignment_ceiling(w)))
    reached = np.abs(np.swapaxes(haar_rotations(5, seed, (200,)), -1, -2) @ directions(w))
    matched = [scores[linear_sum_assignment(-scores)].sum() / k for scores in reached]
    assert max(matched) <= alignment_ceiling(w) + 1e-12


def test_with_more_features_than_dimensions_the_ceiling_holds_one_to_one_but_not_where_slices_are_shared():
    rng = np.random.default_rng(0)
    for w in (rng.normal(size=(3, 6)), simplex(4), np.array([[1.0, -1, 0, 0], [0, 0, 1, -1]])):
        m, k = w.shape
        bases = np.concatenate([np.eye(m)[None], haar_rotations(m, 1, (500,))])
        reached = np.abs(np.swapaxes(bases, -1, -2) @ directions(w))
        matched = [scores[linear_sum_assignment(-scores)].sum() / k for scores in reached]
        assert max(matched) <= alignment_ceiling(w)
    # The last w is two antipodal pairs: two slices serve all four features perfectly, past the "ceiling".
    assert reached.max(axis=-2).mean(axis=-1)[0] == 1
    assert alignment_ceiling(w) == pytest.approx(np.sqrt(2) / 2)


def test_the_ceiling_is_asked_for_features_that_are_there():
    assert alignment_ceiling(np.stack([np.eye(3)] * 2), [0, 2]).tolist() == [1, 1]
    assert (
        alignment_ceiling(np.array([[1.0, 0], [0, 0]])) == 0.5
    )  # an absent feature is never pointed at
    for features in ([], [0, 0], [3], [-1]):
        with pytest.raises(BadInputError, match="features: got"):
            alignment_ceiling(np.eye(3), features)


def test_directions_that_no_feature_uses_are_projected_out():
    turn = haar_rotations(4, 0)
    w = turn @ np.array([[1.0, -1, 0, 0], [0, 0, 1, -1], [0.05, 0, 0, 0.05], [0, 0, 0, 0]])
    projector = used_projector(w)
    np.testing.assert_allclose(projector, turn[:, :2] @ turn[:, :2].T, atol=0.06)
    np.testing.assert_allclose(projector @ projector, projector, atol=1e-12)
    assert np.trace(projector) == pytest.approx(2)
    assert np.trace(used_projector(w, least=0.01)) == pytest.approx(3)
    assert not used_projector(np.zeros((2, 3))).any()
