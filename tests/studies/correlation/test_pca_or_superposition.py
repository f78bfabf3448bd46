"""Counting collapsed pairs, the floor under them, the boundary, and descents of both strategies."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.correlation.pca_or_superposition import STUDY, models, strategies
from tegum.theory.mixtures import mixture_losses

TURNS = np.radians([0, 0, 120, 120, 240, 240])
OPENED = np.radians([-30, 30, 90, 150, 210, 270])


def pairs(collapsed: int) -> np.ndarray:
    """Six columns, so many pairs of one direction, the others 60 degrees open."""
    turn = np.where(np.arange(6) < 2 * collapsed, TURNS, OPENED)
    return np.stack([np.cos(turn), np.sin(turn)])


def run(rungs: dict[float, int], *, dear: dict[float, float] | None = None) -> xr.Dataset:
    """Models of so many collapsed pairs at each density, and prices of collapsing at ρ = 1."""
    p, rho = np.array(list(rungs)), np.array([0.0, 1.0])
    w = np.stack([pairs(count) for count in rungs.values()])
    price = np.array([(dear or {}).get(each, 0.0) for each in p])
    floor = np.array([[strategies.floor(at, of) for of in rho] for at in p])
    collapsed = 1.02 * floor
    free = collapsed / (1 + np.stack([price + 0.5, price], axis=1))
    grid = ("density", "correlation")
    return xr.Dataset(
        {
            "w": (("density", "seed", "hidden", "feature"), np.repeat(w[:, None], 4, axis=1)),
            "loss": (("density", "seed"), 1.001 * np.repeat(free[:, 1:], 4, axis=1)),
            "free_w": ((*grid, "hidden", "feature"), np.repeat(w[:, None], 2, axis=1)),
            "collapsed_loss": (grid, collapsed),
            "free_loss": (grid, free),
            "floor": (grid, floor),
        },
        {"density": p, "correlation": rho, "seed": range(4)},
        {"config": json.dumps(models.Config().model_dump(mode="json"))},
    )


LADDER = {0.7: 3, 0.18: 2, 0.1: 1, 0.03: 0}
PRICES = {0.18: 0.1, 0.1: 0.3, 0.03: 0.7}


@pytest.mark.parametrize("count", range(4))
def test_collapsed_pairs_are_counted(count: int):
    w = xr.DataArray(pairs(count), dims=("hidden", "feature"))
    assert float(models.collapsed_pairs(w)) == count
    assert np.isnan(models.collapsed_pairs(w.where(False)))


def test_the_published_ladder_is_met_by_itself_and_fails_on_its_controls():
    ds = run(LADDER, dear=PRICES)
    for claim in STUDY.claims:
        verdict = claim.judge(ds)
        assert verdict.holds, verdict
        assert claim.kind == "open" or verdict.judgement == "holds", verdict


def test_the_ladder_upside_down_fails():
    ds = run(dict(zip(LADDER, (0, 1, 2, 3), strict=True)), dear={0.7: 0.7})
    found = {claim.id: claim.judge(ds).judgement for claim in STUDY.claims}
    failing = ("dense-all-collapsed", "two-collapsed", "sparse-none-collapsed")
    losses = ("exact-ladder-descends", "collapse-is-optimal", "superposition-beats-the-floor")
    assert {found[name] for name in (*failing, *losses)} == {"FAILS"}


def test_where_a_run_has_no_such_density_a_rung_is_left_open():
    ds = run({0.7: 3, 0.03: 0}, dear=PRICES)
    found = {claim.id: claim.judge(ds).judgement for claim in STUDY.claims}
    assert found["two-collapsed"] == "empty"
    assert found["dense-all-collapsed"] == "holds"


def test_the_boundary_lies_between_the_last_place_where_collapsing_costs_and_the_next():
    found = models.boundary(run(LADDER, dear=PRICES))
    assert float(found.sel(correlation=1.0)) == pytest.approx(np.sqrt(0.18 * 0.7))
    assert float(found.sel(correlation=0.0)) == 1.0
    assert float(models.boundary(run(LADDER)).sel(correlation=1.0)) == 0.03


@pytest.mark.parametrize(("p", "rho"), [(0.02, 1.0), (0.3, 0.5), (0.9, 0.0)])
def test_no_collapsed_model_is_below_the_floor(p: float, rho: float):
    rng, law = np.random.default_rng(0), strategies.law(p, rho)
    w = np.repeat(rng.normal(size=(20, 2, 3)) * 0.6, 2, axis=2)
    b = np.repeat(0.1 * rng.normal(size=(20, 3)), 2, axis=1)
    assert mixture_losses(w, b, law, terms=64).min() > strategies.floor(p, rho)


def test_the_floor_is_half_the_mean_square_of_the_members_difference():
    for p, rho in ((0.2, 0.0), (0.2, 0.7), (1.0, 1.0)):
        moments = np.asarray(strategies.law(p, rho).second_moment, float)
        each = (moments[0, 0] + moments[1, 1] - 2 * moments[0, 1]) / 2
        assert strategies.floor(p, rho) == pytest.approx(3 * each, rel=1e-6)
    assert strategies.floor(0.2, 1.0) == pytest.approx(0.2 / 4)


def test_descents_keep_ties_and_the_free_one_is_never_worse():
    law, rng = strategies.law(0.03, 1.0), np.random.default_rng(0)
    collapsed = strategies.best_collapsed(law, 0, rng)
    free = strategies.best_free(law, 0, rng, collapsed)
    np.testing.assert_array_equal(collapsed.w[:, ::2], collapsed.w[:, 1::2])
    np.testing.assert_array_equal(collapsed.b[::2], collapsed.b[1::2])
    assert strategies.floor(0.03, 1.0) < collapsed.loss < 1.2 * strategies.floor(0.03, 1.0)
    assert free.loss < 0.7 * collapsed.loss
    assert float(models.collapsed_pairs(xr.DataArray(free.w, dims=("hidden", "feature")))) == 0


@pytest.mark.parametrize("correlations", [(0.0, 0.5), (1.0,)])
def test_correlations_that_leave_nothing_to_compare_are_refused(correlations: tuple[float, ...]):
    with pytest.raises(BadInputError, match="correlations: got"):
        models.Config(correlations=correlations)
