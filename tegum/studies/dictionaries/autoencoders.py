"""Populations of sparse autoencoders as studies train them, and their answers on a sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from tegum.features import AbstractFeatures
from tegum.models import SparseAutoencoder
from tegum.models.lifting import over_samples
from tegum.studies import core
from tegum.studies.populations import with_stand_ins
from tegum.training.dictionaries import train_dictionaries
from tegum.training.engine import fresh, stack
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule
from tegum.training.sparse_coding import SparseCoding, planted

ROUNDS = 2
"""of training; latents that never fire are resampled between them"""
LEARNING_RATE = 5e-3
"""of Adam, down to a twentieth within a round"""
SCHEDULE = Schedule("cosine", end=0.05)

BANDWIDTH = 1.0
"""of JumpReLU, as wide as the values of features: with the 0.05 that suits activations of language
models directions hardly move here, and recovery stays near chance"""


class SparseAutoencoders(core.StudyConfig):
    """How autoencoders are trained."""

    sae_seeds: core.Count = 4
    """dictionaries and autoencoders in each setting"""
    sae_steps: core.Count = 2000
    """training steps of each of two rounds, between which dead latents are resampled"""
    sae_batch: core.Count = 256
    """fresh hidden vectors a step"""


@dataclass(frozen=True)
class Setting:
    """What one autoencoder is trained on.

    Attributes:
        features: the law of x.
        w: the dictionary, h = W x.
        penalty: lambda; without effect for "topk".
        seed: which of the config's seeds it begins from.
    """

    features: AbstractFeatures
    w: Float[np.ndarray, "hidden features"]
    penalty: float
    seed: int


def autoencoders(
    c: SparseAutoencoders,
    settings: Sequence[Setting],
    n_latents: int,
    *,
    kind: str = "relu",
    k: int | None = None,
) -> tuple[SparseAutoencoder, SparseAutoencoder, Bool[np.ndarray, " models"]]:
    """Train one for each setting; the untrained ones, those at the end, and which did not diverge.

    Args:
        c: how.
        settings: of one shape.
        n_latents, kind, k: as `SparseAutoencoder` has them.
    """
    starts, batches = (c.seeds_of(stage, c.sae_seeds) for stage in ("autoencoders", "inputs"))
    which = [each.seed for each in settings]
    init = partial(
        SparseAutoencoder.init, len(settings[0].w), n_latents, kind=kind, k=k, bandwidth=BANDWIDTH
    )
    untrained = fresh(init, starts[which])
    objectives = [
        SparseCoding(each.features, planted(each.w), np.float32(each.penalty)) for each in settings
    ]
    trained = train_dictionaries(
        untrained,
        stack(objectives),
        Recipe(c.sae_steps, Sampled(c.sae_batch), Adam(), SCHEDULE),
        seeds=batches[which],
        rounds=ROUNDS,
        learning_rate=LEARNING_RATE,
        sample=max(8192, n_latents),
    )
    found = with_stand_ins(trained.model, trained.finite)
    return untrained, found, trained.finite


def member(population: Any, place: int) -> Any:
    """One model of a stacked population."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[place], population)


def answers(
    sae: SparseAutoencoder, h: Float[np.ndarray, "hidden inputs"]
) -> tuple[Float[np.ndarray, "latents inputs"], Float[np.ndarray, "hidden inputs"]]:
    """Latents and reconstructions of one autoencoder, in float64; the batch last."""
    z, decoded = _answers(sae, jnp.asarray(h, jnp.float32))
    return np.asarray(z, np.float64), np.asarray(decoded, np.float64)


@jax.jit
def _answers(sae: Any, h: Any) -> Any:
    z = over_samples(sae.encode)(h)
    return z, over_samples(sae.decode)(z)
