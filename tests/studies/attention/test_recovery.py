"""head-recovery: what its claims read, on datasets made by hand and heads in closed form."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.analysis.functional import detector_auc
from tegum.errors import BadInputError
from tegum.studies.attention.recovery import dictionaries as read
from tegum.studies.attention.recovery.baselines import TOKENS, WAYS, baseline_scores
from tegum.studies.attention.slices import Asked, Slices, optimal_slices
from tegum.studies.core import Measured
from tegum.theory.dictionaries import orthonormal
from tegum.theory.recovery_laws import presence_gain

NAN = np.nan


def over_seeds(*values: float) -> xr.DataArray:
    return xr.DataArray([list(values)], {"density": [0.1]}, ("density", "seed"))


def single(leverage: list[float], norm: list[float]) -> xr.Dataset:
    """Heads for the pairs (i, i) as they are in tight blocks, at densities 1 and 0.2."""
    of = xr.Dataset({"leverage": ("feature", leverage), "norm": ("feature", norm)})
    both = xr.concat([of, of], xr.DataArray([1.0, 0.2], dims="density", name="density"))
    theory = read.scaled_by_gain((both.leverage / both.norm) ** 2)
    return both.assign(sigma=theory, sigma_theory=theory)


def test_the_sizes_of_random_dictionaries_are_ordered_and_differ_even_for_one_dimension() -> None:
    assert read.Config(law_hidden=20).law_sizes == (4, 8, 12, 16, 20, 24, 30, 40, 60, 80, 120)
    assert read.Config(law_hidden=1).law_sizes == (1, 2, 3, 4, 6)


def test_too_few_features_for_three_pairs_are_refused() -> None:
    with pytest.raises(BadInputError, match="three pairs"):
        read.Config(n_features=5, single_heads=5)


def test_planted_dictionaries_put_the_attended_features_first() -> None:
    w = read.DICTIONARIES["dedicated + digon"](3)
    np.testing.assert_allclose(w[:, 0], -w[:, 1])
    balanced = read.DICTIONARIES["balanced tegum"](3)
    np.testing.assert_allclose(balanced.sum(-1), 0, atol=1e-12)
    assert abs(balanced[:, 0] @ balanced[:, 1]) < 1e-12


def test_nothing_can_be_learnt_of_presence_at_density_one_with_a_constant_or_without_a_mean() -> (
    None
):
    balanced, other = (read.DICTIONARIES[name](0)[None] for name in ("balanced tegum", "random"))
    for bias in (False, True):
        assert read.nothing_to_learn(balanced, 1.0, Asked(read.ONE_PAIR, bias=bias))
        assert read.nothing_to_learn(other, 1.0, Asked(read.ONE_PAIR, bias=bias)) == bias
        assert not read.nothing_to_learn(other, 0.9, Asked(read.ONE_PAIR, bias=bias))
        assert not read.nothing_to_learn(other, 1.0, Asked(read.ONE_PAIR, (1.0,), "product", bias))


def test_a_pair_without_a_slice_scores_zero_and_one_that_was_not_asked_for_is_missing() -> None:
    w = orthonormal(8, 8, 0)[None]
    asked = Asked(read.THREE_PAIRS, read.DISTINCT, "product")
    short, _ = optimal_slices(w, 0.1, asked, 2)
    [scores] = read.matched(short, w, read.THREE_PAIRS)
    assert (scores == 0).tolist() == [False, False, True]
    assert np.all(scores[:2] > 0.98)
    one, _ = optimal_slices(w, 0.1, Asked(read.ONE_PAIR, bias=True), 1)
    np.testing.assert_allclose(read.matched(one, w, read.ONE_PAIR), [[1, NAN, NAN]])
    broken = Slices(one.u * NAN, one.s * NAN, one.v * NAN)
    assert np.isnan(read.matched(broken, w, read.ONE_PAIR)).all()


def test_overlap_is_with_other_pairs_on_the_same_side_only() -> None:
    w = np.eye(6)[None].copy()
    w[0, :, 2] = [-3, 0, 0, 4, 0, 0]  # the left one of the second pair leans on that of the first
    w[0, :, 5] = w[0, :, 4]  # left and right of one pair: no other pair's
    np.testing.assert_allclose(read.overlap(w, read.THREE_PAIRS), [[0.6, 0.6, 0.0]])


def test_any_is_count_for_one_pair_at_a_time_and_is_not_where_features_are_dense() -> None:
    w = orthonormal(8, 8, 0)[None]
    found = {p: float(read.any_gap(w, p)[0]) for p in (0.01, 0.5)}
    assert found[0.01] < 3 * 0.01**2 < found[0.5]
    ds = xr.Dataset({"any_gap": over_seeds(0.03, NAN)})
    np.testing.assert_allclose(read.any_beyond_count(ds), [[1.0, NAN]])


def test_pairs_can_be_told_apart_unless_nothing_varies_or_any_weighs_them_alike() -> None:
    labels = {
        "density": [1.0, 0.5],
        "target": ["any", "count", "product"],
        "question": ["one pair", "three pairs"],
    }
    told = read.told_apart(xr.Dataset(coords=labels))
    expected = [[False, False, True], [True, True, True]]
    assert told.sel(question="one pair").transpose("density", "target").values.tolist() == expected
    expected = [[False, False, True], [False, True, True]]
    assert (
        told.sel(question="three pairs").transpose("density", "target").values.tolist() == expected
    )


def test_planted_readings_take_the_worse_side_and_keep_what_is_missing() -> None:
    dims = ("seed", "side")
    ds = xr.Dataset(
        {
            "planted_cosine": (dims, [[1.0, 0.7], [NAN, 1.0]]),
            "planted_theory": (dims, [[1.0, 0.9], [1.0, 1.0]]),
        }
    )
    np.testing.assert_allclose(read.planted_error(ds), [0.2, NAN])
    np.testing.assert_allclose(read.planted_alignment(ds), [0.7, NAN])


def test_a_way_is_compared_at_densities_below_one_and_for_pairs_that_are_apart_only() -> None:
    scores = [[[0.9, 0.8], [0.8, 0.9], [0.9, 0.8], [NAN, 0.8]]] * 2
    shared = [[[0.0, 0], [0.0, 0], [1.0, 0], [0.0, 0]]] * 2
    ds = xr.Dataset(
        {
            "baseline": (("density", "seed", "way"), scores),
            "overlap": (("density", "seed", "pair"), shared),
        },
        {"density": [1.0, 0.1], "way": ["head", "gauge"]},
    )
    np.testing.assert_equal(read.nearer(ds, "head", "gauge").values, [[1, 0, NAN, NAN]])


def test_laws_of_single_heads_are_exact_in_tight_blocks_and_drop_what_is_not_represented() -> None:
    ds = single(leverage=[1.0, 0.5, 0.1], norm=[1.2, 0.9, 0.3])
    np.testing.assert_allclose(read.sigma_error(ds), [[0, 0, NAN]])
    np.testing.assert_allclose(read.contribution_error(ds), [[0, 0, NAN]], atol=1e-12)
    off = ds.assign(sigma=1.1 * ds.sigma.where(ds.leverage < 1))
    np.testing.assert_allclose(read.sigma_error(off), [[NAN, 0.1, NAN]])
    np.testing.assert_allclose(read.contribution_error(off), [[NAN, 0.1, NAN]])


def test_values_are_scaled_by_the_gain_of_their_own_density() -> None:
    ones = xr.DataArray([1.0, 1.0], {"density": [1.0, 0.2]}, "density")
    np.testing.assert_allclose(read.scaled_by_gain(ones), [0.0, presence_gain(0.2)])


def test_the_error_of_the_law_is_that_of_the_mean_over_draws() -> None:
    draws = [[0.4, 0.7], [1.0, 0.8]]
    ds = xr.Dataset(
        {"law_cosine_squared": (("law_features", "draw"), draws)},
        {"law_features": [18, 1]},
        {"config": json.dumps({"law_hidden": 10})},
    )
    np.testing.assert_allclose(read.law_error(ds), [0.05, 0.1])


def test_every_way_to_a_pair_that_is_scored_has_words_and_no_other_has() -> None:
    w, rng = orthonormal(8, 8, 0)[None], np.random.default_rng(0)
    pairs, seeds = read.THREE_PAIRS, np.array([0])
    found = baseline_scores(w, 0.1, pairs, read.DISTINCT, seeds=seeds, rng=rng, steps=2)
    assert sorted(found) == sorted(WAYS)


def test_a_logit_that_knows_nothing_stays_below_its_bound_in_about_95_of_100_models() -> None:
    ds = xr.Dataset(coords={"density": [1.0, 0.9, 0.1]})
    rng, absent = np.random.default_rng(1), round(TOKENS * (1 - 0.9**2))
    logits, label = rng.normal(size=(500, TOKENS + absent)), np.arange(TOKENS + absent) >= absent
    areas = detector_auc(logits, np.broadcast_to(label, logits.shape))
    bound = read.idle_area(ds, Measured.nothing(""))
    assert 0.92 < np.mean(areas < bound) < 0.98
