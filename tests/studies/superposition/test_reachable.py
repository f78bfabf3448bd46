"""Readings of reachable losses, on datasets made by hand."""

import numpy as np
import pytest
import xarray as xr

from tegum.studies.superposition.reachable import puzzles
from tegum.studies.superposition.reachable import study as reachable
from tegum.studies.superposition.reachable.puzzles import ARMS, LARGE, PUZZLES, SMALL
from tegum.theory.expected import expected_loss
from tegum.theory.known import best_known_loss
from tegum.theory.plane_shapes import linear_bias

BEST = 0.01


def trained(**losses: list[float]) -> xr.Dataset:
    """Losses of 100→40 by arm, over a best known one of 0.01."""
    arms = [arm.replace("_", " ") for arm in losses]
    loss = np.array(list(losses.values()))[None]
    return xr.Dataset(
        {
            "loss": (("puzzle", "arm", "seed"), loss),
            "gap_to_best": (("puzzle", "arm", "seed"), loss / BEST - 1),
        },
        {"puzzle": [LARGE], "arm": arms},
    )


def plane(**losses: list[float]) -> xr.Dataset:
    shapes = [shape.replace("_", " ") for shape in losses]
    values = np.array(list(losses.values()))
    return xr.Dataset(
        {"shape_loss": (("shape", "density"), values)},
        {"shape": shapes, "density": [0.1, 0.5, 1.0]},
    )


def dense(w: np.ndarray, b: np.ndarray) -> xr.Dataset:
    return xr.Dataset(
        {
            "dense_w": (("hidden", "of_five"), w),
            "dense_b": ("of_five", b),
            "dense_loss": ("start", [0.25, 0.3]),
        }
    )


def test_all_puzzles_have_a_best_loss_known():
    for puzzle in PUZZLES.values():
        assert np.isfinite(best_known_loss(puzzle.m, puzzle.density, puzzle.features.importance))


def test_losses_fall_by_their_ratio_seed_by_seed_and_diverged_seeds_are_missing():
    ds = trained(small_start=[0.4, 0.3, np.nan], fresh_samples=[0.1, 0.2, 0.1])
    ratio = puzzles.loss_ratio("small start", "fresh samples")(ds)
    np.testing.assert_allclose(ratio.squeeze(), [4, 1.5, np.nan])
    found = puzzles.falls("small start", "fresh samples")(ds)
    assert found.value == pytest.approx(2.75)
    assert found.count == 2


def test_a_start_is_to_blame_for_its_share_of_the_logarithm():
    ds = trained(reader=[0.16, 0.16, 0.16, np.nan], small_start=[0.01, 0.04, 0.16, 0.01])
    np.testing.assert_allclose(
        puzzles.share_of_start(ds).squeeze(), [1, 0.5, 0, np.nan], atol=1e-12
    )


def test_the_best_seed_is_the_best_of_those_that_trained():
    ds = trained(longer=[0.012, np.nan, 0.011])
    assert float(puzzles.best_seed(ds, "longer").sel(puzzle=LARGE)) == pytest.approx(0.1)


def test_notes_leave_out_what_was_not_trained():
    values = xr.DataArray([0.5, np.nan], {"puzzle": [LARGE, SMALL]})
    assert puzzles.told(values) == f"0.5 at {LARGE}"


def test_two_features_lose_more_than_the_best_of_the_others_by_their_excess():
    ds = plane(two_features=[3.0, 2.0, 1.0], pentagon=[1.0, 4.0, 0.5], triangle=[2.0, 2.5, 0.5])
    np.testing.assert_allclose(reachable.excess_of_two(ds), [2, -0.2, np.nan])


def test_a_tilt_costs_what_it_adds_to_right_angles():
    ds = xr.Dataset({"tilt_loss": ("tilt", [2.0, 2.5, 3.0])}, {"tilt": [0.0, 5.0, 10.0]})
    np.testing.assert_allclose(reachable.cost_of_tilt(ds), [0, 0.25, 0.5])


def test_biases_of_the_linear_model_are_not_off():
    w = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 2)))[0].T
    np.testing.assert_allclose(reachable.bias_error(dense(w, linear_bias(w))), 0, atol=1e-12)
    off = linear_bias(w) + np.arange(5)
    np.testing.assert_allclose(reachable.bias_error(dense(w, off)), np.arange(5))


def test_without_their_bias_two_kept_features_lose_a_third_for_each_dropped_one():
    found = reachable.unbiased_loss(dense(np.eye(2, 5), np.zeros(5)))
    np.testing.assert_allclose(found, 1, rtol=1e-6)
    assert expected_loss(np.eye(2, 5), np.zeros(5), 1.0) == pytest.approx(1)


def test_the_largest_cosines_hold_everything_where_the_others_are_0_and_nothing_is_known_of_nan():
    cosine = np.stack([np.eye(6), np.full((6, 6), np.nan)])
    cosine[0, 0, 1] = cosine[0, 1, 0] = -1
    dims = ("puzzle", "arm", "feature", "other")
    ds = xr.Dataset(
        {"cosine": (dims, cosine[None])}, {"puzzle": [LARGE], "arm": ["longer", "notebook"]}
    )
    np.testing.assert_allclose(puzzles.top_shares(ds), [1, np.nan])


def test_the_notebook_is_trained_up_to_its_size_and_the_starfish_if_asked():
    config = reachable.Config(notebook_up_to=20)
    assert config.puzzles == tuple(PUZZLES)
    assert config.notebook_puzzles == ("20→5", "5→2")
    assert reachable.Config(starfish=False, notebook_up_to=100).notebook_puzzles == (LARGE, SMALL)
    names = [(task.part.name, *task.point.values()) for task in reachable.STUDY.tasks(config)]
    assert sum(name == "changed" for name, *_ in names) == len(PUZZLES) * len(ARMS)


def test_each_arm_changes_one_thing_of_the_one_before():
    config = puzzles.Arms(epochs=2, longer=3)
    [reader, _, fresh, decaying, longer] = [puzzles.recipe(config, arm) for arm in ARMS]
    assert reader == fresh
    assert reader[0].steps == decaying[0].steps == 2 * 157
    assert decaying[0].schedule.shape == longer[0].schedule.shape == "cosine"
    assert longer[0].steps == 3 * decaying[0].steps


def test_diverged_models_are_marked_and_nothing_stops():
    config = puzzles.Notebook(small_seeds=2, notebook_steps=2, notebook_batch=4)
    found = puzzles.trained(
        config, PUZZLES[SMALL], *puzzles.recipe(puzzles.Arms(epochs=1), "reader"), start=broken
    )
    assert not found["finite"].any()
    assert np.isnan(found["cosine"]).all()


def broken(n: int, m: int, key):
    model = puzzles.Bottleneck.init(n, m, key)
    return puzzles.replace(model, w=np.nan * model.w)
