"""Training a head on a bottleneck, jointly or in two stages: one switch.

joint:      W, b, A, B together, on L = L1 + lambda L2.
two-stage:  W, b first, on L1 alone; then A, B on L2, with W and b as they are.
"""

from typing import Any, Literal, TypeAlias, get_args

import jax
import numpy as np
from jaxtyping import Float, UInt64

from tegum.arrays import Array
from tegum.errors import unknown_name
from tegum.features import AbstractFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.training.engine import Trained, size, train
from tegum.training.objectives import HeadOnFrozen, Pairs, Reconstruction, ReconstructionAndHead
from tegum.training.recipe import Recipe

Mode: TypeAlias = Literal["joint", "two-stage"]


def of_another_stage(seeds: Any) -> UInt64[np.ndarray, " models"]:
    """Seeds for a further stage of the same models, whose batches are then others than the first's.

    The highest of 64 bits is turned, so that no seed below 2^63 meets another one's.
    """
    return np.asarray(seeds, np.uint64) ^ np.uint64(2**63)


def train_with_head(
    bottlenecks: Bottleneck,
    heads: Head,
    features: AbstractFeatures,
    pairs: Pairs,
    recipe: Recipe,
    *,
    mode: str,
    seeds: Any,
    lam: float | Float[Array, " models"] = 1.0,
    learning_rate: float | Float[Array, " models"] = 1e-3,
) -> Trained:
    """Train a population of bottlenecks and heads.

    Args:
        bottlenecks, heads, features, pairs: stacked populations of equal size.
        recipe: of the whole training if joint, of each stage if in two.
        mode: "joint" or "two-stage".
        seeds: [models].
        lam: weight of L2 beside L1, the latter summed over features; not used in two stages.
        learning_rate: one number, or [models].

    Returns:
        A population of `HeadedBottleneck`. In two stages the looks are those of the second, during which the bottleneck
        no longer changes; "L1" is then the first stage's, at its own looks.
    """
    if mode not in get_args(Mode):
        raise unknown_name("mode", mode, get_args(Mode))
    count = size(bottlenecks)
    if mode == "joint":
        lams = np.broadcast_to(np.asarray(lam, np.float32), (count,))
        both = ReconstructionAndHead(features, pairs, lams)
        return train(
            HeadedBottleneck(bottlenecks, heads),
            both,
            recipe,
            seeds=seeds,
            learning_rate=learning_rate,
        )
    first = train(
        bottlenecks, Reconstruction(features), recipe, seeds=seeds, learning_rate=learning_rate
    )
    on_frozen = HeadOnFrozen(features, pairs, first.model)
    second = train(
        heads, on_frozen, recipe, seeds=of_another_stage(seeds), learning_rate=learning_rate
    )
    looks = len(second.steps)
    still = jax.tree.map(lambda leaf: np.repeat(leaf[:, None], looks, axis=1), first.model)
    return Trained(
        history=HeadedBottleneck(still, second.history),
        steps=second.steps,
        losses={**second.losses, "L1": first.losses["L1"]},
        finite=first.finite & second.finite,
    )
