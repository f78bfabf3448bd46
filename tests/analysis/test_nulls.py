"""The exact nulls, against closed forms, sampling, and each other."""

import numpy as np
import pytest
from scipy.stats import binom

from tegum.analysis.nulls import (
    chance_cdf,
    chance_energy_cdf,
    chance_energy_quantile,
    chance_mean,
    chance_quantile,
    coin_share,
)
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


@pytest.mark.parametrize(
    ("m", "slices"), [(5, 1), (5, 5), (10, 1), (10, 2), (10, 5), (10, 10), (20, 20)]
)
def test_quantiles_agree_with_sampling(m: int, slices: int):
    best = np.abs(random_directions(m)[:, :slices]).max(axis=1)
    for q in (0.05, 0.5, 0.95, 0.99):
        share = np.mean(best <= chance_quantile(q, m, slices))
        assert abs(share - q) < 4 * np.sqrt(q * (1 - q) / len(best))


def test_a_fair_coin_passes_its_bar_in_at_most_five_percent():
    for trials in (1, 5, 20, 100):
        bar = coin_share(trials)
        assert binom.sf(np.ceil(bar * trials - 1e-9) - 1, trials, 0.5) <= 0.05
        assert (
            binom.sf(np.ceil(bar * trials - 1e-9) - 2, trials, 0.5) > 0.05 or bar * trials > trials
        )
    assert np.isnan(coin_share(0))


def test_impossible_questions_are_refused():
    with pytest.raises(BadInputError, match="slices: got 4, expected from 1 to n_hidden = 3"):
        chance_cdf(0.5, 3, 4)
    with pytest.raises(BadInputError, match="q: got 1.0"):
        chance_quantile(1.0, 3)


# 20 000 draws each, of |cos| with the best of m orthonormal vectors: mean, 95 % and 99 %.
SAMPLED = {
    2: (0.900, 0.999, 1.000),
    3: (0.831, 0.983, 0.997),
    4: (0.779, 0.954, None),
    5: (0.738, 0.918, 0.962),
    6: (0.705, 0.882, 0.942),
    8: (0.650, 0.826, None),
    10: (0.610, 0.776, 0.848),
    15: (0.538, 0.685, None),
    20: (0.490, 0.625, 0.695),
    30: (0.428, 0.542, None),
    50: (0.357, 0.448, 0.499),
    100: (0.275, 0.339, 0.376),
}


@pytest.mark.parametrize("m", [m for m in SAMPLED if m <= 30])
def test_the_table_of_sampled_nulls_is_met(m: int):
    mean, q95, q99 = SAMPLED[m]
    assert chance_mean(m, m) == pytest.approx(mean, abs=0.004)
    assert chance_quantile(0.95, m, m) == pytest.approx(q95, abs=0.004)
    assert q99 is None or chance_quantile(0.99, m, m) == pytest.approx(q99, abs=0.006)


@pytest.mark.parametrize(
    ("m", "q95"), [(5, 0.809), (10, 0.605), (20, 0.436), (50, 0.278), (100, 0.198)]
)
def test_the_table_for_one_vector_chosen_beforehand_is_met(m: int, q95: float):
    assert chance_quantile(0.95, m) == pytest.approx(q95, abs=0.006)


def test_means_have_closed_forms():
    assert chance_mean(2, 2) == pytest.approx(2 * np.sqrt(2) / np.pi, abs=1e-5)
    assert chance_mean(3) == pytest.approx(1 / 2, abs=1e-5)
    assert chance_mean(1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("m", "d"), [(5, 2), (10, 1), (10, 7), (20, 10)])
def test_energy_in_a_random_span_agrees_with_sampling(m: int, d: int):
    energy = np.sum(random_directions(m)[:, :d] ** 2, axis=1)
    assert abs(energy.mean() - d / m) < 4 * energy.std() / np.sqrt(len(energy))
    for q in (0.05, 0.5, 0.95):
        share = np.mean(energy <= chance_energy_quantile(q, m, d))
        assert abs(share - q) < 4 * np.sqrt(q * (1 - q) / len(energy))


def test_energy_in_one_dimension_is_the_squared_cosine_and_in_all_it_is_one():
    for c in (0.1, 0.5, 0.9):
        assert chance_energy_cdf(c**2, 7, 1) == pytest.approx(float(chance_cdf(c, 7)))
    assert chance_energy_quantile(0.95, 7, 7) == 1
    assert chance_energy_cdf(np.array([0.99, 1.0]), 7, 7).tolist() == [0, 1]


def test_impossible_spans_are_refused():
    with pytest.raises(BadInputError, match="dimensions: got 8, expected from 1 to n_hidden = 7"):
        chance_energy_cdf(0.5, 7, 8)
