"""Ways back to the features, exact where theory says so, and the gauge."""

import numpy as np
import pytest
from scipy.stats import kstest

from tegum.analysis.alternatives import (
    contrast_of_samples,
    contrastive_covariance,
    gauge_rotated,
    haar_rotations,
    principal_directions,
    regauged,
    row_slices,
    shuffled_pairs,
    unwhitened,
)
from tegum.analysis.nulls import chance_cdf
from tegum.analysis.spectra import cosines, matched_cosines, svd_of, svd_of_product
from tegum.errors import BadInputError
from tegum.theory.head_moments import first_moments, hidden_covariance, hidden_mean
from tegum.theory.optimal_heads import optimal_head
from tests.analysis.test_geometry import polygon

GAUSSIAN = np.random.default_rng(0).normal(size=(5, 10))


def one_pair(n: int, i: int = 0, j: int = 3) -> np.ndarray:
    weights = np.zeros((n, n))
    weights[i, j] = 1
    return weights


@pytest.mark.parametrize("density", [0.5, 0.1, 0.03])
def test_unwhitening_the_best_head_with_a_constant_input_gives_the_features_of_any_dictionary(
    density,
):
    head = optimal_head(GAUSSIAN, density, one_pair(10), bias=True)
    back = unwhitened(head, hidden_covariance(GAUSSIAN, density))
    u, s, v = svd_of(back)
    np.testing.assert_allclose(matched_cosines(u, v, GAUSSIAN, ((0, 3),)).signed, 1)
    np.testing.assert_allclose(s[1:] / s[0], 0, atol=1e-10)
    # Σ_ij T_ij c_i c_j W_i W_jᵀ with c = Cov(x_i, 1(x_i > 0)) = p S/2
    expected = (density * (1 - density) / 2) ** 2 * np.outer(GAUSSIAN[:, 0], GAUSSIAN[:, 3])
    np.testing.assert_allclose(back, expected, atol=1e-10)
    raw_u, _, raw_v = svd_of(head[:5, :5])
    assert matched_cosines(raw_u, raw_v, GAUSSIAN, ((0, 3),)).worse < 0.95


def test_unwhitening_takes_populations_with_one_covariance_and_refuses_what_does_not_fit():
    covariance = hidden_covariance(GAUSSIAN, 0.1)
    heads = np.random.default_rng(1).normal(size=(2, 3, 5, 5))
    np.testing.assert_allclose(
        unwhitened(heads, covariance)[1, 2], covariance @ heads[1, 2] @ covariance
    )
    with pytest.raises(BadInputError, match="omega: got"):
        unwhitened(np.eye(7), covariance)


@pytest.mark.parametrize("density", [0.9, 0.3, 0.01])
def test_the_contrast_is_that_of_first_moments(density):
    a, mean, p = first_moments(GAUSSIAN, density), hidden_mean(GAUSSIAN, density), density
    expected = (np.outer(a[:, 0], a[:, 3]) / p**2 - np.outer(mean, mean)) / (1 - p**2)
    found = contrastive_covariance(GAUSSIAN, density, (0, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert np.linalg.matrix_rank(found) <= 2


def test_the_contrast_is_that_of_samples():
    rng, density = np.random.default_rng(2), rng_densities()
    batches = []
    for _ in range(40):
        x, y = np.where(rng.random((2, 10_000, 10)) < density, rng.random((2, 10_000, 10)), 0)
        batches.append(
            contrast_of_samples(x @ GAUSSIAN.T, y @ GAUSSIAN.T, (x[:, 0] > 0) & (y[:, 3] > 0))
        )
    away = np.mean(batches, axis=0) - contrastive_covariance(GAUSSIAN, density, (0, 3))
    assert np.all(
        np.abs(away) < 4.5 * np.std(batches, axis=0, ddof=1) / np.sqrt(40)
    )  # 25 entries, 40 batches


def rng_densities() -> np.ndarray:
    return np.linspace(0.2, 0.6, 10)


def test_the_contrast_has_a_limit_where_the_pair_is_always_present():
    np.testing.assert_allclose(
        contrastive_covariance(GAUSSIAN, 1.0, (0, 3)),
        contrastive_covariance(GAUSSIAN, 1 - 1e-9, (0, 3)),
        rtol=1e-6,
    )


def test_the_contrast_of_a_balanced_dictionary_is_the_pair_itself():
    w = polygon(5)
    u, s, v = svd_of(contrastive_covariance(np.stack([w, 2 * w]), 0.3, (0, 1)))
    np.testing.assert_allclose(s[:, 1] / s[:, 0], 0, atol=1e-12)
    np.testing.assert_allclose(matched_cosines(u, v, np.stack([w, w]), ((0, 1),)).signed, 1)


def test_samples_of_one_class_have_no_contrast():
    h = np.ones((4, 2))
    assert np.all(np.isnan(contrast_of_samples(h, h, np.ones(4, bool))))


def test_principal_directions_come_largest_first():
    np.testing.assert_allclose(
        np.abs(principal_directions(np.diag([1.0, 3.0, 2.0]))), np.eye(3)[:, [1, 2, 0]]
    )


def test_a_gauge_leaves_the_logits_as_they_are():
    a, b = np.random.default_rng(3).normal(size=(2, 4, 3, 6))
    u, s, v = svd_of_product(a, b)
    left, right = regauged(u, s, v, haar_rotations(3, 0, (4,)))
    np.testing.assert_allclose(
        np.swapaxes(left, -1, -2) @ right, np.swapaxes(a, -1, -2) @ b, atol=1e-12
    )
    assert np.max(np.abs(left - np.swapaxes(u * np.sqrt(s)[:, None], -1, -2))) > 0.1


def test_rotations_are_orthogonal_and_their_columns_uniform():
    rotations = haar_rotations(5, 0, (4000,))
    np.testing.assert_allclose(
        rotations @ np.swapaxes(rotations, -1, -2),
        np.broadcast_to(np.eye(5), (4000, 5, 5)),
        atol=1e-12,
    )
    assert kstest(np.abs(rotations[:, 2, 3]), lambda c: chance_cdf(c, 5)).pvalue > 0.01
    # Without the signs of R's diagonal, entries (0, 0) would all have one sign.
    assert abs(np.mean(rotations[:, 0, 0] > 0) - 0.5) < 4 * 0.5 / np.sqrt(4000)


def test_among_equal_singular_values_gauge_rotated_slices_score_as_chance():
    models, m = 4000, 8
    u = v = np.broadcast_to(np.eye(m), (models, m, m))
    left, right = gauge_rotated(u, np.ones((models, m)), v, seed=0)
    np.testing.assert_allclose(left, right)  # both sides turn together
    score = np.abs(cosines(left, u))[:, 0, 0]
    assert kstest(score, lambda c: chance_cdf(c, m)).pvalue > 0.01
    best = np.abs(cosines(left, u))[..., 0].max(axis=-1)
    assert kstest(best, lambda c: chance_cdf(c, m, m)).pvalue > 0.01


def test_a_head_of_rank_one_has_the_same_rows_in_every_gauge():
    u, s, v = svd_of(np.outer([3.0, 4, 0], [0, 0, 1]))
    left, right = gauge_rotated(u, np.where(s > 1e-9, s, 0), v, seed=1)
    np.testing.assert_allclose(np.abs(left.T @ [0.6, 0.8, 0]), 1)
    np.testing.assert_allclose(np.abs(right.T @ [0, 0, 1]), 1)


def test_the_same_seed_turns_the_same_way():
    u, s, v = svd_of(GAUSSIAN[:, :5])
    np.testing.assert_array_equal(gauge_rotated(u, s, v, 5)[0], gauge_rotated(u, s, v, 5)[0])
    assert np.max(np.abs(gauge_rotated(u, s, v, 5)[0] - gauge_rotated(u, s, v, 6)[0])) > 0.01


def test_raw_rows_are_slices_of_unit_length_and_a_row_of_zeros_stays_one():
    left, right = row_slices(np.array([[3.0, 4], [0, 0]]), np.array([[0.0, 2], [1, 1]]))
    np.testing.assert_allclose(left, [[0.6, 0], [0.8, 0]])
    np.testing.assert_allclose(right[:, 0], [0, 1])


def test_shuffled_pairs_keep_their_features_and_none_of_the_pairs():
    pairs = ((0, 1), (2, 3), (4, 5), (6, 3))
    for seed in range(20):
        wrong = shuffled_pairs(pairs, seed)
        assert not set(wrong) & set(pairs)
        assert sorted(np.transpose(wrong)[0]) == [0, 2, 4, 6]
        assert sorted(np.transpose(wrong)[1]) == [1, 3, 3, 5]
    with pytest.raises(BadInputError, match="pairs: got"):
        shuffled_pairs(((0, 1),), 0)


def test_shuffled_pairs_score_below_the_pairs_asked_for():
    w, pairs = np.eye(8), ((0, 4), (1, 5), (2, 6))
    weights = np.zeros((8, 8))
    for t, pair in enumerate(pairs):
        weights[pair] = t + 1
    u, _, v = svd_of(w @ weights @ w.T)
    np.testing.assert_allclose(matched_cosines(u, v, w, pairs).signed, 1)
    np.testing.assert_allclose(matched_cosines(u, v, w, shuffled_pairs(pairs, 0)).signed, 0)


def test_unwhitening_recovers_several_orthogonal_features_whatever_else_is_in_the_dictionary():
    pairs, rng = ((0, 3), (1, 4), (2, 5)), np.random.default_rng(4)
    w = np.concatenate([haar_rotations(6, 0), rng.normal(size=(6, 8))], axis=1)
    weights = np.zeros((14, 14))
    for t, pair in enumerate(pairs):
        weights[pair] = 1 + 0.1 * t
    head = optimal_head(w, 0.1, weights, bias=True)
    raw_u, _, raw_v = svd_of(head[:6, :6])
    u, s, v = svd_of(unwhitened(head, hidden_covariance(w, 0.1)))
    assert np.all(matched_cosines(raw_u, raw_v, w, pairs).worse < 0.95)
    np.testing.assert_allclose(matched_cosines(u, v, w, pairs).signed, 1)
    np.testing.assert_allclose(s[:3] / s[2], [1.2, 1.1, 1])
