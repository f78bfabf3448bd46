"""Figures: stacks of neurons, which features are computed, and the asymmetric motif."""

from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr

from tegum.analysis.motifs import asymmetric_motifs
from tegum.analysis.neurons import monosemantic
from tegum.plots import marks
from tegum.plots.neurons import by_meaning, feature_colours, motif_diagram, neuron_stacks, scaled
from tegum.plots.style import BLUE, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.computation.absolute import readings

SHOWN = 30
"""features in a stack; weights on less important ones are left out"""


def best(ds: xr.Dataset, loss: str, seed: str) -> xr.Dataset:
    """The network of least loss, wherever there are several seeds."""
    return ds.isel({seed: ds[loss].fillna(np.inf).argmin(seed)})


def stacks_of(
    axes: Any, weights: tuple[np.ndarray, ...], order_of: tuple[np.ndarray, np.ndarray], **look: Any
) -> None:
    """Some weights of one network, each on axes of its own, neurons in one order."""
    if not all(np.isfinite(each).all() for each in order_of):
        return
    order = by_meaning(*order_of)
    kind = monosemantic(*order_of)[order]
    for axis, each in zip(axes, weights, strict=True):
        colours = feature_colours(each.shape[1])
        neuron_stacks(axis, each[order], colours, shaded=kind, **look)


def weights_of(one: xr.Dataset, prefix: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Weights in and out of one network."""
    dims = f"{prefix}hidden", f"{prefix}feature"
    w, v = (one[f"{prefix}{name}"].transpose(*dims).values for name in ("w", "w_out"))
    return w, v


@core.takeaway(
    "At density 1 [dense-monosemantic of neurons] are monosemantic (median, worse start). At 0.01 "
    "and less, from fresh weights, [sparse-polysemantic of neurons] are (median, worst density); "
    "from pairs both kinds stand side by side at 0.01 in [both-kinds of networks]."
)
def stacks(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False)
    models = best(ordered, "loss", "seed")
    count, n = models.sizes["density"], min(SHOWN, ds.sizes["feature"])
    with drawing(count, 2, width=9.8, height=1.2 * count + 0.6) as (figure, axes):
        for row, p in zip(axes, models.density.values, strict=True):
            for axis, start in zip(row, ("fresh", "pairs"), strict=True):
                w, v = weights_of(models.sel(density=p, start=start))
                stacks_of([axis], (scaled(w, v)[0][:, :n],), (w, v), smallest=0.1)
                high = max(1.1, *np.abs(axis.get_ylim()))
                axis.set_ylim(-high, high)
            row[0].set_ylabel(f"density\n{p:g}", rotation=0, ha="right", va="center")
        axes[0, 0].set_title("from fresh weights")
        axes[0, 1].set_title("from pairs of neurons")
        scale = mpl.cm.ScalarMappable(
            mpl.colors.Normalize(-0.5, n - 0.5), mpl.colors.ListedColormap(feature_colours(n))
        )
        figure.colorbar(scale, ax=axes.ravel().tolist(), label="feature, 0 the most important",
                        pad=0.015, aspect=40)  # fmt: skip
    share = readings.monosemantic_share(ordered)
    return core.exhibit(
        figure,
        xr.Dataset({"monosemantic_share": share, "loss": ordered.loss}),
        f"The best of {ds.sizes['seed']} networks at each density from each start, a stack for "
        "each neuron: its weights in, the largest scaled to 1, on features coloured by importance, "
        f"those below 0 downwards; below 0.1, and beyond the first {n} features, left out. Shaded: "
        "monosemantic neurons.",
    )


@core.takeaway(
    "With two neurons a feature the best network loses [trained-exact] of all there is to lose; "
    "[trained-exact-share of networks] come below a thousandth. Of 20 features in ten neurons at "
    "density 1/2, [motif-of-half of networks] hold the asymmetric motif."
)
def small_networks(ds: xr.Dataset) -> core.Exhibit:
    exact = best(ds.sel(exact_start="fresh"), "exact_loss", "small_seed")
    half = best(ds, "half_loss", "small_seed")
    pairs = {
        "3 features, 6 neurons": weights_of(exact, "exact_"),
        "20 features, 10 neurons": weights_of(half, "half_"),
    }
    with drawing(2, 2, width=8.0, height=4.2, width_ratios=[6, 10]) as (figure, axes):
        for column, (title, (w, v)) in zip(axes.T, pairs.items(), strict=True):
            names = [str(i) for i in range(w.shape[1])]
            stacks_of(column, scaled(w, v), (w, v), names=names)
            column[0].set_title(title)
        axes[0, 0].set_ylabel("weights in")
        axes[1, 0].set_ylabel("weights out")
    return core.exhibit(
        figure,
        xr.Dataset({"exact_loss": ds.exact_loss, "half_loss": ds.half_loss}),
        "The best small networks at density 1/2, features numbered and coloured by importance, a "
        "stack for each neuron, its largest weight in scaled to 1 (above) and its weights out the "
        "other way round (below). Shaded: monosemantic neurons. |x| = ReLU(x) + ReLU(-x).",
    )


COLOURS = {"fresh": ORANGE, "pairs": BLUE}


@core.takeaway(
    "Up to [more-than-half] features are computed (median), where m/2 is most without "
    "superposition. At density 0.01 the loss from pairs is [superposition-pays] of what those "
    "would leave; from fresh weights [fresh-pays] times as much as they would (medians). Rank "
    "correlation of importance and monosemantic neurons: [important-monosemantic] standard "
    "deviations."
)
def features(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False)
    middle = {
        "of |x_i| explained": (readings.explained(ordered).clip(min=0), "viridis"),
        "from monosemantic neurons": (readings.from_monosemantic(ordered), "cividis"),
    }
    count, over = readings.computed(ordered), readings.over_apart(ordered)
    m, shown = ds.sizes["hidden"], int(min(ds.sizes["feature"], ds.sizes["hidden"]))
    labels = [f"{p:g}" for p in ordered.density.values]
    ratios = [1, 1.1, 0.85]
    with drawing(2, 3, width=10.0, height=4.8, width_ratios=ratios) as (figure, axes):
        for row, (title, (values, colours)) in zip(axes, middle.items(), strict=True):
            for axis, start in zip(row, COLOURS, strict=False):
                one = values.sel(start=start).median("seed").transpose("density", "feature")
                matrix = one.isel(feature=slice(shown)).values
                image = axis.imshow(matrix, cmap=colours, vmin=0, vmax=1, aspect="auto")
                axis.axvline(m / 2 - 0.5, color=RED, lw=1.2)
                axis.set_yticks(range(len(labels)), labels)
            row[0].set(ylabel="density")
            figure.colorbar(image, ax=row[1], pad=0.03, label=title)
        for axis, start in zip(axes[0], ("fresh weights", "pairs"), strict=False):
            axis.set_title(f"from {start}")
        for axis in axes[1, :2]:
            axis.set_xlabel("feature, 0 the most important")
        for axis, values in ((axes[0, 2], count), (axes[1, 2], over)):
            x = marks.sparsity_ticks(axis, ordered.density)
            for shift, (start, colour) in zip((-0.15, 0.15), COLOURS.items(), strict=True):
                dots = values.sel(start=start).transpose("density", "seed")
                style = {"shift": shift, "width": 0.2, "ms": 5}
                marks.dots(axis, x, dots, colour=colour, label=f"from {start}", **style)
        axes[0, 2].axhline(m / 2, color=RED, lw=1.2, label="m/2")
        axes[0, 2].set(ylabel="features computed", ylim=(0, None), xlabel="")
        axes[0, 2].legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=3,
                          handletextpad=0.3, columnspacing=0.8)  # fmt: skip
        axes[1, 2].axhline(1, color=RED, lw=1.2)
        axes[1, 2].set(yscale="log", ylabel="loss / loss of m/2 alone")
    return core.exhibit(
        figure,
        xr.Dataset({"explained": readings.explained(ordered), "computed": count, "over": over}),
        "Left, medians over networks: how much of each output's variance is explained, |x_i| being "
        "what a network of 2n neurons gives, and how much of what neurons give to it comes from "
        "monosemantic ones (white: not computed); red, m/2. Right: features of which more than "
        f"{readings.COMPUTED:g} is explained, and loss over that of two neurons each for the m/2 "
        "most important features, a dot for each network.",
    )


@core.takeaway(
    "At density 0.01 a network from fresh weights has [motif-found] asymmetric motifs more than "
    "any shuffle of it (median)."
)
def motif(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False).sel(start="fresh")
    counts = readings.motif_counts(ordered.w, ordered.w_out)
    found = clearest(ordered)
    with drawing(1, 2, width=9.4, height=3.2, width_ratios=[1.15, 1]) as (figure, axes):
        left, right = axes[0]
        if found is None:
            left.text(0.5, 0.5, "no motif in this run", ha="center")
            left.set_axis_off()
        else:
            w, v, p, pair = found
            names = [[f"{kind}{of}" for of in pair] for kind in ("x", "y")]
            motif_diagram(left, w, v, features=names[0], neurons=["h", "h'"], outputs=names[1])
            left.set_title(f"density {p:g}: h computes both, h' takes back")
        x = marks.sparsity_ticks(right, ordered.density)
        looks = {
            "found": ("trained", BLUE),
            "signs_shuffled": ("signs of weights out shuffled", ORANGE),
            "features_shuffled": ("features of weights out shuffled", "#888888"),
        }
        for shift, (name, (label, colour)) in zip((-0.22, 0.0, 0.22), looks.items(), strict=True):
            values = counts[name].transpose("density", "seed")
            style = {"shift": shift, "width": 0.14, "ms": 5}
            marks.dots(right, x, values, colour=colour, label=label, **style)
        right.set(ylabel="asymmetric motifs", ylim=(-0.5, None))
        right.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=1, labelspacing=0.2)
    return core.exhibit(
        figure,
        counts,
        "Left: the most asymmetric motif found, weights above 0 blue and below orange: neuron h "
        "reads one feature strongly and answers the other strongly; what the first feature spoils "
        "there neuron h' takes back (published: 2 and -1/2 in, 1/2 and 2 out). Right: motifs in "
        f"each network from fresh weights, and the most in {readings.NULLS} shuffles of it.",
    )


def clearest(ds: xr.Dataset) -> tuple[np.ndarray, np.ndarray, float, list[int]] | None:
    """Of the best networks' motifs the most asymmetric: weights in and out, density, features."""
    models = best(ds, "loss", "seed")
    most: tuple[float, tuple[np.ndarray, np.ndarray, float, list[int]]] | None = None
    for p in models.density.values:
        w, v = weights_of(models.sel(density=p))
        if not np.isfinite(w).all():
            continue
        for each in asymmetric_motifs(w, v):
            k, pair = each.neuron, [each.strong, each.weak]
            ratio = min(abs(w[k, pair[0]] / w[k, pair[1]]), v[k, pair[1]] / v[k, pair[0]])
            if most is None or ratio > most[0]:
                cut = np.ix_([k, each.inhibitor], pair)
                # Scaled so that the strong weight in equals the strong weight out, as 2 and 2.
                balance = np.sqrt(np.abs(v[cut][:, 1:] / w[cut][:, :1]))
                most = ratio, (w[cut] * balance, v[cut] / balance, float(p), pair)
    return None if most is None else most[1]
