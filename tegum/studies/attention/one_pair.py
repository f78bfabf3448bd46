"""head-one-pair: a head learns to respond to one pair of features; are its singular vectors those?

A bottleneck (n features in m dimensions) and a head of rank r on its hidden layer, trained jointly
or in two stages, to answer 1 iff feature i is active in the left token and feature j in the right
one. The head sees h = Wx and never W.

Theory: the population-optimal head is of rank one at any r, Ω* ∝ d_i d_jᵀ with d_i = C⁺ a_i, where
C = E hhᵀ and a_i = E[h 1(x_i > 0)]. So the singular vectors are the features themselves only as far
as d_i is parallel to W_i: exactly where W is a balanced tight frame, and worst for dense features,
where the head uses the mean of h as a substitute for the constant that it lacks. At density 1 the
target is that constant: little else trains the head, what is left of its random start decays
slowly, and nearly all heads that lie beyond what claims ask of medians are of such features.
"""

from typing import Any, Literal

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.spectra import effective_rank
from tegum.plots import panels
from tegum.plots.bands import SHADED
from tegum.plots.style import BLUE, GREEN, ORANGE
from tegum.studies import core, populations
from tegum.studies.attention import pair
from tegum.studies.core import Claim, controls, measures
from tegum.studies.core.measures import COIN, above, at, below, chance, chance_of, median, share
from tegum.theory.optimal_heads import dual_directions, head_floor, head_loss
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled, Schedule, log_spaced


class Config(pair.PairConfig):
    """One pair of features to attend to, from dense to sparse, jointly and in two stages."""

    importance_decay: core.Share = 0.9
    densities: tuple[core.Density, ...] = (1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01)
    """p = 1 - S, the chance that a feature is active"""
    modes: tuple[core.Mode, ...] = ("joint", "two-stage")
    """train W, b, A, B together, or first W, b and then A, B"""
    lam: core.Unsigned = 1.0
    """weight of the head's loss beside L1, which is summed over features; joint only"""
    steps: core.Count = 1600
    batch: core.Count = 512
    learning_rate: core.Unsigned = 1e-2
    """at half of it heads of dense features are left with much of their random start"""
    schedule: Literal["constant", "cosine"] = "constant"
    """of the learning rate; for large models one that falls, or noise hides the head's one slice"""


def trained(c: Config, mode: str, density: float) -> core.Variables:
    """All seeds at one point, at every look, beside what theory says of the W they end with."""
    looks = log_spaced(c.steps, 24, first=min(10, c.steps))
    recipe = Recipe(c.steps, Sampled(c.batch), schedule=Schedule(c.schedule), snapshots=looks)
    pairs, of = Pairs((c.pair,)), (c.n_hidden, c.rank, density, c.importance)
    models = populations.with_heads(c, *of, pairs, recipe, mode=mode, lam=c.lam)
    w, both = models.w[:, -1], list(c.pair)
    first = np.stack([part[:, -1] for part in pair.first_slices(models)], axis=-1)
    duals = np.stack([dual_directions(one, density) for one in w])
    d, hat = (geometry.directions(of)[..., both] for of in (duals, w))
    omega = np.swapaxes(models.a[:, -1], -1, -2) @ models.b[:, -1]
    asked = density, pairs.matrix(c.n_features)
    return pair.at_looks(models, c.pair) | {
        "theory_cosine": np.abs(np.sum(d * hat, axis=-2)),
        "dual_cosine": np.abs(np.sum(d * first, axis=-2)),
        "L2": [head_loss(o, one, *asked) for o, one in zip(omega, w, strict=True)],
        "L2_floor": [head_floor(one, *asked) for one in w],
        "w": w,
        "omega": omega,
    }


VARIABLES = pair.AT_LOOKS | core.table(
    theory_cosine=("seed side", "|cos(d_i, W_i)|"),
    dual_cosine=("seed side", "|cos(first singular vector, d_i)|"),
    L2=("seed", "exact loss of the head"),
    L2_floor=("seed", "the least that any head can reach on this W"),
    w=("seed hidden feature", "weights W at the end"),
    omega=("seed hidden hidden_right", "Ω at the end"),
)

POINTS = {"mode": "modes", "density": "densities"}
MODELS = core.Measurement("one-pair", version=1, parts=(core.Part(trained, VARIABLES, **POINTS),))

# --- readings -----------------------------------------------------------------------------------


def gain_from_sparsity(ds: xr.Dataset) -> float:
    """Least median alignment at density ≤ 0.1 less that at the densest, in the worse mode."""
    medians = pair.alignment(ds).median("seed")
    sparse = medians.isel(density=np.flatnonzero(ds.density.values <= 0.1))
    if not sparse.size or float(ds.density.max()) <= 0.1:
        return np.nan
    return float((sparse.min("density") - medians.sel(density=float(ds.density.max()))).min())


def singular_rank(ds: xr.Dataset) -> xr.DataArray:
    """The effective rank of Ω, (Σσ²)²/Σσ⁴."""
    values = ds.singular_value.isel(step=-1)
    found = xr.apply_ufunc(effective_rank, values.fillna(1.0), input_core_dims=[["slice"]])
    return found.where(values.notnull().all("slice"))


def nearer_to_dual(ds: xr.Dataset) -> xr.DataArray:
    """Whether both first vectors are nearer to d_i than to W_i, where these can be told apart."""
    nearer = above(ds.dual_cosine, pair.cosine_at_end(ds)).min("side", skipna=False)
    return nearer.where(below(ds.theory_cosine, 0.99).min("side") == 1)


def equal_signs(ds: xr.Dataset) -> xr.DataArray:
    """Whether both sides' cosines have one sign, in models aligned beyond chance."""
    agree = above(ds.cosine.isel(step=-1).prod("side", skipna=False), 0)
    return agree.where(pair.alignment(ds) > chance_of(ds))


def alignment_in_superposition(ds: xr.Dataset) -> xr.DataArray:
    """Alignment of models in which both attended features have leverage below 3/4.

    Midway between a dimension alone (1) and an antipodal pair (1/2).
    """
    return pair.alignment(ds).where(ds.leverage.isel(step=-1).max("side") < 0.75)


# --- claims -------------------------------------------------------------------------------------

RANDOM = controls.random_cosines("cosine")
NULL = "exact null: cos² of a random direction is Beta(1/2, (m-1)/2)"

CLAIMS = (
    Claim(
        "one-singular-value",
        "For one pair Ω has one significant singular value: its effective rank rounds to 1 (median "
        "at most {high}; at density 1 single heads keep some of their random start).",
        "theory: the optimal head for one pair is of rank one at any r; precision asked of "
        "training",
        median(singular_rank, "greatest"),
        high=1.5,
        control=controls.constant("singular_value", 1.0, "all singular values equal"),
    ),
    Claim(
        "above-null",
        "At density ≤ 0.7 first singular vectors align with W_i, W_j (worse side) beyond {low}.",
        NULL,
        median(at(pair.alignment, density=lambda p: p <= 0.7), "least"),
        low=chance(),
        control=RANDOM,
    ),
    Claim(
        "matches-theory",
        "|cos(first singular vector, W_i)| is |cos(d_i, W_i)| at the trained W, to {high} (median "
        "at every density and training; single heads at density 1 lie farther off).",
        "theory: d_i = C⁺ a_i; its own check by regression was to 3 %",
        median(
            lambda ds: abs(pair.cosine_at_end(ds) - ds.theory_cosine),
            "greatest",
            over=("seed", "side"),
        ),
        high=0.03,
        control=RANDOM,
    ),
    Claim(
        "dual-not-feature",
        "Where d_i and W_i differ, the singular vectors are nearer to d_i (share above {low}).",
        "theory as above; null: fair coin",
        share(nearer_to_dual),
        low=COIN,
        control=controls.random_cosines("dual_cosine"),
    ),
    Claim(
        "dense-is-worst",
        "With the indicator target and no constant input dense features align worse than sparse.",
        "theory: for m orthonormal features |cos| falls to 1/√m as S → 0",
        measures.number(
            gain_from_sparsity, note="least median at density ≤ 0.1, less that at the densest"
        ),
        low=0.0,
        control=controls.reversed_along("density"),
    ),
    Claim(
        "signs-agree",
        "Where both sides align they do so with equal sign, in at least {low%} of models.",
        "theory: Ω* is a positive multiple of d_i d_jᵀ; a coin would give 50 %",
        share(equal_signs),
        low=0.95,
        control=controls.random_signs("cosine"),
    ),
    Claim(
        "reaches-floor",
        "The head's exact L2 is within 5 % of the least that any head can reach on its W (median).",
        "precision asked of training; theory: the quadratic's minimum at Ω*",
        median(lambda ds: ds.L2 / ds.L2_floor - 1, "greatest"),
        high=0.05,
        control=controls.shuffled("L2", "density", "floors of other densities"),
    ),
    Claim(
        "aligned-in-superposition",
        "Attended features that share their directions are aligned with, too, beyond {low}.",
        f"theory: in balanced frames |cos| = 1 at any density; {NULL}",
        median(alignment_in_superposition, over=("seed", "density", "mode")),
        low=chance(),
        control=RANDOM,
    ),
    Claim(
        "dense-recovery",
        "When features are dense and the top m orthogonal, first singular vectors recover them.",
        "the hypothesis as first stated; theory says it fails: |cos| = 1/√m, below the null",
        median(at(pair.alignment, density=lambda p: p == p.max()), "least"),
        low=chance(),
        kind="open",
    ),
    populations.gap_claim("each density and training"),
)

# --- figures ------------------------------------------------------------------------------------


@core.takeaway(
    "The worse side's median |cos| is [above-null] at density ≤ 0.7 and [dense-recovery] at the "
    "highest density, each where it is least; theory has it so, to within [matches-theory] "
    "(median, worst setting)."
)
def alignment_by_sparsity(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"cosine": pair.cosine_at_end(ds), "theory": ds.theory_cosine})
    figure = panels.dots_by_density(
        shown.cosine,
        shown.theory,
        panel="mode",
        series="side",
        chance=chance_of(ds),
        ylabel="|cos(first singular vector, feature)|",
    )
    return core.exhibit(
        figure,
        shown,
        "Alignment of the head's first singular vectors with the two attended features. Dots: "
        "seeds. Dashes: the closed form |cos(d_i, W_i)|, at the weights each model ended with. "
        "Grey: what one random direction stays below in 95 %.",
    )


CURVES = {
    "alignment": (BLUE, "alignment: |cos|"),
    "orthogonality": (GREEN, "orthogonality: 1 - √Σ(Ŵ_i·W_j)²"),
    "leverage": (ORANGE, "leverage P_ii"),
}


@core.takeaway(
    "Heads align also with features that share their directions (leverage below 3/4): in the end "
    "the worse side's median |cos| with these is [aligned-in-superposition]."
)
def training_curves(ds: xr.Dataset) -> core.Exhibit:
    last = ds.sizes["density"] - 1
    places = sorted({0, last // 2, last})
    worse = (abs(ds.cosine), 1 - ds.superposition, ds.leverage)
    curves = dict(zip(CURVES, (y.min("side", skipna=False) for y in worse), strict=True))
    shown = xr.Dataset(curves).isel(density=places)
    grid = [(m, p) for m in shown.mode.values for p in shown.density.values]
    at_each = [(f"{m}, {panels.sparsity(p)}", {"mode": m, "density": p}) for m, p in grid]
    options: dict[str, Any] = {"panels": at_each, "columns": len(places), "ylim": (-0.04, 1.04)}
    return core.exhibit(
        panels.curves_over("step", shown, CURVES, chance=chance_of(ds), **options),
        shown,
        f"Training curves of the worse side of the pair: {SHADED}. Alignment of the first singular "
        "vectors; how orthogonal the attended features are to all others; their leverage. Grey: "
        "what |cos| of a random direction stays below in 95 %. In two-stage training W is fixed "
        "while the head learns.",
    )


@core.takeaway(
    "In theory Ω has one singular value; trained, its median effective rank is "
    "[one-singular-value] at the density and training where it is greatest."
)
def spectrum(ds: xr.Dataset) -> core.Exhibit:
    sigma = ds.singular_value.isel(step=-1, drop=True)
    ratio = (sigma / sigma.max("slice")).rename("share_of_first")
    ratio = ratio.assign_coords(slice=np.arange(1, ds.sizes["slice"] + 1))
    figure = panels.lines_over(
        "slice",
        ratio,
        panel="mode",
        series="density",
        names=panels.sparsity,
        ylabel="σ_k / σ_1 (median over seeds)",
        yscale="log",
        ylim=(1e-4, 1.5),
    )
    return core.exhibit(
        figure,
        ratio,
        "Singular values of Ω relative to the first; what is below 10⁻⁴ is cut off. Theory: one is "
        "not zero; what is left of the others is noise of training and, of dense features, of the "
        "random start.",
    )


QUICK = Config(densities=(1.0, 0.5, 0.05), seeds=10, steps=1500, batch=256, learning_rate=1e-2)
PAPER = Config(
    n_features=100,
    n_hidden=50,
    rank=50,
    importance_decay=0.98,
    densities=(0.9, 0.3, 0.1, 0.03),
    seeds=100,
    steps=6400,
    batch=64,
    learning_rate=1e-2,
    schedule="cosine",
)

STUDY = core.Study(
    name="head-one-pair",
    group="attention-head",
    question="When a head attends to one pair of features, are its first singular vectors the "
    "directions of the two?",
    finding="The worse side's median |cos| is at least [above-null] at density ≤ 0.7, but "
    "[dense-recovery] at the highest. What they are is d_i = C⁺ a_i, the dual of the feature, to "
    "within [matches-theory] in |cos| (median, worst setting).",
    sources=("franco2026", "elhage2022"),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.25, "default": 0.9, "paper": 28},
    claims=CLAIMS,
    figures=(alignment_by_sparsity, training_curves, spectrum),
)
