"""Measures: the numbers they give, and intervals that other seeds do fall into; NaN stays missing."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.nulls import chance_quantile, coin_share
from tegum.analysis.statistics import bootstrap_interval, median_interval
from tegum.studies.core import Measured
from tegum.studies.core.measures import (
    COIN,
    above,
    all_along,
    at,
    below,
    both,
    chance,
    extreme,
    median,
    negated,
    number,
    of_weights,
    share,
)

NOTHING = xr.Dataset()


def of(values, *dims: str, **coords) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=dims, coords=coords)


def taken(measure_of, values: xr.DataArray, *arguments, **options) -> Measured:
    return measure_of(lambda _: values, *arguments, **options)(NOTHING)


def test_the_worst_setting_counts_with_its_own_interval_and_says_of_how_many():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 21)) + np.array([[0.0], [5.0], [1.0]])
    low, high = (taken(median, of(values, "density", "seed"), w) for w in ("least", "greatest"))
    assert low.value == np.median(values[0])
    assert high.value == np.median(values[1])
    assert low.interval == pytest.approx(tuple(map(float, median_interval(values[0])[1:])))
    assert low.note == "worst of 3 settings"
    assert taken(median, of([[1], [4], [3]], "density", "seed"), 2.9).value == 1


def test_several_settings_need_to_say_which_is_worst():
    with pytest.raises(ValueError, match="density"):
        taken(median, of(np.zeros((2, 3)), "density", "seed"))


def test_what_is_pooled_does_not_count_as_replication():
    """Two sides that are always alike tell no more than one: the interval stays as wide."""
    one = np.random.default_rng(1).normal(size=25)
    pooled = taken(median, of(np.stack([one, one], axis=1), "seed", "side"), over=("seed", "side"))
    alone = bootstrap_interval(one, resamples=20_000)
    assert pooled.value == np.median(one)
    assert pooled.interval == pytest.approx((alone.low, alone.high), abs=0.15)
    assert pooled.count == 50


def test_shares_have_the_binomial_spread_of_seeds():
    found = taken(share, of(np.arange(100) < 30, "seed"))
    assert found.value == 0.3
    # The binomial's 2.5 and 97.5 percentiles at n = 100, p = 0.3.
    assert found.interval == pytest.approx((0.21, 0.39), abs=0.011)


def test_of_shares_too_the_worst_setting_counts():
    holds = of([[1, 1, 1, 0], [1, 0, 0, 0]], "density", "seed")
    assert taken(share, holds, "least").value == 0.25
    assert taken(share, holds, "greatest").value == 0.75
    assert taken(share, holds, 0.7).value == 0.25
    assert taken(share, holds).value == 0.5


def test_models_that_are_missing_are_left_out_and_counted():
    found = taken(median, of([1.0, np.nan, 3.0, 2.0], "seed"), note="so")
    assert (found.value, found.note, found.count) == (2.0, "so; 3 of 4 seeds count", 3)
    assert taken(share, of([1, np.nan, 0, 0], "seed")).value == pytest.approx(1 / 3)


def test_nothing_to_count_is_nothing_to_judge_and_one_seed_has_no_interval():
    for measure in (median, share):
        assert taken(measure, of([np.nan, np.nan], "seed")).empty
        assert taken(measure, of([2.0], "seed")).interval is None
    assert taken(extreme, of([np.nan], "seed"), "least").empty
    assert taken(median, of(np.zeros((0, 3)), "density", "seed"), "least").empty
    assert taken(share, of(np.zeros((0, 3)), "density", "seed")).empty


def test_an_extreme_is_of_every_value():
    values = of([[3.0, np.nan], [1.0, 7.0]], "density", "seed")
    assert taken(extreme, values, "least").value == 1
    found = taken(extreme, values, "greatest")
    assert (found.value, found.note, found.count) == (7, "greatest of 3", 3)


def test_a_number_is_what_it_is():
    assert number(lambda _: 0.25, note=lambda _: "so")(NOTHING) == Measured(0.25, "so")


def test_a_coin_is_as_wide_as_the_models_that_count():
    assert COIN.of(NOTHING, Measured(1.0, count=20)) == coin_share(20)


def test_chance_is_of_a_runs_hidden_dimensions():
    of_config = xr.Dataset(attrs={"config": json.dumps({"n_hidden": 12})})
    of_weights_ = xr.Dataset({"w": (("hidden", "feature"), np.zeros((5, 7)))})
    assert chance().of(of_config, Measured(0.0)) == chance_quantile(0.95, 12)
    assert chance("all").of(of_weights_, Measured(0.0)) == chance_quantile(0.95, 5, 5)


def test_truth_keeps_what_is_missing():
    x = of([1.0, 2.0, np.nan], "seed")
    np.testing.assert_array_equal(above(x, 1.5), [0, 1, np.nan])
    np.testing.assert_array_equal(below(x, 1.5), [1, 0, np.nan])
    np.testing.assert_array_equal(above(x, of([np.nan, 0, 0], "seed")), [np.nan, 1, np.nan])
    np.testing.assert_array_equal(both(above(x, 0), below(x, 1.5)), [1, 0, np.nan])
    np.testing.assert_array_equal(negated(above(x, 1.5)), [1, 0, np.nan])
    sides = of([[1, 1], [1, 0], [1, np.nan]], "seed", "side")
    np.testing.assert_array_equal(all_along(sides, "side"), [1, 0, np.nan])


def test_a_reading_is_taken_at_labels_or_where_they_satisfy_something():
    values = of([[1, 2], [3, 4]], "density", "mode", density=[1.0, 0.1], mode=["joint", "apart"])
    ds = xr.Dataset({"x": values})
    read = lambda d: d.x  # noqa: E731
    assert at(read, density=0.1, mode="joint")(ds).item() == 3
    sparse = at(read, density=lambda p: p <= 0.5)(ds)
    assert (sparse.sizes["density"], float(sparse.sum())) == (1, 7)
    assert bool(at(read, mode="elsewhere")(ds).isnull().all())


def test_readings_of_weights_are_missing_where_a_model_diverged():
    w = of([[[3.0, 0.0], [4.0, 1.0]], [[np.nan, 0], [0, 0]]], "seed", "hidden", "feature")
    found = of_weights(geometry.norms, w)
    np.testing.assert_array_equal(found, [[5, 1], [np.nan, np.nan]])
    rank = of_weights(lambda x: np.linalg.matrix_rank(x), w, per=None)
    np.testing.assert_array_equal(rank, [2, np.nan])
