"""Singular vectors of a head: exact on heads made by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegum.analysis import spectra
from tegum.analysis.spectra import cosines, effective_rank, match_slices, svd_of, svd_of_product


@given(seed=st.integers(0, 10**6), hidden=st.integers(1, 8), rank=st.integers(1, 8))
@settings(deadline=None, max_examples=40)
def test_the_decomposition_is_that_of_the_product(seed, hidden, rank):
    rank = min(rank, hidden)
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, rank, hidden))
    u, s, v = svd_of_product(a, b)
    np.testing.assert_allclose((u * s) @ v.T, a.T @ b, atol=1e-9)
    np.testing.assert_allclose(u.T @ u, np.eye(rank), atol=1e-9)
    np.testing.assert_allclose(v.T @ v, np.eye(rank), atol=1e-9)
    np.testing.assert_allclose(s, np.linalg.svd(a.T @ b)[1][:rank], atol=1e-9)


def test_populations_are_decomposed_whole():
    a, b = np.random.default_rng(0).normal(size=(2, 4, 3, 2, 5))
    u, s, v = svd_of_product(a, b)
    np.testing.assert_allclose(
        (u * s[..., None, :])[1, 2] @ v[1, 2].T, a[1, 2].T @ b[1, 2], atol=1e-9
    )


def test_a_head_made_of_feature_pairs_is_matched_to_them_in_any_order_with_equal_signs():
    w = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    pairs = ((0, 3), (1, 4), (2, 5))
    weights = np.array([1.0, 3.0, 2.0])
    left, right = np.transpose(pairs)
    u, _, v = svd_of_product(weights[:, None] * w[:, left].T, w[:, right].T)
    match = match_slices(u, v, w, pairs)
    assert match.pair.tolist() == [0, 1, 2]
    assert match.slice.tolist() == [2, 0, 1]  # slices come in decreasing order of weight
    np.testing.assert_allclose(match.signed, 1)
    np.testing.assert_allclose(np.abs(match.left), 1)


def test_a_head_that_points_away_on_one_side_is_found_out_by_the_sign():
    w = np.eye(3)
    u, _, v = svd_of_product(w[:1], -w[1:2])
    match = match_slices(u, v, w, ((0, 1),))
    np.testing.assert_allclose(match.signed, -1)


def test_matching_is_joint_a_slice_that_fits_on_one_side_only_is_not_taken():
    w = np.eye(4)
    u = np.stack([w[:, 0], 0.8 * w[:, 0] + 0.6 * w[:, 1]], axis=1)
    v = np.stack([w[:, 3], w[:, 2]], axis=1)
    assert match_slices(u, v, w, ((0, 2),)).slice.tolist() == [1]


def test_with_fewer_slices_than_pairs_the_best_fitting_pairs_get_them():
    w = np.eye(3)
    u, _, v = svd_of_product(w[1:2], w[1:2])
    match = match_slices(u, v, w, ((0, 0), (1, 1), (2, 2)))
    assert match.pair.tolist() == [1]


def test_a_feature_without_direction_has_cosine_zero():
    assert np.all(cosines(np.eye(2), np.zeros((2, 3))) == 0)


@pytest.mark.parametrize(
    ("values", "rank"), [([1.0, 0.0], 1), ([2.0, 2.0], 2), ([1.0, 1.0, 1.0], 3), ([0.0, 0.0], 0)]
)
def test_effective_rank_counts_equal_singular_values(values, rank):
    assert effective_rank(np.array(values)) == pytest.approx(rank)


@pytest.mark.parametrize(
    ("c", "large", "small", "ratio"),
    [
        (-1 / 2, 0.866, 0.5, 1 / 3),  # triangle
        (-1 / 3, 0.816, 0.577, 1 / 2),  # tetrahedron
        (np.cos(2 * np.pi / 5), 0.809, 0.588, 0.528),  # pentagon, neighbours
        (np.cos(4 * np.pi / 5), 0.951, 0.309, 0.106),  # pentagon, not neighbours
    ],
)
def test_two_equal_pairs_with_cosine_c_on_both_sides_come_out_as_their_difference_and_sum(
    c, large, small, ratio
):
    w = np.zeros((4, 4))
    w[:2, :2] = w[2:, 2:] = [[1, c], [0, np.sqrt(1 - c**2)]]
    u, s, v = svd_of(np.outer(w[:, 0], w[:, 2]) + np.outer(w[:, 1], w[:, 3]))
    for slices, features in ((u, [0, 1]), (v, [2, 3])):
        found = np.abs(cosines(slices[:, :2], w))[:, features]
        np.testing.assert_allclose(found, [[large] * 2, [small] * 2], atol=6e-4)
    assert s[1] / s[0] == pytest.approx(ratio, abs=6e-4)
    np.testing.assert_allclose(large, np.sqrt((1 + abs(c)) / 2), atol=6e-4)


def test_two_pairs_of_a_digon_each_are_served_by_one_slice():
    w = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1]])
    u, s, _ = svd_of(np.outer(w[:, 0], w[:, 2]) + np.outer(w[:, 1], w[:, 3]))
    np.testing.assert_allclose(s, [2, 0], atol=1e-12)
    np.testing.assert_allclose(np.abs(cosines(u, w))[0], [1, 1, 0, 0], atol=1e-12)


def test_equal_pairs_with_a_shared_cosine_on_one_side_only_mix_evenly_on_the_other():
    c = 0.5
    left, right = np.array([[1, c], [0, np.sqrt(1 - c**2)]]), np.eye(2)
    _, s, v = svd_of(left @ right.T)
    np.testing.assert_allclose(s, np.sqrt([1 + c, 1 - c]))
    np.testing.assert_allclose(np.abs(v), np.sqrt(0.5))


def test_a_matrix_that_is_not_finite_has_no_slices_and_spoils_no_other():
    omega = np.random.default_rng(0).normal(size=(3, 4, 5))
    omega[1, 2, 2] = np.inf
    u, s, v = svd_of(omega)
    assert np.isnan(u[1]).all()
    assert np.isnan(s[1]).all()
    assert np.isnan(v[1]).all()
    for k in (0, 2):
        np.testing.assert_allclose((u[k] * s[k]) @ v[k].T, omega[k])


def test_every_metric_of_a_head_is_found_here():
    for name in spectra.__all__:
        assert callable(getattr(spectra, name))


def test_metrics_of_plain_arrays_take_jax_and_populations_and_give_what_numpy_gives():
    rng = np.random.default_rng(1)
    w, omega = rng.normal(size=(3, 4, 6)), rng.normal(size=(3, 4, 4))
    u, s, v = svd_of(omega)
    c = w @ np.swapaxes(w, -1, -2)
    metrics = (
        (spectra.cosines, (u, w)),
        (spectra.span_energy, (u[..., :2], w)),
        (spectra.excess_energy, (u[..., :2], w)),
        (spectra.alignment_ceiling, (w,)),
        (spectra.relative_gaps, (s,)),
        (spectra.slice_contribution, (u, s, v, c)),
        (spectra.feature_interaction, (omega, w)),
        (spectra.feature_coefficients, (omega, w)),
        (spectra.relative_error, (omega, c)),
        (spectra.unwhitened, (omega, c)),
        (spectra.regauged, (u, s, v, spectra.haar_rotations(4, 0, (3,)))),
        (spectra.row_slices, (u, v)),
    )
    for metric, arguments in metrics:
        whole = np.asarray(metric(*arguments))
        single = [x.astype(np.float32) for x in arguments]
        lifted = np.asarray(jax.vmap(metric)(*map(jnp.asarray, single)))
        alone = np.asarray(metric(*(x[1] for x in arguments)))
        models = (
            1 if metric in (spectra.regauged, spectra.row_slices) else 0
        )  # these give left and right
        np.testing.assert_allclose(
            np.moveaxis(lifted, models, 0), np.moveaxis(whole, models, 0), rtol=2e-3, atol=2e-3
        )
        np.testing.assert_allclose(np.take(whole, 1, axis=models), alone, rtol=1e-9, atol=1e-12)
