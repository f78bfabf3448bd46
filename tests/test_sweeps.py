"""Fits and sweeps: labelled, exact, and each model as if it were alone."""

import numpy as np
import pytest
import xarray as xr

import tegum
from tegum.errors import BadInputError
from tegum.theory.expected import expected_loss
from tegum.theory.optima import linear_optimum

SMALL = {"n_features": 3, "n_hidden": 2, "steps": 20, "batch": 32, "seeds": 2}


def test_a_fit_is_labelled_and_its_losses_are_exact():
    ds = tegum.fit(**SMALL, density=0.3)
    assert ds.w.dims == ("seed", "hidden", "feature")
    for seed in ds.seed.values:
        one = ds.sel(seed=seed)
        assert float(one.loss) == pytest.approx(expected_loss(one.w.values, one.b.values, 0.3))
    np.testing.assert_allclose(ds.norm**2, (ds.w**2).sum("hidden"))
    assert all(variable.attrs["long_name"] for variable in ds.data_vars.values())


def test_what_is_a_list_becomes_an_axis_and_each_model_is_as_if_alone():
    ds = tegum.sweep(**SMALL, density=[0.9, 0.1], activation=["relu", "gelu"], tied=[True, False])
    assert dict(ds.loss.sizes) == {"activation": 2, "tied": 2, "density": 2, "seed": 2}
    alone = tegum.fit(**SMALL, density=0.1)
    there = ds.sel(density=0.1, activation="relu", tied=True, drop=True)
    xr.testing.assert_equal(there.w.transpose(*alone.w.dims), alone.w)
    assert bool(ds.loss.sel(tied=False).isnull().all())
    assert bool(ds.sampled_loss.notnull().all())


def test_linear_models_approach_the_closed_form():
    fields = SMALL | {"steps": 3000, "batch": 256}
    ds = tegum.fit(
        **fields, density=0.5, activation="linear", importance_decay=0.5, learning_rate=1e-2
    )
    best = linear_optimum(2, 0.5, 0.5 ** np.arange(3)).loss
    assert bool((ds.loss >= best - 1e-9).all())
    assert bool((ds.gap_to_best < 0.02).all())


def test_sizes_may_differ_and_what_one_lacks_is_missing():
    ds = tegum.sweep(**SMALL | {"n_hidden": [1, 2]}, density=0.5)
    assert ds.w.sizes["hidden"] == 2
    assert bool(ds.w.sel(n_hidden=1).isel(hidden=1).isnull().all())


def test_a_model_that_diverged_is_missing():
    ds = tegum.sweep(**SMALL, density=0.5, learning_rate=[1e-3, 1e30])
    assert bool(ds.loss.sel(learning_rate=1e30).isnull().all())
    assert bool(ds.loss.sel(learning_rate=1e-3).notnull().all())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (SMALL, "density: got 'nothing', expected a value, or a list of values"),
        ({**SMALL, "density": 0.5, "dnsity": 1}, "unknown setting 'dnsity'; did you mean density?"),
        ({**SMALL, "density": []}, "density: got [], expected at least one value"),
        ({**SMALL, "density": [0.5, 0.5]}, "density: got [0.5, 0.5], expected at least one value"),
        ({**SMALL, "density": 2.0}, "density: got 2.0"),
        ({**SMALL, "density": 0.5, "seeds": 0}, "seeds: got 0, expected a whole number"),
        ({**SMALL, "density": 0.5, "activation": "rlu"}, "unknown activation 'rlu'"),
    ],
)
def test_bad_settings_are_one_line(settings, says: str):
    with pytest.raises(BadInputError) as error:
        tegum.sweep(**settings)
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)
