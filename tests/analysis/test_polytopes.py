"""Names of factors: found in any position, size and order, through noise, in products; unknown where they should be."""

import itertools
import math

import numpy as np
import pytest

from tegum.analysis.alternatives import haar_rotations
from tegum.analysis.geometry import dimensionality
from tegum.analysis.nulls import chance_cdf
from tegum.analysis.polytopes import UNKNOWN, WITHIN, factors, fit
from tegum.theory.polytopes import NAMES, square_antiprism, vertices
from tests.analysis.test_geometry import tegum
from tests.refusals import line_of


def bipyramid(base: str) -> np.ndarray:
    return tegum(vertices(base), vertices("digon"))


SHAPES = {name: vertices(name) for name in NAMES} | {
    "triangular bipyramid": bipyramid("triangle"),
    "pentagonal bipyramid": bipyramid("pentagon"),
}
PARTS = {
    "square": ["digon"] * 2,
    "octahedron": ["digon"] * 3,
    "triangular bipyramid": ["digon", "triangle"],
    "pentagonal bipyramid": ["digon", "pentagon"],
}
CONNECTED = [name for name in SHAPES if name not in PARTS]


def moved(shape: np.ndarray, seed: int, hidden: int = 6, noise: float = 0.0) -> np.ndarray:
    """A polytope turned (and perhaps reflected), permuted, scaled, and moved by a share of its norm."""
    rng = np.random.default_rng(seed)
    d, k = shape.shape
    turned = haar_rotations(hidden, seed)[:, :d] @ shape[:, rng.permutation(k)]
    other = rng.normal(size=turned.shape)
    off = noise * np.linalg.norm(turned) * other / np.linalg.norm(other)
    return rng.uniform(0.8, 1.5) * (turned + off)


@pytest.mark.parametrize("name", SHAPES)
def test_a_polytope_is_itself_in_any_position_size_and_order(name):
    for seed in range(3):
        found = fit(moved(SHAPES[name], seed), SHAPES[name])
        assert found.residual < 1e-7
        assert sorted(found.vertices) == list(range(SHAPES[name].shape[1]))


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "single"])
def test_the_residual_is_at_most_the_noise_and_most_of_it(name):
    shape, noise = SHAPES[name], 0.1
    found = [fit(moved(shape, seed, noise=noise), shape).residual for seed in range(5)]
    # The sine of the angle between W and W + E is at most ‖E‖ / ‖W‖; position and scale take up a part.
    assert max(found) < noise + 1e-9
    assert np.median(found) > 0.3 * noise


@pytest.mark.parametrize("name", CONNECTED)
def test_a_noisy_polytope_has_its_name_and_features_and_vertices_match(name):
    w = moved(SHAPES[name], 5, noise=0.05)
    w *= 1.5 / np.linalg.norm(w, axis=0).mean()
    [factor] = factors(w, SHAPES)
    assert factor.name == factor.nearest == name
    assert factor.features == tuple(range(w.shape[1]))
    hat, placed = w / np.linalg.norm(w, axis=0), SHAPES[name][:, factor.vertices]
    np.testing.assert_allclose(hat.T @ hat, placed.T @ placed, atol=0.3)


@pytest.mark.parametrize("name", PARTS)
def test_a_product_is_named_by_what_it_falls_apart_into(name):
    found = sorted(factor.name for factor in factors(moved(SHAPES[name], 2), SHAPES))
    assert found == PARTS[name]


@pytest.mark.parametrize("name", PARTS)
def test_a_product_that_holds_together_by_distortion_has_its_own_name(name):
    hat, rng = SHAPES[name], np.random.default_rng(3)
    w = hat + 0.12 * rng.normal(size=hat.shape)
    found = factors(w, SHAPES, eps=0.02, within=0.26)
    assert [factor.name for factor in found] == [name]


def test_products_of_several_are_told_apart_and_weak_features_are_in_none():
    names = ["pentagon", "digon", "tetrahedron", "single", "icosahedron", "digon"]
    sizes = [1.2, 1.0, 0.9, 1.0, 1.4, 1.1]
    parts = [size * SHAPES[name] for name, size in zip(names, sizes, strict=True)]
    whole = tegum(*parts, np.zeros((1, 1)))
    faint = 0.3 * np.random.default_rng(0).normal(size=(len(whole), 4)) / math.sqrt(len(whole))
    w = np.hstack([whole, faint])
    rng = np.random.default_rng(1)
    order = rng.permutation(w.shape[1])
    noisy = haar_rotations(len(w), 1) @ w[:, order] + 0.01 * rng.normal(size=w.shape)
    found = factors(noisy, SHAPES)
    assert sorted(factor.name for factor in found) == sorted(names)
    owner = np.repeat(range(len(names)), [part.shape[1] for part in parts])
    for factor in found:
        own = {int(owner[order[k]]) for k in factor.features}
        assert len(own) == 1
        assert names[own.pop()] == factor.name
        assert factor.residual < 0.05
    in_one = set(itertools.chain(*(factor.features for factor in found)))
    assert len(in_one) == whole.shape[1] - 1
    assert [factor.features[0] for factor in found] == sorted(f.features[0] for f in found)


def test_random_directions_are_one_factor_without_a_name():
    w = np.random.default_rng(0).normal(size=(5, 30))
    [factor] = factors(w / np.linalg.norm(w, axis=0), SHAPES)
    assert (factor.name, factor.nearest, factor.residual) == (UNKNOWN, "", np.inf)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        few = rng.normal(size=(5, int(rng.integers(4, 9))))
        found = factors(few / np.linalg.norm(few, axis=0), SHAPES)
        large = [factor for factor in found if len(factor.features) > 2]
        assert all(factor.name == UNKNOWN for factor in large)


def test_two_features_in_one_direction_are_no_digon():
    [factor] = factors(np.array([[1.0, 1.0]]), SHAPES)
    assert (factor.name, factor.nearest) == (UNKNOWN, "digon")
    assert factor.residual == pytest.approx(1)


def test_the_residual_of_two_unit_vectors_is_the_cosine_of_half_their_angle():
    for angle in (0.5, 2.0, 3.0):
        w = np.array([[1, np.cos(angle)], [0, np.sin(angle)]])
        assert fit(w, SHAPES["digon"]).residual == pytest.approx(np.cos(angle / 2))


@pytest.mark.parametrize("name", [name for name in SHAPES if SHAPES[name].shape[1] in (3, 4, 5, 6)])
def test_the_search_finds_what_all_permutations_find_and_its_bound_holds(name):
    shape, rng = SHAPES[name], np.random.default_rng(4)
    d, k = shape.shape
    for noise in (0.2, 1.0, 10.0):
        w = shape + noise * rng.normal(size=shape.shape) / math.sqrt(d)
        every = np.array(list(itertools.permutations(range(k))))
        overlaps = w @ shape[:, every].transpose(1, 2, 0)
        most = np.linalg.norm(overlaps, ord="nuc", axis=(-2, -1)).max()
        exact = math.sqrt(1 - (most / np.linalg.norm(w) / np.linalg.norm(shape)) ** 2)
        found = fit(w, shape).residual
        assert found >= exact - 1e-9
        if exact <= WITHIN * 2:  # twice as far as names reach it is exact
            assert found == pytest.approx(exact, abs=1e-9)
        assert fit(w, shape, within=0.0).residual <= exact + 1e-9


def test_no_factor_can_have_two_names_and_the_best_antiprism_has_its_own():
    pairs = [
        (one, other)
        for one, other in itertools.combinations(SHAPES, 2)
        if SHAPES[one].shape[1] == SHAPES[other].shape[1]
    ]
    apart = {pair: np.arcsin(fit(*(SHAPES[name] for name in pair)).residual) for pair in pairs}
    nearest = min(apart, key=lambda pair: apart[pair])
    assert set(nearest) == {"5-cell", "triangular bipyramid"}
    assert math.sin(apart[nearest] / 2) == pytest.approx(0.2608, abs=1e-4)
    assert math.sin(apart[nearest] / 2) > WITHIN
    for height in (0.69936, 0.61836):  # best_height at p = .3 and .03
        assert fit(square_antiprism(height), SHAPES["square antiprism"]).residual < 0.065


def test_random_pairs_in_five_dimensions_are_seldom_digons():
    cosine = 1 - 2 * WITHIN**2  # of the angle from antipodal, for unit vectors
    assert (1 - chance_cdf(cosine, 5)) / 2 < 0.01
    assert 0.09 < np.arccos(cosine) / np.pi < 0.1  # in the plane


def test_a_triangular_bipyramid_gives_two_thirds_at_its_equator_and_half_at_its_poles():
    np.testing.assert_allclose(
        dimensionality(SHAPES["triangular bipyramid"]), [2 / 3] * 3 + [1 / 2] * 2
    )
    np.testing.assert_allclose(
        dimensionality(SHAPES["pentagonal bipyramid"]), [2 / 5] * 5 + [1 / 2] * 2
    )


def test_models_that_are_not_finite_have_no_factors_and_several_at_once_are_refused():
    assert factors(np.full((2, 3), np.nan), SHAPES) == []
    assert factors(np.zeros((2, 3)), SHAPES) == []
    line = line_of(lambda: factors(np.ones((4, 2, 3)), SHAPES))
    assert (
        line == "w: got (4, 2, 3), expected one model's hidden x features; take the models in turn"
    )
