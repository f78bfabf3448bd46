"""Puzzles whose best loss is known, trained in settings that change one thing at a time.

Beside them what exact losses of five features in the plane say, without training.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import jax
import numpy as np
import xarray as xr
from jaxtyping import Key

from tegum.analysis.geometry import directions, gram, norms
from tegum.analysis.pairs import top_share
from tegum.arrays import Array
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.core.measures import Measure, Reading, at, median
from tegum.theory.known import exact_losses_and_gaps
from tegum.theory.plane_shapes import (
    SHAPES,
    first_crossing,
    linear_bias,
    shape_loss,
    tilted_loss,
)
from tegum.theory.search import minimise
from tegum.training.engine import fresh, stack, train, words_of
from tegum.training.fixed_samples import FixedSamples
from tegum.training.objectives import AbstractObjective, Reconstruction
from tegum.training.recipe import Adam, AdamW, Recipe, Sampled, Schedule

SAMPLES, READERS_BATCH = 10_000, 64
PAIRS_AT = 0.25
"""the density at which two digons and a dropped feature are best in the plane"""
TILTS = (0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0)


@dataclass(frozen=True)
class Puzzle:
    """n features of importance decay^i and density p through m dimensions."""

    n: int
    m: int
    density: float
    decay: float

    @property
    def features(self) -> SparseFeatures:
        return SparseFeatures(self.n, self.density, self.decay ** np.arange(self.n))


PUZZLES = {
    "100→40": Puzzle(100, 40, 0.01, 1.0),
    "20→5": Puzzle(20, 5, 0.1, 0.7),
    "5→2": Puzzle(5, 2, 0.1, 1.0),
}
LARGE, SMALL, STARFISH = PUZZLES
ARMS = ("reader", "small start", "fresh samples", "decaying rate", "longer")
"""each changes one thing of the one before"""


class Seeds(core.StudyConfig):
    """How many models there are of each puzzle."""

    large_seeds: core.Count = 2
    """models of 100 features for each setting"""
    small_seeds: core.Count = 10
    """models of 20 or 5 features for each setting"""

    def count(self, puzzle: Puzzle) -> int:
        return self.large_seeds if puzzle.n > 50 else self.small_seeds


class Arms(Seeds):
    """The reader's training, and what is changed of it."""

    epochs: core.Count = 50
    """of the reader's 10 000 samples; one has 157 steps"""
    longer: core.Count = 3
    """times as many steps in the setting "longer" """


class Notebook(Seeds):
    """The notebook's training."""

    notebook_steps: core.Count = 10_000
    """of the notebook's setting"""
    notebook_batch: core.Count = 1024
    """of the notebook's setting"""


class Dense(core.StudyConfig):
    """Descent at density 1."""

    dense_starts: core.Count = 6
    """random projectors to descend from at p = 1"""


def changed(c: Arms, puzzle: str, arm: str) -> core.Variables:
    """A puzzle in the reader's setting, or in one of those that follow it."""
    place, first = PUZZLES[puzzle], arm == "reader"
    fixed = fixed_samples(c, place) if arm in ("reader", "small start") else None
    start = _normal if first else Bottleneck.init
    return {**trained(c, place, *recipe(c, arm), start=start, on=fixed), **labels(place)}


def recipe(c: Arms, arm: str) -> tuple[Recipe, float]:
    """What an arm trains with, and its learning rate."""
    steps = c.epochs * -(-SAMPLES // READERS_BATCH)
    if arm in ("decaying rate", "longer"):
        times = c.longer if arm == "longer" else 1
        return Recipe(times * steps, Sampled(READERS_BATCH), Adam(), Schedule("cosine")), 3e-3
    return Recipe(steps, Sampled(READERS_BATCH), Adam()), 1e-3


def notebook(c: Notebook, puzzle: str) -> core.Variables:
    """A puzzle in the notebook's setting."""
    asked = Recipe(c.notebook_steps, Sampled(c.notebook_batch), AdamW()), 1e-3
    found = core.swept(lambda arm: trained(c, PUZZLES[puzzle], *asked), arm=["notebook"])
    return {**found, **labels(PUZZLES[puzzle])}


def trained(
    c: Seeds,
    puzzle: Puzzle,
    recipe: Recipe,
    learning_rate: float,
    *,
    start: Callable[..., Bottleneck] = Bottleneck.init,
    on: list[AbstractObjective] | None = None,
) -> core.Variables:
    """All seeds of a puzzle, on fresh samples unless other objectives are given."""
    count = c.count(puzzle)
    ended = train(
        fresh(partial(start, puzzle.n, puzzle.m), c.seeds_of("W", count)),
        stack(on or [Reconstruction(puzzle.features)] * count),
        recipe,
        seeds=c.seeds_of("batches", count),
        learning_rate=learning_rate,
    )
    models = populations.with_stand_ins(ended.model, ended.finite)
    w, b = (np.asarray(part, np.float64) for part in (models.w, models.b))
    law = puzzle.density, np.asarray(puzzle.features.importance, np.float64)
    loss, gap = exact_losses_and_gaps(w, b, *law)
    cosine = gram(directions(w[0])) if ended.finite.any() else np.full((puzzle.n, puzzle.n), np.nan)
    found = {"loss": loss, "gap_to_best": gap, "length": np.median(norms(w), axis=-1)}
    return found | {"cosine": cosine, "finite": ended.finite}


def labels(puzzle: Puzzle) -> core.Variables:
    return {"feature": range(puzzle.n), "other": range(puzzle.n)}


def fixed_samples(c: Seeds, puzzle: Puzzle) -> list[AbstractObjective]:
    """A data set for each seed."""
    seeds, features = words_of(c.seeds_of("samples", c.count(puzzle))), puzzle.features
    drawn = (features.sample(jax.random.wrap_key_data(words), SAMPLES) for words in seeds)
    return [FixedSamples(np.asarray(x), features.importance) for x in drawn]


def _normal(n: int, m: int, key: Key[Array, ""]) -> Bottleneck:
    """The reader's start: every weight N(0, 1)."""
    return replace(Bottleneck.init(n, m, key), w=jax.random.normal(key, (m, n)))


def shapes(c: core.StudyConfig, density: float) -> core.Variables:
    """What five features lose in each shape."""
    del c
    losses = [shape_loss(shape, density) for shape in SHAPES]
    return {"shape": list(SHAPES), "shape_loss": losses}


def plane(c: core.StudyConfig) -> core.Variables:
    """Where two digons come to lose as little as other shapes, and what tilting them costs."""
    del c
    rivals = ("pentagon", "triangle")
    return {
        "rival": rivals,
        "crossing": [first_crossing("two digons", rival) for rival in rivals],
        "tilt": TILTS,
        "tilt_loss": [tilted_loss(tilt, PAIRS_AT) for tilt in TILTS],
    }


def dense(c: Dense) -> core.Variables:
    """Descent on the exact loss at p = 1, from projectors with a linear model's best bias."""
    drawn = c.rng("projectors").standard_normal((c.dense_starts, 5, 2))
    w = np.swapaxes(np.linalg.qr(drawn)[0], -1, -2)
    found = minimise(w, linear_bias(w), 1.0, max_steps=200, tolerance=1e-5)
    best = int(found.loss.argmin())
    return {"dense_loss": found.loss, "dense_w": found.w[best], "dense_b": found.b[best]}


TRAINED = core.table(
    loss=("seed", "exact population loss, summed over features"),
    length=("seed", "median ‖W_i‖"),
    cosine=("feature other", "cosines of all pairs of features, of the first sound seed"),
) | {"gap_to_best": populations.GAP_TO_BEST, "finite": populations.FINITE}
BY_NOTEBOOK = {name: replace(row, dims=("arm", *row.dims)) for name, row in TRAINED.items()}
SHAPE = core.table(shape_loss=("shape", "exact loss, summed over 5 features"))
PLANE = core.table(
    crossing=("rival", "density at which two digons come to lose the same as this shape"),
    tilt_loss=("tilt", "exact loss of two digons tilted by so many degrees, at density 0.25"),
)
DENSE = core.table(
    dense_loss=("start", "exact loss after descent at density 1, summed over 5 features"),
    dense_w=("hidden of_five", "W of the least"),
    dense_b=("of_five", "its bias"),
)
PARTS = (
    core.Part(changed, TRAINED, puzzle="puzzles", arm="arms"),
    core.Part(notebook, BY_NOTEBOOK, puzzle="notebook_puzzles"),
    core.Part(shapes, SHAPE, density="densities"),
    core.Part(plane, PLANE),
    core.Part(dense, DENSE),
)
MODELS = core.Measurement("puzzles", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------


def gap_to_best(ds: xr.Dataset) -> xr.DataArray:
    """Loss over the best known, less 1, of every model."""
    return ds.gap_to_best


def told(values: xr.DataArray) -> str:
    """A number for each value of the one axis, for a note; NaN is left out."""
    found = zip(values[values.dims[0]].values, values.values, strict=True)
    return ", ".join(f"{value:.3g} at {name}" for name, value in found if not np.isnan(value))


def loss_ratio(worse: str, better: str) -> Reading:
    """The loss in one arm over that in another, seed by seed."""

    def reading(ds: xr.Dataset) -> xr.DataArray:
        return ds.loss.sel(arm=worse, drop=True) / ds.loss.sel(arm=better, drop=True)

    return reading


def falls(worse: str, better: str) -> Measure:
    """The median of that ratio in the reader's puzzle, the others in the note."""
    ratio = loss_ratio(worse, better)
    return median(at(ratio, puzzle=LARGE), note=lambda ds: told(ratio(ds).median("seed")))


def share_of_start(ds: xr.Dataset) -> xr.DataArray:
    """How much of log(loss / best known) a small start alone takes away from the reader's."""
    over_best = 1 + gap_to_best(ds).sel(arm="reader", drop=True)
    taken = loss_ratio("reader", "small start")(ds)
    logs = xr.Dataset({"taken": taken, "over_best": over_best}).map(np.log)
    return logs.taken / logs.over_best


def lengths_told(ds: xr.Dataset) -> str:
    length = ds.length.sel(puzzle=LARGE, arm=["reader", "small start"], drop=True)
    return f"median ‖W_i‖ at the end {told(length.median('seed'))}"


def best_seed(ds: xr.Dataset, arm: str) -> xr.DataArray:
    """The least gap of all seeds in an arm, at each puzzle."""
    return gap_to_best(ds).sel(arm=arm).min("seed")


def top_shares(ds: xr.Dataset) -> xr.DataArray:
    """The share of Σ cos² that a twentieth of the pairs of 100→40 hold, in each arm."""
    cosines = ds.cosine.sel(puzzle=LARGE).transpose("arm", "feature", "other")
    shares = [top_share(each) for each in cosines.values]
    return xr.DataArray(shares, {"arm": ds.arm})
