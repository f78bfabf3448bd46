"""reachable-loss: a reader's 100→40 puzzle. Which loss can be reached, which was, and what each setting cost.

The reader trained x' = ReLU(WᵀWx + b) on n = 100 features through m = 40 dimensions at density p = 1 - S = 0.01, and
"it is not working the way I thought it should": 10 000 fixed samples, 50 epochs of batch 64, Adam at 1e-3, weights
that begin as N(0, 1). Here every trained model is judged by its exact population loss, summed over features, and

    gap = loss / best known loss - 1

says how far it is from what can be reached (no lower bound is known for a ReLU model, so never "from the optimum").
The settings are changed one at a time. W ~ N(0, 1) makes columns of length √m = 6.3 where 1.06 is best: one active
feature then disturbs every other output by some √m, and Adam, whose steps are about its rate, needs thousands of them
to take each number back. The other causes are smaller: 10 000 samples hold each *pair* of features about once, which is
fitted; and a constant rate ends in noise.

The reader's other doubts are decided by exact losses of few features:

- Starfish, n = 5, m = 2: two antipodal pairs "close to orthogonal, but not quite". A tilt of δ costs a multiple of δ².
- A run with more directions than two, "probably two directions would be lower loss": in the plane two digons and a
  dropped feature lose 4 l(digon) + V, a pentagon 5 l(pentagon), two dedicated features 3 V, where V = p/3 - p²/4 is the
  variance of a feature; which is least depends on p.
- The bias at p = 1: a linear model is best with any projector G of rank m and b = E x - G E x = (1 - Σ_j G_ij)/2: 0 for
  a kept feature, 1/2 for a dropped one, loss (n - m)/12. ReLU clips outputs below 0, where no x is, so that a rotated
  projector that is clipped somewhere does a little better still.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float, Key
from scipy.optimize import brentq

from tegum.analysis.geometry import directions, gram
from tegum.arrays import Array
from tegum.features import SparseFeatures
from tegum.losses import reduced, squared_error
from tegum.models import Bottleneck
from tegum.noise import uniform
from tegum.studies.config import Count, Density, Frozen, StudyConfig
from tegum.studies.study import Study
from tegum.studies.toys.reachable import claims, figures
from tegum.studies.toys.reachable.puzzles import ARMS, PUZZLES
from tegum.studies.toys.reachable.shapes import SHAPES, shape_loss, tilted_loss
from tegum.theory.expected import expected_loss
from tegum.theory.search import minimise
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import AbstractObjective, Parts, Reconstruction
from tegum.training.recipe import Adam, AdamW, Recipe, Sampled, Schedule

SAMPLES, READERS_BATCH = 10_000, 64
TILTS = np.array([0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0])  # degrees


class Config(StudyConfig):
    """Puzzles: the reader's 100→40 at p = 0.01, the notebook's 20→5 at p = 0.1, and the starfish, 5→2 at p = 0.1."""

    large_seeds: Count = 2
    """models of 100 features for each setting"""
    small_seeds: Count = 10
    """models of 20 or 5 features for each setting"""
    epochs: Count = 50
    """of the reader's 10 000 samples; one has 157 steps"""
    longer: Count = 3
    """times as many steps in the setting "longer" """
    notebook_steps: Count = 10_000
    """of the notebook's setting"""
    notebook_batch: Count = 1024
    """of the notebook's setting"""
    notebook_up_to: Count = 20
    """most features for which the notebook's setting is trained"""
    densities: tuple[Density, ...] = (
        0.01,
        0.02,
        0.05,
        0.1,
        0.15,
        0.2,
        0.25,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        0.95,
        1.0,
    )
    """p = 1 - S, at which shapes in the plane are compared"""
    starfish: bool = True
    """whether to train 5→2 too"""
    dense_starts: Count = 6
    """random projectors to descend from at p = 1"""


class Task(Frozen):
    """One setting of one puzzle (an arm), or one of the reader's doubts."""

    config: Config
    part: Literal["train", "shapes", "tilt", "dense"]
    puzzle: str = ""
    arm: str = ""


def plan(config: Config) -> list[Task]:
    arms = [
        Task(config=config, part="train", puzzle=puzzle, arm=arm)
        for puzzle in PUZZLES
        for arm in ARMS
        if (arm != "notebook" or PUZZLES[puzzle].n <= config.notebook_up_to)
        and (config.starfish or puzzle != "5→2")
    ]
    return [*arms, *(Task(config=config, part=part) for part in ("shapes", "tilt", "dense"))]


def measure(task: Task) -> xr.Dataset:
    parts = {"train": _train, "shapes": _shapes, "tilt": _tilt, "dense": _dense}
    return parts[task.part](task)


# --- training -------------------------------------------------------------------------------------------------------


class FixedSamples(AbstractObjective):
    """Give back inputs from a fixed data set: each batch is drawn from it, with replacement."""

    samples: Float[Array, "*models samples features"]
    importance: Float[Array, "*models features"]

    def loss(
        self, model: Bottleneck, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, ""], Parts]:
        count = self.samples.shape[0]
        x = self.samples[(uniform(key, (batch,)) * count).astype(jnp.int32)].T
        loss = reduced(
            squared_error(x, jax.vmap(model, in_axes=-1, out_axes=-1)(x), self.importance)
        )
        return loss, {"L1": loss}


def _normal(n: int, m: int, key: Key[Array, ""]) -> Bottleneck:
    """The reader's start: every weight N(0, 1)."""
    return replace(Bottleneck.init(n, m, key), w=jax.random.normal(key, (m, n)))


def _recipe(arm: str, config: Config) -> tuple[Recipe, float]:
    """What an arm trains with, and its learning rate."""
    steps = config.epochs * -(-SAMPLES // READERS_BATCH)
    if arm == "notebook":
        return Recipe(config.notebook_steps, Sampled(config.notebook_batch), AdamW()), 1e-3
    if arm in ("decaying rate", "longer"):
        times = config.longer if arm == "longer" else 1
        return Recipe(times * steps, Sampled(READERS_BATCH), Adam(), Schedule("cosine")), 3e-3
    return Recipe(steps, Sampled(READERS_BATCH), Adam()), 1e-3


def _train(task: Task) -> xr.Dataset:
    c, puzzle, arm = task.config, PUZZLES[task.puzzle], task.arm
    count = c.large_seeds if puzzle.n > 50 else c.small_seeds
    seeds = c.model_seeds(count)
    features = SparseFeatures(puzzle.n, puzzle.density, puzzle.importance)
    objectives: list[AbstractObjective] = [Reconstruction(features)] * count
    if arm in ("reader", "small start"):
        data = [np.asarray(features.sample(jax.random.key(seed + 5000), SAMPLES)) for seed in seeds]
        objectives = [FixedSamples(samples, features.importance) for samples in data]
    start = _normal if arm == "reader" else Bottleneck.init
    recipe, rate = _recipe(arm, c)
    trained = train(
        fresh(partial(start, puzzle.n, puzzle.m), seeds),
        stack(objectives),
        recipe,
        seeds=seeds,
        learning_rate=rate,
    )
    w, b = trained.model.w, trained.model.b
    loss = [
        expected_loss(*model, puzzle.density, puzzle.importance) for model in zip(w, b, strict=True)
    ]
    of_model = ("puzzle", "arm", "seed")
    parts = {
        "loss": (
            of_model,
            np.array(loss)[None, None],
            {"long_name": "exact population loss, summed over features"},
        ),
        "length": (
            of_model,
            np.median(np.linalg.norm(w, axis=1), axis=1)[None, None],
            {"long_name": "median ‖W_i‖"},
        ),
    }
    if puzzle.n > 50:
        parts["cosines"] = (
            ("arm", "feature", "other"),
            gram(directions(w[:1].astype(float))),
            {"long_name": "of seed 0"},
        )
    return xr.Dataset(parts, coords={"puzzle": [task.puzzle], "arm": [arm], "seed": seeds})


# --- doubts ---------------------------------------------------------------------------------------------------------


def _shapes(task: Task) -> xr.Dataset:
    densities = task.config.densities
    losses = [[shape_loss(shape, p) for p in densities] for shape in SHAPES]
    crossing = brentq(
        lambda p: shape_loss("two digons", p) - shape_loss("pentagon", p), 0.1, 0.25, xtol=1e-5
    )
    return xr.Dataset(
        {
            "shape_loss": (
                ("shape", "density"),
                np.array(losses),
                {"long_name": "exact loss, summed over 5 features"},
            ),
            "crossing": (
                (),
                crossing,
                {"long_name": "density where two digons and a pentagon lose the same"},
            ),
        },
        coords={"shape": list(SHAPES), "density": list(densities)},
    )


def _tilt(task: Task) -> xr.Dataset:
    del task
    return xr.Dataset(
        {
            "tilt_loss": (
                "tilt",
                [tilted_loss(tilt) for tilt in TILTS],
                {"long_name": "exact loss at the best length and bias"},
            )
        },
        coords={"tilt": ("tilt", TILTS, {"units": "degrees from right angles"})},
    )


def _dense(task: Task) -> xr.Dataset:
    """Descent on the exact loss at p = 1, from random projectors with the bias that is best for a linear model."""
    random = np.random.default_rng(task.config.seed)
    w = np.stack(
        [np.linalg.qr(random.standard_normal((5, 2)))[0].T for _ in range(task.config.dense_starts)]
    )
    found = minimise(w, _linear_bias(w), 1.0, max_steps=200, tolerance=1e-5)
    best = int(found.loss.argmin())
    return xr.Dataset(
        {
            "dense_loss": (
                "start",
                found.loss,
                {"long_name": "exact loss, summed over 5 features, p = 1"},
            ),
            "dense_bias": ("of_five", found.b[best]),
            "dense_linear_bias": ("of_five", _linear_bias(found.w[best])),
        }
    )


def _linear_bias(w: np.ndarray) -> np.ndarray:
    """E x - G E x at p = 1."""
    return (1 - gram(w).sum(axis=-1)) / 2


def combine(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Trained models side by side; with them the cosines and the doubts, which share no axis with them."""
    trained = [part for part in parts if "loss" in part]
    puzzles = dict.fromkeys(str(part.puzzle[0].item()) for part in trained)
    by_puzzle = [
        [part[["loss", "length"]] for part in trained if part.puzzle[0] == puzzle]
        for puzzle in puzzles
    ]
    models = xr.concat([xr.concat(arms, "arm") for arms in by_puzzle], "puzzle", join="outer")
    cosines = [part[["cosines"]] for part in trained if "cosines" in part]
    doubts = [part for part in parts if "loss" not in part]
    joined = [models, *([xr.concat(cosines, "arm")] if cosines else []), *doubts]
    return xr.merge(joined, compat="no_conflicts", join="outer", combine_attrs="drop_conflicts")


QUICK = Config(
    starfish=False,
    large_seeds=1,
    small_seeds=4,
    longer=2,
    notebook_steps=3000,
    notebook_batch=256,
    densities=(0.02, 0.1, 0.2, 0.25, 0.5, 0.8),
    dense_starts=2,
)

STUDY = Study(
    name="reachable-loss",
    group="toy-models",
    question="Which loss can a toy model reach, and what keeps a plain training of it from getting there?",
    sources=("elhage2022",),
    version=1,
    presets={
        "quick": QUICK,
        "default": Config(),
        "paper": Config(
            large_seeds=5, small_seeds=50, longer=10, notebook_up_to=100, dense_starts=30
        ),
    },
    minutes={"quick": 0.75, "default": 1.1, "paper": 20},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
    combine=combine,
)
