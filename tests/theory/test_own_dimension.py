"""What dimensions of their own are worth to a head, and cost the others."""

import numpy as np
import pytest

from tegum.theory.expected import expected_loss
from tegum.theory.optimal_heads import head_floor
from tegum.theory.own_dimension import cost_of_dropping, gain_of_own_dimensions

ALONE = np.eye(2, 4)
DIGONS = np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]])


def test_the_gain_is_how_far_the_floor_falls_when_digons_are_left() -> None:
    weights = np.zeros((4, 4))
    weights[0, 1] = t = 1.5
    for p in (1e-2, 1e-3):
        floors = [head_floor(w, p, weights, "product") for w in (DIGONS, ALONE)]
        assert gain_of_own_dimensions(p, t) == pytest.approx(floors[0] - floors[1], rel=2 * p)


def test_there_is_no_gain_for_features_that_have_their_dimensions() -> None:
    assert gain_of_own_dimensions(0.3, 1.0, dimensionality=1.0) == 0


def test_the_cost_is_the_exact_loss_of_a_dropped_feature() -> None:
    for p in (1.0, 0.3, 0.01):
        kept, dropped = np.eye(1, 2), np.array([0.0, p / 2])
        loss = expected_loss(kept, dropped, p, np.array([1.0, 0.7]))
        assert cost_of_dropping(p, 0.7) == pytest.approx(float(loss))
