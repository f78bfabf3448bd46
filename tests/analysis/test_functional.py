"""What a head does: its form on features, its loss, its detection."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tegum.analysis.functional import (
    detector_auc,
    feature_coefficients,
    feature_interaction,
    floor_excess,
    floor_relative,
    relative_error,
)
from tegum.theory.optimal_heads import head_floor, head_loss, optimal_head


def brute_force(logits: np.ndarray, present: np.ndarray) -> float:
    with_pair, without = logits[present][:, None], logits[~present][None]
    return float(np.mean((with_pair > without) + 0.5 * (with_pair == without)))


@given(seed=st.integers(0, 10**6), size=st.integers(2, 30))
@settings(deadline=None, max_examples=50)
def test_the_area_is_the_share_of_sample_pairs_in_the_right_order(seed, size):
    rng = np.random.default_rng(seed)
    logits = rng.integers(0, 6, size=(3, size)).astype(float)  # with many ties
    present = np.arange(size) < rng.integers(1, size)
    np.testing.assert_allclose(
        detector_auc(logits, present), [brute_force(row, present) for row in logits]
    )


def test_a_perfect_detector_has_area_one_a_reversed_one_zero_and_a_constant_one_half():
    present = np.array([True, False, True, False])
    logits = np.stack([present, ~present, np.zeros(4)]).astype(float)
    np.testing.assert_allclose(detector_auc(logits, present), [1, 0, 0.5])
    np.testing.assert_allclose(detector_auc(7 * logits - 100, present), [1, 0, 0.5])


def test_a_random_detector_has_area_one_half_within_its_standard_error():
    rng = np.random.default_rng(0)
    areas = detector_auc(rng.normal(size=(500, 40)), np.arange(40) < 10)
    exact = np.sqrt(41 / (12 * 10 * 30))  # of Mann and Whitney's U, without ties
    assert abs(areas.mean() - 0.5) < 4 * exact / np.sqrt(500)
    assert areas.std() == pytest.approx(exact, rel=0.15)


def test_without_a_class_or_with_a_nan_there_is_no_area():
    assert np.isnan(detector_auc(np.arange(3.0), np.zeros(3, bool)))
    assert np.isnan(detector_auc(np.arange(3.0), np.ones(3, bool)))
    areas = detector_auc(np.array([[0, np.nan], [0, 1.0]]), np.array([False, True]))
    np.testing.assert_allclose(areas, [np.nan, 1])


def test_the_best_head_for_features_is_written_in_duals_and_acts_through_the_projector():
    w, weights = np.random.default_rng(1).normal(size=(4, 6)), np.zeros((6, 6))
    weights[0, 1], weights[2, 3] = 1, 2
    omega = optimal_head(w, 0.2, weights, "product", bias=True)[:4, :4]
    projector = np.linalg.pinv(w) @ w
    np.testing.assert_allclose(
        feature_interaction(omega, w), projector @ weights @ projector, atol=1e-10
    )
    # And a head written in features gives its coefficients back, where features are independent.
    few = w[:, :3]
    np.testing.assert_allclose(
        feature_coefficients(few @ weights[:3, :3] @ few.T, few), weights[:3, :3], atol=1e-10
    )


def test_a_relative_error_is_zero_at_the_reference_and_one_for_no_head():
    omega = np.random.default_rng(2).normal(size=(4, 4))
    np.testing.assert_allclose(
        relative_error(np.stack([omega, 0 * omega, 3 * omega]), omega), [0, 1, 2]
    )
    assert relative_error(omega, 0 * omega) == np.inf


def test_a_loss_is_one_floor_at_the_best_head_and_more_elsewhere():
    w, weights = np.random.default_rng(3).normal(size=(4, 6)), np.eye(6)[[1, 0, 2, 3, 4, 5]]
    best, floor = optimal_head(w, 0.2, weights), head_floor(w, 0.2, weights)
    losses = np.array([head_loss(scale * best, w, 0.2, weights) for scale in (1, 1.1, 0)])
    ratio = floor_relative(losses, floor)
    assert ratio[0] == pytest.approx(1)
    assert ratio[1] > 1
    excess = floor_excess(losses, floor, losses[2])
    np.testing.assert_allclose(excess, (losses - floor) / losses[2])


def test_a_floor_of_zero_has_no_ratio_and_an_unknown_one_is_not_infinite():
    np.testing.assert_allclose(
        floor_relative(np.array([1.0, 0.0, 1.0]), np.array([0, 0, np.nan])),
        [np.inf, np.nan, np.nan],
    )
    np.testing.assert_allclose(floor_excess(0.5, 0.0, 2.0), 0.25)
