"""head-one-pair: an attention head learns to respond to one pair of features; are its first singular vectors those two?

A bottleneck (n features in m dimensions) and a head of rank r on its hidden layer, trained jointly or in two stages, to
answer 1 iff feature i is active in the left token and feature j in the right one. The head sees h = Wx and never W.

Theory: the population-optimal head is of rank one at any r, Ω* ∝ d_i d_jᵀ with d_i = E[hhᵀ]⁺ E[h 1(x_i > 0)]. So the
singular vectors are the features themselves only as far as d_i is parallel to W_i: exactly where W is a balanced tight
frame, and worst for dense features, where the head uses the mean of h as a substitute for the constant that it lacks.
"""

from functools import partial
from typing import Literal

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.nulls import chance_quantile, coin_share
from tegum.analysis.spectra import cosines, effective_rank, svd_of_product
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.plots.bands import SHADED, median_band
from tegum.plots.style import BLUE, FAINT, GREEN, INK, ORANGE, house_style, shades, sheet
from tegum.studies.claims import Claim, Measured
from tegum.studies.config import Count, Density, Frozen, Index, Share, StudyConfig, Unsigned
from tegum.studies.study import Exhibit, Study
from tegum.theory.heads import dual_directions, head_floor, head_loss
from tegum.training.engine import Trained, fresh, stack
from tegum.training.heads import train_with_head
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled, log_spaced

Mode = Literal["joint", "two-stage"]


class Config(StudyConfig):
    """One pair of features to attend to, at densities from dense to sparse, trained jointly and in two stages."""

    n_features: Count = 20
    """n, features"""
    n_hidden: Count = 10
    """m, hidden dimensions; 10 or more, so that chance does not explain the cosines"""
    rank: Count = 10
    """r, rank of the head, at most n_hidden"""
    pair: tuple[Index, Index] = (0, 1)
    """(i, j): feature of the left and of the right token that the head should respond to, counted from 0"""
    importance_decay: Share = 0.9
    """importance of feature k is this to the power k"""
    densities: tuple[Density, ...] = (1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01)
    """p = 1 - S, the chance that a feature is active"""
    modes: tuple[Mode, ...] = ("joint", "two-stage")
    """train W, b, A, B together, or first W, b and then A, B"""
    lam: Unsigned = 1.0
    """weight of the head's loss beside the reconstruction loss, which is summed over features; joint only"""
    seeds: Count = 20
    """models for each density and mode"""
    steps: Count = 1600
    """training steps, of each stage"""
    batch: Count = 512
    """fresh tokens a step on each side; the head's loss sees all their pairings"""
    learning_rate: Unsigned = 5e-3
    """of AdamW with weight decay 0.01, constant"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.rank > self.n_hidden:
            raise bad_input("rank", self.rank, f"at most n_hidden = {self.n_hidden}")
        if max(self.pair) >= self.n_features:
            raise bad_input("pair", self.pair, f"features from 0 to n_features - 1 = {self.n_features - 1}")


class Task(Frozen):
    """All seeds at one density and mode."""

    config: Config
    mode: Mode
    density: Density


def plan(config: Config) -> list[Task]:
    return [Task(config=config, mode=mode, density=density) for mode in config.modes for density in config.densities]


def measure(task: Task) -> xr.Dataset:
    c = task.config
    seeds = c.seed * 10_000 + np.arange(c.seeds)
    features = SparseFeatures(c.n_features, task.density, c.importance_decay ** np.arange(c.n_features))
    trained = train_with_head(
        fresh(partial(Bottleneck.init, c.n_features, c.n_hidden), seeds),
        fresh(partial(Head.init, c.n_hidden, c.rank), seeds + 2**30),  # seeds apart from those of W
        stack([features] * c.seeds),
        stack([Pairs((c.pair,))] * c.seeds),
        Recipe(steps=c.steps, objective=Sampled(c.batch), snapshots=log_spaced(c.steps, 24, first=10)),
        mode=task.mode,
        seeds=seeds,
        lam=c.lam,
        learning_rate=c.learning_rate,
    )
    dataset = _measured(trained, c.pair, task.density)
    return dataset.assign_coords(seed=seeds).expand_dims(mode=[task.mode], density=[task.density])


def _measured(trained: Trained, pair: tuple[int, int], density: float) -> xr.Dataset:
    """What the trained population says at every look, beside what theory says of the weights it ended with."""
    history: HeadedBottleneck = trained.history
    w = np.asarray(history.bottleneck.w, np.float64)
    u, s, v = svd_of_product(*(np.asarray(m, np.float64) for m in (history.head.a, history.head.b)))
    sides = [cosines(slices, w)[..., 0, feature] for slices, feature in zip((u, v), pair, strict=True)]
    first = np.stack([u[..., -1, :, 0], v[..., -1, :, 0]], axis=-2)  # the first slice at the end: seed side hidden
    theory = [_predictions(model_w, slices, pair, density) for model_w, slices in zip(w[:, -1], first, strict=True)]
    omega = np.asarray(history.head.omega[:, -1], np.float64)
    weights = Pairs((pair,)).matrix(w.shape[-1])
    at_looks = ("seed", "step")
    return xr.Dataset(
        {
            "cosine": (
                (*at_looks, "side"),
                np.stack(sides, axis=-1),
                {"long_name": "signed cos(first singular vector, W_i)"},
            ),
            "leverage": ((*at_looks, "side"), geometry.leverage(w)[..., list(pair)]),
            "superposition": ((*at_looks, "side"), geometry.superposition(w)[..., list(pair)]),
            "singular_value": ((*at_looks, "slice"), s),
            "theory_cosine": (("seed", "side"), np.array([t[0] for t in theory]), {"long_name": "|cos(d_i, W_i)|"}),
            "dual_cosine": (
                ("seed", "side"),
                np.array([t[1] for t in theory]),
                {"long_name": "|cos(first vector, d_i)|"},
            ),
            "L1": (
                at_looks,
                trained.losses["L1"],
                {"long_name": "sampled, summed over features, mean since last look"},
            ),
            "L2": ("seed", [head_loss(o, k, density, weights) for o, k in zip(omega, w[:, -1], strict=True)]),
            "L2_floor": ("seed", [head_floor(k, density, weights) for k in w[:, -1]]),
            "w": (("seed", "hidden", "feature"), w[:, -1]),
            "omega": (("seed", "hidden", "hidden_right"), omega),
            "finite": ("seed", trained.finite),
        },
        coords={"step": list(trained.steps), "side": ["left", "right"]},
    )


def _predictions(
    w: np.ndarray, first: np.ndarray, pair: tuple[int, int], density: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each side |cos(d_i, W_i)|, the prediction, and |cos(first singular vector, d_i)|, whether it came about."""
    duals = geometry.directions(dual_directions(w, density))[:, list(pair)]
    features = geometry.directions(w)[:, list(pair)]
    return np.abs(np.sum(duals * features, axis=0)), np.abs(np.sum(duals * first.T, axis=0))


# --- claims ---------------------------------------------------------------------------------------------------------


def _final(ds: xr.Dataset) -> xr.Dataset:
    return ds.isel(step=-1)


def _alignment(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of the first singular vectors with their features, the worse side of each model."""
    return abs(_final(ds).cosine).min("side")


def _null(ds: xr.Dataset) -> float:
    """The 95 % null of one singular vector chosen beforehand; both sides must pass, so this is conservative."""
    return chance_quantile(0.95, ds.sizes["hidden"])


def _one_singular_value(ds: xr.Dataset) -> Measured:
    ranks = xr.apply_ufunc(effective_rank, _final(ds).singular_value, input_core_dims=[["slice"]]).median("seed")
    return Measured(float(ranks.max()), high=1.5, note="median over seeds, at the worst density and mode")


def _above_null(ds: xr.Dataset) -> Measured:
    where = ds.sel(density=[p for p in ds.density.values if p <= 0.7])
    return Measured(
        float(_alignment(where).median("seed").min()),
        low=_null(ds),
        note="median over seeds, at the worst density and mode",
    )


def _matches_theory(ds: xr.Dataset) -> Measured:
    gap = abs(abs(_final(ds).cosine) - ds.theory_cosine).median(("seed", "side"))
    return Measured(float(gap.max()), high=0.03, note="median over seeds and sides, at the worst density and mode")


def _theory_beats_feature(ds: xr.Dataset) -> Measured:
    """Share of models whose first singular vectors are nearer to d_i than to W_i."""
    nearer = (ds.dual_cosine > abs(_final(ds).cosine)).all("side")
    apart = (ds.theory_cosine < 0.99).all("side")  # where both are nearly the same direction there is nothing to tell
    models = int(apart.sum())
    return Measured(
        float(nearer.where(apart).mean()),
        low=coin_share(models),
        note=f"of the {models} models in which |cos(d_i, W_i)| < 0.99",
    )


def _dense_is_worst(ds: xr.Dataset) -> Measured:
    medians = _alignment(ds).median("seed")
    densest, sparse = (
        medians.sel(density=float(ds.density.max())),
        medians.sel(density=[p for p in ds.density.values if p <= 0.1]),
    )
    return Measured(
        float((sparse.min("density") - densest).min()),
        low=0.0,
        note="least median |cos| at density ≤ 0.1 minus that at the densest; worse mode",
    )


def _signs_agree(ds: xr.Dataset) -> Measured:
    aligned = _alignment(ds) > _null(ds)
    agree = (_final(ds).cosine.prod("side") > 0).where(aligned)
    return Measured(float(agree.mean()), low=0.95, note=f"of the {int(aligned.sum())} models above the null")


def _reaches_floor(ds: xr.Dataset) -> Measured:
    excess = (ds.L2 / ds.L2_floor).median("seed") - 1
    return Measured(
        float(excess.max()), high=0.05, note="excess over the floor, median over seeds, at the worst density and mode"
    )


def _dense_hypothesis(ds: xr.Dataset) -> Measured:
    densest = _alignment(ds).sel(density=float(ds.density.max())).median("seed").min()
    return Measured(
        float(densest), low=_null(ds), note=f"median over seeds at density {float(ds.density.max()):g}, worse mode"
    )


def _no_orthogonality_needed(ds: xr.Dataset) -> Measured:
    """Alignment of models in which both attended features share their directions."""
    shared = (_final(ds).leverage < 0.75).all(
        "side"
    )  # midway between a dimension alone (1) and an antipodal pair (1/2)
    models = int(shared.sum())
    return Measured(
        float(_alignment(ds).where(shared).median()),
        low=_null(ds),
        note=f"median of the {models} models with both leverages below 3/4",
    )


CLAIMS = (
    Claim(
        "one-singular-value",
        "For one pair Ω has one significant singular value: its effective rank (Σσ²)²/Σσ⁴ rounds to 1.",
        "theory: the optimal head for one pair is of rank one at any r",
        _one_singular_value,
    ),
    Claim(
        "above-null",
        "At density ≤ 0.7 the first singular vectors align with W_i and W_j beyond the 95 % of chance (worse side).",
        "exact null: cos² of a random direction is Beta(1/2, (m-1)/2)",
        _above_null,
    ),
    Claim(
        "matches-theory",
        "|cos(first singular vector, W_i)| is the closed form |cos(d_i, W_i)| at the trained W, to within 0.03.",
        "theory: d_i = E[hhᵀ]⁺ E[h 1(x_i>0)]; its own check by regression was to 3 %",
        _matches_theory,
    ),
    Claim(
        "dual-not-feature",
        "Where d_i and W_i differ, the first singular vectors are nearer to d_i than to W_i, more often than a fair "
        "coin (95 %).",
        "theory as above; null: fair coin",
        _theory_beats_feature,
    ),
    Claim(
        "dense-is-worst",
        "With the indicator target and no constant input, dense features align worse than sparse ones.",
        "theory: for m orthonormal features |cos| falls to 1/√m as S → 0",
        _dense_is_worst,
    ),
    Claim(
        "signs-agree",
        "Where both sides align, they do so with equal sign (in ≥ 95 % of models): the slice stands for the pair.",
        "theory: Ω* is a positive multiple of d_i d_jᵀ; a coin would give 50 %",
        _signs_agree,
    ),
    Claim(
        "reaches-floor",
        "The head's exact L2 is within 5 % of the least that any head can reach on its W.",
        "theory: the quadratic's minimum at Ω*; gradient descent reached it to ≤ 1.1 % in small runs",
        _reaches_floor,
    ),
    Claim(
        "aligned-in-superposition",
        "Attended features that share their directions with others are aligned with too, beyond the 95 % of chance.",
        "theory: in balanced frames |cos| = 1 at any density; exact null as above",
        _no_orthogonality_needed,
    ),
    Claim(
        "dense-recovery",
        "When features are dense and the top m orthogonal, the first singular vectors recover the attended features.",
        "the hypothesis as first stated; theory says it fails: |cos| = 1/√m, below the 95 % null",
        _dense_hypothesis,
        kind="open",
    ),
)


# --- figures --------------------------------------------------------------------------------------------------------


def _alignment_against_sparsity(ds: xr.Dataset) -> Exhibit:
    ordered = ds.sortby("density", ascending=False)
    trained = abs(_final(ordered).cosine).transpose("mode", "density", "seed", "side")
    theory = ordered.theory_cosine.transpose("mode", "density", "seed", "side")
    x = np.arange(ds.sizes["density"])
    with house_style():
        figure, axes = sheet(1, ds.sizes["mode"], width=3.7 * ds.sizes["mode"], height=3.1, sharey=True)
        for axis, mode in zip(axes[0], ds.mode.values, strict=True):
            axis.axhspan(0, _null(ds), color=FAINT, alpha=0.35, lw=0, label="chance, 95 %")
            for side, colour, shift in (("left", BLUE, -0.12), ("right", ORANGE, 0.12)):
                dots = trained.sel(mode=mode, side=side).values
                axis.plot(
                    np.repeat(x + shift, dots.shape[1]),
                    dots.ravel(),
                    ".",
                    ms=3,
                    alpha=0.6,
                    color=colour,
                    label=f"{side} vector, each seed",
                )
            line = theory.sel(mode=mode).median(("seed", "side"))
            axis.plot(x, line, color=INK, lw=1.2, marker="_", ms=12, label="theory at the trained W (median)")
            sparsity = [f"{1 - p:g}" for p in np.round(ordered.density.values, 6)]
            axis.set(title=str(mode), xlabel="sparsity S = 1 - density", ylim=(0, 1.03), xticks=x, xticklabels=sparsity)
        axes[0, 0].set_ylabel("|cos(first singular vector, feature)|")
        axes[0, 0].legend(loc="lower right")
    data = xr.Dataset({"cosine": trained, "theory": theory}).drop_vars("step").to_dataframe().reset_index()
    return Exhibit(
        figure,
        data.assign(null_95=_null(ds)),
        "Alignment of the head's first singular vectors with the two attended features. Dots: seeds. Line: the closed "
        "form |cos(d_i, W_i)|, evaluated at the weights each model ended with. Grey: what one random direction stays "
        "below in 95 %.",
    )


def _training_curves(ds: xr.Dataset) -> Exhibit:
    shown = sorted(ds.density.values, reverse=True)
    shown = [shown[k] for k in np.unique(np.linspace(0, len(shown) - 1, min(4, len(shown))).round().astype(int))]
    curves = (
        xr.Dataset(
            {
                "alignment": abs(ds.cosine).min("side"),
                "orthogonality": 1 - ds.superposition.max("side"),
                "leverage": ds.leverage.min("side"),
            }
        )
        .sel(density=shown)
        .transpose("mode", "density", "step", "seed")
    )
    styles = {
        "alignment": (BLUE, "alignment: |cos|"),
        "orthogonality": (GREEN, "orthogonality: 1 - √Σ(Ŵ_i·W_j)²"),
        "leverage": (ORANGE, "leverage P_ii"),
    }
    with house_style():
        figure, axes = sheet(
            ds.sizes["mode"],
            len(shown),
            width=1.9 * len(shown) + 0.6,
            height=2.1 * ds.sizes["mode"] + 0.4,
            sharex=True,
            sharey=True,
        )
        for row, mode in zip(axes, ds.mode.values, strict=True):
            for axis, density in zip(row, shown, strict=True):
                axis.axhspan(0, _null(ds), color=FAINT, alpha=0.35, lw=0)
                for name, (colour, label) in styles.items():
                    values = curves[name].sel(mode=mode, density=density).values[1:]
                    median_band(axis, curves.step.values[1:], values, colour=colour, label=label)
                axis.set(xscale="log", ylim=(0, 1.03), title=f"{mode}, S = {1 - density:.4g}")
        for axis in axes[-1]:
            axis.set_xlabel("step")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return Exhibit(
        figure,
        curves.to_dataframe().reset_index(),
        f"Training curves of the worse side of the pair: {SHADED}. Alignment of the first "
        "singular vectors; how orthogonal the attended features are to all others; their leverage. Grey: chance, 95 %. "
        "In two-stage training W is fixed while the head learns.",
    )


def _spectrum(ds: xr.Dataset) -> Exhibit:
    ordered = _final(ds).sortby("density", ascending=False).drop_vars("step")
    share = (ordered.singular_value / ordered.singular_value.max("slice")).transpose("mode", "density", "slice", "seed")
    share = share.assign_coords(slice=np.arange(1, ds.sizes["slice"] + 1))
    with house_style():
        figure, axes = sheet(1, ds.sizes["mode"], width=3.4 * ds.sizes["mode"], height=2.7, sharey=True)
        colours = shades(ds.sizes["density"])
        for axis, mode in zip(axes[0], ds.mode.values, strict=True):
            for colour, density in zip(colours, ordered.density.values, strict=True):
                values = share.sel(mode=mode, density=density).median("seed")
                axis.plot(share.slice, values, ".-", color=colour, lw=1, label=f"S = {1 - density:.4g}")
            axis.set(title=str(mode), xlabel="slice k", yscale="log", ylim=(1e-4, 1.5))
        axes[0, 0].set_ylabel("σ_k / σ_1 (median over seeds)")
        axes[0, -1].legend(ncols=2)
    return Exhibit(
        figure,
        share.rename("relative_singular_value").to_dataframe().reset_index(),
        "Singular values of Ω relative to the first. Theory: one is not zero; what is left of the others is noise of "
        "training.",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {
        "alignment": _alignment_against_sparsity(ds),
        "training-curves": _training_curves(ds),
        "spectrum": _spectrum(ds),
    }


STUDY = Study(
    name="head-one-pair",
    group="attention-head",
    question="When a head attends to one pair of features, are its first singular vectors the directions of the two?",
    sources=("franco2026", "elhage2022"),
    version=1,
    presets={
        "quick": Config(densities=(1.0, 0.5, 0.05), seeds=10, steps=1500, batch=256, learning_rate=1e-2),
        "default": Config(),
        "paper": Config(n_features=100, n_hidden=50, rank=50, seeds=100, steps=10_000, batch=1024, learning_rate=1e-3),
    },
    minutes={"quick": 0.2, "default": 0.8, "paper": 120},
    plan=plan,
    measure=measure,
    claims=CLAIMS,
    figures=figures,
)
