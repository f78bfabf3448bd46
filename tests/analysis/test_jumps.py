"""Jumps of curves: planted ones are found, and smooth or jagged ways of the same length have none."""

import numpy as np
import pytest

from tegum.analysis.jumps import inside, jumps
from tegum.errors import BadInputError

TIMES = np.arange(0.0, 1001.0, 5.0)
FIND = {"least": 0.2, "longest": 200.0}


def sigmoid(middle: float, height: float, width: float) -> np.ndarray:
    """From 0 to a height; the middle half of the way takes about half a `width`."""
    return height / (1 + np.exp(-8 * (TIMES - middle) / width))


def test_planted_jumps_are_found_where_they_are_with_their_sizes() -> None:
    curve = sigmoid(200, 0.5, 100) - sigmoid(500, 0.25, 60) + sigmoid(800, 0.7, 150)
    found = jumps(curve, TIMES, **FIND)
    assert [abs(jump.peak - at) <= 10 for jump, at in zip(found, (200, 500, 800), strict=True)]
    np.testing.assert_allclose([jump.size for jump in found], (0.5, -0.25, 0.7), rtol=0.15)
    assert all(jump.start < jump.peak < jump.end for jump in found)


def test_a_jump_survives_noise_of_a_twentieth_of_its_size() -> None:
    noise = np.random.default_rng(0).normal(scale=0.01, size=TIMES.size)
    [found] = jumps(sigmoid(400, 0.5, 100) + noise, TIMES, **FIND)
    assert abs(found.peak - 400) <= 30
    assert found.size == pytest.approx(0.5, rel=0.2)


@pytest.mark.parametrize("total", [0.5, 1.0, 5.0])
def test_a_smooth_drift_of_any_length_has_none(total: float) -> None:
    assert not jumps(total * TIMES / 1000, TIMES, **FIND)
    assert not jumps(total * (TIMES / 1000) ** 2, TIMES, **FIND)
    assert not jumps(total * np.exp(-TIMES / 300), TIMES, **FIND)


def test_a_random_walk_of_the_same_total_variation_as_planted_jumps_has_none() -> None:
    total = 0.5 + 0.25 + 0.7
    rng = np.random.default_rng(1)
    for _ in range(50):
        walk = np.cumsum(rng.choice([-1, 1], TIMES.size)) * total / TIMES.size
        assert not jumps(walk, TIMES, **FIND)


def test_what_takes_longer_or_is_smaller_than_asked_is_no_jump() -> None:
    assert not jumps(sigmoid(500, 0.5, 500), TIMES, **FIND)
    assert not jumps(sigmoid(500, 0.15, 100), TIMES, **FIND)


def test_a_way_that_never_rests_before_it_is_no_jump_between_levels() -> None:
    falling = np.exp(-TIMES / 40)
    assert not jumps(falling, TIMES, **FIND)
    assert len(jumps(falling + sigmoid(600, 0.5, 100), TIMES, **FIND)) == 1


def test_going_backwards_in_time_turns_a_jump_round() -> None:
    curve = sigmoid(300, 0.5, 100)
    [there], [back] = jumps(curve, TIMES, **FIND), jumps(curve[::-1], TIMES, **FIND)
    assert back.size == pytest.approx(-there.size)
    assert back.peak == pytest.approx(1000 - there.peak)


def test_curves_that_are_not_finite_have_none_and_bad_times_are_refused() -> None:
    assert not jumps(np.full(TIMES.size, np.nan), TIMES, **FIND)
    with pytest.raises(BadInputError, match="rising"):
        jumps(np.zeros(3), np.array([0.0, 2.0, 1.0]), **FIND)
    with pytest.raises(BadInputError, match="least"):
        jumps(TIMES, TIMES, least=0.0, longest=1.0)


def test_inside_marks_the_times_from_start_to_end() -> None:
    [found] = jumps(sigmoid(400, 0.5, 100), TIMES, **FIND)
    marked = TIMES[inside([found], TIMES)]
    assert (marked[0], marked[-1]) == (found.start, found.end)
    assert not inside([], TIMES).any()
