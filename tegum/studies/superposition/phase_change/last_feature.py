"""Models of n features in n - 1 dimensions, the last of importance r, at points (r, p): sampled
ones beside the least exact loss and the best candidate, and what became of the last feature.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core
from tegum.studies.core.measurement import Variable
from tegum.studies.core.measures import Reading
from tegum.studies.populations import with_stand_ins
from tegum.theory.expected import expected_losses
from tegum.theory.last_feature import Found, candidates, from_pair, optima, with_last
from tegum.theory.phases import boundary_point, phase_boundary
from tegum.training.engine import fresh, repeat, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled, Schedule


class Trainings(core.StudyConfig):
    """Models at every point of a map or a line."""

    models: core.Count = 10
    """models at each point of a map or line"""
    learning_rate: core.Unsigned = 5e-3
    """of AdamW with weight decay 0.01, falling to 0 along a cosine"""


class Maps(Trainings):
    """Maps of importance and density."""

    points: core.Count = 13
    """points along each side of a map: r from 0.1 to 10, p from 1 to 0.01, both logarithmic"""
    steps: core.Count = 3000
    """training steps at each point of a map"""
    batch: core.Count = 256
    """fresh samples a step, in a map"""

    @property
    def sizes(self) -> tuple[int, int]:
        """n, of each map."""
        return 2, 3


class Lines(Trainings):
    """Lines of density at chosen importances, two features in one dimension."""

    lines: tuple[core.Unsigned, ...] = (0.8, 0.3, 0.05)
    """importances r of the last of two features at which density is varied finely"""
    line_points: core.Count = 24
    """densities along each line, around the boundary"""
    cell: core.Unsigned = 1.04
    """ratio of neighbouring densities of a line"""
    line_steps: core.Count = 4000
    """training steps at each point of a line"""
    line_batch: core.Count = 512
    """fresh samples a step, in a line"""


OUTCOMES = ("not learned", "superposed", "dedicated")
"""what may become of the last feature"""

WORDS = {
    "loss": "exact population loss",
    "norm": "length of the last feature",
    "outcome": "0 not learned, 1 superposed, 2 dedicated: the last feature",
}


def described(prefix: str, dims: str) -> dict[str, Variable]:
    """Rows of a table for what `at_points` gives."""
    kinds = {"sampled": f"{dims} seed", "exact": dims, "candidate": dims}
    rows = {
        f"{prefix}{kind}_{name}": (of, f"{words} ({kind})")
        for kind, of in kinds.items()
        for name, words in WORDS.items()
    }
    return core.table(**rows)


def at_points(
    c: Trainings, n: int, r: np.ndarray, p: np.ndarray, recipe: Recipe
) -> dict[str, np.ndarray]:
    """Loss, length and outcome of sampled models, optimum and best candidate, point by point."""
    importance = with_last(n, r)
    found = {"exact": optima(p, importance), "candidate": candidates(p, importance)}
    sampled, finite = trained(c, importance, p, recipe)
    told = {f"{kind}_{name}": v for kind, of in found.items() for name, v in last(of).items()}
    seen = {f"sampled_{name}": np.where(finite, v, np.nan) for name, v in last(sampled).items()}
    return told | seen | {"finite": finite}


def trained(
    c: Trainings, importance: np.ndarray, p: np.ndarray, recipe: Recipe
) -> tuple[Found, np.ndarray]:
    """Trained models [points seeds ...] with exact losses, and which of them are finite."""
    (points, n), count = importance.shape, c.models
    # Each point has starts of its own: with shared ones a few unlucky ones decide a whole map.
    starts = c.seeds_of("W", points * count)
    at = [Reconstruction(SparseFeatures(n, *each)) for each in zip(p, importance, strict=True)]
    ended = train(
        fresh(partial(Bottleneck.init, n, n - 1), starts),
        repeat(stack(at), count),
        recipe,
        seeds=c.seeds_of("batches", points * count),
        learning_rate=c.learning_rate,
    )
    sound = with_stand_ins(ended.model, ended.finite)
    w, b = (np.asarray(part, np.float64) for part in (sound.w, sound.b))
    loss = expected_losses(w, b, np.repeat(p, count)[:, None], np.repeat(importance, count, 0))
    laid = [part.reshape(points, count, *part.shape[1:]) for part in (w, b, loss)]
    return Found(*laid), ended.finite.reshape(points, count)


def last(found: Found) -> dict[str, np.ndarray]:
    """Losses, and what the last feature is. Of W squares only, so no sign counts."""
    norm, shared = (of(found.w)[..., -1] for of in (geometry.norms, geometry.superposition))
    outcome = np.where(norm > 0.5, np.where(shared > 0.5, 1, 2), 0)
    return {"loss": found.loss, "norm": norm, "outcome": outcome}


def map_of(c: Maps, n_features: int) -> core.Variables:
    """A map of n features in n - 1 dimensions."""
    importances, densities = np.geomspace(0.1, 10, c.points), np.geomspace(1, 0.01, c.points)
    r, p = (grid.ravel() for grid in np.meshgrid(importances, densities, indexing="ij"))
    found = at_points(c, n_features, r, p, falling(c.steps, c.batch))
    laid = {name: v.reshape(c.points, c.points, *v.shape[1:]) for name, v in found.items()}
    laid |= {"importance": importances, "density": densities}
    return laid | {"finite_map": laid.pop("finite")}


def line_at(c: Lines, line: float) -> core.Variables:
    """One line at r, from dense to sparse about a tenth above p°: both boundaries lie inside."""
    places = (c.line_points - 1) / 2 - np.arange(c.line_points)
    p = np.minimum(1.1 * phase_boundary(line, free=False) * c.cell**places, 1.0)
    r, known = np.full(c.line_points, line), boundary_point(line)
    found = at_points(c, 2, r, p, falling(c.line_steps, c.line_batch))
    finite = found.pop("finite")
    return {f"line_{name}": values for name, values in found.items()} | {
        "finite_line": finite,
        "place": np.arange(c.line_points),
        "line_density": p,
        "line_pair_loss": from_pair(p, with_last(2, r)),
        "line_boundary": known.density,
        "line_fades_in": float(known.continuous),
    }


def falling(steps: int, batch: int) -> Recipe:
    return Recipe(steps, Sampled(batch), schedule=Schedule("cosine"))


FINITE = "1 for a model that trained, 0 for one that diverged"
MAP = described("", "importance density") | core.table(
    finite_map=("importance density seed", FINITE),
)
LINE = described("line_", "place") | core.table(
    finite_line=("place seed", FINITE),
    line_density=("place", "density along the line"),
    line_pair_loss=("place", "exact loss descended from an antipodal pair"),
    line_boundary=("", "p*, the boundary in theory"),
    line_fades_in=("", "1 where the last feature fades in, 0 where it jumps, in theory"),
)

PARTS = core.Part(map_of, MAP, n_features="sizes"), core.Part(line_at, LINE, line="lines")
MODELS = core.Measurement("phase-change", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------

ONSET = 0.15
"""‖W_n‖ from which the last feature has appeared: above what noise leaves of an absent one"""


def best(ds: xr.Dataset, prefix: str = "") -> xr.Dataset:
    """At each point the sampled model of least exact loss."""
    names = [f"{prefix}sampled_{name}" for name in WORDS]
    least = ds[f"{prefix}sampled_loss"].fillna(np.inf).argmin("seed")
    return ds[names].isel(seed=least).drop_vars("seed", errors="ignore")


def appearance(norm: xr.DataArray) -> xr.DataArray:
    """How many places along a line, from dense to sparse, lie before the last feature appears.

    The boundary leaves the fewest exceptions on both sides, in the middle of several such: so a
    single unlucky place hardly moves it.
    """

    def of_line(lengths: np.ndarray) -> int:
        balance = np.append(0, np.cumsum((lengths <= ONSET) * 1 - (lengths > ONSET)))
        fewest = np.flatnonzero(balance == balance.max())
        return int(fewest[0] + fewest[-1]) // 2

    return xr.apply_ufunc(of_line, norm, input_core_dims=[["place"]], vectorize=True)


def onset(ds: xr.Dataset, norm: xr.DataArray) -> xr.DataArray:
    """The density at which the last feature appears, midway between two places of each line.

    The line's end where it never or always has; NaN where nothing is known.
    """
    places = (appearance(norm) + at for at in (-1, 0))
    around = [ds.line_density.isel(place=at.clip(0, ds.sizes["place"] - 1)) for at in places]
    middle = np.sqrt(around[0].drop_vars("place") * around[1].drop_vars("place"))
    return middle.where(norm.notnull().any("place"))


def step_at_onset(norm: xr.DataArray) -> xr.DataArray:
    """The greatest step from one place to the next, at most one place from where it appears."""
    steps = norm.diff("place")
    return steps.where(abs(steps.place - appearance(norm)) <= 1).max("place")


def greatest_step(norm: xr.DataArray) -> xr.DataArray:
    """The greatest step along each line, of medians of three places: one unlucky makes no step."""
    near = norm.rolling(place=3, center=True).construct("near")
    return near.median("near").diff("place").max("place")


def length(ds: xr.Dataset) -> xr.DataArray:
    return best(ds, "line_").line_sampled_norm


def boundaries(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    """Along every line: in sampled models (best of a point's), in the exact optimum, by hand."""
    by_hand = [phase_boundary(float(r), free=False) for r in ds.line.values]
    return {
        "sampled": onset(ds, length(ds)),
        "exact": onset(ds, ds.line_exact_norm),
        "candidate": xr.DataArray(by_hand, {"line": ds.line}),
    }


def shares(ds: xr.Dataset) -> xr.DataArray:
    """Share of each outcome among a point's models, the worst one dropped."""
    kept = ds.sampled_loss < ds.sampled_loss.max("seed")
    kinds = xr.DataArray(np.arange(len(OUTCOMES)), dims="outcome")
    return ((ds.sampled_outcome == kinds) & kept).sum("seed") / kept.sum("seed")


def listed(reading: Reading) -> Callable[[xr.Dataset], str]:
    """A note with a number for each line or map that has one."""

    def note(ds: xr.Dataset) -> str:
        found = reading(ds)
        [axis] = found.dims
        pairs = zip(found[axis].values, found.values, strict=True)
        return ", ".join(f"{axis} {at:g}: {value:.3g}" for at, value in pairs if value == value)

    return note
