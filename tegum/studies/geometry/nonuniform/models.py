"""What is measured: both branches, where they cross, what other starts find, trained models."""

from functools import partial
from typing import Annotated, Literal

import jax
import numpy as np
from pydantic import Field

from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.core.measurement import Variable
from tegum.studies.geometry.nonuniform.branches import (
    BRANCHES,
    FEATURES,
    PLANE,
    Varied,
    digons,
    exchanges,
    followed,
    laws,
    nudged,
    regular,
)
from tegum.theory.expected import expected_losses
from tegum.theory.optima import best_loss
from tegum.theory.search import minimise
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled

Ratio = Annotated[float, Field(gt=0)]

STARTS = (*BRANCHES, "fresh")
BASES = (0.01, 0.03, 0.06, 0.1, 0.2)
"""densities of all other features at which the exchange is looked for, beside the config's"""
DENSEST = max(BASES)
"""above, five equal features soon are no pentagon"""
STEP = 1.5
"""of the ratio: after a longer one descent may leave a branch that is a minimum yet"""
NOISE = 0.02
"""standard deviation of the noise on each weight of a branch that training begins with"""


class Config(core.TrainingConfig):
    """Five features in the plane, equal but for one."""

    varied: Varied = "density"
    """what of feature 0 is varied"""
    density: core.Density = 0.05
    """p = 1 - S of the other four features, and of feature 0 at ratio 1"""
    ratios: tuple[Ratio, ...] = (1.0,)
    """feature 0's density or importance over the others', where models are trained"""
    reach: Ratio = 12.0
    """the greatest ratio, and one over the least, to which exact minima are followed"""
    points: core.Count = 24
    """steps from ratio 1 to `reach`"""
    restarts: core.Count = 24
    """descents from other starts at each of `ratios`"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy."""
        if self.density > DENSEST:
            raise bad_input("density", self.density, f"at most {DENSEST}, for a pentagon")
        if self.reach <= 1:
            raise bad_input("reach", self.reach, "a ratio above 1")
        if self.reach > STEP**self.points:
            wanted = f"enough that steps to reach = {self.reach:g} are factors of {STEP} or less"
            raise bad_input("points", self.points, wanted)
        if self.varied == "density" and self.density * self.reach > 1:
            wanted = f"at most 1/density = {1 / self.density:g}, for a density is a chance"
            raise bad_input("reach", self.reach, wanted)
        if 1 not in self.ratios:
            raise bad_input("ratios", self.ratios, "1 among them, where all features are equal")
        if max(self.ratios) > self.reach or min(self.ratios) * self.reach < 1:
            wanted = f"ratios from 1/reach to reach = {self.reach:g}"
            raise bad_input("ratios", self.ratios, wanted, "raise reach")


class SparsityConfig(Config):
    """Five features in the plane, one more or less sparse than the others."""

    varied: Literal["density"] = "density"
    """what of feature 0 is varied"""


class ImportanceConfig(Config):
    """Five features in the plane, one more or less important than the others."""

    varied: Literal["importance"] = "importance"
    """what of feature 0 is varied"""
    reach: Ratio = 6.0
    """the greatest ratio, and one over the least, to which exact minima are followed"""


# --- parts --------------------------------------------------------------------------------------


def branches(c: Config) -> core.Variables:
    outwards = np.geomspace(1, c.reach, c.points + 1)
    found = followed(c.varied, c.density, outwards)
    at = np.concatenate([1 / outwards[:0:-1], outwards])
    return {
        "branch": list(BRANCHES),
        "at": at,
        "exact_w": found.w,
        "exact_loss": found.loss,
        "exact_slope": found.slope,
        "digon_law": digons(c.varied, c.density, at),
    }


def exchange(c: Config) -> core.Variables:
    found = exchanges(c.varied, np.array([c.density, *BASES]))
    return {
        "branch": list(BRANCHES),
        "crossing": found.ratio[-1, 0],
        "rigid_crossing": found.ratio[0, 0],
        "crossing_slope": found.slope[:, 0],
        "base": list(BASES),
        "crossing_of_base": found.ratio[-1, 1:],
    }


def searched(c: Config, ratio: float) -> core.Variables:
    """Where exact descents end: from both branches at ratio 1, and from other starts."""
    law = laws(c.varied, c.density, np.array([ratio]))
    starts = [regular(branch, float(law.density[0, 0])) for branch in BRANCHES]
    w, b = (np.stack(each) for each in zip(*starts, strict=True))
    ends = minimise(nudged(w), b, *law, tolerance=1e-7)
    settings = FEATURES, PLANE, law.density[0], law.importance[0], c.restarts
    best = best_loss(*settings, jax.random.key(0), tolerance=1e-6)
    return {
        "branch": list(BRANCHES),
        "branch_w": ends.w,
        "branch_loss": ends.loss,
        "best_found": best.loss,
    }


def trained(c: Config, ratio: float) -> core.Variables:
    """Models trained at one ratio, from near both branches at ratio 1 and from fresh weights."""
    [p], [weight] = laws(c.varied, c.density, np.array([ratio]))
    features = SparseFeatures(FEATURES, p, weight)
    turns = c.rng("turns")
    begun = [
        stack([_begun(*regular(branch, float(p[0])), rng) for rng in turns.spawn(c.seeds)])
        for branch in BRANCHES
    ]
    new = fresh(partial(Bottleneck.init, FEATURES, PLANE), c.seeds_of("W", c.seeds))
    models = jax.tree.map(lambda *each: np.concatenate(each), *begun, new)
    ended = train(
        models,
        stack([Reconstruction(features)] * c.seeds * len(STARTS)),
        Recipe(steps=c.steps, objective=Sampled(c.batch)),
        seeds=np.tile(c.seeds_of("batches", c.seeds), len(STARTS)),
        learning_rate=c.learning_rate,
    )
    sound: Bottleneck = populations.with_stand_ins(ended.model, ended.finite)
    w, b = (np.asarray(part, np.float64) for part in (sound.w, sound.b))
    loss = expected_losses(w, b, p, weight)
    shaped = {"w": w, "loss": loss, "finite": ended.finite}
    return {"start": list(STARTS)} | {
        name: values.reshape(len(STARTS), c.seeds, *values.shape[1:])
        for name, values in shaped.items()
    }


def _begun(w: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> Bottleneck:
    """A model near given weights, turned by any angle and with some noise."""
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    noisy = turn @ w + NOISE * rng.normal(size=w.shape)
    return Bottleneck(noisy.astype(np.float32), b.astype(np.float32))


PARTS = (
    core.Part(
        branches,
        core.table(
            exact_w=("branch at hidden feature", "weights W of the minimum of a branch"),
            exact_loss=("branch at", "exact loss of the minimum, summed over features"),
            exact_slope=("branch at", "derivative of the loss by the ratio at fixed weights"),
            digon_law=("at", "loss of two digons in closed form"),
        ),
    ),
    core.Part(
        exchange,
        core.table(
            crossing=("", "ratio at which both branches lose the same"),
            rigid_crossing=("", "the same of the pentagon that is best at ratio 1"),
            crossing_slope=("branch", "derivative of a branch's loss by the ratio, there"),
            crossing_of_base=("base", "ratio at which both lose the same, over the others' p"),
        ),
    ),
    core.Part(
        searched,
        core.table(
            branch_w=("branch hidden feature", "W where descent from a branch at ratio 1 ends"),
            branch_loss=("branch", "exact loss there"),
            best_found=("", "least exact loss that descents from other starts end at"),
        ),
        ratio="ratios",
    ),
    core.Part(
        trained,
        core.table(
            w=("start seed hidden feature", "weights W"),
            loss=("start seed", "exact population loss, summed over features"),
        )
        | {"finite": Variable(("start", "seed"), "1 for a model that trained, 0 if it diverged")},
        ratio="ratios",
    ),
)
MODELS = core.Measurement("one-feature-varied", version=1, parts=PARTS)
