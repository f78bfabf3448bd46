"""A lifted function says what plain vmap says, and keeps the batch last inside the compiled step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.models import Bottleneck, Network
from tegum.models.lifting import over_samples

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (5, 64))


def plainly(of_one):
    return jax.vmap(of_one, in_axes=-1, out_axes=-1)


@pytest.mark.parametrize(
    "model",
    [
        Bottleneck.init(5, 2, KEY),
        Bottleneck.init(5, 2, KEY, tied=False, hidden_bias=True, hidden_activation="relu"),
        Network.init((5, 3, 4, 5), KEY),
    ],
    ids=["tied", "untied", "network"],
)
def test_it_gives_what_vmap_gives_and_the_same_gradient(model):
    def loss(model, lift):
        return jnp.mean((lift(model)(X) - X) ** 2)

    np.testing.assert_allclose(over_samples(model)(X), plainly(model)(X), rtol=1e-5, atol=1e-6)
    ours, theirs = (jax.grad(loss)(model, lift) for lift in (over_samples, plainly))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), ours, theirs)


def test_a_method_and_a_plain_function_of_several_inputs_are_lifted_too():
    model = Bottleneck.init(5, 2, KEY)
    h = over_samples(model.encode)(X)
    np.testing.assert_allclose(h, model.w @ X, rtol=1e-5)
    np.testing.assert_allclose(over_samples(jnp.dot)(X, X), (X**2).sum(axis=0), rtol=1e-5)


def _transposes_of_a_batch(lift):
    model = Bottleneck.init(5, 2, KEY)
    program = jax.make_jaxpr(lambda model: lift(model)(X))(model)
    moved = [e for e in program.eqns if e.primitive.name == "transpose"]
    return [e for e in moved if 64 in e.outvars[0].aval.shape]


def test_the_batch_is_never_moved_where_plain_vmap_moves_it():
    assert not _transposes_of_a_batch(over_samples)
    assert _transposes_of_a_batch(plainly)  # why `over_samples` exists
