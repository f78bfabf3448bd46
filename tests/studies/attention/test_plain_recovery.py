"""plain-recovery: its heads in closed form, its readings on datasets made by hand."""

import json

import numpy as np
import pytest
import scipy.stats
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.attention.plain_recovery import heads, measured, removal
from tegum.studies.attention.plain_recovery import readings as read
from tegum.studies.attention.plain_recovery.heads import Config, in_order, order_of
from tegum.studies.attention.plain_recovery.study import STUDY, one_each_is_random
from tegum.studies.core.measurement import joined
from tegum.theory.dictionaries import orthonormal
from tegum.theory.optimal_heads import dual_directions, orthonormal_cosine

NAN = np.nan
SMALL = {"n_features": 4, "n_hidden": 2, "apart": 1}


def by_hand(variables: dict, **coords: list) -> xr.Dataset:
    """With the config that readings look into."""
    return xr.Dataset(variables, coords, {"config": json.dumps(SMALL)})


# --- heads ----------------------------------------------------------------------------------------


def test_every_feature_is_asked_for_once_on_each_side() -> None:
    pairs = Config().pairs
    assert pairs[:1] == [(0, 7)]
    assert pairs[13] == (13, 0)
    assert [sorted(side) for side in zip(*pairs, strict=True)] == [list(range(20))] * 2
    assert Config(stride=10, drawn=(0,)).pairs == [(0, 7), (10, 17)]


def test_impossible_pairs_ranks_and_drawings_are_refused() -> None:
    for field, value in (("apart", 40), ("rank", 11), ("drawn", (20,))):
        with pytest.raises(BadInputError, match=field):
            Config(**{field: value})


def test_a_sum_over_tokens_halves_the_weight_of_the_head() -> None:
    l1_left, l1_right, l2, lam = 0.3, 0.5, 0.2, 6.0
    of_sum = l1_left + l1_right + lam * l2
    mean = Config(lam=lam, lam_of="sum").lam_mean
    assert of_sum == pytest.approx(2 * ((l1_left + l1_right) / 2 + mean * l2))
    assert Config(lam=lam).lam_mean == lam


def test_renumbering_puts_the_pair_first_and_is_undone() -> None:
    c = Config(n_features=5, n_hidden=2, rank=2, apart=2, seeds=2, drawn=(0,))
    assert order_of((3, 0), 5).tolist() == [3, 0, 1, 2, 4]
    w = np.random.default_rng(0).normal(size=(2, 2, 5))
    models = np.concatenate([[one[:, order_of(p, 5)] for p in c.pairs] for one in w])
    np.testing.assert_array_equal(in_order(c, models), np.repeat(w[:, None], 5, axis=1))


# --- removal --------------------------------------------------------------------------------------


def best(m: int, density: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ω*, W and d_i of one head on orthonormal features."""
    w = orthonormal(m, m, 0)
    d = dual_directions(w, density)
    return np.outer(d[:, 0], d[:, 1])[None], w[None], d[None]


def test_of_a_best_head_the_first_slice_takes_all_and_the_second_nothing() -> None:
    found = removal.taken(*best(10, 0.9), 0.9, np.random.default_rng(0))[0]
    shares = dict(zip(removal.REMOVED, found.T, strict=True))
    for name, share in {"nothing": 0, "second slice": 0, "first slice": 1, "d_i": 1}.items():
        np.testing.assert_allclose(shares[name], share, atol=1e-9)


def test_of_orthonormal_features_the_feature_itself_takes_what_the_closed_form_says() -> None:
    m, p, s = 10, 0.9, 0.1
    found = removal.taken(*best(m, p), p, np.random.default_rng(0))[0]
    tilt = p / (1 + 3 * s + 3 * p * m)
    share = (s + tilt) / (s + tilt + (m - 1) * tilt * p)  # Ŵ·a = μ(S + p), other parts μp
    np.testing.assert_allclose(found[:, removal.REMOVED.index("W_i")], share)
    assert share == pytest.approx(0.34, abs=0.005)


def test_random_directions_take_one_mth_in_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "DRAWS", 2000)
    found = removal.taken(*best(5, 0.5), 0.5, np.random.default_rng(1))
    np.testing.assert_allclose(found[..., removal.REMOVED.index("random")], 1 / 5, atol=0.02)


def test_tokens_have_the_pair_or_lack_it_and_keep_their_law() -> None:
    p, count = 0.6, 20_000
    x, y = removal.tokens_of(np.random.default_rng(0), 3, p, count)
    both = (x[0] > 0) & (y[1] > 0)
    assert both[:count].all()
    assert not both[count:].any()
    left_alone = (x[0, count:] > 0).mean()
    assert left_alone == pytest.approx(p * (1 - p) / (1 - p * p), abs=0.015)
    assert (x[1] > 0).mean() == pytest.approx(p, abs=0.01)


def test_a_best_head_tells_tokens_apart_and_needs_no_second_slice_for_it() -> None:
    found = removal.areas(*best(6, 0.3), 0.3, np.random.default_rng(0), 1000)[0]
    areas = dict(zip(removal.REMOVED, found, strict=True))
    assert areas["nothing"] > 0.85
    assert areas["second slice"] == pytest.approx(areas["nothing"], abs=1e-3)
    assert areas["W_i"] < 0.6
    assert areas["random"] < areas["nothing"]


def test_where_the_pair_is_always_present_there_is_no_area() -> None:
    assert np.isnan(removal.areas(*best(3, 1.0), 1.0, np.random.default_rng(0), 5)).all()


# --- readings -------------------------------------------------------------------------------------


def sided(values: list, name: str = "cosine") -> xr.Dataset:
    """One model of each of four pairs (i, i + 1), of which two features are inside."""
    dims = ("seed", "left", "side")
    return by_hand({name: (dims, [values])}, left=[0, 1, 2, 3], side=["left", "right"])


def test_sides_know_which_feature_they_attend_to_and_whether_it_is_inside() -> None:
    ds = sided([[1.0, -1.0]] * 4).assign_coords(hidden=[0, 1])
    assert read.attended(ds).values.tolist() == [[0, 1], [1, 2], [2, 3], [3, 0]]
    inner = read.of_inner_pairs(read.cosine)(ds).notnull()
    assert inner.values[0].tolist() == [[True, True], [False] * 2, [False] * 2, [False] * 2]
    outside = read.of_outside(read.cosine)(ds).notnull()
    assert outside.values[0].tolist() == [
        [False, False],
        [False, True],
        [True, True],
        [True, False],
    ]


def test_a_side_is_its_own_where_it_is_inside_and_has_a_dimension() -> None:
    ds = sided([[0.9, 0.8]] * 4).assign_coords(hidden=[0, 1])
    leverage = xr.full_like(ds.cosine, 1.0).where(ds.left > 0, 0.5)
    found = read.of_own(read.cosine)(ds.assign(leverage=leverage))
    assert found.notnull().values[0].tolist() == [
        [False] * 2,
        [True, False],
        [False] * 2,
        [False, True],
    ]


def at_densities(medians: dict[float, list[float]]) -> xr.Dataset:
    """|cos| of one model in two trainings, by density."""
    values = np.array(list(medians.values()))[:, :, None]
    coords = {"density": list(medians), "mode": ["joint", "two-stage"]}
    return xr.Dataset({"cosine": (("density", "mode", "seed"), values)}, coords)


def test_it_holds_from_the_least_sparsity_beyond_which_no_training_falls_back() -> None:
    ds = at_densities({1.0: [1, 1], 0.9: [0.9, 0.8], 0.7: [0.97, 0.96], 0.3: [1, 0.8], 0.1: [1, 1]})
    assert read.holds_from(read.cosine)(ds) == 0.9
    assert read.holds_from(read.cosine)(ds.sel(mode=["joint"])) == 0.3
    assert np.isnan(read.holds_from(read.cosine)(0.5 * ds))
    said = read.holds_from_note(read.cosine)(ds)
    assert said == "joint: from S = 0.3 on; two-stage: from S = 0.9 on"


def test_where_it_holds_is_not_asked_of_sparse_runs_alone() -> None:
    ds = at_densities({0.9: [0.9, 0.8], 0.7: [0.97, 0.96], 0.3: [1, 1]})
    judged = read.where_it_holds(read.cosine, 0.3)
    assert judged(ds).value == 0.3
    assert judged(ds.sel(density=[0.3])).empty
    assert judged(ds.where(ds.density < 0.5)).empty
    assert not np.isfinite(judged(0.5 * ds).value)


def test_densities_are_chosen_with_both_ends_and_never_one() -> None:
    ds = at_densities({1.0: [1, 1], 0.9: [1, 1], 0.7: [1, 1], 0.3: [1, 1]})
    assert read.learning(read.cosine)(ds).density.values.tolist() == [0.9, 0.7, 0.3]
    assert read.learning(read.cosine, sparsest=0.9)(ds).density.values.tolist() == [0.9]
    assert read.learning(read.cosine, densest=0.7)(ds).density.values.tolist() == [0.7, 0.3]
    assert read.learnable(ds.sel(density=[1.0])) == [1.0]


def test_spearman_is_scipys_and_missing_where_a_value_is() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 3, 9))
    y[0, :2] = y[0, 2]  # ties
    expected = [scipy.stats.spearmanr(a, b).statistic for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(read.spearman(x, y), expected)
    assert np.isnan(read.spearman(np.array([1.0, NAN, 2.0]), np.arange(3.0)))
    assert np.isnan(read.spearman(np.ones(3), np.arange(3.0)))


def test_shuffled_features_correlate_as_the_exact_null_says() -> None:
    # Under the null ρ has mean 0 and variance 1/(n-1), and is nearly normal.
    assert read.shuffled_quantile(20) == pytest.approx(1.645 / np.sqrt(19), abs=0.01)


def test_recovery_may_go_with_importance_or_against_it() -> None:
    ds = sided([[0.9, 0.9], [0.8, 0.8], [0.7, 0.7], [0.6, 1.0]]).assign_coords(hidden=[0, 1])
    ds = ds.assign(norm=xr.ones_like(ds.cosine))
    found = read.rank_correlation(read.importance_rank)(ds)
    np.testing.assert_allclose(found.sel(side=["left", "right"]), [[1.0, 1.0]])
    against = read.rank_correlation(lambda ds: -read.importance_rank(ds))(ds)
    np.testing.assert_allclose(against, [[-1.0, -1.0]])


def test_trainings_are_compared_model_by_model_and_samplings_side_by_side() -> None:
    ds = at_densities({0.9: [0.9, 0.8], 0.7: [0.7, 0.9]})
    found = read.joint_less_two_stage(read.cosine)(ds)
    np.testing.assert_allclose(found.squeeze("seed"), [0.1, -0.2])
    cosine = ("sampling", "seed"), [[-0.9, 0.8], [0.7, -0.9]]
    both = xr.Dataset({"sampled_cosine": cosine}, {"sampling": ["all pairings", "one each"]})
    np.testing.assert_allclose(read.sampling_difference(both), [0.2, -0.1])
    spoilt = one_each_is_random(both.assign_coords(hidden=[0, 1]))
    np.testing.assert_allclose(spoilt.sel(sampling="all pairings"), [-0.9, 0.8])
    assert not np.allclose(spoilt.sel(sampling="one each"), [0.7, -0.9])


# --- bounds ---------------------------------------------------------------------------------------


def test_orthonormal_features_are_recovered_from_s_of_0_3_on_whatever_their_number() -> None:
    at_30 = [orthonormal_cosine(m, 0.7) for m in range(1, 400)]
    assert min(at_30) == pytest.approx(0.952, abs=5e-4)
    assert min(at_30) > read.RECOVERED_AT
    assert orthonormal_cosine(10, 1 - 0.25) < read.RECOVERED_AT < orthonormal_cosine(10, 1 - 0.27)
    for s, cosine in ((0.1, 0.81), (0.3, 0.964), (0.5, 0.987)):
        assert orthonormal_cosine(10, 1 - s) == pytest.approx(cosine, abs=5e-4)


@pytest.fixture(scope="module")
def in_closed_form() -> xr.Dataset:
    """The study's dataset of best heads on orthonormal W; two-stage ones answer a little less."""

    def attending(scale: float):
        def models(c: Config, density: float, pairs: list, **_: str) -> heads.Attending:
            w, a, b = [], [], []
            for seed in range(c.seeds):
                noise = 1e-3 * np.random.default_rng(seed).normal(size=(10, 20))
                whole = orthonormal(20, 10, seed) + noise
                for pair in pairs:
                    w.append(whole[:, order_of(pair, 20)])
                    d = dual_directions(w[-1], density)
                    a.append(np.pad(scale * d[:, :1].T, ((0, 9), (0, 0))))
                    b.append(np.pad(d[:, 1:2].T, ((0, 9), (0, 0))))
            w, a, b = (np.stack(part)[:, None] for part in (w, a, b))
            return heads.Attending(w, a, b, (c.steps,), np.ones(len(w), bool))

        return models

    config = Config(densities=(0.9, 0.7, 0.3), seeds=4, tokens=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measured, "together", attending(1.0))
        patch.setattr(measured, "in_two_stages", attending(0.99))
        ds = joined([(task, task.measure()) for task in STUDY.tasks(config)])
    return ds.assign_attrs(config=config.model_dump_json())


def test_best_heads_keep_every_expected_claim_and_no_control_does(in_closed_form) -> None:
    verdicts = {claim.id: claim.judge(in_closed_form) for claim in STUDY.claims}
    assert {name: v.judgement for name, v in verdicts.items() if v.kind != "open"} == {
        claim.id: "holds" for claim in STUDY.claims if claim.kind != "open"
    }
    for name, verdict in verdicts.items():
        assert verdict.kind == "open" or (verdict.control and verdict.control.fails), name


def test_best_heads_on_orthonormal_features_are_on_the_curve(in_closed_form) -> None:
    gap = read.gap_to_curve(in_closed_form)
    assert float(abs(gap).max()) < 0.01
    assert float(abs(read.gap(in_closed_form)).max()) < 1e-6
    assert (in_closed_form.top_stored == 1).all()
