"""The figures of head-draft, each with the numbers that it shows."""

from typing import Any

import numpy as np
import xarray as xr

from tegum.plots.features import features_side_by_side
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, house_style, sheet
from tegum.studies.attention.draft.claims import finite, null_in, worse_side
from tegum.studies.study import Exhibit, config_in


def _ticks(axis: Any, ordered: xr.Dataset) -> None:
    axis.set_xticks(
        range(ordered.sizes["density"]), [f"{1 - p:.3g}" for p in ordered.density.values]
    )


def _ordered(ds: xr.Dataset) -> xr.Dataset:
    return ds.sortby("density", ascending=False)


def _alignment(ds: xr.Dataset) -> Exhibit:
    ordered = _ordered(ds)
    x = np.arange(ordered.sizes["density"])
    values = xr.Dataset({way: worse_side(ordered, way) for way in ("raw", "used", "theory")})
    values = values.transpose("pair", "density", "seed")
    with house_style():
        figure, axes = sheet(1, 2, width=7.4, height=3.3, sharey=True)
        for axis, pair in zip(axes[0], ds.pair.values, strict=True):
            one = values.sel(pair=pair)
            axis.axhspan(
                0, null_in(ds), color=FAINT, alpha=0.35, lw=0, label="chance, best of r, 95 %"
            )
            for way, colour, shift, label in (
                ("raw", ORANGE, -0.15, "Ω as it is"),
                ("used", BLUE, 0.15, "used part of Ω"),
            ):
                dots = one[way].values
                axis.plot(
                    np.repeat(x + shift, dots.shape[1]),
                    dots.ravel(),
                    ".",
                    ms=4,
                    alpha=0.5,
                    color=colour,
                    label=label,
                )
            axis.plot(
                x, one.theory.median("seed"), color=INK, lw=1, label="closed form on the same W"
            )
            axis.set(title=f"pair {pair}", xlabel="sparsity S = 1 - density", ylim=(0, 1.03))
            _ticks(axis, ordered)
        axes[0, 0].set_ylabel("|cos| of the pair's slice, worse side")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return Exhibit(
        figure,
        values.to_dataframe().reset_index(),
        "How well each pair's slice aligns with its two features, one dot a model. Orange: singular vectors of Ω as it "
        "is. Blue: of Ω seen from the hidden directions that features use. Line: the best head on the same W, median.",
    )


def _singular_values(ds: xr.Dataset) -> Exhibit:
    ordered = _ordered(ds)
    x = np.arange(ordered.sizes["density"])
    shown = (
        ordered.spectrum.isel(k=slice(0, 4))
        .where(finite(ordered))
        .transpose("way", "density", "seed", "k")
    )
    weights = config_in(ds)["pair_weights"]
    with house_style():
        figure, axes = sheet(1, 3, width=8.6, height=3.1, sharey=True)
        titles = {
            "raw": "trained, Ω as it is",
            "used": "trained, used part",
            "theory": "closed form on the same W",
        }
        for axis, (way, title) in zip(axes[0], titles.items(), strict=True):
            for weight in weights:
                axis.axhline(weight, color=FAINT, lw=1, zorder=0)
            for k, colour in enumerate((BLUE, ORANGE, GREEN, RED)):
                dots = shown.sel(way=way).isel(k=k).values
                places = np.repeat(x + 0.12 * (k - 1.5), dots.shape[1])
                axis.plot(
                    places, dots.ravel(), ".", ms=3, alpha=0.6, color=colour, label=f"σ_{k + 1}"
                )
            axis.set(title=title, xlabel="S = 1 - density", ylim=(-0.05, 1.6 * max(weights)))
            _ticks(axis, ordered)
            axis.tick_params("x", labelsize=7)
        axes[0, 0].set_ylabel("singular value")
        figure.legend(
            *axes[0, 0].get_legend_handles_labels(), loc="outside right center", markerscale=3
        )
    return Exhibit(
        figure,
        shown.rename("singular_value")
        .assign_coords(k=np.arange(1, 5))
        .to_dataframe()
        .reset_index(),
        "The four largest singular values of jointly trained heads, one dot a model; grey lines: the weights T. Theory "
        "has two. What else there is in Ω as it is stems from its random start, in directions that no feature uses.",
    )


def _against_theory(ds: xr.Dataset) -> Exhibit:
    found = abs(ds.cosine).where(finite(ds)).transpose("way", "density", "seed", "pair", "side")
    sigma = ds.sigma.where(finite(ds)).transpose("way", "density", "seed", "pair")
    with house_style():
        figure, axes = sheet(1, 2, width=6.8, height=3.4)
        top = float(np.nanquantile(sigma.values, 0.99)) * 1.1
        for axis, values, high, title in (
            (axes[0, 0], found, 1.02, "|cos|, both sides"),
            (axes[0, 1], sigma, top, "σ"),
        ):
            axis.plot([0, high], [0, high], color=FAINT, lw=1, zorder=0)
            for way, colour, label in (
                ("raw", ORANGE, "Ω as it is"),
                ("used", BLUE, "used part of Ω"),
            ):
                x, y = values.sel(way="theory").values.ravel(), values.sel(way=way).values.ravel()
                axis.plot(x, y, ".", ms=3, alpha=0.4, color=colour, label=label)
            axis.set(
                title=title,
                xlabel="closed form on the same W",
                xlim=(0, high),
                ylim=(0, high),
                aspect="equal",
            )
        axes[0, 0].set_ylabel("trained")
        figure.legend(
            *axes[0, 0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=2,
            markerscale=3,
        )
    return Exhibit(
        figure,
        xr.Dataset({"cosine": found, "sigma": sigma}).to_dataframe().reset_index(),
        "Trained heads against the best head on the same W, all densities and seeds: cosines and singular values of "
        "the slices matched to the pairs.",
    )


def _dimensions(ds: xr.Dataset) -> Exhibit:
    ordered = _ordered(ds)
    x = np.arange(ordered.sizes["density"])
    share = (ordered.empty > 0).where(ordered.finite).mean("seed")
    lowest = ordered.leverage.where(ordered.finite).min(("pair", "side"))
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for training, colour, label in (
            ("joint", BLUE, "with the head"),
            ("alone", ORANGE, "alone"),
        ):
            axes[0, 0].plot(x, share.sel(training=training), "o-", ms=4, color=colour, label=label)
            middle = lowest.sel(training=training).median("seed")
            axes[0, 1].plot(x, middle, "o-", ms=4, color=colour, label=label)
        axes[0, 0].set(ylabel="models with an empty direction", ylim=(-0.03, 1.03))
        axes[0, 1].set(ylabel="lowest leverage of the four", ylim=(-0.03, 1.03))
        for axis in axes[0]:
            axis.set_xlabel("sparsity S = 1 - density")
            _ticks(axis, ordered)
        axes[0, 0].legend()
    data = xr.Dataset(
        {"share_with_empty_direction": share, "median_lowest_leverage": lowest.median("seed")}
    )
    return Exhibit(
        figure,
        data.to_dataframe().reset_index(),
        "What the head does to W. Left: share of models with a hidden direction that no feature uses (singular value "
        "of W below 0.1). Right: lowest leverage of the four attended features, median over seeds.",
    )


def _matrices(ds: xr.Dataset) -> Exhibit:
    ordered = _ordered(ds)
    columns = np.unique(np.linspace(0, ordered.sizes["density"] - 1, 4).round().astype(int))
    good = int(np.argmax(ds.finite.all(("training", "density")).values))
    shown = ordered[["w", "b"]].isel(density=columns, seed=good)
    w = shown.w.transpose("training", "density", "hidden", "feature").values
    b = shown.b.transpose("training", "density", "feature").values
    labels = [f"S = {1 - p:.3g}" for p in shown.density.values]
    rows = [{"joint": "with the head", "alone": "alone"}[str(name)] for name in ds.training.values]
    return Exhibit(
        features_side_by_side(w, b, rows, labels),
        shown.to_dataframe().reset_index(),
        "WᵀW, and the length of each feature coloured by superposition, of one seed trained with the head and alone. "
        "With the head the attended features 2, 4, 5 and 8 keep a dimension each.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "alignment": _alignment(ds),
        "singular-values": _singular_values(ds),
        "trained-against-theory": _against_theory(ds),
        "dimensions": _dimensions(ds),
        "matrices": _matrices(ds),
    }
