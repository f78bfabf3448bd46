"""Training of sparse autoencoders in rounds, with dead latents resampled between them.

After each round but the last, latents that did not fire on a large sample begin anew at hidden vectors that are
reconstructed badly, and the optimiser starts afresh. What may differ inside one population: bottleneck, law, penalty,
seed and learning rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Int, Key, UInt64

from tegum.arrays import Array
from tegum.compiled import COMPILER_OPTIONS, in_blocks
from tegum.errors import bad_input
from tegum.models import SparseAutoencoder
from tegum.models.lifting import over_samples
from tegum.models.sae import THRESHOLD
from tegum.training.engine import Trained, size, train, words_of
from tegum.training.recipe import Expected, Recipe
from tegum.training.sparse_coding import SparseCoding, planted

__all__ = ["SparseCoding", "TrainedDictionaries", "planted", "resample", "train_dictionaries"]

SAMPLE = 8192  # hidden vectors on which a latent must fire to be alive
RESAMPLED_NORM = 0.2  # of a resampled encoder row, beside the mean of those alive
TOGETHER = 4  # autoencoders resampled at a time
_GOLDEN = 0x9E3779B97F4A7C15  # the odd number by which SplitMix64 walks through 64 bits


@dataclass(frozen=True)
class TrainedDictionaries:
    """A population of sparse autoencoders after all its rounds.

    Attributes:
        rounds: what every round gave, in order; its steps count from the round's own start.
        resampled: how many latents began anew after each round but the last.
    """

    rounds: tuple[Trained, ...]
    resampled: Int[np.ndarray, "models pauses"]

    @property
    def model(self) -> SparseAutoencoder:
        """The autoencoders at the end, their decoders at unit length."""
        return self.rounds[-1].model.canonical()

    @property
    def finite(self) -> Bool[np.ndarray, " models"]:
        """False for one that diverged in any round."""
        return np.all([trained.finite for trained in self.rounds], axis=0)


def train_dictionaries(
    saes: SparseAutoencoder,
    objectives: SparseCoding,
    recipe: Recipe,
    *,
    seeds: Sequence[int] | np.ndarray,
    rounds: int = 1,
    learning_rate: float | Sequence[float] | np.ndarray = 1e-3,
    sample: int = SAMPLE,
    threads: int | None = None,
) -> TrainedDictionaries:
    """Train a population of sparse autoencoders, with dead latents resampled between the rounds.

    Args:
        saes: the initial ones, stacked.
        objectives: one each, stacked.
        recipe: of one round. Weight decay spoils a dictionary: `Adam()`.
        seeds: [models], whole numbers below 2^64, of batches and resampling.
        rounds: at least 1; with 1 nothing is resampled.
        learning_rate: one number, or [models].
        sample: hidden vectors on which a latent that never fires counts as dead; at least as many as latents.
        threads: as in `train`.

    Raises:
        BadInputError: as `train`; no round; too small a sample; a recipe with the exact loss.
    """
    if isinstance(recipe.objective, Expected):
        raise bad_input("recipe", recipe.objective, "samples", "objective=Sampled(1024)")
    if rounds < 1:
        raise bad_input("rounds", rounds, "a whole number of at least 1")
    latents = np.shape(saes.b_enc)[-1]
    if sample < latents:
        raise bad_input("sample", sample, f"at least as many as there are latents, {latents}")
    count = size((saes, objectives))
    run = partial(train, recipe=recipe, learning_rate=learning_rate, threads=threads)
    done, resampled = [run(saes, objectives, seeds=seeds)], []
    for turn in range(1, rounds):
        words = words_of(of_round(seeds, turn))
        saes, dead = in_blocks(
            partial(_resample, sample=sample),
            (done[-1].model, objectives, words),
            TOGETHER,
        )
        resampled.append(dead.sum(axis=-1))
        done.append(run(saes, objectives, seeds=of_round(seeds, turn)))
    return TrainedDictionaries(tuple(done), np.array(resampled, int).reshape(rounds - 1, count).T)


def of_round(seeds: Sequence[int] | np.ndarray, turn: int) -> UInt64[np.ndarray, " models"]:
    """Seeds of a later round of the same population, whose batches are then others: 0 gives those that came."""
    walked = np.array(
        [turn * _GOLDEN % 2**64], np.uint64
    )  # an array: arithmetic wraps round without a warning
    return np.asarray(seeds, np.uint64) + walked


def resample(
    sae: SparseAutoencoder, objective: SparseCoding, key: Key[Array, ""], sample: int = SAMPLE
) -> tuple[SparseAutoencoder, Bool[Array, " latents"]]:
    """One autoencoder with its dead latents begun anew, and which those were.

    Each gets the direction (from b_dec, where that is subtracted) of a hidden vector of its own, drawn with chances
    proportional to the square of its squared error; an encoder row along it, RESAMPLED_NORM as long as the mean of
    those alive (just as long for "topk", where a short one is never among the largest); bias 0, and a fresh threshold.

    Args:
        sae: one.
        objective: gives the hidden vectors.
        key: a jax random key.
        sample: how many of them, at least as many as latents.
    Source:
        Bricken et al. 2023, "Towards Monosemanticity", "Neuron Resampling".
    """
    drawn, chosen = jax.random.split(key)
    h = objective.hidden(drawn, sample)
    z = over_samples(sae.encode)(h)
    error = jnp.sum((h - over_samples(sae.decode)(z)) ** 2, axis=0)
    dead = ~jnp.any(z > 0, axis=-1)
    # The largest of log-chances with Gumbel noise are a draw without replacement: no two latents begin alike.
    chances = 2 * jnp.log(jnp.maximum(error, 1e-30)) + jax.random.gumbel(chosen, (sample,))
    worst = jax.lax.top_k(chances, len(dead))[1]
    new = h[:, worst[jnp.cumsum(dead) - 1]] - (sae.b_dec[:, None] if sae.centred else 0.0)
    new = new / jnp.maximum(jnp.linalg.norm(new, axis=0, keepdims=True), 1e-30)
    lengths = jnp.linalg.norm(sae.w_enc, axis=-1)
    mean = jnp.sum(jnp.where(dead, 0.0, lengths)) / jnp.maximum(1, jnp.sum(~dead))
    length = jnp.where(dead.all(), 1.0, mean) * (1.0 if sae.kind == "topk" else RESAMPLED_NORM)
    again = eqx.tree_at(
        lambda sae: (sae.w_enc, sae.b_enc, sae.w_dec),
        sae,
        (
            jnp.where(dead[:, None], length * new.T, sae.w_enc),
            jnp.where(dead, 0.0, sae.b_enc),
            jnp.where(dead, new, sae.directions),
        ),
    )
    if sae.log_threshold is not None:
        fresh = jnp.where(dead, np.log(THRESHOLD), sae.log_threshold)
        again = eqx.tree_at(lambda sae: sae.log_threshold, again, fresh)
    return again, dead


@partial(jax.jit, static_argnames="sample", compiler_options=COMPILER_OPTIONS)
def _resample(population: Any, sample: int) -> Any:
    def one(member: Any) -> Any:
        sae, objective, words = member
        return resample(
            sae, objective, jax.random.fold_in(jax.random.wrap_key_data(words), 2**32 - 1), sample
        )

    return jax.vmap(one)(population)
