"""The best models as spokes, cosines of all models, exact losses over density."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from tegum.plots import marks
from tegum.plots.spokes import spoke_grid
from tegum.plots.style import BLUE, FAINT, INK, ORANGE, drawing
from tegum.studies.core.study import config_in
from tegum.studies.correlation.sets.models import LAWS, Truth, cosines, of, weights, within

COLOURS = dict(zip(LAWS, (BLUE, ORANGE), strict=True))


def best_models(
    ds: xr.Dataset, relations: Mapping[int, tuple[str, Truth]]
) -> tuple[Figure, xr.Dataset]:
    """The model of least exact loss in each setting, its sets in colours."""
    ordered, names = ds.sortby("level"), _names(ds)
    models, groups, rows, said, shown = [], [], [], [], {}
    for sets in map(int, ordered.sets.values):
        words, truth = relations[sets]
        for law in LAWS:
            w, loss = weights(ordered, sets, law), of(ordered.loss, sets, law)
            best = w.isel(seed=loss.fillna(np.inf).argmin("seed"))
            shown[f"{sets}_{law.replace(' ', '_')}"] = best.drop_vars(["seed", "feature"])
            found = truth(w)
            count, known = found.sum("seed").values, found.notnull().sum("seed").values
            models.append(list(best.transpose("level", "hidden", "feature").values))
            groups.append(np.repeat(np.arange(sets), 2))
            rows.append(f"{sets} sets of 2\n{names[law]}")
            said.append([f"{words}\n{a:g} of {k:g}" for a, k in zip(count, known, strict=True)])
    columns = [_densities(ordered, level) for level in ordered.level.values]
    figure = spoke_grid(models, groups, rows=rows, columns=columns, said=said)
    return figure, xr.Dataset(
        {name: w.rename(feature=f"of_{w.sizes['feature']}") for name, w in shown.items()}
    )


def _densities(ds: xr.Dataset, level: float) -> str:
    p = [f"{float(each):.2g}" for each in ds.chance_on.sel(level=level).isel(law=0)]
    return "p = " + ", ".join(dict.fromkeys(p))  # what is the same stands once


def _names(ds: xr.Dataset) -> dict[str, str]:
    """Of the laws, for people: features in sets are called by their kind."""
    return dict(zip(LAWS, (config_in(ds)["kind"], "independent"), strict=True))


def cosines_by_density(ds: xr.Dataset) -> tuple[Figure, xr.Dataset]:
    """Cosines between partners in every model, both laws; grey: between members of other sets."""
    ordered, numbers = ds.sortby("level"), list(map(int, ds.sets.values))
    names, shown = _names(ds), {}
    with drawing(1, len(numbers), width=4.3 * len(numbers), height=3.3, sharey=True) as (fig, axes):
        for axis, sets in zip(axes[0], numbers, strict=True):
            p = ordered.chance_on.sel(sets=sets).isel(law=0).values
            x = marks.named_ticks(axis, [f"{each:.2g}" for each in p])
            every = cosines(weights(ordered, sets))
            group = np.arange(2 * sets) // 2
            apart = xr.DataArray(np.triu(group[:, None] != group), dims=("feature", "other"))
            others = every.where(apart).transpose("level", ...)
            for law, shift in zip(LAWS, (-0.27, 0.0), strict=True):
                found = within(weights(ordered, sets, law)).transpose("level", ...)
                whom = "partners" if law == LAWS[0] else "the same features"
                words = f"{names[law]}: {whom}"
                look: dict[str, Any] = {"colour": COLOURS[law], "shift": shift, "label": words}
                marks.dots(axis, x, found, width=0.16, ms=3.5, alpha=0.35, **look)
                shown[f"{sets}_{law.replace(' ', '_')}"] = found
            words = f"{names[LAWS[0]]}: of different sets"
            style: dict[str, Any] = {"colour": FAINT, "ms": 2, "alpha": 0.4, "shift": 0.27}
            marks.dots(axis, x, others, label=words, width=0.12, **style)
            axis.set(xlabel="p = 1 - S, the chance that a set is on", ylim=(-1.08, 1.08))
            axis.axhline(0, color=INK, lw=0.5, zorder=0)
            axis.set_title(f"{sets} sets of 2 in 2 dimensions")
        axes[0, 0].set_ylabel("cosine between columns")
        marks.legend_below(fig, axes)
    return fig, xr.Dataset(shown)


def losses_by_density(
    ds: xr.Dataset, theory: Mapping[str, tuple[float, float]]
) -> tuple[Figure, xr.Dataset]:
    """Exact losses over p of every model, and of unit digons.

    Args:
        ds: the run.
        theory: name -> (factor, power of p) of a line for two sets.
    """
    ordered, numbers = ds.sortby("level"), list(map(int, ds.sets.values))
    names = _names(ds)
    with drawing(1, len(numbers), width=4.3 * len(numbers), height=3.3) as (figure, axes):
        for axis, sets in zip(axes[0], numbers, strict=True):
            p = ordered.chance_on.sel(sets=sets).isel(law=0).values
            for law, side in zip(LAWS, (0.985, 1.015), strict=True):
                loss = of(ordered.loss, sets, law).transpose("level", "seed") / p[:, None]
                look: dict[str, Any] = {"colour": COLOURS[law], "label": names[law]}
                marks.dots(axis, p * side, loss.values, ms=4, alpha=0.45, **look)
            if sets == 2:
                along = np.geomspace(p.min(), p.max(), 60)
                for (name, (factor, power)), ls in zip(theory.items(), ("-", "--"), strict=True):
                    y = factor * along ** (power - 1)
                    marks.theory(axis, along, y, label=f"theory: {name}", ls=ls, lw=1)
            axis.set(xscale="log", xlabel="p = 1 - S, the chance that a set is on")
            axis.set_xticks(p, [f"{each:.2g}" for each in p])
            axis.minorticks_off()
            axis.invert_xaxis()
            axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
            axis.set_title(f"{sets} sets of 2 in 2 dimensions")
        axes[0, 0].set_ylabel("exact loss / p")
        marks.legend_below(figure, axes)
    return figure, ordered[["loss", "chance_on"]]
