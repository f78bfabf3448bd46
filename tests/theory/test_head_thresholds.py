"""λ* against the exact losses of bottlenecks and heads on frames that are written down."""

import numpy as np
import pytest

from tegum.theory.head_thresholds import cost_of_dimensions, gain_of_dimensions, lam_bound
from tegum.theory.optimal_heads import head_floor
from tegum.training.objectives import Pairs

DENSITIES = (0.05, 0.1, 0.3, 0.7)


def digons(m: int) -> np.ndarray:
    """2m features as m antipodal pairs, feature k against feature m + k."""
    return np.concatenate([np.eye(m), -np.eye(m)], axis=1)


def falls(density: float) -> tuple[float, float]:
    """What the best head explains on digons, and how much more once two antipodes are dropped."""
    w = digons(4)
    alone = w.copy()
    alone[:, [4, 5]] = 0
    asked = density, Pairs(((0, 1),)).matrix(8)
    floor = head_floor(w, *asked)
    return density**2 - floor, floor - head_floor(alone, *asked)


@pytest.mark.parametrize("density", DENSITIES)
def test_what_a_head_explains_of_antipodes_is_the_gain_short_of_what_remains(density):
    explained, _ = falls(density)
    gain = gain_of_dimensions(0.5, density)
    assert explained == pytest.approx(gain * 0.5**2 / (1 - 0.5**2), rel=1e-9)


@pytest.mark.parametrize("density", DENSITIES)
def test_the_best_head_gains_at_least_the_gain_when_antipodes_are_dropped(density):
    assert falls(density)[1] > gain_of_dimensions(0.5, density)


def test_for_rare_features_it_gains_that_much():
    assert falls(1e-4)[1] == pytest.approx(gain_of_dimensions(0.5, 1e-4), rel=1e-3)


@pytest.mark.parametrize("density", DENSITIES)
def test_the_cost_is_the_variance_of_the_features_dropped(density):
    variance = density / 3 - density**2 / 4
    assert cost_of_dimensions(0.5, density) == pytest.approx(2 * variance)
    assert cost_of_dimensions(0.4, density) == pytest.approx(3 * variance)


def test_features_that_have_dimensions_already_cost_and_gain_nothing():
    assert cost_of_dimensions(1.0, 0.1) == gain_of_dimensions(1.0, 0.1) == 0


def test_at_the_bound_the_gain_weighs_as_much_as_the_cost():
    bound = lam_bound(20, 10, 0.1)
    assert bound * gain_of_dimensions(0.5, 0.1) == pytest.approx(cost_of_dimensions(0.5, 0.1))
    assert bound == pytest.approx(lam_bound(4, 2, 0.1))


def test_rarer_features_need_a_heavier_head():
    bounds = [lam_bound(20, 10, density) for density in (0.3, 0.1, 0.03, 0.01)]
    assert bounds == sorted(bounds)
