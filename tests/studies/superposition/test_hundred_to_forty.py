"""Readings of 100→40 on models made by hand; both trainings differ in what they say they do."""

import json

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose

from tegum.analysis.pairs import chance_top_share
from tegum.errors import BadInputError
from tegum.features import SparseFeatures
from tegum.studies.superposition.hundred_to_forty import models, readings, study
from tegum.theory.expected import expected_loss
from tegum.theory.known import best_known_loss
from tegum.theory.optima import d_star, maxwell

CLAIMS = {claim.id: claim for claim in study.CLAIMS}
N, M, SEEDS = 20, 8, 6
DENSITIES = (1.0, 0.4, 0.01)


def digons() -> np.ndarray:
    """Two features in each dimension, the others dropped."""
    w = np.zeros((M, N))
    w[np.arange(M), 2 * np.arange(M)], w[np.arange(M), 2 * np.arange(M) + 1] = 1, -1
    return w


def projector(seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(N, M)))[0].T


def linear_bias(w: np.ndarray) -> np.ndarray:
    return (1 - (w.T @ w).sum(1)) / 2


def trained() -> xr.Dataset:
    """Mended: projectors, then digons, then random directions. Reader: long random columns."""
    rng = np.random.default_rng(0)
    w, b = np.zeros((3, 2, SEEDS, M, N)), np.zeros((3, 2, SEEDS, N))
    w[:, 0] = rng.normal(size=(3, SEEDS, M, N))
    w[1, 1], w[2, 1] = digons(), rng.normal(size=(SEEDS, M, N)) / M**0.5
    for seed in range(SEEDS):
        w[0, 1, seed] = projector(seed)
        b[0, 1, seed] = linear_bias(w[0, 1, seed])
    loss = np.stack([np.full((2, SEEDS), each) for each in (1.0, 0.5, 0.001)])
    loss[:, 0] *= 10
    axes = ("density", "arm", "seed")
    return xr.Dataset(
        {
            "w": ((*axes, "hidden", "feature"), w),
            "b": ((*axes, "feature"), b),
            "loss": (axes, loss),
            "kept": (axes, np.broadcast_to(np.array([0.9, 0.7])[:, None], loss.shape)),
        },
        {"density": list(DENSITIES), "arm": list(models.ARMS)},
        {"config": json.dumps({"n_features": N, "n_hidden": M})},
    )


DS = trained()


def test_digons_hold_all_of_their_cosines_in_few_pairs_and_a_block_each():
    here = {"density": 0.4, "arm": "mended", "seed": 0}
    assert float(readings.share_of_top(DS).sel(here)) == pytest.approx(
        6 / 8
    )  # 6 of 120 pairs are 5 %
    assert float(readings.blocks(DS).sel(here)) == M


def test_the_bound_for_cosines_lies_midway_between_chance_and_all():
    assert readings.midway(DS) == (1 + chance_top_share(M)) / 2


def test_loss_is_told_over_that_of_digons():
    p, w = 0.4, np.array([[1.0, -1.0, 0.0]])
    digon = maxwell(p, ("digon",)).vertices[1]
    exact = expected_loss(digon.norm * w, np.where(w.any(0), digon.bias, p / 2), p)
    ds = xr.Dataset(
        {
            "w": (("density", "seed", "hidden", "feature"), w[None, None]),
            "loss": (("density", "seed"), [[exact]]),
        },
        {"density": [p]},
    )
    assert_allclose(readings.over_pairs(ds), 1, rtol=1e-6)


def test_the_least_known_losses_are_those_of_theory_where_it_has_them():
    assert readings.LEAST_KNOWN[0.01] == best_known_loss(40, 0.01, np.ones(100))
    pairs = 100 * d_star(100, 40, 0.4, maxwell(0.4, ("digon",))).loss
    assert_allclose(readings.LEAST_KNOWN[0.4], pairs, rtol=1e-5)
    assert readings.LEAST_KNOWN[1.0] < 60 / 12
    assert np.isnan(readings.over_least_known(DS)).all()  # of another size


def test_an_order_by_likeness_sets_pairs_side_by_side():
    w = digons()[:, np.random.default_rng(1).permutation(N)]
    ordered = w[:, readings.by_likeness(w)]
    cosines = (ordered.T @ ordered)[np.arange(N - 1), np.arange(1, N)]
    assert (cosines == -1).sum() == M


def test_projectors_are_on_no_coordinates_and_overlap_by_chance():
    assert_allclose(readings.dense(readings.from_projector)(DS), 0, atol=1e-12)
    assert_allclose(readings.dense(readings.overlap)(DS).mean(), M / N, atol=0.05)
    found = readings.dense(readings.concentration)(DS).mean()
    assert_allclose(found, readings.random_concentration(DS), atol=0.05)
    kept = DS.assign(w=readings.coordinates(DS))
    assert_allclose(readings.dense(readings.concentration)(kept), 1)
    same = DS.assign(w=readings.first_seed(DS))
    assert_allclose(readings.dense(readings.overlap)(same), 1)


def test_a_dead_output_is_counted_and_costs_a_quarter():
    w = np.eye(2, 3)
    b = np.array([0.0, 0.0, 0.5]), np.array([0.0, 0.0, -0.1])
    exact = [expected_loss(w, bias, 1.0) for bias in b]
    assert_allclose(exact, [1 / 12, 1 / 12 + 1 / 4])
    ds = xr.Dataset(
        {
            "w": (("seed", "hidden", "feature"), [w, w]),
            "b": (("seed", "feature"), list(b)),
            "loss": ("seed", exact),
        },
        {"density": 1.0},
    )
    np.testing.assert_array_equal(readings.dead(ds), [0, 1])
    assert_allclose(readings.over_dense_theory(ds), 1)


EXPECTED = [claim.id for claim in study.CLAIMS if claim.kind == "expected"]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_expected_claim_holds_where_it_should_and_its_control_fails(name: str):
    ds = DS.copy(deep=True)
    ds.loss.loc[{"arm": "mended", "density": 1.0}] = (N - M) / 12
    pairs = N * d_star(N, M, 0.4, maxwell(0.4, ("digon",))).loss
    ds.loss.loc[{"arm": "mended", "density": 0.4}] = pairs
    ds.loss.loc[{"arm": "reader", "density": 0.4}] = 4 * pairs
    if name == "reader-is-far":  # known of one size only
        ds = ds.isel(feature=np.arange(100) % N, hidden=np.arange(40) % M)
        known = xr.DataArray(
            list(readings.LEAST_KNOWN.values()), {"density": [*readings.LEAST_KNOWN]}
        )
        ds["loss"] = (0 * ds.loss + known.sel(density=ds.density)) * xr.DataArray(
            [5.0, 1.1], {"arm": list(models.ARMS)}
        )
    verdict = CLAIMS[name].judge(ds)
    assert verdict.holds, verdict
    assert verdict.control.fails, verdict.control


def test_diverged_models_are_missing():
    ds = DS.copy(deep=True)
    for name in ("w", "b", "loss", "kept"):
        ds[name][:, :, 2] = np.nan
    for reading in (readings.share_of_top, readings.blocks, readings.length, readings.dead):
        assert np.isnan(reading(ds).isel(seed=2)).all()
        assert reading(ds).isel(seed=0).notnull().all()
    # The one before it has nothing to overlap with.
    np.testing.assert_array_equal(
        readings.dense(readings.overlap)(ds).isnull(), [False, True, True, False, False, False]
    )


def test_the_trainings_differ_in_start_data_and_rate_and_agree_in_batches():
    c = models.Training(n_features=6, n_hidden=2, seeds=2, epochs=1, longer=3)
    features = SparseFeatures(6, 0.1)
    his, rate, start, data = models.setting(c, features, "reader")
    mended, other_rate, other_start, fresh = models.setting(c, features, "mended")
    assert (his.steps, mended.steps) == (157, 3 * 157)
    assert (his.schedule.shape, mended.schedule.shape) == ("constant", "cosine")
    assert (rate, other_rate) == (1e-3, 3e-3)
    assert his.batch == mended.batch == 64
    assert start is not other_start
    assert [type(each[0]).__name__ for each in (data, fresh)] == ["FixedSamples", "Reconstruction"]


@pytest.mark.parametrize("arm", models.ARMS)
def test_what_is_measured_of_a_short_training_is_whole(arm: str):
    c = models.Training(n_features=3, n_hidden=2, seeds=2, epochs=1, longer=1)
    found = models.trained(c, 0.1, arm)
    assert found["w"].shape == (2, 2, 3)
    assert found["finite"].all()
    assert_allclose(found["loss"][0], expected_loss(found["w"][0], found["b"][0], 0.1))
    assert (np.abs(found["kept"]) <= 1).all()


@pytest.mark.parametrize("fields", [{"n_hidden": 100}, {"n_hidden": 1}])
def test_as_many_dimensions_as_features_or_one_are_refused(fields: dict):
    with pytest.raises(BadInputError, match="n_hidden"):
        study.Config(**fields)
