"""What counts as represented, growing, antipodal and published, on models made by hand."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.superposition.demonstrating import readings, study

CONFIG = {"n_features": 20, "n_hidden": 5, "importance_decay": 0.7}


def kept(count: int, n: int = 20) -> np.ndarray:
    """A model in five dimensions of so many features, the first ten as antipodal pairs."""
    w = np.zeros((5, n))
    for k in range(count):
        w[k // 2 % 5, k] = 1.0 if k % 2 == 0 else -1.0
    return w


def models(counts: dict[float, list[int]], decay: float = 0.7) -> xr.Dataset:
    """ReLU models, and linear ones that keep five, that represent so many features a density."""
    relu = np.array([[kept(count) for count in of] for of in counts.values()])
    linear = np.zeros_like(relu)
    linear[..., :5] = np.eye(5)
    return xr.Dataset(
        {
            "w": (("activation", "density", "seed", "hidden", "feature"), [linear, relu]),
            "b": (("activation", "density", "seed", "feature"), np.zeros((2, *relu.shape[:2], 20))),
        },
        {"activation": ["linear", "relu"], "density": list(counts)},
        {"config": json.dumps(CONFIG | {"importance_decay": decay})},
    )


CLAIMS = {claim.id: claim for claim in study.CLAIMS}
GROWING = models({1.0: [5] * 6, 0.3: [7] * 6, 0.1: [9] * 6, 0.001: [13] * 6})


def test_counts_grow_by_the_lesser_of_two_steps_between_three_densities() -> None:
    np.testing.assert_array_equal(readings.steps_of_count(GROWING).isel(seed=0), [4, 4])
    verdict = CLAIMS["relu-count-grows"].judge(GROWING)
    assert verdict.measured == 4
    assert verdict.holds
    assert verdict.control is not None
    assert verdict.control.fails


def test_equal_counts_do_not_grow() -> None:
    same = models({1.0: [9] * 6, 0.1: [9] * 6, 0.001: [13] * 6})
    assert not CLAIMS["relu-count-grows"].judge(same).holds


def test_without_the_published_densities_there_is_nothing_to_judge() -> None:
    other = models({0.5: [5] * 6, 0.02: [13] * 6})
    for name in ("relu-count-grows", "ten-at-tenth", "all-at-thousandth", "two-antipodal-pairs"):
        assert CLAIMS[name].judge(other).judgement == "empty"


def test_published_counts_are_of_one_size_and_importance_only() -> None:
    other = models({1.0: [5] * 6, 0.1: [10] * 6, 0.001: [20] * 6}, decay=0.9)
    met = models({1.0: [5] * 6, 0.1: [10] * 6, 0.001: [20] * 6})
    for name in ("ten-at-tenth", "all-at-thousandth", "replication-count"):
        assert CLAIMS[name].judge(other).judgement == "empty"
        assert CLAIMS[name].judge(met).judgement == "open"
    assert CLAIMS["ten-at-tenth"].judge(met).holds
    assert CLAIMS["all-at-thousandth"].judge(met).holds
    assert not CLAIMS["replication-count"].judge(met).holds
    assert not CLAIMS["ten-at-tenth"].judge(GROWING).holds


def test_antipodal_pairs_are_counted_once_and_among_represented_features_only() -> None:
    w = np.zeros((5, 20))
    w[:2, :4] = [[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -0.4]]
    assert readings.pairs_in(w) == 1
    w[1, 3] = -0.6
    assert readings.pairs_in(w) == 2


@pytest.mark.parametrize(("degrees", "pairs"), [(155, 1), (153, 0)])
def test_a_pair_is_antipodal_from_a_cosine_of_nine_tenths_on(degrees: float, pairs: int) -> None:
    angle = np.deg2rad(degrees)
    assert readings.pairs_in(np.array([[1.0, np.cos(angle)], [0.0, np.sin(angle)]])) == pairs


def test_two_pairs_at_a_tenth_are_asked_of_all_models_and_the_dense_ones_have_none() -> None:
    verdict = CLAIMS["two-antipodal-pairs"].judge(GROWING)
    assert verdict.measured == 1
    dense = GROWING.copy(deep=True)
    dense.w.loc[{"density": 1.0}] = dense.w.sel(activation="linear", density=1.0)
    verdict = CLAIMS["two-antipodal-pairs"].judge(dense)
    assert verdict.holds
    assert verdict.control is not None
    assert verdict.control.fails
    one = models({1.0: [5] * 6, 0.1: [3] * 6, 0.001: [13] * 6})
    assert not CLAIMS["two-antipodal-pairs"].judge(one).holds


def test_diverged_models_are_left_out() -> None:
    ds = GROWING.copy(deep=True)
    ds.w[:, :, 0] = np.nan
    assert np.isnan(readings.two_pairs(ds).isel(seed=0)).all()
    assert CLAIMS["relu-count-grows"].judge(ds).measured == 4


def test_short_features_answer_unless_their_bias_shuts_them_off() -> None:
    ds = models({1.0: [5], 0.001: [18]})
    ds.b.loc[{"activation": "relu", "density": 0.001}] = np.r_[np.zeros(18), 0.1, -0.1][None]
    assert "50%" in readings.short_but_there(ds)


def test_as_many_dimensions_as_features_are_refused() -> None:
    with pytest.raises(BadInputError, match="n_features"):
        readings.Config(n_features=5)
