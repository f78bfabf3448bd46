"""What one model is asked to do, as a value: the law of its inputs, the targets, and the loss on a fresh batch.

An objective's arrays (density, importance, pair weights, lambda) are leaves, so every model of a population may have
its own. `loss(model, key, batch)` returns the number to descend and its named parts.
"""

from abc import abstractmethod
from typing import Any, TypeAlias

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.errors import bad_input, unknown_name
from tegum.features import AbstractFeatures
from tegum.losses import cross_entropy, head_squared_error, reduced, squared_error
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.models.lifting import over_samples
from tegum.training.pieces import mean_over_samples

Parts: TypeAlias = dict[str, Float[Array, ""]]

TARGETS = {
    "count": lambda x: (x > 0).astype(
        x.dtype
    ),  # s = sum_k t_k 1(x_i > 0) 1(y_j > 0): how many pairs are present
    "product": lambda x: x,  # s = sum_k t_k x_i y_j
    "any": lambda x: (x > 0).astype(x.dtype),  # s = 1 iff some pair is present
}


class AbstractObjective(eqx.Module):
    """Something to train a model on. The model's type is the objective's own affair."""

    @abstractmethod
    def loss(self, model: Any, key: Key[Array, ""], batch: int) -> tuple[Float[Array, ""], Parts]:
        """The loss on a fresh batch, and its parts by name."""


class Reconstruction(AbstractObjective):
    """Give back the input: L1 = mean over the batch of sum_i I_i (x_i - x'_i)^2. Trains a `Bottleneck`."""

    features: AbstractFeatures

    def loss(
        self, model: Bottleneck, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        loss = mean_over_samples(self.of_samples, model, self.features.draw(key, batch))
        return loss, {"L1": loss}

    def of_samples(self, model: Bottleneck, x: Float[Array, "features batch"]) -> Array:
        """The loss on inputs that are there."""
        return reduced(squared_error(x, over_samples(model)(x), self.features.importance))


FUNCTIONS = {"identity": lambda x: x, "absolute": jnp.abs}


class Computation(AbstractObjective):
    """Compute a function of every feature: mean over the batch of sum_i I_i (f(x_i) - y_i)^2, y the model's output.

    Trains any model that is called on one input, such as a `Bottleneck` or a `Network`.
    """

    features: AbstractFeatures
    function: str = eqx.field(static=True, default="absolute")

    def __check_init__(self) -> None:
        if self.function not in FUNCTIONS:
            raise unknown_name("function", self.function, FUNCTIONS)

    def loss(self, model: Any, key: Key[Array, ""], batch: int) -> tuple[Float[Array, ""], Parts]:
        loss = mean_over_samples(self.of_samples, model, self.features.draw(key, batch))
        return loss, {"L1": loss}

    def of_samples(self, model: Any, x: Float[Array, "features batch"]) -> Array:
        """The loss on inputs that are there."""
        target = FUNCTIONS[self.function](x)
        return reduced(squared_error(target, over_samples(model)(x), self.features.importance))


class CrossEntropy(AbstractObjective):
    """Say which feature is active: mean over the batch of -sum_i x_i log softmax(y)_i, y the model's output as logits.

    For laws under which x is a distribution over features, such as `OneActive(values="one")`: 0 is the least. Where
    several features are active x is no distribution, and its sum weighs the input.
    """

    features: AbstractFeatures

    def loss(self, model: Any, key: Key[Array, ""], batch: int) -> tuple[Float[Array, ""], Parts]:
        x = self.features.draw(key, batch)
        loss = reduced(cross_entropy(x, over_samples(model)(x)))
        return loss, {"cross_entropy": loss}


class Pairs(eqx.Module):
    """Which feature pairs (i of the left token, j of the right one) the head should respond to, and how strongly."""

    weights: Float[Array, "*models pairs"]
    indices: tuple[tuple[int, int], ...] = eqx.field(static=True)
    target: str = eqx.field(static=True)

    def __init__(
        self,
        indices: tuple[tuple[int, int], ...],
        weights: float | Array = 1.0,
        target: str = "count",
    ) -> None:
        """Describe the pairs.

        Args:
            indices: (i, j) for each pair, counted from 0.
            weights: t, one number or one per pair.
            target: "count" (s = number of pairs present, weighted), "product" (s = sum t x_i y_j), or "any" (s = 1 iff
                some pair is present; weights do not count). With one pair of weight 1, "count" and "any" are the same.
        """
        if not indices:
            raise bad_input("pairs", indices, "at least one pair (i, j)")
        if target not in TARGETS:
            raise unknown_name("target", target, TARGETS)
        self.indices = tuple((int(i), int(j)) for i, j in indices)
        self.weights = np.broadcast_to(np.asarray(weights, np.float32), (len(self.indices),))
        self.target = target

    def matrix(self, n_features: int) -> Float[np.ndarray, "features features"]:
        """T, the pair weights as a features x features matrix; raises where a pair names a feature beyond the last."""
        if (
            max(max(pair) for pair in self.indices) >= n_features
            or min(min(pair) for pair in self.indices) < 0
        ):
            raise bad_input("pairs", self.indices, f"features from 0 to {n_features - 1}")
        matrix = np.zeros((n_features, n_features))
        np.add.at(matrix, tuple(np.transpose(self.indices)), np.asarray(self.weights, float))
        return matrix

    def loss(
        self,
        head: Head,
        h: Float[Array, "hidden batch"],
        g: Array,
        x: Float[Array, "features batch"],
        y: Array,
    ) -> Float[Array, ""]:
        """L2 of a head on left tokens (x, h) and right tokens (y, g), over all their pairings.

        "any" is no sum over pairs, so there each left token meets one right token only, and the estimate is noisier.
        """
        left, right = np.transpose(self.indices)
        reads = TARGETS[self.target]
        u, v = head.a @ head.inputs(h), head.b @ head.inputs(g)
        if self.target == "any":
            present = jnp.max(reads(x[left]) * reads(y[right]), axis=0)
            return jnp.mean((present - jnp.sum(u * v, axis=0)) ** 2)
        return head_squared_error(u, v, reads(x[left]), reads(y[right]), self.weights)


class ReconstructionAndHead(AbstractObjective):
    """Joint training: L = L1 + lambda L2. Trains a `HeadedBottleneck`; left and right tokens both count in L1."""

    features: AbstractFeatures
    pairs: Pairs
    lam: Float[Array, "*models"]

    def loss(
        self, model: HeadedBottleneck, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        x, y = jnp.split(self.features.draw(key, 2 * batch), 2, axis=1)
        h, g = (over_samples(model.bottleneck.encode)(tokens) for tokens in (x, y))
        decode = over_samples(model.bottleneck.decode)
        both = [squared_error(t, decode(k), self.features.importance) for t, k in ((x, h), (y, g))]
        l1 = (reduced(both[0]) + reduced(both[1])) / 2
        l2 = self.pairs.loss(model.head, h, g, x, y)
        return l1 + self.lam * l2, {"L1": l1, "L2": l2}


class HeadOnFrozen(AbstractObjective):
    """Stage two of two-stage training: L2 alone, of a `Head` that reads a bottleneck which stays as it is."""

    features: AbstractFeatures
    pairs: Pairs
    bottleneck: Bottleneck

    def loss(self, model: Head, key: Key[Array, ""], batch: int) -> tuple[Float[Array, ""], Parts]:
        x, y = jnp.split(self.features.draw(key, 2 * batch), 2, axis=1)
        h, g = (over_samples(self.bottleneck.encode)(tokens) for tokens in (x, y))
        l2 = self.pairs.loss(model, h, g, x, y)
        return l2, {"L2": l2}


class HeadOnMoments(AbstractObjective):
    """Stage two of two-stage training without any samples: L2 as the exact quadratic that it is of Ω = AᵀB.

        L2 = E s² - 2⟨N, Ω⟩ + tr(C Ω C Ωᵀ)

    Rare positives cost nothing here. The gradient is that of L2 / E s², so that sparse features, whose L2 is small,
    train as fast as dense ones; "L2" itself is among the parts. Neither key nor batch is used.
    """

    second_moment: Float[Array, "*models inputs inputs"]
    correlation: Float[Array, "*models inputs inputs"]
    power: Float[Array, "*models"]

    def loss(self, model: Head, key: Key[Array, ""], batch: int) -> tuple[Float[Array, ""], Parts]:
        del key, batch
        # Through A and B, so that nothing larger than rank x inputs is differentiated.
        left, right = model.a @ self.second_moment, model.b @ self.second_moment
        cross = jnp.sum((model.a @ self.correlation) * model.b)
        square = jnp.sum((left @ model.a.T) * (right @ model.b.T))
        l2 = self.power - 2 * cross + square
        return l2 / self.power, {"L2": l2}
