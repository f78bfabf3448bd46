"""Descent to optima of the exact loss, and the best losses known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.arrays import Array
from tegum.errors import BadInputError
from tegum.theory.expected import expected_loss, expected_loss_and_gradient
from tegum.theory.optima import best_loss, linear_optimum, minimise


def start(models: int, m: int, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(models, m, n)) * 0.7, rng.normal(size=(models, n)) * 0.1


def one_hot(w: Array, b: Array) -> Array:
    """Without bias: one-hot inputs as in `one_hot_loss`."""
    g = jnp.sum(w[:, :, None] * w[:, None, :], axis=0)
    return jnp.sum((jnp.eye(g.shape[0]) - jnp.maximum(g, 0.0)) ** 2) + 0 * jnp.sum(b)


# Linear


def test_the_linear_optimum_keeps_the_dearest_features_and_answers_the_rest_by_their_mean() -> None:
    importance, p = np.array([1.0, 3.0, 2.0, 0.5]), 0.4
    w, b, loss = linear_optimum(2, p, importance)
    np.testing.assert_allclose(w @ w.T, np.eye(2))
    np.testing.assert_allclose(np.sum(w**2, axis=0), [0, 1, 1, 0])
    np.testing.assert_allclose(b, [p / 2, 0, 0, p / 2])
    assert loss == pytest.approx(1.5 * (p / 3 - p**2 / 4))
    assert loss == pytest.approx(expected_loss(w, b, p, importance, activation="linear"))


# Descent


def test_a_stack_comes_to_rest_where_the_general_loss_has_no_slope() -> None:
    found = minimise(*start(40, 1, 2), 0.3)
    assert found.converged.all()
    assert set(np.round(found.loss, 6)) <= {0.029310, 0.075373, 0.1, 0.2}
    for i in (0, 7):
        loss, (by_w, by_b) = expected_loss_and_gradient(found.w[i], found.b[i], 0.3)
        assert loss == pytest.approx(found.loss[i], rel=1e-12)
        slope = np.hypot(np.linalg.norm(by_w), np.linalg.norm(by_b))
        assert slope == pytest.approx(found.gradient_norm[i], abs=1e-12)
        assert slope < 1e-8


def test_a_model_descends_the_same_alone_and_in_a_crowd_and_twice() -> None:
    w, b = start(9, 1, 2)
    p = np.linspace(0.1, 0.9, 9)[:, None]
    weight = np.stack([np.ones(9), np.linspace(0.2, 3, 9)], axis=1)
    crowd, again = (minimise(w, b, p, weight) for _ in range(2))
    for one, other in zip(crowd, again, strict=True):
        np.testing.assert_array_equal(one, other)
    alone = minimise(w[4:5], b[4:5], p[4], weight[4])
    assert alone.loss[0] == pytest.approx(crowd.loss[4], rel=1e-12)
    np.testing.assert_allclose(alone.w[0], crowd.w[4], atol=1e-7)


def test_any_loss_of_one_model_can_be_descended() -> None:
    found = minimise(*start(24, 2, 5), loss=one_hot)
    # One-hot inputs, no bias, in the plane: n - 4.198213 for every n ≥ 5, and 4 saved by a square.
    assert found.loss.min() == pytest.approx(5 - 4.198213, abs=1e-6)
    best = found.w[np.argmin(found.loss)]
    np.testing.assert_allclose(np.sum(best**2, axis=0), 0.8396, atol=1e-4)


def test_extra_features_gain_nothing_with_one_hot_inputs_in_the_plane() -> None:
    assert minimise(*start(48, 2, 7), loss=one_hot).loss.min() == pytest.approx(
        7 - 4.198213, abs=1e-5
    )


def test_at_a_small_density_the_tolerance_shrinks_along() -> None:
    found = minimise(*start(10, 1, 2), 1e-3)
    assert found.gradient_norm.max() <= 1e-11


def test_steps_are_limited_and_what_is_unfinished_says_so() -> None:
    found = minimise(*start(4, 1, 2), 0.3, max_steps=3)
    assert not found.converged[1:].any()  # the first starts where no output answers: at rest
    assert np.all(found.steps <= 3)


def test_an_empty_stack_is_one() -> None:
    assert minimise(np.zeros((0, 1, 2)), np.zeros((0, 2)), 0.3).loss.shape == (0,)


# Best losses


@pytest.mark.parametrize(
    ("density", "importance", "loss"),
    [
        (0.3, 1.0, 0.0293103),
        (0.1, 1.0, 0.0033195),
        (0.7, 1.0, 0.1022011),
        (0.1, np.array([1, 1, 0.3]), 0.0021436),
        (0.2, np.array([1, 1, 3.0]), 0.0131845),
    ],
)
def test_three_features_in_two_dimensions(
    density: float, importance: float | np.ndarray, loss: float
) -> None:
    best = best_loss(3, 2, density, importance, restarts=6)
    assert best.loss == pytest.approx(loss, abs=1.1e-7)
    assert sum(level.restarts for level in best.minima) == 6
    assert [level.loss for level in best.minima] == sorted(level.loss for level in best.minima)


def test_at_a_density_of_0_7_three_features_form_a_triangle_of_length_0_88() -> None:
    best = best_loss(3, 2, 0.7, restarts=6)
    np.testing.assert_allclose(np.linalg.norm(best.w, axis=0), 0.88, atol=5e-3)
    np.testing.assert_allclose(best.b, 0.323, atol=5e-4)


@pytest.mark.parametrize(
    ("density", "loss"), [(0.1, 0.0263051), (0.01, 0.0010015), (0.5, 0.2567316)]
)
def test_five_features_in_two_dimensions(density: float, loss: float) -> None:
    best = best_loss(5, 2, density, restarts=6, key=jax.random.key(1))
    assert best.loss == pytest.approx(loss, abs=6e-8)
    assert best.loss == pytest.approx(expected_loss(best.w, best.b, density), rel=1e-9)
    if density == 0.1:
        np.testing.assert_allclose(np.sum(best.w**2, axis=0), 1.211, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: minimise(np.zeros((1, 2)), np.zeros((1, 2)), 0.3), "w0"),
        (lambda: minimise(np.zeros((1, 2, 3)), np.zeros((1, 2)), 0.3), "b0"),
        (lambda: minimise(np.full((1, 1, 2), np.nan), np.zeros((1, 2)), 0.3), "finite"),
        (lambda: minimise(*start(1, 1, 2)), "density"),
        (lambda: minimise(*start(1, 1, 2), 0.0), "sparsity"),
        (lambda: minimise(*start(1, 1, 2), np.full(3, 0.1)), "broadcasts"),
        (lambda: minimise(*start(1, 1, 2), 0.1, -1.0), "importance"),
        (lambda: minimise(*start(1, 1, 2), 0.1, loss=one_hot), "loss"),
        (lambda: minimise(*start(1, 1, 2), 0.1, tolerance=0.0), "tolerance"),
        (lambda: minimise(*start(1, 1, 2), 0.1, max_steps=0), "max_steps"),
        (lambda: minimise(*start(1, 50, 50), 0.1), "2048"),
        (lambda: best_loss(65, 2, 0.1), "n_features"),
        (lambda: best_loss(5, 0, 0.1), "n_hidden"),
        (lambda: best_loss(5, 2, 0.1, restarts=0), "restarts"),
        (lambda: best_loss(5, 2, np.full(3, 0.1)), "density"),
        (lambda: best_loss(3, 2, 0.0), "density"),
    ],
)
def test_what_cannot_be_used_is_named(call: object, words: str) -> None:
    with pytest.raises((BadInputError, TypeError), match=words):
        call()
