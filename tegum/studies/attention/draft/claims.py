"""What head-draft claims: the draft's findings, and what theory says of the same quantities.

"Equal" means to within 0.03 for cosines and 5 % for singular values: weights are trained on samples at a constant
learning rate. The null is the best of r slices in m dimensions, since a pair may choose its slice.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_quantile
from tegum.studies.claims import Claim, Measured
from tegum.studies.gaps import gap_claim
from tegum.studies.over_seeds import mean, median
from tegum.studies.study import config_in

COSINE, SIGMA = 0.03, 0.05
ALIGNED = 0.95
DENSE = (
    0.5  # from this density on the top m features are stored orthogonally, by the draft's account
)


def null_in(ds: xr.Dataset) -> float:
    """What the best of r random orthonormal slices stays below in 95 %."""
    config = config_in(ds)
    return chance_quantile(0.95, config["n_hidden"], config["rank"])


def worse_side(ds: xr.Dataset, way: str) -> xr.DataArray:
    """|cos| of each pair's slice, the worse side, of jointly trained models that stayed finite."""
    return abs(ds.cosine.sel(way=way, drop=True)).min("side", skipna=False).where(finite(ds))


def finite(ds: xr.Dataset) -> xr.DataArray:
    """Jointly trained models that did not diverge."""
    return ds.finite.sel(training="joint", drop=True)


def affordable(ds: xr.Dataset) -> list[float]:
    """Densities at which the head gains more by features of their own than dropping the two least important ones costs.

    For the weaker pair: λ t² (p/3)² (1 - D²), D = 1/2, against v (I_n + I_{n-1}), v = p(1+3S)/12.
    """
    config = config_in(ds)
    p = ds.density.values
    lam = config["lam_of_mean"] * config["n_features"]
    gain = lam * min(config["pair_weights"]) ** 2 * (p / 3) ** 2 * 0.75
    least = config["importance_decay"] ** np.array(
        [config["n_features"] - 1, config["n_features"] - 2]
    )
    return [float(d) for d in p[gain > p * (4 - 3 * p) / 12 * least.sum()]]


def _above_null(ds: xr.Dataset) -> Measured:
    return median(
        worse_side(ds, "used"),
        "least",
        low=null_in(ds),
        note="median over seeds, worst density and pair",
    )


def _theory(ds: xr.Dataset) -> Measured:
    gap = abs(
        abs(ds.cosine.sel(way="used", drop=True)) - abs(ds.cosine.sel(way="theory", drop=True))
    )
    note = "median over seeds and sides, worst density and pair"
    return median(gap.where(finite(ds)), "greatest", over=("seed", "side"), high=COSINE, note=note)


def _raw_recovery(ds: xr.Dataset) -> Measured:
    dense = ds.sel(density=[p for p in ds.density.values if p >= DENSE])
    found = worse_side(dense, "raw")
    used = worse_side(dense, "used")
    note = (
        f"worst median of {found.sizes['density']} densities ≥ {DENSE:g} and two pairs; used part "
        f"{float(used.median('seed').min()):.3f}; models with both pairs above: {_share_above(found):.0%} and "
        f"{_share_above(used):.0%}"
    )
    return median(found, "least", low=ALIGNED, note=note)


def _share_above(found: xr.DataArray) -> float:
    return float((found > ALIGNED).all("pair").mean())


def _raw_everywhere(ds: xr.Dataset) -> Measured:
    found = worse_side(ds, "raw")
    worst = found.median("seed").min("pair").idxmin("density")
    return median(found, "least", low=null_in(ds), note=f"worst at density {float(worst):g}")


def _in_order(ds: xr.Dataset) -> Measured:
    found = ds.slice.sel(way="used", drop=True)
    ordered = ((found.isel(pair=1) == 0) & (found.isel(pair=0) == 1)).where(finite(ds))
    return mean(ordered, "least", low=0.95, note="share of models at the worst density")


def _signs(ds: xr.Dataset) -> Measured:
    agree = (ds.cosine.sel(way="used").prod("side") > 0).where(worse_side(ds, "used") > null_in(ds))
    return mean(agree, low=0.95, note=f"of {int(agree.notnull().sum())} slices above the null")


def _ratio(ds: xr.Dataset) -> xr.DataArray:
    used = ds.sigma.sel(way="used", drop=True)
    return (used.isel(pair=1) / used.isel(pair=0)).where(finite(ds))


def _weights_ratio(ds: xr.Dataset) -> Measured:
    """Ratio of the two contributions σ‖W_i‖‖W_j‖ over that of the weights; the plain ratio of σ goes into the note."""
    weights = config_in(ds)["pair_weights"]
    joint = ds.sel(training="joint")
    own = (joint.leverage > ALIGNED).all(("pair", "side"))
    length = joint.norm.prod("side")
    plain = _ratio(ds).where(own) / (weights[1] / weights[0])
    found = plain * length.isel(pair=1) / length.isel(pair=0)
    note = (
        "over the ratio of T, where four features have a dimension each; worst median over densities; σ alone "
        f"{float(plain.median('seed').min()):.3f} to {float(plain.median('seed').max()):.3f}"
    )
    return median(found, 1.0, low=1 - SIGMA, high=1 + SIGMA, note=note)


def _sigma_theory(ds: xr.Dataset) -> Measured:
    gap = abs(
        ds.sigma.sel(way="used", drop=True) / ds.sigma.sel(way="theory", drop=True) - 1
    ).where(finite(ds))
    return median(gap, "greatest", high=SIGMA, note="median over seeds, worst density and pair")


def _floor(ds: xr.Dataset) -> Measured:
    excess = (ds.L2 - ds.L2_floor).where(finite(ds))
    return median(
        excess, "greatest", high=0.01, note="(L2 - floor) / E s², median over seeds, worst density"
    )


def _own_dimension(ds: xr.Dataset) -> Measured:
    where = affordable(ds)
    four = ds.leverage.sel(training="joint", drop=True).where(finite(ds)).min(("pair", "side"))
    alone = (
        ds.leverage.sel(training="alone").min(("pair", "side")).sel(density=where).median("seed")
    )
    note = (
        f"lowest of four, median over seeds, worst of {len(where)} densities ≥ {min(where, default=np.nan):g}; "
        f"without a head it would be {float(alone.min()):.2f}"
    )
    return median(four.sel(density=where), "least", low=ALIGNED, note=note)


def _others_share(ds: xr.Dataset) -> Measured:
    """Represented features beyond the attended four, for each dimension that these leave; joint against alone."""
    config = config_in(ds)
    left = config["n_hidden"] - 4 - ds.empty.sel(training="joint", drop=True)
    crowded = ((ds.represented.sel(training="joint", drop=True) - 4) / left).where(finite(ds))
    alone = (ds.represented.sel(training="alone", drop=True) / config["n_hidden"]).median("seed")
    sparse = float(ds.density.min())
    least = float(alone.sel(density=sparse))
    note = f"features a dimension at density {sparse:g}, beyond the attended; trained alone {least:.2f}"
    return median(crowded.sel(density=sparse), low=least, note=note)


def _digon_sigma(ds: xr.Dataset) -> Measured:
    """σ ‖W_i‖ ‖W_j‖ / t against P_ii P_jj, for closed-form heads on bottlenecks trained alone."""
    alone = ds.sel(training="alone")
    weights = xr.DataArray(config_in(ds)["pair_weights"], dims="pair")
    found = ds.alone_sigma * alone.norm.prod("side") / weights
    expected = alone.leverage.prod("side")
    tight = ((alone.leverage - alone.dimensionality) < COSINE).all("side") & alone.finite
    gap = abs(found - expected).where(tight)
    shared = (expected < 0.75).where(tight)
    note = f"median over {int(gap.notnull().sum())} slices; {float(shared.mean()):.0%} with P_ii P_jj < 3/4"
    return median(gap, over=("seed", "density", "pair"), high=SIGMA, note=note)


def _no_empty(training: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        found = (ds.empty.sel(training=training) == 0).where(ds.finite.sel(training=training))
        by_density = ", ".join(
            f"{1 - float(found.sel(density=p).mean()):.0%} at {p:g}"
            for p in ds.density.values[::-1]
        )
        return mean(found, low=0.95, note=f"with an empty direction, by density: {by_density}")

    return measure


def _used_is_better(ds: xr.Dataset) -> Measured:
    empty = finite(ds) & (ds.empty.sel(training="joint", drop=True) > 0)
    better = (worse_side(ds, "used") - worse_side(ds, "raw")).mean("pair").where(empty)
    full = worse_side(ds, "raw").where(finite(ds) & ~empty)
    rest = f"raw |cos| of the others {float(full.median()):.3f}"
    note = f"median gain of {int(empty.sum())} models with an empty direction; {rest}"
    return median(better, over=("seed", "density"), low=0.0, note=note)


CLAIMS = (
    Claim(
        "above-null",
        "At every density both pairs have a slice (of the used part of Ω) that aligns beyond the 95 % of chance.",
        "exact null: the best of r orthonormal vectors in m dimensions",
        _above_null,
    ),
    Claim(
        "matches-theory",
        "Its |cos| with the features is that of the best head on the same W, to within 0.03.",
        "theory: Ω* = Σ T_ij d_i d_jᵀ, cut to rank r",
        _theory,
    ),
    Claim(
        "signs-agree",
        "Both sides of a slice point along their features, or both against (in ≥ 95 %).",
        "theory: weights are positive; a coin would give 50 %",
        _signs,
    ),
    Claim(
        "in-order",
        "The first slice is the pair of weight 2, the second that of weight 1 (in ≥ 95 % of models at every density).",
        "the draft: slices in the order of T; theory: σ = t / (‖W_i‖ ‖W_j‖) for features with a dimension each",
        _in_order,
    ),
    Claim(
        "two-to-one",
        "Where all four features have a dimension each, the contributions σ ‖W_i‖ ‖W_j‖ are in the ratio of T, to 5 %.",
        "the draft: singular values 2 : 1, which they are as far as lengths are equal; theory as above",
        _weights_ratio,
    ),
    Claim(
        "sigma-theory",
        "The singular values are those of the best head on the same W, to 5 %.",
        "theory: Ω* as above",
        _sigma_theory,
    ),
    Claim(
        "reaches-floor",
        "The head's exact L2 is within 1 % of E s² of the least on its W.",
        "theory: the quadratic's minimum",
        _floor,
    ),
    Claim(
        "own-dimension",
        "Wherever it pays, the head makes all four attended features orthogonal: lowest leverage above 0.95.",
        "theory: λ t² (p/3)² (1 - D²) against v (I_n + I_{n-1}) for two dropped features",
        _own_dimension,
    ),
    Claim(
        "others-share",
        "The other features share what dimensions are left: more of them a dimension than without a head, when sparse.",
        "theory: Σ P_ii = m, of which the attended take 4; the draft saw the rest in the remaining subspace",
        _others_share,
        kind="open",
    ),
    Claim(
        "digon-halves",
        "On bottlenecks trained alone σ ‖W_i‖ ‖W_j‖ / t = P_ii P_jj (tight features): a digon's member counts half.",
        "theory: |G⁻¹W_i| = P_ii / ‖W_i‖; it explains the draft's small singular values, and why weak features have "
        "large ones",
        _digon_sigma,
    ),
    Claim(
        "dense-recovery",
        "When features are dense (density ≥ 1/2) the slices of Ω as it is recover the pairs: median |cos| ≥ 0.95.",
        "the draft's main finding; theory agrees, but for directions that no feature uses",
        _raw_recovery,
        kind="open",
    ),
    Claim(
        "raw-above-null",
        "At every density both pairs have a slice of Ω as it is that aligns beyond the 95 % of chance.",
        "exact null as above; theory does not say how much of Ω's random start is left",
        _raw_everywhere,
        kind="open",
    ),
    Claim(
        "no-empty-direction-alone",
        "Bottlenecks trained alone use all their hidden directions (in ≥ 95 % of models).",
        "theory: one more direction always stores one more feature",
        _no_empty("alone"),
    ),
    Claim(
        "no-empty-direction",
        "So do those trained jointly with the head.",
        "theory speaks of the optimum; a strong untrained head first shrinks the directions that it responds to",
        _no_empty("joint"),
        kind="open",
    ),
    Claim(
        "empty-direction-tilts",
        "In models with an empty direction the used part of Ω aligns at least as well as Ω as it is.",
        "theory: where h is zero the loss has no gradient, so Ω keeps its random start there",
        _used_is_better,
    ),
    gap_claim("each density, with a head and without"),
)
