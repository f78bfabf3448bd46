"""Sparse autoencoders: the gradient written by hand is the derived one; dead latents begin anew; truth is found."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tegum.features import OneActive, SparseFeatures
from tegum.models import SparseAutoencoder
from tegum.training import Adam, Recipe, Sampled, SparseCoding, fresh, planted, stack
from tegum.training.dictionaries import RESAMPLED_NORM, of_round, resample, train_dictionaries
from tegum.training.sparse_coding import coding_loss, plain_loss
from tests.refusals import line_of

KEY = jax.random.key(0)
KINDS = pytest.mark.parametrize("kind", ["relu", "topk", "jumprelu"])


def autoencoder(kind: str, centred: bool = True) -> SparseAutoencoder:
    """With biases of its own, and thresholds among the values that it sees."""
    sae = SparseAutoencoder.init(
        4, 9, KEY, kind=kind, k=2 if kind == "topk" else None, centred=centred, bandwidth=0.5
    )
    first, second, third = (jax.random.normal(jax.random.key(k), (9,)) for k in (1, 2, 3))
    sae = eqx.tree_at(
        lambda s: (s.b_enc, s.b_dec, s.w_dec),
        sae,
        (0.1 * first, 0.1 * second[:4], sae.w_dec * jnp.exp(0.3 * third)[None]),
    )
    if sae.log_threshold is None:
        return sae
    return eqx.tree_at(lambda s: s.log_threshold, sae, sae.log_threshold + 2.5 + 0.2 * second)


@KINDS
@pytest.mark.parametrize("centred", [True, False])
def test_the_gradient_written_by_hand_is_the_derived_one(kind: str, centred: bool):
    sae, h = autoencoder(kind, centred), jax.random.normal(jax.random.key(5), (4, 64))
    values = [
        jax.value_and_grad(lambda s, q, of=of: of(s, h, q)[0], argnums=(0, 1))(
            sae, jnp.float32(0.3)
        )
        for of in (coding_loss, plain_loss)
    ]
    (ours, by_hand), (theirs, derived) = values
    assert ours == pytest.approx(float(theirs), rel=1e-5)
    for mine, other in zip(jax.tree.leaves(by_hand), jax.tree.leaves(derived), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_a_batch_cut_into_pieces_gives_the_same(monkeypatch: pytest.MonkeyPatch):
    sae, h = autoencoder("relu"), jax.random.normal(jax.random.key(5), (4, 64))
    whole = jax.grad(lambda s: coding_loss(s, h, jnp.float32(0.3))[0])(sae)
    monkeypatch.setattr("tegum.training.pieces.IN_CACHE", 4 * 9 * 16)
    pieces = jax.grad(lambda s: coding_loss(s, h, jnp.float32(0.3))[0])(sae)
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(pieces), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@KINDS
def test_dead_latents_begin_anew_at_vectors_of_unit_length_and_the_others_stay(kind: str):
    sae = autoencoder(kind)
    dead = np.arange(9) < 3
    sae = eqx.tree_at(lambda s: s.b_enc, sae, jnp.where(dead, -100.0, jnp.abs(sae.b_enc)))
    law = SparseFeatures(6, 0.3)
    objective = SparseCoding(law, planted(np.eye(4, 6)), jnp.float32(0.1))
    again, found = resample(sae, objective, KEY, 512)
    assert found[:3].all()
    alive = ~np.asarray(found)
    np.testing.assert_array_equal(again.w_enc[alive], sae.w_enc[alive])
    new = np.asarray(again.w_dec)[:, np.asarray(found)]
    np.testing.assert_allclose(np.linalg.norm(new, axis=0), 1, rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(again.b_enc)[np.asarray(found)], 0)
    share = 1.0 if kind == "topk" else RESAMPLED_NORM
    mean = np.linalg.norm(sae.w_enc, axis=1)[alive].mean()
    lengths = np.linalg.norm(np.asarray(again.w_enc)[np.asarray(found)], axis=1)
    np.testing.assert_allclose(lengths, share * mean, rtol=1e-4)


def test_one_active_feature_at_a_time_is_found_by_a_latent_each():
    directions = np.eye(5)
    count = 2
    objective = SparseCoding(OneActive(5), planted(directions), np.float32(0.1))
    out = train_dictionaries(
        fresh(partial(SparseAutoencoder.init, 5, 10), range(count)),
        stack([objective] * count),
        Recipe(steps=1000, objective=Sampled(256), optimizer=Adam()),
        seeds=range(count),
        rounds=2,
        learning_rate=5e-3,
        sample=512,
    )
    assert out.finite.all()
    assert out.resampled.shape == (count, 1)
    cosines = np.einsum("mhl,hf->mlf", out.model.directions, directions)
    assert (cosines.max(axis=1) > 0.98).all()
    np.testing.assert_allclose(np.linalg.norm(out.model.w_dec, axis=1), 1, rtol=1e-5)


def test_rounds_have_seeds_of_their_own():
    seeds = [of_round([0, 2**64 - 1], turn) for turn in range(4)]
    assert list(seeds[0]) == [0, 2**64 - 1]
    assert len(set(np.concatenate(seeds).tolist())) == 8


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rounds": 0}, "rounds: got 0, expected a whole number of at least 1"),
        ({"sample": 5}, "sample: got 5, expected at least as many as there are latents, 10"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_line(options: dict, says: str):
    objective = SparseCoding(OneActive(5), planted(np.eye(5)), np.float32(0.02))
    saes = fresh(partial(SparseAutoencoder.init, 5, 10), range(1))
    recipe = Recipe(steps=1, objective=Sampled(8), optimizer=Adam())
    assert says in line_of(
        lambda: train_dictionaries(saes, stack([objective]), recipe, seeds=range(1), **options)
    )
