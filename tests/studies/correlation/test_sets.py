"""Readings on columns drawn by hand, chances by counting, and controls that take membership away."""

import itertools
import json

import numpy as np
import pytest
import xarray as xr

from tegum.studies import core
from tegum.studies.correlation.sets import ANTICORRELATED, CORRELATED, models, study

RIGHT_ANGLES = [0, 90, 180, 270]
"""degrees of features 0 and 1 of one set, 2 and 3 of the other: each digon has one of both"""
DIGONS = [0, 180, 90, 270]
"""each set is a digon"""
SIDE_BY_SIDE = [0, 60, 120, 180, 240, 300]
APART = [0, 180, 60, 240, 120, 300]
PENTAGON = [0, 72, 144, 216, 288, 36]
"""and a sixth feature, that finds no place in it"""


def columns(degrees: list[float], length: float = 1.0) -> np.ndarray:
    turn = np.radians(degrees)
    return length * np.stack([np.cos(turn), np.sin(turn)])


def all_orders(count: int) -> xr.DataArray:
    """Columns evenly round the circle, in all orders of the features, along "seed"."""
    turns = np.linspace(0, 360, count, endpoint=False)
    return weights(*(columns(list(order)) for order in itertools.permutations(turns)))


def weights(*models_: np.ndarray) -> xr.DataArray:
    return xr.DataArray(np.stack(models_), dims=("seed", "hidden", "feature"))


def run(
    two: list[float], three: list[float], independent: list[list[float]], kind: str, seeds: int = 60
) -> xr.Dataset:
    """A run at two densities: all models in sets alike, independent ones in turn."""
    config = models.Config(kind=kind, levels=(0.5, 1.0))
    w = np.full((2, 2, 2, seeds, 2, 6), np.nan)
    w[0, :, 0, :, :, :4], w[1, :, 0] = columns(two), columns(three)
    for k in range(seeds):
        w[0, :, 1, k, :, :4] = columns(independent[k % len(independent)])
        w[1, :, 1, k] = columns(np.random.default_rng(k).permutation(PENTAGON))
    p = np.array(
        [[models.chance_on(config.kind, n, level) for level in (0.5, 1.0)] for n in (2, 3)]
    )
    dims = ("sets", "level", "law", "seed")
    unit = p**2 * (2 / 3 if kind == "correlated" else 1 / 6)
    loss = np.broadcast_to(unit[:, :, None, None], (2, 2, 2, seeds)).copy()
    if kind == "anticorrelated":
        loss[:, :, 0] = 0.0
    return xr.Dataset(
        {
            "w": ((*dims, "hidden", "feature"), w),
            "loss": (dims, loss),
            "chance_on": (("sets", "level", "law"), np.repeat(p[..., None], 2, -1)),
        },
        {"sets": [2, 3], "level": [0.5, 1.0], "law": list(models.LAWS), "feature": range(6)},
        {"config": json.dumps(config.model_dump(mode="json"))},
    )


THREE_WAYS = [RIGHT_ANGLES, [0, 90, 270, 180], DIGONS]
"""the three ways to pair four features in digons"""


def test_right_angles_digons_and_neighbours_are_told_apart():
    four, six = weights(*map(columns, (RIGHT_ANGLES, DIGONS))), [SIDE_BY_SIDE, APART]
    assert models.orthogonal(four).values.tolist() == [1, 0]
    assert models.apart(four).values.tolist() == [1, 0]
    assert models.antipodal(four).values.tolist() == [0, 1]
    assert models.side_by_side(weights(*map(columns, six))).values.tolist() == [1, 0]


def test_readings_do_not_change_when_the_plane_turns():
    turned = [columns([angle + 77 for angle in of]) for of in (RIGHT_ANGLES, DIGONS)]
    assert models.orthogonal(weights(*turned)).values.tolist() == [1, 0]
    six = [columns([angle + 77 for angle in of]) for of in (SIDE_BY_SIDE, APART)]
    assert models.side_by_side(weights(*six)).values.tolist() == [1, 0]


def test_a_model_that_diverged_is_nothing():
    w = weights(columns(RIGHT_ANGLES), np.full((2, 4), np.nan))
    for truth in (models.orthogonal, models.apart, models.antipodal, models.all_represented):
        assert truth(w).isnull().values.tolist() == [False, True]
    assert np.isnan(models.side_by_side(w)[1])


def test_a_short_column_is_not_represented():
    short = columns(RIGHT_ANGLES) * np.array([1, 1, 1, 0.4])
    assert models.all_represented(weights(columns(RIGHT_ANGLES), short)).values.tolist() == [1, 0]


def test_two_of_fifteen_pairings_of_six_places_join_neighbours_only():
    found = models.side_by_side(all_orders(6))
    assert float(found.mean()) == pytest.approx(models.SIDE_BY_SIDE)


def test_four_of_fifteen_pairings_of_six_places_join_no_neighbours():
    found = models.obtuse(all_orders(6))
    assert float(found.mean()) == pytest.approx(models.OBTUSE)


def test_one_of_three_pairings_of_two_digons_joins_partners():
    found = models.antipodal(all_orders(4))
    assert float(found.mean()) == pytest.approx(models.ONE_OF_THREE)


def test_chance_exceeds_its_bound_in_five_percent_at_most():
    bound = models.exceeds(1 / 3).of(xr.Dataset(), core.Measured(0.5, count=60))
    draws = np.random.default_rng(0).binomial(60, 1 / 3, 100_000) / 60
    assert np.mean(draws >= bound) <= 0.05
    assert not models.exceeds(1 / 3).decides(1)


def test_correlated_claims_hold_where_features_lie_as_published_and_fail_on_their_controls():
    ds = run(RIGHT_ANGLES, SIDE_BY_SIDE, THREE_WAYS, "correlated")
    for claim in CORRELATED.claims:
        verdict = claim.judge(ds)
        assert verdict.holds, verdict
        assert claim.kind == "open" or verdict.judgement == "holds", verdict


def test_correlated_claims_fail_where_partners_are_antipodal():
    ds = run(DIGONS, APART, THREE_WAYS, "correlated")
    fails = {"orthogonal-where-they-fit", "in-different-factors", "side-by-side-where-not"}
    found = {claim.id: claim.judge(ds).judgement for claim in CORRELATED.claims}
    assert {found[name] for name in fails} == {"empty", "FAILS"} - {"empty"}


def test_anticorrelated_claims_hold_where_partners_are_antipodal_and_fail_on_their_controls():
    ds = run(DIGONS, APART, [DIGONS], "anticorrelated")
    for claim in ANTICORRELATED.claims:
        verdict = claim.judge(ds)
        assert verdict.holds, verdict
        assert claim.kind == "open" or verdict.judgement == "holds", verdict


def test_anticorrelated_claims_fail_at_right_angles():
    ds = run(RIGHT_ANGLES, SIDE_BY_SIDE, THREE_WAYS, "anticorrelated")
    found = {claim.id: claim.judge(ds) for claim in ANTICORRELATED.claims}
    assert found["best-is-antipodal"].measured == 0
    assert found["antipodal-above-chance"].judgement == "FAILS"
    assert found["three-sets-obtuse"].judgement == "FAILS"
    assert not found["three-sets-antipodal"].holds


def test_membership_is_shuffled_between_sets_only():
    ds = run(RIGHT_ANGLES, SIDE_BY_SIDE, THREE_WAYS, "correlated")
    mixed = ds.assign(w=study.reshuffled(ds))
    assert models.side_by_side(models.weights(mixed, 3)).max() == 0
    assert models.orthogonal(models.weights(mixed, 2)).max() == 0


def test_a_run_without_three_sets_leaves_nothing_to_judge_of_them():
    ds = run(RIGHT_ANGLES, SIDE_BY_SIDE, THREE_WAYS, "correlated").sel(sets=[2])
    found = {claim.id: claim.judge(ds.isel(feature=slice(4))) for claim in CORRELATED.claims}
    assert found["side-by-side-where-not"].judgement == "empty"
    assert found["orthogonal-where-they-fit"].judgement == "holds"


def test_densities_are_the_source_s():
    levels = models.Config().levels
    two = [models.chance_on("correlated", 2, level) for level in levels]
    np.testing.assert_allclose(two, 400 ** -np.linspace(0.5, 1, 5))
    three = [models.chance_on("correlated", 3, level) for level in levels]
    np.testing.assert_allclose(three, 100 ** -np.linspace(0.5, 1, 5))
    anti = [models.chance_on("anticorrelated", 2, level) for level in levels]
    np.testing.assert_allclose(anti, 10 ** -np.linspace(0.5, 1, 5))


def test_independent_features_have_the_density_of_those_in_sets():
    for kind in ("correlated", "anticorrelated"):
        one, other = (models.inputs(kind, 3, 0.2, law) for law in models.LAWS)
        np.testing.assert_allclose(one.mean, other.mean)
