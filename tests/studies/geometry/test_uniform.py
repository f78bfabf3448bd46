"""Readings of uniform models made by hand; each claim on what it says, and on its control."""

import numpy as np
import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.geometry.graph import study as graph
from tegum.studies.geometry.uniform import figures, readings, study
from tegum.studies.geometry.uniform.controls import jittered
from tegum.studies.geometry.uniform.models import (
    CHECK,
    MODELS,
    Config,
    log_densities,
    on_plateau,
)
from tegum.theory.dictionaries import orthonormal, tegum_product
from tegum.theory.maxwell import Mixture

NONE = np.nan
M = 8
PAIRS = np.hstack([tegum_product(["digon"] * M, 0), np.zeros((M, 44))])
"""16 of 60 features in pairs"""
DENSE, FOOT, PLATEAU, SPARSE = 1.0, 0.5, 1 / 2.5, 1 / 8
THEORY = {
    readings.SMALL: {DENSE: 1.0, FOOT: 0.52, PLATEAU: 0.5, SPARSE: 0.3},
    readings.WIDE_CODES: {DENSE: 1.0, FOOT: 0.51, PLATEAU: 0.5, SPARSE: 0.21},
}
"""D*, by what theory knows"""
D_STARS = {DENSE: 1.0, FOOT: 0.55, PLATEAU: 0.5, SPARSE: 0.2}


@pytest.fixture
def theory(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(ds: xr.Dataset, among: str = readings.WIDE_CODES) -> list[Mixture]:
        known = THEORY.get(among, THEORY[readings.SMALL])
        return [Mixture(known[float(p)], 0.01, ()) for p in ds.density.values]

    monkeypatch.setattr(readings, "mixtures", of)


def models(*w: np.ndarray, density: tuple[float, ...] = (PLATEAU,), seeds: int = 1) -> xr.Dataset:
    """One W for each density, the same at every seed."""
    dims = ("density", "seed", "hidden", "feature")
    values = np.repeat(np.stack(w)[:, None], seeds, axis=1)
    return xr.Dataset(
        {"w": (dims, values), "loss": (dims[:2], np.ones(values.shape[:2]))},
        {"density": list(density), "seed": np.arange(seeds)},
    )


def frame(n: int, d_star: float) -> np.ndarray:
    """A tight frame of the first 60 features, of so many dimensions for each by norm."""
    w = np.zeros((M, 60))
    w[:, :n] = orthonormal(n, M, 0)
    return w * np.sqrt(1 / d_star)


def whole(seeds: int = 6) -> xr.Dataset:
    """All features a little where dense, pairs on the plateau, a frame where sparse."""
    at = D_STARS
    every = frame(60, 1.0), PAIRS * np.sqrt(0.5 / at[FOOT]), PAIRS, frame(40, at[SPARSE])
    ds = models(*every, density=tuple(at), seeds=seeds)
    longer = np.repeat([[0.52], [0.195]], seeds, axis=1)
    return ds.assign(longer_d_star=(("again", "seed"), longer)).assign_coords(again=[FOOT, SPARSE])


def test_d_star_and_the_room_that_is_filled_are_those_of_pairs() -> None:
    ds = models(PAIRS, NONE * PAIRS, density=(PLATEAU, SPARSE))
    np.testing.assert_allclose(readings.d_stars(ds).values.ravel(), [0.5, NONE])
    np.testing.assert_allclose(readings.room_taken(ds).values.ravel(), [1, NONE])
    np.testing.assert_allclose(readings.in_pairs(ds).values.ravel(), [1, NONE])
    # A unit column beside e_0 and -e_0 has less than a dimension of its own: Σ D_i < 2.
    leaning = np.array([[1.0, -1.0, 0.6], [0.0, 0.0, 0.8]])
    own = [1 / 2.36, 1 / 2.36, 1 / (1 + 2 * 0.36)]
    assert readings.room_taken(models(leaning)).item() == pytest.approx(sum(own) / 2)


def with_d(*values: float) -> np.ndarray:
    """Pairs of features, one of which has the D that is asked: lengths a, b with D = a²/(a² + b²)."""
    w = np.zeros((len(values), 2 * len(values)))
    for k, d in enumerate(values):
        w[k, 2 * k], w[k, 2 * k + 1] = np.sqrt(d), -np.sqrt(1 - d)
    return w


@pytest.mark.parametrize(
    ("near", "beside", "expected"),
    [(12, 0, 1), (9, 0, 0), (12, 6, 1), (12, 7, 0)],
    ids=["enough", "too few", "half as many beside", "more than half"],
)
@pytest.mark.parametrize("side", [-1, 1])
def test_a_line_is_local_excess(near: int, beside: int, side: int, expected: int) -> None:
    w = with_d(*[0.401] * near, *[0.4 + 0.0125 * side] * beside, *[0.9] * 3)
    assert readings.is_line(models(w), 0.4).item() == expected
    assert readings.others_are_lines(models(w)).sel(fraction="2/5").item() == expected
    assert readings.others_are_lines(models(w)).sel(fraction="3/4").item() == 0


def test_a_line_counts_all_densities_of_a_seed_and_a_seed_without_models_has_none() -> None:
    w = with_d(*[0.4] * 6)
    assert readings.is_line(models(w, w, density=(PLATEAU, SPARSE)), 0.4).item() == 1
    assert readings.is_line(models(w), 0.4).item() == 0
    assert np.isnan(readings.is_line(models(NONE * w), 0.4)).all()


def test_features_near_fractions_are_counted_among_those_represented() -> None:
    w = with_d(0.41, 0.45)  # D = .41 and .59, .45 and .55; all longer than half
    assert readings.near_fractions(models(w)).item() == pytest.approx(1 / 4)
    assert readings.near_fractions(models(np.hstack([w, 0.01 * w]))).item() == pytest.approx(1 / 4)


@pytest.mark.usefixtures("theory")
def test_what_codes_and_longer_training_explain_are_parts_of_the_distance_to_polytopes() -> None:
    ds = whole(seeds=1)
    sparse = {"density": SPARSE}
    assert readings.below_polytopes(ds).sel(sparse).item() == pytest.approx(0.1)
    assert readings.explained(ds).sel(sparse).item() == pytest.approx(0.9)
    assert readings.gained(ds).sel(sparse).item() == pytest.approx(-0.05)
    foot = readings.longer_off_curve(ds).sel(density=FOOT)
    assert foot.item() == pytest.approx(0.01)


def test_theory_knows_more_and_loses_less() -> None:
    ds = models(PAIRS, density=(0.1,))
    names = list(readings.CANDIDATES)
    lost = [readings.least_loss(ds, name).item() for name in names]
    sizes = [readings.curve(ds, name).item() for name in names]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > lost[1] > lost[2]
    assert sizes[0] > sizes[1] > sizes[2]


def test_on_the_plateau_digons_are_best_whatever_theory_knows() -> None:
    ds = models(PAIRS, density=(0.33,))
    one, *others = (readings.curve(ds, name).item() for name in readings.CANDIDATES)
    assert others == [one] * 2
    assert one == pytest.approx(0.5, abs=0.02)


@pytest.mark.usefixtures("theory")
@pytest.mark.parametrize("claim", study.CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_holds_on_what_it_says_and_fails_on_its_control(claim) -> None:
    verdict = claim.judge(whole())
    refuted = {
        "longer-training-explains",  # codes do
        "as-maxwell-at-its-foot",  # .55 for .51
        "other-lines",
    }
    assert verdict.holds == (claim.id not in refuted)
    if claim.kind == "expected":
        assert verdict.control is not None
        assert verdict.control.fails
        assert verdict.decided


@pytest.mark.usefixtures("theory")
def test_every_claim_fails_where_the_opposite_is_the_case() -> None:
    """Random directions, longer than theory has them where it has few, shorter where many."""
    rng = np.random.default_rng(0)
    wrong = {DENSE: 0.5, FOOT: 0.8, PLATEAU: 0.6, SPARSE: 0.29}
    every = [(rng.normal(size=(M, 60)), d) for d in wrong.values()]
    w = [each * np.sqrt(M / d) / np.linalg.norm(each) for each, d in every]
    ds = whole().assign(w=models(*w, density=tuple(wrong), seeds=6).w)
    ds["longer_d_star"] = 0 * ds.longer_d_star + 0.55
    for claim in study.CLAIMS:
        if claim.id != "longer-training-explains":
            assert not claim.judge(ds).holds, claim.id


@pytest.mark.usefixtures("theory")
def test_longer_training_explains_where_it_leads_to_polytopes() -> None:
    claim = next(c for c in study.CLAIMS if c.id == "longer-training-explains")
    ds = whole()
    assert claim.judge(ds.assign(longer_d_star=0 * ds.longer_d_star + 0.28)).holds


@pytest.mark.usefixtures("theory")
def test_a_run_without_the_densities_asked_about_has_nothing_to_judge() -> None:
    ds = whole().isel(density=[1], again=[0])
    asked = (
        "as-maxwell-at-its-foot",
        "as-maxwell-after-longer",
        "room-is-filled",
        "half-is-a-line",
    )
    for claim in study.CLAIMS:
        if claim.id not in (*asked, "other-lines", "most-on-fractions"):
            assert claim.judge(ds).judgement == "empty", claim.id


@pytest.mark.usefixtures("theory")
def test_figures_but_that_of_hulls_are_drawn_though_models_diverged() -> None:
    ds = whole()
    ds["w"][0] = NONE
    ds["w"][1, 0] = NONE
    ds["loss"][0] = NONE
    for draw in study.STUDY.figures[:-1]:
        assert draw(ds).figure.axes


def test_hulls_are_drawn_with_the_trained_models_among_the_arrangements() -> None:
    ds = models(PAIRS, PAIRS, density=(0.3, 0.05), seeds=2)
    _, table = figures.hulls(ds)
    assert sorted(table.density.unique()) == [0.05, 0.3]
    ours = table[table.arrangement == "trained"]
    np.testing.assert_allclose(ours.dimensions, M / 60)


def test_moved_features_keep_their_directions_nearly() -> None:
    ds = models(PAIRS[:, :16])
    moved = jittered(0.1).spoil(ds).w - ds.w
    np.testing.assert_allclose(np.sqrt((moved**2).sum("hidden")), 0.1)


def test_training_is_doubted_at_the_densities_nearest_to_those_named() -> None:
    assert Config(densities=(1.0, 0.5, 0.4, 0.1)).again == (0.5, 0.1)
    assert Config(densities=(0.3,)).again == (0.3,)


def test_one_density_more_trains_nothing_else_again() -> None:
    few, more = Config(densities=(0.5, 0.1)), Config(densities=(0.5, 0.1, 0.01))
    for measurement in (MODELS, CHECK):
        keys = [{task.key for task in measurement.tasks(c)} for c in (few, more)]
        assert keys[0] <= keys[1]
    assert {task.key for task in CHECK.tasks(few)} == {task.key for task in CHECK.tasks(more)}


def test_feature_graph_reads_the_same_models() -> None:
    assert graph.STUDY.measurements == (MODELS,)
    assert study.STUDY.presets == graph.STUDY.presets


def test_densities_are_even_in_the_logarithm_and_the_plateau_has_its_four_levels() -> None:
    assert log_densities(3) == (1.0, 0.1, 0.01)
    levels = 20 ** (-np.arange(20) / 19)  # of the authors' notebook
    assert np.flatnonzero(on_plateau(levels.round(4))).tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"importance_decay": 0.9}, "importance_decay: got"), ({"n_hidden": 200}, "n_hidden: got")],
)
def test_what_is_not_uniform_superposition_is_refused_in_one_line(fields: dict, says: str) -> None:
    with pytest.raises(BadInputError) as error:
        Config(**fields)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
