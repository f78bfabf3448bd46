"""What is trained and measured: every setup of the atlas on the same inputs, from the same seeds.

Sparse inputs are 0 with chance 1 - p and else uniform on [0, 1]; those that models are tested on
are the same for all setups. One-hot inputs are the identity, all n of them, so what is measured on
them is exact.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Key

from tegum.analysis import readouts
from tegum.arrays import Array
from tegum.features import AbstractFeatures, OneActive, SparseFeatures
from tegum.models import Network
from tegum.studies import core
from tegum.studies.computation.atlas.setups import BY_NAME, INPUTS, MLP, F, Setup, Tied
from tegum.studies.populations import FINITE, with_stand_ins
from tegum.theory.bottlenecks import (
    Chain,
    composed,
    layers,
    principal_floor,
    widened,
    with_idle_relu,
)
from tegum.theory.polytopes import polygon
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import AbstractObjective, Computation, CrossEntropy
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule, log_spaced


class Trainings(core.TrainingConfig):
    """All setups on the same data."""

    n_features: core.Count = 10
    """n, more than an MLP's 4f = 8 neurons"""
    density: core.Density = 0.05
    """p = 1 - S, the chance that a feature of sparse inputs is active"""
    batch: core.Count = 256
    """fresh samples a step"""
    learning_rate: core.Unsigned = 1e-2
    """of Adam, falling to 0 along a cosine"""
    samples: core.Count = 8000
    """sparse inputs to measure on, and as many others to fit linear read-outs on"""


class EitherInputs(AbstractFeatures):
    """Sparse or one-hot inputs, as a number says: so one program trains models on both."""

    sparse: SparseFeatures
    one_hot: OneActive
    is_one_hot: Float[Array, ""]
    importance: Float[Array, " features"]
    values: str = eqx.field(static=True)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        return self._chosen(self.one_hot.draw(key, batch), self.sparse.draw(key, batch))

    @property
    def mean(self) -> Float[Array, " features"]:
        return self._chosen(self.one_hot.mean, self.sparse.mean)

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        return self._chosen(self.one_hot.second_moment, self.sparse.second_moment)

    def _chosen(self, one_hot: Array, sparse: Array) -> Array:
        return jnp.where(self.is_one_hot > 0, one_hot, sparse)


def trained(c: Trainings, setup: str) -> core.Variables:
    """One setup on all data that it is meaningful on; NaN on the others."""
    of = BY_NAME[setup]
    looks = log_spaced(c.steps, 24)
    ended = train(
        fresh(of.maker(c.n_features), np.tile(c.seeds_of("W", c.seeds), len(of.inputs))),
        stack([_objective(c, of, kind) for kind in of.inputs for _ in range(c.seeds)]),
        Recipe(c.steps, Sampled(c.batch), Adam(), Schedule("cosine"), snapshots=looks),
        seeds=np.tile(c.seeds_of("batches", c.seeds), len(of.inputs)),
        learning_rate=c.learning_rate,
    )
    history = chain_of(with_stand_ins(ended.history, ended.finite))  # models looks ...
    every = _some(history, np.s_[:, -1])
    found: dict[str, dict[str, Any]] = {}
    for k, kind in enumerate(of.inputs):
        here = slice(k * c.seeds, (k + 1) * c.seeds)
        x = inputs_of(c, kind, "test")
        found[kind] = measured(of, _some(every, here), x) | {
            "finite": ended.finite[here],
            "curve": learning(of, _some(history, here), x[:, :ON_THE_WAY]),
        }
    some = found["one-hot"]
    lacking: dict[str, Any] = {
        name: np.full(np.shape(value), np.nan) for name, value in some.items()
    }
    lacking["finite"] = np.ones(c.seeds)
    each = [found.get(kind, lacking) for kind in INPUTS]
    stacked = {name: np.stack([one[name] for one in each]) for name in some}
    areas = dict.fromkeys(AREAS, np.full((c.seeds, c.n_features), np.nan))
    if "sparse" in found:
        sound = found["sparse"]["finite"][:, None]
        areas = detection(c, of, _some(every, slice(c.seeds)))
        areas = {name: np.where(sound, area, np.nan) for name, area in areas.items()}
    labels = {"inputs": list(INPUTS), "step": looks, "feature": range(c.n_features)}
    return stacked | areas | labels


def inputs_of(c: Trainings, kind: str, stage: str) -> Float[np.ndarray, "features batch"]:
    """What models are measured on: sparse samples of a stage, or all one-hot inputs."""
    if kind == "one-hot":
        return np.eye(c.n_features)
    rng = c.rng(stage)
    shape = c.n_features, c.samples
    return np.where(rng.random(shape) < c.density, rng.random(shape), 0.0)


def measured(of: Setup, chain: Chain, x: Float[np.ndarray, "features batch"]) -> dict[str, Any]:
    """All numbers of stacked models [seeds ...] on one set of inputs."""
    n = len(x)
    alone = layers(chain, np.eye(n))
    at_rest = layers(chain, np.zeros((n, 1)))[of.bottleneck]
    covariance = np.cov(x, bias=True)
    units = of.linear_in(n) if of.loss == "squared error" else None
    loss = losses(of, layers(chain, x)[-1], x)
    whole = composed(chain)
    singular = np.linalg.svd(whole.weights[0], compute_uv=False)
    found = {
        "loss": loss,
        "untold_loss": np.log(n) if of.loss == "cross-entropy" else np.trace(covariance),
        "linear_floor": np.nan if units is None else principal_floor(covariance, units),
        "code": alone[of.bottleneck],
        "rest": at_rest[..., 0],
        "answer": answers(of, alone[-1]),
        "composed_error": _apart(layers(whole, x)[-1], layers(chain, x)[-1]),
        "excess_rank": singular[..., F] / singular[..., 0],
    }
    lifts: dict[str, Any] = dict.fromkeys(
        ("widened_error", "narrow_error", "idle_error", "unshifted_error")
    )
    if len(chain.weights) == 2 and chain.activations[0] == "linear":
        others = (
            widened(chain, MLP),
            widened(chain, F - 1),
            with_idle_relu(chain),
            with_idle_relu(chain, shifted=False),
        )
        y = layers(chain, x)[-1]
        lifts = {
            name: _apart(layers(other, x)[-1], y) for name, other in zip(lifts, others, strict=True)
        }
    missing = np.full(loss.shape, np.nan)
    return found | {name: missing if error is None else error for name, error in lifts.items()}


def losses(
    of: Setup, y: Float[np.ndarray, "seeds features batch"], x: Float[np.ndarray, "features batch"]
) -> Float[np.ndarray, " seeds"]:
    """Mean over the inputs, summed over features."""
    if of.loss == "squared error":
        return ((y - x) ** 2).sum(axis=-2).mean(axis=-1)
    shifted = y - y.max(axis=-2, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
    return -(x * logs).sum(axis=-2).mean(axis=-1)


def learning(
    of: Setup, history: Chain, x: Float[np.ndarray, "features batch"]
) -> Float[np.ndarray, "seeds looks"]:
    """Losses at every look, models [seeds looks ...]."""
    every = range(history.weights[0].shape[1])
    each = (_some(history, np.s_[:, look]) for look in every)
    return np.stack([losses(of, layers(one, x)[-1], x) for one in each], axis=1)


def answers(
    of: Setup, y: Float[np.ndarray, "seeds features inputs"]
) -> Float[np.ndarray, "seeds features inputs"]:
    """The outputs themselves, or under cross-entropy the chances that they give."""
    if of.loss == "squared error":
        return y
    exponentials = np.exp(y - y.max(axis=-2, keepdims=True))
    return exponentials / exponentials.sum(axis=-2, keepdims=True)


def detection(c: Trainings, of: Setup, chain: Chain) -> dict[str, Float[np.ndarray, "seeds n"]]:
    """Areas of own outputs, of linear read-outs of the bottleneck, and with shuffled labels."""
    fit_on, x = inputs_of(c, "sparse", "fit"), inputs_of(c, "sparse", "test")
    found = layers(chain, x)
    h = found[of.bottleneck]
    fitted = layers(chain, fit_on)[of.bottleneck], fit_on > 0
    shuffled = (x > 0)[:, c.rng("labels").permutation(c.samples)]
    return {
        "own_auc": readouts.own_output_auc(found[-1], x > 0),
        "linear_auc": readouts.linear_readout_auc(fitted, h, x > 0),
        "direction_auc": readouts.best_direction_auc(fitted, h, x > 0, DIRECTIONS),
        "relu_auc": readouts.best_direction_auc(fitted, h, x > 0, DIRECTIONS, CLIPPED),
        "shuffled_auc": readouts.own_output_auc(found[-1], shuffled),
    }


def chain_of(models: Network | Tied) -> Chain:
    """Stacked models in float64, with a bias of 0 where there is none."""
    network = models.network if isinstance(models, Tied) else models
    weights = tuple(np.asarray(w, np.float64) for w in network.weights)
    biases = tuple(
        np.zeros(w.shape[:-1]) if bias is None else np.asarray(bias, np.float64)
        for w, bias in zip(weights, network.biases, strict=True)
    )
    return Chain(weights, biases, network.activations)


def _objective(c: Trainings, of: Setup, kind: str) -> AbstractObjective:
    n = c.n_features
    law = EitherInputs(
        sparse=SparseFeatures(n, c.density),
        one_hot=OneActive(n, values="one"),
        is_one_hot=np.float32(kind == "one-hot"),
        importance=np.ones(n, np.float32),
        values="unit",
    )
    return CrossEntropy(law) if of.loss == "cross-entropy" else Computation(law, "identity")


def _apart(one: np.ndarray, other: np.ndarray) -> Float[np.ndarray, " seeds"]:
    return np.abs(one - other).max(axis=(-2, -1))


def _some(chain: Chain, models: Any) -> Chain:
    weights, biases = (tuple(each[models] for each in part) for part in chain[:2])
    return Chain(weights, biases, chain.activations)


ON_THE_WAY = 2000
"""inputs that losses are measured on while models are trained"""
LIFTS = ("widened_error", "narrow_error", "idle_error", "unshifted_error")
AREAS = ("own_auc", "linear_auc", "direction_auc", "relu_auc", "shuffled_auc")
DIRECTIONS = polygon(36)
"""every ten degrees"""
CLIPPED = (0.0, 0.5, 0.7, 0.8, 0.9)
"""shares of the inputs that a ReLU may be 0 on"""
TRAINED = core.table(
    loss=("inputs seed", "mean loss of the test inputs, summed over features"),
    untold_loss=("inputs", "loss of the best answer that does not look at the input"),
    linear_floor=("inputs", "least loss of what is linear in so many units; NaN with a kink"),
    code=("inputs seed hidden feature", "bottleneck for each feature alone"),
    rest=("inputs seed hidden", "bottleneck for no feature"),
    answer=("inputs seed output feature", "answers to each feature alone"),
    composed_error=("inputs seed", "outputs less those of the one composed map, at most"),
    excess_rank=("inputs seed", "singular value f of the composed map over the first"),
    widened_error=("inputs seed", "outputs less those of the same in n-4f-f-4f-n, at most"),
    narrow_error=("inputs seed", "the same in n-1-f-1-n"),
    idle_error=("inputs seed", "outputs less those of the same with an idle ReLU in f, at most"),
    unshifted_error=("inputs seed", "the same without shifting biases"),
    curve=("inputs seed step", "loss of the first 2000 test inputs at each look"),
    own_auc=("seed feature", "area under the ROC curve of a feature's own output, sparse inputs"),
    linear_auc=("seed feature", "the same of the least-squares read-out of the bottleneck"),
    direction_auc=("seed feature", "the same of the best of 36 directions of the bottleneck"),
    relu_auc=("seed feature", "the same of the best ReLU of one of these directions"),
    shuffled_auc=("seed feature", "the same of own outputs, inputs' labels shuffled"),
    finite=("inputs seed", FINITE.long_name),
)
ATLAS = core.Measurement(
    "bottleneck-atlas", version=1, parts=(core.Part(trained, TRAINED, setup="setups"),)
)
