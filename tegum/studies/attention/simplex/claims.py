"""What head-simplex claims: each with its bound from theory, a null, or the precision that training is asked for."""

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_cdf
from tegum.studies.claims import Claim, Measured
from tegum.studies.gaps import gap_claim
from tegum.studies.over_seeds import mean, median
from tegum.studies.study import config_in

PRECISION = 0.02  # of cosines and ratios: how near gradient descent on the exact loss must come to its minimum
WEIGHT_RATIOS = (1.0, 0.75, 0.5, 0.25, 0.1)

# The cosine between the two attended features of each case, on the left and on the right.
_PENTAGON = np.cos(2 * np.pi * np.array([1, 2]) / 5)
COSINES = {
    "digon": (-1.0, -1.0),
    "triangle": (-1 / 2, -1 / 2),
    "tetrahedron": (-1 / 3, -1 / 3),
    "pentagon, next": (_PENTAGON[0],) * 2,
    "pentagon, across": (_PENTAGON[1],) * 2,
    "digon to two": (-1.0, 0.0),
    "triangle to two": (-1 / 2, 0.0),
}
MERGED = 0.9  # cos from which two features count as parallel
PAYS = {
    "count": 16 / 27,
    "product": 3.0,
}  # λ p from which merging lowers the loss, for sparse features


def predicted_cosines() -> xr.DataArray:
    """|cos| of the first two slices with either attended feature; NaN where σ_2 = 0 leaves the slice free."""
    values = [[_slice_cosines(c, both) for c in both] for both in COSINES.values()]
    return xr.DataArray(values, dims=("case", "side", "slice"), coords={"case": list(COSINES)})


def _slice_cosines(c: float, both: tuple[float, float]) -> tuple[float, float]:
    # A side with c = 0 takes the directions that the other side's contrasts give it: 45° between its features.
    first = np.sqrt((1 + abs(c)) / 2)
    return first, np.nan if min(both) <= -1 else np.sqrt((1 - abs(c)) / 2)


def predicted_ratios() -> xr.DataArray:
    """σ_2 / σ_1 = √((1-|c|)/(1+|c|)) of the left times the same of the right."""
    each = {
        name: np.prod([np.sqrt((1 - abs(c)) / (1 + abs(c))) for c in both])
        for name, both in COSINES.items()
    }
    return xr.DataArray(list(each.values()), dims="case", coords={"case": list(each)})


def ceiling(c: float) -> float:
    """The largest mean |cos| that any two orthonormal vectors can have with two features at cosine c."""
    return float((np.sqrt(1 + c) + np.sqrt(1 - c)) / 2)


def _contrasts(ds: xr.Dataset) -> Measured:
    gap = abs(ds.cosine - predicted_cosines())
    cosines = int(gap.notnull().any("seed").sum())
    return median(
        gap, "greatest", high=PRECISION, note=f"worst of {cosines} cosines, medians over seeds"
    )


def _are_contrasts(ds: xr.Dataset) -> Measured:
    """|cos| of the first slice with the difference (c < 0) or the sum (c > 0); the second with the other."""
    values = []
    for case, both in COSINES.items():
        for side, c in zip(("left", "right"), both, strict=True):
            order = ("difference", "sum") if min(both) < 0 else ("sum", "difference")
            found = ds.contrast.sel(case=case, side=side)
            values += [
                found.sel(slice=k, of=of, drop=True).drop_vars(("case", "side"))
                for k, of in zip((1, 2), order, strict=True)
                if k == 1 or min(both) > -1
            ]
            del c
    note = "|cos(slice, contrast)|, worst case, side and slice"
    return median(xr.concat(values, "one"), "least", low=1 - PRECISION, note=note)


def _ratios(ds: xr.Dataset) -> Measured:
    gap = abs(ds.sigma_ratio - predicted_ratios())
    return median(gap, "greatest", high=PRECISION, note="worst case; median over seeds")


def _isometry(ds: xr.Dataset) -> Measured:
    inside = ds.full_sigma.where(ds.k <= ds.dimensions).min("k")
    outside = ds.full_sigma.where(ds.k > ds.dimensions).max("k")
    note = f"least of the d values; beyond them at most {float(outside.max()):.2g}"
    return median(inside - outside, "least", low=1 - PRECISION, note=note)


def _spans(ds: xr.Dataset) -> Measured:
    return median(ds.full_span, "least", low=1 - PRECISION, note="energy, worst polytope")


def _free_basis(ds: xr.Dataset) -> Measured:
    """Farthest, in standard errors, of what random axes of the polytope's own space have."""
    away, notes = [], []
    for name in ds.polytope.values:
        mean, error = _chance(int(ds.dimensions.sel(polytope=name).max()), ds.sizes["seed"])
        found = ds.full_best.sel(polytope=name).mean("seed")
        away += list((found.values - mean) / error)
        notes.append(f"{name} {float(found.mean()):.3g} (chance {mean:.3g})")
    return Measured(float(away[int(np.argmax(np.abs(away)))]), -4, 4, "; ".join(notes))


def _chance(d: int, seeds: int) -> tuple[float, float]:
    c = np.linspace(0, 1, 4001)
    above = 1 - chance_cdf(c, d, d)
    mean, square = np.trapezoid(above, c), np.trapezoid(2 * c * above, c)
    return float(mean), float(np.sqrt((square - mean**2) / seeds))


def _nothing(ds: xr.Dataset) -> Measured:
    return median(ds.unexplained, "least", low=0.999, note="least L2 / E s², worst polytope")


def _below(ds: xr.Dataset) -> Measured:
    return mean(_merged(ds).where(_paying(ds) < 1), "greatest", high=0.05, note=_merged_note(ds))


def _above(ds: xr.Dataset) -> Measured:
    return mean(_merged(ds).where(_paying(ds) >= 10), "least", low=0.9, note=_merged_note(ds))


def _paying(ds: xr.Dataset) -> xr.DataArray:
    """λ p by target, over the λ p from which merging lowers the loss."""
    thresholds = xr.DataArray(
        [PAYS[target] for target in ds.target.values], coords={"target": ds.target}
    )
    return ds.lam * float(config_in(ds)["joint_density"]) / thresholds


def _merged(ds: xr.Dataset) -> xr.DataArray:
    """Whether the two features attended alike are parallel, by target, λ and seed."""
    return (ds.between > MERGED).where(ds.finite.astype(bool))


def _merged_note(ds: xr.Dataset) -> str:
    parts = []
    for target in ds.target.values:
        merged = _merged(ds).sel(target=target).mean("seed")
        shares = ", ".join(
            f"{lam:g}: {float(v):.2g}" for lam, v in zip(ds.lam.values, merged.values, strict=True)
        )
        parts.append(f"{target} {shares}")
    lost = int(ds.sizes["target"] * ds.sizes["lam"] * ds.sizes["seed"] - ds.finite.sum())
    return f"merged by λ, {'; '.join(parts)}; {lost} models not finite"


def _halved(ds: xr.Dataset) -> Measured:
    merged = ds.between > MERGED
    away = abs(ds.joint_leverage.isel(feature=[0, 1]) - 0.5).max("feature").where(merged)
    evicted = ds.joint_norm.isel(feature=3).where(merged)
    note = f"of {int(merged.sum())} merged models; the target's antipode has length {float(evicted.median()):.2g}"
    return median(away, over=("seed", "target", "lam"), high=0.05, note=note)


def _features(ds: xr.Dataset) -> Measured:
    cases = ["triangle", "tetrahedron", "pentagon, next", "pentagon, across"]
    found = ds.achieved.sel(case=cases)
    medians = found.median(("seed", "target"))
    most = {case: f"{ceiling(COSINES[case][0]):.3g}" for case in cases}
    note = ", ".join(
        f"{c} {float(v):.3g} (at most {most[c]})"
        for c, v in zip(cases, medians.values, strict=True)
    )
    return median(found, "greatest", over=("seed", "target"), low=0.95, note=note)


def _graded(ds: xr.Dataset) -> Measured:
    half = ds.graded.sel(ratio=0.5)
    own = xr.concat([half.isel(member=k).sel(slice=k + 1, drop=True) for k in (0, 1)], "member")
    note = "|cos| of the worse feature with its own slice, weights 1 and 1/2, triangle"
    return median(own, "least", over=("seed", "side", "target"), low=0.95, note=note)


def _orthogonal(ds: xr.Dataset) -> Measured:
    top = ds.sel(lam=float(ds.lam.max()))
    note = f"|cos(W_0, W_1)| at λ = {float(top.lam):g}, median"
    return median(abs(top.between), over=("seed", "target"), high=0.3, note=note)


CLAIMS = (
    Claim(
        "cosines-of-contrasts",
        "For two equal pairs inside one polytope the slices have |cos| √((1±|c|)/2) with either feature, and √1/2 on a "
        "side whose two features are orthogonal, to within 0.02.",
        "theory: the singular vectors of Σ W_i W_jᵀ",
        _contrasts,
    ),
    Claim(
        "slices-are-contrasts",
        "The slices ARE the difference and the sum of the two features (|cos| ≥ 0.98), the larger of the two first.",
        "theory as above",
        _are_contrasts,
    ),
    Claim(
        "sigma-ratio",
        "σ_2/σ_1 is (1-|c|)/(1+|c|): 0 in a digon, 1/3 in a triangle, 1/2 in a tetrahedron, 0.53 and 0.11 in a "
        "pentagon; its root where only one side has c (to within 0.02).",
        "theory as above",
        _ratios,
    ),
    Claim(
        "full-polytope-isometry",
        "All vertices one to one: as many equal σ as the polytope has dimensions, and no more (gap ≥ 0.98 σ_1).",
        "theory: Σ W_i W'_iᵀ is a multiple of an isometry in a tight frame",
        _isometry,
    ),
    Claim(
        "full-polytope-spanned",
        "Those slices span the polytope (energy of every vertex ≥ 0.98).",
        "theory as above",
        _spans,
    ),
    Claim(
        "full-polytope-free-basis",
        "Within it they are any basis: a vertex's best slice aligns as chance does (in standard errors).",
        "null: the largest of d coordinates of a random direction",
        _free_basis,
    ),
    Claim(
        "all-to-one-cancels",
        "All vertices of a polytope to one target: there is nothing to learn, L2 stays at E s² (≥ 0.999).",
        "theory: Σ W_i = 0, so Ω* = 0",
        _nothing,
    ),
    Claim(
        "no-merging-below",
        "In joint training two features attended alike do not become parallel while merging costs more than it gives, "
        "λ p below 0.59 ('count') or 3 ('product'): in ≤ 5 % of models.",
        "theory: the two states' losses for sparse features",
        _below,
    ),
    Claim(
        "merging-above",
        "From ten times that on they do, from cos -1 to above 0.9, in ≥ 90 % of models.",
        "theory as above; ten times, so that the antipodal start is no longer a local minimum",
        _above,
    ),
    Claim(
        "merged-halves",
        "Merged features have leverage 1/2 each (to within 0.05, median).",
        "theory: two equal parallel features share one dimension",
        _halved,
    ),
    Claim(
        "slices-are-features",
        "Inside a polytope singular vectors are the features themselves (|cos| ≥ 0.95).",
        "the naive expectation; fails: orthogonal vectors cannot be, and the head's are the contrasts",
        _features,
        kind="open",
    ),
    Claim(
        "graded-weights-mend",
        "Distinct weights mend it: at weights 1 and 1/2 each slice is its feature (|cos| ≥ 0.95), triangle.",
        "the naive expectation; fails: weights turn the contrasts, and the slices stay orthogonal",
        _graded,
        kind="open",
    ),
    Claim(
        "attention-orthogonalises",
        "Heads make attended features orthogonal: |cos| between the two falls below 0.3 at the largest λ.",
        "the hypothesis as first stated; fails where both are attended alike: they become parallel",
        _orthogonal,
        kind="open",
    ),
    gap_claim(
        "those with the lightest head", lambda ds: ds.gap_to_best.sel(lam=float(ds.lam.min()))
    ),
)
