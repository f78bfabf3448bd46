"""plain-rank: a plain head is asked for m pairs at once: which features get slices, does W fit it?

W is trained as its author has it, n = 20, m = 10, I falling, at S = .1, .3, .5, where it stores the
m most important features, all but orthogonal. The head answers the literal target "any", s = 1 iff
one of the pairs (i, i), i < m, is present; `heads` lists the cases beside it.

Theory. So many pairs are almost always present, with chance 1 - (1-p²)^m, 1 - 6·10⁻⁸ at S = .1:
the head is asked for a constant, which h lacks, and answers with the mean of h. On orthonormal
features the whitened task has τ_1 ≫ τ_2 = ... = τ_m; for "count"

    τ_1/τ_2 = (S + pm)² / (S² (1 + 3pm/(1+3S)))    380, 50, 17 at S = .1, .3, .5,

for "any" more still. So one slice serves all features, the others explain next to nothing, and
where pairs weigh alike any basis of the rest will do. A head that should answer 1 loses

    L2 = 1 - (μ²κ / (v + μ²κ))²,    κ = 1ᵀP1, P the projector on W's row space,

so W fits it by κ, by holding the sum of all features, and not by giving a dimension to each. Where
importance is equal, W alone may end in antipodal pairs, which cancel that sum: there a plain head
has next to nothing to read. "any" is "count" for sparse features only: q = m pairs are
√(q(q-1)) p² apart to leading order, which is no longer small.

At the optimum of L1 + λL2, L2 is at most and L1 at least what it is where W is trained alone.
"""

import xarray as xr

from tegum.studies import core
from tegum.studies.attention.plain_rank import readings as read
from tegum.studies.attention.plain_rank.figures import (
    best_slices,
    energies_by_rank,
    first_slice,
    grams,
    with_and_without,
)
from tegum.studies.attention.plain_rank.heads import ANY, ANY_EQUAL, COUNT_FALLS, MODELS, Config
from tegum.studies.attention.plain_rank.readings import ALONE, JOINT
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, at, chance, median, number, share

OPTIMA = "theory: L1 + λL2 is least at the joint optimum"
SWAPPED = controls.exchanged("mode", JOINT, ALONE)

CLAIMS = (
    Claim(
        "first-slice-serves-all",
        "Heads of rank 1 explain, of what heads of rank m do, the share that they do on "
        "orthonormal features (to {high}, median over seeds, worst target, weights and density; "
        "importance falls, both modes).",
        "theory: τ_1²/Σ τ_k² of m orthonormal features; trained W is not exactly that",
        median(read.share_error, "greatest", note=read.least_shares),
        high=0.01,
        control=controls.replaced(
            "a slice for each", share_law=lambda ds: 0 * ds.share_law + 1 / ds.sizes["pair"]
        ),
    ),
    Claim(
        "energies-are-theory",
        "What each feature has in the span of r slices of a two-stage head is the closed form's, "
        "where the best span of r slices gains more on the next best than "
        f"{read.APART:g} of what all slices explain (error at most {{high}}, median over seeds, "
        "worst feature, rank and case; importance falls).",
        "theory: reduced-rank regression; precision asked of training",
        median(read.energy_error, "greatest"),
        high=0.02,
        control=controls.shuffled("energy", "pair", "energies of other features"),
    ),
    Claim(
        "joint-first-is-theory",
        "At r = 1 joint heads' energies are the closed form's on the W that they end with (error "
        "at most {high}, median over seeds, worst feature and case).",
        "theory: reduced-rank regression; precision asked of training",
        median(read.first_energy_error, "greatest"),
        high=0.02,
        control=controls.shuffled("energy", "pair", "energies of other features"),
    ),
    Claim(
        "joint-reaches-floor",
        "Joint heads reach the floor of L2 on their own W, at every rank (to {high} of E s², "
        "median over seeds, worst case).",
        "theory: E s² - Σ τ_k²; precision asked of training",
        median(at(lambda ds: abs(ds.L2 - ds.L2_floor), mode=JOINT), "greatest"),
        high=0.005,
        control=controls.replaced(
            "floors of W trained alone", L2_floor=lambda ds: ds.L2_floor.sel(mode=ALONE, drop=True)
        ),
    ),
    Claim(
        "sum-is-all-that-counts",
        f"Where s = 0 has a chance below {read.CONSTANT}, L2 depends on W through κ alone: 'any' "
        "heads lose 1 - (μ²κ/(v + μ²κ))² (to {high}, median over seeds, worst rank and mode).",
        "theory: Sherman and Morrison, s = 1; precision asked of training",
        median(read.law_error, "greatest"),
        high=0.005,
        control=controls.replaced(
            "κ of the other mode", row_sum=lambda ds: SWAPPED.spoil(ds).row_sum
        ),
    ),
    Claim(
        "w-takes-the-sum",
        "Trained with a head for 'any', W's row space holds more of the sum of all features than "
        "trained alone: in more models than {low}.",
        "theory: L2 falls with κ; null: fair coin",
        share(read.sum_gained),
        low=COIN,
        control=SWAPPED,
    ),
    Claim(
        "head-gains",
        "W trained with the head lets a head of its rank do better than W trained alone from the "
        "same start: in more models than {low}.",
        f"{OPTIMA}; null: fair coin",
        share(read.changed("L2_floor", -1)),
        low=COIN,
        control=SWAPPED,
    ),
    Claim(
        "reconstruction-pays",
        "It reconstructs worse: in more models than {low}.",
        f"{OPTIMA}; null: fair coin",
        share(read.changed("L1", 1)),
        low=COIN,
        control=SWAPPED,
    ),
    Claim(
        "fitting-pays-off",
        "In sum it is better: L1 + λL2 is less than that of W alone with the best head on it, in "
        "more models than {low}.",
        f"{OPTIMA}; null: fair coin",
        share(read.paid),
        low=COIN,
        control=controls.replaced(
            "heads that answer 0", L2=lambda ds: xr.ones_like(ds.L2).where(ds.L2.notnull())
        ),
    ),
    Claim(
        "any-from-count-law",
        "On m orthonormal features the best heads for 'any' and 'count' are √(q(q-1)) p² apart, "
        f"q = m pairs (ratio at least {{low}}, at most {{high}}, where q p² ≤ {read.CONSTANT}).",
        "theory: leading order in p; what is left is of order p",
        number(read.farthest_from_law),
        low=0.9,
        high=1.0,
        control=controls.reversed_along("gap_density", "gaps of other densities"),
    ),
    Claim(
        "any-is-count",
        "On trained W the best heads for 'any' and 'count' are at most {high} of the latter apart "
        "(median over seeds, densest features).",
        "what holds for sparse features; fails: q p² is no longer small",
        median(
            lambda ds: ds.any_gap_trained.sel(density=ds.density.max(), drop=True), note=read.seldom
        ),
        high=0.1,
        kind="open",
    ),
    Claim(
        "all-recovered",
        "r = m, low sparsity: the head for 'any' has a slice for every one of the m features "
        "(|cos| of the worst feature beyond {low}, median over seeds, densest features, worst "
        "mode).",
        "the hypothesis as first stated, with the literal target",
        median(at(read.worst_slice, case=ANY, density=lambda p: p == p.max()), "least"),
        low=chance("all"),
        kind="open",
    ),
    Claim(
        "all-recovered-somewhere",
        "Some target, mode and density give every feature its slice (|cos| of the worst feature "
        "beyond {low}, median over seeds, in the best setting).",
        "the hypothesis at its weakest",
        median(lambda ds: read.falling(read.worst_slice(ds)), "greatest"),
        low=chance("all"),
        kind="open",
    ),
    Claim(
        "one-feature-wins",
        "At r = 1 one feature takes the slice (share of the one that has most at least {low}, "
        "median over seeds, in the best setting; importance falls).",
        "the naive expectation; fails: the slice is shared, 1/m each",
        median(read.largest_share, "greatest"),
        low=0.5,
        kind="open",
    ),
    Claim(
        "largest-weights-first",
        "With falling weights r slices span the r features of largest weight (error of energies "
        "at most {high}, median over seeds, worst feature, rank and density).",
        "the rule τ ∝ t √(P_ii P_jj); fails: the first slice goes to all features",
        median(at(read.largest_first_error, case=COUNT_FALLS), "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "joint-rest-is-theory",
        "Joint heads span what the closed form does at ranks above 1, too, where it gains as much "
        "(error at most {high}, median over seeds, worst feature, rank and case).",
        "in doubt: samples are noisy, and so small a gain may drown",
        median(read.later_energy_error, "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "attended-get-dimensions",
        "At equal importance joint training gives the attended features the dimensions (their "
        "leverages sum to at least {low} of m, median over seeds, worst rank and density).",
        "in doubt: L2 asks for the sum, not for its parts",
        median(at(read.of_attended, mode=JOINT, case=ANY_EQUAL), "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "costs-little",
        "L1 rises by at most {high} of itself when the head trains along (median over seeds, worst "
        "rank, case and density).",
        "in doubt: no theory bounds it but by what the head gains",
        median(read.price, "greatest"),
        high=0.05,
        kind="open",
    ),
    Claim(
        "alone-is-readable",
        "At equal importance W trained alone can be read by a plain head for 'any' (floor of L2 at "
        "most {high} of E s², median over seeds, worst density).",
        "in doubt: antipodal pairs cancel the sum of all features",
        median(read.readable, "greatest"),
        high=0.5,
        kind="open",
    ),
)

QUICK = Config(
    densities=(0.9, 0.5),
    ranks=(1, 3, 10),
    joint_ranks=(1, 10),
    seeds=6,
    steps=800,
    batch=128,
    head_steps=1000,
)
PAPER = Config(
    n_features=100,
    n_hidden=50,
    importance_decay=0.98,
    ranks=(1, 2, 5, 10, 20, 35, 50),
    joint_ranks=(1, 10, 50),
    weight_gap=0.05,
    seeds=30,
    steps=3000,
    learning_rate=5e-3,
    head_steps=2000,
    gap_densities=(0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01, 0.003),
)

STUDY = core.Study(
    name="plain-rank",
    group="attention-head",
    question="A plain head is asked whether any of m pairs is present: which features get its "
    "slices, and does joint training change W to fit?",
    finding="One slice serves all features: at low sparsity the worst feature's best slice has "
    "|cos| [all-recovered] at r = m. Joint training fits W to the sum of all features (in "
    "[w-takes-the-sum of models]), not to single ones.",
    sources=("franco2026",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 1.0, "paper": 120},
    claims=CLAIMS,
    figures=(first_slice, energies_by_rank, best_slices, with_and_without, grams),
)
