"""The exact nulls, against closed forms, sampling, and each other."""

import numpy as np
import pytest
from scipy.stats import binom

from tegum.analysis.nulls import chance_cdf, chance_quantile, coin_share
from tegum.errors import BadInputError


def random_directions(m: int, count: int = 400_000) -> np.ndarray:
    x = np.random.default_rng(0).normal(size=(count, m))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_in_the_plane_the_best_of_two_axes_is_never_further_than_45_degrees():
    assert chance_cdf(np.sqrt(0.5), 2, 2) == pytest.approx(0, abs=1e-6)
    # The angle to the nearer axis is uniform on [0, 45°].
    assert chance_quantile(0.95, 2, 2) == pytest.approx(np.cos(0.05 * np.pi / 4), abs=1e-6)


def test_one_direction_in_three_dimensions_has_a_uniform_cosine():
    assert chance_cdf(0.3, 3) == pytest.approx(0.3)
    assert chance_quantile(0.95, 3) == pytest.approx(0.95)


def test_in_one_dimension_everything_is_aligned():
    assert chance_quantile(0.95, 1) == 1


@pytest.mark.parametrize(("m", "slices"), [(5, 1), (5, 5), (10, 1), (10, 2), (10, 5), (10, 10), (20, 20)])
def test_quantiles_agree_with_sampling(m: int, slices: int):
    best = np.abs(random_directions(m)[:, :slices]).max(axis=1)
    for q in (0.05, 0.5, 0.95, 0.99):
        share = np.mean(best <= chance_quantile(q, m, slices))
        assert abs(share - q) < 4 * np.sqrt(q * (1 - q) / len(best))


def test_a_fair_coin_passes_its_bar_in_at_most_five_percent():
    for trials in (1, 5, 20, 100):
        bar = coin_share(trials)
        assert binom.sf(np.ceil(bar * trials - 1e-9) - 1, trials, 0.5) <= 0.05
        assert binom.sf(np.ceil(bar * trials - 1e-9) - 2, trials, 0.5) > 0.05 or bar * trials > trials
    assert np.isnan(coin_share(0))


def test_impossible_questions_are_refused():
    with pytest.raises(BadInputError, match="slices: got 4, expected from 1 to n_hidden = 3"):
        chance_cdf(0.5, 3, 4)
    with pytest.raises(BadInputError, match="q: got 1.0"):
        chance_quantile(1.0, 3)
