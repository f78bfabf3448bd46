"""Models of features of equal importance and equal density, over sparsity; several studies read them.

Steps are as many as it takes for structures to come to rest, since their learning rate falls to 0:
at a constant one D_i tremble more than the lines that they form are apart. Fewer or slower steps
leave models with more than two features in some dimensions short of their optimum.
"""

import numpy as np

from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.training.recipe import Recipe, Sampled, Schedule


def log_densities(count: int, most: float = 100.0) -> tuple[float, ...]:
    """Densities p with 1/p from 1 to `most`, even in the logarithm, to six digits."""
    return tuple(float(f"{p:.6g}") for p in most ** -np.linspace(0.0, 1.0, count))


class Config(core.BottleneckConfig):
    """Features of equal importance in few dimensions, at densities that they all have."""

    n_features: core.Count = 200
    n_hidden: core.Count = 20
    densities: tuple[core.Density, ...] = log_densities(20)
    """p = 1 - S, the chance that a feature is active"""
    seeds: core.Count = 5
    steps: core.Count = 2000
    batch: core.Count = 256
    learning_rate: core.Unsigned = 0.015
    """of AdamW with weight decay 0.01 at the first step, then down to 0 along a cosine"""

    def model_post_init(self, _: object) -> None:
        """Uniform means equal importance; and features that all fit share nothing."""
        if self.importance_decay != 1.0:
            raise bad_input("importance_decay", self.importance_decay, "1: equal importance")
        if self.n_hidden >= self.n_features:
            raise bad_input("n_hidden", self.n_hidden, f"less than n_features = {self.n_features}")


def trained(c: Config, density: float) -> core.Variables:
    """All seeds' models at one density."""
    recipe = Recipe(c.steps, Sampled(c.batch), schedule=Schedule("cosine"))
    found = populations.bottlenecks(c, c.n_hidden, density, c.importance, recipe=recipe)
    return found.variables


MODELS = core.Measurement(
    "uniform-models",
    version=1,
    parts=(core.Part(trained, populations.VARIABLES, density="densities"),),
)

QUICK = Config(
    n_features=60,
    n_hidden=8,
    densities=log_densities(10, 30.0),
    seeds=6,
    steps=1500,
    batch=128,
    learning_rate=0.02,
)
PAPER = Config(
    n_features=400,
    n_hidden=30,
    densities=log_densities(30),
    steps=10_000,
    batch=1024,
    learning_rate=5e-3,
)
"""the source's sizes, steps and batch"""
