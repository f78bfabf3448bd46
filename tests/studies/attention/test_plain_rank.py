"""plain-rank: what its claims read, on datasets made by hand, and its bounds against mathematics."""

import json

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.models import Head
from tegum.studies.attention.plain_rank import readings as read
from tegum.studies.attention.plain_rank import scores
from tegum.studies.attention.plain_rank.heads import (
    ANY,
    ANY_EQUAL,
    CASES,
    COUNT,
    COUNT_FALLS,
    Config,
    any_gap,
    orthonormal_w,
    unit_of,
)
from tegum.studies.attention.plain_rank.readings import ALONE, JOINT
from tegum.studies.attention.plain_rank.study import CLAIMS
from tegum.theory.dictionaries import orthonormal
from tegum.theory.head_moments import target_power
from tegum.theory.optimal_heads import head_floor, optimal_head
from tegum.theory.short_rank import first_slice_ratio

DIMS = {"density": [0.9, 0.5], "mode": [JOINT, ALONE], "case": list(CASES), "rank": [1, 2, 4]}
SEEDS, M, N = 8, 4, 8
SHAPE = (2, 2, 4, 3, SEEDS)


def made(**variables: float | np.ndarray) -> xr.Dataset:
    """Two densities, both modes, all cases, ranks 1, 2, 4 of m = 4; joint heads lack rank 2."""
    last = {"energy": ("pair", M), "energy_theory": ("pair", M), "best": ("pair", M)}
    last |= {"leverage": ("feature", N)}
    found = {}
    for name, value in variables.items():
        tail = (last[name],) if name in last else ()
        dims, shape = [*DIMS, "seed", *(d for d, _ in tail)], (*SHAPE, *(k for _, k in tail))
        found[name] = xr.DataArray(value + np.zeros(shape), dims=dims)
    coords = DIMS | {"seed": range(SEEDS), "pair": range(M), "feature": range(N)}
    ds = xr.Dataset(found).assign_coords(coords)
    lacking = (ds["mode"] == JOINT) & (ds["rank"] == 2)
    ds = ds.where(~lacking)
    return ds.assign_attrs(config=json.dumps({"n_hidden": M, "n_features": N, "lam": 2.0}))


def judged(claim: str, ds: xr.Dataset):
    return {each.id: each for each in CLAIMS}[claim].judge(ds)


def of(ds: xr.Dataset, name: str, value: float, **place: object) -> None:
    ds[name].loc[place] = value


def test_the_share_of_the_first_slice_is_what_rank_one_explains_of_what_rank_m_does():
    ds = made(L2=0.5)
    of(ds, "L2", 0.55, rank=1)
    np.testing.assert_allclose(read.share_of_first(ds), 0.9)
    for law, holds in ((0.9, True), (0.895, True), (0.85, False)):
        share = ds.assign(share_law=(("density", "case"), np.full((2, 4), law)))
        verdict = judged("first-slice-serves-all", share)
        assert verdict.holds == holds
        assert verdict.control.fails


def test_cases_of_equal_importance_do_not_count_where_w_must_store_the_top():
    ds = made(L2=0.5)
    of(ds, "L2", 1.0, case=ANY_EQUAL, rank=1)
    share = ds.assign(share_law=(("density", "case"), np.ones((2, 4))))
    assert judged("first-slice-serves-all", share).holds


def test_energies_are_judged_only_where_the_loss_tells_spans_apart_and_not_at_full_rank():
    energy = np.linspace(0, 0.9, M)
    ds = made(energy=energy, energy_theory=energy, apart=1.0)
    assert judged("energies-are-theory", ds).holds
    assert judged("energies-are-theory", ds).control.fails
    of(ds, "energy", 0.5, mode=ALONE, case=COUNT, rank=2)
    assert judged("energies-are-theory", ds).fails
    of(ds, "apart", read.APART / 2, mode=ALONE, case=COUNT, rank=2)
    of(ds, "energy", 0.5, mode=ALONE, case=COUNT, rank=4)
    assert judged("energies-are-theory", ds).holds


def test_joint_heads_of_rank_one_are_held_against_the_closed_form_on_their_own_w():
    energy = np.linspace(0, 0.9, M)
    ds = made(energy=energy, energy_theory=energy, apart=1.0)
    of(ds, "energy", 0.5, mode=ALONE)
    verdict = judged("joint-first-is-theory", ds)
    assert verdict.holds
    assert verdict.control.fails
    of(ds, "energy", 0.5, mode=JOINT, case=ANY, rank=1)
    assert judged("joint-first-is-theory", ds).fails


def test_joint_heads_reach_the_floor_of_their_own_w_and_not_of_w_alone():
    ds = made(L2=0.1, L2_floor=0.1)
    of(ds, "L2_floor", 0.3, mode=ALONE)
    verdict = judged("joint-reaches-floor", ds)
    assert verdict.holds
    assert verdict.control.fails
    of(ds, "L2", 0.2, mode=JOINT, rank=4)
    assert judged("joint-reaches-floor", ds).fails


def test_fitting_compares_the_same_seed_with_and_without_the_head():
    better = {"L2_floor": (0.1, 0.2), "L1": (1.1, 1.0), "row_sum": (0.9, 0.5), "L2": (0.1, 0.2)}
    ds = made(**dict.fromkeys(better, 0.0))
    for name, (joint, alone) in better.items():
        of(ds, name, joint, mode=JOINT)
        of(ds, name, alone, mode=ALONE)
    for claim in ("head-gains", "reconstruction-pays", "w-takes-the-sum", "fitting-pays-off"):
        verdict = judged(claim, ds)
        assert verdict.holds
        assert verdict.measured == 1
        assert verdict.control.fails
    assert judged("costs-little", ds).measured == pytest.approx(0.1)
    # λ = 2: 1.1 + 2 · 0.1 < 1 + 2 · 0.2, but not with λ = 1/2.
    light = ds.assign_attrs(config=json.dumps({"n_hidden": M, "lam": 0.5}))
    assert judged("fitting-pays-off", light).fails


@pytest.mark.parametrize("density", [0.9, 0.7])
@pytest.mark.parametrize("turn", ["orthonormal", "random"])
def test_a_head_that_should_answer_one_loses_what_kappa_says(density: float, turn: str):
    w = (
        orthonormal(N, M, 0)
        if turn == "orthonormal"
        else np.random.default_rng(0).normal(size=(M, N))
    )
    kappa = N * scores.row_sum(w[None])
    # The least E(1 - l)²: N = E h E gᵀ.
    mean = w.sum(-1) * density / 2
    v = density / 3 - density**2 / 4
    inverse = np.linalg.inv(v * w @ w.T + np.outer(mean, mean))
    exact = 1 - (mean @ inverse @ mean) ** 2
    law = read.constant_law(xr.DataArray(kappa), xr.DataArray(density))
    np.testing.assert_allclose(law, exact, rtol=1e-9)


def test_the_law_of_a_constant_is_the_floor_of_any_to_the_chance_that_no_pair_is_present():
    c = Config()
    w, asked = orthonormal_w(c), c.asked(ANY)
    floor = head_floor(w, 0.9, asked.matrix(c.n_features), "any")
    law = read.constant_law(xr.DataArray(scores.row_sum(w[None]) * 20), xr.DataArray(0.9))
    np.testing.assert_allclose(law, floor, atol=1e-6)


def test_the_law_of_a_constant_is_not_asked_of_densities_at_which_s_varies():
    ds = made(row_sum=0.5, L2=0.0)
    law = read.constant_law(0.5 * N * xr.ones_like(ds.L2), ds.density)
    ds = ds.assign(L2=law.where(ds.density > 0.6, 7.0))
    other = ds.assign(row_sum=ds.row_sum.where(ds["mode"] == ALONE, 0.9))
    # (1 - p²)^4 is 0.0013 at p = 0.9, and 0.32 at p = 0.5
    assert list(read.law_error(ds).density) == [0.9]
    assert judged("sum-is-all-that-counts", ds).holds
    assert judged("sum-is-all-that-counts", other).fails


def test_the_rows_of_w_hold_the_sum_of_all_features_as_far_as_the_projector_says():
    whole = np.vstack([np.ones(N), np.arange(N)])  # the sum itself is a row
    antipodal = np.hstack([np.eye(4), -np.eye(4)])
    found = scores.row_sum(np.stack([whole, np.eye(2, N)]))
    np.testing.assert_allclose(found, [1, 2 / N], atol=1e-12)
    np.testing.assert_allclose(scores.row_sum(antipodal[None]), 0, atol=1e-12)


@pytest.mark.parametrize("density", [0.9, 0.5, 0.1])
def test_the_share_of_the_first_slice_of_orthonormal_features_is_the_closed_form(density: float):
    c = Config()
    ratio = first_slice_ratio(c.n_hidden, density, "count") ** 2
    found = scores.share_of_first(orthonormal_w(c), density, c.asked(COUNT))
    assert found == pytest.approx(ratio / (ratio + c.n_hidden - 1), rel=1e-9)


def test_any_from_count_is_the_law_where_sparse_and_the_control_fails():
    c = Config()
    densities = [0.5, 0.1, 0.03, 0.01]
    gaps = [any_gap(c, orthonormal_w(c), p) for p in densities]
    ds = xr.Dataset({"any_gap": ("gap_density", gaps)}, {"gap_density": densities})
    ds = ds.assign_coords(pair=range(c.n_hidden)).assign_attrs(config=c.model_dump_json())
    verdict = judged("any-from-count-law", ds)
    assert verdict.holds
    assert verdict.control.fails
    np.testing.assert_allclose(read.any_over_law(ds)[-1], 1, atol=0.03)


def test_the_best_head_measured_as_if_trained_is_its_own_theory():
    c = Config(n_features=8, n_hidden=4, ranks=(1, 4), joint_ranks=(1, 4))
    w = np.random.default_rng(1).normal(size=(4, 8))
    asked = c.asked(COUNT_FALLS)
    heads = []
    for rank in (1, 4):
        u, s, vt = np.linalg.svd(optimal_head(w, 0.5, asked.matrix(8), "count", rank=rank))
        heads.append(((u * s).T[:4], vt))
    a, b = (np.stack(part) for part in zip(*heads, strict=True))
    every = np.stack([w, w])
    models = scores.Population(every, np.zeros((2, 8)), Head(a, b), np.array([True, False]))
    found = scores.measured(models, (1, 4), asked, 0.5, c.importance_of(COUNT_FALLS))
    np.testing.assert_allclose(found["energy"], found["energy_theory"], atol=1e-9)
    np.testing.assert_allclose(found["best"], found["best_theory"], atol=1e-7)
    np.testing.assert_allclose(found["L2"], found["L2_floor"], atol=1e-9)
    floor = head_floor(w, 0.5, asked.matrix(8), "count", rank=1)
    assert found["L2_floor"][0, 0] == pytest.approx(
        floor / target_power(0.5, asked.matrix(8), "count")
    )
    np.testing.assert_array_equal(np.isnan(found["w"]).all(axis=(1, 2)), [False, True])


def test_weights_fall_from_one_where_they_are_graded_and_any_is_not_scaled():
    c = Config(weight_gap=0.5, n_hidden=3, ranks=(1, 3), joint_ranks=(1, 3))
    assert c.asked(COUNT_FALLS).weights == (1.0, 0.75, 0.5)
    assert c.asked(ANY_EQUAL).weights == (1.0, 1.0, 1.0)
    assert [c.asked(case).target for case in CASES] == ["any", "any", "count", "count"]
    assert unit_of(c.asked(ANY), 20, 0.5) == 1
    scaled = c.asked(COUNT).matrix(20) / unit_of(c.asked(COUNT), 20, 0.5)
    assert target_power(0.5, scaled, "count") == pytest.approx(1)


def test_open_claims_read_what_they_say():
    ds = made(best=0.9, energy=0.25, leverage=0.5, apart=1.0, energy_theory=0.25, L2_floor=0.2)
    of(ds, "best", 0.1, case=ANY, mode=JOINT, pair=2, rank=4)
    of(ds, "energy", 0.6, case=ANY, mode=JOINT, pair=1, rank=1)
    ds.leverage.loc[{"feature": range(M)}] = 0.75
    assert judged("all-recovered", ds).measured == pytest.approx(0.1)
    assert judged("one-feature-wins", ds).measured == pytest.approx(0.6)
    assert judged("attended-get-dimensions", ds).measured == pytest.approx(0.75)
    assert judged("largest-weights-first", ds).measured == pytest.approx(0.75)
    assert judged("alone-is-readable", ds).measured == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"joint_ranks": (1, 5)}, "joint_ranks"),
        ({"ranks": (2, 10)}, "ranks"),
        ({"joint_ranks": (1, 3, 10), "ranks": (1, 10)}, "some of ranks"),
        ({"n_features": 5}, "n_features"),
    ],
)
def test_a_config_that_cannot_be_is_refused_in_a_line(fields: dict, complaint: str):
    with pytest.raises(BadInputError, match=complaint):
        Config(**fields)
