"""A bottleneck and a head for one pair of features train together, at several weights of its loss.

Measured at looks: how the head's first singular vectors stand to the attended features and to their
duals, how far these have a dimension to themselves, and what becomes of the features that opposed
them before the head came. And the same training of four features in two dimensions, to be drawn.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from tegum.analysis import geometry
from tegum.analysis.spans import used_projector
from tegum.analysis.spectra import cosines
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.attention.pair import AT_LOOKS, PairConfig, at_looks, first_slices
from tegum.studies.attention.timing.times import SETTLED_AT, at_end, crossing
from tegum.studies.core.measures import Reading, all_along, at, below, both
from tegum.theory.head_thresholds import lam_bound
from tegum.theory.optimal_heads import dual_directions
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Pairs, Reconstruction
from tegum.training.recipe import Recipe, Sampled, log_spaced


class Together(PairConfig):
    """A bottleneck and a head that train together."""

    density: core.Density = 0.1
    """p = 1 - S, the chance that a feature is active"""
    steps: core.Count = 1500
    """training steps; settled models train as many before, on the reconstruction loss alone"""
    batch: core.Count = 256
    """fresh tokens a step on each side; the head's loss sees all their pairings"""
    learning_rate: core.Unsigned = 5e-3
    looks: core.Count = 40
    """how often to look, evenly in the logarithm of the step"""

    def model_post_init(self, context: object) -> None:
        """Check what the fields must satisfy together."""
        super().model_post_init(context)
        if self.n_features <= self.n_hidden:
            wanted = f"more than n_hidden = {self.n_hidden}, else none must share"
            raise bad_input("n_features", self.n_features, wanted)
        if self.pair[0] == self.pair[1]:
            raise bad_input("pair", self.pair, "two features")
        if self.importance_decay != 1:
            raise bad_input("importance_decay", self.importance_decay, "1, as λ* assumes")

    @property
    def starts(self) -> tuple[str, ...]:
        """W trains from random weights, or from a bottleneck that trained alone."""
        return ("fresh", "settled")


def together(c: Together, start: str, lam: float) -> core.Variables:
    """Both sides of the pair at every look, and what became of those that opposed them at first."""
    of = c.n_hidden, c.rank, c.density, c.importance, Pairs((c.pair,)), recipe(c)
    models = populations.with_heads(
        c, *of, lam=lam, start=trained_alone(c) if start == "settled" else None
    )
    w, sides = models.w, list(c.pair)
    onto = geometry.gram(geometry.directions(w))[..., sides, :]  # seed step side feature
    opposing = np.where(geometry.represented(w)[..., None, :], onto, np.inf)[:, :1]
    partner = np.argmin(opposing, axis=-1)[..., None]
    norms = geometry.norms(w)[..., None, :]
    return at_looks(models, c.pair) | {
        "dual_cosine": dual_cosines(models, c),
        "norm": norms[..., 0, sides],
        "partner_cosine": taken(onto, partner),
        "partner_norm": taken(np.broadcast_to(norms, onto.shape), partner),
        "L2": models.losses["L2"],
    }


def recipe(c: Together) -> Recipe:
    looks = log_spaced(c.steps, c.looks, first=min(10, c.steps))
    return Recipe(c.steps, Sampled(c.batch), snapshots=looks)


def trained_alone(c: Together) -> Bottleneck:
    """Bottlenecks that have no head yet; one that diverges does so with its head as well."""
    objective = Reconstruction(SparseFeatures(c.n_features, c.density))
    trained = train(
        fresh(partial(Bottleneck.init, c.n_features, c.n_hidden), c.seeds_of("W", c.seeds)),
        stack([objective] * c.seeds),
        Recipe(c.steps, Sampled(c.batch)),
        seeds=c.seeds_of("batches before the head", c.seeds),
        learning_rate=c.learning_rate,
    )
    return trained.model


def dual_cosines(models: populations.Headed, c: Together) -> Float[np.ndarray, "seeds steps 2"]:
    """Signed cosines of the first singular vectors with d_i of the W that they stand on."""
    used = used_projector(models.w) @ models.w
    flat = used.reshape(-1, *used.shape[-2:])
    duals = np.stack([dual_directions(w, c.density) for w in flat]).reshape(used.shape)
    found = zip(first_slices(models), c.pair, strict=True)
    return np.stack([cosines(u[..., None], duals)[..., 0, k] for u, k in found], axis=-1)


def taken(
    values: Float[np.ndarray, "seeds steps sides features"],
    feature: Int[np.ndarray, "seeds 1 sides 1"],
) -> Float[np.ndarray, "seeds steps sides"]:
    """Each side's value at a feature of its own, the same at every look."""
    places = np.broadcast_to(feature, (*values.shape[:-1], 1))
    return np.take_along_axis(values, places, axis=-1)[..., 0]


TOGETHER = AT_LOOKS | core.table(
    dual_cosine=("seed step side", "signed cos(first singular vector, d_i)"),
    norm=("seed step side", "‖W_i‖"),
    partner_cosine=("seed step side", "cosine with what opposed W_i most before the first step"),
    partner_norm=("seed step side", "length of what opposed W_i most before the first step"),
    L2=("seed step", "sampled, mean since the last look"),
)

# --- four features in two dimensions ------------------------------------------------------------


def in_the_plane(c: Together, plane_lam: float) -> core.Variables:
    """W and the first singular vectors at every look; the head attends to features 0 and 1."""
    of = 2, 2, c.density, np.ones(4), Pairs(((0, 1),)), recipe(c)
    models = populations.with_heads(c, *of, lam=plane_lam)
    diverged = np.where(models.finite, 0.0, np.nan)[:, None, None, None]
    return {
        "step": models.steps,
        "side": ["left", "right"],
        "plane_w": models.w + diverged,
        "plane_vector": np.stack(first_slices(models), axis=-1) + diverged,
    }


IN_THE_PLANE = core.table(
    plane_w=("seed step axis corner", "weights W of four features in two dimensions"),
    plane_vector=("seed step axis side", "their head's first singular vectors"),
)

TRAININGS = core.Measurement(
    "timing", version=1, parts=(core.Part(together, TOGETHER, start="starts", lam="lams"),)
)
IN_TWO_DIMENSIONS = core.Measurement(
    "timing-in-the-plane",
    version=1,
    parts=(core.Part(in_the_plane, IN_THE_PLANE, plane_lam="plane_lams"),),
)

# --- readings -----------------------------------------------------------------------------------

MIDWAY = 0.75
"""between the leverage of an antipode, 1/2, and that of a feature alone, 1"""


def bound_of(ds: xr.Dataset) -> float:
    """λ* for a run's config."""
    c = core.config_in(ds)
    return lam_bound(c["n_features"], c["n_hidden"], c["density"])


BOUND = core.Derived("λ*", lambda ds, _: bound_of(ds))


def lighter(reading: Reading, factor: float = 1.0) -> Reading:
    """A reading where λ is at most so many λ*."""
    return lambda ds: reading(ds).where(ds.lam <= factor * bound_of(ds))


def heavier(reading: Reading) -> Reading:
    """A reading where λ is above λ*."""
    return lambda ds: reading(ds).where(ds.lam > bound_of(ds))


def by_lam(reading: Reading) -> Callable[[xr.Dataset], str]:
    """The share of models for each λ, for a note."""

    def note(ds: xr.Dataset) -> str:
        shares = reading(ds).mean("seed").dropna("lam")
        said = ", ".join(f"{float(one):.0%} at {float(one.lam):g}" for one in shares)
        return f"models without a tie; λ* = {bound_of(ds):.3g}; by λ: {said or 'none'}"

    return note


def worse_side(name: str) -> Reading:
    """The lower absolute value of the two sides of each model."""
    return lambda ds: abs(ds[name]).min("side", skipna=False)


alignment, dual_alignment = worse_side("cosine"), worse_side("dual_cosine")
leverage, dimensionality = worse_side("leverage"), worse_side("dimensionality")


def passes_at(start: str, level: float = MIDWAY) -> Callable[[xr.Dataset], float]:
    """The λ at which the median leverage passes a level."""
    return lambda ds: crossing(at(at_end(leverage), start=start)(ds).median("seed"), level)


def where_settled(start: str) -> Callable[[xr.Dataset], str]:
    """Where the median leverage passes 0.95, for a note."""

    def note(ds: xr.Dataset) -> str:
        looked = ", ".join(f"{lam:g}" for lam in ds.lam.values)
        return f"it passes 0.95 at {passes_at(start, SETTLED_AT)(ds):.3g}; looked at λ = {looked}"

    return note


def gap_to_unequal_digon(ds: xr.Dataset) -> xr.DataArray:
    """Between P_ii and that of a digon of unequal lengths, where the pair still is one."""
    end = ds.sel(start="settled", drop=True).isel(step=-1, drop=True)
    digon = end.norm**2 / (end.norm**2 + end.partner_norm**2)
    return abs(end.leverage - digon).where(end.partner_cosine < -MIDWAY)


def antipode_dropped(ds: xr.Dataset) -> xr.DataArray:
    """Whether a former antipode is shorter than 1/2."""
    return below(ds.partner_norm.sel(start="settled").isel(step=-1, drop=True), 0.5)


def antipode_turned(ds: xr.Dataset) -> xr.DataArray:
    """Whether a former antipode is kept, but turned beyond 60°."""
    cosine = abs(ds.partner_cosine.sel(start="settled").isel(step=-1, drop=True))
    return both(1 - antipode_dropped(ds), below(cosine, 0.5))


def others_dropped(ds: xr.Dataset) -> xr.DataArray:
    """Whether both features in the plane that are not attended to are shorter than 1/2, λ > λ*."""
    w = ds.plane_w.isel(step=-1, drop=True).sel(corner=[2, 3])
    length = np.sqrt((w**2).sum("axis", skipna=False))
    beyond = lam_bound(4, 2, core.config_in(ds)["density"])
    return all_along(below(length, 0.5), "corner").where(ds.plane_lam > beyond)
