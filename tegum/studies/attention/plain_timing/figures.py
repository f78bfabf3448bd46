"""Figures of plain-timing: three times, who came first, curves, and slices over training."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.analysis.spectra import svd_of_product
from tegum.plots import matrices, panels
from tegum.plots.bands import SHADED
from tegum.plots.crossings import median_mark
from tegum.plots.style import BLUE, GREEN, INK, ORANGE
from tegum.plots.times import shares_by_case, times_by_case
from tegum.studies import core
from tegum.studies.attention.plain_timing.orders import (
    LASTS,
    before,
    loose_overlap,
    strict_overlap,
    t_align,
    t_leverage,
    t_loose,
    t_orth,
)
from tegum.studies.attention.timing.times import SETTLED_AT
from tegum.studies.core.measures import chance_of, hidden_of


@core.takeaway(
    "Leverage comes before orthogonal columns in [leverage-before-columns of models without a "
    "tie]; alignment comes before leverage in [aligns-before-leverage of such models]."
)
def times(ds: xr.Dataset) -> core.Exhibit:
    each = {"t_align": t_align(ds), "t_orth": t_orth(ds), "t_leverage": t_leverage(ds)}
    labels = ("aligned (t_align)", "columns orthogonal (t_orth)", "leverage (t_leverage)")
    coloured = zip((BLUE, GREEN, ORANGE), each.values(), strict=True)
    figure = times_by_case(
        dict(zip(labels, coloured, strict=True)),
        panel="density",
        x="lam",
        names=panels.sparsity,
        xlabel="λ, weight of the head's loss",
        end=LASTS * float(ds.step[-1]),
        never="not in this training",
    )
    return core.exhibit(
        figure,
        xr.Dataset(each),
        "When a head is aligned as it stays (to 5 %), when the attended columns of W overlap by "
        f"less than c = {strict_overlap(hidden_of(ds)):.2f} with any other represented one, and "
        f"when their leverage is above {SETTLED_AT}; from there to the end, the worse side. Dots: "
        "models. Bars: medians with 95 % intervals. Grey: not before the last tenth of training "
        "(censored; in medians later than all others).",
    )


@core.takeaway(
    "Against orthogonal columns alignment is first in [aligns-first of models without a tie], "
    "against leverage in [aligns-before-leverage of such models]; at the S and λ where it matters "
    "most, the definition turns the order in [order-depends-on-definition of such models]."
)
def who_came_first(ds: xr.Dataset) -> core.Exhibit:
    against = {"the looser bound": t_loose, "leverage": t_leverage, "orthogonal columns": t_orth}
    shown = {f"against {name}": before(t_align, of)(ds) for name, of in against.items()}
    strict = strict_overlap(hidden_of(ds))
    figure = shares_by_case(
        shown,
        x="density",
        series="lam",
        ticks=lambda p: f"{1 - p:.3g}",
        names="λ = {:g}".format,
        xlabel="sparsity S",
        ylabel="share of models aligned first",
        sides=("below: orthogonal first", "above: aligned first"),
    )
    return core.exhibit(
        figure,
        xr.Dataset(shown),
        "The share of models in which alignment comes first, with exact 95 % intervals; models in "
        "which both came at one look, or neither, are left out. Three meanings of orthogonal: no "
        f"overlap above √(1 - 0.95²) = {loose_overlap():.2f}, the most that one other column may "
        f"have alone; leverage above {SETTLED_AT}; no overlap above c = {strict:.2f}, the most "
        "that all others may have.",
    )


CURVES = {
    "alignment": (BLUE, "alignment |cos(u, W_i)|"),
    "leverage": (ORANGE, "leverage P_ii"),
    "overlap": (GREEN, "largest overlap |Ŵ_i·Ŵ_j|"),
}


@core.takeaway(
    "The trained head aligns after the best head on the same W would (dotted), in [head-lags of "
    "models without a tie], and ends there, to [ends-at-closed-form] in |cos| (median, worst "
    "setting)."
)
def training_curves(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset(
        {
            "alignment": abs(ds.cosine).min("side", skipna=False),
            "leverage": ds.leverage.min("side", skipna=False),
            "overlap": ds.overlap.max("side", skipna=False),
            "best": ds.best_cosine.min("side", skipna=False),
        }
    )
    reached = {"alignment": t_align(ds), "leverage": t_leverage(ds), "overlap": t_orth(ds)}

    def decorate(axis: Any, here: xr.Dataset) -> None:
        place = {"lam": here.lam, "density": here.density}
        for name, (colour, _) in CURVES.items():
            median_mark(axis, reached[name].sel(place).values, colour=colour, end=last)
        axis.axhline(strict_overlap(hidden_of(ds)), color=GREEN, ls=":", lw=1)
        best = here.best.median("seed")
        axis.plot(here.step, best, color=INK, lw=0.9, ls=":", label="best head, |cos(d_i, W_i)|")

    last = float(ds.step[-1])
    grid = [(lam, p) for lam in ds.lam.values for p in ds.density.values]
    each = [(f"{panels.sparsity(p)}, λ = {lam:g}", {"lam": lam, "density": p}) for lam, p in grid]
    options: dict[str, Any] = {"panels": each, "decorate": decorate, "chance": chance_of(ds)}
    return core.exhibit(
        panels.curves_over("step", shown, CURVES, **options),
        shown,
        f"Joint training, the worse side of the pair; u: the first singular vectors: {SHADED}. "
        "Dashed: the median of each one's time, if most models have it. Dotted, green: the bound c "
        "on overlaps. Grey: what |cos| of a random direction stays below in 95 %.",
    )


@core.takeaway(
    "The first slice finds its feature and the others find none; at the end the worse side's "
    "median |cos| is [above-null] at the S and λ where it is least."
)
def slices_over_training(ds: xr.Dataset) -> core.Exhibit:
    lam, p = middle(ds.lam), middle(ds.density)
    here = ds[["w", "a", "b"]].sel(lam=lam, density=p)
    sound = here.w.notnull().all(("step", "hidden", "feature"))
    # Before a tenth of the way in logarithmic time nothing happens.
    looks = np.unique(np.linspace(ds.sizes["step"] // 8, ds.sizes["step"] - 1, 5).round())
    here = here.isel(kept=int(np.argmax(sound.values)), step=looks.astype(int))
    here = here.fillna(0.0).astype(float)
    steps = here.step.values
    u, _, v = svd_of_product(
        here.a.transpose("step", "slice", "hidden").values,
        here.b.transpose("step", "slice", "hidden").values,
    )
    w = here.w.transpose("step", "hidden", "feature").values
    i, j = core.config_in(ds)["pair"]
    seen = [abs(np.swapaxes(w, -1, -2) @ part) for part in (u, v)]
    shown = xr.DataArray(
        np.stack(seen),
        {
            "of": [f"WᵀU, attends to {i}", f"WᵀV, attends to {j}"],
            "look": [f"step {step}" for step in steps],
            "feature": np.arange(w.shape[-1]),
            "slice": np.arange(u.shape[-1]),
        },
        name="size",
    ).isel(slice=slice(0, 10), feature=slice(0, 20))
    named = [str(k) if k % 5 == 0 else "" for k in shown.feature.values]
    axes: dict[str, Any] = {"rows": "of", "columns": "look", "y": "feature", "x": "slice"}
    figure = matrices.heat_maps(shown, **axes, label="|W_i·u_k|, |W_j·v_k|", names=named)
    return core.exhibit(
        figure,
        shown,
        f"One model over joint training at {panels.sparsity(p)}, λ = {lam:g}: the columns of W "
        "against the singular vectors of Ω, largest σ first. The features of the pair light up in "
        "the first slice alone; further slices have singular values near 0 and are what is left "
        "of chance. At most the first 20 features and 10 slices.",
    )


def middle(labels: xr.DataArray) -> float:
    """The label in the middle of an axis."""
    return float(labels[(labels.size - 1) // 2])
