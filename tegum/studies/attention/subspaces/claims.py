"""What head-subspaces claims: each with its bound from theory, a null, or the precision that training is asked for."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_cdf
from tegum.studies.claims import Claim, Measured
from tegum.studies.gaps import gap_claim
from tegum.studies.over_seeds import mean, median

KINDS = ("single", "tetrahedron", "triangle", "digon", "pentagon")  # by falling leverage
LEVERAGES = (1.0, 3 / 4, 2 / 3, 1 / 2, 2 / 5)
AFFINE = "count, [h; 1]"
SPARSE = 0.1  # density up to which sets of slices are in the order of the leverages
PRECISION = (
    0.02  # of energies: how near gradient descent on the exact loss must come to its minimum
)


def purity(ds: xr.Dataset) -> xr.DataArray:
    """How far each slice keeps to one factor: its largest block energy."""
    return ds.block_energy.max("block")


def _sparse(ds: xr.Dataset) -> list[float]:
    return [p for p in ds.density.values if p <= SPARSE]


def _energies(ds: xr.Dataset) -> Measured:
    gap = abs(ds.energy.sel(way="trained") - ds.energy.sel(way="closed form"))
    note = f"worst of {gap.size // ds.sizes['seed']} settings, median over seeds"
    return median(gap, "greatest", high=PRECISION, note=note)


def _order(ds: xr.Dataset) -> Measured:
    energy = ds.energy.sel(way="trained", density=_sparse(ds))
    place = xr.DataArray(np.arange(1, len(KINDS) + 1), coords={"kind": list(KINDS)})
    as_predicted = ((energy > 0.5) == (place <= energy["rank"])).all("kind")
    return mean(as_predicted, low=0.95, note=f"share of {as_predicted.size} heads, r = 1 ... 5")


def _tau(ds: xr.Dataset) -> Measured:
    p = float(ds.density.min())
    away = abs(ds.tau.sel(density=p) - xr.DataArray(list(LEVERAGES), coords={"kind": list(KINDS)}))
    return Measured(
        float(away.max()), high=2 * p, note=f"at density {p:g}, worst factor, target and input"
    )


def _pure(*settings: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        found = purity(ds).sel(way="trained", variant=AFFINE, setting=list(settings))
        entropy = (
            ds.entropy.sel(way="trained", variant=AFFINE, setting=list(settings))
            .median("seed")
            .max()
        )
        note = f"median over seeds, worst slice and density; entropy over factors at most {float(entropy):.2g} nats"
        return median(found, "least", low=1 - PRECISION, note=note)

    return measure


def _purity_is_theory(ds: xr.Dataset) -> Measured:
    distinct = purity(ds).sel(setting=[s for s in ds.setting.values if s != "five digons, equal"])
    gap = abs(distinct.sel(way="trained") - distinct.sel(way="closed form"))
    least = float(distinct.sel(way="trained").median("seed").min())
    note = f"worst setting and slice; the least pure slice has {least:.2g}"
    return median(gap, "greatest", high=PRECISION, note=note)


def _equal_digons_mix(ds: xr.Dataset) -> Measured:
    """Random slices within the 5 attended directions have the largest of 5 squared coordinates as their purity."""
    found = purity(ds).sel(way="trained", variant=AFFINE, setting="five digons, equal")
    middle, deviation = mixed_purity()
    error = (
        4 * deviation / np.sqrt(ds.sizes["seed"])
    )  # slices of one head vary together at most fully
    note = "mean over slices and seeds, farthest density"
    return mean(
        found, middle, over=("seed", "slice"), low=middle - error, high=middle + error, note=note
    )


def mixed_purity() -> tuple[float, float]:
    """Mean and standard deviation of the largest of 5 squared coordinates of a random direction in 5 dimensions."""
    square = np.linspace(0, 1, 4001)
    above = 1 - chance_cdf(np.sqrt(square), len(KINDS), len(KINDS))
    mean, second = np.trapezoid(above, square), np.trapezoid(2 * square * above, square)
    return float(mean), float(np.sqrt(second - mean**2))


def _floor(ds: xr.Dataset) -> Measured:
    return median(
        ds.excess,
        "greatest",
        high=0.01,
        note="(L2 - floor) / E s², median over seeds, worst setting",
    )


def _on_trained_theory(ds: xr.Dataset) -> Measured:
    gap = abs(ds.purity.sel(way="trained") - ds.purity.sel(way="closed form"))
    return median(gap, "greatest", high=PRECISION, note=_models(ds))


def _on_trained_null(ds: xr.Dataset) -> Measured:
    above = (ds.purity.sel(way="trained") > ds.purity_null).where(ds.enough)
    least = float(ds.purity.sel(way="trained").median("seed").min())
    null = float(ds.purity_null.median())
    note = (
        f"share of slices; median purity ≥ {least:.3g}, its null's 95 % {null:.3g}; {_models(ds)}"
    )
    return mean(above, low=0.95, note=note)


def _two_slices(ds: xr.Dataset) -> Measured:
    energy = ds.two_slices.sel(way="trained")
    served = energy.sel(asked="dedicated").min("asked") > energy.sel(asked="shared").max("asked")
    away = abs(energy - ds.two_slices.sel(way="closed form")).median("seed").max()
    note = f"share of {int(ds.enough.sum())} models; energies differ from the closed form's by {float(away):.2g}"
    return mean(served.where(ds.enough), low=0.95, note=note)


def _models(ds: xr.Dataset) -> str:
    factors, digons = float(ds.factors.median()), float(ds.digons.median())
    return f"{int(ds.enough.sum())} models, of about {factors:g} factors, {digons:g} of them digons"


def _pentagon_first(ds: xr.Dataset) -> Measured:
    short = ds.energy.sel(way="trained").isel(rank=slice(0, -1))
    first = short.sel(kind="pentagon") > short.sel(kind="single")
    return mean(first, low=0.05, note=f"share of {first.size} heads with r < 5")


def _equal_suffices(ds: xr.Dataset) -> Measured:
    found = purity(ds).sel(way="trained", variant=AFFINE, setting="five digons, equal")
    note = f"median; random mixtures have {mixed_purity()[0]:.3g}"
    return median(found, over=("seed", "density", "slice"), low=0.95, note=note)


def _without_constant(ds: xr.Dataset) -> Measured:
    dense = ds.sel(density=float(ds.density.max()))
    found = purity(dense).sel(way="trained", variant="count", setting="five kinds, equal")
    return median(found, "least", low=0.95, note=f"worst slice at density {float(dense.density):g}")


CLAIMS = (
    Claim(
        "energies-are-theory",
        "At every rank r = 1 ... 5 each attended feature's energy in the span of the slices is that of the closed form,"
        " to within 0.02.",
        "theory: reduced-rank regression",
        _energies,
    ),
    Claim(
        "order-of-leverage",
        "At density ≤ 0.1 and equal weights r slices serve the first r of: dedicated, tetrahedron, triangle, digon, "
        "pentagon, and no other (in ≥ 95 % of heads).",
        "theory: the largest τ first, τ ∝ √(P_ii P_jj)",
        _order,
    ),
    Claim(
        "tau-is-leverage",
        "For sparse features τ_k/τ_1 is 1, 3/4, 2/3, 1/2, 2/5, up to corrections of order p (2p).",
        "theory: τ = t √(P_ii P_jj) times a constant, up to the mean that all share",
        _tau,
    ),
    Claim(
        "one-factor-each",
        "With a constant input and r = q each slice keeps to one factor (block energy ≥ 0.98), five kinds of factors, "
        "weights equal or graded.",
        "theory: d_i ∝ W_i, orthogonal; σ ∝ t P_ii P_jj are distinct",
        _pure("five kinds, equal", "five kinds, graded"),
    ),
    Claim(
        "graded-digons-apart",
        "With a constant input five digons of graded weights get a slice each, too (block energy ≥ 0.98).",
        "theory: as above, σ ∝ t",
        _pure("five digons, graded"),
    ),
    Claim(
        "equal-digons-mix",
        "Five digons of equal weights are mixed as random directions are (within 4 standard errors).",
        "null: the largest of 5 squared coordinates of a random direction",
        _equal_digons_mix,
    ),
    Claim(
        "purity-is-theory",
        "Where σ are distinct the purity of every slice is that of the closed form, to within 0.02, for every density,"
        " target and input.",
        "theory: Ω* = D T Dᵀ",
        _purity_is_theory,
    ),
    Claim(
        "descent-reaches-floor",
        "Gradient descent reaches the floor of L2 to within 1 % of E s².",
        "theory: the quadratic's minimum",
        _floor,
    ),
    Claim(
        "trained-w-is-theory",
        "On trained W the purity of slices is that of the closed form, to within 0.02.",
        "theory: Ω* = D T Dᵀ at the trained W",
        _on_trained_theory,
    ),
    Claim(
        "trained-w-above-null",
        "On trained W slices keep to one factor more than chance (its 95 %) explains, in ≥ 95 % of slices.",
        "null: largest block energy of random directions, for the blocks of each W",
        _on_trained_null,
    ),
    Claim(
        "trained-w-dedicated-first",
        "On trained W two slices of a head without a constant input serve the two dedicated features of five attended, "
        "of equal weights, before any in a digon (in ≥ 95 % of models).",
        "theory: the largest √(P_ii P_jj) first",
        _two_slices,
    ),
    Claim(
        "pentagon-first",
        "Some heads of short rank serve a pentagon before a dedicated feature (in 5 % of them).",
        "the opposite of what theory says; would refute it",
        _pentagon_first,
        kind="open",
    ),
    Claim(
        "equal-weights-suffice",
        "Orthogonal factors alone keep slices apart: five digons of equal weight get a slice each (block energy 0.95).",
        "the naive expectation; fails: equal σ leave the basis free",
        _equal_suffices,
        kind="open",
    ),
    Claim(
        "dense-without-constant",
        "Without a constant input, too, dense features' slices keep to one factor (block energy 0.95).",
        "the naive expectation; fails: Σ W_k, along the dedicated features, stands for the constant",
        _without_constant,
        kind="open",
    ),
    gap_claim("those trained"),
)
