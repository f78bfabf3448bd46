"""What features are in the graph of features, read off models made by hand; each control takes it away."""

import numpy as np
import pytest
import xarray as xr

from tegum.analysis.polytopes import UNKNOWN
from tegum.studies.core import Measured
from tegum.studies.geometry.graph import figures, islands, study
from tegum.theory.dictionaries import tegum_product
from tegum.theory.maxwell import Mixture, Share

NONE = np.nan
DIGONS = tegum_product(["digon"] * 8, 0)  # 16 features in 8 dimensions
MIXED = tegum_product(["pentagon", "digon", "triangle"], 1)[:, :10]  # 5 dimensions
PLATEAU, SPARSE = 1 / 2.5, 1 / 20


def models(*w: np.ndarray, density: tuple[float, ...] = (PLATEAU,), seeds: int = 1) -> xr.Dataset:
    """One W for each density, the same at every seed."""
    dims = ("density", "seed", "hidden", "feature")
    values = np.repeat(np.stack(w)[:, None], seeds, axis=1)
    return xr.Dataset(
        {"w": (dims, values), "loss": (dims[:2], np.ones(values.shape[:2]))},
        {"density": list(density), "seed": np.arange(seeds)},
    )


def continent(n: int = 16, m: int = 8) -> np.ndarray:
    w = np.random.default_rng(0).normal(size=(m, n))
    return w / np.linalg.norm(w, axis=0)


def test_each_feature_has_its_islands_name_size_rank_fraction_and_its_own_degree():
    w = np.hstack([MIXED, 0.1 * MIXED[:, :1]])
    found = islands.of_features(models(w)).isel(density=0, seed=0)
    names = [islands.KINDS[int(kind)] for kind in found.kind.values[:-1]]
    assert names == ["pentagon"] * 5 + ["digon"] * 2 + ["triangle"] * 3
    assert found["size"].values[:-1].tolist() == [5] * 5 + [2] * 2 + [3] * 3
    assert found["rank"].values[:-1].tolist() == [0] * 5 + [2] * 2 + [1] * 3
    assert found.degree.values[:-1].tolist() == [4] * 5 + [1] * 2 + [2] * 3
    np.testing.assert_allclose(found.room.values[:-1], [2 / 5] * 5 + [1 / 2] * 2 + [2 / 3] * 3)
    assert (found.residual.values[:-1] < 1e-6).all()
    assert all(np.isnan(found[name].values[-1]) for name in found)  # the weak one


def test_shares_are_of_represented_features_and_missing_for_a_model_that_diverged():
    w = np.hstack([MIXED, 0.1 * MIXED[:, :1]])
    ds = models(w, np.full_like(w, NONE), density=(PLATEAU, SPARSE))
    assert islands.in_kind(ds, "pentagon").values.ravel() == pytest.approx([0.5, NONE], nan_ok=True)
    np.testing.assert_allclose(islands.in_named(ds).values.ravel(), [1, NONE])
    np.testing.assert_allclose(islands.largest(ds).values.ravel(), [5, NONE])
    np.testing.assert_allclose(islands.in_largest(ds).values.ravel(), [0.5, NONE])
    np.testing.assert_allclose(islands.neither_nor(ds).values.ravel(), [0, NONE])
    np.testing.assert_allclose(islands.at_fraction(ds).values.ravel(), [1, NONE])


def test_at_twice_the_bar_only_strong_neighbours_hold_together():
    w = np.eye(4)
    w[0, 1], w[2, 3] = 0.2, 0.5  # |cos| = .196 and .447
    ds = models(w, 0.1 * w, density=(PLATEAU, SPARSE))
    np.testing.assert_allclose(islands.holds_together(ds).values.ravel(), [0.5, NONE])
    np.testing.assert_allclose(islands.holds_together(models(np.eye(4))).values, [[0.25]])
    assert np.isnan(islands.holds_together(models(0.1 * w))).all()


def test_a_model_without_represented_features_has_no_share():
    ds = models(0.1 * DIGONS)
    for reading in (islands.in_named, islands.in_largest, islands.largest, islands.neither_nor):
        assert np.isnan(reading(ds)).all()


def test_pairs_between_joined_and_orthogonal_are_counted():
    w = np.eye(3)
    w[0, 1] = 0.15  # |cos| = .148 of one pair in three
    assert islands.neither_nor(models(w)).item() == pytest.approx(1 / 3)


def test_features_off_their_fraction_are_counted():
    w = tegum_product(["digon", "digon"], 0) * np.array([1.0, 1.0, 1.0, 1.2])
    # D = a² / (a² + b²) of the unequal pair: .41 and .59
    assert islands.at_fraction(models(w)).item() == pytest.approx(0.5)


def test_islands_join_up_where_the_sparsest_model_has_the_greater_one():
    both = models(DIGONS, continent(), density=(PLATEAU, SPARSE))
    assert islands.joins_up(both).item() == 1
    other = models(continent(), DIGONS, density=(PLATEAU, SPARSE))
    assert islands.joins_up(other).item() == 0
    assert islands.joins_up(models(DIGONS, DIGONS, density=(PLATEAU, SPARSE))).item() == 0


def test_densities_are_chosen_by_their_inverse():
    levels = 20 ** (np.array([5, 8]) / 19)  # of the authors' notebook
    p = 1 / np.array([2.1, *levels.round(4), 3.7, 9.9, 10.0, 50.0])
    assert islands.on_plateau(p).tolist() == [False, True, True, False, False, False, False]
    assert islands.far_beyond(p).tolist() == [False] * 5 + [True] * 2


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = (Share("unrepresented", 0.7), Share("digon", 0.2), Share("pentagon", 0.1))
    monkeypatch.setattr(islands, "best_product", lambda n, m, p: Mixture(0.5, p / 6, shares))


@pytest.mark.usefixtures("product")
def test_what_is_foreseen_is_the_polytope_of_most_represented_features():
    ds = models(DIGONS, continent(), density=(PLATEAU, SPARSE))
    assert [islands.KINDS[int(k)] for k in islands.predicted(ds).values] == ["digon"] * 2
    assert islands.as_predicted(ds).values.ravel().tolist() == [1, 0]


@pytest.mark.usefixtures("product")
def test_losses_are_held_against_the_best_product_of_polytopes():
    ds = models(DIGONS, continent(), density=(PLATEAU, SPARSE))
    np.testing.assert_allclose(
        islands.over_polytopes(ds).values.ravel(), [6 / (16 * PLATEAU), 6 / (16 * SPARSE)]
    )


def whole(seeds: int = 4) -> xr.Dataset:
    """Digons on the plateau, a continent where sparse, of less loss than any product."""
    ds = models(DIGONS, DIGONS, continent(), density=(PLATEAU, 1 / 3, SPARSE), seeds=seeds)
    return ds.assign(loss=0.5 * 16 * ds.density / 6 + 0 * ds.loss)


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize("claim", study.CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_holds_on_what_it_says_and_fails_on_its_control(claim):
    verdict = claim.judge(whole(seeds=6))
    if claim.id in ("named-throughout", "as-maxwell"):  # the continent has no name
        assert not verdict.holds
        return
    assert verdict.holds
    if claim.kind == "expected":
        assert verdict.control is not None
        assert verdict.control.fails
        assert verdict.decided


@pytest.mark.usefixtures("product")
def test_every_claim_fails_where_the_opposite_is_the_case():
    turned = whole().isel(density=[2, 2, 0]).assign_coords(density=[PLATEAU, 1 / 3, SPARSE])
    turned = turned.assign(loss=2 * 16 * turned.density / 6 + 0 * turned.loss)
    for claim in study.CLAIMS:
        assert not claim.judge(turned).holds, claim.id


def test_the_null_of_pairs_is_a_tenth_of_what_random_directions_have():
    w = np.random.default_rng(1).normal(size=(8, 2000))
    found = islands.neither_nor(models(w / np.linalg.norm(w, axis=0))).item()
    assert study.tenth_of_chance(whole(), Measured(0.0)) == pytest.approx(found / 10, rel=0.02)


def test_the_zoo_has_the_truest_island_of_each_kind_and_counts_them():
    off = DIGONS + 0.02 * np.random.default_rng(0).normal(size=DIGONS.shape)
    found = figures.truest(models(off, DIGONS, density=(PLATEAU, 1 / 3)))
    assert [(f.island.name, f.density, f.times) for f in found] == [("digon", 1 / 3, 16)]
    assert found[0].w.shape == (1, 2)
    assert figures.truest(models(continent())) == []


def test_other_polytopes_share_a_colour_and_unknown_has_its_own():
    kinds = xr.DataArray([islands.KINDS.index(k) for k in ("5-cell", "digon", UNKNOWN)] + [NONE])
    names = list(figures.COLOURS)
    places = figures.coloured(kinds).values
    assert [names[int(k)] for k in places[:3]] == [figures.OTHER, "digon", UNKNOWN]
    assert np.isnan(places[3])


@pytest.mark.usefixtures("product")
def test_figures_are_drawn_though_a_model_diverged_or_holds_nothing():
    ds = whole()
    ds["w"][0] = NONE
    ds["w"][1] *= 0.1
    for draw in study.STUDY.figures:
        assert draw(ds).figure.axes


def test_graphs_are_drawn_where_islands_change_and_at_the_sparsest_density():
    p = 1 / np.array([1.0, 1.2, 1.5, 2.0, 3.0, 4.5, 6.0, 10.0, 15.0, 20.0, 40.0])
    assert figures.shown(p) == [2, 3, 4, 5, 6, 7, 8, 10]
    assert figures.shown(p[:8]) == [2, 3, 4, 5, 6, 7]
    assert figures.shown(p[:2]) == [0, 1]
    many = figures.shown(1 / np.geomspace(1, 100, 60))
    assert len(many) == figures.PANELS
    assert many[-1] == 59


@pytest.mark.usefixtures("product")
def test_a_run_without_the_densities_asked_about_has_nothing_to_judge():
    ds = models(DIGONS, DIGONS, density=(1.0, 1 / 5), seeds=4)
    for claim in study.CLAIMS:
        if claim.id not in ("named-throughout", "as-maxwell"):  # 1/5 is of those
            assert claim.judge(ds).judgement == "empty", claim.id
