"""four-behaviours: its readings on models made by hand, its bounds against mathematics."""

import itertools
import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binom

from tegum.errors import BadInputError
from tegum.studies.attention.behaviours import models, readings, study
from tegum.studies.attention.behaviours.models import Config
from tegum.studies.core import Measured
from tegum.theory.expected import expected_loss
from tegum.theory.polytopes import vertices

CONFIG = Config(
    n_features=4,
    n_hidden=2,
    densities=(1.0, 0.1),
    alike=(4, 6),
    alike_densities=(0.3, 0.03),
    set_densities=(0.05, 0.02),
    seeds=2,
    copies=6,
)
TOP = np.eye(2, 4)
CROSS = np.hstack([np.eye(2), -np.eye(2)])  # two digons, 0 with 2 and 1 with 3
TRIANGLE = vertices("triangle")


def made(
    dense: np.ndarray = TOP, sparse: np.ndarray = CROSS, alike: np.ndarray = CROSS
) -> xr.Dataset:
    """Two seeds alike: W over densities, equally important ones of n = 4 only, sets as digons."""
    w = np.repeat(np.stack([dense, sparse])[:, None], 2, axis=1)
    of_alike = np.full((2, 2, 2, 2, 6), np.nan)  # n density seed hidden feature
    of_alike[0, ..., :4] = alike
    of_alike[1] = np.hstack([CROSS, 0.1 * TOP[:, :2]])
    sets = np.full((2, 2, 2, 2, 6, 3, 6), np.nan)  # law count density seed copy axis member
    # Members 0 and 1 are a set, and 2 and 3: correlated ones share no digon.
    sets[0, 0, ..., :2, :4], sets[1, 0, ..., :2, :4] = (
        CROSS[:, [0, 1, 2, 3]],
        CROSS[:, [0, 2, 1, 3]],
    )
    axes3 = np.hstack([np.eye(3), -np.eye(3)])
    sets[0, 1], sets[1, 1] = axes3[:, [0, 1, 3, 2, 4, 5]], axes3[:, [0, 3, 1, 4, 2, 5]]
    ds = xr.Dataset(
        {
            "w": (("density", "seed", "hidden", "feature"), w),
            "loss": (("density", "seed"), np.ones((2, 2))),
            "alike_w": (("n", "alike_density", "seed", "hidden", "of_alike"), of_alike),
            "set_w": (
                ("law", "count", "set_density", "seed", "copy", "axis", "member"),
                sets,
            ),
        },
        {
            "density": [1.0, 0.1],
            "n": [4, 6],
            "alike_density": [0.3, 0.03],
            "of_alike": range(6),
            "law": ["correlated", "independent"],
            "count": [2, 3],
            "set_density": [0.05, 0.02],
            "axis": range(3),
            "member": range(6),
        },
    )
    return ds.assign_attrs(config=json.dumps(CONFIG.model_dump(mode="json")))


def values(array: xr.DataArray) -> set[float]:
    return set(np.unique(array.values[np.isfinite(array.values)]).round(9).tolist())


def test_a_cosine_at_the_bound_costs_what_a_wrong_feature_costs() -> None:
    # A linear model of features 0 and 1 kept at cosine c against one that keeps 2 for 1, d = 0.9.
    c, p, importance = readings.tolerated(made()), 0.5, 0.9 ** np.arange(3)
    variance = p / 3 - p**2 / 4
    wrong = variance * (importance[1] - importance[2])
    tilted = np.array([[1.0, c, 0.0], [0.0, np.sqrt(1 - c**2), 0.0]])
    b = -(tilted.T @ tilted - np.eye(3)) @ np.full(3, p / 2)
    kept = variance * importance[2]
    lost = expected_loss(tilted, b, density=p, importance=importance, activation="linear") - kept
    assert c**2 == pytest.approx(0.05)
    assert float(lost) == pytest.approx(variance * c**2 * (importance[0] + importance[1]))
    assert float(lost) > wrong * (1 - 1e-6)  # the least important two, d times cheaper, just pay it


def test_the_largest_cosine_is_among_the_top_m_only() -> None:
    found = readings.largest_cosine(made())
    assert values(found) == {0.0}
    tilted = np.array([[1.0, 0.6, -1, 0], [0.0, 0.8, 0, 1]])
    assert values(readings.largest_cosine(made(dense=tilted)).sel(density=1.0)) == {0.6}


def test_the_top_m_are_kept_by_the_dense_model_only() -> None:
    assert readings.keeps_top_m(made()).sel(seed=0).values.tolist() == [1, 0]
    assert readings.sparsest_dense(made()) == 1.0
    assert readings.sparsest_dense(made(sparse=TOP)) == 0.1
    assert np.isnan(readings.sparsest_dense(made(dense=CROSS)))
    assert readings.count(made()).sel(seed=0).values.tolist() == [2, 4]


def test_dense_means_above_the_boundary_of_pairs() -> None:
    assert 0.84 < readings.boundary(made()) < 0.85
    assert readings.dense(readings.count)(made()).density.values.tolist() == [1.0]


def test_features_are_counted_by_the_kind_of_their_factor() -> None:
    found = readings.kinds(made()).sel(n=4, seed=0, alike_density=0.3)
    assert float(found.sel(kind="digon")) == 1
    assert values(readings.in_simplices(made())) == {1.0}
    lone = np.hstack([TRIANGLE, np.zeros((2, 1))])
    assert float(readings.kinds(made(alike=lone)).sel(n=4, kind="triangle").min()) == 1
    skew = np.array([[1.0, 0.6, 0, 0], [0.0, 0.8, 0, 0]])
    assert values(readings.in_simplices(made(alike=skew)).sel(n=4)) == {0.0}


def test_features_alone_are_in_no_simplex_to_speak_of() -> None:
    assert np.isnan(readings.in_simplices(made(alike=TOP)).sel(n=4)).all()


def test_factors_are_sharp_if_no_cosine_lies_in_the_gap_and_they_are_several() -> None:
    assert values(readings.sharp_factors(made())) == {1.0}
    turned = CROSS.copy()
    turned[:, 3] = [0.2, -np.sqrt(1 - 0.2**2)]
    assert values(readings.sharp_factors(made(alike=turned)).sel(n=4)) == {0.0}
    one = np.hstack([TRIANGLE, np.zeros((2, 1))])
    assert values(readings.sharp_factors(made(alike=one)).sel(n=4)) == {0.0}


def test_tight_factors_have_no_defect_and_two_digons_that_interact_have() -> None:
    assert float(abs(readings.defect(made()).sel(n=4)).max()) == pytest.approx(0, abs=1e-12)
    c = 0.5
    turned = np.array([[1.0, c, -1, -c], [0.0, np.sqrt(1 - c**2), 0, -np.sqrt(1 - c**2)]])
    # G has eigenvalues 2 (1 ± c): each D is 1 / (2 (1 + c²)), they sum to 2 / (1 + c²) of 2.
    found = readings.defect(made(alike=turned)).sel(n=4)
    np.testing.assert_allclose(found, 1 - 1 / (1 + c**2))


def test_partners_are_members_of_one_set_whatever_factor_they_are_in() -> None:
    found = readings.partners(made())
    assert values(found.sel(law="correlated")) == {0.0}
    assert values(found.sel(law="independent")) == {-1.0}
    assert int(found.sel(count=2).isel(pair=2).notnull().sum()) == 0
    for reading in (readings.orthogonal, readings.apart):
        assert values(reading(made()).sel(law="correlated")) == {1.0}
        assert values(reading(made()).sel(law="independent")) == {0.0}


def test_models_that_lack_a_feature_are_not_asked_where_partners_are() -> None:
    ds = made()
    ds["set_w"] = ds.set_w.where(ds.member > 0, 0.01 * ds.set_w)
    for reading in (readings.partners, readings.orthogonal, readings.apart):
        assert not reading(ds).notnull().any()


@pytest.mark.parametrize(("sets", "share"), [(2, 2 / 3), (3, 8 / 15)])
def test_so_many_pairings_keep_all_partners_apart(sets: int, share: float) -> None:
    from tegum.studies.attention.behaviours.figures import CHANCES

    def matchings(rest: tuple[int, ...]) -> list[list[tuple[int, int]]]:
        if not rest:
            return [[]]
        first, *others = rest
        return [
            [(first, k), *more]
            for k in others
            for more in matchings(tuple(j for j in others if j != k))
        ]

    every = matchings(tuple(range(2 * sets)))
    apart = [m for m in every if not any(i // 2 == j // 2 for i, j in m)]
    assert len(apart) / len(every) == pytest.approx(share)
    assert CHANCES[sets] == pytest.approx(share)


def test_the_bound_of_pairing_at_random_is_passed_by_chance_in_a_twentieth() -> None:
    for models_ in (20, 100):
        low = study.PAIRED.of(made(), Measured(1.0, count=models_))
        heads = np.arange(models_ + 1)
        odds = np.array([float(binom.pmf(k, models_, 2 / 3)) for k in heads])
        assert odds[heads / models_ >= low - 1e-9].sum() <= 0.05
    assert not study.PAIRED.decides(5)


def test_every_expected_claim_holds_on_models_as_claimed_and_fails_on_its_control() -> None:
    ds = made()
    for claim in study.CLAIMS:
        if claim.kind == "open":
            continue
        verdict = claim.judge(ds)
        assert verdict.holds, claim.id
        assert verdict.control is not None
        low = -np.inf if verdict.low is None else verdict.low
        high = np.inf if verdict.high is None else verdict.high
        # That it is told from its bound takes more seeds than two.
        assert not low <= verdict.control.measured <= high, claim.id


def test_a_jitter_spoils_sharp_factors_and_little_else() -> None:
    ds = made()
    spoilt = ds.assign(alike_w=study.jittered(ds))
    length = np.sqrt((spoilt.alike_w**2).sum("hidden")).sel(n=4).isel(of_alike=slice(4))
    assert 0.8 < float(length.mean()) < 1.2
    assert np.isnan(spoilt.alike_w.where(ds.alike_w.isnull())).all()


@pytest.mark.parametrize("fields", [{"alike": (2,)}, {"n_features": 10}, {"sets": (1,)}])
def test_sizes_in_which_nothing_must_share_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        Config(**fields)


def test_parts_give_what_their_tables_say_at_a_small_size() -> None:
    config = CONFIG.model_copy(
        update={"steps": 5, "densities": (0.5,), "alike": (4,), "alike_densities": (0.5,)}
    )
    for part, _ in itertools.groupby(models.MODELS.tasks(config), lambda task: task.part.name):
        first = next(task for task in models.MODELS.tasks(config) if task.part.name == part)
        assert bool(first.measure().finite.all())
