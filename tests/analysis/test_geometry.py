"""Geometry, held against polytopes whose numbers are known by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegum.analysis.geometry import (
    dimensionality,
    dimensions_per_feature,
    directions,
    gram,
    interference,
    leverage,
    norms,
    represented,
    superposition,
    tegum_defect,
)


def polygon(k: int, norm: float = 1.0) -> np.ndarray:
    angle = 2 * np.pi * np.arange(k) / k
    return norm * np.stack([np.cos(angle), np.sin(angle)])


def simplex(k: int) -> np.ndarray:
    """K unit vectors in k - 1 dimensions with equal angles: the centred axes, in an orthonormal basis of their span."""
    centred = np.eye(k) - 1 / k
    basis = np.linalg.svd(centred)[0][:, : k - 1]
    return directions(basis.T @ centred)


def tegum(*factors: np.ndarray) -> np.ndarray:
    """Polytopes in orthogonal subspaces."""
    rows, columns = np.sum([f.shape for f in factors], axis=0)
    w, row, column = np.zeros((rows, columns)), 0, 0
    for f in factors:
        w[row : row + f.shape[0], column : column + f.shape[1]] = f
        row, column = row + f.shape[0], column + f.shape[1]
    return w


DIGON = np.array([[1.0, -1.0]])
OCTAHEDRON = tegum(DIGON, DIGON, DIGON)
KNOWN = {  # weights, D_i
    "alone": (np.eye(1), 1),
    "digon": (DIGON, 1 / 2),
    "triangle": (polygon(3), 2 / 3),
    "square": (polygon(4), 1 / 2),
    "pentagon": (polygon(5), 2 / 5),
    "hexagon": (polygon(6), 1 / 3),
    "tetrahedron": (simplex(4), 3 / 4),
    "5-cell": (simplex(5), 4 / 5),
    "octahedron": (OCTAHEDRON, 1 / 2),
}


@pytest.mark.parametrize(("w", "d"), KNOWN.values(), ids=KNOWN)
def test_dimensionality_of_known_polytopes(w: np.ndarray, d: float):
    np.testing.assert_allclose(dimensionality(w), d)
    np.testing.assert_allclose(dimensionality(1.3 * w), d)


@pytest.mark.parametrize(("w", "d"), KNOWN.values(), ids=KNOWN)
def test_in_a_tight_frame_leverage_is_dimensionality_and_there_is_no_defect(
    w: np.ndarray, d: float
):
    np.testing.assert_allclose(leverage(w), d)
    np.testing.assert_allclose(tegum_defect(w), 0, atol=1e-12)


def test_a_tegum_of_scaled_polytopes_has_no_defect_either():
    w = tegum(polygon(5, 1.2), 0.7 * DIGON, simplex(4))
    np.testing.assert_allclose(tegum_defect(w), 0, atol=1e-12)
    np.testing.assert_allclose(dimensionality(w).sum(), 6)


def test_interference_counts_directions_and_superposition_weighs_them_by_length():
    w = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])  # a digon, one alone, one absent
    np.testing.assert_allclose(interference(w), [1, 1, 0, 0])
    np.testing.assert_allclose(superposition(w), [1, 1, 0, 0])
    faint = w * np.array([1.0, 0.1, 1.0, 1.0])
    np.testing.assert_allclose(interference(faint), [1, 1, 0, 0])
    np.testing.assert_allclose(superposition(faint), [0.1, 1, 0, 0])
    np.testing.assert_allclose(interference(polygon(3)), 2 * 0.25)


def test_an_absent_feature_has_no_direction_no_dimension_and_no_leverage():
    w = np.array([[1.0, 0.0], [0.0, 0.0]])
    for quantity in (norms, interference, superposition, dimensionality, leverage):
        assert quantity(w)[1] == 0
    assert represented(w).tolist() == [True, False]
    np.testing.assert_array_equal(directions(w), w)


def test_nothing_represented_means_infinitely_many_dimensions_per_feature():
    assert dimensions_per_feature(np.zeros((2, 3))) == np.inf
    np.testing.assert_allclose(dimensions_per_feature(OCTAHEDRON), 1 / 2)


@given(seed=st.integers(0, 10**6), hidden=st.integers(1, 6), features=st.integers(1, 9))
@settings(deadline=None, max_examples=50)
def test_dimensionality_never_exceeds_leverage_and_both_sum_to_at_most_the_rank(
    seed, hidden, features
):
    w = np.random.default_rng(seed).normal(size=(hidden, features))
    d, p = dimensionality(w), leverage(w)
    assert np.all(d <= p + 1e-9)
    assert np.all(p <= 1 + 1e-9)
    np.testing.assert_allclose(p.sum(), np.linalg.matrix_rank(w))


@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=20)
def test_geometry_does_not_depend_on_the_basis_of_the_hidden_layer(seed):
    rng = np.random.default_rng(seed)
    w, (rotation, _) = rng.normal(size=(3, 5)), np.linalg.qr(rng.normal(size=(3, 3)))
    for quantity in (norms, gram, interference, superposition, dimensionality, leverage):
        np.testing.assert_allclose(quantity(rotation @ w), quantity(w), atol=1e-9)


def test_leverage_is_the_diagonal_of_the_projector_on_the_row_space():
    w = np.random.default_rng(0).normal(size=(3, 6))
    np.testing.assert_allclose(leverage(w), np.diag(np.linalg.pinv(w) @ w))


def test_populations_are_taken_whole_and_numpy_and_jax_agree():
    w = np.random.default_rng(1).normal(size=(4, 2, 3, 6)).astype(np.float32)
    for quantity in (
        norms,
        gram,
        directions,
        interference,
        superposition,
        dimensionality,
        leverage,
        tegum_defect,
    ):
        whole = quantity(w)
        np.testing.assert_allclose(whole[2, 1], quantity(w[2, 1]), rtol=1e-4, atol=1e-5)
        lifted = jax.vmap(jax.vmap(quantity))(jnp.asarray(w))
        np.testing.assert_allclose(whole, lifted, rtol=1e-4, atol=1e-5)


def test_weights_that_are_not_finite_are_not_taken_for_features_left_out():
    w = np.array([np.eye(2), np.eye(2)])
    w[1, 0, 0] = np.nan
    for quantity in (dimensionality, leverage, interference):
        found = quantity(w)
        assert np.isfinite(found[0]).all()
        assert np.isnan(found[1]).any()
    assert np.isnan(dimensions_per_feature(w)[1])
