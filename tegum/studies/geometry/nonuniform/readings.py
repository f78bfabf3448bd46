"""What is read off: which branch a model is on, whether it stays there, how curves run.

A reading of trained models is 1, 0, or NaN where it does not apply or the model diverged.
"""

import numpy as np
import xarray as xr

from tegum.studies.geometry.nonuniform.branches import BRANCHES

LONG = 0.5
"""a feature longer than this is represented"""
PENTAGON, DIGONS = (float(place) for place in range(len(BRANCHES)))
OTHER = 2.0
PLACES = xr.DataArray([PENTAGON, DIGONS], {"branch": list(BRANCHES)})
FAR = 0.5
"""the greatest ratio at which models are asked: towards 1 the basin of two digons narrows"""


# --- models -------------------------------------------------------------------------------------


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


def on(ds: xr.Dataset, start: str, place: xr.DataArray | float) -> xr.DataArray:
    """Whether models of one start ended on a branch, at each ratio of training."""
    found = branch_of(ds.w.sel(start=start, drop=True))
    return (found == place).where(found.notnull()).astype(float)


def alive(w: xr.DataArray) -> xr.DataArray:
    """Whether a branch still is what it began as: of `exact_w` along its axis, or of `branch_w`."""
    return branch_of(w) == PLACES


def fresh_on_lower(ds: xr.Dataset) -> xr.DataArray:
    """Whether models trained from fresh weights are on the branch that loses less."""
    return on(ds, "fresh", xr.where(ds.ratio < ds.crossing, DIGONS, PENTAGON))


def fresh_before(ds: xr.Dataset) -> xr.DataArray:
    """That, where the pentagon is the better one, up to `FAR`."""
    return fresh_on_lower(ds).where((ds.ratio > ds.crossing) & (ds.ratio <= FAR))


def fresh_beyond(ds: xr.Dataset) -> xr.DataArray:
    """That, where two digons are the better ones."""
    return fresh_on_lower(ds).where(ds.ratio < ds.crossing)


def best_on_lower(ds: xr.Dataset) -> float:
    """Share of ratios up to 1 at which the best of models from fresh weights is on that branch."""
    best = ds.loss.sel(start="fresh", drop=True).fillna(np.inf).argmin("seed")
    return float(fresh_on_lower(ds).isel(seed=best).where(ds.ratio <= 1).mean())


def pentagon_stays(ds: xr.Dataset) -> xr.DataArray:
    """Of models begun as a pentagon: where it is a minimum still, but no more the better one."""
    there = alive(ds.branch_w).sel(branch="pentagon", drop=True)
    return on(ds, "pentagon", PENTAGON).where(there & (ds.ratio < ds.crossing))


def pentagon_leaves(ds: xr.Dataset) -> xr.DataArray:
    """Of models begun as a pentagon: whether they drop feature 0 where none is a minimum."""
    there = alive(ds.branch_w).sel(branch="pentagon", drop=True)
    return on(ds, "pentagon", DIGONS).where(~there)


def digons_stay(ds: xr.Dataset) -> xr.DataArray:
    """Of models begun as two digons: where the pentagon is the better one, up to `FAR`."""
    return on(ds, "two digons", DIGONS).where((ds.ratio > ds.crossing) & (ds.ratio <= FAR))


def off_curve(ds: xr.Dataset) -> xr.DataArray:
    """A trained model's loss over that of the branch that it is on, less 1."""
    found, loss = branch_of(ds.w), ds.branch_loss.where(alive(ds.branch_w))
    own = [loss.sel(branch=name, drop=True).where(found == k) for k, name in enumerate(BRANCHES)]
    return ds.loss / own[0].fillna(own[1]) - 1


# --- theory -------------------------------------------------------------------------------------


def off_law(ds: xr.Dataset) -> float:
    """How far two digons are from their closed form, at most, relatively."""
    there = alive(ds.exact_w).sel(branch="two digons")
    return float(abs(ds.exact_loss.sel(branch="two digons") / ds.digon_law - 1).where(there).max())


def off_chords(ds: xr.Dataset) -> float:
    """How far a chord is steeper than the slope before it, or flatter than that after it: the
    greatest share of the chord's own, both branches as long as they live.
    """
    there, x = alive(ds.exact_w).transpose("branch", "at").values, ds["at"].values
    loss, slope = (
        ds[each].transpose("branch", "at").values for each in ("exact_loss", "exact_slope")
    )
    chord = np.diff(loss, axis=1) / np.diff(x)
    off = np.maximum(chord - slope[:, :-1], slope[:, 1:] - chord) / abs(chord)
    return float(off[there[:, :-1] & there[:, 1:]].max())


def outlasts(ds: xr.Dataset) -> float:
    """The ratio at which a rigid pentagon would give way, over that at which it does."""
    return float(ds.rigid_crossing / ds.crossing)


def jump(ds: xr.Dataset) -> float:
    """By how much the slope of the least loss falls at the exchange, over the steeper one."""
    pentagon, digons = (float(ds.crossing_slope.sel(branch=name)) for name in BRANCHES)
    return 1 - pentagon / digons


def missed(ds: xr.Dataset) -> float:
    """How far below both branches descents from other starts come, at most, relatively."""
    return float((ds.branch_loss.min("branch") / ds.best_found - 1).max())


def last_pentagon(ds: xr.Dataset) -> xr.Dataset | None:
    """The pentagon's branch where it was last seen on its way down; None if it never ended."""
    there = alive(ds.exact_w).sel(branch="pentagon").values
    if there.all() or not there.any():
        return None
    return ds.sel(branch="pentagon").isel(at=int(np.flatnonzero(there).min()))


def beyond_exchange(ds: xr.Dataset) -> float:
    """The ratio of the exchange over that at which the pentagon is last seen; NaN if it is yet."""
    last = last_pentagon(ds)
    return float("nan") if last is None else float(ds.crossing / last["at"])


def last_length(ds: xr.Dataset) -> float:
    """Length of feature 0 where the pentagon is last seen; NaN if it is yet."""
    last = last_pentagon(ds)
    return float("nan") if last is None else float(lengths(last.exact_w).isel(feature=0))


def angle_to_next(w: xr.DataArray) -> xr.DataArray:
    """Degrees between feature 0 and the nearest other feature."""
    cosine = (w.isel(feature=0) * w).sum("hidden", skipna=False) / lengths(w)
    cosine = cosine / lengths(w).isel(feature=0)
    nearest = cosine.isel(feature=slice(1, None)).max("feature")
    return xr.apply_ufunc(lambda each: np.degrees(np.arccos(np.clip(each, -1, 1))), nearest)
