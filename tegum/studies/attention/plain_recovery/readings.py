"""What is read off plain heads: which sides and pairs are asked about, and how they rank.

A *side* is one attended feature of one model. Inside: among the m most important. Its own: inside,
with a dimension to itself (leverage above 0.95). Density 1, where s = 1 always, is never judged.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from tegum.analysis.spectra import effective_rank
from tegum.studies import core
from tegum.studies.attention.timing.times import SETTLED_AT
from tegum.studies.core import Measured
from tegum.studies.core.measures import Measure, Reading, above, at, hidden_of
from tegum.theory.optimal_heads import orthonormal_cosine

RECOVERED_AT = 0.95
"""|cos| from which a feature counts as recovered; theory for m orthonormal features at S = 0.3 is
at least 0.952, whatever m"""
SETTING = ("mode", "density")
POOLED = ("seed", "left", "side")


def cosine(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of first singular vectors with their features."""
    return abs(ds.cosine)


def attended(ds: xr.Dataset) -> xr.DataArray:
    """Which feature each side attends to, counted from the most important."""
    config = core.config_in(ds)
    right = (ds.left + config["apart"]) % config["n_features"]
    return xr.concat([ds.left, right], ds.side).transpose("left", "side")


def inside(ds: xr.Dataset) -> xr.DataArray:
    """Whether a side's feature is among the m most important."""
    return attended(ds) < hidden_of(ds)


def learning(reading: Reading, sparsest: float = 0.0, densest: float = 1.0) -> Reading:
    """A reading at densities p below 1 and from one to another, both included."""
    return at(reading, density=lambda p: (p < 1) & (p >= sparsest - 1e-9) & (p <= densest + 1e-9))


def learnable(ds: xr.Dataset) -> list[float]:
    """The run's densities below 1, or all where there are none such."""
    every = [float(p) for p in ds.density]
    return [p for p in every if p < 1] or every


def of_outside(reading: Reading) -> Reading:
    """A reading of sides outside the top m."""
    return lambda ds: reading(ds).where(~inside(ds))


def of_inner_pairs(reading: Reading) -> Reading:
    """A reading of pairs with both features inside the top m."""
    return lambda ds: reading(ds).where(inside(ds).all("side"))


def of_own(reading: Reading) -> Reading:
    """A reading of sides inside the top m with a dimension to themselves."""
    return lambda ds: reading(ds).where(inside(ds) & (ds.leverage > SETTLED_AT))


def gap(ds: xr.Dataset) -> xr.DataArray:
    """Between |cos| and the closed form's |cos(d_i, W_i)| on the same W."""
    return abs(cosine(ds) - ds.theory_cosine)


def curve(ds: xr.Dataset) -> xr.DataArray:
    """Theory's |cos| for m orthonormal features, by density."""
    values = [orthonormal_cosine(hidden_of(ds), float(p)) for p in ds.density]
    return xr.DataArray(values, {"density": ds.density}, ("density",))


def gap_to_curve(ds: xr.Dataset) -> xr.DataArray:
    """|cos| less the orthonormal curve, where exactly the top m are stored, orthogonally."""
    return of_own(lambda ds: cosine(ds) - curve(ds))(ds).where(ds.top_stored == 1)


def holds_from(reading: Reading) -> Callable[[xr.Dataset], float]:
    """The least S from which on the median |cos| of some sides stays at `RECOVERED_AT` or more.

    In every training; NaN where it does so at no S of the run.
    """

    def least(ds: xr.Dataset) -> float:
        values = learning(reading)(ds)
        medians = values.median([dim for dim in values.dims if dim not in SETTING])
        worst = medians.min("mode") if "mode" in medians.dims else medians
        worst = worst.dropna("density").sortby("density")  # sparse ones first
        stays = np.cumprod(worst.values >= RECOVERED_AT).astype(bool)
        return round(1 - float(worst.density.values[stays][-1]), 6) if stays.any() else np.nan

    return least


def holds_from_note(reading: Reading) -> Callable[[xr.Dataset], str]:
    """That number by training, for a note."""

    def note(ds: xr.Dataset) -> str:
        each = [(m, holds_from(reading)(ds.sel(mode=[m]))) for m in ds["mode"].values]
        return "; ".join(f"{m}: from S = {s:g} on" for m, s in each)

    return note


def where_it_holds(reading: Reading, most: float) -> Measure:
    """`holds_from` as a measure; nothing to judge in a run without any S up to the bound."""

    def measure(ds: xr.Dataset) -> Measured:
        dense = learning(reading, sparsest=1 - most)(ds)
        if not bool(dense.notnull().any()):
            return Measured.nothing(f"no model at S ≤ {most:g} is of the kind asked about")
        return Measured(holds_from(reading)(ds), note=holds_from_note(reading)(ds))

    return measure


def medians_by_density(reading: Reading) -> Callable[[xr.Dataset], str]:
    """Medians by density and training, for a note."""

    def note(ds: xr.Dataset) -> str:
        values = reading(ds)
        medians = values.median([dim for dim in values.dims if dim not in SETTING])
        medians = medians.sortby("density", ascending=False)
        said = []
        for m in medians["mode"].values:
            known = medians.sel(mode=m).dropna("density")
            each = [f"{float(x):.2g} at {1 - float(x.density):.3g}" for x in known]
            said += [f"{m}: {', '.join(each)}"] if each else []
        return "by S, " + "; ".join(said) if said else ""

    return note


# --- what recovery goes with ----------------------------------------------------------------------


def importance_rank(ds: xr.Dataset) -> xr.DataArray:
    """Larger for more important features."""
    return -attended(ds) + xr.zeros_like(ds.norm)


def rank_correlation(quantity: Reading) -> Reading:
    """Spearman's ρ of |cos| with a quantity over a run's pairs, for each side."""

    def found(ds: xr.Dataset) -> xr.DataArray:
        pair = cosine(ds), quantity(ds)
        dims = [["left"], ["left"]]
        return xr.apply_ufunc(spearman, *pair, input_core_dims=dims)

    return found


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman's ρ along the last axis; NaN where a value is missing or all are equal."""
    ranks = [rankdata(z, axis=-1) - (z.shape[-1] + 1) / 2 for z in (x, y)]
    size = np.sqrt((ranks[0] ** 2).sum(-1) * (ranks[1] ** 2).sum(-1))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum(ranks[0] * ranks[1], axis=-1) / np.where(size > 0, size, np.nan))


@cache
def shuffled_quantile(count: int) -> float:
    """What Spearman's ρ of so many features stays below in 95 % when they are shuffled."""
    rng = np.random.default_rng(0)
    drawn = rng.permuted(np.tile(np.arange(float(count)), (20_000, 1)), axis=1)
    return float(np.quantile(spearman(drawn, np.arange(float(count))[None]), 0.95))


SHUFFLED = core.Derived(
    "the 95 % of shuffled features", lambda ds, _: shuffled_quantile(ds.sizes["left"])
)


def singular_rank(ds: xr.Dataset) -> xr.DataArray:
    """The effective rank of Ω, (Σσ²)²/Σσ⁴."""
    values = ds.singular_value
    found = xr.apply_ufunc(effective_rank, values.fillna(1.0), input_core_dims=[["slice"]])
    return found.where(values.notnull().all("slice"))


# --- removal --------------------------------------------------------------------------------------


def taken_by(name: str) -> Reading:
    """The share of the mean logit on positives that a direction takes, of inner pairs."""
    return of_inner_pairs(lambda ds: ds.taken.sel(removed=name, drop=True))


def taken_gap(ds: xr.Dataset) -> xr.DataArray:
    """Between the shares that W_i and d_i take of trained heads and of the best ones."""
    both = ["W_i", "d_i"]
    return of_inner_pairs(
        lambda ds: abs(ds.taken - ds.taken_theory).sel(removed=both).max("removed", skipna=False)
    )(ds)


def area(name: str) -> Reading:
    """The area under the ROC curve without a direction on either side."""
    return lambda ds: ds.area.sel(removed=name, drop=True)


def loses_more(ds: xr.Dataset) -> xr.DataArray:
    """Whether the area falls by more without the first slice than without a random direction."""
    return above(area("random")(ds), area("first slice")(ds))


# --- trainings compared ---------------------------------------------------------------------------


def joint_less_two_stage(reading: Reading) -> Reading:
    """A reading in joint training less that in two stages, model by model."""

    def found(ds: xr.Dataset) -> xr.DataArray:
        one, other = (at(reading, mode=mode)(ds) for mode in ("joint", "two-stage"))
        return one - other

    return found


def sampling_difference(ds: xr.Dataset) -> xr.DataArray:
    """|cos| where L2 meets all pairings of a batch, less that where it meets one for each token."""
    each = abs(ds.sampled_cosine)
    return each.sel(sampling="all pairings", drop=True) - each.sel(sampling="one each", drop=True)
