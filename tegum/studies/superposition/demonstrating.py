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
from tegum.errors import bad_input
from tegum.plots.bands import median_band
from tegum.plots.stored import features_side_by_side
from tegum.plots.style import INK, SERIES, drawing
from tegum.studies import core, populations
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, above, at, both, median, of_weights, share
from tegum.theory.optima import linear_optimum


class Config(core.BottleneckConfig):
    """Features of importance decay^i through a bottleneck, at several densities."""

    n_hidden: core.Count = 5
    importance_decay: core.Share = 0.7
    densities: tuple[core.Density, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    """p = 1 - S, the chance that a feature is active"""
    activations: tuple[core.Activation, ...] = ("linear", "relu")
    """output activations to compare"""
    seeds: core.Count = 10

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_features <= self.n_hidden:
            wanted = f"more than n_hidden = {self.n_hidden}, else none must share"
            raise bad_input("n_features", self.n_features, wanted)


POINTS = {"activation": "activations", "density": "densities"}
TRAINED = core.Part(populations.trained, populations.VARIABLES, **POINTS)
MODELS = core.Measurement("falling-importance", version=1, parts=(TRAINED,))

# --- readings -----------------------------------------------------------------------------------


def represented(ds: xr.Dataset) -> xr.DataArray:
    return above(of_weights(geometry.norms, ds.w), 0.5)


def keeps_top_m(ds: xr.Dataset) -> xr.DataArray:
    """Whether exactly the m most important features are represented."""
    found, m = represented(ds), ds.sizes["hidden"]
    kept, dropped = found.isel(feature=slice(m)), 1 - found.isel(feature=slice(m, None))
    return both(kept.min("feature", skipna=False), dropped.min("feature", skipna=False))


def count(ds: xr.Dataset) -> xr.DataArray:
    """How many features a model represents, from dense to sparse."""
    return represented(ds).sum("feature", skipna=False).sortby("density", ascending=False)


def at_sparsest(ds: xr.Dataset) -> xr.DataArray:
    return count(ds).sel(activation="relu").isel(density=-1)


def steps_of_count(ds: xr.Dataset) -> xr.DataArray:
    """How many more features ReLU models represent from one density to the next, start by start."""
    return count(ds).sel(activation="relu", drop=True).diff("density")


def linear(ds: xr.Dataset) -> xr.Dataset:
    """The best linear model at each density, in closed form: its loss and its biases."""
    importance = Config(**core.config_in(ds)).importance
    best = [linear_optimum(ds.sizes["hidden"], p, importance) for p in ds.density.values]
    biases = (("density", "feature"), [each.b for each in best])
    return xr.Dataset({"loss": ("density", [each.loss for each in best]), "b": biases})


def excess(ds: xr.Dataset) -> xr.DataArray:
    """Exact loss above the linear optimum's, in units of what exchanging features costs."""
    m, importance = ds.sizes["hidden"], Config(**core.config_in(ds)).importance
    exchange = (importance[m - 1] - importance[m]) * (ds.density / 3 - ds.density**2 / 4)
    return (ds.loss - linear(ds).loss) / exchange


def bias_error(ds: xr.Dataset) -> xr.DataArray:
    """Distance of biases from the linear optimum's, in units of E x, where that is resolved."""
    mean, step = ds.density / 2, core.config_in(ds)["learning_rate"]
    return (abs(ds.b - linear(ds).b) / mean).where(mean >= 10 * step)


def shared_are_later(ds: xr.Dataset) -> xr.DataArray:
    """Whether features with interference above 1/2 (midway between none and an antipodal pair)
    are, on average, less important than other represented ones; NaN without both.
    """
    kept, shared = represented(ds) == 1, of_weights(geometry.interference, ds.w) > 0.5
    rank = xr.DataArray(np.arange(ds.sizes["feature"]), dims="feature")
    return above(*(rank.where(kept & kind).mean("feature") for kind in (shared, ~shared)))


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
        "The sparser features are, the more of them a ReLU model represents: from no density to "
        "the next lower one fewer (median over starts; a single one may lose a feature).",
        ELHAGE,
        median(steps_of_count, "least", note="more features at the next lower density"),
        low=0,
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
        "replication-count",
        "{low} to {high} of 20 features are represented in 5 dimensions when sparsest (median).",
        "an independent replication's count",
        median(at_sparsest),
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
    "From one density to the next lower one ReLU models represent [relu-count-grows] more features "
    "at the least step (median); linear models lose what the closed form says, to [linear-loss] of "
    "the cost of one wrong feature (median, at the worst density)."
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
