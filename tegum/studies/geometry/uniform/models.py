"""Models of features of equal importance and density, over sparsity; several studies read them.

Steps are as many as it takes for structures to come to rest, since their learning rate falls to 0:
at a constant one D_i tremble more than the lines that they form are apart. Fewer or slower steps
leave models with more than two features in some dimensions short of their optimum. Whether so many
do is asked again, with LONGER times as many, at two densities.
"""

import numpy as np

from tegum.analysis import geometry
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.core.measurement import table
from tegum.training.recipe import Recipe, Sampled, Schedule

PLATEAU = (20 ** (5 / 19), 20 ** (8 / 19))
"""1/(1 - S) of the first and the last of four levels on which D* is published to stick at 1/2"""
SLACK = 1e-3
"""densities are written to few digits"""
LONGER = 4
"""times as many steps"""
DOUBTED = (2.05, 9.0)
"""1/(1 - S) where training is doubted: at the plateau's foot, and where models beat polytopes"""


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

    @property
    def again(self) -> tuple[float, ...]:
        """The densities that come nearest to DOUBTED."""
        p = np.array(self.densities)
        return tuple(dict.fromkeys(float(p[abs(np.log(p * level)).argmin()]) for level in DOUBTED))


def on_plateau(p: np.ndarray) -> np.ndarray:
    """Which densities are from the first to the last level of PLATEAU."""
    return (1 / p > PLATEAU[0] - SLACK) & (1 / p < PLATEAU[1] + SLACK)


def trained(c: Config, density: float) -> core.Variables:
    """All seeds' models at one density."""
    return _bottlenecks(c, density, c.steps).variables


def longer(c: core.BottleneckConfig, again: float) -> core.Variables:
    """As `trained`, from other starts and with LONGER times as many steps."""
    found = _bottlenecks(c, again, LONGER * c.steps)
    size = geometry.dimensions_per_feature(found.w)
    return {"longer_d_star": size, "longer_loss": found.loss, "finite": found.finite}


def _bottlenecks(c: core.BottleneckConfig, density: float, steps: int) -> populations.Bottlenecks:
    recipe = Recipe(steps, Sampled(c.batch), schedule=Schedule("cosine"))
    return populations.bottlenecks(c, c.n_hidden, density, c.importance, recipe=recipe)


MODELS = core.Measurement(
    "uniform-models",
    version=1,
    parts=(core.Part(trained, populations.VARIABLES, density="densities"),),
)
CHECK = core.Measurement(
    "uniform-longer",
    version=1,
    parts=(
        core.Part(
            longer,
            table(
                longer_d_star=("seed", "m / ‖W‖²_F of models trained longer"),
                longer_loss=("seed", "exact population loss of these, summed over features"),
            )
            | {"finite": populations.FINITE},
            again="again",
        ),
    ),
)
"""whether training was long enough"""

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
