"""What own outputs and linear read-outs tell of features, on planted cases."""

import numpy as np
import pytest

from tegum.analysis.readouts import (
    best_direction_auc,
    chance_auc,
    linear_readout,
    linear_readout_auc,
    own_output_auc,
)
from tegum.theory.polytopes import polygon

RNG = np.random.default_rng(0)
ACTIVE = RNG.random((3, 2000)) < 0.2


def test_an_output_that_is_its_feature_has_area_one_and_a_constant_one_half():
    outputs = np.where(ACTIVE, 0.3, -1.0)
    outputs[2] = 7.0
    np.testing.assert_allclose(own_output_auc(outputs, ACTIVE), [1, 1, 0.5])


def test_an_output_that_tells_another_feature_tells_its_own_no_better_than_chance():
    area = own_output_auc(np.roll(ACTIVE, 1, axis=0) * 1.0, ACTIVE)
    assert np.abs(area - 0.5).max() < 0.05


def test_a_feature_that_is_always_active_has_no_area():
    assert np.isnan(own_output_auc(np.zeros((1, 5)), np.ones((1, 5), bool))).all()


def test_a_linear_readout_is_the_least_squares_fit_of_each_of_stacked_models():
    h, active = RNG.normal(size=(4, 3, 50)), RNG.random((2, 50)) < 0.5
    weights, constant = linear_readout(h, active)
    for k in range(4):
        with_one = np.concatenate([h[k], np.ones((1, 50))])
        direct = np.linalg.lstsq(with_one.T, active.T * 1.0, rcond=None)[0].T
        np.testing.assert_allclose(weights[k], direct[:, :3])
        np.testing.assert_allclose(constant[k], direct[:, 3])


def test_a_feature_with_an_axis_of_its_own_is_told_by_a_linear_readout():
    h = np.stack([1.0 * ACTIVE[0], RNG.normal(size=2000)])
    area = linear_readout_auc((h, ACTIVE), h, ACTIVE)
    assert area[0] == 1.0
    assert np.abs(area[1:] - 0.5).max() < 0.06


def test_a_feature_in_the_middle_of_a_line_is_told_by_no_direction_but_by_a_bump():
    place = np.where(ACTIVE[0], 0.0, np.where(RNG.random(2000) < 0.5, 1.0, -1.0))
    h = np.stack([place, 0 * place])
    half = polygon(36)
    assert abs(linear_readout_auc((h, ACTIVE), h, ACTIVE)[0] - 0.5) < 0.05
    assert abs(best_direction_auc((h, ACTIVE), h, ACTIVE, half)[0] - 0.5) < 0.05
    assert own_output_auc(-np.abs(place)[None], ACTIVE[:1])[0] == 1.0


def test_the_best_direction_is_found_either_way_round_and_for_stacked_models():
    noise = RNG.normal(size=(2, 2000))
    h = np.stack([np.stack([sign * 9.0 * ACTIVE[0], noise[0]]) + noise for sign in (1, -1)])
    area = best_direction_auc((h, ACTIVE), h, ACTIVE, polygon(36))
    assert area.shape == (2, 3)
    assert area[:, 0].min() > 0.99


def test_a_relu_of_a_direction_tells_a_feature_at_one_end_of_it_better_than_the_direction():
    # Active ones lie above 1; of the others nine in ten lie below 0, where active ones are too.
    rng = np.random.default_rng(1)
    active = rng.random(4000) < 0.3
    place = np.where(active & (rng.random(4000) < 0.6), 2.0, 0.0) + rng.normal(size=4000) * 0.1
    place = np.where(active & (place < 1), place - 1.0, place)  # the rest are at the other end
    h, known = np.stack([place, 0 * place]), active[None]
    line = best_direction_auc((h, known), h, known, np.array([[1.0], [0.0]]))
    relu = best_direction_auc((h, known), h, known, np.array([[1.0], [0.0]]), (0.0, 0.5, 0.8))
    assert line[0] == pytest.approx(0.6, abs=0.03)
    assert relu[0] == pytest.approx(0.8, abs=0.03)  # 0.6 on top, 0.4 tied with all others


def test_chance_stays_below_its_bound_in_95_percent():
    values = RNG.random((1000, 150))
    area = own_output_auc(values, np.tile(np.arange(150) < 30, (1000, 1)))
    assert np.mean(area > chance_auc(30.0, 120.0)) == pytest.approx(0.05, abs=0.02)
