"""What training refuses, with the way out."""

from functools import partial

import jax
import numpy as np
import pytest

import tegum
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled
from tests.refusals import line_of

RECIPE = Recipe(steps=3, objective=Sampled(8))
INIT = partial(Bottleneck.init, 4, 2)
MODEL, LAW = INIT(jax.random.key(0)), Reconstruction(SparseFeatures(4, 0.5))
MODELS, LAWS = stack([MODEL] * 3), stack([LAW] * 3)
SIZES = {"density": 0.5, "steps": 3, "batch": 8, "seeds": 1}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: train(MODEL, LAW, RECIPE, seeds=[0]), "population: got [(2, 4), (4,)"),
        (lambda: train(MODELS, LAW, RECIPE, seeds=range(3)), "; use `stack`, or `repeat` of it"),
        (
            lambda: train(MODELS, LAWS, RECIPE, seeds=3),
            "seeds: got 3, expected a list of whole numbers, one a model; range(8) for 8",
        ),
        (
            lambda: train(MODELS, LAWS, RECIPE),
            "seeds: got '0 seeds', expected one for each of the 3 models; seeds=range(3)",
        ),
        (
            lambda: train(MODELS, LAWS, RECIPE, seeds=range(3), learning_rate=[0.1, 0.2]),
            "learning_rate: got (2,), expected one number, or 3 of them (models)",
        ),
        (lambda: fresh(INIT, 8), "seeds: got 8, expected a list of whole numbers, one a model"),
        (lambda: fresh(INIT, []), "seeds: got [], expected at least one"),
        (lambda: stack([]), "members: got [], expected a list of at least one"),
        (lambda: stack(MODEL), "stack([member]) for one"),
        (
            lambda: stack([MODEL, Bottleneck.init(5, 2, jax.random.key(0))]),
            "members: got 'members 0 and 1 that differ in more than numbers', expected",
        ),
        (
            lambda: stack([MODEL, MODEL, INIT(jax.random.key(0), activation="gelu")]),
            "members: got 'members 0 and 2 that differ in more than numbers', expected",
        ),
        (
            lambda: tegum.fit(n_features=2, n_hidden=5, **SIZES),
            "n_hidden: got 5, expected at most n_features = 2; "
            "the other way round it is n_features=5, n_hidden=2",
        ),
        (
            lambda: tegum.sweep(n_features=[5, 2], n_hidden=[1, 3], **SIZES),
            "n_hidden: got 3, expected at most n_features = 2",
        ),
        (
            lambda: tegum.fit(n_features=5.0, n_hidden=2, **SIZES),
            "n_features: got 5.0, expected a whole number of at least 1",
        ),
        (
            lambda: tegum.fit(n_features=5, n_hidden="2", **SIZES),
            "n_hidden: got '2', expected a whole number of at least 1",
        ),
        (
            lambda: tegum.fit(n_features=5, n_hidden=2, **SIZES | {"batch": 0}),
            "batch: got 0, expected a whole number of at least 1",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_way_out(call, says: str) -> None:
    assert says in line_of(call)


def test_a_sweep_refuses_its_last_setting_before_it_trains_the_first(monkeypatch) -> None:
    monkeypatch.setattr("tegum.sweeps.train", lambda *_, **__: pytest.fail("it trained"))
    assert "n_hidden: got 6" in line_of(
        lambda: tegum.sweep(n_features=5, n_hidden=[1, 2, 6], **SIZES)
    )


def test_as_many_hidden_dimensions_as_features_are_trained_and_so_is_the_way_out() -> None:
    assert tegum.fit(n_features=2, n_hidden=2, **SIZES).w.shape == (1, 2, 2)
    trained = train(MODELS, LAWS, RECIPE, seeds=range(3), learning_rate=np.full(3, 0.1))
    assert trained.model.w.shape == (3, 2, 4)
    assert train(stack([MODEL]), stack([LAW]), RECIPE, seeds=[0]).model.w.shape == (1, 2, 4)
