"""What head-subspaces reads off a dataset, on small ones made by hand."""

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies import core
from tegum.studies.attention.subspaces import factors
from tegum.studies.attention.subspaces.factors import AFFINE, KINDS, SETTINGS
from tegum.theory.factor_slices import largest_share

NAN = np.nan


def energies(rows: list[list[float]], density: float = 0.02) -> xr.Dataset:
    """One head of each rank, 1, 2, ..., and the energies of the five kinds in its slices."""
    values = np.array(rows)[None, :, None, :]
    coords = {"density": [density], "rank": np.arange(1, len(rows) + 1), "kind": list(KINDS)}
    dims = ("density", "rank", "seed", "kind")
    return xr.Dataset({"energy": (dims, values)}, {"seed": [0], **coords})


def test_slices_are_in_order_where_r_of_them_serve_the_first_r_kinds():
    ds = energies([[0.9, 0.2, 0, 0, 0], [0.9, 0.4, 0.6, 0, 0], [0.9, 0.9, 0.7, 0, 0.6]])
    assert factors.in_order(ds).values.ravel().tolist() == [1, 0, 0]


def test_order_is_missing_where_an_energy_is_or_features_are_dense():
    missing = energies([[0.9, 0.2, 0, 0, NAN]])
    assert np.isnan(factors.in_order(missing).values.astype(float)).all()
    dense = energies([[0.9, 0.2, 0, 0, 0]], density=0.3)
    assert np.isnan(factors.in_order(dense).values.astype(float)).all()


def test_a_pentagon_comes_first_only_where_slices_are_fewer_than_five():
    rows = [[0.1, 0, 0, 0, 0.9], [0.9, 0, 0, 0, 0.1], [NAN] * 5, [0.9] * 5, [0.1, 1, 1, 1, 0.9]]
    found = factors.pentagon_before_dedicated(energies(rows)).values.ravel().astype(float)
    np.testing.assert_array_equal(found, [1, 0, NAN, 0, NAN])


def test_ratios_are_held_against_leverage_at_the_lowest_density():
    tau = [[1, 0.5, 0.5, 0.5, 0.5], [1, 0.74, 2 / 3, 0.5, 0.43]]
    ds = xr.Dataset(
        {"tau": (("density", "kind"), tau)}, {"density": [0.3, 0.02], "kind": list(KINDS)}
    )
    np.testing.assert_allclose(factors.ratio_error(ds), [0, 0.01, 0, 0, 0.03], atol=1e-12)
    assert factors.lowest(ds) == 0.02


def blocks(purity: float, theory: float) -> xr.Dataset:
    """Slices with so much of them in one factor, in every setting, and as much in theory."""
    settings = list(SETTINGS)
    energy = np.full((1, len(settings), 2, 1, 2), [purity, 1 - purity])
    energy[:, :, 1] = NAN
    return xr.Dataset(
        {
            "block_energy": (("variant", "setting", "seed", "slice", "factor"), energy),
            "purity_theory": (("variant", "setting", "slice"), np.full((1, 4, 1), theory)),
        },
        {"variant": [AFFINE], "setting": settings, "seed": [0, 1]},
    )


def test_purity_is_the_largest_block_energy_and_missing_where_one_is():
    np.testing.assert_allclose(factors.slice_purity(blocks(0.3, 1)).isel(seed=0), 0.7)
    assert bool(factors.slice_purity(blocks(0.3, 1)).isel(seed=1).isnull().all())


def test_purity_is_held_against_theory_where_singular_values_are_distinct():
    error = factors.purity_error(blocks(0.75, 1.0)).isel(variant=0, slice=0, seed=0)
    np.testing.assert_allclose(error, [0.25, 0.25, NAN, 0.25])


def test_some_settings_of_heads_with_a_constant_input_are_picked():
    picked = factors.of_affine(factors.DIGONS_EQUAL)(blocks(0.75, 1.0))
    assert picked.setting.values.tolist() == [factors.DIGONS_EQUAL]


def test_the_entropy_that_a_note_speaks_of_is_that_of_two_equal_halves():
    ds = blocks(0.5, 1.0).isel(seed=[0])
    assert f"{np.log(2):.3f} nats" in factors.entropies(ds)


def test_bounds_of_mixtures_stand_so_many_standard_errors_from_their_mean():
    mean, deviation = largest_share(5)
    ds = xr.Dataset({"x": ("seed", np.zeros(16))})
    assert factors.mixed(-4.0).of(ds, core.Measured(0.5)) == pytest.approx(mean - deviation)
    assert factors.mixed(4.0).of(ds, core.Measured(0.5)) == pytest.approx(mean + deviation)


def trained() -> xr.Dataset:
    """Three dictionaries: as theory says, the other way round, and one that has not the factors."""
    two = [[0.9, 0.8, 0.1, 0.2, 0.0], [0.9, 0.3, 0.4, 0.2, 0.0], [NAN] * 5]
    purity = [[0.9, 0.9], [0.5, 0.9], [NAN, NAN]]
    return xr.Dataset(
        {
            "two_slices": (("way", "seed", "asked"), [two, two]),
            "purity": (("way", "seed", "slice"), [purity, np.array(purity) + 0.05]),
            "purity_null": ("seed", [0.6, 0.6, NAN]),
            "enough": ("seed", [1.0, 1.0, 0.0]),
            "factors": ("seed", [10.0, 8.0, NAN]),
            "digons": ("seed", [7.0, 5.0, NAN]),
        },
        {"way": ["trained", "closed form"], "seed": [0, 1, 2]},
    )


def test_dedicated_features_come_first_where_the_lesser_beats_every_other():
    np.testing.assert_array_equal(factors.dedicated_first(trained()).astype(float), [1, 0, NAN])


def test_purity_on_trained_weights_is_compared_with_chance_and_theory():
    above = factors.above_null(trained()).astype(float)
    np.testing.assert_array_equal(above, [[1, 1], [0, 1], [NAN, NAN]])
    np.testing.assert_allclose(factors.trained_error(trained())[:2], 0.05)
    assert factors.models_asked(trained()) == "2 models, of about 9 factors, 6 of them digons"


def test_the_longest_feature_of_two_dedicated_and_three_larger_factors_is_asked_for():
    labels = np.array([0, 1, 1, 2, 2, 3, 4, 4, 5, -1])
    w = np.diag([1.0, 1.0, 2.0, 3.0, 1.0, 1.0, 1.0, 1.5, 9.0, 9.0])
    assert factors.longest_of(w, labels) == [0, 5, 2, 3, 7]


def test_too_few_dimensions_are_refused():
    with pytest.raises(BadInputError, match="n_hidden"):
        factors.Config(n_hidden=4)
