"""demonstrating-superposition: linear models keep their top m features; ReLU models keep more.

n features of falling importance go through m < n dimensions. A linear model does what principal
components do, at any sparsity: it keeps the m most important features, its bias is E x for each
feature that it drops, and it loses Σ I (p/3 - p²/4) over these. A ReLU model equals it when
features are dense, and stores ever more features, in superposition, as they grow sparse.

Represented means ‖W_i‖ > 1/2, midway between absent and kept. Losses are exact, and compared in a
unit that is chosen here: what the linear optimum would lose by keeping feature m + 1 for m.

Some ReLU models of sparse features end far above the best loss known. At the least density these
lack an important feature: its bias fell below 0 while its column was short, so that its output is
always 0 and feels no gradient. Near 0.3 they hold more antipodal pairs than pay for themselves, and
which features share a dimension, settled early, is not always what is best.
"""

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.plots.bands import median_band
from tegum.plots.stored import features_side_by_side
from tegum.plots.style import INK, SERIES, drawing
from tegum.studies import core, populations
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, at, median, of_weights, share
from tegum.studies.superposition.demonstrating.readings import (
    ANTIPODAL,
    MODELS,
    Config,
    at_sparsest,
    bias_error,
    count,
    excess,
    keeps_top_m,
    linear,
    published_count,
    shared_are_later,
    short_but_there,
    steps_of_count,
    two_pairs,
)

# --- claims -------------------------------------------------------------------------------------

ELHAGE = "Elhage et al. 2022, demonstrating superposition"
UNORDERED = controls.shuffled(("w", "b"), "feature")
OTHER_DENSITY = controls.reversed_along("density", "losses of other densities")

CLAIMS = (
    Claim(
        "linear-keeps-top-m",
        "At every density at least {low%} of linear models represent exactly their m most "
        "important features.",
        "closed form: principal components",
        share(at(keeps_top_m, activation="linear"), "least"),
        low=0.95,
        control=UNORDERED,
    ),
    Claim(
        "linear-loss",
        "At every density a linear model's loss is the closed form's, to {high} of the cost of one "
        "wrong feature (median).",
        "closed form: Σ over dropped features of I (p/3 - p²/4)",
        median(at(excess, activation="linear"), "greatest"),
        high=0.5,
        control=OTHER_DENSITY,
    ),
    Claim(
        "linear-biases",
        "Its biases are nearer to 0 where a feature is kept, to E x where not, than to the other "
        "(median, at the worst density and feature).",
        "closed form: b = E x for what is dropped",
        median(at(bias_error, activation="linear"), "greatest", note="in units of E x"),
        high=0.5,
        control=UNORDERED,
    ),
    Claim(
        "dense-relu-keeps-top-m",
        "At density 1 at least {low%} of ReLU models do so, too.",
        ELHAGE,
        share(at(keeps_top_m, activation="relu", density=1.0)),
        low=0.95,
        control=UNORDERED,
    ),
    Claim(
        "dense-relu-equals-linear",
        "At density 1 a ReLU model's loss is the best linear one's, to {high} of the same cost "
        "(median).",
        f"closed form of the linear optimum; {ELHAGE}",
        median(at(excess, activation="relu", density=1.0)),
        low=-0.5,
        high=0.5,
        control=OTHER_DENSITY,
    ),
    Claim(
        "relu-count-grows",
        "The sparser features are, the more of them a ReLU model represents: from density 1 to 0.1 "
        "and from there to 0.001 at least {low} more (median over starts, of the lesser step).",
        f"{ELHAGE}: five, ten, all twenty; at least one more is more",
        median(steps_of_count, "least", note="more features at the next of three densities"),
        low=1,
        control=controls.reversed_along("density"),
    ),
    Claim(
        "relu-more-than-dimensions",
        "When features are sparsest a ReLU model represents more features than dimensions "
        "(median).",
        "Elhage et al. 2022: superposition",
        median(at_sparsest),
        low=core.Derived("n_hidden + 1", lambda ds, _: ds.sizes["hidden"] + 1),
        control=controls.exchanged("activation", "relu", "linear"),
    ),
    Claim(
        "least-important-share-first",
        "Features in superposition are on average less important than dedicated ones, in more ReLU "
        "models with both than {low}.",
        "Elhage et al. 2022: superposition begins with the least important; null: fair coin",
        share(at(shared_are_later, activation="relu")),
        low=COIN,
        control=controls.reversed_along("feature", "features in reverse order"),
    ),
    populations.gap_claim("each kind and density"),
    Claim(
        "two-antipodal-pairs",
        "At density 0.1 at least {low%} of ReLU models, 20→5, hold two or more pairs of features "
        f"of cosine below {ANTIPODAL}.",
        f"{ELHAGE}: antipodal pairs at S = 0.9; an independent replication",
        share(at(two_pairs, activation="relu", density=0.1)),
        low=0.95,
        control=controls.exchanged("density", 0.1, 1.0),
    ),
    Claim(
        "ten-at-tenth",
        "At density 0.1 ten of 20 features are represented in 5 dimensions (median).",
        f"{ELHAGE}, as summarised by a reader: the top ten at S = 0.9",
        median(published_count(0.1)),
        low=10,
        high=10,
        kind="open",
    ),
    Claim(
        "all-at-thousandth",
        "At density 0.001 all {low} are (median).",
        f"{ELHAGE}, as summarised by a reader: all features at S = 0.999",
        median(published_count(0.001), note=short_but_there),
        low=20,
        kind="open",
    ),
    Claim(
        "replication-count",
        "{low} to {high} of 20 features are represented in 5 dimensions at density 0.001 (median).",
        "an independent replication's count",
        median(published_count(0.001)),
        low=13,
        high=14,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------

WIDEST = 10.0
"""inches, however many densities"""


@core.takeaway(
    "At the density where fewest do, [linear-keeps-top-m of linear models] represent exactly the m "
    "most important features; of the sparsest ReLU models represent [relu-more-than-dimensions] "
    "(median), those in superposition the less important in [least-important-share-first of models "
    "with both kinds]."
)
def stored_features(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False)
    best = ordered.isel(seed=ordered.loss.fillna(np.inf).argmin("seed")).drop_vars("seed")
    figure = features_side_by_side(
        best.w.transpose("activation", "density", "hidden", "feature"),
        best.b.transpose("activation", "density", "feature"),
        row_labels=list(best.activation.values),
        column_labels=[f"density {p:g}" for p in best.density.values],
    )
    figure.set_size_inches(min(figure.get_figwidth(), WIDEST), figure.get_figheight())
    length, shared = (of_weights(q, best.w) for q in (geometry.norms, geometry.superposition))
    return core.exhibit(
        figure,
        xr.Dataset({"norm": length, "superposition": shared, "bias": best.b}),
        "What the model of least exact loss stores, at each density and output activation. "
        "Matrices: WᵀW, with the output bias as the column beside it, red above 0 and blue below. "
        "Bars: length of each feature, the most important on top, dark with directions of its "
        "own, bright in superposition; the line is length 1.",
    )


@core.takeaway(
    "ReLU models of 20→5 represent [ten-at-tenth] features at density 0.1, where ten were "
    "published, and [all-at-thousandth] at 0.001, where all twenty were (medians); linear models "
    "lose what the closed form says, to [linear-loss] of the cost of one wrong feature (median, at "
    "the worst density)."
)
def counts_and_losses(ds: xr.Dataset) -> core.Exhibit:
    ratio = ds.loss / linear(ds).loss
    shown = xr.Dataset({"represented": count(ds), "loss_over_linear_optimum": ratio})
    shown = shown.sortby("density", ascending=False)
    levels, labels = (ds.sizes["hidden"], 1), ("features", "exact loss / best linear")
    titles = ("features represented", "exact loss")
    with drawing(1, 2, width=7.2, height=2.9) as (figure, axes):
        panels = zip(axes[0], shown, levels, labels, titles, strict=True)
        for axis, name, level, label, title in panels:
            for colour, activation in zip(SERIES, ds.activation.values, strict=False):
                y = shown[name].sel(activation=activation).transpose("density", "seed")
                x = 1 / shown.density
                median_band(
                    axis, x, y, colour=colour, label=activation, inner=1.0, marker="o", ms=3
                )
            axis.axhline(level, color=INK, ls="--", lw=0.8)
            axis.set(xscale="log", xlabel="1 / density = 1 / (1 - S)", ylabel=label, ylim=(0, None))
            axis.set_title(title)
            axis.xaxis.set_major_formatter("{x:g}")
            axis.yaxis.get_major_locator().set_params(integer=name == "represented")
        axes[0, 0].legend()
    return core.exhibit(
        figure,
        shown,
        "Median over seeds, with its 95 % interval and, lightly, their whole range. Left: features "
        "represented (‖W_i‖ > 1/2); dashed, the number of dimensions. Right: exact loss over a "
        "linear model's optimum; dashed, 1.",
    )


QUICK = Config(densities=(1.0, 0.3, 0.1, 0.001), steps=3000, batch=512, learning_rate=4e-3)
PAPER = Config(n_features=80, n_hidden=20, importance_decay=0.9, seeds=20)

STUDY = core.Study(
    name="demonstrating-superposition",
    group="toy-models",
    question="Which features does a model keep that has fewer dimensions than features, and when "
    "does it keep more?",
    finding="Exactly the m most important features are represented by [linear-keeps-top-m of "
    "linear models] at the worst density, and at density 1 by [dense-relu-keeps-top-m of ReLU "
    "models]. Of the sparsest ReLU models represent [relu-more-than-dimensions] (median), more "
    "than they have dimensions.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 1.3, "paper": 20},
    claims=CLAIMS,
    figures=(stored_features, counts_and_losses),
)
