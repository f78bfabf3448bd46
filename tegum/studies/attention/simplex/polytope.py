"""Heads that attend inside one polytope of a written-down W: cases, what is measured, readings.

W is a tegum product of two copies of a polytope, one read on the left and one on the right, and of
digons that fill it up to m dimensions. Heads are trained on their exact loss.
"""

from typing import Literal, NamedTuple

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_cdf, chance_mean
from tegum.analysis.spectra import cosines, matched_cosines
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.attention.slices import Asked, Slices, slices_of, trained_heads
from tegum.theory import contrasts
from tegum.theory.dictionaries import members, tegum_product
from tegum.theory.head_moments import target_power
from tegum.theory.optimal_heads import head_loss
from tegum.theory.polytopes import vertices


class PolytopeConfig(core.StudyConfig):
    """Dictionaries with two copies of a polytope, and heads on them."""

    n_hidden: core.Count = 10
    """m, hidden dimensions; 10 or more, so that chance does not explain the cosines"""
    density: core.Density = 0.1
    """p = 1 - S, the chance that a feature is active, where W is written down"""
    seeds: core.Count = 20
    """dictionaries, heads and joint trainings in each setting"""
    head_steps: core.Count = 1000
    """training steps of the heads, on their exact loss"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_hidden < 10:
            wanted = "at least 10, for two polytopes and digons beside them"
            raise bad_input("n_hidden", self.n_hidden, wanted)


class Case(NamedTuple):
    """Two vertices of the left polytope; paired with the "same" two of its copy, or "apart"."""

    polytope: str
    attended: tuple[int, int]
    partners: Literal["same", "apart"] = "same"

    @property
    def cosines(self) -> tuple[float, float]:
        """Between the two attended features, on the left and on the right."""
        first, second = vertices(self.polytope)[:, list(self.attended)].T
        c = float(first @ second)
        return c, c if self.partners == "same" else 0.0


CASES = {
    "digon": Case("digon", (0, 1)),
    "triangle": Case("triangle", (0, 1)),
    "tetrahedron": Case("tetrahedron", (0, 1)),
    "pentagon, next": Case("pentagon", (0, 1)),
    "pentagon, across": Case("pentagon", (0, 2)),
    "digon to two": Case("digon", (0, 1), "apart"),
    "triangle to two": Case("triangle", (0, 1), "apart"),
}
MATCHED = ["triangle", "tetrahedron", "pentagon, next", "pentagon, across"]
"""cases in which both slices are determined, and alike on both sides"""
ONE_TO_ONE, ALL_TO_ONE = "one to one", "all to one"

# --- what is measured ----------------------------------------------------------------------------


def factors_of(c: PolytopeConfig, polytope: str) -> list[str]:
    """Two copies of a polytope, and digons that fill up the other dimensions."""
    return [polytope, polytope, *["digon"] * (c.n_hidden - 2 * vertices(polytope).shape[0])]


def heads(c: PolytopeConfig, polytope: str, asked: Asked) -> tuple[np.ndarray, Slices]:
    """A dictionary for each seed and a trained head's slices; NaN for a head that diverged."""
    factors = factors_of(c, polytope)
    w = np.stack([tegum_product(factors, int(seed)) for seed in c.seeds_of("W", c.seeds)])
    seeds = c.seeds_of("heads", c.seeds)
    found = trained_heads(w, c.density, asked, c.n_hidden, seeds=seeds, steps=c.head_steps)
    slices = slices_of(populations.with_stand_ins(found.model, found.finite), c.n_hidden)
    missing = np.where(found.finite, 0.0, np.nan)[:, None]
    u, v = (part + missing[..., None] for part in (slices.u, slices.v))
    return w, Slices(u, slices.s + missing, v)


def pair_cosines(w: np.ndarray, slices: Slices, asked: Asked) -> np.ndarray:
    """|cos| of the first two slices with the attended features: [seed side slice member]."""
    sides = zip((slices.u, slices.v), np.transpose(asked.pairs), strict=True)
    return np.stack([np.abs(cosines(u[..., :2], w))[..., k] for u, k in sides], axis=1)


def asked_in(c: PolytopeConfig, case: Case, weights: tuple[float, ...], target: str) -> Asked:
    """The two pairs of a case."""
    left, right, *others = members(factors_of(c, case.polytope))
    partners = [right[k] for k in case.attended]
    if case.partners == "apart":
        partners = [digon[0] for digon in others[:2]]
    pairs = tuple(zip([left[k] for k in case.attended], partners, strict=True))
    return Asked(pairs, weights, target)


def two_pairs(c: PolytopeConfig, case: str, target: str) -> core.Variables:
    """Two equal pairs inside one polytope."""
    polytope = CASES[case].polytope
    asked = asked_in(c, CASES[case], (1.0, 1.0), target)
    w, slices = heads(c, polytope, asked)
    contrast = []
    for part, features in zip((slices.u, slices.v), np.transpose(asked.pairs), strict=True):
        first, second = np.moveaxis(w[..., features], -1, 0)
        directions = np.stack([first - second, first + second], axis=-1)
        contrast.append(np.abs(cosines(part[..., :2], directions)))
    matched = matched_cosines(slices.u, slices.v, w, asked.pairs)
    # The left polytope is Q V with orthonormal Q and the vertices V, whose first features it is.
    v = vertices(polytope)
    own = np.full((c.seeds, 3, 2), np.nan)
    q = w[..., : v.shape[1]] @ np.linalg.pinv(v)
    own[:, : len(v)] = np.swapaxes(q, -1, -2) @ slices.u[..., :2]
    return {
        "side": ["left", "right"],
        "slice": [1, 2],
        "of": ["difference", "sum"],
        "cosine": pair_cosines(w, slices, asked),
        "contrast": np.stack(contrast, axis=1),
        "sigma_ratio": slices.s[:, 1] / slices.s[:, 0],
        "achieved": np.abs([matched.left, matched.right]).mean((0, -1)),
        "own": own,
    }


def graded(c: PolytopeConfig, weight: float, target: str) -> core.Variables:
    """Two pairs inside a triangle, the second with another weight than 1."""
    asked = asked_in(c, CASES["triangle"], (1.0, weight), target)
    own = np.diagonal(pair_cosines(*heads(c, "triangle", asked), asked), axis1=-2, axis2=-1)
    return {"side": ["left", "right"], "slice": [1, 2], "graded": own}


MOST = 5  # slices shown: no polytope here has so many dimensions


def whole(c: PolytopeConfig, polytope: str, question: str, target: str) -> core.Variables:
    """All vertices of a polytope, one to one with its copy's or all to one of these."""
    left, right, *_ = members(factors_of(c, polytope))
    partners = right if question == ONE_TO_ONE else [right[0]] * len(right)
    asked = Asked(tuple(zip(left, partners, strict=True)), (1.0,) * len(left), target)
    w, slices = heads(c, polytope, asked)
    dimensions, matrix = vertices(polytope).shape[0], asked.matrix(w.shape[-1])
    sides = ((slices.u, list(left)), (slices.v, list(right)))
    squares = np.stack([cosines(u[..., :dimensions], w)[..., of] ** 2 for u, of in sides])
    losses = [
        head_loss(o, one, c.density, matrix, target) for o, one in zip(slices.omega, w, strict=True)
    ]
    return {
        "k": range(1, MOST + 1),
        "sigma": (slices.s / slices.s[:, :1])[:, :MOST],
        "span": squares.sum(-2).min((0, -1)),
        "best": np.sqrt(squares.max(-2)).mean((0, -1)),
        "unexplained": np.array(losses) / target_power(c.density, matrix, target),
    }


PAIRED = core.table(
    cosine=("seed side slice member", "|cos(slice, attended feature)|"),
    contrast=("seed side slice of", "|cos(slice, W_i ± W_j)|"),
    sigma_ratio=("seed", "σ_2 / σ_1"),
    achieved=("seed", "|cos| of matched slices, mean of pairs and sides"),
    own=("seed axis slice", "the first left slices in the polytope's own space"),
)
GRADED = core.table(graded=("seed side slice", "|cos(slice k, feature k)|, weights 1 and `weight`"))
WHOLE = core.table(
    sigma=("seed k", "σ_k / σ_1"),
    span=("seed", "least energy of a vertex in the first d slices"),
    best=("seed", "|cos| of a vertex's best of the first d slices, mean"),
    unexplained=("seed", "L2 / E s²"),
)

# --- readings -----------------------------------------------------------------------------------


def predicted(what: str, *dims: str) -> xr.DataArray:
    """What a function of `theory.contrasts` says of every case."""
    values = [getattr(contrasts, what)(*case.cosines) for case in CASES.values()]
    labels = {"case": list(CASES), "side": ["left", "right"], "slice": [1, 2]}
    labels["of"] = ["difference", "sum"]
    return xr.DataArray(values, {dim: labels[dim] for dim in ("case", *dims)}, ("case", *dims))


def contrast_axes(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The unit contrasts that the slices of a case are, in the space of its vertices, strongest
    first; and which slices these are: all but those that are free.
    """
    first, second = vertices(case.polytope)[:, list(case.attended)].T
    order = contrasts.contrast_slices(*case.cosines)
    there = np.isfinite(order).all(axis=-1)
    axes = np.stack([first - second, first + second], axis=-1) @ order[there].T
    return axes / np.linalg.norm(axes, axis=0), there


def cosine_error(ds: xr.Dataset) -> xr.DataArray:
    return abs(ds.cosine - predicted("contrast_cosines", "side", "slice"))


def contrast_found(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of each slice with the contrast that theory says it is; NaN where it is free."""
    wanted = predicted("contrast_slices", "slice", "of")
    return ds.contrast.where(wanted == 1).max("of")


def ratio_error(ds: xr.Dataset) -> xr.DataArray:
    return abs(ds.sigma_ratio - predicted("sigma_ratio"))


def dimensions(ds: xr.Dataset) -> xr.DataArray:
    """The d of each polytope."""
    sizes = [vertices(str(name)).shape[0] for name in ds.polytope.values]
    return xr.DataArray(sizes, {"polytope": ds.polytope.values})


def isometry(ds: xr.Dataset) -> xr.DataArray:
    """Least of the first d σ less the greatest beyond, over σ_1; 1 if d are equal, others 0."""
    inside = ds.k <= dimensions(ds)
    gap = ds.sigma.where(inside).min("k") - ds.sigma.where(~inside).max("k")
    return gap.sel(question=ONE_TO_ONE)


def from_chance(ds: xr.Dataset) -> xr.DataArray:
    """A vertex's best |cos| less that of a random basis of its polytope's space, in standard
    errors: those of a mean over seeds, were there one vertex only.
    """
    spacious = ds.sel(question=ONE_TO_ONE).isel(polytope=np.flatnonzero(dimensions(ds) > 1))
    laws = [best_of_basis(int(d)) for d in dimensions(spacious)]
    mean, deviation = (
        xr.DataArray(list(part), {"polytope": spacious.polytope.values})
        for part in zip(*laws, strict=True)
    )
    return (spacious.best - mean) / deviation * np.sqrt(spacious.best.count("seed"))


def best_of_basis(d: int) -> tuple[float, float]:
    """Mean and deviation of the largest |cos| of a direction with d random axes of its space."""
    c, mean = np.linspace(0, 1, 4001), chance_mean(d, d)
    square = float(np.trapezoid(2 * c * (1 - chance_cdf(c, d, d)), c))
    return mean, float(np.sqrt(square - mean**2))


def ceilings(_: xr.Dataset) -> str:
    """The most that any orthonormal vectors could reach, for a note."""
    most = [f"{name} {contrasts.ceiling(CASES[name].cosines[0]):.3g}" for name in MATCHED]
    return f"at most {', '.join(most)}"
