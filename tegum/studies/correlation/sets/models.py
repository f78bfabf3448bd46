"""What is measured: models of sets of two features in the plane, and what becomes of a set.

The members of a correlated set are on or off together, their values independent; of an
anticorrelated one exactly one is active when the set is on. Both are compared with independent
features of the same density, from the same starts. Symbols: p is the chance that a set is on, so
that a feature's density is p, or p/2 in anticorrelated sets.

In the plane four columns of length 1 hold two digons, and which features share one can be chosen.
Where both x and y of a digon are active it loses min(x, y)² twice, 1/3 in the mean. So losses are:

    correlated      partners at right angles 2p²/3     partners in one digon 2p/3
    anticorrelated  partners at right angles p²/6      partners in one digon 0
    independent     2p²/3, p/2 for p: p²/6, however they are paired
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
import xarray as xr

from tegum.analysis.geometry import directions
from tegum.analysis.nulls import coin_share
from tegum.features import AbstractFeatures, AnticorrelatedSets, CorrelatedSets, SparseFeatures
from tegum.studies import core, populations
from tegum.studies.core.measures import Reading, above, all_along, below, both
from tegum.theory.mixtures import mixture_losses

PLANE, TERMS = 2, 128
BASES = {("correlated", 2): 400, ("correlated", 3): 100}
"""of the source's densities, base to the power -level; 10 in anticorrelated sets"""
LAWS = ("in sets", "independent")

Kind: TypeAlias = Literal["correlated", "anticorrelated"]
Sets: TypeAlias = Literal[2, 3]
Truth: TypeAlias = Callable[[xr.DataArray], xr.DataArray]
"""of weights: 1, 0, or NaN for a model that diverged"""


class Config(core.TrainingConfig):
    """Sets of two features in two dimensions, at several densities."""

    kind: Kind = "correlated"
    """how the members of a set go together"""
    sets: tuple[Sets, ...] = (2, 3)
    """how many sets of two features share the plane"""
    levels: tuple[core.Unsigned, ...] = (0.5, 0.625, 0.75, 0.875, 1.0)
    """a set is on with chance base^-level; base 400 for two and 100 for three correlated sets, 10
    for anticorrelated ones"""
    seeds: core.Count = 100

    @property
    def laws(self) -> tuple[str, ...]:
        return LAWS


def chance_on(kind: Kind, sets: int, level: float) -> float:
    """The chance p that a set is on."""
    return float(BASES.get((kind, sets), 10) ** -level)


def inputs(kind: Kind, sets: int, p: float, law: str) -> AbstractFeatures:
    """Features in sets, or as many independent ones of the same density."""
    sizes = (2,) * sets
    of_sets = CorrelatedSets if kind == "correlated" else AnticorrelatedSets
    if law == "in sets":
        return of_sets(sizes, p)
    return SparseFeatures(2 * sets, p if kind == "correlated" else p / 2)


def trained(c: Config, sets: int, level: float, law: str) -> core.Variables:
    """All seeds' models at one point."""
    p = chance_on(c.kind, sets, level)
    features = inputs(c.kind, sets, p, law)
    w, b, finite = populations.on_law(c, PLANE, features)
    loss = mixture_losses(w, b, features, terms=TERMS)
    return {"w": w, "loss": loss, "finite": finite, "chance_on": p, "feature": range(2 * sets)}


PART = core.Part(
    trained,
    core.table(
        w=("seed hidden feature", "weights W"),
        loss=("seed", "exact population loss, summed over features"),
        chance_on=("", "p = 1 - S, the chance that a set is on"),
    )
    | {"finite": populations.FINITE},
    sets="sets",
    level="levels",
    law="laws",
)
MODELS = core.Measurement("sets-of-two", version=1, parts=(PART,))

# --- readings -----------------------------------------------------------------------------------

RIGHT = 0.1
"""|cos| at most: at right angles"""
OPPOSITE = -0.9
"""cos at most: antipodal, as the source counts"""
LONG = 0.5
"""a feature is represented from half a unit on"""
SIDE_BY_SIDE = 2 / 15
"""of the 15 ways to join six places on a circle in pairs, 2 join neighbours only"""
OBTUSE = 4 / 15
"""of the same, 4 join no neighbours; in a pentagon, with one feature dropped, chance gives less"""
ONE_OF_THREE, TWO_OF_THREE = 1 / 3, 2 / 3
"""of the 3 ways to join four features in pairs, one joins partners and two keep them apart"""


def of(values: xr.DataArray, sets: int, law: str = "in sets") -> xr.DataArray:
    """Of so many sets under one law; NaN where this run lacks them."""
    there = values.reindex(sets=[sets]).sel(sets=sets, law=law, drop=True)
    return there.isel(feature=slice(2 * sets)) if "feature" in there.dims else there


def weights(ds: xr.Dataset, sets: int, law: str = "in sets") -> xr.DataArray:
    return of(ds.w, sets, law)


def cosines(w: xr.DataArray) -> xr.DataArray:
    """Between all columns, axes "feature" and "other"; NaN for a model that diverged."""

    def each(values: np.ndarray) -> np.ndarray:
        unit = directions(np.nan_to_num(values))
        found = np.einsum("...hi,...hj->...ij", unit, unit)
        known = np.isfinite(values).all((-2, -1), keepdims=True)
        return np.where(known, found, np.nan)

    return xr.apply_ufunc(
        each,
        w.drop_vars("feature", errors="ignore"),
        input_core_dims=[["hidden", "feature"]],
        output_core_dims=[["feature", "other"]],
    )


def within(w: xr.DataArray) -> xr.DataArray:
    """The cosine between the two members of each set, axis "set"."""
    every = cosines(w)
    places = range(0, every.sizes["feature"], 2)
    found = xr.concat([every.isel(feature=k, other=k + 1) for k in places], "set")
    return found.assign_coords(set=range(found.sizes["set"]))


def all_represented(w: xr.DataArray) -> xr.DataArray:
    squared = (w**2).sum("hidden", skipna=False)
    return all_along(above(squared, LONG**2), "feature")


def orthogonal(w: xr.DataArray) -> xr.DataArray:
    """Whether partners are at right angles, in every set."""
    return all_along(below(abs(within(w)), RIGHT), "set")


def antipodal(w: xr.DataArray) -> xr.DataArray:
    """Whether partners are antipodal, in every set."""
    return all_along(below(within(w), OPPOSITE), "set")


def obtuse(w: xr.DataArray) -> xr.DataArray:
    """Whether partners, more than a right angle apart, interfere negatively, in every set."""
    return all_along(below(within(w), 0.0), "set")


def apart(w: xr.DataArray) -> xr.DataArray:
    """Whether every feature forms a digon with a member of another set: partners in two factors."""
    every = cosines(w)
    place = np.arange(every.sizes["feature"]) // 2
    other = xr.DataArray(place[:, None] != place[None], dims=("feature", "other"))
    opposed = below(every.where(other).min("other"), OPPOSITE)
    return all_along(opposed.where(every.notnull().all("other")), "feature")


def side_by_side(w: xr.DataArray) -> xr.DataArray:
    """Whether partners are neighbours round the circle, in every set."""

    def each(values: np.ndarray) -> np.ndarray:
        known = np.isfinite(values).all((-2, -1))
        across, up = np.moveaxis(np.nan_to_num(values), -2, 0)
        member = np.argsort(np.arctan2(up, across), axis=-1) // 2
        breaks = (member != np.roll(member, 1, axis=-1)).sum(-1)
        return np.where(known, breaks == values.shape[-1] // 2, np.nan)

    return xr.apply_ufunc(each, w, input_core_dims=[["hidden", "feature"]])


def read(truth: Truth, sets: int) -> Reading:
    """A reading of the weights of so many sets."""
    return lambda ds: truth(weights(ds, sets))


def best_antipodal(ds: xr.Dataset) -> float:
    """Share of densities at which the model of least exact loss has antipodal partners."""
    loss, truth = of(ds.loss, 2), antipodal(weights(ds, 2))
    return float(truth.isel(seed=loss.fillna(np.inf).argmin("seed")).mean())


def loss_over(ds: xr.Dataset, kind: Kind, truth: Truth) -> xr.DataArray:
    """Exact loss of two sets over that of unit digons at right angles.

    Of models in one arrangement that represent all features.
    """
    p = ds.chance_on.reindex(sets=[2]).sel(sets=2, law="in sets", drop=True)
    unit = p**2 * (2 / 3 if kind == "correlated" else 1 / 6)
    w = weights(ds, 2)
    return (of(ds.loss, 2) / unit).where(both(truth(w), all_represented(w)) == 1)


def exceeds(null: float) -> core.Derived:
    """The share that as many models of independent features stay at or below in 95 %."""

    def bound(_: xr.Dataset, found: core.Measured) -> float:
        return coin_share(found.count, chance=null)

    words = f"chance gives in 95 % (a share of {null:.2g} by symmetry)"
    return core.Derived(words, bound, decides=lambda count: coin_share(count, chance=null) <= 1)
