"""Points far apart on the sphere, what they lose as features, and models of N features in three
dimensions; what is read off them.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy.optimize import minimize

from tegum.analysis.geometry import directions, norms
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.core.measures import above, of_weights
from tegum.studies.geometry.thomson.charges import (
    ANGLES,
    PUBLISHED,
    energy,
    gram_residual,
    largest_cosine,
    least_energy,
    widest,
)
from tegum.theory.expected import expected_loss_and_gradient
from tegum.training.recipe import Recipe, Sampled, Schedule

MOST = max(PUBLISHED)
CHARGES = 3
"""descents to each of Thomson's arrangements, of which any would do"""
PROBLEMS = ("thomson", "tammes")


class Points(core.StudyConfig):
    """Arrangements of points alone."""

    starts: core.Count = 16
    """descents from random starts for each of Tammes's arrangements; at N = 10 half of them end in
    a worse one"""


class Config(core.TrainingConfig, Points):
    """N features in three dimensions, of equal importance, beside N points on the sphere."""

    n_features: tuple[core.Count, ...] = tuple(range(2, MOST + 1))
    """N: points on the sphere, and features in three dimensions"""
    densities: tuple[core.Density, ...] = (0.2, 0.1, 0.03, 0.01)
    """p = 1 - S, the chance that a feature is active"""
    seeds: core.Count = 16
    steps: core.Count = 4000
    batch: core.Count = 512
    learning_rate: core.Unsigned = 0.01
    """of AdamW with weight decay 0.01 at the first step, then down to 0 along a cosine, so that
    shapes come to rest"""

    def model_post_init(self, _: object) -> None:
        """Published energies reach from 2 to 12."""
        for count in self.n_features:
            if count not in PUBLISHED:
                raise bad_input("n_features", count, f"from 2 to {MOST} each, as published")


def arranged(c: Points, n_features: int) -> core.Variables:
    """Both arrangements of N points."""
    charges = least_energy(n_features, CHARGES, c.rng("charges")).points
    apart = widest(n_features, c.starts, c.rng("angles"))
    found = np.stack([charges, apart])
    return {"problem": list(PROBLEMS), "feature": range(n_features), "points": found}


def stored(c: Points, n_features: int, density: float) -> core.Variables:
    """What Thomson's arrangement loses as features, at their best lengths and biases."""
    charges = least_energy(n_features, CHARGES, c.rng("charges")).points
    return {"stored_loss": own_lengths_loss(charges, density)}


def trained(c: core.TrainingConfig, n_features: int, density: float) -> core.Variables:
    """All seeds' bottlenecks of N features in three dimensions."""
    recipe = Recipe(c.steps, Sampled(c.batch), schedule=Schedule("cosine"))
    found = populations.bottlenecks(c, 3, density, np.ones(n_features), recipe=recipe).variables
    kept = {name: found[name] for name in TRAINED}
    return kept | {"feature": range(n_features)}


def own_lengths_loss(points: Float[np.ndarray, "3 points"], density: float) -> float:
    """Exact loss, summed over features, of these directions, each with its best length and bias.

    `theory.polytope_losses.polytope_loss` has one length and bias for all, which is the same where
    all points are alike; a pentagonal bipyramid's poles are not like its equator.

    Args:
        points: at most 12.
        density: p in (0, 1].
    """
    unit = directions(points)
    n = unit.shape[1]
    # Filled up with features of length 0 that do not count: one program for every N.
    padded = np.hstack([unit, np.zeros((3, MOST - n))])
    counts = (np.arange(MOST) < n).astype(float)

    def slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        length, bias = np.zeros((2, MOST))
        length[:n], bias[:n] = x.reshape(2, n)
        found = expected_loss_and_gradient(padded * length, bias, density, counts, terms=TERMS)
        loss, (by_w, by_b) = found
        by_length = (np.asarray(by_w) * padded).sum(axis=0)
        by = np.concatenate([by_length[:n], np.asarray(by_b)[:n]])
        return float(loss) / density, by / density

    start = np.repeat([1.1, -0.1], n)  # any; biases are below 0 where cosines are above
    options = {"ftol": 1e-9, "gtol": 1e-5, "maxiter": 100}
    return float(minimize(slope, start, jac=True, method="L-BFGS-B", options=options).fun) * density


TERMS = 256
"""of the series of exact losses: an error of 2e-9 or so"""

TRAINED = core.table(
    w=("seed hidden feature", "weights W"),
    b=("seed feature", "output bias"),
    loss=("seed", "exact population loss, summed over features"),
) | {"finite": populations.FINITE}
POINTS = core.table(points=("problem hidden feature", "unit vectors, one a column"))
STORED = core.table(stored_loss=("", "exact loss of Thomson's, each with its best length and bias"))

OVER = {"n_features": "n_features", "density": "densities"}
PARTS = (
    core.Part(arranged, POINTS, n_features="n_features"),
    core.Part(stored, STORED, **OVER),
    core.Part(trained, TRAINED, **OVER),
)
MODELS = core.Measurement("thomson", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------

HELD = 0.5
"""length from which a feature counts as kept: midway between absent and kept"""


def of_points(ds: xr.Dataset, problem: str) -> dict[int, Float[np.ndarray, "3 points"]]:
    """The arrangement of each N."""
    each = ds.points.sel(problem=problem).transpose("n_features", "hidden", "feature")
    pairs = zip(each.n_features.values, each.values, strict=True)
    return {int(n): points[:, : int(n)] for n, points in pairs}


def energy_error(ds: xr.Dataset) -> float:
    """Greatest distance of an energy from the published one."""
    each = of_points(ds, "thomson").items()
    return max(abs(energy(points) - PUBLISHED[n]) for n, points in each)


def angle_error(ds: xr.Dataset) -> float:
    """Greatest distance, in degrees, of a least angle from the published one."""
    each = [(n, points) for n, points in of_points(ds, "tammes").items() if n in ANGLES]
    angles = [np.degrees(np.arccos(largest_cosine(points))) for _, points in each]
    return max(abs(angle - ANGLES[n]) for angle, (n, _) in zip(angles, each, strict=True))


def kept(ds: xr.Dataset) -> xr.DataArray:
    """How many of the N features a model keeps."""
    there = ds.w.notnull() & (ds.feature < ds.n_features)
    found = (of_weights(norms, ds.w.fillna(0.0)) > HELD).sum("feature")
    return found.where(there.any(("hidden", "feature")))


def best(ds: xr.Dataset) -> xr.Dataset:
    """Of each N and density the model of least exact loss."""
    return ds.isel(seed=ds.loss.fillna(np.inf).argmin("seed")).drop_vars("seed")


def residual(ds: xr.Dataset, problem: str) -> xr.DataArray:
    """How far the features that a model keeps are from the arrangement of as many points.

    NaN where there is none of as many in this run, or Tammes's are many (N = 5).
    """
    arrangements = of_points(ds, problem)
    if problem == "tammes":
        arrangements.pop(5, None)

    def of_model(w: np.ndarray) -> float:
        features = w[:, np.linalg.norm(np.nan_to_num(w), axis=0) > HELD]
        points = arrangements.get(features.shape[1])
        return np.nan if points is None else gram_residual(features, points)

    return xr.apply_ufunc(of_model, ds.w, input_core_dims=[["hidden", "feature"]], vectorize=True)


def digons(ds: xr.Dataset) -> xr.DataArray:
    """How many pairs of kept features point in opposite directions (cos < -0.9)."""

    def of_model(w: np.ndarray) -> float:
        hat = directions(np.nan_to_num(w))
        return float(np.sum(np.triu(hat.T @ hat, 1) < -0.9))

    found = xr.apply_ufunc(of_model, ds.w, input_core_dims=[["hidden", "feature"]], vectorize=True)
    return found.where(kept(ds).notnull())


def height(ds: xr.Dataset) -> xr.DataArray:
    """Height z of the two squares of eight kept features over the middle, at unit length.

    Of an antiprism the mean of v vᵀ has eigenvalues z² and, twice, (1 - z²)/2.
    """

    def of_model(w: np.ndarray) -> float:
        w = np.nan_to_num(w)
        features = directions(w[:, np.linalg.norm(w, axis=0) > HELD])
        if features.shape[1] != 8:
            return np.nan
        one, two, three = np.linalg.eigvalsh(features @ features.T / 8)
        return float(np.sqrt(one if two - one > three - two else three))

    return xr.apply_ufunc(of_model, ds.w, input_core_dims=[["hidden", "feature"]], vectorize=True)


def predicted_kept(ds: xr.Dataset) -> xr.DataArray:
    """How many features it is best to keep, as Thomson's arrangement, the others left out.

    Of the K in this run up to N: least stored loss of K, and (N - K) of a feature's variance.
    """
    loss = ds.stored_loss.rename(n_features="kept")
    dropped = ds.n_features - loss.kept
    total = loss + dropped * (ds.density / 3 - ds.density**2 / 4)
    return loss.kept.isel(kept=total.where(dropped >= 0, np.inf).argmin("kept")).drop_vars("kept")


def excess(ds: xr.Dataset) -> xr.DataArray:
    """Thomson's stored loss over the best model's, less 1, where models lose more than nothing."""
    return (ds.stored_loss / best(ds).loss - 1).where(ds.n_features > 3)


def same(values: xr.DataArray) -> xr.DataArray:
    """Whether residuals are those of one shape; NaN where there was nothing to compare."""
    return 1 - above(values, SAME)


SAME = 0.05
"""cosine; random arrangements of 4 points or more come no nearer than 0.13 in 2000 draws"""
