"""Phase boundaries and maps of two features in one dimension, against the known numbers and their own symmetries."""

import jax
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.theory.expected import expected_loss, expected_loss_and_gradient
from tegum.theory.optima import boundary_point, phase_boundary, phase_map
from tegum.theory.phases import fading_density


@pytest.mark.parametrize(("r", "density"), [(1.0, 0.571), (0.3, 0.343), (3.0, 0.364)])
def test_the_boundary_between_fixed_candidates_is_the_closed_form(r: float, density: float) -> None:
    p = phase_boundary(r, free=False)
    assert p == pytest.approx(density, abs=5e-4)
    dedicated = min(1, r) * (p / 3 - p**2 / 4)
    assert dedicated == pytest.approx((1 + r) * p**2 / 6)


@pytest.mark.parametrize(
    ("r", "density", "w", "b", "loss"),
    [
        (0.3, 0.375686, [1.0453, -0.7242], [0.0183, 0.1303], 0.0269831),
        (0.05, 0.102286, [1.0139, -0.6056], [0.0006, 0.0344], 0.0015740),
    ],
)
def test_the_free_boundary_and_its_antipodal_pair_are_the_known_ones(
    r: float, density: float, w: list[float], b: list[float], loss: float
) -> None:
    point = boundary_point(r)
    assert point.density == pytest.approx(density, abs=1.5e-6)
    assert point.w[0] == pytest.approx(w, abs=1e-4)
    assert point.b == pytest.approx(b, abs=1e-4)
    assert point.loss == pytest.approx(loss, abs=1e-7)
    assert not point.continuous


def test_at_four_fifths_the_second_feature_fades_in() -> None:
    point = boundary_point(0.8)
    assert point.continuous
    assert point.density == pytest.approx(0.7276497, abs=1e-6)
    assert phase_boundary(0.8) == fading_density(0.8)
    # Just below, a small second weight is better than none.
    p = point.density - 1e-3
    below = phase_map(np.array([p]), np.array([0.8]))
    dedicated = 0.8 * (p / 3 - p**2 / 4)
    assert 0 < dedicated - below.loss[0, 0] < 1e-7
    assert 0 < -below.w[0, 0, 0].prod() < 0.03


def test_a_faint_second_feature_pays_below_the_fading_density_only() -> None:
    r, eps = 0.8, 3e-3
    for shift, pays in ((-0.02, True), (0.02, False)):
        p = fading_density(r) + shift
        betas = np.linspace(0.1, 0.5, 41)
        changes = [-1.5 * (beta - p / 2) / 2 for beta in betas]
        losses = [
            expected_loss(
                np.array([[1 + eps * a, -eps]]),
                np.array([eps * beta, p / 2 + eps * p / 2]),
                p,
                np.array([1.0, r]),
            )
            for a, beta in zip(changes, betas, strict=True)
        ]
        assert (min(losses) < r * (p / 3 - p**2 / 4)) == pays


def test_equal_importance_has_no_boundary_and_importances_may_change_places() -> None:
    assert phase_boundary(1.0) == 1
    small, great = boundary_point(0.3), boundary_point(1 / 0.3)
    assert great.density == pytest.approx(small.density, rel=1e-9)
    assert great.loss == pytest.approx(small.loss / 0.3)
    np.testing.assert_allclose(great.w[:, ::-1], small.w, atol=1e-5)


def test_as_importance_vanishes_the_boundary_is_in_proportion_to_it() -> None:
    assert phase_boundary(1e-4) / 1e-4 == pytest.approx(4 * (2 - np.sqrt(2)), rel=1e-3)


def test_the_map_has_the_known_losses_along_equal_importance() -> None:
    densities = np.array([0.6, 0.5, 0.3, 0.1, 0.01])
    found = phase_map(densities, np.array([1.0]))
    known = [0.0988863, 0.0762824, 0.0293104, 0.0033195, 3.3323e-5]
    assert found.loss[:, 0] == pytest.approx(known, rel=2e-5)
    assert np.abs(found.w[0, 0]) == pytest.approx(np.full((1, 2), 0.8687), abs=1e-4)
    assert found.b[0, 0] == pytest.approx([0.2153, 0.2153], abs=1e-4)
    assert found.gradient_norm.max() < 1e-8


def test_the_map_changes_phase_at_the_boundary_and_hands_out_its_models() -> None:
    r = np.geomspace(0.1, 10, 7)
    p = np.linspace(0.05, 0.95, 10)
    found = phase_map(p, r, 8, jax.random.key(3))
    dropped = np.minimum(1, r) * (p / 3 - p**2 / 4)[:, None]
    paired = dropped - found.loss > 1e-12
    boundary = np.array([phase_boundary(float(each)) for each in r])
    np.testing.assert_array_equal(paired, p[:, None] < boundary)
    np.testing.assert_allclose(found.loss, found.loss[:, ::-1] * r, rtol=1e-8)
    loss, (by_w, by_b) = expected_loss_and_gradient(
        found.w[4, 2], found.b[4, 2], p[4], np.array([1.0, r[2]])
    )
    assert loss == pytest.approx(found.loss[4, 2], rel=1e-12)
    assert np.hypot(np.linalg.norm(by_w), np.linalg.norm(by_b)) < 1e-8


def test_three_features_in_two_dimensions_have_the_known_losses() -> None:
    found = phase_map(np.array([0.1, 0.3]), np.array([1.0, 0.3]), 5, n_features=3, n_hidden=2)
    assert found.loss[0] == pytest.approx([0.0033195, 0.0021436], abs=6e-8)
    assert found.loss[1, 0] == pytest.approx(0.0293103, abs=1.1e-7)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: phase_boundary(0.0), "r: got 0"),
        (lambda: phase_boundary(float("nan")), "r: got nan"),
        (lambda: phase_boundary(-1.0, free=False), "r: got -1"),
        (lambda: fading_density(2.0), "r: got 2"),
        (lambda: phase_map(np.array([0.5]), np.array([1.0]), n_features=5), "best_loss"),
        (lambda: phase_map(np.array([0.0]), np.array([1.0])), "densities"),
        (lambda: phase_map(np.array([2.0]), np.array([1.0])), "density"),
        (lambda: phase_map(np.zeros(0), np.array([1.0])), "densities"),
        (lambda: phase_map(np.array([0.5]), np.array([np.nan])), "importances"),
        (lambda: phase_map(np.array([0.5]), np.array([1.0]), 0), "restarts"),
    ],
)
def test_what_cannot_be_used_is_named(call: object, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        call()


def test_for_tiny_importances_the_boundary_is_its_limit_without_a_step():
    limit = 4 * (2 - np.sqrt(2))
    for r in (1e-9, 1e-6, 1.01e-5):
        assert phase_boundary(r) / r == pytest.approx(limit, rel=2e-4)
    assert phase_boundary(1e6) == pytest.approx(limit * 1e-6)
    with pytest.raises(BadInputError, match="r: got 1e-08"):
        boundary_point(1e-8)
