"""What phase-change claims: each with its bound from free theory, a null or the grid's own width.

Where along a line the last feature appears, and whether it jumps, is read off here.
"""

import numpy as np
import xarray as xr

from tegum.studies.claims import Claim, Measured
from tegum.studies.study import config_in
from tegum.theory.phases import phase_boundary

ONSET = 0.15
"""‖W_n‖ from which the last feature has appeared, along a line: above what noise leaves of an absent one"""
STEP = 0.4
"""of ‖W_n‖ between neighbours of a line: midway between a jump in theory (0.6 and more) and fading (0.2 a cell)"""
OUTCOMES = ("not learned", "superposed", "dedicated")
"""what may become of the last feature"""


def best_seed(ds: xr.Dataset, prefix: str = "") -> xr.Dataset:
    """At each point the sampled model of least exact loss."""
    names = [name for name in ds.data_vars if str(name).startswith(f"{prefix}sampled")]
    return ds[names].isel(seed=ds[f"{prefix}sampled_loss"].argmin("seed"))


def _onset(density: np.ndarray, norm: np.ndarray) -> float:
    """Where the last feature appears, from dense to sparse: midway between the last point without and the next."""
    absent = np.flatnonzero(norm <= ONSET)
    if not absent.size or absent[-1] + 1 == norm.size:
        return np.nan
    return float(np.sqrt(density[absent[-1]] * density[absent[-1] + 1]))


def boundaries(ds: xr.Dataset) -> dict[str, np.ndarray]:
    """The boundaries along every line: in sampled models (best of a point's), in the exact optimum, by hand."""
    best = best_seed(ds, "line_")
    rows = range(ds.sizes["line"])
    density = ds.line_density.values
    return {
        "sampled": np.array([_onset(density[k], best.line_sampled_norm.values[k]) for k in rows]),
        "exact": np.array([_onset(density[k], ds.line_exact_norm.values[k]) for k in rows]),
        "candidate": np.array([phase_boundary(float(r), free=False) for r in ds.line.values]),
    }


def _cells(ds: xr.Dataset, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(np.log(one / other)) / np.log(config_in(ds)["cell"])


def _listed(ds: xr.Dataset, values: np.ndarray, digits: str = ".3g") -> str:
    return ", ".join(
        f"r = {r:g}: {value:{digits}}" for r, value in zip(ds.line.values, values, strict=True)
    )


def _exact_onset(ds: xr.Dataset) -> Measured:
    onset, known = boundaries(ds)["exact"], ds.line_boundary.values
    note = f"worst, in cells; {_listed(ds, onset)}, where theory has {_listed(ds, known, '.6g')}"
    return Measured(float(_cells(ds, onset, known).max()), high=1.5, note=note)


def _follows_free(ds: xr.Dataset) -> Measured:
    onsets = boundaries(ds)
    distance = _cells(ds, onsets["sampled"], onsets["exact"])
    return Measured(
        float(distance.max()),
        high=1.01,
        note=f"worst, in cells; sampled boundary {_listed(ds, onsets['sampled'])}",
    )


def _leaves_candidate(ds: xr.Dataset) -> Measured:
    onsets = boundaries(ds)
    distance = _cells(ds, onsets["sampled"], onsets["candidate"])
    return Measured(
        float(distance.min()), low=1.01, note=f"least; in cells, {_listed(ds, distance)}"
    )


def _steps_at_onset(ds: xr.Dataset, fading: bool) -> Measured:
    """How far ‖W_n‖ of the best sampled models steps between the two points around the boundary."""
    norm, onsets, steps = (
        best_seed(ds, "line_").line_sampled_norm.values,
        boundaries(ds)["sampled"],
        [],
    )
    for k, fades_in in enumerate(ds.line_fades_in.values):
        if bool(fades_in) == fading and np.isfinite(onsets[k]):
            first = int(np.argmax(ds.line_density.values[k] < onsets[k]))
            steps.append(norm[k, first] - norm[k, first - 1])
    shown = ", ".join(f"{step:.2f}" for step in steps)
    if fading:
        return Measured(max(steps, default=np.nan), high=STEP, note=f"greatest of {shown}")
    return Measured(min(steps, default=np.nan), low=STEP, note=f"least of {shown}")


def _second_jump(ds: xr.Dataset) -> Measured:
    """At the largest r that fades in: greatest step of ‖W_n‖ along the line, sampled against exact."""
    fading = ds.isel(line=int(np.argmax(ds.line.values)))
    step = np.diff(fading.line_exact_norm.values)
    sampled = np.diff(
        best_seed(ds, "line_").line_sampled_norm.isel(line=int(np.argmax(ds.line.values))).values
    )
    where = float(np.sqrt(np.prod(fading.line_density.values[np.argmax(step) + np.arange(2)])))
    return Measured(
        float(sampled.max()),
        low=float(step.max() / 2),
        note=f"r = {float(fading.line):g}; the exact optimum steps by {step.max():.2f} at density {where:.3f}",
    )


def _without_ties(ds: xr.Dataset) -> xr.Dataset:
    """Without r = 1, where the features are alike and chance decides which of them is left out."""
    return ds.sel(importance=ds.importance[abs(np.log(ds.importance)) > 1e-9])


def _agreement(ds: xr.Dataset) -> Measured:
    ds = _without_ties(ds)
    best, dims = best_seed(ds).sampled_outcome, ("importance", "density")
    exact, candidate = (
        (best == ds[f"{name}_outcome"]).mean(dims).values for name in ("exact", "candidate")
    )
    shown = "; ".join(
        f"n = {n}: {with_exact:.1%} and {with_candidate:.1%}"
        for n, with_exact, with_candidate in zip(
            ds.n_features.values, exact, candidate, strict=True
        )
    )
    return Measured(
        float((exact - candidate).min()),
        low=0.0,
        note=f"agreement with exact and candidate map: {shown}",
    )


def mean_of_nine(ds: xr.Dataset) -> xr.DataArray:
    """Share of each outcome among a point's models, the worst one dropped."""
    kept = ds.sampled_loss < ds.sampled_loss.max("seed")
    kinds = xr.DataArray(np.arange(3), dims="outcome")
    return ((ds.sampled_outcome == kinds) & kept).sum("seed") / kept.sum("seed")


def _every_model(ds: xr.Dataset) -> Measured:
    ds = _without_ties(ds)
    share = mean_of_nine(ds)
    at_exact = sum(share.isel(outcome=k) * (ds.exact_outcome == k) for k in range(3))
    each = at_exact.mean(("importance", "density"))
    shown = ", ".join(
        f"n = {n}: {float(value):.1%}" for n, value in zip(ds.n_features.values, each, strict=True)
    )
    return Measured(float(each.min()), low=0.9, note=f"mean share, least of {shown}")


def _mirror(ds: xr.Dataset) -> Measured:
    """L(1/r) = L(r) / r for n = 2: greatest relative deviation."""
    loss = ds.exact_loss.sel(n_features=2).transpose("importance", "density").values
    mirrored = loss[::-1] * ds.importance.values[:, None]
    return Measured(
        float(np.abs(loss / mirrored - 1).max()),
        high=1e-6,
        note="greatest relative deviation, n = 2",
    )


def gaps(ds: xr.Dataset) -> xr.DataArray:
    """The best sampled model's exact loss over the best known, less 1."""
    return ds.sampled_loss.min("seed") / ds.exact_loss - 1


def _no_better(ds: xr.Dataset) -> Measured:
    gap, line = gaps(ds), ds.line_sampled_loss.min("seed") / ds.line_exact_loss - 1
    return Measured(
        float(min(gap.min(), line.min())),
        low=-1e-6,
        note=f"least relative gap; median {float(gap.median()):.2g} in the maps, {float(line.median()):.2g} in lines",
    )


CLAIMS = (
    Claim(
        "exact-onset",
        "Along each line the exact optimum takes up the last feature at p*, within one and a half cells (half is the "
        "grid's, one is for length 0.15 where it fades in).",
        "p* for free W and b: 0.726245, 0.375686, 0.102286 at r = 0.8, 0.3, 0.05",
        _exact_onset,
    ),
    Claim(
        "trained-follows-free",
        "The sampled boundary (best of a point's models) is the exact optimum's to within one grid cell, at every "
        "importance tried.",
        "least exact loss over free W and b",
        _follows_free,
    ),
    Claim(
        "trained-leaves-candidate",
        "The candidate boundary p° = 4q/(2(1+r)+3q) is more than one grid cell from the sampled one, at every "
        "importance tried.",
        "free theory, which puts p* 2.3 cells of 4 % or more from p°",
        _leaves_candidate,
    ),
    Claim(
        "jumps-where-less-important",
        "Where r < 0.65 the last feature appears at once: its length steps by more than 0.4 in one cell.",
        "free theory: it steps from 0 to 0.72 at r = 0.3, to 0.61 at r = 0.05; 0.4 is midway to fading",
        lambda ds: _steps_at_onset(ds, fading=False),
    ),
    Claim(
        "fades-where-as-important",
        "Where r > 0.65 the last feature fades in: its length steps by less than 0.4 in the cell where it appears.",
        "free theory: from 0 as a square root, about 0.16 in a cell of 4 %; 0.4 is midway to a jump",
        lambda ds: _steps_at_onset(ds, fading=True),
    ),
    Claim(
        "jumps-after-fading",
        "The feature that fades in jumps further on: the sampled models show at least half of the exact optimum's "
        "greatest step.",
        "exact optimum along the line: two minima that both hold the feature cross",
        _second_jump,
    ),
    Claim(
        "map-agrees-with-exact",
        "In both maps, r = 1 aside, the sampled outcome (best of a point's models) agrees with the exact map at least "
        "as often as with the candidate one (difference of shares).",
        "least exact loss over free W and b; null: candidate theory",
        _agreement,
    ),
    Claim(
        "all-models-agree-with-exact",
        "The published average agrees too: of a point's models without the worst, 90 % end in the exact optimum's "
        "outcome. (Two features that begin on the same side of one dimension seldom come apart.)",
        "Elhage et al. 2022, phase change: ten models, the worst dropped, the rest averaged",
        _every_model,
        kind="open",
    ),
    Claim(
        "mirror",
        "The exact map of n = 2 is the same at r and 1/r, with losses times r.",
        "exchanging the two features",
        _mirror,
    ),
    Claim(
        "none-below-the-exact-map",
        "No sampled model has a lower exact loss than the best known one at its point (relative gap, to rounding).",
        "the exact map is a minimum over many descents",
        _no_better,
    ),
)
