"""A mean over samples taken piece by piece is the mean, and so is its gradient."""

import jax
import numpy as np
import pytest

from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.training import pieces
from tegum.training.objectives import Reconstruction
from tegum.training.pieces import pieces_of


@pytest.mark.parametrize(
    ("bytes_", "count"), [(4 * 6 * 64, 1), (4 * 6 * 64 - 1, 2), (4 * 6 * 8, 8)]
)
def test_a_batch_is_cut_in_half_until_it_fits(monkeypatch: pytest.MonkeyPatch, bytes_, count):
    monkeypatch.setattr(pieces, "IN_CACHE", bytes_)
    assert pieces_of(batch=64, rows=6) == count


def test_a_batch_that_cannot_be_cut_in_half_stays_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pieces, "IN_CACHE", 1)
    assert pieces_of(batch=63, rows=6) == 1
    assert pieces_of(batch=12, rows=6) == 4


def test_loss_and_gradient_of_a_population_are_those_of_the_whole_batch(
    monkeypatch: pytest.MonkeyPatch,
):
    keys = jax.random.split(jax.random.key(0), 3)
    models = jax.vmap(lambda key: Bottleneck.init(6, 3, key))(keys)
    objective = Reconstruction(SparseFeatures(6, 0.3, 0.9 ** np.arange(6)))

    def both():
        def one(model, key):
            return objective.loss(model, key, 64)[0] ** 2  # a cotangent that is not 1

        return jax.vmap(jax.value_and_grad(one))(models, keys)

    whole = both()
    monkeypatch.setattr(pieces, "IN_CACHE", 4 * 6 * 16)
    cut = both()
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), whole, cut)
