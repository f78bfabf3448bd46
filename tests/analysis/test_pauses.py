"""Pauses of falling curves: a shelf between two falls is one, a power law and an end are none."""

import numpy as np
import pytest

from tegum.analysis.pauses import paused, time_near

TIMES = np.geomspace(1, 1e4, 401)


def two_falls(first: float, second: float) -> np.ndarray:
    """From 1.1 to 0.1, and from there to 0.05."""
    fall = [1 / (1 + (TIMES / when) ** 2) for when in (first, second)]
    return 0.05 + 0.05 * fall[1] + fall[0]


def test_a_shelf_between_two_falls_is_a_pause() -> None:
    [where] = np.flatnonzero(paused(two_falls(3, 2000), TIMES))
    assert two_falls(3, 2000)[where] == pytest.approx(0.1, rel=0.02)


def test_a_power_law_never_pauses() -> None:
    assert not paused(1 / TIMES, TIMES).any()


def test_two_falls_at_once_have_no_shelf_between_them() -> None:
    assert not paused(two_falls(100, 100), TIMES).any()


def test_a_curve_that_is_not_finite_pauses_nowhere() -> None:
    assert not paused(np.where(TIMES > 100, np.nan, 1 / TIMES), TIMES).any()


def test_a_power_law_spends_equal_time_near_every_value() -> None:
    curve = 1 / TIMES
    shares = time_near(curve, np.array([0.5, 0.05, 0.005]), width=0.1)
    # A tenth on both sides, of 1/e to the power of all decades on the way.
    expected = np.log(1.1 / 0.9) / np.log(1e4)
    assert shares == pytest.approx(expected, rel=0.15)


def test_values_that_are_not_passed_have_no_time() -> None:
    shares = time_near(two_falls(3, 2000), np.array([2.0, 0.1, 0.0501, 0.01]), width=0.01)
    assert np.isnan(shares).tolist() == [True, False, True, True]
    assert np.isnan(time_near(np.full(5, np.nan), np.array([1.0]), width=0.01)).all()
    assert np.isnan(time_near(np.ones(5), np.array([1.0]), width=0.01)).all()
