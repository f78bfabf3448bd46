"""The figures of phase-change, each with the numbers that it shows."""

import numpy as np
import xarray as xr
from matplotlib.colors import ListedColormap

from tegum.plots.style import BLUE, FAINT, INK, ORANGE, RED, house_style, sheet
from tegum.studies.study import Exhibit
from tegum.studies.toys.phase_change.claims import (
    OUTCOMES,
    best_seed,
    boundaries,
    gaps,
    mean_of_nine,
)

COLOURS = ("#f4f1ea", ORANGE, BLUE)


def _colours(share: np.ndarray) -> np.ndarray:
    """Outcome shares [..., 3] as mixed colours."""
    return np.clip(share @ np.array([ListedColormap(COLOURS)(k)[:3] for k in range(3)]), 0, 1)


def _maps(ds: xr.Dataset) -> Exhibit:
    best = best_seed(ds).sampled_outcome
    layers = {"exact": ds.exact_outcome, "candidate": ds.candidate_outcome, "best sampled": best}
    mixed = mean_of_nine(ds).transpose("n_features", "density", "importance", "outcome")
    with house_style():
        figure, axes = sheet(2, 5, width=9.6, height=4.4, sharex=True, sharey=True)
        for line, n in zip(axes, ds.n_features.values, strict=True):
            pictures = {
                "sampled, mean of all\nbut the worst": _colours(mixed.sel(n_features=n).values)
            }
            for name, outcome in layers.items():
                codes = (
                    outcome.sel(n_features=n).transpose("density", "importance").values.astype(int)
                )
                pictures[name] = _colours(np.eye(3)[codes])
            differ = np.ones((*codes.shape, 3)) * 0.96
            exact, candidate = (
                layers[name].sel(n_features=n).transpose("density", "importance").values
                for name in ("exact", "candidate")
            )
            unequal = abs(np.log(ds.importance.values)) > 1e-9
            differ[(candidate != exact) & unequal] = ListedColormap([FAINT])(0)[:3]
            differ[(codes != exact) & unequal] = ListedColormap([RED])(0)[:3]
            pictures["against the exact map"] = differ
            for axis, (name, picture) in zip(line, pictures.items(), strict=True):
                axis.pcolormesh(ds.importance.values, ds.density.values, picture)
                axis.set(xscale="log", yscale="log")
                if n == ds.n_features.values[0]:
                    axis.set_title(name)
                else:
                    axis.set_xlabel("importance r")
            line[0].set_ylabel(f"n = {n}, m = {n - 1}\ndensity = 1 - S")
        keys = [
            *zip(OUTCOMES, COLOURS, strict=True),
            ("candidate differs", FAINT),
            ("best sampled differs", RED),
        ]
        handles = [
            axes[0, 0].scatter([], [], color=colour, marker="s", ec=INK, lw=0.4, label=name)
            for name, colour in keys
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)
    shown = xr.Dataset(
        {**{name.replace(" ", "_"): outcome for name, outcome in layers.items()}, "gap": gaps(ds)}
    )
    share_names = {k: f"share_{name.replace(' ', '_')}" for k, name in enumerate(OUTCOMES)}
    shares = mixed.to_dataset("outcome").rename(share_names)
    return Exhibit(
        figure,
        xr.merge([shown.drop_vars("seed", errors="ignore"), shares]).to_dataframe().reset_index(),
        "What becomes of the last feature, of importance r where the others have 1. From the left: sampled models, "
        "mixed over all of a point's but the worst; the exact optimum; the best of the candidates; the best sampled "
        "model; and where candidate (grey) and best sampled model (red) differ from the exact optimum. At r = 1 the "
        "features are alike, which of them is left out is chance, and differences are not shown.",
    )


def _lines(ds: xr.Dataset) -> Exhibit:
    onsets, best = boundaries(ds), best_seed(ds, "line_")
    apart = np.minimum(1, ds.line) * (ds.line_density / 3 - ds.line_density**2 / 4)
    relative = {
        "exact optimum": ds.line_exact_loss / apart,
        "pair": ds.line_pair_loss / apart,
        "candidate": ds.line_candidate_loss / apart,
        "best sampled": best.line_sampled_loss / apart,
    }
    with house_style():
        figure, axes = sheet(
            2, ds.sizes["line"], width=2.9 * ds.sizes["line"], height=4.8, sharex="col"
        )
        for k, r in enumerate(ds.line.values):
            density, (top, bottom) = ds.line_density.values[k], axes[:, k]
            every = ds.line_sampled_norm.transpose("line", "place", "seed").values[k]
            top.plot(density, every, ".", color=FAINT, ms=2.5, zorder=0)
            top.plot(density, ds.line_exact_norm.values[k], color=INK, label="exact optimum")
            top.plot(
                density,
                best.line_sampled_norm.values[k],
                "o",
                color=BLUE,
                ms=3.5,
                label="best sampled",
            )
            bottom.plot(
                density,
                relative["pair"].values[k],
                color=FAINT,
                lw=1,
                label="descended from a pair",
            )
            bottom.plot(density, relative["exact optimum"].values[k], color=INK)
            bottom.plot(
                density, relative["candidate"].values[k], color=ORANGE, ls="--", label="candidate"
            )
            bottom.plot(density, relative["best sampled"].values[k], "o", color=BLUE, ms=3.5)
            for axis in (top, bottom):
                axis.axvline(onsets["exact"][k], color=INK, lw=0.8, ls=":")
                axis.axvline(onsets["candidate"][k], color=ORANGE, lw=0.8, ls=":")
            top.set(title=f"r = {r:g}", ylim=(-0.03, 1.15))
            bottom.set(xscale="log", xlabel="density = 1 - S", xlim=(density.max(), density.min()))
            ticks = np.geomspace(density.max(), density.min(), 5)[1:-1]
            bottom.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
            bottom.minorticks_off()
        axes[0, 0].set_ylabel("‖W‖ of the last feature")
        axes[1, 0].set_ylabel("exact loss / loss without it")
        axes[0, -1].legend(loc="lower right")
        axes[1, -1].legend(loc="lower left")
    data = xr.Dataset(
        {
            "density": ds.line_density,
            "exact_norm": ds.line_exact_norm,
            "best_sampled_norm": best.line_sampled_norm,
            **{f"{name.replace(' ', '_')}_loss": value for name, value in relative.items()},
        }
    )
    return Exhibit(
        figure,
        data.drop_vars("seed", errors="ignore").to_dataframe().reset_index(),
        "Two features in one dimension, sparser to the right. Top: length of the less important one; grey, every "
        "sampled model. Bottom: exact losses over that of a model without it; grey, the exact loss descended from an "
        "antipodal pair. Dotted: the boundary of the exact optimum (black) and of the candidates (orange).",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {"maps": _maps(ds), "lines": _lines(ds)}
