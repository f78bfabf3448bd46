"""What is measured: bottlenecks of falling importance, of equal importance, and on sets of two."""

from typing import Literal

import numpy as np

from tegum.errors import bad_input
from tegum.features import CorrelatedSets, SparseFeatures
from tegum.studies import core, populations
from tegum.training.recipe import Recipe, Sampled, Schedule

PAIR = 2
"""members of a correlated set"""


class Config(core.BottleneckConfig):
    """The author's bottlenecks over densities, equally important ones, and sets of two."""

    importance_decay: core.Share = 0.9
    densities: tuple[core.Density, ...] = (1.0, 0.9, 0.7, 0.6, 0.5, 0.3, 0.1, 0.03)
    """p = 1 - S, the chance that a feature is active"""
    alike: tuple[core.Count, ...] = (20, 40)
    """n of equally important features, in n_hidden dimensions"""
    alike_densities: tuple[core.Density, ...] = (0.5, 0.3, 0.1, 0.03)
    """p of equally important features"""
    sets: tuple[core.Count, ...] = (2, 3)
    """sets of two features, in as many dimensions as sets"""
    set_densities: tuple[core.Density, ...] = (0.05, 0.02)
    """chance that a set is on, or that an independent feature is active"""
    copies: core.Count = 8
    """models of sets for each seed: they are small"""
    steps: core.Count = 3000
    batch: core.Count = 256
    learning_rate: core.Unsigned = 5e-3
    """falls to 0 along a cosine: a constant one leaves noise in the cosines that are judged"""
    set_learning_rate: core.Unsigned = 2e-2
    """the same for models of sets, whose features are sparse: they learn slowly"""

    @property
    def laws(self) -> tuple[str, ...]:
        return ("correlated", "independent")

    @property
    def recipe(self) -> Recipe:
        return Recipe(self.steps, Sampled(self.batch), schedule=Schedule("cosine"))

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if min(self.n_features, *self.alike) <= self.n_hidden:
            wanted = f"more than n_hidden = {self.n_hidden}, else none must share"
            raise bad_input("n_features, alike", (self.n_features, *self.alike), wanted)
        if min(self.sets) < 2:
            raise bad_input("sets", self.sets, "at least 2 sets each")


# --- parts --------------------------------------------------------------------------------------


def falling(c: Config, density: float) -> core.Variables:
    found = populations.bottlenecks(c, c.n_hidden, density, c.importance, recipe=c.recipe)
    return {"w": found.w, "loss": found.loss, "finite": found.finite}


def equal(c: Config, n: int, alike_density: float) -> core.Variables:
    found = populations.bottlenecks(c, c.n_hidden, alike_density, np.ones(n), recipe=c.recipe)
    return {"alike_w": found.w, "finite": found.finite, "of_alike": range(n)}


def in_sets(
    c: Config, law: Literal["correlated", "independent"], count: int, set_density: float
) -> core.Variables:
    n = PAIR * count
    changed = {"seeds": c.seeds * c.copies, "learning_rate": c.set_learning_rate}
    features = (
        CorrelatedSets((PAIR,) * count, set_density)
        if law == "correlated"
        else SparseFeatures(n, set_density)
    )
    w, _, finite = populations.on_law(
        c.model_copy(update=changed), count, features, recipe=c.recipe
    )
    return {
        "set_w": w.reshape(c.seeds, c.copies, count, n),
        "finite": finite.reshape(c.seeds, c.copies),
        "axis": range(count),
        "member": range(n),
    }


MODELS = core.Measurement(
    "four-behaviours",
    version=1,
    parts=(
        core.Part(
            falling,
            core.table(
                w=("seed hidden feature", "weights W, importance falling"),
                loss=("seed", "exact population loss, summed over features"),
            )
            | {"finite": populations.FINITE},
            density="densities",
        ),
        core.Part(
            equal,
            core.table(alike_w=("seed hidden of_alike", "weights W, importance equal"))
            | {"finite": populations.FINITE},
            n="alike",
            alike_density="alike_densities",
        ),
        core.Part(
            in_sets,
            core.table(
                set_w=("seed copy axis member", "weights W of sets of two, set by set"),
                finite=("seed copy", "1 for a model that trained, 0 for one that diverged"),
            ),
            law="laws",
            count="sets",
            set_density="set_densities",
        ),
    ),
)
