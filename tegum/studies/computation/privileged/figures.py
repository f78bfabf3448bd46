"""Figures: what each neuron of the best models stores, alignment to the axes, and rotations."""

import numpy as np
import xarray as xr

from tegum.analysis import neurons
from tegum.plots import marks
from tegum.plots.neurons import by_meaning, feature_colours, neuron_stacks
from tegum.plots.style import BLUE, GREEN, INK, ORANGE, drawing
from tegum.studies import core
from tegum.studies.computation.privileged import readings
from tegum.studies.core.measures import of_weights

ACROSS = 4
"""models in a row"""


@core.takeaway(
    "Above density 1/2 [dense-monosemantic of best models] have monosemantic neurons only; at "
    "densities of 0.1 and less [sparse-polysemantic of a model's neurons] are monosemantic (median "
    "of all models, worst density). At 0.04 [pairs-of-neurons of features] of the best model have "
    "a pair of neurons to themselves."
)
def best_neurons(ds: xr.Dataset) -> core.Exhibit:
    best = readings.best(ds)
    blocks = readings.blocks_of_best(ds)
    models = best.w.transpose("density", "hidden", "feature")
    n, count = models.sizes["feature"], models.sizes["density"]
    rows, across = -(-count // ACROSS), min(ACROSS, count)
    names = [str(i) for i in range(n)]
    size = {"width": 2.35 * across + 0.3, "height": 2.5 * rows}
    with drawing(rows, across, **size, sharey=True) as (figure, axes):
        for axis in axes.flat[count:]:
            axis.set_axis_off()
        for axis, p, w in zip(axes.flat, models.density.values, models.values, strict=False):
            if np.isfinite(w).all():
                order, kind = by_meaning(w), neurons.monosemantic(w)
                style = {"shaded": kind[order], "names": names, "smallest": 0.1, "named": 0.3}
                neuron_stacks(axis, w[order], feature_colours(n), **style)
                axis.set_xlabel(_wrapped(readings.in_words(blocks[float(p)])), fontsize=7.5)
            axis.set_title(f"density {p:g}")
        for axis in axes[:, 0]:
            axis.set_ylabel("weights W")
    share = readings.monosemantic_share(best.expand_dims("seed")).squeeze("seed")
    return core.exhibit(
        figure,
        xr.Dataset({"w": best.w, "loss": best.loss, "monosemantic_share": share}),
        f"The best of {ds.sizes['seed']} models at each density, a stack for each neuron: its "
        "weights on features (numbered and coloured by importance, dark the most important), those "
        "below 0 downwards, |W| < 0.1 left out. Shaded: monosemantic neurons. Below: blocks of "
        "features stored in neurons that they share with no others, as features in neurons.",
    )


def _wrapped(words: str, most: int = 30) -> str:
    parts, lines = words.split(", "), [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > most:
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + part
    return "\n".join(lines)


@core.takeaway(
    "Above density 1/2 [dense-aligned of models] with a hidden ReLU are aligned to the axes (worst "
    "density). Without it gradient descent aligns [linear-unaligned of models] (worst density), as "
    "chance does; with Adam [adam-knows-no-axes of rotations] have fewer features to a neuron."
)
def alignment(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False)
    turned = _rotated_participation(ordered.w)
    own = readings.participation(ordered)
    linear = readings.linear_quantile(ordered)
    linear = linear.assign_coords(seed=range(linear.sizes["seed"]))
    quantiles = {
        "ReLU, AdamW": (readings.quantile(ordered.w), BLUE),
        "no ReLU, AdamW": (linear.sel(optimizer="AdamW", drop=True), ORANGE),
        "no ReLU, SGD": (linear.sel(optimizer="SGD", drop=True), GREEN),
    }
    with drawing(1, 2, width=8.6, height=3.3, width_ratios=[1, 1.25]) as (figure, axes):
        left, right = axes[0]
        x = marks.sparsity_ticks(left, ordered.density)
        low, middle, high = (turned.quantile(q, "seed") for q in (0.025, 0.5, 0.975))
        left.fill_between(x, low, high, color="#dddddd", lw=0, label="rotated, 95 % of models")
        left.plot(x, middle, color=INK, ls="--", lw=0.8, label="rotated, median")
        style = {"width": 0.3, "ms": 3}
        marks.dots(left, x, own.transpose("density", "seed"), colour=BLUE, label="own", **style)
        left.set(ylabel="features to a neuron", ylim=(0.8, None))
        left.legend(loc="lower right")
        x = marks.sparsity_ticks(right, ordered.density)
        right.axhspan(0, readings.LOWEST, color="#dddddd", lw=0)
        right.axhline(0.5, color=INK, ls="--", lw=0.8)
        for shift, (name, (values, colour)) in zip(
            (-0.26, 0.0, 0.26), quantiles.items(), strict=True
        ):
            shown = values.transpose("density", "seed")
            marks.dots(right, x, shown, colour=colour, shift=shift, width=0.16, ms=2.5)
            mean = {"marker": "_", "ms": 11, "ls": "", "mew": 2, "color": colour, "label": name}
            right.plot(x + shift, shown.mean("seed"), **mean)
        right.set(ylabel="rotations with no more\nfeatures to a neuron", ylim=(-0.03, 1.03))
        right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    table = {name.replace(",", "").replace(" ", "_"): of for name, (of, _) in quantiles.items()}
    return core.exhibit(
        figure,
        xr.merge([own.rename("features_to_a_neuron"), xr.Dataset(table)], join="outer"),
        "Left: how many features share a neuron (participation ratio, mean over a model's "
        "neurons), a dot for each model with a hidden ReLU; grey, the same weights rotated. "
        f"Right: the share of {readings.NULL} rotations of each model's own weights in which no "
        "more features share a neuron; dash, mean of the models; dashed line, what chance gives in "
        f"the mean; grey, the lowest {readings.LOWEST:.0%}, where a model counts as aligned.",
    )


def _rotated_participation(w: xr.DataArray) -> xr.DataArray:
    def one(values: np.ndarray) -> np.ndarray:
        return neurons.participation(neurons.rotated(values, 9)).mean(axis=(0, -1))

    return of_weights(one, w, per=None)


@core.takeaway(
    "With a hidden ReLU [rotation-with-relu of rotations] make the loss rise (worst density); "
    "without it none changes it (by [rotation-without-relu] of it at most). The best model's loss "
    "is at most [best-beats-apart] of what a neuron to a feature would lose."
)
def rotations(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False)
    after = readings.factor(ordered)
    over = ordered.loss / ordered.apart
    flat = ordered.rotated_linear_loss / ordered.linear_loss
    with drawing(1, 2, width=8.2, height=3.1) as (figure, axes):
        left, right = axes[0]
        x = marks.sparsity_ticks(left, ordered.density)
        style = {"width": 0.6, "ms": 2.5, "alpha": 0.35}
        shown = after.transpose("density", "seed", "rotation")
        marks.dots(left, x, shown, colour=BLUE, label="hidden ReLU", **style)
        linear = flat.median(("linear_seed", "rotation", "optimizer"))
        marks.theory(left, x, linear, label="no hidden ReLU (all)", color=ORANGE)
        left.set(yscale="log", ylabel="loss after a rotation / before")
        left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        x = marks.sparsity_ticks(right, ordered.density)
        shown = over.transpose("density", "seed")
        marks.dots(right, x, shown, colour=BLUE, width=0.5, ms=3, label="a model")
        right.plot(x, over.min("seed"), "_", color=INK, ms=14, mew=1.6, label="the best")
        right.axhline(1, color=INK, ls="--", lw=0.8, label="a neuron to a feature")
        right.set(ylabel="loss / loss of a neuron to a feature", ylim=(0, 1.35))
        right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return core.exhibit(
        figure,
        xr.Dataset({"loss": ordered.loss, "loss_error": ordered.loss_error, "after": after}),
        "Left: each model's loss after random rotations of its hidden space over that before, on "
        "the same inputs. Right: loss over that of a model with one neuron each for the m most "
        "important features (closed form).",
    )
