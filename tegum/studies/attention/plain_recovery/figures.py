"""What plain heads show: recovery over S and features, the slices themselves, what they take."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.analysis.spectra import svd_of
from tegum.plots import marks, panels
from tegum.plots.bands import SHADED, bands_of
from tegum.plots.matrices import heat_map
from tegum.plots.style import FAINT, INK, SERIES, drawing, house_style, shades
from tegum.studies import core
from tegum.studies.attention.plain_recovery import readings as read
from tegum.studies.core.measures import chance_of


@core.takeaway(
    "Pairs inside the top m follow the closed form to within [inside-matches-theory] (median, "
    "worst setting). Features with a dimension to themselves are recovered from S = "
    "[recovered-from] on; {pairs-recovered: so are all pairs | not so all pairs: their least "
    "median there is [pairs-recovered]}."
)
def recovery_by_sparsity(ds: xr.Dataset) -> core.Exhibit:
    inside = read.inside(ds)
    where = xr.DataArray(["inside the top m", "outside"], dims="features", name="features")
    shown = xr.Dataset({"cosine": read.cosine(ds), "theory": ds.theory_cosine})
    shown = xr.concat([shown.where(inside), shown.where(~inside)], where).assign_coords(
        features=where
    )
    figure = panels.dots_by_density(
        shown.cosine,
        shown.theory,
        panel="mode",
        series="features",
        theory="closed form (median)",
        chance=chance_of(ds),
        ylabel="|cos(first singular vector, feature)|",
    )
    curve = read.curve(ds).sortby("density", ascending=False)
    with house_style():
        for axis in figure.axes:
            axis.plot(curve.values, color=INK, lw=1, ls=":", label="m orthonormal features")
        for legend in list(figure.legends):
            legend.remove()
        marks.legend_below(figure, figure.axes, columns=3)
    return core.exhibit(
        figure,
        shown,
        "Alignment of the head's first singular vectors with the two attended features, one dot a "
        "model and side. Dashes: |cos(d_i, W_i)| on the W each model ended with. Dotted: the curve "
        "for m orthonormal features. Grey: what one random direction stays below in 95 %. At S = 0 "
        "the target is constant.",
    )


@core.takeaway(
    "On a W that trained alone what is not stored is not found ([outside-in-two-stages], the least "
    "median |cos| outside the top m at S ≤ 0.5); joint training stores what is asked for and finds "
    "it ([outside-when-joint])."
)
def recovery_by_feature(ds: xr.Dataset) -> core.Exhibit:
    feature = read.attended(ds) + xr.zeros_like(ds.norm)
    quantities = {"feature": feature, "norm": ds.norm, "leverage": ds.leverage}
    shown = xr.Dataset({"cosine": read.cosine(ds), **quantities}).median("seed")
    shown = shown.sel(density=read.learnable(ds)).sortby("density", ascending=False)
    labels = "feature, by importance", "‖W_i‖", "leverage P_ii"
    modes, colours = shown["mode"].values, shades(shown.sizes["density"])
    size = {"width": 9.0, "height": 2.5 * len(modes) + 0.6}
    with drawing(len(modes), 3, **size, sharex="col", sharey=True) as (figure, axes):
        for line, mode in zip(axes, modes, strict=True):
            for axis, name in zip(line, quantities, strict=True):
                for colour, p in zip(colours, shown.density.values, strict=True):
                    one = shown.sel(mode=mode, density=p)
                    x, y = one[name].values.ravel(), one.cosine.values.ravel()
                    look = {"colour": colour, "label": panels.sparsity(p), "alpha": 0.8, "ms": 5}
                    marks.dots(axis, x, y, **look)
                axis.set(ylim=(0, 1.03))
            line[0].axvline(read.hidden_of(ds) - 0.5, color=FAINT, lw=1, ls="--")
            line[0].set_ylabel(f"{mode}\n|cos(first vector, feature)|")
        for axis, label in zip(axes[-1], labels, strict=True):
            axis.set_xlabel(label)
        marks.legend_below(figure, axes, columns=7)
    return core.exhibit(
        figure,
        shown,
        "|cos| of the first singular vectors with the attended feature, over all features, both "
        "sides (median over seeds): against its place in importance (dashed: the end of the top "
        "m), its length and its leverage.",
    )


# --- the slices themselves ------------------------------------------------------------------------


@core.takeaway(
    "Ω has one singular value at every S > 0 (median effective rank at most [one-singular-value]); "
    "from S = [recovered-from] on its vectors are the attended features, where these have a "
    "dimension to themselves."
)
def slices_by_sparsity(ds: xr.Dataset) -> core.Exhibit:
    last = ds[["w", "omega"]].isel(mode=0, look=-1, drop=True)
    shown = _sliced(ds, last.assign_coords(mode=ds["mode"][0]))
    shown = shown.sortby("density", ascending=False)
    rows = {f"pair {_named(ds, k)}": {"pair": k} for k in shown.pair.values.tolist()}
    columns = {panels.sparsity(p): {"density": p} for p in shown.density.values}
    mode = str(shown["mode"].values)
    return core.exhibit(
        _slice_maps(shown, rows, columns),
        shown,
        f"{mode}: slices of one model at each S, of two pairs (left, right feature). "
        "Bars: σ_k over σ_1. Maps: WᵀU and WᵀV, features down, slices across, from -1 (blue) to 1 "
        "(red); the number at the left is the attended feature. Signs: the first vectors point to "
        "their features.",
    )


@core.takeaway(
    "Over training one slice grows out of the random start; in the end its |cos| is what theory "
    "says of the W at hand, to within [inside-matches-theory]."
)
def slices_over_training(ds: xr.Dataset) -> core.Exhibit:
    densities = read.learnable(ds)
    wanted = [max((p for p in densities if p <= most), default=densities[0]) for most in (0.7, 0.3)]
    chosen = ds[["w", "omega"]].isel(mode=0, pair=[0]).sel(density=list(dict.fromkeys(wanted)))
    shown = _sliced(ds, chosen).isel(pair=0)
    rows = {panels.sparsity(p): {"density": p} for p in shown.density.values}
    steps = ds.step.sel(mode=shown["mode"]).isel(density=0).dropna("look")
    columns = {f"step {int(step)}": {"look": int(step.look)} for step in steps}
    return core.exhibit(
        _slice_maps(shown, rows, columns),
        shown,
        f"{shown['mode'].values}: the slices of one model for the pair {_named(ds, 0)} over "
        "training. Bars: σ_k over σ_1. Maps: WᵀU and WᵀV, features down, slices across, from -1 "
        "(blue) to 1 (red); the number at the left is the attended feature.",
    )


def _named(ds: xr.Dataset, place: int) -> str:
    left = int(ds.left[place])
    i, j = (int(k) for k in read.attended(ds).sel(left=left))
    return f"({i}, {j})"


def _sliced(ds: xr.Dataset, drawn: xr.Dataset) -> xr.Dataset:
    """σ_k over σ_1, WᵀU and WᵀV, with signs so that each u_k leans to the left feature.

    Args:
        ds: the study's dataset.
        drawn: "w" and "omega", with an axis "pair".
    """
    u, sigma, v = xr.apply_ufunc(
        svd_of,
        drawn.omega,
        input_core_dims=[["hidden", "hidden_right"]],
        output_core_dims=[["hidden", "slice"], ["slice"], ["hidden", "slice"]],
    )
    attended = read.attended(ds).isel(left=drawn.pair)
    left, right = (xr.dot(drawn.w, x, dim="hidden") for x in (u, v))
    toward = left.sel(feature=attended.sel(side="left", drop=True))
    sign = xr.where(toward.drop_vars(["feature", "left"], errors="ignore") < 0, -1.0, 1.0)
    maps = {"sigma": sigma / sigma.max("slice"), "left_map": left * sign, "right_map": right * sign}
    numbered = xr.Dataset(maps).assign_coords(slice=np.arange(1, sigma.sizes["slice"] + 1))
    return numbered.assign_coords(attended=attended.drop_vars("left"))


Places = Mapping[str, Mapping[str, Any]]


def _slice_maps(sliced: xr.Dataset, rows: Places, columns: Places) -> Figure:
    """For each row three lines: σ as bars, WᵀU and WᵀV as maps; a column for each place."""
    lines, many = 3 * len(rows), len(columns)
    size = {"width": min(1.15 * many + 1.2, 10), "height": 4.1 * len(rows) + 0.3}
    with drawing(lines, many, **size, height_ratios=[0.45, 1, 1] * len(rows)) as (figure, axes):
        for k, (row, at_row) in enumerate(rows.items()):
            for j, (column, at_column) in enumerate(columns.items()):
                one = sliced.sel({**at_row, **at_column})
                bars, *maps = axes[3 * k : 3 * k + 3, j]
                bars.bar(one.slice, one.sigma, color=INK)
                bars.set(ylim=(0, 1), xticks=[], yticks=[0, 1])
                bars.tick_params(labelleft=j == 0)
                for axis, name, of in zip(maps, ("left", "right"), one.attended, strict=True):
                    values = one[f"{name}_map"].transpose("feature", "slice").values
                    image = heat_map(axis, values, low=-1, high=1, colours="RdBu_r")
                    if j == 0:
                        axis.set_yticks([int(of)], labels=[str(int(of))])
                if k == 0:
                    bars.set_title(column)
            labels = "σ_k / σ_1", f"{row}\nWᵀU", "WᵀV"
            for axis, label in zip(axes[3 * k : 3 * k + 3, 0], labels, strict=True):
                axis.set_ylabel(label)
        for axis in axes[-1]:
            axis.set_xlabel("slice")
        options: dict[str, Any] = {"label": "WᵀU, WᵀV", "shrink": 0.4, "aspect": 40, "pad": 0.01}
        figure.colorbar(image, ax=axes.ravel().tolist(), **options)
    return figure


# --- removal --------------------------------------------------------------------------------------

TAKEN = ("first slice", "d_i", "W_i", "random", "second slice")
WIDE = ("first slice", "nothing")
COLOURS = dict(zip(TAKEN, SERIES, strict=False)) | {"nothing": INK}


@core.takeaway(
    "The first slice takes [first-slice-takes-all] of the mean logit on positives at least; the "
    "feature itself in two stages at S ≤ 0.1 at most [feature-is-not-all] (medians)."
)
def removing(ds: xr.Dataset) -> core.Exhibit:
    inner = ds[["taken", "taken_theory", "area"]].where(read.inside(ds).all("side"))
    shown = inner.drop_vars("area").median(("left", "side")).assign(area=inner.area.median("left"))
    for name in ("taken", "taken_theory"):
        shown[name] = shown[name].where(shown.removed != "nothing")
    shown = shown.sel(density=read.learnable(ds)).sortby("density", ascending=False)
    modes = [str(mode) for mode in shown["mode"].values]
    rows: list[tuple[str, Callable[[xr.Dataset], Any], str]] = [
        ("taken", lambda one: one.taken_theory, "of the mean logit\non positives, taken"),
        ("area", lambda one: None, "area under the ROC curve\nwithout it"),
    ]
    size = {"width": 3.8 * len(modes) + 0.4, "height": 5.6}
    with drawing(2, len(modes), **size, sharex=True, sharey="row") as (figure, axes):
        for line, (name, theory, label) in zip(axes, rows, strict=True):
            for axis, mode in zip(line, modes, strict=True):
                one = shown.sel(mode=mode)
                look: dict[str, Any] = {"x": "density", "series": "removed", "colours": COLOURS}
                bands_of(axis, one[name], theory(one), **look, names=_sparsity, wide=WIDE)
                axis.set(title=str(mode) if name == "taken" else "", ylim=(-0.05, 1.05))
            line[0].set_ylabel(label)
        for axis in axes[1]:
            axis.axhline(0.5, color=FAINT, lw=1, zorder=0)
            axis.set(xlabel="sparsity S = 1 - density", ylim=(0.3, 1.02))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        f"What the head's answer loses without a direction: {SHADED}. Above: share of the mean "
        "logit on positives, exact, one side at a time; dashes: the best head on the same W. "
        "Below: the area under the ROC curve, both sides at once; 1/2 is chance. Pairs inside the "
        "top m. Wide lines lie under others.",
    )


def _sparsity(p: float) -> str:
    return f"{1 - float(p):.3g}"


FIGURES = (
    recovery_by_sparsity,
    recovery_by_feature,
    slices_by_sparsity,
    slices_over_training,
    removing,
)
