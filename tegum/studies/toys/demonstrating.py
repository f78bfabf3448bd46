"""demonstrating-superposition: linear models keep their top m features; ReLU models keep more, the sparser the more.

n features of falling importance go through m < n dimensions. A linear model does what principal components do, at any
sparsity. A ReLU model equals it when features are dense, and stores ever more features, in superposition, as they grow
sparse. The dense case and every linear one have closed forms, which the trained models are held against.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.nulls import coin_share
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.plots.bands import median_band
from tegum.plots.features import features_side_by_side
from tegum.plots.style import FAINT, SERIES, house_style, sheet
from tegum.studies.claims import Claim, Measured
from tegum.studies.config import Count, Density, Frozen, Share, StudyConfig, Unsigned
from tegum.studies.study import Exhibit, Study, config_in
from tegum.theory.expected import expected_loss
from tegum.theory.known import best_known_loss
from tegum.theory.optima import linear_optimum
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled

Activation = Literal["linear", "relu"]


class Config(StudyConfig):
    """Features of importance decay^i through a bottleneck, at several densities."""

    n_features: Count = 20
    """n, features"""
    n_hidden: Count = 5
    """m, hidden dimensions"""
    importance_decay: Share = 0.7
    """importance of feature i is this to the power i"""
    densities: tuple[Density, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    """p = 1 - S, the chance that a feature is active"""
    activations: tuple[Activation, ...] = ("linear", "relu")
    """output activations to compare"""
    seeds: Count = 10
    """models for each density and activation"""
    steps: Count = 10_000
    """training steps"""
    batch: Count = 1024
    """fresh samples a step"""
    learning_rate: Unsigned = 1e-3
    """of AdamW with weight decay 0.01, constant"""


class Task(Frozen):
    """All seeds at one density and activation."""

    config: Config
    activation: Activation
    density: Density


def plan(config: Config) -> list[Task]:
    return [
        Task(config=config, activation=activation, density=density)
        for activation in config.activations
        for density in config.densities
    ]


def measure(task: Task) -> xr.Dataset:
    c = task.config
    seeds = c.seed * 10_000 + np.arange(c.seeds)
    importance = c.importance_decay ** np.arange(c.n_features)
    init = partial(Bottleneck.init, c.n_features, c.n_hidden, activation=task.activation)
    features = SparseFeatures(c.n_features, task.density, importance)
    trained = train(
        fresh(init, seeds),
        stack([Reconstruction(features)] * c.seeds),
        Recipe(steps=c.steps, objective=Sampled(c.batch)),
        seeds=seeds,
        learning_rate=c.learning_rate,
    )
    w, b = trained.model.w, trained.model.b
    exact = partial(expected_loss, density=task.density, importance=importance, activation=task.activation)
    loss = [exact(*model) if ok else np.nan for *model, ok in zip(w, b, trained.finite, strict=True)]
    best = min(best_known_loss(c.n_hidden, task.density, importance, task.activation), np.nanmin(loss, initial=np.inf))
    of_model = ("activation", "density", "seed")
    dataset = xr.Dataset(
        {
            "w": ((*of_model, "hidden", "feature"), w[None, None], {"long_name": "weights"}),
            "b": ((*of_model, "feature"), b[None, None], {"long_name": "output bias"}),
            "loss": (
                of_model,
                np.array(loss)[None, None],
                {"long_name": "exact population loss, summed over features"},
            ),
            "gap": (
                of_model,
                np.array(loss)[None, None] / best - 1,
                {"long_name": "loss over the best known, less 1; of ReLU models no lower bound is known"},
            ),
            "finite": (of_model, trained.finite[None, None], {"long_name": "False for a model that diverged"}),
        },
        coords={"activation": [task.activation], "density": [task.density], "seed": seeds},
    )
    return dataset.assign_coords(importance=("feature", importance))


# --- claims ---------------------------------------------------------------------------------------------------------


def _top_m(ds: xr.Dataset) -> xr.DataArray:
    """Whether exactly the m most important features are represented."""
    is_top = ds.feature < ds.sizes["hidden"]
    return (_represented(ds) == is_top).all("feature")


def _represented(ds: xr.Dataset) -> xr.DataArray:
    return _of_weights(geometry.represented, ds)


def _of_weights(quantity: Callable[[np.ndarray], np.ndarray], ds: xr.Dataset) -> xr.DataArray:
    """One number a feature, from the weights of every model."""
    return xr.apply_ufunc(quantity, ds.w, input_core_dims=[["hidden", "feature"]], output_core_dims=[["feature"]])


def _optimum_loss(ds: xr.Dataset, density: float) -> float:
    return linear_optimum(ds.sizes["hidden"], density, ds.importance.values).loss


def _exchange_cost(ds: xr.Dataset, density: float) -> float:
    """What the linear optimum would lose by keeping feature m + 1 in place of feature m."""
    m, variance = ds.sizes["hidden"], density / 3 - density**2 / 4
    return float(ds.importance[m - 1] - ds.importance[m]) * variance


def _gap_in_exchanges(ds: xr.Dataset, activation: str, densities: np.ndarray) -> Measured:
    """The worst median gap to the linear optimum, in units of the cost of exchanging one feature."""
    gaps = [
        float(abs(ds.loss.sel(activation=activation, density=p).median("seed") - _optimum_loss(ds, p)))
        / _exchange_cost(ds, p)
        for p in densities
    ]
    return Measured(max(gaps), high=0.5, note=f"worst of {len(gaps)} densities; 1 = the cost of one exchange")


def _linear_keeps_top_m(ds: xr.Dataset) -> Measured:
    share = _top_m(ds.sel(activation="linear")).mean("seed").min("density")
    return Measured(float(share), low=0.95, note="share of seeds, at the density where it is least")


def _dense_relu_keeps_top_m(ds: xr.Dataset) -> Measured:
    return Measured(float(_top_m(ds.sel(activation="relu", density=1.0)).mean("seed")), low=0.95, note="share of seeds")


def _linear_biases(ds: xr.Dataset) -> Measured:
    """Worst distance of a bias (median over seeds) from its closed form, in units of E x."""
    resolved = [p for p in ds.density.values if p / 2 >= 10 * config_in(ds)["learning_rate"]]
    worst = 0.0
    for p in resolved:
        optimum = linear_optimum(ds.sizes["hidden"], p, ds.importance.values)
        error = abs(ds.b.sel(activation="linear", density=p) - optimum.b).median("seed") / (p / 2)
        worst = max(worst, float(error.max()))
    return Measured(worst, high=0.5, note=f"in units of E x; densities down to {min(resolved, default=np.nan):g}")


def _count(ds: xr.Dataset) -> xr.DataArray:
    return _represented(ds.sel(activation="relu")).sum("feature")


def _counts_grow(ds: xr.Dataset) -> Measured:
    counts = _count(ds).median("seed").sortby("density", ascending=False).values
    steps = np.diff(counts)
    shown = ", ".join(f"{count:g}" for count in counts)
    return Measured(
        float(np.mean(steps >= 0)),
        low=1.0,
        note=f"share of steps towards sparser that do not lose a feature; medians {shown}",
    )


def _more_than_dimensions(ds: xr.Dataset) -> Measured:
    sparsest = _count(ds).sel(density=float(ds.density.min()))
    return Measured(
        float(sparsest.median()), low=1.0 + ds.sizes["hidden"], note="median over seeds at the sparsest density"
    )


def _replication_count(ds: xr.Dataset) -> Measured:
    sparsest = _count(ds).sel(density=float(ds.density.min()))
    return Measured(
        float(sparsest.median()), low=13.0, high=14.0, note=f"median over seeds at density {float(ds.density.min()):g}"
    )


def _gap(ds: xr.Dataset) -> Measured:
    gaps = ds.gap.sel(activation="relu").min("seed")
    median = float(ds.gap.sel(activation="relu").median("seed").max())
    return Measured(float(gaps.max()), high=0.01, note=f"worst density; there the median seed is {median:.1%} above")


def _shared_are_less_important(ds: xr.Dataset) -> Measured:
    """Share of ReLU models whose shared features are, on average, less important than their dedicated ones."""
    relu = ds.sel(activation="relu")
    shared = _of_weights(geometry.interference, relu) > 0.5  # midway between none and an antipodal pair
    shared_ones, dedicated = shared & _represented(relu), ~shared & _represented(relu)
    later = relu.feature.where(shared_ones).mean("feature") - relu.feature.where(dedicated).mean("feature")
    both = later.notnull()
    models = int(both.sum())
    return Measured(
        float((later > 0).where(both).mean()),
        low=coin_share(models),
        note=f"share of the {models} models that have both",
    )


CLAIMS = (
    Claim(
        "linear-keeps-top-m",
        "A linear model represents exactly the m most important features, whatever the density (in ≥ 95 % of seeds).",
        "closed form: principal components; represented means ‖W_i‖ > 1/2, midway between absent and kept",
        _linear_keeps_top_m,
    ),
    Claim(
        "linear-loss",
        "A linear model's exact loss is the closed form's: the gap is under half the cost of one wrong feature.",
        "closed form: Σ over dropped features of I (p/3 - p²/4)",
        lambda ds: _gap_in_exchanges(ds, "linear", ds.density.values),
    ),
    Claim(
        "linear-biases",
        "A linear model's bias is 0 for kept features and E x for dropped ones: each is nearer to its own than to the "
        "other (where E x is at least ten steps of the optimiser).",
        "closed form: b = E x for what is dropped",
        _linear_biases,
    ),
    Claim(
        "dense-relu-keeps-top-m",
        "At density 1 a ReLU model represents exactly the m most important features (in ≥ 95 % of seeds).",
        "Elhage et al. 2022, demonstrating superposition",
        _dense_relu_keeps_top_m,
    ),
    Claim(
        "dense-relu-equals-linear",
        "At density 1 a ReLU model's exact loss is the best linear one's: the gap is under half the cost of one wrong "
        "feature.",
        "closed form of the linear optimum; Elhage et al. 2022",
        lambda ds: _gap_in_exchanges(ds, "relu", np.array([1.0])),
    ),
    Claim(
        "relu-count-grows",
        "The number of features that a ReLU model represents never falls as features grow sparser.",
        "Elhage et al. 2022, demonstrating superposition",
        _counts_grow,
    ),
    Claim(
        "relu-more-than-dimensions",
        "When features are sparsest a ReLU model represents more features than it has dimensions.",
        "Elhage et al. 2022: superposition",
        _more_than_dimensions,
    ),
    Claim(
        "least-important-share-first",
        "In ReLU models with both, the features in superposition are less important than those with a dimension of "
        "their own, more often than a fair coin would say (95 %).",
        "Elhage et al. 2022: superposition begins with the least important; null: fair coin",
        _shared_are_less_important,
    ),
    Claim(
        "best-seed-near-best-known",
        "The best of the seeds comes within 1 % of the best loss known, at every density.",
        "no theory: a hope; best known by descent on the exact loss from many starts",
        _gap,
        kind="open",
    ),
    Claim(
        "replication-count",
        "13 to 14 of 20 features are represented in 5 dimensions when sparsest.",
        "an independent replication's count",
        _replication_count,
        kind="open",
    ),
)


# --- figures --------------------------------------------------------------------------------------------------------


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
            "norm": _of_weights(geometry.norms, best),
            "superposition": _of_weights(geometry.superposition, best),
            "bias": best.b,
        }
    ).assign_coords(feature=np.arange(ds.sizes["feature"]))
    gram = xr.DataArray(
        geometry.gram(w),
        dims=("activation", "density", "feature", "other"),
        coords={"activation": best.activation, "density": best.density, "other": np.arange(w.shape[-1])},
    )
    data = of_feature.assign(gram=gram)[["norm", "superposition", "bias", "gram"]].drop_vars(["seed", "importance"])
    return Exhibit(
        figure,
        data.to_dataframe().reset_index(),
        "What the best of each set of seeds stores. Matrices: WᵀW, with the output bias as the column beside it. Bars: "
        "length of each feature, the most important on top, dark with directions of its own, bright in superposition.",
    )


def _counts_and_losses(ds: xr.Dataset) -> Exhibit:
    ordered = ds.sortby("density", ascending=False)
    counts = _represented(ordered).sum("feature").transpose("activation", "density", "seed")
    optimum = np.array([_optimum_loss(ds, p) for p in ordered.density.values])
    ratio = (ordered.loss / xr.DataArray(optimum, dims="density")).transpose("activation", "density", "seed")
    with house_style():
        figure, axes = sheet(1, 2, width=7.2, height=2.9)
        for axis, quantity in zip(axes[0], (counts, ratio), strict=True):
            for colour, activation in zip(SERIES, ds.activation.values, strict=False):
                band = quantity.sel(activation=activation).values
                median_band(
                    axis, 1 / ordered.density.values, band, colour=colour, label=activation, inner=1.0, marker="o", ms=3
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


QUICK = Config(densities=(1.0, 0.3, 0.1, 0.001), steps=3000, batch=512, learning_rate=4e-3)

STUDY = Study(
    name="demonstrating-superposition",
    group="toy-models",
    question="Which features does a model keep that has fewer dimensions than features, and when does it keep more?",
    sources=("elhage2022",),
    version=1,
    presets={
        "quick": QUICK,
        "default": Config(),
        "paper": Config(n_features=80, n_hidden=20, importance_decay=0.9, seeds=20),
    },
    minutes={"quick": 0.3, "default": 1.3, "paper": 20},
    plan=plan,
    measure=measure,
    claims=CLAIMS,
    figures=figures,
)
