"""Charges, angles and what models are read for, on arrangements whose answers are plain."""

import json
import math

import numpy as np
import pytest
import xarray as xr
from scipy.stats import ortho_group

from tegum.errors import BadInputError
from tegum.studies.geometry.thomson import charges, models, study
from tegum.studies.geometry.thomson.charges import ANGLES, PUBLISHED, gram_residual
from tegum.theory.polytopes import square_antiprism, vertices

RNG = np.random.default_rng(5)


def moved(points: np.ndarray, by: float = 0.0) -> np.ndarray:
    """Turned, reordered, and each point moved a little."""
    turn = ortho_group.rvs(3, random_state=np.random.default_rng(2))
    order = np.random.default_rng(3).permutation(points.shape[1])
    return (turn @ points)[:, order] + by * np.random.default_rng(4).normal(size=points.shape)


@pytest.mark.parametrize("count", [2, 3, 5, 8, 11, 12])
def test_least_energies_are_the_published_ones(count: int) -> None:
    found = charges.least_energy(count, 1, np.random.default_rng(count))
    assert found.energy == pytest.approx(PUBLISHED[count], abs=1e-8)
    assert charges.energy(3 * found.points) == pytest.approx(found.energy, abs=1e-12)


@pytest.mark.parametrize("count", [5, 7, 8])
def test_greatest_least_angles_are_the_published_ones(count: int) -> None:
    found = charges.widest(count, 2, np.random.default_rng(count))
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), 1)
    angle = math.degrees(math.acos(charges.largest_cosine(found)))
    assert angle == pytest.approx(ANGLES[count], abs=1e-6)


def test_energies_of_known_solids() -> None:
    assert charges.energy(np.array([[1.0, -1.0], [0, 0], [0, 0]])) == pytest.approx(1 / 2)
    assert charges.energy(vertices("tetrahedron")) == pytest.approx(6 / math.sqrt(8 / 3))
    assert charges.energy(vertices("octahedron")) == pytest.approx(12 / math.sqrt(2) + 3 / 2)


def test_thomson_and_tammes_differ_at_seven_and_eight_and_not_at_twelve() -> None:
    far = {
        n: gram_residual(charges.least_energy(n, 1, RNG).points, charges.widest(n, 1, RNG))
        for n in (7, 8, 12)
    }
    assert far[7] > 0.2
    assert 0.05 < far[8] < 0.1
    assert far[12] < 1e-6


def test_an_arrangement_is_itself_turned_reordered_and_nearly_so_with_noise() -> None:
    for name in ("icosahedron", "square antiprism", "octahedron"):
        points = vertices(name)
        assert gram_residual(moved(points), points) == pytest.approx(0, abs=1e-7)
        assert gram_residual(moved(points, 0.01), points) < models.SAME


def test_other_arrangements_are_far_and_so_are_random_ones() -> None:
    cube = np.array([[x, y, z] for x in (1, -1) for y in (1, -1) for z in (1.0, -1)]).T
    assert gram_residual(cube, vertices("square antiprism")) > 2 * models.SAME
    antiprism = vertices("square antiprism")
    assert min(gram_residual(RNG.normal(size=(3, 8)), antiprism) for _ in range(100)) > 0.13
    with pytest.raises(BadInputError, match="as many points"):
        gram_residual(cube, vertices("octahedron"))


def test_a_shape_is_turned_onto_itself_with_its_lengths() -> None:
    points = vertices("icosahedron")
    back = charges.turned_onto(1.2 * moved(points), points, np.random.default_rng(0))
    nearest = np.linalg.norm(back[:, :, None] - 1.2 * points[:, None], axis=0).min(axis=1)
    np.testing.assert_allclose(nearest, 0, atol=1e-7)


ALONE = {"digon": 0.0016597, "pentagon": 0.0052610, "icosahedron": 0.0146356}
"""exact loss of a feature at density 0.1, known apart from the descents here"""


def test_points_that_are_alike_lose_what_one_length_and_bias_for_all_lose() -> None:
    found = models.own_lengths_loss(vertices("icosahedron"), 0.1)
    assert found == pytest.approx(12 * ALONE["icosahedron"], rel=1e-4)


def test_poles_and_equator_of_a_bipyramid_have_lengths_of_their_own() -> None:
    points = np.zeros((3, 7))
    points[:2, :5], points[2, 5:] = vertices("pentagon"), (1, -1)
    lost = 5 * ALONE["pentagon"] + 2 * ALONE["digon"]
    assert models.own_lengths_loss(points, 0.1) == pytest.approx(lost, rel=1e-4)


def dataset(shapes: dict[int, list[np.ndarray]]) -> xr.Dataset:
    """Models of several N with these weights, at one density, beside the arrangements."""
    width, counts = max(shapes), list(shapes)
    w = np.full((len(shapes), 1, 2, 3, width), np.nan)
    points = np.full((len(shapes), 2, 3, width), np.nan)
    for k, (n, each) in enumerate(shapes.items()):
        for seed, features in enumerate(each):
            w[k, 0, seed, :, :n] = features
        points[k, 0, :, :n] = charges.least_energy(n, 1, np.random.default_rng(n)).points
        points[k, 1, :, :n] = charges.widest(n, 1, np.random.default_rng(n)) if n < 7 else np.nan
    dims = ("n_features", "density", "seed")
    return xr.Dataset(
        {
            "w": ((*dims, "hidden", "feature"), w),
            "loss": (dims, np.arange(2 * len(shapes)).reshape(len(shapes), 1, 2) + 0.1),
            "points": (("n_features", "problem", "hidden", "feature"), points),
            "stored_loss": (dims[:2], np.full((len(shapes), 1), 0.2)),
        },
        {
            "n_features": counts,
            "density": [0.1],
            "seed": [0, 1],
            "problem": list(models.PROBLEMS),
            "feature": range(width),
        },
        {"config": json.dumps({})},
    )


NONE = np.full((3, 6), np.nan)
DIGON_AND_TWO = np.array([[1.0, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.fixture(scope="module")
def few() -> xr.Dataset:
    tetrahedron = np.linalg.qr(RNG.normal(size=(3, 3)))[0] @ vertices("tetrahedron")
    return dataset({4: [DIGON_AND_TWO, tetrahedron], 6: [vertices("octahedron"), NONE]})


def test_kept_features_are_long_and_a_lost_model_keeps_none(few: xr.Dataset) -> None:
    np.testing.assert_equal(models.kept(few).squeeze().values, [[4, 4], [6, np.nan]])
    shorter = few.assign(w=few.w * xr.where(few.feature == 0, 0.3, 1))
    np.testing.assert_equal(models.kept(shorter).squeeze().values, [[3, 3], [5, np.nan]])


def test_residuals_tell_thomsons_arrangement_and_digons_are_counted(few: xr.Dataset) -> None:
    far = models.residual(few, "thomson").squeeze().values
    assert far[0, 0] > 0.3
    np.testing.assert_allclose(far[[0, 1], [1, 0]], 0, atol=1e-6)
    assert np.isnan(far[1, 1])
    np.testing.assert_equal(models.digons(few).squeeze().values, [[1, 0], [3, np.nan]])
    assert study.best_are_digons(few) == 1
    assert study.best_are_digons(study.CHARGES.spoil(few)) == 0.5


def test_what_a_model_keeps_is_held_against_as_many_points(few: xr.Dataset) -> None:
    dropped = few.assign(w=few.w.where((few.feature < 4) | few.w.isnull(), 0.0))
    far = models.residual(dropped, "thomson").sel(n_features=6, seed=0)
    assert float(far.squeeze()) > 0.3  # four of an octahedron are no tetrahedron
    missing = models.residual(dropped.sel(n_features=[6]), "thomson")
    assert bool(missing.isnull().all())


def test_the_best_model_is_that_of_least_loss_and_a_lost_one_is_never(few: xr.Dataset) -> None:
    lost = few.assign(loss=few.loss.where(few.seed == 1))
    chosen = models.best(lost).loss.squeeze()
    np.testing.assert_allclose(chosen.values, few.loss.sel(seed=1).squeeze().values)
    np.testing.assert_allclose(models.excess(few).squeeze().values, [0.2 / 0.1 - 1, 0.2 / 2.1 - 1])


def test_features_are_dropped_where_that_loses_less(few: xr.Dataset) -> None:
    each = 0.1 / 3 - 0.1**2 / 4
    assert models.predicted_kept(few).squeeze().values.tolist() == [4, 6]
    dear = few.assign(stored_loss=few.stored_loss + 3 * each * (few.n_features == 6))
    assert models.predicted_kept(dear).squeeze().values.tolist() == [4, 4]


@pytest.mark.parametrize("height", [0.4, 0.6, 0.9])
def test_the_height_of_an_antiprism_is_read_off_its_second_moments(height: float) -> None:
    features = moved(1.1 * square_antiprism(height))
    ds = dataset({8: [features, features]})
    z = height / math.sqrt(1 + height**2)
    np.testing.assert_allclose(models.height(ds).values, z, atol=1e-10)


def test_thomsons_antiprism_is_not_of_the_height_that_loses_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(study, "best_height", lambda p: 0.61431)  # that of density 0.02
    points = charges.least_energy(8, 1, RNG).points
    ds = dataset({8: [points, points]}).assign_coords(density=[0.02])
    assert float(study.height_error(ds).squeeze()) > 0.03
    dense = study.height_error(ds.assign_coords(density=[0.2]))
    assert bool(dense.isnull().all())


def test_published_numbers_are_met_and_moved_points_do_not(few: xr.Dataset) -> None:
    assert models.energy_error(few) < 1e-8
    assert models.angle_error(few) < 1e-6
    spoiled = study.JITTERED.spoil(few)
    assert models.energy_error(spoiled) > 1e-6
    assert models.angle_error(spoiled) > 0.01


def test_numbers_of_points_that_are_not_published_are_refused() -> None:
    with pytest.raises(BadInputError, match="n_features: got 13"):
        models.Config(n_features=(4, 13))
