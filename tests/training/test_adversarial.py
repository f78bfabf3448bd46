"""Adversarial training: its attack is that of theory, and at strength 0 it is reconstruction."""

import jax
import jax.numpy as jnp
import numpy as np

from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.theory import attacks
from tegum.training.adversarial import Adversarial, worst_attack
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled

N, M, P = 8, 3, 0.3
MODEL = Bottleneck.init(N, M, jax.random.key(0))
LAW = SparseFeatures(N, P)


def test_the_attack_is_the_one_of_theory() -> None:
    x = LAW.draw(jax.random.key(1), 200)
    found = np.asarray(worst_attack(MODEL.w, MODEL.b, x, jnp.float32(0.3))).T
    w, b, x = (np.asarray(each, float) for each in (MODEL.w, MODEL.b, x.T))
    expected = attacks.strongest(w, b, x, 0.3)
    # At an input of zeros several outputs may tie; there both are worst.
    close = np.isclose(found, expected, atol=1e-5).all(axis=-1)
    errors = (x - np.maximum((x + found) @ w.T @ w + b, 0)) ** 2
    worst = attacks.greatest_error(w, b, x, 0.3)
    assert close.mean() > 0.9
    np.testing.assert_allclose(errors.max(axis=-1), worst.max(axis=-1), atol=1e-5)


def test_at_strength_zero_it_is_reconstruction() -> None:
    key = jax.random.key(2)
    under, _ = Adversarial(LAW, jnp.float32(0.0)).loss(MODEL, key, 64)
    plain, _ = Reconstruction(LAW).loss(MODEL, key, 64)
    np.testing.assert_allclose(under, plain, rtol=1e-6)


def test_an_attack_raises_the_loss_the_more_the_stronger_it_is() -> None:
    key = jax.random.key(2)
    losses = [float(Adversarial(LAW, jnp.float32(s)).loss(MODEL, key, 256)[0]) for s in (0, 0.3, 1)]
    assert losses[0] < losses[1] < losses[2]


def test_gradients_do_not_go_through_the_attack() -> None:
    key, strength = jax.random.key(3), jnp.float32(0.3)
    x = LAW.draw(key, 64)
    delta = worst_attack(MODEL.w, MODEL.b, x, strength)

    def fixed(model: Bottleneck) -> jax.Array:
        output = jax.vmap(model, in_axes=-1, out_axes=-1)(x + delta)
        return jnp.mean(jnp.sum((x - output) ** 2, axis=0))

    own = jax.grad(lambda model: Adversarial(LAW, strength).loss(model, key, 64)[0])(MODEL)
    np.testing.assert_allclose(own.w, jax.grad(fixed)(MODEL).w, rtol=1e-4, atol=1e-6)


def test_a_feature_of_no_weight_gives_no_nan() -> None:
    w = jnp.zeros((M, N))
    assert np.all(worst_attack(w, jnp.zeros(N), jnp.ones((N, 2)), jnp.float32(0.3)) == 0)


def test_strengths_of_one_population_differ_and_train_to_different_models() -> None:
    law = [Adversarial(LAW, np.float32(s)) for s in (0.0, 1.0)]
    models = fresh(lambda key: Bottleneck.init(N, M, key), [5, 5])
    trained = train(models, stack(law), Recipe(60, Sampled(32)), seeds=[7, 7], learning_rate=0.02)
    lengths = np.linalg.norm(np.asarray(trained.model.w), axis=(1, 2))
    assert trained.finite.all()
    assert lengths[1] < lengths[0]
