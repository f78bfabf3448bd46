"""Which level a restart ends on, and where trainings wait, on datasets whose answers are plain."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.core import Measured
from tegum.studies.dynamics.k_gons import rungs, study

NONE = np.nan
LEVELS = {"6": 0.05, "5+": 0.07, "4": 0.1, "3": NONE}


def dataset(losses: list[float], curves: list[list[float]] | None = None) -> xr.Dataset:
    """Restarts of n = 6 that end at some losses, and trainings with some curves."""
    curves = curves or [[0.3, 0.2, 0.05]]
    return xr.Dataset(
        {
            "loss": (("n_features", "restart"), [losses]),
            "level": (("n_features", "polygon"), [list(LEVELS.values())]),
            "shared_level": (("n_features", "shared"), [[0.08, NONE]]),
            "trained_loss": (("seed", "step"), curves),
        },
        {
            "n_features": [6],
            "polygon": list(LEVELS),
            "shared": ["21111", "31111"],
            "step": np.arange(1, len(curves[0]) + 1),
        },
        {"config": json.dumps({"trained_features": 6})},
    )


def test_a_restart_is_on_a_level_to_a_millionth_and_a_lost_one_is_not_counted() -> None:
    found = study.on_level(dataset([0.05, 0.07 + 5e-7, 0.07 + 2e-6, NONE]))
    np.testing.assert_equal(found.squeeze().values, [1, 1, 0, NONE])


def test_only_ends_off_the_levels_are_asked_whether_they_share_directions() -> None:
    found = study.others_on_shared(dataset([0.05, 0.08, 0.09]))
    np.testing.assert_equal(found.squeeze().values, [NONE, 1, 0])


def test_levels_reached_are_different_ones() -> None:
    assert study.levels_reached(dataset([0.05, 0.05, 0.07, 0.0701])).item() == 2


def test_restarts_find_the_best_level_where_they_end_on_the_lowest() -> None:
    found = study.at_best_level(dataset([0.05, 0.07, NONE]))
    np.testing.assert_equal(found.squeeze().values, [1, 0, NONE])


def test_ends_stay_where_a_nudge_changes_no_loss() -> None:
    ds = dataset([0.05, 0.07]).assign(loss_again=(("n_features", "restart"), [[0.05, 0.05]]))
    np.testing.assert_equal(study.stays(ds).squeeze().values, [1, 0])


def test_the_gap_is_the_least_of_descents_and_trainings() -> None:
    assert study.lowest_gap(dataset([0.06], [[0.3, 0.055]])) == pytest.approx(0.005)
    assert study.lowest_gap(dataset([0.049], [[0.3, NONE]])) == pytest.approx(-0.001)


def test_levels_of_the_trained_rise_and_lack_what_this_n_lacks() -> None:
    levels = study.levels_of_trained(dataset([0.05]))
    assert levels.polygon.values.tolist() == ["6", "5+", "4"]
    assert study.four_gon(dataset([0.05])) == pytest.approx(0.1)


def test_a_training_ends_near_a_level_within_one_percent() -> None:
    ds = dataset([0.05], [[0.3, 0.0504], [0.3, 0.0506], [0.3, NONE]])
    np.testing.assert_equal(study.ends_near_level(ds).values, [1, 0, NONE])


def test_chance_for_pauses_is_the_binomial_law_of_the_losses_near_levels() -> None:
    # Three windows of 2 % each, of losses from 0.0525 to 0.3: two of them are in the range.
    ds = dataset([0.05], [[0.3, 0.2, 0.05]])
    share = study.by_chance(ds, Measured(0.5, count=1000))
    covered = 2 * 0.02 / np.log(0.3 / 0.0525)
    assert covered < share < covered + 2 * np.sqrt(covered / 1000) + 1e-3
    assert study.by_chance(ds, Measured(0.5, count=1)) == 1


def test_a_training_that_waits_at_a_level_pauses_there_and_a_broken_one_nowhere() -> None:
    steps = np.geomspace(1, 1e4, 400)
    falls = 1 / (1 + (steps / 10) ** 2), 1 / (1 + (steps / 1000) ** 2)
    curve = 0.05 + 0.02 * falls[1] + 0.2 * falls[0]
    ds = dataset([0.05], [list(curve), [NONE] * 400]).assign_coords(step=steps)
    found = rungs.pauses(ds)
    assert int(found.isel(seed=0).notnull().sum()) == 1
    assert float(found.isel(seed=0).max()) == pytest.approx(0.07, rel=0.02)
    assert found.isel(seed=1).isnull().all()
    near = rungs.time_near(ds, np.array([0.07, 0.15]))
    assert near[0, 0] > 3 * near[0, 1]
    assert near.isel(seed=1).isnull().all()


def test_other_places_keep_clear_of_every_level() -> None:
    ds = dataset([0.05], [list(np.geomspace(0.3, 0.05, 50))])
    places = rungs.time_elsewhere(ds, 0.1).loss.values
    levels = rungs.levels_of_trained(ds).values
    assert abs(places[:, None] / levels - 1).min() >= 0.03
    assert rungs.time_at_levels(ds, 0.1).loss.values.tolist() == levels.tolist()


def test_a_config_trains_one_of_the_n_that_it_descends() -> None:
    with pytest.raises(BadInputError, match="trained_features = 6 among them"):
        study.Config(n_features=(7, 8))
