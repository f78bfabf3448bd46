"""Trained populations: what is said of them is said of sound models."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.populations import with_stand_ins
from tegum.theory.expected import expected_loss
from tegum.theory.known import exact_losses_and_gaps
from tegum.theory.optima import linear_optimum
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled


class Config(core.BottleneckConfig):
    """Small ones."""

    n_features: core.Count = 4
    n_hidden: core.Count = 2
    seeds: core.Count = 5
    steps: core.Count = 20
    batch: core.Count = 32


def config() -> Config:
    return Config().narrowed(Config, "test", set())


def broken(init):
    def of_some(cls, *args, **options):
        model = init(cls, *args, **options)
        return replace(model, w=jnp.where(model.w[0, 0] < 0, jnp.nan, model.w))

    return classmethod(of_some)


def test_a_sound_model_stands_in_for_one_that_diverged():
    finite = np.array([False, True])
    model = Bottleneck(np.array([[[np.nan]], [[1.0]]]), np.array([[np.inf], [2.0]]))
    assert with_stand_ins(model, finite).w.tolist() == [[[1.0]], [[1.0]]]
    assert with_stand_ins(model, finite).b.tolist() == [[2.0], [2.0]]


def test_where_all_diverged_there_are_numbers_all_the_same():
    model = Bottleneck(np.full((2, 3, 4), np.nan, np.float32), np.zeros((2, 4), np.float32))
    stood_in = with_stand_ins(model, np.zeros(2, bool))
    assert np.all(np.isfinite(stood_in.w))
    assert stood_in.w.shape == (2, 3, 4)


def test_bottlenecks_come_with_their_exact_losses_and_the_diverged_are_marked(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(Bottleneck, "init", broken(Bottleneck.init.__func__))
    found = populations.bottlenecks(config(), 2, 0.3, np.ones(4))
    assert 0 < found.finite.sum() < 5
    assert np.all(np.isfinite(found.w))
    for w, b, loss in zip(found.w, found.b, found.loss, strict=True):
        assert loss == pytest.approx(expected_loss(w, b, 0.3))


def test_linear_models_lose_no_less_than_the_closed_form():
    found = populations.bottlenecks(config(), 2, 0.3, 0.5 ** np.arange(4), activation="linear")
    assert np.all(found.loss >= linear_optimum(2, 0.3, 0.5 ** np.arange(4)).loss - 1e-9)
    assert np.all(found.gap_to_best >= -1e-9)


def test_gaps_are_missing_where_no_best_known_loss_is_listed():
    w, b = np.zeros((1, 2, 7)), np.zeros((1, 7))
    assert np.all(np.isnan(exact_losses_and_gaps(w, b, 0.123, np.ones(7))[1]))


def test_models_of_one_seed_begin_alike_at_every_point():
    trained = [
        populations.bottlenecks(config(), 2, p, np.ones(4), recipe=Recipe(1, Sampled(1)))
        for p in (1.0, 0.1)
    ]
    np.testing.assert_allclose(trained[0].w, trained[1].w, atol=3e-3)


@pytest.mark.parametrize("mode", ["joint", "two-stage"])
def test_heads_come_at_every_look_in_both_modes(mode: str):
    recipe = Recipe(20, Sampled(32), snapshots=(0, 10))
    found = populations.with_heads(
        config(), 2, 1, 0.3, np.ones(4), Pairs(((0, 1),)), recipe, mode=mode
    )
    assert found.w.shape == (5, 3, 2, 4)
    assert found.a.shape == found.b.shape == (5, 3, 1, 2)
    assert found.steps == (0, 10, 20)
    still = np.array_equal(found.w[:, 0], found.w[:, -1])
    assert still == (mode == "two-stage")
