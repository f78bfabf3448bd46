"""plain-recovery: the head as the study states it, asked for one pair: does it recover the two?

The head sees h = Wx without a constant, its target is 1 iff feature i is active in the left token
and j in the right one, and W (n features of falling importance in m dimensions) trains along or
first. The pair is swept over all features. Theory: Ω* = d_i d_jᵀ, d_i = C⁺ a_i; for m orthonormal
features |cos(d_i, W_i)| = (S + β)/√((S + β)² + (m - 1)β²), β = p/(1 + 3S + 3pm): .81, .964, .987 at
S = .1, .3, .5 and m = 10. At S = 0 the target is constant: shown, never judged.
"""

import xarray as xr

from tegum.studies import core
from tegum.studies.attention.plain_recovery import readings as read
from tegum.studies.attention.plain_recovery.figures import FIGURES
from tegum.studies.attention.plain_recovery.heads import Config
from tegum.studies.attention.plain_recovery.measured import MODELS
from tegum.studies.attention.plain_recovery.readings import POOLED, learning
from tegum.studies.attention.plain_recovery.recovering import (
    INNER,
    OUTSIDE,
    PRECISION,
    RECOVERY,
    two_stage,
)
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, above, hidden_of, median, share

RANK_ONE = "theory: Ω* is of rank one"
DRAWN = 0.02
"""about three standard errors of a mean over so many random directions"""


def random_less_chance(ds: xr.Dataset) -> xr.DataArray:
    """The share of the logit that a random direction takes, less 1/m."""
    return read.taken_by("random")(ds) - 1 / hidden_of(ds)


def one_each_is_random(ds: xr.Dataset) -> xr.DataArray:
    """For a control: heads that met one right token for each left one have random directions."""
    random = controls.random_cosines("sampled_cosine").spoil(ds).sampled_cosine
    return random.where(ds.sampling == "one each", ds.sampled_cosine)


TRAININGS = (
    Claim(
        "one-singular-value",
        "For one pair Ω has one singular value: its effective rank rounds to 1 (median at most "
        "{high} at every S > 0 and training).",
        f"{RANK_ONE}; precision asked of training",
        median(learning(read.singular_rank), "greatest", over=("seed", "left")),
        high=1.5,
        control=controls.constant("singular_value", 1.0, "all singular values equal"),
    ),
    Claim(
        "reaches-floor",
        "The head's exact L2 is within {high%} of the least that any head can reach on its W "
        "(median at every S > 0 and training).",
        "precision asked of training; theory: the quadratic's minimum at Ω*",
        median(learning(lambda ds: ds.L2 / ds.L2_floor - 1), "greatest", over=("seed", "left")),
        high=0.05,
        control=controls.shuffled("L2", "density", "floors of other densities"),
    ),
    Claim(
        "joint-lowers-the-loss",
        "Trained with W the head has a lower exact L2 than on a W that trained alone, in a "
        "share of models above {low}.",
        "theory: the optimum of L1 + λ L2 has the lower L2, as the other has the lower L1; null: "
        "fair coin",
        share(
            learning(lambda ds: above(0 * ds.L2, read.joint_less_two_stage(lambda ds: ds.L2)(ds)))
        ),
        low=COIN,
        control=controls.exchanged("mode", "joint", "two-stage"),
    ),
    Claim(
        "joint-aligns-better",
        "Of pairs inside the top m, |cos| is higher when trained with W than on a W that trained "
        "alone (median difference at every S > 0, at least {low}).",
        "prediction; theory is silent on what W becomes",
        median(
            learning(read.joint_less_two_stage(INNER)),
            "least",
            over=POOLED,
            note=read.medians_by_density(INNER),
        ),
        low=0.0,
        kind="open",
    ),
    Claim(
        "sampling-is-the-same",
        "L2 over all pairings of a batch and over one right token for each left one give heads of "
        "the same |cos|, to {high} (median difference, pairs inside the top m).",
        "theory: both are unbiased for the same L2; precision asked of training",
        median(read.sampling_difference, 0.0, over=("seed", "inside", "side")),
        low=-PRECISION,
        high=PRECISION,
        control=controls.replaced(
            "one each: a random direction",
            sampled_cosine=one_each_is_random,
        ),
    ),
)

REMOVAL = (
    Claim(
        "first-slice-takes-all",
        "Without u_1 (v_1) the mean logit on positives loses at least {low%} (pairs inside the top "
        "m, median at every S > 0 and training).",
        f"{RANK_ONE}; precision asked of training",
        median(learning(read.taken_by("first slice")), "least", over=POOLED),
        low=0.95,
        control=controls.exchanged("removed", "first slice", "random"),
    ),
    Claim(
        "second-slice-takes-nothing",
        "Without the second slice the mean logit on positives changes by at most {high%} (median "
        "at every S > 0 and training).",
        f"{RANK_ONE}; precision asked of training",
        median(
            learning(lambda ds: abs(read.taken_by("second slice")(ds))), "greatest", over=POOLED
        ),
        high=0.05,
        control=controls.exchanged("removed", "second slice", "random"),
    ),
    Claim(
        "random-takes-its-share",
        "A random direction takes 1/m of the mean logit on positives, to {high} (mean over "
        "directions and models, worst setting).",
        "exact null: E eeᵀ = I/m; three standard errors of a mean over 64 directions",
        share(learning(random_less_chance), 0.0, over=POOLED),
        low=-DRAWN,
        high=DRAWN,
        control=controls.exchanged("removed", "first slice", "random"),
    ),
    Claim(
        "features-take-as-theory-says",
        "W_i and d_i take what they take of the best head on the same W, to {high} (median at "
        "every S > 0 and training).",
        "theory: (e·d_i)(e·a_i)/(d_i·a_i) for a unit vector e; precision asked of training",
        median(learning(read.taken_gap), "greatest", over=POOLED),
        high=PRECISION,
        control=controls.replaced(
            "a random direction in their place",
            taken=lambda ds: 0 * ds.taken + ds.taken.sel(removed="random", drop=True),
        ),
    ),
    Claim(
        "feature-is-not-all",
        "At S ≤ 0.1 the feature itself takes less than {high%} in two stages (median, worst S): "
        "the rest of the answer leans on the mean of h.",
        "theory: 34 % for 10 orthonormal features at S = 0.1; half is midway to nothing left",
        median(learning(two_stage(read.taken_by("W_i")), sparsest=0.9), "greatest", over=POOLED),
        high=0.5,
        control=controls.exchanged("removed", "W_i", "d_i"),
    ),
    Claim(
        "first-slice-tells-the-pair",
        "Without the first slice on both sides the area under the ROC curve falls by more than "
        "without a random direction, in a share of models above {low}.",
        f"{RANK_ONE}: nothing is left to tell tokens apart; null: fair coin",
        share(learning(read.loses_more)),
        low=COIN,
        control=controls.exchanged("removed", "first slice", "random"),
    ),
    Claim(
        "nothing-left-to-tell",
        "What the other slices leave tells tokens with the pair from others no better than chance: "
        "an area of 1/2, to 0.05 (median of all pairs at every S > 0 and training).",
        f"prediction; {RANK_ONE}, but what training leaves besides, however small, may tell",
        median(learning(read.area("first slice")), 0.5, over=("seed", "left")),
        low=0.45,
        high=0.55,
        kind="open",
    ),
)

QUICK = Config(
    densities=(0.9, 0.7, 0.3), stride=2, seeds=5, steps=1200, learning_rate=3e-2, drawn=(0, 3)
)
PAPER = Config(
    n_features=100,
    n_hidden=50,
    rank=50,
    importance_decay=0.98,
    densities=(0.9, 0.7, 0.5, 0.3),
    apart=25,
    stride=10,
    seeds=100,
    steps=6400,
    batch=64,
    learning_rate=1e-2,
    drawn=(0, 5),
)

STUDY = core.Study(
    name="plain-recovery",
    group="attention-head",
    question="Does the plain head's first slice recover the pair that it is asked for, over S, "
    "inside and outside the top m, and is it causal?",
    finding="Features of the top m with a dimension of their own: yes, from S = [recovered-from] "
    "on (median |cos| at least [own-dimension-recovered]). The slice is causal: without it "
    "[first-slice-takes-all] of the logit on positives is gone, without the feature less.",
    sources=("franco2026", "elhage2022"),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 0.9, "paper": 120},
    claims=(*RECOVERY, *OUTSIDE, *TRAININGS, *REMOVAL),
    figures=FIGURES,
)
