"""Laws of slices: against the best heads computed from W, and against exact special cases."""

import numpy as np
import pytest

from tegum.analysis.geometry import leverage, norms
from tegum.theory.dictionaries import gaussian, orthonormal, tegum_product
from tegum.theory.optimal_heads import optimal_head, pair_cosine
from tegum.theory.recovery_laws import (
    any_from_count,
    presence_gain,
    random_cosine_squared,
    self_pair_sigma,
)


@pytest.mark.parametrize("n", [4, 6, 7, 15])
def test_random_features_have_the_mean_of_the_law(n: int) -> None:
    drawn = [pair_cosine(gaussian(n, 6, seed), 0.1, 0, bias=True) ** 2 for seed in range(2000)]
    error = np.std(drawn) / np.sqrt(len(drawn))
    assert np.mean(drawn) == pytest.approx(float(random_cosine_squared(n, 6)), abs=4 * error)


def test_a_single_feature_is_found_and_many_dimensions_give_one_less_their_share() -> None:
    assert random_cosine_squared(1, 6) == 1
    np.testing.assert_allclose(
        random_cosine_squared(np.array([2e6, 4e6]), 10**6), [0.5, 0.75], 1e-5
    )


def test_presence_gain_is_the_slope_of_presence_on_value_squared() -> None:
    p = 0.3
    slope = (p / 2 * (1 - p)) / (p / 3 - p**2 / 4)
    assert presence_gain(p) == pytest.approx(slope**2)
    assert presence_gain(1.0) == 0


@pytest.mark.parametrize("density", [0.9, 0.1])
def test_the_sigma_of_a_pair_of_a_feature_with_itself_is_that_of_the_best_head(density: float):
    w = gaussian(7, 4, 1)
    for i in range(7):
        asked = np.zeros((7, 7))
        asked[i, i] = 1.0
        omega = optimal_head(w, density, asked, bias=True)[:4, :4]
        assert np.linalg.norm(omega, 2) == pytest.approx(self_pair_sigma(w, density)[i])


def test_in_tight_blocks_sigma_times_squared_length_is_squared_leverage() -> None:
    w = 1.7 * tegum_product(("pentagon", "digon"), 0)
    expected = presence_gain(0.2) * leverage(w) ** 2
    np.testing.assert_allclose(self_pair_sigma(w, 0.2) * norms(w) ** 2, expected)


@pytest.mark.parametrize("pairs", [2, 3])
def test_any_leaves_count_by_its_leading_order(pairs: int) -> None:
    asked, p = np.zeros((8, 8)), 1e-3
    for k in range(pairs):
        asked[2 * k, 2 * k + 1] = 1.0
    w = orthonormal(8, 8, 0)
    count, some = (optimal_head(w, p, asked, t, True)[:8, :8] for t in ("count", "any"))
    gap = np.linalg.norm(some - count) / np.linalg.norm(count)
    assert gap == pytest.approx(any_from_count(pairs, p), rel=0.02)
    assert any_from_count(pairs, p) < pairs * p**2
