"""loss-decomposition: what a loss is made of, features missed and features that disturb others.

Of a linear model with its best bias the source's two terms are the whole loss:

    L = V (Σ_i I_i (1 - ‖W_i‖²)² + Σ_{i≠j} I_i (W_i·W_j)²),   V = p/3 - p²/4 = Var x_i,

shortfall, which is what feature benefit leaves, and interference. It is least without any
interference, at every density p = 1 - S: superposition never pays. Of a ReLU model the same two
terms are far more than it loses, for two reasons. Negative answers are cut off: where b_i ≤ 0, an
active feature j with W_i·W_j < 0 costs output i nothing. And a bias below 0 cuts off positive ones
too, at the price of some shortfall.

How much, is exact where one feature is active at a time: `tegum.theory.activity` has both terms in
closed form, here as

    own = 3 Σ_i I_i ∫ (x - (‖W_i‖² x + b_i)₊)² dx,   felt = 3 Σ_{i≠j} I_i ∫ (W_i·W_j x + b_i)₊² dx,

x from 0 to 1. The 3 makes own Σ I_i where nothing is answered, and felt Σ I_i (W_i·W_j)² over
positive W_i·W_j where b = 0. Inputs with at most one active feature carry the more of the exact
loss, the sparser features are: two at a time come with p². The models are those of
demonstrating-superposition, and nothing else is trained.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from tegum.plots import marks
from tegum.plots.bands import median_band
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, drawing
from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import at, extreme, median
from tegum.studies.superposition.demonstrating.readings import MODELS
from tegum.studies.superposition.demonstrating.study import STUDY as DEMONSTRATING
from tegum.studies.superposition.loss_decomposition.readings import (
    Config,
    carried,
    carried_by_few,
    importance,
    interference_charged,
    left_over,
    let_through,
    linear_terms,
    losses_backwards,
    negative_share,
    of_relu,
    one_active,
    own_over_linear,
    sparse_only,
    sparsest,
    steps,
    variance,
)

# --- claims -------------------------------------------------------------------------------------

ELHAGE = "Elhage et al. 2022, demonstrating superposition"
AS_LINEAR = controls.exchanged("activation", "relu", "linear")
BACKWARDS = controls.reversed_along("density")

CLAIMS = (
    Claim(
        "linear-identity",
        "In every linear model shortfall, interference and what its biases are off make the exact "
        "loss, to {high} of it.",
        "closed form; the bound leaves room for rounding",
        extreme(at(left_over, activation="linear"), "greatest"),
        high=1e-6,
        control=AS_LINEAR,
    ),
    Claim(
        "linear-no-interference",
        "At every density interference makes at most {high%} of a linear model's loss (median).",
        "closed form: none at the optimum; the bound leaves room for noise of training",
        median(at(interference_charged, activation="linear"), "greatest"),
        high=0.01,
        control=AS_LINEAR,
    ),
    Claim(
        "relu-charged-too-much",
        "At every density below 1 the linear formula's interference alone is more than a ReLU "
        "model loses in all (median of their ratio above {low}).",
        f"{ELHAGE}: superposition needs the nonlinearity; 1: as much",
        median(sparse_only(interference_charged), "least"),
        low=1.0,
        control=AS_LINEAR,
    ),
    Claim(
        "interference-is-negative",
        "At every density below 1 more of a ReLU model's interference is negative than the half "
        "that random signs give (median).",
        "where b ≤ 0 negative interference costs nothing; null: signs by a fair coin",
        median(sparse_only(negative_share), "least"),
        low=0.5,
        control=controls.replaced("weights without their signs", w=lambda ds: abs(ds.w)),
    ),
    Claim(
        "bias-shuts-off-the-rest",
        "At the least density biases let through less of the positive interference than b = 0 "
        "would (median ratio at most {high}).",
        "closed form: all of it at b = 0, less below",
        median(sparsest(of_relu(let_through))),
        high=1.0,
        control=controls.replaced("biases without their signs", b=lambda ds: abs(ds.b)),
    ),
    Claim(
        "interference-grows",
        "From density 1 to 0.1, and from there to 0.001, Σ I_i (W_i·W_j)² of ReLU models grows "
        "(median over starts, of the lesser step).",
        f"{ELHAGE}: no interference when dense, all features in superposition at last",
        median(steps(of_relu(lambda ds: linear_terms(ds).interference)), "least"),
        low=0.0,
        control=BACKWARDS,
    ),
    Claim(
        "shortfall-falls",
        "In these steps a ReLU model's error at its own single active feature falls, over that of "
        "the linear model of the same start (median over starts, of the lesser fall).",
        f"{ELHAGE}: more features are represented",
        median(steps(of_relu(lambda ds: -own_over_linear(ds))), "least"),
        low=0.0,
        control=BACKWARDS,
    ),
    Claim(
        "few-carry-more",
        "In these steps inputs with at most one active feature carry more and more of a ReLU "
        "model's exact loss (median over starts, of the lesser step).",
        "theory: two features at a time come with p²",
        median(steps(carried_by_few), "least"),
        low=0.0,
        control=controls.replaced("losses of other densities", loss=losses_backwards),
    ),
    Claim(
        "few-carry-nearly-all",
        "At the least density they carry at least {low%} of it (median).",
        f"{ELHAGE}: as features grow sparse only one at a time matters; nine tenths is no theory",
        median(sparsest(carried_by_few)),
        low=0.9,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------

KINDS = {"linear": "linear", "relu": "ReLU"}
FLOOR = 1e-5
"""of logarithmic axes; what is less is drawn there"""


def bands(axis: Any, values: xr.Dataset, colours: Sequence[str], **look: Any) -> None:
    """A median with its whole range over seeds for each variable, over 1 / density."""
    ordered = values.sortby("density", ascending=False)
    for colour, (name, each) in zip(colours, ordered.items(), strict=True):
        y = np.maximum(each.transpose("density", "seed").values, FLOOR)
        line = {"ls": "--", "zorder": 3} if colour == INK else {"marker": "o", "ms": 3}
        x = 1 / each.density.values
        median_band(axis, x, y, colour=colour, label=str(name), inner=1.0, **line)
    axis.set(xscale="log", xlabel="1 / density = 1 / (1 - S)", **look)
    axis.xaxis.set_major_formatter("{x:g}")


@core.takeaway(
    "Two terms make a linear model's loss, and one of them is next to nothing: interference is "
    "[linear-no-interference of the loss] at most. Of ReLU models the same term is at least "
    "[relu-charged-too-much] times all that they lose (medians; the latter below density 1)."
)
def linear_formula(ds: xr.Dataset) -> core.Exhibit:
    terms, dropped = linear_terms(ds), variance(ds) * importance(ds).sum()
    shown = xr.Dataset(
        {
            "shortfall": variance(ds) * terms.shortfall / dropped,
            "interference": variance(ds) * terms.interference / dropped,
            "exact loss": ds.loss / dropped,
        }
    )
    with drawing(1, 2, width=7.2, height=3.2, sharey=True) as (figure, axes):
        for axis, (kind, name) in zip(axes[0], KINDS.items(), strict=True):
            one, colours = shown.sel(activation=kind), (BLUE, ORANGE, INK)
            bands(axis, one, colours, title=f"{name} models", yscale="log")
        axes[0, 0].set(ylabel="loss / loss of dropping all", ylim=(FLOOR, None))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        shown,
        "The linear formula's two terms beside the exact loss, over the loss of dropping all "
        "features. Median over seeds, its 95 % interval and, lightly, their whole range. In linear "
        "models shortfall lies on the exact loss; of ReLU models their sum is no loss at all.",
    )


@core.takeaway(
    "Of a ReLU model's interference at least [interference-is-negative of all] is negative "
    "(median, below density 1), which a ReLU cuts off; at the least density biases let "
    "[bias-shuts-off-the-rest of the rest] through."
)
def forgiven(ds: xr.Dataset) -> core.Exhibit:
    relu = {"activation": "relu"}
    terms, felt = linear_terms(ds).sel(relu), one_active(ds).felt.sel(relu)
    names = ("all", "the positive alone", "felt: positive, with biases")
    each = (terms.interference, terms.positive, felt)
    left = xr.Dataset(dict(zip(names, each, strict=True))) / importance(ds).sum()
    right = xr.Dataset({"own error": own_over_linear(ds).sel(relu)})
    with drawing(1, 2, width=7.4, height=3.3) as (figure, axes):
        sparse = left.sel(density=left.density < 1)
        bands(axes[0, 0], sparse, (ORANGE, RED, GREEN), yscale="log", title="interference")
        axes[0, 0].set(ylabel="interference / Σ I_i", ylim=(FLOOR, None))
        bands(axes[0, 1], right, (BLUE,), title="error at the active feature's output")
        axes[0, 1].set(ylabel="ReLU / linear", ylim=(0, None))
        marks.legend_below(figure, axes)
    return core.exhibit(
        figure,
        left.rename(dict(zip(names, ("all", "positive", "felt"), strict=True))).assign(
            own_over_linear=right["own error"]
        ),
        "ReLU models; median over seeds, its 95 % interval and, lightly, their whole range. Left: "
        "Σ I_i (W_i·W_j)² over i ≠ j, the part of it with W_i·W_j > 0, and what one active feature "
        f"makes the other outputs answer with their biases (what is less than {FLOOR:g} is drawn "
        "there). Biases above 0, of features that are dropped, let more through than the positive "
        "part. Right: error at the active feature's own output, over that of the linear model of "
        "the same start.",
    )


@core.takeaway(
    "Inputs with at most one active feature carry [few-carry-nearly-all of the exact loss] of ReLU "
    "models at the least density (median)."
)
def by_activity(ds: xr.Dataset) -> core.Exhibit:
    shares = carried(ds).sortby("density", ascending=False).mean("seed")
    with drawing(width=5.6, height=3.4) as (figure, axes):
        axis, below = axes[0, 0], np.zeros(shares.sizes["density"])
        places = marks.named_ticks(axis, [f"{p:g}" for p in shares.density.values])
        for colour, (name, each) in zip((GREEN, BLUE, ORANGE, FAINT), shares.items(), strict=True):
            axis.bar(places, each, bottom=below, color=colour, width=0.85, label=str(name))
            below += each.values
        axis.set(xlabel="density = 1 - S", ylabel="share of the exact loss", ylim=(0, 1))
        marks.legend_below(figure, axes, columns=2)
    return core.exhibit(
        figure,
        shares,
        "How much of the exact loss of ReLU models comes from inputs with no active feature, with "
        "one (at its own output, and at the others, which it disturbs), and with two or more; "
        "means over seeds.",
    )


STUDY = core.Study(
    name="loss-decomposition",
    group="toy-models",
    question="Is a model's loss features that it misses, or features that disturb one another?",
    finding="Linear models lose by missing features: interference is [linear-no-interference of "
    "the loss] at most. ReLU models interfere, but at least [interference-is-negative of that] is "
    "negative and cut off; the biases of the sparsest let [bias-shuts-off-the-rest of the rest] "
    "through (medians).",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={name: Config(**dict(each)) for name, each in DEMONSTRATING.presets.items()},
    minutes=DEMONSTRATING.minutes,
    claims=CLAIMS,
    figures=(linear_formula, forgiven, by_activity),
)
