"""head-recovery: do singular vectors recover the features that a head attends to, and when?

Heads read two kinds of W. Planted ones are written down: orthonormal features, a balanced tegum
product of polytopes, dedicated features beside a digon, random directions. Trained ones come from
bottlenecks. On each the head is computed in closed form and trained on its exact loss, for the
targets "any", "count" and "product", with and without a constant input, at full and short rank.

Theory (`tegum.theory.optimal_heads`): the best head for one pair is Ω* ∝ d_i d_jᵀ, d_i = C⁺ a_i.
So |cos| with W_i is

    1             where W is balanced and tight, at any density, for any target;
    1             for orthonormal features with a constant input, or for "product";
    → 1/√m        for orthonormal features without, for "count", as S → 0: a constant is wanted;
    ≈ √(1 - m/n)  in a random dictionary: there raw singular vectors do NOT recover features.

With a constant input, Cov(h) Ω Cov(h) gives W_i W_jᵀ back in any dictionary.

Trained heads descend an exact, noiseless loss; they are asked to come within 0.01 of the cosines of
its minimum (0.02 where several slices compete), which is what "equal" means below.

Single heads miss that where the loss hardly tells slices apart. Asked for how many of three pairs
are present, of short rank and on dense features, the first slice explains nearly all of E s², the
second and third pair 1e-4 of it or less: descent is long undecided which of them gets the second
slice. In random dictionaries it is slow along directions in which dense h hardly varies. And two
pairs whose σ happen to be equal (weights 1 and 1/2, the latter's leverage twice as large) leave
their slices free to mix, in theory too, though they share no direction.
"""

from functools import partial
from typing import Any

import xarray as xr

from tegum.analysis.nulls import chance_quantile
from tegum.studies import core, populations
from tegum.studies.attention.recovery import dictionaries as read
from tegum.studies.attention.recovery.dictionaries import (
    BARE,
    HEADS,
    PLANTED_HIDDEN,
    PRECISION,
    Config,
)
from tegum.studies.attention.recovery.figures import FIGURES
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, at, chance, extreme, median, share

# --- claims ---------------------------------------------------------------------------------------

SPARSE: dict[str, Any] = {"density": lambda p: p <= 0.3}  # where trained W are in superposition
SEEING_ONE: dict[str, Any] = {"input": "[h; 1]"}
POOLED = ("seed", "density")
DUAL = "theory: |cos(C⁺a_i, W_i)|"
ONE_DIRECTION = "exact null: cos² of a random direction is Beta(1/2, (m-1)/2)"
BEST_OF_M = "exact null: largest of m coordinates of a random direction"
ASKED = "against the pair it was asked for"
ORTHOGONAL = controls.replaced(
    "as if all features were orthogonal",
    leverage=lambda ds: xr.ones_like(ds.leverage),
    sigma_theory=lambda ds: read.scaled_by_gain(1 / ds.norm**2),
)

CLAIMS = (
    Claim(
        "planted-matches-theory",
        "In planted dictionaries the |cos| of trained singular vectors and their features differs "
        "from the closed form's by at most {high} (median over seeds, in the worst setting of "
        "dictionary, density, target and input).",
        DUAL,
        median(read.planted_error, "greatest"),
        high=PRECISION,
        control=controls.shuffled("planted_theory", "dictionary", "laws of other dictionaries"),
    ),
    Claim(
        "balanced-is-exact",
        "In a balanced tegum product the first singular vectors ARE the attended features, at any "
        "density and target, with or without a constant input (|cos| at least {low}, median over "
        "seeds, worst setting).",
        "theory: where Σ W_k = 0 and blocks are tight, d_i ∥ W_i",
        median(at(read.planted_alignment, dictionary="balanced tegum"), "least"),
        low=1 - PRECISION,
        control=controls.exchanged("dictionary", "balanced tegum", "random"),
    ),
    Claim(
        "dense-orthonormal-fails",
        "With 10 orthonormal features, no constant input and the target 'is the pair present', "
        "|cos| falls to 1/√10 at density 1 (median over seeds, to 0.01), which is below the null.",
        "theory: s = 1 at S = 0, and the head is a constant fitter",
        median(
            at(read.planted_alignment, **BARE, density=1.0),
            note=f"null 95 %: {chance_quantile(0.95, PLANTED_HIDDEN):.3g}",
        ),
        low=PLANTED_HIDDEN**-0.5 - PRECISION,
        high=PLANTED_HIDDEN**-0.5 + PRECISION,
        control=controls.exchanged("target", "count", "product"),
    ),
    Claim(
        "constant-input-mends",
        "A constant input mends it: orthonormal features are recovered (|cos| at least {low}, "
        "median over seeds, worst setting) wherever there is something to learn.",
        "theory: with [h; 1] the mean tilts nothing; Franco, Loughridge and Crovella 2026, "
        "theorem 1",
        median(at(read.planted_alignment, dictionary="orthonormal", **SEEING_ONE), "least"),
        low=1 - PRECISION,
        control=controls.exchanged("input", "[h; 1]", "h", "no constant input"),
    ),
    Claim(
        "random-dictionary-law",
        "In random dictionaries the mean of cos² between slice and feature is 1 - (m-1)/n, "
        "near 1 - m/n for many dimensions, and 1 - (n-1)/m for n ≤ m (to {high}, at every n).",
        "theory: cos² is Beta((|n-m|+1)/2, (min(m,n)-1)/2); 3 standard errors of 100 draws",
        extreme(read.law_error, "greatest"),
        high=0.05,
        control=controls.shuffled("law_cosine_squared", "law_features", "other numbers n"),
    ),
    Claim(
        "unwhitening-is-exact",
        "With a constant input, Cov(h) Ω Cov(h) gives the features back in every dictionary, "
        "random ones included (|cos| at least {low}, median over seeds, worst setting).",
        "theory: Cov(h) Ω* Cov(h) ∝ W_i W_jᵀ",
        median(read.planted_back, "least"),
        low=1 - PRECISION,
        control=controls.replaced("Ω itself", planted_unwhitened=lambda ds: ds.planted_cosine),
    ),
    Claim(
        "trained-matches-theory",
        "On trained W the |cos| of matched slices differ from the closed form's by at most {high} "
        "(median over seeds and pairs, worst setting), wherever pairs can be told apart: one pair "
        "and three, all targets, both inputs, full and short rank.",
        "theory: reduced-rank regression",
        median(read.trained_error, "greatest", over=("seed", "pair")),
        high=2 * PRECISION,
        control=controls.shuffled("theory", "density", "laws of other densities"),
    ),
    Claim(
        "descent-reaches-floor",
        "Gradient descent reaches the floor of L2 at every rank, to {high} of E s² (median over "
        "seeds, worst setting).",
        "precision asked of training; theory: the floor is E s² - Σ τ_k²",
        median(lambda ds: ds.excess, "greatest"),
        high=0.01,
        control=controls.replaced("heads that answer 0", excess=lambda ds: ds.excess_of_zero),
    ),
    Claim(
        "three-pairs-above-null",
        "On trained W, at density ≤ 0.3, each of three pairs that shares no direction with another "
        "one (|cos| < 1/2) has a slice of its own beyond {low} (median over seeds, worst pair and "
        "density; constant input). Single pairs miss it where two σ happen to be equal.",
        BEST_OF_M,
        median(at(read.of_three_pairs, target="count", **SPARSE), "least"),
        low=chance("all"),
        control=controls.random_cosines("cosine", slices=10, name="best of 10 random directions"),
    ),
    Claim(
        "any-is-count-when-sparse",
        "At density ≤ 0.3 the best heads for 'some pair is present' and for 'how many are' differ "
        "by less than q p², q = 3 pairs of equal weight (median in units of it, worst density).",
        "theory: √(q(q-1)) p² to leading order for orthonormal features",
        median(at(read.any_beyond_count, **SPARSE), "greatest"),
        high=1.0,
        control=controls.reversed_along("density", "gaps of other densities"),
    ),
    Claim(
        "beats-gauge-null",
        "With a constant input, singular vectors are nearer to the features of a pair that shares "
        "no direction with another one than the best row of an equivalent head after a random "
        "rotation between A and B: in at least {low%} of models.",
        "null: random gauge, the same logits: a coin would give 50 %; in theory slices are the "
        "features, and nothing is nearer",
        share(partial(read.nearer, way="with constant", other="with constant, gauge")),
        low=0.95,
        control=controls.exchanged("way", "with constant", "with constant, gauge"),
    ),
    Claim(
        "wrong-pair-is-chance",
        "Against a pair that the head was not asked for, |cos| stays within {high} (median over "
        "seeds and densities ≤ 0.3).",
        ONE_DIRECTION,
        median(at(lambda ds: ds.baseline, way="wrong pair", **SPARSE), over=POOLED),
        high=chance(),
        control=controls.exchanged("way", "wrong pair", "head", ASKED),
    ),
    Claim(
        "shuffled-pair-is-chance",
        "Nor does a slice join a feature to another pair's partner: its worse side stays within "
        "{high} (median over seeds and densities ≤ 0.3).",
        BEST_OF_M,
        median(at(lambda ds: ds.baseline, way="shuffled pair", **SPARSE), over=POOLED),
        high=chance("all"),
        control=controls.exchanged("way", "shuffled pair", "head", ASKED),
    ),
    Claim(
        "sigma-law",
        "A slice's singular value is (6S/(1+3S))² |G⁻¹W_i||G⁻¹W_j|, large for WEAK features (to a "
        "relative error of {high}, median over features, seeds and densities).",
        "theory: closed form with a constant input; tight blocks: |G⁻¹W_i| = P_ii/‖W_i‖; "
        "precision asked of training",
        median(read.sigma_error, over=(*POOLED, "feature")),
        high=0.02,
        control=ORTHOGONAL,
    ),
    Claim(
        "contribution-is-leverage",
        "What a slice contributes, σ‖W_i‖‖W_j‖, is (6S/(1+3S))² P_ii P_jj (to a relative error of "
        "{high}, median over features, seeds and densities): rank slices by it, not by σ.",
        "theory: in tight blocks |G⁻¹W_i| = P_ii/‖W_i‖; 5 % allows for blocks not quite tight",
        median(read.contribution_error, over=(*POOLED, "feature")),
        high=0.05,
        control=ORTHOGONAL,
    ),
    Claim(
        "tells-tokens-apart",
        "The closed-form head's logit is larger for a token with its pair than for one without "
        "more often than {low} (area under the ROC curve, median over seeds, worst density and "
        "input).",
        "null: Mann and Whitney's U of a logit that knows nothing",
        median(lambda ds: read.not_constant(ds).auc, "least"),
        low=core.Derived("a logit that knows nothing is in 95 % of models", read.idle_area),
        control=controls.constant("auc", 0.5, "a logit that knows nothing"),
    ),
    Claim(
        "beats-gauge-null-without-constant",
        "They are nearer without a constant input too, in more models than {low}. (They are not "
        "where features are dense: several pairs then share the mean of h, which the largest slice "
        "collects and the others lack; random mixtures of slices are nearer.)",
        "null: random gauge; fair coin",
        share(partial(read.nearer, way="head", other="gauge")),
        low=COIN,
        kind="open",
    ),
    Claim(
        "any-dictionary",
        "Raw singular vectors recover attended features whatever the dictionary (in random ones "
        "|cos| at least {low}, median over seeds and densities; constant input).",
        "the hypothesis as a general statement; theory says it fails: √(1 - m/n) = 0.71",
        median(
            at(read.planted_alignment, dictionary="random", target="count", **SEEING_ONE),
            over=POOLED,
        ),
        low=0.95,
        kind="open",
    ),
    Claim(
        "dense-recovery",
        "When features are dense and the top m orthogonal, singular vectors recover the attended "
        "pair (|cos| beyond {low}, median over seeds, density 1; no constant input).",
        "the hypothesis as first stated; theory says it fails at density 1",
        median(at(lambda ds: ds.baseline, way="head", density=1.0)),
        low=chance(),
        kind="open",
    ),
    populations.gap_claim("each density"),
)

# --- study ---

QUICK: dict[str, Any] = {"densities": (1.0, 0.1), "targets": ("count", "product"), "seeds": 10}
QUICK |= {"steps": 1000, "batch": 256, "single_heads": 8, "law_draws": 100, "head_steps": 1500}
PAPER: dict[str, Any] = {"n_features": 100, "n_hidden": 50, "importance_decay": 0.98}
PAPER |= {"densities": (1.0, 0.3, 0.05), "seeds": 100, "batch": 256, "head_steps": 2000}
PAPER |= {"single_heads": 10, "law_hidden": 50}

STUDY = core.Study(
    name="head-recovery",
    group="attention-head",
    question="Do the singular vectors of a head recover the features it attends to, and in which "
    "dictionaries?",
    finding="In balanced tegum products they do (least median |cos| of all settings "
    "[balanced-is-exact]); in random dictionaries the median is [any-dictionary], for dense "
    "orthonormal features without a constant input [dense-orthonormal-fails]. What is recovered is "
    "the dual C⁺ a_i.",
    sources=("franco2026", "elhage2022"),
    measurements=(HEADS,),
    presets={"quick": Config(**QUICK), "default": Config(), "paper": Config(**PAPER)},
    minutes={"quick": 0.4, "default": 1.7, "paper": 45},
    claims=CLAIMS,
    figures=FIGURES,
)
