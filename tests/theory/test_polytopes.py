"""Polytopes against their geometry, their losses against the general exact loss, and hulls against known ones."""

import numpy as np
import pytest
from scipy.optimize import brentq

from tegum.errors import BadInputError
from tegum.theory.expected import expected_loss_and_gradient
from tegum.theory.optima import d_star, kgon, maxwell, polytope_loss
from tegum.theory.polytope_losses import best_height
from tegum.theory.polytopes import (
    FREE_ANTIPRISM,
    NAMES,
    dimensionality,
    room,
    square_antiprism,
    vertices,
)

TIGHT = dict(
    zip(
        NAMES,
        (1, 1 / 2, 2 / 3, 3 / 4, 4 / 5, 1 / 2, 2 / 5, 1 / 3, 1 / 2, 1 / 4, 3 / 8),
        strict=True,
    )
)


@pytest.mark.parametrize("name", NAMES)
def test_named_polytopes_are_tight_frames_of_unit_vectors_with_the_dimensionality_of_the_source(
    name: str,
) -> None:
    shape = vertices(name)
    np.testing.assert_allclose(np.linalg.norm(shape, axis=0), 1)
    frame = shape @ shape.T
    np.testing.assert_allclose(frame, frame[0, 0] * np.eye(len(frame)), atol=1e-14)
    np.testing.assert_allclose(dimensionality(shape), TIGHT[name])
    assert room(shape) == pytest.approx(TIGHT[name])


def test_an_antiprism_of_another_height_has_less_dimensionality_than_room() -> None:
    shape = square_antiprism(0.6)
    assert dimensionality(shape).max() < room(shape) == 3 / 8


def test_an_unrepresented_vertex_has_no_dimensionality() -> None:
    np.testing.assert_allclose(dimensionality(np.eye(2, 3)), [1, 1, 0])


# One active feature


def test_up_to_four_vertices_of_a_polygon_lose_nothing_where_one_feature_is_active() -> None:
    assert all(kgon(k) == (1, 0, 0) for k in range(1, 5))


@pytest.mark.parametrize(
    ("k", "norm_squared", "bias", "loss"),
    [(5, 1.369976, -0.282297, 0.0158256), (6, 1.743790, -0.618135, 0.0481924)],
)
def test_pentagon_and_hexagon_have_their_known_optimum(
    k: int, norm_squared: float, bias: float, loss: float
) -> None:
    found = kgon(k)
    assert found.norm**2 == pytest.approx(norm_squared, abs=5e-7)
    assert found.bias == pytest.approx(bias, abs=5e-7)
    assert found.loss == pytest.approx(loss, abs=5e-8)


def test_larger_polygons_lose_more_and_less_than_unrepresented_features() -> None:
    losses = [kgon(k).loss for k in range(4, 40)]
    assert np.all(np.diff(losses) > 0)
    assert losses[-1] < 1 / 3


# At a density


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("digon", 0.0016597),
        ("triangle", 0.0012492),
        ("pentagon", 0.0052610),
        ("hexagon", 0.0099534),
        ("tetrahedron", 0.0009450),
        ("square antiprism", 0.0063188),
        (FREE_ANTIPRISM, 0.0061182),
        ("icosahedron", 0.0146356),
        ("unrepresented", 0.0308333),
    ],
)
def test_losses_at_a_tenth_are_the_known_ones(name: str, loss: float) -> None:
    assert polytope_loss(name, 0.1).loss == pytest.approx(loss, abs=6e-8)


@pytest.mark.parametrize("density", [1.0, 0.3, 1e-3])
@pytest.mark.parametrize("name", ["digon", "pentagon"])
def test_the_optimum_is_stationary_for_the_general_loss_and_has_its_value(
    name: str, density: float
) -> None:
    shape = vertices(name)
    k = shape.shape[1]
    norm, bias, loss = polytope_loss(name, density)
    value, (by_w, by_b) = expected_loss_and_gradient(norm * shape, np.full(k, bias), density)
    assert value / k == pytest.approx(loss, abs=1e-10 * density)
    if density > 0.01:  # below, a digon sits at a kink
        assert np.sum(by_w * shape) == pytest.approx(0, abs=1e-6)
        assert by_b.sum() == pytest.approx(0, abs=1e-6)


def test_as_density_vanishes_a_simplex_loses_its_known_share_of_p_squared() -> None:
    p = 1e-4
    for k, name in enumerate(
        ("digon", "triangle", "tetrahedron", "5-cell"), start=1
    ):  # in k dimensions
        assert polytope_loss(name, p).loss / p**2 == pytest.approx(
            (2 * k - 1) / (6 * k**2), rel=1e-3
        )
    assert 3 * polytope_loss("triangle", p).loss / (
        2 * polytope_loss("digon", p).loss
    ) == pytest.approx(1.125, 1e-3)


def test_as_density_vanishes_a_pentagon_loses_what_one_active_feature_says() -> None:
    assert polytope_loss("pentagon", 1e-5).loss / 1e-5 == pytest.approx(kgon(5).loss, rel=1e-3)


def test_a_lone_feature_loses_nothing_and_orthogonal_factors_do_not_matter() -> None:
    assert polytope_loss("single", 0.3) == pytest.approx((1, 0, 0), abs=1e-12)
    digon = polytope_loss("digon", 0.3)
    assert polytope_loss("octahedron", 0.3) == polytope_loss("square", 0.3) == digon
    assert polytope_loss(3.0 * np.array([[1.0, -1.0]]), 0.3) == digon


def test_vertices_may_be_given_and_their_loss_is_the_mean_over_unlike_ones() -> None:
    shape = np.array([[1.0, -0.5, -0.3], [0.0, 1.0, -1.0]])
    norm, bias, loss = polytope_loss(shape, 0.2)
    unit = shape / np.linalg.norm(shape, axis=0)
    value, (by_w, by_b) = expected_loss_and_gradient(norm * unit, np.full(3, bias), 0.2)
    assert value / 3 == pytest.approx(loss, abs=1e-9)
    assert [np.sum(by_w * unit), by_b.sum()] == pytest.approx([0, 0], abs=1e-6)


def test_triangle_and_digon_with_single_change_places_at_a_density_of_0_52184() -> None:
    def excess(p: float) -> float:
        return 3 * polytope_loss("triangle", p).loss - 2 * polytope_loss("digon", p).loss

    assert brentq(excess, 0.5, 0.54, xtol=1e-7) == pytest.approx(0.52184, abs=5e-6)


def test_the_best_antiprism_is_flatter_than_the_tight_one() -> None:
    assert best_height(0.1) == pytest.approx(0.644, abs=1e-3)


# Mixtures


@pytest.mark.parametrize(
    ("density", "names"),
    [
        (0.05, ("icosahedron", "square antiprism", "pentagon", "digon", "single")),
        (0.2, ("pentagon", "digon", "single")),
        (0.3, ("digon", "single")),
    ],
)
def test_hulls_of_tight_polytopes_are_the_known_ones(
    density: float, names: tuple[str, ...]
) -> None:
    assert maxwell(density, NAMES).names == ("unrepresented", *names)


def test_of_free_height_the_antiprism_stays_on_the_hull_at_greater_density_and_replaces_pentagons() -> (
    None
):
    hull = maxwell(0.1, (*NAMES, FREE_ANTIPRISM))
    assert hull.names == ("unrepresented", FREE_ANTIPRISM, "digon", "single")
    assert {"square antiprism", FREE_ANTIPRISM} <= {phase.name for phase in hull.candidates}


def test_the_hull_is_convex_and_below_every_candidate() -> None:
    hull = maxwell(0.15, NAMES)
    d, loss = (
        np.array([getattr(phase, key) for phase in hull.vertices]) for key in ("dimension", "loss")
    )
    assert np.all(np.diff(np.diff(loss) / np.diff(d)) > 0)
    for phase in hull.candidates:
        assert np.interp(phase.dimension, d, loss) <= phase.loss + 1e-9


def test_many_features_pair_up_and_the_plateau_is_near_one_half() -> None:
    hull = maxwell(0.3, NAMES)
    few, many = d_star(100, 30, 0.3, hull), d_star(400, 30, 0.3, hull)
    assert few.d_star == pytest.approx(many.d_star)
    assert few.d_star == pytest.approx(0.5 / polytope_loss("digon", 0.3).norm ** 2)
    assert {share.name: share.fraction for share in few.shares} == pytest.approx(
        {"unrepresented": 0.4, "digon": 0.6}
    )


def test_the_mixture_uses_up_the_dimensions_and_none_share_where_there_is_room() -> None:
    hull = maxwell(0.05, NAMES)
    room_of = {phase.name: phase.dimension for phase in hull.vertices}
    mixture = d_star(100, 45, 0.05, hull)
    assert sum(room_of[share.name] * share.fraction for share in mixture.shares) == pytest.approx(
        0.45
    )
    assert d_star(5, 5, 0.05, hull).shares == (("single", 1.0),)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: polytope_loss("pentagram", 0.1), "did you mean pentagon"),
        (lambda: polytope_loss("pentagon", 0.0), "density"),
        (lambda: polytope_loss("pentagon", float("nan")), "density"),
        (lambda: polytope_loss(np.zeros((2, 3)), 0.1), "none of them 0"),
        (lambda: polytope_loss(np.ones((2, 65)), 0.1), "at most 64"),
        (lambda: polytope_loss(np.array([[1.0, np.nan]]), 0.1), "finite"),
        (lambda: kgon(0), "at least 1"),
        (lambda: vertices("digno"), "did you mean digon"),
        (lambda: square_antiprism(-1.0), "height"),
        (lambda: maxwell(0.1, ["octagon"]), "did you mean"),
        (lambda: d_star(0, 1, 0.1), "n_features"),
    ],
)
def test_what_cannot_be_used_is_named(call: object, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as error:
        call()
    assert "\n" not in str(error.value)
