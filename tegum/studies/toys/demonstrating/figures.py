"""The figures of demonstrating-superposition, each with the numbers that it shows."""

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.plots.bands import median_band
from tegum.plots.features import features_side_by_side
from tegum.plots.style import FAINT, SERIES, house_style, sheet
from tegum.studies.study import Exhibit
from tegum.studies.toys.demonstrating.claims import of_weights, optimum_loss, represented


def _best_seeds(ds: xr.Dataset) -> xr.Dataset:
    """For each activation and density the seed of least loss."""
    return ds.isel(seed=ds.loss.fillna(np.inf).argmin("seed"))


def _stored_features(ds: xr.Dataset) -> Exhibit:
    best = _best_seeds(ds.sortby("density", ascending=False))
    order = ("activation", "density", "hidden", "feature")
    w = best.w.transpose(*order).values
    figure = features_side_by_side(
        w,
        best.b.transpose("activation", "density", "feature").values,
        row_labels=list(ds.activation.values),
        column_labels=[f"density {p:g}" for p in best.density.values],
    )
    of_feature = xr.Dataset(
        {
            "norm": of_weights(geometry.norms, best),
            "superposition": of_weights(geometry.superposition, best),
            "bias": best.b,
        }
    ).assign_coords(feature=np.arange(ds.sizes["feature"]))
    gram = xr.DataArray(
        geometry.gram(w),
        dims=("activation", "density", "feature", "other"),
        coords={
            "activation": best.activation,
            "density": best.density,
            "other": np.arange(w.shape[-1]),
        },
    )
    data = of_feature.assign(gram=gram)[["norm", "superposition", "bias", "gram"]].drop_vars(
        ["seed", "importance"]
    )
    return Exhibit(
        figure,
        data.to_dataframe().reset_index(),
        "What the best of each set of seeds stores. Matrices: WᵀW, with the output bias as the column beside it. Bars: "
        "length of each feature, the most important on top, dark with directions of its own, bright in superposition.",
    )


def _counts_and_losses(ds: xr.Dataset) -> Exhibit:
    ordered = ds.sortby("density", ascending=False)
    counts = represented(ordered).sum("feature").transpose("activation", "density", "seed")
    optimum = np.array([optimum_loss(ds, p) for p in ordered.density.values])
    ratio = (ordered.loss / xr.DataArray(optimum, dims="density")).transpose(
        "activation", "density", "seed"
    )
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for axis, quantity in zip(axes[0], (counts, ratio), strict=True):
            for colour, activation in zip(SERIES, ds.activation.values, strict=False):
                band = quantity.sel(activation=activation).values
                median_band(
                    axis,
                    1 / ordered.density.values,
                    band,
                    colour=colour,
                    label=activation,
                    inner=1.0,
                    marker="o",
                    ms=3,
                )
            axis.set(xscale="log", xlabel="1 / density = 1 / (1 - S)")
        axes[0, 0].axhline(ds.sizes["hidden"], color=FAINT, ls="--", zorder=0)
        axes[0, 0].set(ylabel="features represented (‖W_i‖ > 1/2)", ylim=(0, ds.sizes["feature"]))
        axes[0, 0].yaxis.get_major_locator().set_params(integer=True)
        axes[0, 1].axhline(1, color=FAINT, ls="--", zorder=0)
        axes[0, 1].set(ylabel="exact loss / best linear loss", ylim=(0, None))
        axes[0, 0].legend()
    data = xr.Dataset({"represented": counts, "loss_over_linear_optimum": ratio}).drop_vars(
        "importance", errors="ignore"
    )
    return Exhibit(
        figure,
        data.to_dataframe().reset_index(),
        "Median over seeds, and their whole range. Left: features represented; dashed, the number of dimensions. "
        "Right: exact population loss over the closed-form optimum of a linear model; dashed, equality.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {"stored-features": _stored_features(ds), "counts-and-losses": _counts_and_losses(ds)}
