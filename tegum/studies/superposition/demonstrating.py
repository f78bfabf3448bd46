"""demonstrating-superposition: linear models keep their top m features; ReLU models keep more.

n features of falling importance go through m < n dimensions. A linear model does what principal
components do, at any sparsity: it keeps the m most important features, its bias is E x for each
feature that it drops, and it loses Σ I (p/3 - p²/4) over these. A ReLU model equals it when
features are dense, and stores ever more features, in superposition, as they grow sparse.

Represented means ‖W_i‖ > 1/2, midway between absent and kept. Losses are exact, and compared in a
unit that is chosen here: what the linear optimum would lose by keeping feature m + 1 for m.
"""

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.errors import bad_input
from tegum.plots.bands import median_band
from tegum.plots.features import features_side_by_side
from tegum.plots.style import FAINT, SERIES, drawing
from tegum.studies import core, populations
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, above, at, both, median, number, of_weights, share
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


def least_step(ds: xr.Dataset) -> float:
    return float(count(ds).sel(activation="relu").median("seed").diff("density").min())


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
        "A linear model represents exactly its m most important features (share at least {low}).",
        "closed form: principal components",
        share(at(keeps_top_m, activation="linear"), "least"),
        low=0.95,
        control=UNORDERED,
    ),
    Claim(
        "linear-loss",
        "A linear model's loss is the closed form's, to {high} of the cost of one wrong feature.",
        "closed form: Σ over dropped features of I (p/3 - p²/4)",
        median(at(excess, activation="linear"), "greatest"),
        high=0.5,
        control=OTHER_DENSITY,
    ),
    Claim(
        "linear-biases",
        "Its biases are nearer to 0 where a feature is kept, to E x where not, than to the other.",
        "closed form: b = E x for what is dropped",
        median(at(bias_error, activation="linear"), "greatest", note="in units of E x"),
        high=0.5,
        control=UNORDERED,
    ),
    Claim(
        "dense-relu-keeps-top-m",
        "At density 1 a ReLU model does so, too (share at least {low}).",
        ELHAGE,
        share(at(keeps_top_m, activation="relu", density=1.0)),
        low=0.95,
        control=UNORDERED,
    ),
    Claim(
        "dense-relu-equals-linear",
        "At density 1 a ReLU model's loss is the best linear one's, to {high} of the same cost.",
        f"closed form of the linear optimum; {ELHAGE}",
        median(at(excess, activation="relu", density=1.0)),
        low=-0.5,
        high=0.5,
        control=OTHER_DENSITY,
    ),
    Claim(
        "relu-count-grows",
        "The sparser features are, the more of them a ReLU model represents: never fewer.",
        ELHAGE,
        number(least_step, note="least step of the median from one density to the next"),
        low=0,
        control=controls.reversed_along("density"),
    ),
    Claim(
        "relu-more-than-dimensions",
        "When features are sparsest a ReLU model represents more features than dimensions.",
        "Elhage et al. 2022: superposition",
        median(at_sparsest),
        low=core.Derived("n_hidden + 1", lambda ds, _: ds.sizes["hidden"] + 1),
        control=controls.exchanged("activation", "relu", "linear"),
    ),
    Claim(
        "least-important-share-first",
        "Features in superposition are less important than dedicated ones (share above {low}).",
        "Elhage et al. 2022: superposition begins with the least important; null: fair coin",
        share(at(shared_are_later, activation="relu")),
        low=COIN,
        control=controls.reversed_along("feature", "features in reverse order"),
    ),
    populations.gap_claim("each kind and density"),
    Claim(
        "replication-count",
        "{low} to {high} of 20 features are represented in 5 dimensions when sparsest.",
        "an independent replication's count",
        median(at_sparsest),
        low=13,
        high=14,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------


def stored_features(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.sortby("density", ascending=False)
    best = ordered.isel(seed=ordered.loss.fillna(np.inf).argmin("seed")).drop_vars("seed")
    figure = features_side_by_side(
        best.w.transpose("activation", "density", "hidden", "feature"),
        best.b.transpose("activation", "density", "feature"),
        row_labels=list(best.activation.values),
        column_labels=[f"density {p:g}" for p in best.density.values],
    )
    length, shared = (of_weights(q, best.w) for q in (geometry.norms, geometry.superposition))
    return core.exhibit(
        figure,
        xr.Dataset({"norm": length, "superposition": shared, "bias": best.b}),
        "What the best of each set of seeds stores. Matrices: WᵀW, with the output bias as the "
        "column beside it. Bars: length of each feature, the most important on top, dark with "
        "directions of its own, bright in superposition.",
    )


def counts_and_losses(ds: xr.Dataset) -> core.Exhibit:
    ratio = ds.loss / linear(ds).loss
    shown = xr.Dataset({"represented": count(ds), "loss_over_linear_optimum": ratio})
    shown = shown.sortby("density", ascending=False)
    levels, labels = (ds.sizes["hidden"], 1), ("features represented", "exact loss / best linear")
    with drawing(1, 2, width=7.2, height=2.9) as (figure, axes):
        for axis, name, level, label in zip(axes[0], shown, levels, labels, strict=True):
            for colour, activation in zip(SERIES, ds.activation.values, strict=False):
                y = shown[name].sel(activation=activation).transpose("density", "seed")
                x = 1 / shown.density
                median_band(
                    axis, x, y, colour=colour, label=activation, inner=1.0, marker="o", ms=3
                )
            axis.axhline(level, color=FAINT, ls="--", zorder=0)
            axis.set(xscale="log", xlabel="1 / density = 1 / (1 - S)", ylabel=label, ylim=(0, None))
        axes[0, 0].legend()
    return core.exhibit(
        figure,
        shown,
        "Median over seeds, and their whole range. Left: features represented (‖W_i‖ > 1/2); "
        "dashed, the dimensions. Right: exact loss over a linear model's optimum; dashed, 1.",
    )


QUICK = Config(densities=(1.0, 0.3, 0.1, 0.001), steps=3000, batch=512, learning_rate=4e-3)
PAPER = Config(n_features=80, n_hidden=20, importance_decay=0.9, seeds=20)

STUDY = core.Study(
    name="demonstrating-superposition",
    group="toy-models",
    question="Which features does a model keep that has fewer dimensions than features, and when "
    "does it keep more?",
    finding="A linear model keeps exactly its m most important features at any sparsity. So does "
    "a ReLU model of dense features; of the sparsest it keeps [relu-more-than-dimensions] "
    "(median), more than it has dimensions.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 1.3, "paper": 20},
    claims=CLAIMS,
    figures=(stored_features, counts_and_losses),
)
