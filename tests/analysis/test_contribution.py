"""What slices add to the logit, against sampling and closed forms."""

import numpy as np
import pytest

from tegum.analysis.contribution import n_recon, rolls_tovee, slice_contribution
from tegum.analysis.spectra import svd_of
from tegum.errors import BadInputError
from tegum.theory.head_moments import second_moment
from tests.analysis.test_geometry import polygon, tegum

DENSITY = 0.3


def tokens(rng: np.random.Generator, n: int, count: int, present: int) -> np.ndarray:
    x = np.where(rng.random((n, count)) < DENSITY, rng.random((n, count)), 0)
    x[present] = rng.random(count)
    return x


def test_contributions_given_the_pair_agree_with_sampling():
    rng = np.random.default_rng(0)
    w, omega = rng.normal(size=(4, 7)), rng.normal(size=(4, 4))
    u, s, v = svd_of(omega)
    left, right = np.full((2, 7), DENSITY)
    left[2], right[5] = 1, 1  # to be present is to have density 1
    expected = slice_contribution(u, s, v, second_moment(w, left), second_moment(w, right))
    h, g = (w @ tokens(rng, 7, 40_000, k) for k in (2, 5))
    terms = (s[:, None] * (u.T @ h) * (v.T @ g)) ** 2
    assert np.all(np.abs(terms.mean(axis=1) - expected) < 4 * terms.std(axis=1) / np.sqrt(40_000))


def test_contributions_ignore_the_length_of_features_and_singular_values_do_not():
    # Two attended pairs, one of them in a plane of longer features, each with the head that makes it a logit of 1.
    w = tegum(polygon(3, 2.0), polygon(3, 1.0))
    omega = np.zeros((4, 4))
    omega[:2, :2], omega[2:, 2:] = np.outer(w[:2, 0], w[:2, 1]) / 16, np.outer(w[2:, 3], w[2:, 4])
    u, s, v = svd_of(omega)
    np.testing.assert_allclose(s[:2], [1, 0.25])
    contribution = slice_contribution(u, s, v, second_moment(w, DENSITY))
    np.testing.assert_allclose(contribution[0], contribution[1])


def test_slices_orthogonal_under_the_second_moment_share_out_the_mean_square_of_the_logit():
    c = np.diag([1.0, 2.0, 3.0])
    u, s, v = svd_of(np.diag([5.0, 2.0, 1.0]))
    omega = (u * s) @ v.T
    assert slice_contribution(u, s, v, c).sum() == pytest.approx(np.trace(c @ omega @ c @ omega.T))


def test_sparsity_counts_active_slices():
    np.testing.assert_allclose(
        rolls_tovee(np.array([[1, 1, 1, 1], [5, 0, 0, 0], [2, 2, 0, 0.0]])), [1, 0.25, 0.5]
    )
    assert np.isnan(rolls_tovee(np.zeros(3)))


def test_the_largest_contributions_are_counted_until_they_make_up_the_share():
    c = np.array([[0.1, 0.7, 0.2], [1, 1, 1], [0, 0, 0], [np.nan, 1, 1]])
    np.testing.assert_allclose(n_recon(c, 0.7), [1, 3, 0, np.nan])
    np.testing.assert_allclose(n_recon(c, 0.9), [2, 3, 0, np.nan])
    np.testing.assert_allclose(n_recon(np.ones(10), 0.7), 7)
    np.testing.assert_allclose(n_recon(np.full(10, 0.1), 1.0), 10)


def test_negative_contributions_and_impossible_shares_are_refused():
    with pytest.raises(BadInputError, match="contribution: got -1.0"):
        n_recon(np.array([1.0, -1.0]))
    with pytest.raises(BadInputError, match="share: got 0.0"):
        n_recon(np.ones(2), 0.0)
