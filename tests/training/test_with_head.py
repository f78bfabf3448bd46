"""Heads trained jointly and in two stages, by one switch."""

import jax
import numpy as np
import pytest

from tegum.errors import BadInputError
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.theory.head_moments import second_moment, target_correlation, target_power
from tegum.theory.optimal_heads import head_floor, head_loss, optimal_head
from tegum.training.engine import stack, train
from tegum.training.objectives import (
    HeadOnFrozen,
    HeadOnMoments,
    Pairs,
    Reconstruction,
    ReconstructionAndHead,
)
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule
from tegum.training.with_head import of_another_stage, train_with_head

KEY = jax.random.key(0)
FEATURES = SparseFeatures(5, 0.5)
PAIRS = Pairs(((0, 1), (2, 2)), weights=[1.0, 2.0])


def moments_of(w, weights, bias: bool = False) -> HeadOnMoments:
    c, n = second_moment(w, 0.5, bias), target_correlation(w, 0.5, weights, bias=bias)
    return HeadOnMoments(
        *(np.asarray(part, np.float32) for part in (c, n, target_power(0.5, weights)))
    )


def population(count: int = 2):
    bottlenecks = stack([Bottleneck.init(5, 3, jax.random.key(k)) for k in range(count)])
    heads = stack([Head.init(3, 2, jax.random.key(10 + k)) for k in range(count)])
    return bottlenecks, heads, stack([FEATURES] * count), stack([PAIRS] * count)


@pytest.mark.parametrize("target", ["any", "count", "product"])
def test_the_sampled_head_loss_is_an_unbiased_estimate_of_the_population_loss(target: str):
    bottleneck, head = Bottleneck.init(5, 3, KEY), Head.init(3, 2, KEY)
    pairs = Pairs(PAIRS.indices, PAIRS.weights, target)
    objective = HeadOnFrozen(FEATURES, pairs, bottleneck)
    losses = jax.vmap(lambda key: objective.loss(head, key, 256)[0])(jax.random.split(KEY, 400))
    exact = head_loss(head.omega, bottleneck.w, 0.5, pairs.matrix(5), target=target)
    assert abs(losses.mean() - exact) < 4 * losses.std() / np.sqrt(400)


def test_the_joint_loss_is_l1_plus_lambda_l2():
    model = HeadedBottleneck(Bottleneck.init(5, 3, KEY), Head.init(3, 2, KEY))
    loss, parts = ReconstructionAndHead(FEATURES, PAIRS, np.float32(3.0)).loss(model, KEY, 64)
    np.testing.assert_allclose(loss, parts["L1"] + 3 * parts["L2"], rtol=1e-6)


def test_joint_training_without_weight_on_the_head_leaves_the_head_to_decay_alone():
    bottlenecks, heads, features, pairs = population()
    recipe = Recipe(steps=20, objective=Sampled(32))
    trained = train_with_head(
        bottlenecks, heads, features, pairs, recipe, mode="joint", seeds=[0, 1], lam=0.0
    )
    decay = (1 - 1e-3 * 0.01) ** 20  # AdamW: the gradient is 0, only the decay acts
    np.testing.assert_allclose(trained.model.head.a, heads.a * decay, rtol=1e-5)


def test_in_two_stages_the_bottleneck_is_trained_as_if_there_were_no_head():
    bottlenecks, heads, features, pairs = population()
    recipe = Recipe(steps=20, objective=Sampled(32), snapshots=(0, 5))
    trained = train_with_head(
        bottlenecks, heads, features, pairs, recipe, mode="two-stage", seeds=[0, 1]
    )
    alone = train(bottlenecks, Reconstruction(features), recipe, seeds=[0, 1])
    for look in range(3):
        np.testing.assert_array_equal(trained.history.bottleneck.w[:, look], alone.model.w)
    assert trained.history.head.a.shape == (2, 3, 2, 3)
    assert trained.losses.keys() == {"loss", "L1", "L2"}


def test_a_trained_head_approaches_the_optimal_head_of_its_rank():
    bottlenecks, heads, features, pairs = population()
    recipe = Recipe(steps=3000, objective=Sampled(256))
    trained = train_with_head(
        bottlenecks,
        heads,
        features,
        pairs,
        recipe,
        mode="two-stage",
        seeds=[0, 1],
        learning_rate=3e-3,
    ).model
    for k in range(2):
        w = trained.bottleneck.w[k]
        best = optimal_head(w, 0.5, PAIRS.matrix(5), rank=2)
        np.testing.assert_allclose(trained.head.omega[k], best, atol=0.1 * np.abs(best).max())
        floor = head_floor(w, 0.5, PAIRS.matrix(5), rank=2)
        assert floor <= head_loss(trained.head.omega[k], w, 0.5, PAIRS.matrix(5)) < 1.01 * floor


def test_the_exact_head_loss_and_its_gradient_are_those_of_the_population():
    bottleneck, head = Bottleneck.init(5, 3, KEY), Head.init(3, 2, KEY, constant_input=True)
    weights = PAIRS.matrix(5)
    objective = moments_of(bottleneck.w, weights, bias=True)
    loss, parts = objective.loss(head, KEY, 1)
    exact = head_loss(head.omega, bottleneck.w, 0.5, weights, bias=True)
    np.testing.assert_allclose(parts["L2"], exact, rtol=1e-5)
    np.testing.assert_allclose(loss, exact / target_power(0.5, weights), rtol=1e-5)


def test_trained_on_the_exact_loss_a_head_is_the_optimal_one_of_its_rank():
    w = Bottleneck.init(5, 3, KEY).w
    weights = PAIRS.matrix(5)
    recipe = Recipe(steps=3000, objective=Sampled(1), optimizer=Adam(), schedule=Schedule("cosine"))
    heads = stack([Head.init(3, 1, key) for key in jax.random.split(KEY, 4)])
    trained = train(
        heads, stack([moments_of(w, weights)] * 4), recipe, seeds=range(4), learning_rate=1e-2
    )
    best = optimal_head(w, 0.5, weights, rank=1)
    for omega in trained.model.omega:
        np.testing.assert_allclose(omega, best, atol=2e-3 * np.abs(best).max())


def test_an_unknown_mode_or_target_or_a_pair_out_of_range_is_refused():
    bottlenecks, heads, features, pairs = population()
    with pytest.raises(BadInputError, match=r"unknown mode 'jointly'; did you mean joint\?"):
        train_with_head(
            bottlenecks, heads, features, pairs, Recipe(steps=1), mode="jointly", seeds=[0, 1]
        )
    with pytest.raises(BadInputError, match=r"unknown target 'counts'; did you mean count\?"):
        Pairs(((0, 1),), target="counts")
    with pytest.raises(BadInputError, match="pairs: got"):
        Pairs(((0, 5),)).matrix(5)


def test_seeds_of_another_stage_meet_none_of_the_first():
    seeds = np.array([0, 1, 2**32, 2**63 - 1], np.uint64)
    assert not set(of_another_stage(seeds).tolist()) & set(seeds.tolist())
