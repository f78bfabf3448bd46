"""What is read off: which features a network computes, how many share a neuron, motifs."""

import numpy as np
import scipy.stats
import xarray as xr

from tegum.analysis import motifs, neurons
from tegum.studies.core.measures import above, below, both

COMPUTED = 0.6
"""of a feature's variance; a neuron that reads it alone explains at most 1/2, two explain all"""
BOTH = 2
"""neurons of each kind that a network has at least where both kinds stand side by side"""
REACHED = 1e-3
"""of the loss of a network that gives up all"""
NULLS = 20
"""shuffles of the same weights, of each kind, among which motifs are counted"""

# --- features -----------------------------------------------------------------------------------


def explained(ds: xr.Dataset) -> xr.DataArray:
    """How near each output comes to that of a network of 2n neurons, which is |x_i|.

    1 less the mean squared difference over the variance: 0 for a feature that is given up.
    """
    return 1 - ds.error / ds.variance


def computed(ds: xr.Dataset) -> xr.DataArray:
    """How many features a network computes."""
    return above(explained(ds), COMPUTED).sum("feature", skipna=False)


def growth(ds: xr.Dataset) -> xr.DataArray:
    """How many more features are computed at the sparsest inputs than at the densest."""
    count = computed(ds).sortby("density")
    return count.isel(density=0, drop=True) - count.isel(density=-1, drop=True)


def over_apart(ds: xr.Dataset) -> xr.DataArray:
    """Loss over that of two neurons each for the m/2 most important features."""
    return ds.loss / ds.apart


def nearness(ds: xr.Dataset) -> xr.DataArray:
    """Variance of all outputs explained, weighted by importance."""
    return 1 - ds.loss / ds.power


# --- neurons ------------------------------------------------------------------------------------


def kinds(w: xr.DataArray, w_out: xr.DataArray) -> xr.DataArray:
    """1 for a monosemantic neuron, 0 for a polysemantic one, NaN for a silent one."""
    hidden, feature = (
        next(str(d) for d in w.dims if str(d).endswith(e)) for e in ("hidden", "feature")
    )
    found = xr.apply_ufunc(
        neurons.monosemantic,
        w.fillna(0.0),
        w_out.fillna(0.0),
        input_core_dims=[[hidden, feature]] * 2,
        output_core_dims=[[hidden]],
    )
    return found.where(w.notnull().all(feature))


def monosemantic_share(ds: xr.Dataset) -> xr.DataArray:
    """Share of a network's neurons that are monosemantic; silent ones are left out."""
    return kinds(ds.w, ds.w_out).mean("hidden")


def both_kinds(ds: xr.Dataset) -> xr.DataArray:
    """Whether a network has mono- and polysemantic neurons, a few of each."""
    kind = kinds(ds.w, ds.w_out)
    there = ds.loss.notnull()
    counts = ((kind == which).sum("hidden").where(there) for which in (1, 0))
    return both(*(above(count, BOTH - 0.5) for count in counts))


def from_monosemantic(ds: xr.Dataset) -> xr.DataArray:
    """Of what neurons give to each computed feature of its own, the share of monosemantic ones."""
    given = abs(ds.w) * ds.w_out.clip(min=0)
    own = given.where(kinds(ds.w, ds.w_out) == 1, 0.0).sum("hidden")
    whole = given.sum("hidden", skipna=False)
    return (own / whole).where(above(explained(ds), COMPUTED) == 1)


def importance_and_meaning(ds: xr.Dataset) -> xr.DataArray:
    """Rank correlation of importance and `from_monosemantic` over a network's computed features.

    In units of its spread where features are permuted, 1/√(k - 1) for k features, exactly; NaN
    with fewer than three, or where all have one kind of neuron.
    """
    share = from_monosemantic(ds).transpose(..., "feature")
    places = [
        _standardised_rank_correlation(row) for row in share.values.reshape(-1, share.shape[-1])
    ]
    return share.isel(feature=0, drop=True).copy(data=np.reshape(places, share.shape[:-1]))


def _standardised_rank_correlation(share: np.ndarray) -> float:
    there = np.flatnonzero(np.isfinite(share))
    values = np.round(share[there], 6)
    if there.size < 3 or np.ptp(values) == 0:
        return np.nan
    # Importance falls with a feature's number.
    return float(scipy.stats.spearmanr(-there, values).statistic * np.sqrt(there.size - 1))


# --- small networks -----------------------------------------------------------------------------


def reaches(ds: xr.Dataset) -> xr.DataArray:
    """Whether a network with two neurons a feature comes to lose next to nothing."""
    return below(ds.exact_loss / ds.exact_power, REACHED).rename(small_seed="seed")


def by_signs(ds: xr.Dataset) -> xr.DataArray:
    """Whether a network that does has a monosemantic neuron for each sign of each feature."""
    w = ds.exact_w.transpose(..., "exact_hidden", "exact_feature")
    kind = kinds(w, ds.exact_w_out)
    given = abs(w) * ds.exact_w_out
    main = abs(w) == abs(w).max("exact_feature")
    alone = (main & (kind == 1) & (given > 0.5)).astype(float)
    signs = [(alone.where(sign * w > 0, 0.0).sum("exact_hidden") == 1) for sign in (1, -1)]
    found = (signs[0] & signs[1]).all("exact_feature").astype(float).rename(small_seed="seed")
    return found.where(reaches(ds) == 1)


# --- motifs -------------------------------------------------------------------------------------


def motif_counts(w: xr.DataArray, w_out: xr.DataArray) -> xr.Dataset:
    """Asymmetric motifs of each network, and the most in shuffles of its own weights.

    Args:
        w, w_out: with axes that end in "hidden" and "feature", and others before them.
    """
    last = [next(str(d) for d in w.dims if str(d).endswith(e)) for e in ("hidden", "feature")]
    w = w.transpose(..., *last)
    v = w_out.transpose(*w.dims)
    rows = [
        _counted(*each)
        for each in zip(
            w.values.reshape(-1, *w.shape[-2:]), v.values.reshape(-1, *w.shape[-2:]), strict=True
        )
    ]
    blank = w.isel(dict.fromkeys(last, 0), drop=True)
    found, signs, columns = np.transpose(rows).reshape(3, *blank.shape)
    return xr.Dataset(
        {
            "found": blank.copy(data=found),
            "signs_shuffled": blank.copy(data=signs),
            "features_shuffled": blank.copy(data=columns),
        }
    )


def _counted(w: np.ndarray, v: np.ndarray) -> tuple[float, float, float]:
    if not (np.isfinite(w).all() and np.isfinite(v).all()):
        return np.nan, np.nan, np.nan
    found, *most = (
        max(len(motifs.asymmetric_motifs(w, each)) for each in every)
        for every in (
            [v],
            [motifs.shuffled_signs(v, seed) for seed in range(NULLS)],
            [motifs.shuffled_columns(v, seed) for seed in range(NULLS)],
        )
    )
    return float(found), float(most[0]), float(most[1])


def motif_excess(ds: xr.Dataset) -> xr.DataArray:
    """How many more motifs a network has than any shuffle of its own weights."""
    counts = motif_counts(ds.w, ds.w_out)
    return counts.found - np.maximum(counts.signs_shuffled, counts.features_shuffled)


def motifs_of_half(ds: xr.Dataset) -> xr.DataArray:
    """Whether a network of 20 features in 10 neurons holds a motif."""
    counts = motif_counts(ds.half_w, ds.half_w_out).rename(small_seed="seed")
    return above(counts.found, 0.5)
