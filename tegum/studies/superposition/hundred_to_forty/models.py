"""The reader's puzzle at several densities: trained as he did, and with what hindered it mended."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import jax
import numpy as np
from jaxtyping import Key

from tegum.analysis.geometry import directions
from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.theory.expected import expected_losses
from tegum.training.engine import fresh, stack, train, words_of
from tegum.training.fixed_samples import FixedSamples
from tegum.training.objectives import AbstractObjective, Reconstruction
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule

ARMS = ("reader", "mended")
SAMPLES, BATCH = 10_000, 64
"""his data, and how many of them a step takes"""


class Training(core.StudyConfig):
    """n features of equal importance through m dimensions, trained in two ways."""

    n_features: core.Count = 100
    """n, features"""
    n_hidden: core.Count = 40
    """m, hidden dimensions"""
    seeds: core.Count = 4
    """models in each setting; a seed is the unit of replication"""
    epochs: core.Count = 40
    """of the reader's 10 000 samples; one has 157 steps"""
    longer: core.Count = 4
    """times as many steps where his training is mended"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if not 2 <= self.n_hidden < self.n_features:
            wanted = f"from 2 to less than n_features = {self.n_features}, so that some must share"
            raise bad_input("n_hidden", self.n_hidden, wanted)


def trained(c: Training, density: float, arm: str) -> core.Variables:
    """All seeds in one setting: weights, biases and exact losses."""
    features = SparseFeatures(c.n_features, density)
    recipe, rate, init, objectives = setting(c, features, arm)
    start = fresh(partial(init, c.n_features, c.n_hidden), c.seeds_of("W", c.seeds))
    ended = train(
        start,
        stack(objectives),
        recipe,
        seeds=c.seeds_of("batches", c.seeds),
        learning_rate=rate,
    )
    models = populations.with_stand_ins(ended.model, ended.finite)
    w, b = (np.asarray(part, np.float64) for part in (models.w, models.b))
    kept = (directions(np.asarray(start.w, np.float64)) * directions(w)).sum(-2)
    found = {"w": w, "b": b, "loss": expected_losses(w, b, density)}
    return found | {"kept": np.median(kept, axis=-1), "finite": ended.finite}


def setting(
    c: Training, features: SparseFeatures, arm: str
) -> tuple[Recipe, float, Callable[..., Bottleneck], Sequence[AbstractObjective]]:
    """Recipe, learning rate, law of the first weights and objectives of an arm.

    The reader's: W ~ N(0, 1), fixed samples, Adam at a constant 1e-3. Mended: Xavier weights, fresh
    samples, Adam from 3e-3 to 0, for longer.
    """
    steps = c.epochs * -(-SAMPLES // BATCH)
    if arm == "reader":
        seeds = words_of(c.seeds_of("samples", c.seeds))
        drawn = (features.sample(jax.random.wrap_key_data(words), SAMPLES) for words in seeds)
        data = [FixedSamples(np.asarray(x), features.importance) for x in drawn]
        return Recipe(steps, Sampled(BATCH), Adam()), 1e-3, normal, data
    recipe = Recipe(c.longer * steps, Sampled(BATCH), Adam(), Schedule("cosine"))
    return recipe, 3e-3, Bottleneck.init, [Reconstruction(features)] * c.seeds


def normal(n: int, m: int, key: Key[Array, ""]) -> Bottleneck:
    """The reader's start: every weight N(0, 1), every bias 0."""
    return replace(Bottleneck.init(n, m, key), w=jax.random.normal(key, (m, n)))


TRAINED = core.table(
    w=("seed hidden feature", "weights W"),
    b=("seed feature", "output bias"),
    loss=("seed", "exact population loss, summed over features"),
    kept=("seed", "median cosine of a feature's first and last direction"),
) | {"finite": populations.FINITE}
PART = core.Part(trained, TRAINED, density="densities", arm="arms")
MODELS = core.Measurement("hundred-to-forty", version=1, parts=(PART,))
