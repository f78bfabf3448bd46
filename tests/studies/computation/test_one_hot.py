"""Readings of one-hot inputs in the plane, on datasets made by hand."""

import numpy as np
import pytest
import xarray as xr

from tegum.studies.computation.one_hot import models, study
from tegum.theory import one_hot as theory
from tegum.theory.polytopes import polygon

SETTINGS = ["relu", "gelu", "relu with bias"]
SAVINGS = {"relu": theory.PENTAGON_SAVING, "gelu": 4.25}


def trained(losses: dict[str, list[float]], n: int = 8) -> xr.Dataset:
    """Losses at the end, after a start at n; NaN for settings that are left out."""
    seeds = len(next(iter(losses.values())))
    ends = [losses.get(name, [np.nan] * seeds) for name in SETTINGS]
    loss = np.stack([np.full((3, seeds), float(n)), ends], axis=-1)[:, None]
    gons = [SAVINGS.get(name, np.nan) for name in SETTINGS]
    return xr.Dataset(
        {
            "loss": (
                ("setting", "trained_n", "seed", "step"),
                np.where(np.isnan(ends), np.nan, 1)[:, None, :, None] * loss,
            ),
            "gon_saving": (("setting", "directions"), np.array(gons)[:, None]),
        },
        {"setting": SETTINGS, "trained_n": [n], "directions": [5], "step": [0, 100]},
    )


def weights(lengths: list[list[float]], setting: str = "gelu", n: int = 8) -> xr.Dataset:
    """Features of these lengths along the first axis, one list a seed."""
    w = np.stack([np.array(lengths), np.zeros_like(lengths)], axis=1)[None, None]
    dims = ("setting", "trained_n", "seed", "hidden", "feature")
    return xr.Dataset({"w": (dims, w)}, {"setting": [setting], "trained_n": [n]})


def test_a_model_ends_in_the_pentagon_that_saves_as_much_as_it_and_a_diverged_one_is_missing():
    ds = trained({"relu": [8 - SAVINGS["relu"], 4.0, np.nan], "gelu": [8 - 4.25, 3.0, 4.0]})
    found = models.ends_in_pentagon(ds).squeeze("trained_n")
    np.testing.assert_array_equal(found.sel(setting="relu"), [1, 0, np.nan])
    np.testing.assert_array_equal(found.sel(setting="gelu"), [1, 0, 0])
    assert found.sel(setting="relu with bias").isnull().all()


def test_fewer_than_five_features_make_no_pentagon():
    assert models.ends_in_pentagon(trained({"relu": [0.0]}, n=4)).isnull().all()


def test_only_models_that_stopped_short_are_asked_whether_they_leave():
    best = 8 - SAVINGS["relu"]
    ds = trained({"relu": [best, 4.0, 4.0, np.nan]})
    after = np.array([[[best, best, 4.0, np.nan]]] * 3)
    ds = ds.assign(nudged_loss=(("setting", "trained_n", "seed"), after))
    found = models.is_left_for_pentagon(ds).sel(setting="relu", trained_n=8)
    np.testing.assert_array_equal(found, [np.nan, 1, 0, np.nan])


def test_a_square_is_left_where_descent_meets_the_pentagon():
    ds = trained({"relu": [4.0]})
    losses = [[5 - SAVINGS["relu"], 1.0], [1.0, 1.0], [np.nan, np.nan]]
    found = models.square_is_left(ds.assign(square_loss=(("setting", "nudge"), losses)))
    np.testing.assert_array_equal(found.sel(setting="relu"), [1, 0])
    np.testing.assert_array_equal(found.sel(setting="gelu"), [0, 0])


def test_lengths_between_a_tenth_and_a_half_are_neither_all_nor_nothing():
    ds = weights([[1.0, 0.0, 0.05], [1.0, 0.3, 0.0], [np.nan] * 3, [0.9, 0.09, np.nan]])
    found = models.is_all_or_nothing(ds).squeeze()
    np.testing.assert_array_equal(found, [1, 0, np.nan, 1])  # the last has two features only
    assert models.is_all_or_nothing(weights([[1.0, 0.3]], n=5)).isnull().all()


def test_distances_from_unit_length_are_in_units_of_relus():
    ends = {"relu": [5 - SAVINGS["relu"]] * 2, "gelu": [5 - 4.25, 1.0]}
    relu, gelu = (weights([[0.9] * 5, [1.2] * 5], name, n=5) for name in ("relu", "gelu"))
    ds = xr.merge([trained(ends, n=5), xr.concat([relu, gelu], "setting")], join="outer")
    found = models.gelu_distance_from_one(ds).squeeze("trained_n")
    # ReLU's distances are 0.1 and 0.2, in the median 0.15; GELU's second model is no pentagon.
    np.testing.assert_allclose(found.sel(seed=0), 0.1 / 0.15)
    assert found.sel(seed=1).isnull().all()


def test_times_are_those_at_which_a_share_of_the_final_saving_is_made():
    loss = 8 - np.array([[0.0, 2.0, 3.7, 4.0], [0.0, 3.9, 3.9, 4.0], [np.nan] * 4])
    dims = ("setting", "trained_n", "seed", "step")
    axes = {"setting": ["relu"], "trained_n": [8], "step": [0, 10, 20, 30]}
    ds = xr.Dataset({"loss": (dims, loss[None, None])}, axes)
    np.testing.assert_array_equal(models.steps_to(ds, 0.5).squeeze(), [10, 10, np.nan])
    np.testing.assert_array_equal(models.steps_to(ds, 0.9).squeeze(), [20, 10, np.nan])


def test_the_least_losses_of_theory_are_not_off():
    best = [0.0, 5 - theory.PENTAGON_SAVING, 8 - theory.PENTAGON_SAVING + 0.5]
    ds = xr.Dataset(
        {"least_loss": (("setting", "n"), [best])}, {"setting": ["relu"], "n": [4, 5, 8]}
    )
    np.testing.assert_allclose(study.off_the_least(ds), [0, 0, 0.5], atol=1e-12)


def test_the_five_fold_order_leaves_out_padding_and_few_features():
    w = np.full((1, 3, 2, 8), np.nan)
    w[0, 0, :, :4], w[0, 1, :, :5] = polygon(4), polygon(5)
    w[0, 2] = np.concatenate([polygon(5), 0.5 * polygon(5)[:, :3]], axis=1)
    dims = ("setting", "n", "hidden", "feature")
    ds = xr.Dataset({"least_w": (dims, w)}, {"setting": ["relu"], "n": [4, 5, 8]})
    np.testing.assert_allclose(study.five_fold(ds), [np.nan, 1, 1])


def test_the_pull_of_the_closed_form_is_not_off_and_another_is():
    lengths, angles = np.array([0.001, 0.1]), np.array([0.0, 36.0])
    exact = np.stack([theory.relu_pull(lengths, angles), 0.5 * np.outer(lengths, [1, 1])])
    axes = {"setting": ["relu", "gelu"], "length": lengths, "angle": angles, "directions": [5]}
    ds = xr.Dataset({"fresh_pull": (("setting", "length", "angle"), exact)}, axes)
    np.testing.assert_allclose(study.closed_form_pull(ds), exact[0])
    # 2(5ρ/4 - 1) = 1/2 at ρ = 1.
    ds = ds.assign(gon_squared_norm=(("setting", "directions"), [[1.0], [1.0]]))
    np.testing.assert_allclose(study.gelu_pull_error(ds), 0, atol=1e-12)


def test_a_bias_stores_what_loses_less_than_a_hundredth():
    found = models.stored_by_bias(trained({"relu with bias": [0.001, 0.5, np.nan]}))
    np.testing.assert_array_equal(found.squeeze(), [1, 0, np.nan])


def test_claims_have_ids_of_their_own():
    ids = [claim.id for claim in study.CLAIMS]
    assert len(set(ids)) == len(ids) == 18
    assert pytest.approx(5 / theory.interference_sum(5)) == theory.PENTAGON_SAVING
