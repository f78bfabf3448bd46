"""Descent to rest: the short series only lead, curvature is learned and kept, saddles are left."""

import jax.numpy as jnp
import numpy as np
import pytest

from tegum.arrays import Array
from tegum.errors import BadInputError
from tegum.theory.expected import expected_loss_and_gradient
from tegum.theory.search import NEAR, minimise

P = 0.1


def start(models: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(models, 2, 5)) * 0.6, np.zeros((models, 5))


def test_short_series_lead_to_the_minimum_of_the_last_alone() -> None:
    alone, led = (minimise(*start(), P, terms=terms) for terms in (256, (32, 256)))
    np.testing.assert_allclose(led.loss, alone.loss, rtol=1e-12)
    assert led.converged.all()
    assert alone.converged.all()
    for w, b in zip(led.w, led.b, strict=True):
        _, (by_w, by_b) = expected_loss_and_gradient(w, b, P, terms=256)
        assert np.hypot(np.linalg.norm(by_w), np.linalg.norm(by_b)) <= 1.01e-8
    # The control: by the short series alone the gradient of the long one has not come to rest.
    short = minimise(*start(), P, terms=32)
    _, (by_w, by_b) = expected_loss_and_gradient(short.w[0], short.b[0], P, terms=256)
    assert np.hypot(np.linalg.norm(by_w), np.linalg.norm(by_b)) > 1e-8


def test_what_a_short_series_taught_of_the_curvature_leaves_few_evaluations_to_a_longer() -> None:
    led, alone = (minimise(*start(), P, terms=terms) for terms in ((32, 256), 256))
    short = minimise(*start(), P, terms=32, tolerance=NEAR)
    assert np.all(led.steps - short.steps <= 0.25 * alone.steps)


def test_a_model_alone_comes_to_where_it_comes_in_a_crowd() -> None:
    w, b = start()
    crowd, alone = minimise(w, b, P, terms=32), minimise(w[1:2], b[1:2], P, terms=32)
    for one, all_of_them in zip(alone, crowd, strict=True):
        np.testing.assert_array_equal(one[0], all_of_them[1])


def steep(w: Array, b: Array) -> Array:
    """Curvatures from 2 to 20000, so that a method of first order needs some 1e5 evaluations."""
    return jnp.sum(jnp.logspace(0, 4, w.size) * w.ravel() ** 2) + jnp.sum(b**2 + b**4)


def test_curvatures_ten_thousand_times_apart_are_learned() -> None:
    found = minimise(*start(), loss=steep, tolerance=1e-9)
    assert found.converged.all()
    assert found.steps.max() < 200


@pytest.mark.parametrize("terms", [32, (32, 256)])
def test_a_saddle_is_left(terms: int | tuple[int, ...]) -> None:
    # Without weights every output is best at its mean, b = p/2, and loses its variance: no slope, but a way down.
    w, b = np.zeros((1, 2, 5)), np.full((1, 5), P / 2)
    saddle = 5 * (P / 3 - P**2 / 4)
    stays = minimise(w, b, P, terms=terms)
    assert stays.loss[0] == pytest.approx(saddle, rel=1e-9)
    left = minimise(w + 1e-3 * start(1)[0], b, P, terms=terms)
    assert left.converged.all()
    assert left.loss[0] < 0.7 * saddle


@pytest.mark.parametrize("terms", [0, (), (32, 0)])
def test_a_series_without_terms_is_refused(terms: int | tuple[int, ...]) -> None:
    with pytest.raises(BadInputError, match="terms: .* at least 1"):
        minimise(*start(), P, terms=terms)
