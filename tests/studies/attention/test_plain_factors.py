"""plain-factors: its factors, its law and its readings against mathematics; each control fails."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.attention import slices as heads
from tegum.studies.attention.plain_factors import factors as found
from tegum.studies.attention.plain_factors import heads as asking
from tegum.studies.attention.plain_factors import readings as read
from tegum.studies.attention.plain_factors.factors import (
    ANTIPRISM,
    BESIDE,
    DIGON,
    FACING,
    KINDS,
    PARTNERS,
    PENTAGON,
    SHARED,
    SINGLE,
    TRIANGLE,
    WAYS,
    Config,
)
from tegum.studies.attention.plain_factors.study import CLAIMS
from tegum.theory import contrasts
from tegum.theory.dictionaries import tegum_product

SEEDS = 12
DIMS = {
    "n_features": [9, 18],
    "density": [0.25, 0.03],
    "shared": list(SHARED),
    "kind": list(KINDS),
    "partner": list(PARTNERS),
    "way": list(WAYS),
    "slice": [1, 2],
    "member": [1, 2],
    "place": [1, 2],
    "lam": [0.3, 10.0],
}
POINT = ("n_features", "density", "seed")
OF_JOINT = ("lam", "seed")


def made(**variables: tuple[tuple[str, ...], object]) -> xr.Dataset:
    """Two sizes and densities; each variable with its further axes and a value that fills them."""
    sizes = {name: len(values) for name, values in DIMS.items()} | {"seed": SEEDS}
    ds = {}
    for name, (dims, value) in variables.items():
        every = (*(OF_JOINT if name.startswith("joint") else POINT), *dims)
        ds[name] = xr.DataArray(value + np.zeros([sizes[d] for d in every]), dims=every)
    config = {"n_hidden": 6, "joint_density": 0.25}
    coords = DIMS | {"seed": range(SEEDS)}
    return xr.Dataset(ds, coords).assign_attrs(config=json.dumps(config))


def judged(claim: str, ds: xr.Dataset):
    return {each.id: each for each in CLAIMS}[claim].judge(ds)


def of_law(c: float) -> xr.Dataset:
    """Heads that are the law's, in every factor, facing at c and beside at -c/2."""
    ds = made(c=(("shared", "partner"), np.array([c, -c / 2])), away=(("shared", "partner"), 0.001))
    law = read.law_cosines(ds.c, ds.density)
    both = xr.ones_like(ds.way, float)
    cosine = law * both * xr.ones_like(ds.member, float)
    factors = ((*POINT, "kind"), np.ones((2, 2, SEEDS, len(KINDS))))
    ratio = read.law_ratio(ds.c, ds.density) * both
    return ds.assign(cosine=cosine, ratio=ratio, factors=factors)


# --- factors --------------------------------------------------------------------------------------


def test_factors_of_a_tegum_product_are_the_ones_it_was_made_of():
    w = tegum_product(("digon", "triangle", "pentagon", "single"), 5)
    factors = found.factors_of(w)
    assert [f.kind for f in factors] == [DIGON, TRIANGLE, PENTAGON, SINGLE]
    assert [f.basis.shape for f in factors] == [(6, 1), (6, 2), (6, 2), (6, 1)]
    for f in factors:
        np.testing.assert_allclose(f.basis @ (f.basis.T @ w[:, f.features]), w[:, f.features])
    assert found.between(w) < 1e-12
    assert np.isnan(found.between(tegum_product(("pentagon",), 1)))


def test_the_facing_member_has_the_largest_cosine_and_the_one_beside_the_least():
    w = tegum_product(("digon", "pentagon"), 5)
    pentagon = found.factors_of(w)[1]
    for which, cosine in ((FACING, np.cos(0.8 * np.pi)), (BESIDE, np.cos(0.4 * np.pi))):
        pair = (int(pentagon.features[0]), found.partner_of(w, pentagon, which))
        assert found.cosine_of(w, pair) == pytest.approx(cosine)


def test_two_factors_are_of_different_kinds_where_there_are_some():
    def kinds(*names: str) -> list[str]:
        return [f.kind for f in found.two_of(found.factors_of(tegum_product(names, 1)))]

    assert kinds("digon", "digon", "pentagon") == [DIGON, PENTAGON]
    assert kinds("digon", "digon") == [DIGON, DIGON]
    assert kinds("pentagon") == []


def test_sizes_must_exceed_the_hidden_dimensions():
    with pytest.raises(BadInputError, match="sizes"):
        Config(sizes=(6, 12))


# --- the law --------------------------------------------------------------------------------------


@pytest.mark.parametrize("density", [0.25, 0.03])
@pytest.mark.parametrize(("polytope", "k"), [("triangle", 1), ("pentagon", 1), ("pentagon", 2)])
def test_best_heads_inside_a_balanced_product_are_the_laws(density, polytope, k):
    w = tegum_product((polytope, "digon", "digon", "digon"), 3)
    asked = asking.Question(0, (0, k), 4).asked
    best = asking.one_of(heads.optimal_slices(w[None], density, asked, 4)[0], 0)
    c = xr.DataArray(found.cosine_of(w, (0, k)))
    law = read.law_cosines(c, density)
    np.testing.assert_allclose(asking.slice_cosines(best, w, (0, k)), np.outer(law, [1, 1]))
    assert best.s[1] / best.s[0] == pytest.approx(float(read.law_ratio(c, density)))
    assert asking.away_from_law(best, w, (0, k), density) < 1e-9


def test_for_sparse_features_the_law_is_that_of_contrasts():
    for c in (-0.8, -0.3, 0.2, 0.7):
        cosines = read.law_cosines(xr.DataArray(c), 0.0)
        np.testing.assert_allclose(cosines, contrasts.contrast_cosines(c, c)[0])
        ratio = float(read.law_ratio(xr.DataArray(c), 0.0))
        assert ratio == pytest.approx(contrasts.sigma_ratio(c, c))


def test_slices_of_a_head_near_the_law_are_turned_by_no_more_than_the_bound():
    rng, w, density = np.random.default_rng(0), tegum_product(("pentagon", "digon"), 2), 0.1
    for _ in range(8):
        one = w * np.exp(0.02 * rng.normal(size=w.shape[1])) + 0.01 * rng.normal(size=w.shape)
        for k in (1, 2):
            asked = asking.Question(0, (0, k), 3).asked
            best = asking.one_of(heads.optimal_slices(one[None], density, asked, 3)[0], 0)
            c = xr.DataArray(found.cosine_of(one, (0, k)))
            away = xr.DataArray(asking.away_from_law(best, one, (0, k), density))
            error = abs(
                asking.slice_cosines(best, one, (0, k)).T - read.law_cosines(c, density).values
            )
            assert np.all(error.max(0) <= read.cosine_bound(c, away, density).values)
            moved = abs(best.s[1] / best.s[0] - float(read.law_ratio(c, density)))
            assert moved <= float(read.ratio_bound(c, away, density))


def test_random_spans_have_the_exact_law_for_one_dimension_and_none_for_the_whole_space():
    angle = found.angle_null(6, 1, 1, 0)
    one, other = np.random.default_rng(1).normal(size=(2, 100_000, 6))
    cosine = abs(np.sum(one * other, -1)) / np.linalg.norm(one, axis=-1)
    angles = np.arccos(cosine / np.linalg.norm(other, axis=-1))
    assert np.mean(angles < angle) == pytest.approx(0.05, abs=0.003)
    assert np.isnan(found.angle_null(6, 6, 6, 0))
    # Fewer slices leave a space less, and more dimensions hold more.
    assert found.angle_null(6, 3, 2, 0) < found.angle_null(6, 3, 3, 0)


# --- claims ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", ["heads-are-theory", "contrasts", "sigma-ratio"])
def test_heads_that_are_the_laws_hold_and_their_controls_fail(claim):
    verdict = judged(claim, of_law(-0.8))
    assert verdict.holds
    assert verdict.control.fails


def test_the_law_is_judged_only_where_theory_puts_heads_near_it():
    ds = of_law(-0.8)
    wrong = ds.assign(ratio=ds.ratio + 0.3)
    assert judged("sigma-ratio", wrong).fails
    far = wrong.assign(away=ds.away + 0.5)
    assert judged("sigma-ratio", far).judgement == "empty"
    of_one = wrong.assign(ratio=ds.ratio.where(ds.shared != ANTIPRISM, wrong.ratio))
    assert judged("sigma-ratio", of_one).fails


@pytest.mark.parametrize(
    ("claim", "angle", "dims"),
    [
        ("two-stay", "two_angle", ("shared", "partner", "way")),
        ("all-span", "all_angle", ("shared", "way")),
        ("both-span", "both_angle", ("way",)),
    ],
)
def test_spans_must_be_nearer_than_random_ones(claim, angle, dims):
    null = angle.replace("angle", "null")
    of_null = (dims[:1] if dims[0] == "shared" else (), 0.7)
    near = made(**{angle: (dims, 0.01), null: of_null})
    assert judged(claim, near).holds
    assert judged(claim, near).control.fails
    assert judged(claim, made(**{angle: (dims, 0.8), null: of_null})).fails
    nowhere = made(**{angle: (dims, 0.01), null: (of_null[0], np.nan)})
    assert judged(claim, nowhere).judgement == "empty"


def test_the_only_slice_goes_to_the_greater_leverage_where_leverages_differ():
    served = ("way", "place"), np.array([0.1, 0.9])
    ds = made(served=served, leverage=(("place",), np.array([0.4, 0.5])))
    assert judged("greater-leverage-first", ds).holds
    assert judged("greater-leverage-first", ds).control.fails
    turned = ds.assign(leverage=ds.leverage.isel(place=[1, 0]).assign_coords(place=[1, 2]))
    assert judged("greater-leverage-first", turned).fails
    alike = ds.assign(leverage=0 * ds.leverage + 0.5)
    assert judged("greater-leverage-first", alike).judgement == "empty"
    assert judged("one-goes-without", alike).measured == pytest.approx(0.1)
    assert judged("one-goes-without", ds).judgement != "met"


def test_joint_heads_are_held_against_the_law_at_the_cosine_that_w_ends_with():
    ds = made(joint_c=((), -0.86), joint_together=((), 1.0), joint_before=((), -0.81))
    law = read.law_cosines(ds.joint_c, 0.25) * xr.ones_like(ds.way, float)
    ds = ds.assign(joint_cosine=law * xr.ones_like(ds.member, float))
    assert judged("joint-contrasts", ds).holds
    assert judged("joint-contrasts", ds).control.fails
    assert judged("joint-straightens", ds).measured == 1
    assert judged("joint-parts", ds).measured == 0
    parted = ds.assign(joint_together=0 * ds.joint_together)
    assert judged("joint-contrasts", parted).judgement == "empty"
    assert judged("joint-parts", parted).measured == 1


def test_factors_count_where_a_model_has_some_and_sparse_ones_where_n_is_large():
    ds = made(factors=(("kind",), np.array([k == PENTAGON for k in KINDS], float)))
    assert judged("pentagons-form", ds).measured == 1
    assert judged("simplices-form", ds).measured == 0
    assert judged("factors-when-sparse", ds).measured == 0
    ds["factors"].loc[{"density": 0.03, "n_features": 18, "kind": DIGON}] = 2
    assert judged("factors-when-sparse", ds).measured == 1


def test_slices_for_two_factors_are_told_by_whether_these_are_of_one_kind():
    ds = made(purity=(("way",), 0.95), alike=((), 0.0))
    assert judged("unlike-factors-apart", ds).measured == pytest.approx(0.95)
    assert judged("like-factors-apart", ds).judgement == "empty"
