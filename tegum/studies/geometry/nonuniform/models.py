"""What is measured: both branches exactly, where they cross, what other starts find, trained models."""

from functools import partial
from typing import Annotated, Literal

import jax
import numpy as np
import xarray as xr
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
BASES = (0.01, 0.02, 0.035, 0.05, 0.07, 0.1, 0.14, 0.2)
"""densities of all other features at which the exchange is looked for, beside the config's"""


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
        if self.reach <= 1:
            raise bad_input("reach", self.reach, "a ratio above 1")
        if self.points < 2:
            raise bad_input("points", self.points, "at least 2 steps")
        if max(*self.ratios, 1.0) > self.reach or min(*self.ratios, 1.0) * self.reach < 1:
            wanted = f"ratios from 1/reach to reach = {self.reach:g}"
            raise bad_input("ratios", self.ratios, wanted, "raise reach")
        if self.varied == "density" and self.density * self.reach > 1:
            wanted = f"at most 1/density = {1 / self.density:g}, for a density is a chance"
            raise bad_input("reach", self.reach, wanted)


class SparsityConfig(Config):
    """Five features in the plane, one more or less sparse than the others."""

    varied: Literal["density"] = "density"
    """what of feature 0 is varied"""


class ImportanceConfig(Config):
    """Five features in the plane, one more or less important than the others."""

    varied: Literal["importance"] = "importance"
    """what of feature 0 is varied"""


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
    """Where exact descents end: from both branches' minima at ratio 1, and from other starts."""
    law = laws(c.varied, c.density, np.array([ratio]))
    w, b = (np.stack(each) for each in zip(*map(regular, BRANCHES), strict=True))
    ends = minimise(w, b, *law, tolerance=1e-7)
    key = jax.random.key(0)
    best = best_loss(
        FEATURES, PLANE, law.density[0], law.importance[0], c.restarts, key, tolerance=1e-6
    )
    return {
        "branch": list(BRANCHES),
        "branch_w": ends.w,
        "branch_loss": ends.loss,
        "best_found": best.loss,
    }


def trained(c: Config, ratio: float) -> core.Variables:
    """Models trained at one ratio, from fresh weights and from both branches' at ratio 1."""
    [p], [weight] = laws(c.varied, c.density, np.array([ratio]))
    features = SparseFeatures(FEATURES, p, weight)
    turns = c.rng("turns")
    begun = [
        stack([_begun(branch, rng) for rng in turns.spawn(c.seeds)]) for branch in BRANCHES
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


def _begun(branch: str, rng: np.random.Generator) -> Bottleneck:
    """A model near the minimum of a branch, at any angle, with some noise."""
    w, b = regular(branch)
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    noisy = turn @ w + NOISE * rng.normal(size=w.shape)
    return Bottleneck(noisy.astype(np.float32), b.astype(np.float32))


NOISE = 0.02
"""standard deviation of the noise on each weight of a branch that training begins with"""

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

# --- readings -----------------------------------------------------------------------------------

LONG = 0.5
"""a feature longer than this is represented"""
PENTAGON, DIGONS = (float(place) for place in range(len(BRANCHES)))
OTHER = 2.0


def lengths(w: xr.DataArray) -> xr.DataArray:
    return (w**2).sum("hidden", skipna=False) ** 0.5


def branch_of(w: xr.DataArray) -> xr.DataArray:
    """Which branch a model is on: `PENTAGON` if all five features are long, `DIGONS` if feature 0
    alone is short, `OTHER` if not; NaN if it diverged.
    """
    long = lengths(w) > LONG
    first, others = long.isel(feature=0), long.isel(feature=slice(1, None)).all("feature")
    found = xr.where(others, xr.where(first, PENTAGON, DIGONS), OTHER)
    return found.where(w.notnull().all(("hidden", "feature")))


PLACES = xr.DataArray([PENTAGON, DIGONS], {"branch": list(BRANCHES)})


def alive(w: xr.DataArray) -> xr.DataArray:
    """Whether a branch still is what it began as: of `exact_w` along its axis, or of `branch_w`."""
    return branch_of(w) == PLACES


def on(ds: xr.Dataset, start: str, place: xr.DataArray | float) -> xr.DataArray:
    """Whether models of one start ended on a branch, at each ratio of training."""
    found = branch_of(ds.w.sel(start=start, drop=True))
    return (found == place).where(found.notnull()).astype(float)


def fresh_on_lower(ds: xr.Dataset) -> xr.DataArray:
    """Whether models trained from fresh weights are on the branch that loses less."""
    return on(ds, "fresh", xr.where(ds.ratio < ds.crossing, DIGONS, PENTAGON))


def pentagon_stays(ds: xr.Dataset) -> xr.DataArray:
    """Of models begun as a pentagon: where it is a minimum still, but no more the better one."""
    there = alive(ds.branch_w).sel(branch="pentagon", drop=True)
    return on(ds, "pentagon", PENTAGON).where(there & (ds.ratio < ds.crossing))


def pentagon_leaves(ds: xr.Dataset) -> xr.DataArray:
    """Of models begun as a pentagon: whether they drop feature 0 where none is a minimum."""
    there = alive(ds.branch_w).sel(branch="pentagon", drop=True)
    return on(ds, "pentagon", DIGONS).where(~there)


def digons_stay(ds: xr.Dataset) -> xr.DataArray:
    """Of models begun as two digons: below ratio 1, where the pentagon is the better one."""
    return on(ds, "two digons", DIGONS).where((ds.ratio > ds.crossing) & (ds.ratio < 1))


def off_curve(ds: xr.Dataset) -> xr.DataArray:
    """A trained model's loss over that of the branch that it is on, less 1."""
    found, loss = branch_of(ds.w), ds.branch_loss
    own = [loss.sel(branch=name, drop=True).where(found == k) for k, name in enumerate(BRANCHES)]
    return ds.loss / own[0].fillna(own[1]) - 1


def off_chords(ds: xr.Dataset) -> float:
    """How far a chord is steeper than the slope before it, or flatter than that after it: the
    greatest share of the slope, both branches as long as they live.
    """
    there, x = alive(ds.exact_w).transpose("branch", "at").values, ds["at"].values
    loss, slope = (ds[each].transpose("branch", "at").values for each in ("exact_loss", "exact_slope"))
    chord = np.diff(loss, axis=1) / np.diff(x)
    off = np.maximum(chord - slope[:, :-1], slope[:, 1:] - chord) / abs(chord)
    return float(off[there[:, :-1] & there[:, 1:]].max())


def last_pentagon(ds: xr.Dataset) -> xr.Dataset | None:
    """The pentagon's branch where it was last seen on its way down; None if it never ended."""
    there = alive(ds.exact_w).sel(branch="pentagon").values
    if there.all() or not there.any():
        return None
    return ds.sel(branch="pentagon").isel(at=int(np.flatnonzero(there).min()))


def base_of(ds: xr.Dataset, factor: float) -> float:
    """The others' density at which the exchange is at one over this ratio; NaN if at none."""
    factors = 1 / ds.crossing_of_base.values
    at = np.interp(np.log(factor), np.log(factors[::-1]), np.log(ds.base.values[::-1]))
    inside = factors.min() <= factor <= factors.max()
    return float(np.exp(at)) if inside else float("nan")
