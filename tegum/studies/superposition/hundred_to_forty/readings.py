"""What is read off the trained models: how near they come, what their cosines show, why."""

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from tegum.analysis.blocks import tegum_blocks
from tegum.analysis.geometry import directions, gram, leverage, norms, represented
from tegum.analysis.pairs import chance_top_share, top_share
from tegum.studies.core.measures import Reading, at, of_weights
from tegum.theory.maxwell import d_star, maxwell

LEAST_KNOWN = {
    1.0: 4.99128,
    0.4: 3.906387,
    0.1: 0.489823,
    0.03: 0.05651,
    0.01: 0.007211,
    0.003: 0.000888,
}
"""losses of 100→40 by density: from 0.1 up of the best mixture of known polytopes
(`tegum.theory.maxwell`), below it the least of many and longer trainings; upper bounds all"""

# --- losses -------------------------------------------------------------------------------------


def sizes(ds: xr.Dataset) -> tuple[int, int]:
    return ds.sizes["feature"], ds.sizes["hidden"]


def over_least_known(ds: xr.Dataset) -> xr.DataArray:
    """Exact loss over the least known; NaN at other sizes and densities."""
    known = LEAST_KNOWN if sizes(ds) == (100, 40) else {}
    least = [known.get(round(float(p), 9), np.nan) for p in ds.density.values]
    return ds.loss / xr.DataArray(least, {"density": ds.density})


def gap(ds: xr.Dataset) -> xr.DataArray:
    return over_least_known(ds) - 1


def over_pairs(ds: xr.Dataset) -> xr.DataArray:
    """Exact loss over that of digons in as many dimensions as there are, all else dropped or kept
    alone, whichever loses least.
    """
    n, m = sizes(ds)
    mixed = [n * d_star(n, m, p, maxwell(p, ("digon",))).loss for p in ds.density.values.tolist()]
    return ds.loss / xr.DataArray(mixed, {"density": ds.density})


# --- cosines ------------------------------------------------------------------------------------


def share_of_top(ds: xr.Dataset) -> xr.DataArray:
    """The share of Σ cos² that a twentieth of the pairs of represented features hold."""
    return of_weights(_top_shares, ds.w, per=None)


def _top_shares(w: Float[np.ndarray, "*models hidden features"]) -> Float[np.ndarray, "*models"]:
    found, there = np.full(w.shape[:-2], np.nan), represented(w)
    for model in np.ndindex(found.shape):
        if there[model].sum() > 1:
            found[model] = top_share(gram(directions(w[model][:, there[model]])))
    return found


def midway(ds: xr.Dataset) -> float:
    """Between that share of random directions and 1, which it is of pairs."""
    return (1 + chance_top_share(ds.sizes["hidden"])) / 2


def blocks(ds: xr.Dataset) -> xr.DataArray:
    """How many blocks the represented features form."""
    return of_weights(lambda w: tegum_blocks(w).max(-1) + 1.0, ds.w, per=None)


def by_likeness(w: Float[np.ndarray, "hidden features"]) -> Int[np.ndarray, " features"]:
    """An order of the features in which those of large |cos| stand side by side."""
    apart = 1 - np.abs(gram(directions(w)))
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(np.clip(apart, 0, 1), checks=False), "average", optimal_ordering=True)
    return leaves_list(tree).astype(int)


# --- what hindered the reader -------------------------------------------------------------------


def of_arm(reading: Reading, arm: str) -> Reading:
    return at(reading, arm=arm)


def length(ds: xr.Dataset) -> xr.DataArray:
    return of_weights(norms, ds.w).median("feature", skipna=False)


def length_over_mended(ds: xr.Dataset) -> xr.DataArray:
    """The reader's median ‖W_i‖ over that of the mended training, seed by seed."""
    lengths = length(ds)
    return lengths.sel(arm="reader", drop=True) / lengths.sel(arm="mended", drop=True)


def kept_more(ds: xr.Dataset) -> xr.DataArray:
    """By how much the cosine of first and last direction is greater in the reader's training."""
    return ds.kept.sel(arm="reader", drop=True) - ds.kept.sel(arm="mended", drop=True)


# --- density 1 ----------------------------------------------------------------------------------


def dense(reading: Reading) -> Reading:
    """A reading of mended models at density 1."""
    return at(reading, arm="mended", density=1.0)


def from_projector(ds: xr.Dataset) -> xr.DataArray:
    """The greatest distance of WᵀW's m leading eigenvalues from 1."""

    def distance(w: np.ndarray) -> np.ndarray:
        return np.asarray(abs(np.linalg.svd(w, compute_uv=False) ** 2 - 1).max(-1))

    return of_weights(distance, ds.w, per=None)


def concentration(ds: xr.Dataset) -> xr.DataArray:
    """Σ P_ii² / m over features, P the projector on W's rows: 1 where it is m coordinates."""
    return (of_weights(leverage, ds.w) ** 2).sum("feature", skipna=False) / ds.sizes["hidden"]


def random_concentration(ds: xr.Dataset) -> float:
    """The same of a random projector, in expectation: P_ii is Beta(m/2, (n - m)/2)."""
    n, m = sizes(ds)
    return (m + 2) / (n + 2)


def overlap(ds: xr.Dataset) -> xr.DataArray:
    """Of two seeds' projectors, tr P P'/m: 1 for one projector, m/n for independent ones."""
    w = ds.w.transpose(..., "seed", "hidden", "feature")
    there = w.notnull().all(("hidden", "feature"))
    rows = np.linalg.svd(w.fillna(0.0).values, full_matrices=False)[2]
    common = np.square(rows @ np.swapaxes(np.roll(rows, -1, axis=-3), -1, -2)).sum((-2, -1))
    values = there.copy(data=common / ds.sizes["hidden"]).where(there)
    return values.where(there.roll(seed=-1, roll_coords=False))


def dead(ds: xr.Dataset) -> xr.DataArray:
    """How many outputs are 0 at the mean input, where at density 1 a sound one answers 1/2."""
    onto_all = ds.w.dot(ds.w.sum("feature", skipna=False), dim="hidden")  # Σ_j W_i·W_j
    answers = ds.b + onto_all * ds.density / 2
    return (answers <= 0).sum("feature").where(ds.loss.notnull())


def over_dense_theory(ds: xr.Dataset) -> xr.DataArray:
    """Exact loss over that of a projector with dead outputs: (n - m)/12 + dead/4.

    A dead output loses E x² = 1/3, where one that is dropped, and answers 1/2, loses 1/12.
    """
    n, m = sizes(ds)
    return ds.loss / ((n - m) / 12 + dead(ds) / 4)


# --- what controls put in their places ----------------------------------------------------------


def coordinates(ds: xr.Dataset) -> xr.DataArray:
    """W that keeps the first m features."""
    n, m = sizes(ds)
    kept = xr.DataArray(np.eye(m, n), dims=("hidden", "feature"))
    return (0 * ds.w + kept).transpose(*ds.w.dims)


def first_seed(ds: xr.Dataset) -> xr.DataArray:
    """The first model's W at every seed."""
    return (0 * ds.w + ds.w.isel(seed=0, drop=True)).transpose(*ds.w.dims)
