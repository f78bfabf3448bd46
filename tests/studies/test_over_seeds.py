"""Medians and shares over seeds: the numbers they give, and intervals that other seeds do fall into."""

import numpy as np
import pytest
import xarray as xr

from tegum.analysis.statistics import bootstrap_interval, median_interval
from tegum.studies.over_seeds import mean, median


def of(values, *dims: str) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=dims)


def test_the_worst_setting_counts_with_its_own_interval():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 21)) + np.array([[0.0], [5.0], [1.0]])
    low, high = (median(of(values, "density", "seed"), worst) for worst in ("least", "greatest"))
    assert low.value == np.median(values[0])
    assert high.value == np.median(values[1])
    assert low.interval == pytest.approx(tuple(map(float, median_interval(values[0])[1:])))


def test_several_settings_need_to_say_which_is_worst():
    with pytest.raises(ValueError, match="density"):
        median(of(np.zeros((2, 3)), "density", "seed"))


def test_what_is_pooled_does_not_count_as_replication():
    """Two sides that are always alike tell no more than one: the interval stays as wide."""
    one = np.random.default_rng(1).normal(size=25)
    both = median(of(np.stack([one, one], axis=1), "seed", "side"), over=("seed", "side"))
    alone = bootstrap_interval(one, resamples=20_000)
    assert both.value == np.median(one)
    assert both.interval == pytest.approx((alone.low, alone.high), abs=0.15)


def test_shares_have_the_binomial_spread_of_seeds():
    holds = np.arange(100) < 30
    found = mean(of(holds, "seed"))
    assert found.value == 0.3
    # The binomial's 2.5 and 97.5 percentiles at n = 100, p = 0.3.
    assert found.interval == pytest.approx((0.21, 0.39), abs=0.011)


def test_of_shares_too_the_worst_setting_counts():
    holds = np.array([[1, 1, 1, 0], [1, 0, 0, 0]])
    assert mean(of(holds, "density", "seed"), "least").value == 0.25
    assert mean(of(holds, "density", "seed"), "greatest").value == 0.75
    assert mean(of(holds, "density", "seed"), 0.7).value == 0.25
    assert mean(of(holds, "density", "seed")).value == 0.5


def test_models_that_are_missing_are_left_out_and_counted():
    values = np.array([1.0, np.nan, 3.0, 2.0])
    found = median(of(values, "seed"), note="so")
    assert (found.value, found.note) == (2.0, "so; 3 of 4 seeds count")
    assert mean(of([1, np.nan, 0, 0], "seed")).value == pytest.approx(1 / 3)


def test_nothing_to_count_is_not_a_number_and_one_seed_has_no_interval():
    assert np.isnan(median(of([np.nan, np.nan], "seed")).value)
    assert np.isnan(mean(of([np.nan], "seed")).value)
    assert median(of([2.0], "seed")).interval is None
    assert mean(of([1.0], "seed")).interval is None
