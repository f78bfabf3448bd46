"""Doubt: claims that are true fail at the promised rate, a worst of many included; power is true."""

import numpy as np
import pytest
import xarray as xr

from tegum.studies.core import Claim, Control, Measured
from tegum.studies.core.doubt import ALPHA, half_widths, seeds_to_tell
from tegum.studies.core.measures import above, extreme, median, share

TRIALS = 200
RNG = np.random.default_rng(0)


def noise(seeds: int, settings: int, draw=RNG.standard_normal) -> xr.Dataset:
    """Every setting's median is 0; in some of many seeds' medians are not."""
    return xr.Dataset({"x": (("seed", "setting"), draw((seeds, settings)))})


def rate_of_failure(claim: Claim, seeds: int, settings: int, draw=RNG.standard_normal) -> float:
    return float(np.mean([claim.judge(noise(seeds, settings, draw)).fails for _ in range(TRIALS)]))


def skewed(shape: tuple[int, ...]) -> np.ndarray:
    return RNG.exponential(size=shape) - np.log(2)  # median 0


@pytest.mark.parametrize("seeds", [5, 20])
@pytest.mark.parametrize("settings", [1, 50])
@pytest.mark.parametrize("draw", [RNG.standard_normal, skewed])
def test_a_true_claim_fails_in_at_most_a_twentieth_of_runs_however_many_settings(
    seeds: int, settings: int, draw
):
    claim = Claim("id", "So.", "s", median(lambda ds: ds.x, "greatest"), high=0.0)
    # Three standard deviations of a share over so many trials.
    slack = 3 * np.sqrt(ALPHA * (1 - ALPHA) / TRIALS)
    assert rate_of_failure(claim, seeds, settings, draw) <= ALPHA + slack


def test_judged_by_the_number_alone_it_would_fail_nearly_always():
    claim = Claim("id", "So.", "s", extreme(lambda ds: ds.x.median("seed"), "greatest"), high=0.0)
    assert rate_of_failure(claim, 5, 20) > 0.95


def test_a_false_claim_fails_once_there_are_seeds_enough():
    claim = Claim("id", "So.", "s", median(lambda ds: ds.x, "greatest"), high=-1.0)
    needed = seeds_to_tell([(1.0, np.sqrt(np.pi / 2))] * 5)
    assert needed is not None
    assert rate_of_failure(claim, 2 * needed, 5) > 0.95
    assert rate_of_failure(claim, 2, 5) < 0.5


def test_a_true_share_fails_in_at_most_a_twentieth_of_runs():
    coins = lambda shape: (RNG.random(shape) < 0.95) - 0.5  # noqa: E731
    claim = Claim("id", "So.", "s", share(lambda ds: above(ds.x, 0), "least"), low=0.95)
    assert rate_of_failure(claim, 12, 4, coins) <= ALPHA + 3 * np.sqrt(ALPHA / TRIALS)


def test_one_seed_leaves_everything_open_and_more_leave_less():
    widths = half_widths(np.ones(4), np.array([1.0, 2.0, 5.0, 50.0]), 1)
    assert np.isinf(widths[0])
    assert np.all(np.diff(widths) < 0)
    # Student: t(0.95, 4) = 2.132 for five seeds.
    assert widths[2] == pytest.approx(2.132 / np.sqrt(5), rel=1e-3)


def test_the_power_is_the_first_number_of_seeds_that_tells():
    seeds = seeds_to_tell([(0.3, 1.0), (0.1, 1.0)] + 5 * [(-1.0, 0.1)])
    assert seeds is not None
    before, at = half_widths(np.ones(2), np.array([seeds - 1.0, seeds]), 7)
    assert at < 0.3 <= before
    assert seeds_to_tell([(0.0, 1.0)]) is None
    assert seeds_to_tell([(1e-6, 1.0)]) is None


def run_of(*values: float) -> xr.Dataset:
    return xr.Dataset({"x": ("seed", list(values))}, attrs={"config": "{}"})


def test_what_misses_its_bound_by_less_than_its_doubt_is_undecided_with_its_number():
    claim = Claim("id", "So.", "s", median(lambda ds: ds.x), high=1.0)
    verdict = claim.judge(run_of(0.0, 1.1, 2.0))
    assert (verdict.judgement, verdict.measured, verdict.fails) == ("empty", 1.1, False)
    assert "too few seeds to tell it from its bound" in verdict.note
    assert "2 of 3 single values beyond the bound" in verdict.note
    assert claim.judge(run_of(2.0, 2.1, 2.2)).fails


def test_what_cannot_be_told_from_its_control_is_undecided_too():
    control = Control("reversed", lambda ds: -ds)
    claim = Claim("id", "So.", "s", median(lambda ds: ds.x), low=0.0, control=control)
    few, enough = claim.judge(run_of(-3.0, 1.0, 3.0)), claim.judge(run_of(1.0, 1.0, 1.1))
    assert (few.judgement, few.control.fails) == ("empty", False)
    assert few.control.decides_from > 3
    assert (enough.judgement, enough.power) == ("holds", "decides from 2 seeds on")


def test_what_is_no_statistic_of_seeds_is_judged_as_it_is():
    assert Claim("id", "So.", "s", lambda _: Measured(1.1), high=1.0).judge(run_of(0.0)).fails
