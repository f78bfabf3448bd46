"""The figures of one-hot-pentagon, each with the numbers that it shows."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.patches import Circle

from tegum.analysis.geometry import norms
from tegum.plots.bands import median_band
from tegum.plots.style import FAINT, INK, SERIES, house_style, sheet
from tegum.studies.study import Exhibit
from tegum.studies.toys.one_hot.claims import final_saving, least_loss
from tegum.studies.toys.one_hot.model import SETTINGS
from tegum.studies.toys.one_hot.theory import PENTAGON_SAVING, predicted_fresh_gradient

COLOURS = dict(zip(SETTINGS, SERIES, strict=False))


def _savings(ds: xr.Dataset) -> Exhibit:
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for activation in ("relu", "gelu"):
            saving = ds.gon_saving.sel(activation=activation)
            axes[0, 0].plot(
                ds.directions, saving, "o-", ms=4, color=COLOURS[activation], label=activation
            )
        axes[0, 0].axhline(float(ds.certified_saving), color=FAINT, ls="--", zorder=0)
        axes[0, 0].set(
            xlabel="equal directions d", ylabel="saving n - L, no bias", xticks=ds.directions.values
        )
        axes[0, 0].legend()
        for setting in SETTINGS:
            least = ds.n - least_loss(ds).sel(setting=setting)
            axes[0, 1].plot(ds.n, least, "o-", ms=4, color=COLOURS[setting], label=setting)
        axes[0, 1].axhline(float(ds.certified_saving), color=FAINT, ls="--", zorder=0)
        axes[0, 1].set(xlabel="features n", ylabel="largest saving n - L found")
        axes[0, 1].legend()
    savings = ds.gon_saving.to_dataframe("saving").reset_index().assign(shown="directions")
    least_frame = (
        (ds.n - least_loss(ds)).to_dataframe("saving").reset_index().assign(shown="features")
    )
    return Exhibit(
        figure,
        pd.concat([savings, least_frame]),
        "What two dimensions save of the loss n of a model that has learned nothing (one-hot inputs, loss summed over "
        "features). Left: the most that d equal directions can save, d/c(d) for ReLU. Right: the most found by "
        "minimisation with n features. Dashed: what no ReLU model without bias can exceed, by linear programming.",
    )


def _fresh_feature(ds: xr.Dataset) -> Exhibit:
    radial = ds.fresh_gradient.sel(component="radial")
    length = float(ds.length.sel(length=0.1, method="nearest"))
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for activation in ("relu", "gelu"):
            colour = COLOURS[activation]
            one, other = (
                radial.sel(activation=activation, angle=0.0),
                radial.sel(activation=activation, length=length),
            )
            axes[0, 0].plot(ds.length, one, "o-", ms=4, color=colour, label=activation)
            axes[0, 1].plot(ds.angle, other / length, "o-", ms=4, color=colour, label=activation)
        formula = predicted_fresh_gradient(ds)
        axes[0, 0].plot(ds.length, formula.sel(angle=0.0), "--", color=INK, lw=1, label="4ε³")
        axes[0, 1].plot(
            ds.angle, formula.sel(length=length) / length, "--", color=INK, lw=1, label="formula"
        )
        axes[0, 0].set(
            xscale="log",
            yscale="log",
            xlabel="length ε of the fresh feature",
            ylabel="∂L/∂ε, along a learned direction",
        )
        axes[0, 1].set(
            xlabel="degrees from a learned direction",
            ylabel=f"∂L/∂ε over ε, at ε = {length:.2g}",
            ylim=(0, None),
        )
        axes[0, 0].legend()
        axes[0, 1].legend()
    return Exhibit(
        figure,
        ds.fresh_gradient.to_dataframe("gradient").reset_index(),
        "The pull back to 0 that a fresh feature of length ε feels beside a learned pentagon, by automatic "
        "differentiation; dashed, the closed form for ReLU. With ReLU there is none to first order along a learned "
        "direction, so features stay there and share it; with GELU it is of first order in every direction.",
    )


def _trained_models(ds: xr.Dataset) -> Exhibit:
    n = int(ds.trained_n.max())
    model = ds.sel(trained_n=n)
    best = model.trained_loss.isel(step=-1).argmin("seed")
    with house_style():
        figure, axes = sheet(1, 4, width=9.6, height=2.6)
        for axis, setting in zip(axes[0], SETTINGS, strict=False):
            w = (
                model.trained_w.sel(setting=setting)
                .isel(seed=int(best.sel(setting=setting)))
                .transpose("hidden", "feature")
            )
            for x, y in w.values.T:
                axis.plot([0, x], [0, y], "-", color=COLOURS[setting], lw=1)
                axis.plot(x, y, "o", ms=4, color=COLOURS[setting])
            reach = 1.1 * max(1.0, float(np.nanmax(norms(w.values))))
            axis.add_patch(Circle((0, 0), 1, fill=False, color=FAINT, ls="--", lw=0.8))
            axis.set(
                title=f"{setting}, n = {n}",
                aspect="equal",
                xlim=(-reach, reach),
                ylim=(-reach, reach),
            )
        for setting in SETTINGS:
            saving = (n - model.trained_loss.sel(setting=setting)).sel(step=ds.step > 0)
            median_band(
                axes[0, 3],
                saving.step.values,
                saving.transpose("step", "seed").values,
                colour=COLOURS[setting],
                label=setting,
                inner=0.8,
            )
        axes[0, 3].axhline(PENTAGON_SAVING, color=FAINT, ls="--", zorder=0)
        axes[0, 3].set(xscale="log", xlabel="training step", ylabel="saving n - L")
        axes[0, 3].legend()
    final = final_saving(ds).to_dataset(name="saving")
    lengths = ds.trained_w.reduce(np.linalg.norm, dim="hidden").to_dataset(name="norm")
    return Exhibit(
        figure,
        final.merge(lengths)
        .drop_vars("step", errors="ignore")
        .to_dataframe()
        .reset_index()
        .dropna(),
        f"Models of {n} features trained by gradient descent: the directions W_i of the best seed (dashed, length 1), "
        "and what is saved in the course of training, median over seeds and the central 80 %; dashed, the pentagon's.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "savings": _savings(ds),
        "fresh-feature": _fresh_feature(ds),
        "trained-models": _trained_models(ds),
    }
