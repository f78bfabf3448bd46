"""What models refuse and how, and that they refuse nothing that jax puts into them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.models import Bottleneck, Head, HeadedBottleneck
from tests.refusals import line_of

KEY = jax.random.key(0)
W, B = np.ones((2, 5), np.float32), np.zeros(5, np.float32)
MODEL = Bottleneck.init(5, 2, KEY, tied=False, hidden_bias=True)
HEAD = Head.init(4, 2, KEY)
CONSTANT = Head.init(4, 2, KEY, constant_input=True)
BOTH = HeadedBottleneck(Bottleneck.init(5, 4, KEY), HEAD)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: Bottleneck(5, 2),
            "w: got 5, expected an array; "
            "Bottleneck.init(n_features=5, n_hidden=2, key=jax.random.key(0))",
        ),
        (lambda: Bottleneck(7, 3), "Bottleneck.init(n_features=7, n_hidden=3, "),
        (lambda: Bottleneck(W.tolist(), B), "w: got [[1.0, "),
        (lambda: Bottleneck(W, 0.0), "b: got 0.0, expected an array; Bottleneck.init("),
        (lambda: Bottleneck("w", B), "w: got 'w', expected an array"),
        (lambda: Bottleneck(W, B, w_out=True), "w_out: got True, expected an array"),
        (lambda: Bottleneck(W, B, b_hidden=[0, 0]), "b_hidden: got [0, 0], expected an array"),
        (lambda: Bottleneck(B, B), "w: got (5,), expected a shape of hidden x features"),
        (
            lambda: Bottleneck(W.T, B),
            "b: got (5,), expected one bias per feature of w, shape (2,); "
            "w is hidden x features: transpose it, w.T",
        ),
        (lambda: Bottleneck(W, np.zeros(4)), "b: got (4,), expected one bias per feature of w"),
        (lambda: Bottleneck(W[None], B), "b: got (5,), expected one bias per feature of w"),
        (lambda: Bottleneck(W, B, w_out=W.T), "w_out: got (5, 2), expected hidden x features as w"),
        (lambda: Bottleneck(W, B, b_hidden=B), "b_hidden: got (5,), expected one bias per row"),
        (
            lambda: Bottleneck.init(5, 2, 3),
            "key: got 3, expected a jax random key; jax.random.key(3",
        ),
        (lambda: Bottleneck.init(5.0, 2, KEY), "n_features: got 5.0, expected a whole number"),
        (lambda: Bottleneck.init(5, "2", KEY), "n_hidden: got '2', expected a whole number"),
        (
            lambda: Head(5, 2),
            "a: got 5, expected an array; Head.init(n_hidden=5, rank=2, key=jax.random.key(0))",
        ),
        (lambda: Head(W, 1), "b: got 1, expected an array; Head.init("),
        (lambda: Head(W, W.T), "b: got (5, 2), expected rank x hidden as a, shape (2, 5)"),
        (lambda: Head.init(4, 2, 0), "key: got 0, expected a jax random key; jax.random.key(0)"),
        (lambda: Head.init(4, 2.0, KEY), "rank: got 2.0, expected a whole number from 1 to n_hid"),
        (lambda: HeadedBottleneck(5, 2), "bottleneck: got 5, expected a Bottleneck; Headed"),
        (lambda: HeadedBottleneck(MODEL, [HEAD]), "head: got [Head("),
        (lambda: HeadedBottleneck(HEAD, MODEL), "bottleneck: got Head("),
    ],
)
def test_what_is_no_model_is_refused_with_the_way_out(call, says: str):
    assert says in line_of(call)


BATCH_LAST = "a batch comes last: jax.vmap(model, in_axes=-1, out_axes=-1)"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: MODEL(jnp.ones((5, 7))), "x: got (5, 7), expected one input, shape (5,); "),
        (lambda: MODEL(jnp.ones((5, 7))), f"{BATCH_LAST}(x)"),
        (lambda: MODEL(jnp.ones((5, 5))), f"{BATCH_LAST}(x)"),
        (lambda: MODEL(jnp.ones((7, 5))), f"{BATCH_LAST}(x.T)"),
        (lambda: eqx.filter_jit(MODEL)(jnp.ones((5, 7))), f"{BATCH_LAST}(x)"),
        (lambda: MODEL(jnp.ones(4)), "x: got (4,), expected one input, shape (5,)"),
        (lambda: MODEL(jnp.float32(1.0)), "x: got (), expected one input, shape (5,)"),
        (lambda: jax.vmap(MODEL)(jnp.ones((5, 7))), "x: got (7,), expected one input, shape (5,)"),
        (lambda: MODEL.decode(jnp.ones((2, 7))), "h: got (2, 7), expected one input, shape (2,)"),
        (
            lambda: jax.vmap(lambda key: Bottleneck.init(5, 2, key))(jax.random.split(KEY, 3))(
                jnp.ones(5)
            ),
            "model: got 'a population, weights of shape (3, 2, 5)', expected one model; "
            "jax.vmap(lambda model: model(x))(models) calls each",
        ),
        (
            lambda: HEAD(jnp.ones((4, 7)), jnp.ones((4, 7))),
            "h: got (4, 7), expected one input, shape (4,); "
            "a batch comes last: jax.vmap(head, in_axes=-1)(h, g)",
        ),
        (lambda: HEAD(jnp.ones(4), jnp.ones(5)), "g: got (5,), expected one input, shape (4,)"),
        (lambda: CONSTANT(jnp.ones(5), jnp.ones(4)), "h: got (5,), expected one input, shape (4,)"),
    ],
)
def test_a_batch_in_the_place_of_one_input_is_refused_with_the_way_out(call, says: str):
    assert says in line_of(call)


def test_the_ways_out_work():
    x = jax.random.uniform(KEY, (5, 7))
    one_by_one = np.stack([MODEL(column) for column in x.T], axis=-1)
    lifted = jax.vmap(MODEL, in_axes=-1, out_axes=-1)(x)
    np.testing.assert_allclose(lifted, one_by_one, rtol=1e-5)
    h = jax.random.normal(KEY, (4, 7))
    logits = jax.vmap(HEAD, in_axes=-1)(h, h)
    np.testing.assert_allclose(logits, [HEAD(k, k) for k in h.T], rtol=1e-5)
    models = jax.vmap(lambda key: Bottleneck.init(5, 2, key))(jax.random.split(KEY, 3))
    assert jax.vmap(lambda model: model(x[:, 0]))(models).shape == (3, 5)


@pytest.mark.parametrize("model", [MODEL, HEAD, CONSTANT, BOTH])
@pytest.mark.parametrize("leaf", [None, 0, 2.5, "w", object()])
def test_trees_take_any_leaf_in_a_parameters_place(model, leaf: object):
    filled = jax.tree.map(lambda _: leaf, model)
    assert all(found is leaf for found in jax.tree.leaves(filled))
    assert type(eqx.tree_at(lambda m: jax.tree.leaves(m)[0], model, leaf)) is type(model)


@pytest.mark.parametrize("model", [MODEL, HEAD, CONSTANT, BOTH])
def test_models_go_through_all_transformations(model):
    arrays, rest = eqx.partition(model, eqx.is_array)
    assert eqx.tree_equal(eqx.combine(arrays, rest), model)
    shapes = jax.eval_shape(lambda: model)
    assert jax.tree.map(jnp.shape, shapes) == jax.tree.map(jnp.shape, model)
    stacked = jax.vmap(lambda k: jax.tree.map(lambda leaf: leaf * k, model))(jnp.arange(3.0))
    doubled = jax.vmap(lambda one: one, in_axes=(jax.tree.map(lambda _: 0, stacked),))(stacked)
    assert eqx.tree_equal(doubled, stacked)
    grown = jax.grad(lambda m: sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(m)))(model)
    assert eqx.tree_equal(grown, jax.tree.map(lambda leaf: 2 * leaf, model))


def test_models_are_made_of_tracers_and_of_shapes_alone():
    made = jax.eval_shape(lambda key: Bottleneck.init(5, 2, key), KEY)
    again = Bottleneck(made.w, made.b)
    assert again.w.shape == (2, 5)
    wide = Bottleneck(W.T, np.zeros(2, np.float32))  # more hidden dimensions than features
    assert eqx.filter_jit(wide)(jnp.ones(2)).shape == (2,)
