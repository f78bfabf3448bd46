"""The levels of the one-active ladder: closed forms, symmetry, minima and saddles."""

import numpy as np
import pytest

from tegum.theory.critical import kgon_level
from tegum.theory.ladder import (
    KNOWN,
    ON_LEVEL,
    descended_again,
    losses_and_slopes,
    minima,
    polygon_levels,
    shared_levels,
    ways_to_share,
)
from tegum.theory.one_active import one_active_loss
from tegum.theory.polytopes import polygon
from tegum.theory.search import Minima


def test_descended_polygons_have_the_losses_of_the_closed_form() -> None:
    levels = polygon_levels(6)
    assert len(levels) == 21  # k from 1 to 6, each with 0 to 6 - k spares
    for name, level in levels.items():
        closed = kgon_level(int(name[0]), 6, spare=name.count("+"))
        assert level == pytest.approx(closed, abs=1e-9)
    for name, level in KNOWN.items():
        assert levels[name] == pytest.approx(level, abs=1e-6)


def test_ways_to_share_are_counted_up_to_turning_and_reflecting() -> None:
    assert ways_to_share(4, 1) == [(2, 1, 1, 1)]
    # Two more: both in one direction, in neighbours, or in opposite ones.
    assert len(ways_to_share(4, 2)) == 1 + 3
    assert ways_to_share(5, 0) == []


def test_up_to_six_features_no_shared_direction_is_a_minimum_and_at_seven_one_is() -> None:
    rng = np.random.default_rng(0)
    assert all(np.isnan(level) for n in (5, 6) for level in shared_levels(n, rng).values())
    found = {name: level for name, level in shared_levels(7, rng).items() if np.isfinite(level)}
    assert found == {"211111": pytest.approx(0.0900471, abs=1e-6)}
    assert shared_levels(4, rng) == {}


def test_a_nudge_leaves_a_saddle_and_not_a_minimum() -> None:
    # All features answering their mean and none represented is a critical point, high up.
    nothing = np.zeros((1, 2, 5)), np.full((1, 5), 0.1)
    loss, slope = losses_and_slopes(*nothing)
    assert slope[0] == pytest.approx(0, abs=1e-12)
    saddle = Minima(*nothing, loss, slope, np.zeros(1, int), np.ones(1, bool))
    pentagon = minima(1.2 * polygon(5)[None], np.full((1, 5), -0.3))
    left, stayed = (descended_again(at, np.random.default_rng(0)) for at in (saddle, pentagon))
    assert left[0] < loss[0] - 0.1
    assert abs(stayed - pentagon.loss)[0] < ON_LEVEL


def test_slopes_are_the_norms_of_the_gradient() -> None:
    rng = np.random.default_rng(1)
    w, b = rng.normal(size=(1, 2, 3)), rng.normal(size=(1, 3)) / 10
    [loss], [slope] = losses_and_slopes(w, b)
    assert loss == pytest.approx(float(one_active_loss(w[0], b[0])), abs=1e-12)
    flat, step = np.append(w.ravel(), b.ravel()), 1e-6

    def at(v: np.ndarray) -> float:
        return float(losses_and_slopes(v[:6].reshape(1, 2, 3), v[6:][None])[0][0])

    gradient = [(at(flat + step * e) - at(flat - step * e)) / (2 * step) for e in np.eye(9)]
    assert slope == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
