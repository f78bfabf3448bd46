"""head-rank: what its claims read, on datasets made by hand, and how its heads are scored."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import ortho_group

from tegum.analysis.nulls import best_slice, random_overlap
from tegum.errors import BadInputError
from tegum.studies.attention.rank import everyone, scores
from tegum.studies.attention.rank.everyone import EXACT, SAMPLED, Config
from tegum.studies.attention.rank.study import CLAIMS
from tegum.theory.short_rank import first_slice_ratio

VARIANTS = ["product", "count", EXACT, SAMPLED]
NAN = np.nan


def judged(claim: str, ds: xr.Dataset):
    by_id = {each.id: each for each in CLAIMS}
    return by_id[claim].judge(ds.assign_attrs(config=json.dumps({"n_hidden": 10})))


def at_full_rank(**variables: float | np.ndarray) -> xr.Dataset:
    """Two densities, all variants, equal, close and distinct weights, three seeds."""
    labels = {"density": [0.05, 0.2], "variant": VARIANTS, "gap": [0.0, 0.002, 0.2]}
    shape = (2, 4, 3, 3)
    found = {
        name: ([*labels, "seed"], value + np.zeros(shape)) for name, value in variables.items()
    }
    return xr.Dataset(found, labels | {"seed": range(3)})


def at_short_rank(
    overlap: np.ndarray | None = None, energy: np.ndarray | float = 0.0
) -> xr.Dataset:
    """Two densities and targets, both kinds of weights, ranks 1 and 3, five features, four seeds."""
    labels = {"short_density": [0.1, 0.001], "short_variant": ["product", "count"]}
    labels |= {"weights": ["equal", "graded"], "rank": [1, 3]}
    overlaps = NAN if overlap is None else overlap
    found = {
        "overlap": ([*labels, "seed"], overlaps + np.zeros((2, 2, 2, 2, 4))),
        "energy": ([*labels, "seed", "pair"], energy + np.zeros((2, 2, 2, 2, 4, 5))),
    }
    return xr.Dataset(found, labels | {"seed": range(4), "pair": range(5)})


def test_exact_is_compared_with_sampled_at_the_smallest_gap_and_the_densest_without_diverged_heads():
    ds = at_full_rank(recovery=0.5)
    hard = {"density": 0.2, "gap": 0.002}
    ds.recovery.loc[{**hard, "variant": EXACT}] = [0.9, 0.3, 0.9]
    ds.recovery.loc[{**hard, "variant": SAMPLED}] = [0.5, 0.5, NAN]
    np.testing.assert_array_equal(everyone.exact_is_better(ds), [1, 0, NAN])


def test_only_heads_whose_sigma_stand_apart_by_four_errors_count_for_wedin():
    ds = at_full_rank(recovery=0.7, gated=0.7, error=0.1, least_gap=np.array([0.41, 0.39, NAN]))
    found = everyone.recovery_apart(ds).isel(density=0, variant=0, gap=0)
    np.testing.assert_array_equal(found, [0.7, NAN, NAN])
    assert judged("wedin", ds).fails


def test_recovery_at_equal_weights_is_chance_only_within_four_standard_errors():
    mean, deviation = best_slice(10)
    for errors, holds in ((0, True), (3.9, True), (-4.1, False)):
        ds = at_full_rank(recovery=mean + errors * deviation / np.sqrt(3))
        assert judged("equal-is-chance", ds).holds == holds


def test_a_diverged_head_leaves_chance_with_fewer_heads_and_wider_bounds():
    mean, deviation = best_slice(10)
    ds = at_full_rank(recovery=np.array([NAN, mean, mean]))
    assert judged("equal-is-chance", ds).high == pytest.approx(mean + 4 * deviation / np.sqrt(2))


def test_the_ratio_is_held_against_the_closed_form_of_its_own_target():
    ds = at_short_rank()
    theory = [[first_slice_ratio(5, p, t) for t in ("product", "count")] for p in (0.1, 0.001)]
    ds["tau_ratio"] = (("short_density", "short_variant"), np.array(theory))
    assert everyone.ratio_error(ds) == pytest.approx(0, abs=1e-12)
    ds.tau_ratio[0, 1] *= 1.5
    assert everyone.ratio_error(ds) == pytest.approx(0.5)


def test_the_largest_weights_come_first_if_just_the_r_first_features_lie_in_the_span():
    ds = at_short_rank()
    ds["energy"] = ds.energy + (ds.pair < ds["rank"])
    assert float(everyone.error_of_largest_first(ds).max()) == 0
    ds.energy.loc[{"weights": "graded", "rank": 3, "pair": 3, "seed": 0}] = NAN
    ds.energy.loc[{"weights": "graded", "rank": 3, "pair": 4}] = 0.25
    found = everyone.error_of_largest_first(ds).sel(rank=3).isel(short_density=0, short_variant=0)
    np.testing.assert_array_equal(found.sel(seed=0), [0, 0, 0, NAN, 0.25])


def test_overlaps_are_counted_in_standard_errors_of_random_spans_over_pairs_of_sound_seeds():
    mean, deviation = random_overlap(4, 2)  # two further slices in what Σ W_i leaves of five
    found = everyone.overlap_errors(at_short_rank(np.full(4, mean + deviation)))
    np.testing.assert_allclose(found, np.sqrt(6))
    found = everyone.overlap_errors(at_short_rank(np.array([NAN, *[mean - deviation] * 3])))
    np.testing.assert_allclose(found, np.sqrt(3))
    assert found["rank"].values.tolist() == [3]  # a single slice spans nothing besides


def test_the_largest_energy_is_of_the_shortest_rank_and_missing_for_a_diverged_head():
    ds = at_short_rank(energy=np.array([0.1, 0.4, 0.2, 0.2, 0.1]))
    ds.energy.loc[{"seed": 1}] = NAN
    found = everyone.largest_energy(ds).isel(short_density=0, short_variant=0, weights=0)
    np.testing.assert_array_equal(found, [0.4, NAN, 0.4, 0.4])


def test_recovery_on_trained_w_is_the_median_of_means_over_features():
    found = np.array([[1.0, 0.5], [0.9, 0.9], [NAN, NAN]])[None, None]
    dims = ("trained_variant", "weights", "seed", "pair")
    labels = {"trained_variant": ["count"], "weights": ["equal"]}
    ds = xr.Dataset({"on_trained": (dims, found), "leverage": ("pair", [0.9, 0.8])}, labels)
    measured = everyone.mean_on_trained("count", "equal")(ds)
    assert measured.value == pytest.approx((0.75 + 0.9) / 2)
    assert "leverages from 0.8" in measured.note


def test_every_feature_is_asked_for_with_the_next_one_and_weights_fall_evenly():
    asked = scores.asked_for_all(3, 0.5, EXACT)
    assert asked.pairs == ((0, 1), (1, 2), (2, 0))
    assert asked.weights == (1.0, 0.75, 0.5)
    assert (asked.target, asked.bias) == ("count", True)


def test_spans_overlap_beyond_what_they_share_by_nothing_or_wholly_and_without_diverged_ones():
    basis = ortho_group.rvs(5, random_state=np.random.default_rng(0))
    one, like_it, other = basis[:, :3], basis[:, [0, 2, 1]], basis[:, [0, 3, 4]]
    sound = np.ones(3, bool)
    found = scores.overlaps(np.stack([one, like_it, other]), sound)
    np.testing.assert_allclose(found, [0.5, 0.5, 0], atol=1e-12)
    found = scores.overlaps(np.stack([one, like_it, other]), np.array([True, True, False]))
    np.testing.assert_allclose(found[:2], 1, atol=1e-12)
    assert np.isnan(scores.overlaps(basis[None, :, :1], sound[:1])).all()


def test_what_was_measured_of_a_diverged_head_is_missing_along_all_its_axes():
    found = scores.missing(np.array([True, False]), a=np.ones((2, 3)), b=np.ones(2))
    np.testing.assert_array_equal(found["a"], [[1, 1, 1], [NAN, NAN, NAN]])
    np.testing.assert_array_equal(found["b"], [1, NAN])


@pytest.mark.parametrize(
    "wrong", [{"ranks": (4, 2)}, {"ranks": (11,)}, {"n_features": 5}, {"gaps": (0.1,)}]
)
def test_a_config_that_cannot_be_measured_is_refused(wrong: dict):
    with pytest.raises(BadInputError, match=next(iter(wrong))):
        Config(**wrong)
