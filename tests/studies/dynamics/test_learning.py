"""Jumps, drops, stages and their names, read off histories made by hand; each control fails on them."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.analysis.pauses import paused
from tegum.errors import BadInputError
from tegum.studies.core.claim import Claim
from tegum.studies.dynamics.learning import figures, models, readings, sets, study
from tegum.theory.polytope_losses import polytope_loss
from tegum.theory.saddles import OCTAHEDRON, ONE_LINE, STAGES, TWO_LINES, set_levels, set_stage

P, SET_P, N, M, SEEDS = 0.36, 0.1, 8, 2, 6
STEPS = np.arange(0, 1601, 12.5)
LOOKS = np.unique(np.geomspace(10, 5000, 140).round())
TIMES = 400 + 150 * np.arange(SEEDS)
"""at which each model's one late drop is fastest"""
CONFIG = {
    "density": P,
    "set_density": SET_P,
    "n_features": N,
    "n_hidden": M,
    "learning_rate": 3e-3,
}


def rise(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -50, 50)))


def dataset() -> xr.Dataset:
    """Models in which two features wait, one to settle and one to give way as the loss drops once.

    The loss falls from that of a crowded dimension to that of digons. Sets go from one line to two
    lines to an octahedron.
    """
    part = rise((STEPS - TIMES[:, None]) / 20)
    d = np.zeros((SEEDS, STEPS.size, N))
    d[..., :3] = 0.5
    d[..., 3] = 0.25 + 0.25 * part
    d[..., 4] = 0.25 - 0.25 * part
    t = np.log(LOOKS)
    level = [0.2, *(set_levels(SET_P)[name] for name in (ONE_LINE, TWO_LINES, OCTAHEDRON))]
    falls = [rise((t - np.log(at)) / 0.1) for at in (25, 100, 900)]
    loss = 0.2 * np.exp(np.diff(np.log(level)) @ falls)
    now = np.where(LOOKS > 900, OCTAHEDRON, np.where(LOOKS > 100, TWO_LINES, ONE_LINE))
    start = 0.05 * np.random.default_rng(0).normal(size=(SEEDS, 1, 3, 6))
    w = np.stack([set_stage(str(name), SET_P).w for name in now[1:]])
    seeds = np.ones((SEEDS, 1))
    ds = xr.Dataset(
        {
            "d": (("seed", "step", "feature"), d),
            "loss": (("seed", "step"), 0 * part),
            "set_w": (
                ("seed", "set_step", "set_hidden", "member"),
                np.concatenate([start, np.broadcast_to(w, (SEEDS, *w.shape))], axis=1),
            ),
            "set_loss": (("seed", "set_step"), seeds * loss),
        },
        {"seed": range(SEEDS), "step": STEPS, "set_step": LOOKS},
        {"config": json.dumps(CONFIG)},
    )
    cost = readings.costs(ds)["1|all"]
    digons = -readings.above_digons(ds)
    return ds.assign(loss=digons + xr.DataArray(cost * (1 - part), dims=("seed", "step")))


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    return dataset()


def test_the_loss_of_digons_alone_is_theirs_and_the_variance_of_what_is_left_out(
    ds: xr.Dataset,
) -> None:
    digons = 2 * M * polytope_loss("digon", P).loss + (N - 2 * M) * (P / 3 - P**2 / 4)
    level = ds.assign(loss=0 * ds.loss + digons)
    np.testing.assert_allclose(readings.above_digons(level), 0, atol=1e-5)


def test_late_begins_nearer_to_a_crowded_dimension_than_to_an_empty_one(ds: xr.Dataset) -> None:
    assert readings.is_late(ds).all()
    empty = readings.costs(ds)["empty"]
    begun = ds.assign(loss=ds.loss + xr.where(ds.step < 200, empty, 0.0))
    np.testing.assert_array_equal(
        readings.is_late(begun), np.broadcast_to(STEPS >= 200, ds.loss.shape)
    )


def test_the_one_drop_and_its_two_jumps_are_found_at_their_time(ds: xr.Dataset) -> None:
    for at, each, drop in zip(TIMES, readings.moves(ds), readings.drops(ds), strict=True):
        assert sorted(i for i, _ in each) == [3, 4]
        assert len(drop) == 1
        for peak in (drop[0].peak, *(jump.peak for _, jump in each)):
            assert abs(peak - at) <= 13
    np.testing.assert_array_equal(readings.together(ds), 2)
    np.testing.assert_allclose(readings.off_costs(ds), 0, atol=0.05)
    np.testing.assert_array_equal(readings.drops_with_jumps(ds), 1)


def test_shares_are_of_what_is_in_jumps(ds: xr.Dataset) -> None:
    assert float(readings.falls_in_jumps(ds).min()) > 0.9
    assert float(readings.moves_in_jumps(ds).min()) > 0.95
    time = readings.time_in_jumps(ds)
    # Shifted by chance a mask holds its share of the time, in the mean.
    for shifted in (readings.shifted_falls(ds), readings.shifted_movement(ds)):
        np.testing.assert_allclose(shifted.mean(axis=0), time, atol=0.05)
    # Another feature's steady way, as long, is outside.
    busy = ds.assign(d=ds.d + xr.where(ds.feature == 7, ds.step / 3200, 0.0))
    assert float(readings.moves_in_jumps(busy).max()) < float(readings.moves_in_jumps(ds).min())


def test_a_model_without_jumps_has_none_of_its_fall_in_them(ds: xr.Dataset) -> None:
    still = ds.assign(d=0 * ds.d + 0.5)
    np.testing.assert_array_equal(readings.falls_in_jumps(still), 0)
    assert readings.moves_in_jumps(still).isnull().all()
    assert readings.to_levels(still).isnull().all()
    np.testing.assert_array_equal(readings.drops_with_jumps(still), 0)


def test_every_stage_is_named_however_turned_and_numbered() -> None:
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    for name in STAGES:
        w = turn @ set_stage(name, SET_P).w[:, [5, 3, 4, 1, 0, 2]]
        assert sets.name_of(w, SET_P) == name
    assert sets.name_of(rng.normal(size=(3, 6)), SET_P) == ""
    # An octahedron whose opposite features are of one set is another arrangement.
    assert sets.name_of(set_stage(OCTAHEDRON, SET_P).w[:, [0, 3, 1, 4, 2, 5]], SET_P) == ""


def test_two_pauses_are_found_and_named_and_one_level_counts_once(ds: xr.Dataset) -> None:
    np.testing.assert_array_equal(sets.stages(ds), 2)
    # A stair within a twentieth of a level adds a pause that is no stage.
    stair = 1 - 0.02 * rise((np.log(ds.set_step) - np.log(300)) / 0.05)
    wavy = ds.assign(set_loss=ds.set_loss * stair)
    assert sum(paused(wavy.set_loss[0].values, LOOKS)) == 3
    np.testing.assert_array_equal(sets.stages(wavy), 2)
    for each in sets.names(ds):
        assert [*each.values()] == [ONE_LINE, TWO_LINES]


@pytest.mark.parametrize(
    "each", [c for c in study.CLAIMS if c.kind == "expected"], ids=lambda c: c.id
)
def test_every_expected_claim_holds_on_these_histories_and_fails_on_its_control(
    ds: xr.Dataset, each: Claim
) -> None:
    found = each.judge(ds)
    assert found.judgement == "holds", (found.measured, found.bounds)
    assert found.control is not None
    assert found.control.fails


def test_models_that_diverged_are_left_out(ds: xr.Dataset) -> None:
    gone = ds.where(ds.seed > 0).transpose(*ds.dims)
    for reading in (readings.falls_in_jumps, sets.is_octahedron, sets.stages):
        found = reading(gone)
        assert bool(found.isnull()[0])
        assert bool(found.notnull()[1:].all())


@pytest.mark.parametrize("draw", study.STUDY.figures, ids=lambda draw: draw.draw.__name__)
def test_figures_are_drawn(ds: xr.Dataset, draw: study.core.study.Drawn) -> None:
    shown = draw(ds)
    shown.figure.canvas.draw()
    assert len(shown.data)


def test_paths_are_counted(ds: xr.Dataset) -> None:
    [(names, each)] = figures.paths_of(ds).items()
    assert names == (ONE_LINE, TWO_LINES, OCTAHEDRON)
    assert len(each) == SEEDS


def test_histories_of_a_small_run_have_their_shapes_and_begin_small() -> None:
    config = models.Config(
        n_features=6, n_hidden=2, seeds=2, steps=30, looks=20, batch=32, set_steps=40, set_looks=20
    )
    uniform, staged = (task.measure() for task in models.HISTORIES.tasks(config))
    assert uniform.d.dims == ("seed", "step", "feature")
    assert uniform.sizes["step"] == 20
    assert [int(k) for k in uniform.step[[0, -1]]] == [0, 30]
    assert float(abs(staged.set_w.isel(set_step=0)).max()) < 0.1
    assert bool((staged.set_loss.isel(set_step=-1) < staged.set_loss.isel(set_step=0)).all())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"density": 0.1}, "digons"),
        ({"n_features": 17}, "digons and some"),
        ({"importance_decay": 0.9}, "equal importance"),
        ({"learning_rate": 0.1}, "0.02"),
        ({"looks": 10}, "at least 20 of each"),
        ({"scale": 0.0}, "learn nothing"),
    ],
)
def test_what_cannot_work_together_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        models.Config(**wrong)
