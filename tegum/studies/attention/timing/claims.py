"""What head-timing claims, and the times and the threshold that claims and figures share.

Bounds are 0.95 for "aligned" and "orthogonal" (cosine and leverage, far above the null of a random direction), 3/4 for
"has left its antipode" (midway between 1/2 and 1), fair coins, and λ* = cost / gain in closed form.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.analysis.nulls import chance_quantile, coin_share
from tegum.studies.claims import Claim, Measured
from tegum.studies.gaps import gap_claim
from tegum.studies.over_seeds import mean, median
from tegum.studies.study import config_in

SETTLED_AT = 0.95  # what |cos| and leverage must stay above
MIDWAY = 0.75  # between the leverage of an antipode, 1/2, and that of a feature alone, 1
ESCAPED = 0.1  # a head has escaped from its small start when it explains this share of what can be explained


def lam_bound(n_features: int, n_hidden: int, density: float) -> float:
    """λ*: beyond it dropping features, so that the two attended ones have a dimension each, costs less than it gains.

    Before, every feature has D = m/n of a dimension. The other m - 2 dimensions then hold (m - 2)/D features, so that
    2n/m - 2 are dropped, at v = p(1+3S)/12 each. The gain is λ p² (3S²/(1+3S))² (1 - D²). An upper bound: features need
    not be dropped if they can move closer together at less cost.
    """
    s = 1 - density
    share = n_hidden / n_features
    cost = (2 / share - 2) * density * (1 + 3 * s) / 12
    return cost / (density**2 * (3 * s**2 / (1 + 3 * s)) ** 2 * (1 - share**2))


def bound_in(ds: xr.Dataset) -> float:
    """λ* for a run's config."""
    config = config_in(ds)
    return lam_bound(config["n_features"], config["n_hidden"], config["density"])


def alignment(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of the first singular vectors with their features, the worse side of each model; diverged ones are NaN."""
    return abs(ds.cosine).min("side", skipna=False).where(ds.finite)


def leverage(ds: xr.Dataset) -> xr.DataArray:
    """Leverage of the attended features, the lower side of each model."""
    return ds.leverage.min("side", skipna=False).where(ds.finite)


def first_to_stay(values: xr.DataArray, level: float = SETTLED_AT) -> xr.DataArray:
    """The first look from which values stay above the level; infinite where there is none, NaN where a model diverged.

    Censored times are infinite: later than the end.
    """
    stays = (values > level).isel(step=slice(None, None, -1)).cumprod("step").sum("step")
    looks = values.sizes["step"]
    times = np.append(values.step.values.astype(float), np.inf)
    place = (looks - stays).astype(int)
    return xr.DataArray(times[place.values], place.coords, place.dims).where(
        values.notnull().all("step")
    )


def dimensionality(ds: xr.Dataset) -> xr.DataArray:
    """D_i of the attended features, the lower side of each model."""
    return ds.dimensionality.min("side", skipna=False).where(ds.finite)


def times(ds: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """t_align and t_orth of every model."""
    return first_to_stay(alignment(ds)), first_to_stay(leverage(ds))


def crossing(values: xr.DataArray, level: float) -> float:
    """The λ at which values over `lam` first pass the level, between neighbours in log λ; NaN if they never do."""
    above = np.flatnonzero(values.values > level)
    if not above.size:
        return np.nan
    k = int(above[0])
    lams = np.log(values.lam.values)
    if k == 0:
        return float(np.exp(lams[0]))
    low, high = values.values[k - 1], values.values[k]
    return float(np.exp(lams[k - 1] + (lams[k] - lams[k - 1]) * (level - low) / (high - low)))


def _fresh(ds: xr.Dataset) -> xr.Dataset:
    return ds.sel(start="fresh")


def _settled(ds: xr.Dataset) -> xr.Dataset:
    return ds.sel(start="settled")


def _below(ds: xr.Dataset, factor: float = 1.0) -> list[float]:
    return [float(lam) for lam in ds.lam.values if lam <= factor * bound_in(ds)]


def _above(ds: xr.Dataset) -> list[float]:
    return [float(lam) for lam in ds.lam.values if lam > bound_in(ds)]


NOTHING = Measured.nothing("this run has no λ, or no model, on that side of λ*")


def _against_coin(holds: xr.DataArray, note: str) -> Measured:
    """The share of models in which something holds, against a fair coin; NaN marks those that are not asked."""
    models = int(holds.notnull().sum())
    return mean(holds, low=coin_share(models), note=f"of {models} {note}") if models else NOTHING


def _without_orthogonality(ds: xr.Dataset) -> Measured:
    if not _below(ds, 0.1):
        return NOTHING
    weak = _fresh(ds).sel(lam=_below(ds, 0.1))
    aligned = xr.apply_ufunc(np.isfinite, times(weak)[0])
    shared = leverage(weak).isel(step=-1) < MIDWAY
    both = (aligned & shared).where(weak.finite)
    return mean(both, low=0.95, note=f"of {both.size} models at λ ≤ λ*/10, λ* = {bound_in(ds):.3g}")


def _align_first(lams: Callable[[xr.Dataset], list[float]]) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        if not lams(ds):
            return NOTHING
        where = _fresh(ds).sel(lam=lams(ds))
        aligned, orthogonal = times(where)
        first, last = aligned < orthogonal, aligned > orthogonal
        by_lam = ", ".join(
            f"{float(first.sel(lam=lam).mean()):.0%} at {lam:g}" for lam in where.lam.values
        )
        never = int(np.isinf(orthogonal).sum())
        note = f"models without a tie; {never} never orthogonal; by λ: {by_lam}"
        return _against_coin(first.where(first | last), note)

    return measure


def _orthogonal_first(
    what: Callable[[xr.Dataset], xr.DataArray],
) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        if not _above(ds):
            return NOTHING
        where = _fresh(ds).sel(lam=_above(ds))
        aligned, orthogonal = first_to_stay(alignment(where)), first_to_stay(what(where))
        first, last = orthogonal < aligned, orthogonal > aligned
        by_lam = ", ".join(
            f"{float(first.sel(lam=lam).mean()):.0%} at {lam:g}" for lam in where.lam.values
        )
        note = f"models without a tie at λ > λ* = {bound_in(ds):.3g}; by λ: {by_lam}"
        return _against_coin(first.where(first | last), note)

    return measure


def _head_ahead(ds: xr.Dataset) -> Measured:
    """At t_orth: how often the first singular vectors are nearer to d_i than to W_i, where the features align later."""
    if not _above(ds):
        return NOTHING
    where = _fresh(ds).sel(lam=_above(ds))
    aligned, orthogonal = times(where)
    later = (orthogonal < aligned).where(where.finite, other=False)
    at = where[["cosine", "dual_cosine"]].isel(
        step=abs(where.step - orthogonal).fillna(0).argmin("step")
    )
    dual, feature = (abs(at[name]).min("side").where(later) for name in ("dual_cosine", "cosine"))
    note = f"models; medians then: {float(dual.median()):.3f} with d_i, {float(feature.median()):.3f} with W_i"
    return _against_coin((dual > feature).where(later), note)


def _above_null(ds: xr.Dataset) -> Measured:
    found = alignment(_fresh(ds)).isel(step=-1)
    null = chance_quantile(0.95, int(config_in(ds)["n_hidden"]))
    return median(found, "least", low=null, note="median over seeds at the end, worst λ")


def _orthogonal_above(ds: xr.Dataset) -> Measured:
    if not _above(ds):
        return NOTHING
    found = leverage(_fresh(ds)).isel(step=-1).sel(lam=_above(ds))
    note = (
        f"median over seeds at the end, worst of {found.sizes['lam']} λ > λ* = {bound_in(ds):.3g}"
    )
    return median(found, "least", low=SETTLED_AT, note=note)


def _threshold(start: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        medians = leverage(ds.sel(start=start)).isel(step=-1).median("seed")
        strict = crossing(medians, SETTLED_AT)
        note = f"λ where the median leverage passes 3/4; it passes 0.95 at {strict:.3g}; looked at λ = {_listed(ds)}"
        return Measured(crossing(medians, MIDWAY), high=bound_in(ds), note=note)

    return measure


def _listed(ds: xr.Dataset) -> str:
    return ", ".join(f"{lam:g}" for lam in ds.lam.values)


def _first_response(ds: xr.Dataset) -> Measured:
    """Leverage against that of a digon of unequal lengths, where the pair still is one."""
    if not _below(ds):
        return NOTHING
    end = _settled(ds).sel(lam=_below(ds)).isel(step=-1)
    unequal = end.norm**2 / (end.norm**2 + end.partner_norm**2)
    gap = abs(end.leverage - unequal).where(end.finite & (end.partner_cosine < -MIDWAY))
    top = float(end.leverage.where(gap.notnull()).max())
    note = f"median over {int(gap.notnull().sum())} attended features still opposed; their leverage reaches {top:.2f}"
    return median(gap, over=("seed", "lam", "side"), high=0.03, note=note)


def _evicted(ds: xr.Dataset) -> Measured:
    if not _above(ds):
        return NOTHING
    end = _settled(ds).sel(lam=_above(ds)).isel(step=-1)
    there = end.finite & end.partner_norm.notnull()
    dropped = (end.partner_norm < 0.5).where(there)
    turned = ((end.partner_norm >= 0.5) & (abs(end.partner_cosine) < 0.5)).where(there)
    note = f"share of former antipodes shorter than 1/2 at λ > λ*; kept but turned beyond 60°: {float(turned.mean()):.0%}"
    return mean(dropped, low=0.5, note=note)


def _no_room(ds: xr.Dataset) -> Measured:
    strong = [
        float(lam) for lam in ds.plane_lam.values if lam > lam_bound(4, 2, config_in(ds)["density"])
    ]
    if not strong:
        return NOTHING
    end = ds.plane_w.sel(plane_lam=strong).isel(step=-1)
    length = np.sqrt((end**2).sum("axis"))
    evicted = (
        (length.sel(corner=[2, 3]) < 0.5).all("corner").where(ds.plane_finite.sel(plane_lam=strong))
    )
    return mean(evicted, low=0.95, note=f"of {evicted.size} models at λ = {strong}")


def escape(ds: xr.Dataset) -> xr.DataArray:
    """The look at which each growing head has escaped from its small start."""
    return (ds.explained > ESCAPED).argmax("head_step")


def _early(ds: xr.Dataset) -> Measured:
    at = ds.grown_cosine.isel(head_step=escape(ds)).where(ds.grown_finite)
    nearer = (at.sel(direction="a", drop=True) > at.sel(direction="d", drop=True)).where(
        ds.grown_finite
    )
    both = (nearer.mean("side") > 0.5).where(ds.grown_finite)
    return _against_coin(
        both, f"heads; median |cos(u, a_i)| then {float(at.sel(direction='a').median()):.3f}"
    )


def _late(ds: xr.Dataset) -> Measured:
    end = ds.grown_cosine.isel(head_step=-1).sel(direction="d").where(ds.grown_finite).min("side")
    return median(end, "least", low=0.99, note="median over seeds, worse side, worst density")


def _late_feature(ds: xr.Dataset) -> Measured:
    end = ds.grown_cosine.isel(head_step=-1).sel(direction="W", drop=True)
    gap = abs(end - ds.direction_cosine.sel(direction="d", drop=True)).where(ds.grown_finite)
    theory = ds.direction_cosine.sel(direction="d").median(("seed", "side"))
    said = ", ".join(
        f"{float(theory.sel(random_density=p)):.2f} at density {p:g}"
        for p in ds.random_density.values
    )
    return median(
        gap,
        "greatest",
        over=("seed", "side"),
        high=0.01,
        note=f"median gap; theory's own median: {said}",
    )


def _fall(ds: xr.Dataset) -> xr.DataArray:
    """|cos(u, W_i)| at the escape less that at the end, by density, seed and side."""
    found = ds.grown_cosine.sel(direction="W", drop=True)
    return found.isel(head_step=escape(ds)) - found.isel(head_step=-1)


def _falls_as_theory(ds: xr.Dataset) -> Measured:
    expected = ds.direction_cosine.sel(direction="a", drop=True) - ds.direction_cosine.sel(
        direction="d", drop=True
    )
    # Both sides of a head together, for they are not independent.
    agree = (np.sign(_fall(ds).mean("side")) == np.sign(expected.mean("side"))).where(
        ds.grown_finite
    )
    return _against_coin(agree, "heads at all densities")


def _always_falls(ds: xr.Dataset) -> Measured:
    fell = (_fall(ds).mean("side") > 0).where(ds.grown_finite)
    shares = fell.mean("seed")
    found = ds.grown_cosine.sel(direction="W").median(("seed", "side"))
    said = "; ".join(
        f"density {p:g}: {float(shares.sel(random_density=p)):.0%}, peak {float(found.sel(random_density=p).max()):.2f}"
        f", end {float(found.sel(random_density=p)[-1]):.2f}"
        for p in ds.random_density.values
    )
    return mean(fell, "least", low=coin_share(int(ds.grown_finite.sum("seed").min())), note=said)


CLAIMS = (
    Claim(
        "aligned-without-orthogonality",
        "Where the head weighs little (λ ≤ λ*/10) it aligns with features that stay in superposition: |cos| stays above"
        " 0.95 on both sides and a leverage ends below 3/4 (in ≥ 95 % of models).",
        "theory: antipodes cost the head less than a dropped feature costs reconstruction, and in a balanced frame "
        "|cos(d_i, W_i)| = 1",
        _without_orthogonality,
    ),
    Claim(
        "aligns-first-below-threshold",
        "At λ < λ* alignment comes before orthogonality, more often than a fair coin (95 %); features that never "
        "become orthogonal count as later.",
        "theory: a head aligns in any balanced frame; small earlier runs; null: fair coin",
        _align_first(_below),
    ),
    Claim(
        "aligns-first",
        "Alignment comes before orthogonality at every λ alike, more often than a fair coin (95 %).",
        "prediction from small earlier runs at λ ≤ 10; it fails at λ > λ*, where the head's loss shapes W before the "
        "head itself has settled",
        _align_first(lambda ds: [float(lam) for lam in ds.lam.values]),
        kind="open",
    ),
    Claim(
        "orthogonal-first",
        "Attended features become orthogonal (leverage), then singular vectors align: at λ > λ* more often than a fair "
        "coin.",
        "the hypothesis as first stated; theory speaks of the end, not of the order; null: fair coin",
        _orthogonal_first(leverage),
        kind="open",
    ),
    Claim(
        "orthogonal-columns-first",
        "The same in the stricter sense that the attended columns of W are orthogonal to all others (D_i > 0.95).",
        "as above; leverage rises as soon as the attended columns are the longest, D_i only when the others turn away",
        _orthogonal_first(dimensionality),
        kind="open",
    ),
    Claim(
        "head-ahead",
        "Where features have leverage but not yet alignment (t_orth < t_align, λ > λ*), the singular vectors at t_orth "
        "are nearer to d_i than to W_i more often than a fair coin: the head waits for W, not W for the head.",
        "theory: Ω* ∝ d_i d_jᵀ, and d_i is parallel to W_i only once the other columns have turned away; that training "
        "follows its moving optimum is not promised",
        _head_ahead,
        kind="open",
    ),
    Claim(
        "above-null",
        "At every λ the first singular vectors align with both features beyond the 95 % of chance.",
        "exact null: cos² of a random direction is Beta(1/2, (m-1)/2)",
        _above_null,
    ),
    Claim(
        "threshold",
        "The leverage of the attended features passes 3/4 at a λ of at most λ* = cost / gain.",
        "theory: λ* p² (3S²/(1+3S))² (1 - D²) = (2n/m - 2) v; an upper bound, as features may be packed, not dropped",
        _threshold("fresh"),
    ),
    Claim(
        "orthogonal-above-threshold",
        "At λ > λ* the attended features end with a dimension each: median leverage above 0.95.",
        "theory as above",
        _orthogonal_above,
    ),
    Claim(
        "threshold-settled",
        "So it does where features have antipodes already when the head comes.",
        "theory compares the ends; that training gets from one to the other is not promised",
        _threshold("settled"),
        kind="open",
    ),
    Claim(
        "first-response",
        "Below λ* an attended feature only outgrows its antipode: P_ii = ‖W_i‖² / (‖W_i‖² + ‖W_p‖²), to 0.03.",
        "theory: leverage in a digon of unequal lengths",
        _first_response,
    ),
    Claim(
        "antipode-evicted",
        "Above λ* the former antipode is dropped (shorter than 1/2) in most models, not turned away.",
        "prediction from four features in two dimensions; with more dimensions the others can be packed closer instead",
        _evicted,
        kind="open",
    ),
    Claim(
        "evicted-without-room",
        "In two dimensions, above λ*, the two features that are not attended to are dropped (in ≥ 95 % of models).",
        "theory: Σ P_ii = m = 2 is used up by the attended two; λ* as above",
        _no_room,
    ),
    Claim(
        "early-first-moment",
        "A head that has just escaped from small weights (10 % explained) is nearer to a_i than to d_i, more often "
        "than a fair coin.",
        "theory: near 0 the gradient is E[s h gᵀ] = a_i a_jᵀ",
        _early,
    ),
    Claim(
        "late-dual",
        "It ends in d_i: median |cos| ≥ 0.99.",
        "theory: Ω* ∝ d_i d_jᵀ",
        _late,
    ),
    Claim(
        "late-theory",
        "Its alignment with W_i ends at |cos(d_i, W_i)|, to within 0.01, far from 1 in a random dictionary.",
        "theory as above",
        _late_feature,
    ),
    Claim(
        "falls-as-theory",
        "Alignment with W_i falls from the escape to the end where |cos(a_i, W_i)| > |cos(d_i, W_i)| and rises where "
        "not, more often than a fair coin.",
        "theory: from a_i to d_i; null: fair coin",
        _falls_as_theory,
    ),
    Claim(
        "peaks-then-falls",
        "At every density alignment with W_i is better at the escape than at the end, more often than a fair coin.",
        "prediction from small earlier runs; for dense features the mean of h tilts a_i so far that it fails",
        _always_falls,
        kind="open",
    ),
    gap_claim("each λ and start (the price of a heavy head included)"),
)
