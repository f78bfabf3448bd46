"""Controls: each takes away what it says, and leaves the rest."""

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.core import controls


@pytest.fixture
def ds() -> xr.Dataset:
    rng = np.random.default_rng(0)
    return xr.Dataset(
        {
            "w": (("seed", "hidden", "feature"), rng.normal(size=(200, 10, 6))),
            "cosine": (("seed", "density"), np.ones((200, 3))),
            "kept": ("density", [1.0, 2.0, 3.0]),
        },
        coords={"density": [1.0, 0.5, 0.1]},
    )


def test_shuffling_leaves_nothing_in_its_place_and_loses_nothing(ds: xr.Dataset):
    spoilt = controls.shuffled("w", "feature").spoil(ds)
    assert not np.any(np.all(spoilt.w.values == ds.w.values, axis=(0, 1)))
    np.testing.assert_array_equal(np.sort(spoilt.w, axis=-1), np.sort(ds.w, axis=-1))
    xr.testing.assert_identical(spoilt.kept, ds.kept)


def test_random_cosines_have_the_spread_of_random_directions(ds: xr.Dataset):
    spoilt = controls.random_cosines("cosine").spoil(ds).cosine
    assert float((spoilt**2).mean()) == pytest.approx(1 / 10, abs=0.02)
    best = controls.random_cosines("cosine", slices=10).spoil(ds).cosine
    assert float((best**2).mean()) > 2 / 10


def test_what_is_missing_stays_missing(ds: xr.Dataset):
    holed = ds.assign(cosine=ds.cosine.where(ds.density < 1))
    made = (
        controls.random_cosines("cosine"),
        controls.noisy("cosine", 0.1),
        controls.constant("cosine", 0.0, "nothing"),
        controls.random_signs("cosine"),
    )
    for control in made:
        assert bool(control.spoil(holed).cosine.sel(density=1.0).isnull().all())
        assert bool(control.spoil(holed).cosine.sel(density=0.5).notnull().all())


def test_noise_is_of_the_size_that_it_says(ds: xr.Dataset):
    error = controls.noisy("cosine", 0.1).spoil(ds).cosine - 1
    assert float(error.std()) == pytest.approx(0.1 * np.sqrt(2), rel=0.1)


def test_untrained_weights_are_xavier_normal(ds: xr.Dataset):
    spoilt = controls.untrained().spoil(ds).w
    assert float(spoilt.std()) == pytest.approx(np.sqrt(2 / 16), rel=0.05)
    assert not np.any(spoilt.values == ds.w.values)


def test_settings_are_exchanged_or_run_backwards_under_their_labels(ds: xr.Dataset):
    np.testing.assert_array_equal(controls.exchanged("density", 1.0, 0.1).spoil(ds).kept, [3, 2, 1])
    backwards = controls.reversed_along("density").spoil(ds)
    np.testing.assert_array_equal(backwards.kept, [3, 2, 1])
    np.testing.assert_array_equal(backwards.density, ds.density)


def test_a_constant_or_another_reading_stands_in_a_variables_place(ds: xr.Dataset):
    assert bool((controls.constant("kept", 7.0, "seven").spoil(ds).kept == 7).all())
    other = controls.replaced("squares", kept=lambda d: d.kept**2).spoil(ds)
    np.testing.assert_array_equal(other.kept, [1, 4, 9])


def test_controls_repeat(ds: xr.Dataset):
    for control in (controls.untrained(), controls.random_signs("cosine")):
        xr.testing.assert_identical(control.spoil(ds), control.spoil(ds))


def test_a_control_of_a_variable_that_is_not_there_is_refused(ds: xr.Dataset):
    with pytest.raises(BadInputError, match="unknown variable of the control 'x' 'kep'; did you"):
        controls.replaced("x", kep=lambda d: 0).spoil(ds)
