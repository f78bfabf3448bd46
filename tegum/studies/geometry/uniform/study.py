"""uniform-superposition: D* sticks at 1 and at 1/2, and theory says where and why.

n features of equal importance go through m ≪ n dimensions. D* = m / ‖W‖²_F counts dimensions for
each feature that is represented, D_i says how much of a dimension feature i has to itself.

A Maxwell construction (`theory.maxwell`) mixes the arrangements in which features lose least in so
much room. Where digons alone are best, D* sticks at 1/2. What it says beyond depends on which
arrangements it knows. Small polytopes end with the icosahedron, 12 vertices in 3 dimensions, and
models represent more features than they allow for. Sharp spherical codes (`theory.codes`) beat them
once features are sparse, and wide ones the narrow ones: the more dimensions, the more equally a
feature sees all others. Those in 21 and 22 dimensions have the D* that models have. Models lose
less than any product of narrow arrangements can, more than the wide codes would: they are one
frame of all their dimensions (`feature-graph`), without such symmetry. Where codes take over from
each other, losses nearly tie, and D* says little of how good a model is; so it is before the
plateau, where longer training still moves it.

Lines at the fractions d/k are tested as local excess of features.
"""

import xarray as xr

from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import at, median, share
from tegum.studies.geometry.uniform import figures
from tegum.studies.geometry.uniform.controls import jittered
from tegum.studies.geometry.uniform.models import (
    CHECK,
    LONGER,
    MODELS,
    PAPER,
    QUICK,
    Config,
    on_plateau,
)
from tegum.studies.geometry.uniform.readings import (
    AS_POLYTOPES,
    BESIDE,
    COUNT,
    HALF,
    as_far_as_published,
    at_foot,
    below_polytopes,
    beyond,
    d_stars,
    dense,
    dense_note,
    explained,
    gained,
    half_is_line,
    in_pairs,
    longer_off_curve,
    near_fractions,
    off_curve,
    others_are_lines,
    room_taken,
    some_sparsity,
)

# --- claims -------------------------------------------------------------------------------------

ELHAGE = "Elhage et al. 2022, uniform superposition"
RERUN = "a saved run of the authors' notebook, 200→20"
MAXWELL = "Maxwell construction over polytopes"
PLATEAU = {"density": on_plateau}
RULE = f"{COUNT} or more D_i within {HALF:g}, twice as many as in windows {BESIDE:g} to either side"
REVERSED = controls.reversed_along("density", "densities in reverse order")

CLAIMS = (
    Claim(
        "sticks-at-half",
        "D* sticks at 1/2: where 1/(1 - S) is 2.2 to 3.5 it lies from {low} to {high} (median, at "
        "the density where it is farthest).",
        f"{ELHAGE}; {RERUN}: within .03 of 1/2 on four levels",
        median(at(d_stars, **PLATEAU), 0.5),
        low=0.47,
        high=0.53,
        control=REVERSED,
    ),
    Claim(
        "in-pairs",
        "There features are in pairs: of the 2m that there can be at least {low%} have D_i = 1/2 "
        "to ± .01 (median, at the density with fewest).",
        f"{RERUN}: 38 of 40 on each of four levels",
        median(at(in_pairs, **PLATEAU), "least"),
        low=0.95,
        control=controls.untrained(),
    ),
    Claim(
        "half-is-a-line",
        f"1/2 is a line at which D_i stand: {RULE}, all densities counted (share of seeds).",
        f"{ELHAGE}; local excess, which a smooth distribution lacks",
        share(half_is_line),
        low=1.0,
        control=jittered(0.1),
    ),
    Claim(
        "room-is-filled",
        "The D_i add up to the dimensions: ΣD_i / m is {low} or more wherever S > 0 (median, at "
        "the density where it is least).",
        f"tight frames: m, and never more; {RERUN}: 20 ± .05",
        median(at(room_taken, density=some_sparsity), "least", note=dense_note),
        low=0.9975,
        control=controls.untrained(),
    ),
    Claim(
        "as-maxwell-on-the-plateau",
        "On the plateau D* is what theory says, to {high} (median, at the density where it is "
        "farthest).",
        f"{MAXWELL}; within .02 of {RERUN}",
        median(at(off_curve, **PLATEAU), "greatest"),
        high=0.02,
        control=REVERSED,
    ),
    Claim(
        "more-than-polytopes-hold",
        "Where 1/(1 - S) is 6 to 20 models represent more features than the best product of small "
        "polytopes: D* is more than {low} below it (median, at the density where it is least).",
        f"{MAXWELL}, .05-.06 above {RERUN}; .02 as on the plateau",
        median(at(below_polytopes, density=as_far_as_published), "least"),
        low=0.02,
        control=AS_POLYTOPES,
    ),
    Claim(
        "wide-codes-explain",
        "From 1/(1 - S) = 6 on sharp codes in up to 22 dimensions take away {low%} or more of "
        "that distance, at either side (median, at the density where least).",
        "codes of Cohn and Kumar 2007; no theory: half is most",
        median(at(explained, density=beyond), "least"),
        low=0.5,
        kind="open",
    ),
    Claim(
        "longer-training-explains",
        f"{LONGER} times longer training takes away {{low%}} or more of it, at one density "
        "(median).",
        "the other explanation; no theory: half is most",
        median(at(gained, density=beyond), "greatest"),
        low=0.5,
        kind="open",
    ),
    Claim(
        "as-maxwell-at-its-foot",
        "Before the plateau, where 1/(1 - S) is 1.9 to 2.2, D* is what theory says, too, to {high} "
        "(median, at the density where it is farthest).",
        f"{MAXWELL}; within .02 of {RERUN} from 1.9 on",
        median(at(off_curve, density=at_foot), "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "as-maxwell-after-longer",
        f"There it is so after {LONGER} times longer training, to {{high}} (median).",
        MAXWELL,
        median(at(longer_off_curve, density=at_foot), "greatest"),
        high=0.02,
        kind="open",
    ),
    Claim(
        "sticks-at-one",
        "D* sticks at 1, too: up to 1/(1 - S) = 1.3 it lies from {low} to {high} (median, at the "
        "density where it is farthest).",
        f"{ELHAGE}; ± .03 as at 1/2",
        median(at(d_stars, density=dense), 1.0),
        low=0.97,
        high=1.03,
        kind="open",
    ),
    Claim(
        "other-lines",
        "3/4, 2/3, 2/5 and 3/8 are such lines, too (share of seeds and fractions).",
        ELHAGE,
        share(others_are_lines),
        low=0.95,
        kind="open",
    ),
    Claim(
        "most-on-fractions",
        "Most represented features have D_i within .02 of 3/4, 2/3, 1/2, 2/5 or 3/8 (median share "
        "of those at all densities).",
        f"{ELHAGE}, as summarised by a reader; two reruns had 24 and 26 %",
        median(near_fractions),
        low=0.5,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------


@core.takeaway(
    "D* is [sticks-at-half] on the plateau (farthest density), [as-maxwell-on-the-plateau] from "
    "what theory says; from 1/(1 - S) = 6 on codes take away [wide-codes-explain] of its distance "
    "to small polytopes, longer training [longer-training-explains]."
)
def dimensions_per_feature(ds: xr.Dataset) -> core.Exhibit:
    figure, data = figures.over_density(ds)
    return core.exhibit(
        figure,
        data,
        "Left: D* = m / ‖W‖²_F, median over seeds with its 95 % bootstrap interval and, lightly, "
        "quartiles; lines, the Maxwell construction over more and more arrangements; rings, models "
        f"trained {LONGER} times longer. Grey: 1 and 1/2. Right: exact loss of the models over "
        "that of these mixtures: below 1, no product of such arrangements is as good.",
    )


@core.takeaway(
    "1/2 is a line in [half-is-a-line of sweeps], other published fractions are in [other-lines of "
    "cases] (sweeps and fractions). On or near any of them are [most-on-fractions] of represented "
    "features."
)
def dimensionalities(ds: xr.Dataset) -> core.Exhibit:
    figure, data = figures.of_every_feature(ds)
    return core.exhibit(
        figure,
        data,
        "D_i of each feature, a dot, of all seeds' models at each density; the curve is D*, median "
        "over seeds: below the D_i where features are longer than 1. Grey lines: the fractions d/k "
        "of polytopes that the source names.",
    )


@core.takeaway(
    "Features are in excess at 1/2 in [half-is-a-line of sweeps], not so when moved by 10 % of "
    "their length; at other fractions they are in [other-lines of cases] (sweeps and fractions)."
)
def lines(ds: xr.Dataset) -> core.Exhibit:
    figure, data = figures.about_fractions(ds, jittered(0.1))
    return core.exhibit(
        figure,
        data,
        "How many D_i of a sweep (one seed's models at all densities) lie in each window about "
        f"five fractions, mean over seeds. Shaded: the window that counts, ± {HALF:g}, and lightly "
        f"the two of the same width that it is held against. Dashes: {COUNT}, the least that makes "
        "a line.",
    )


@core.takeaway(
    "On the plateau digons are best; where features are sparse a model lies below the hull of "
    "small polytopes, with a D* that is [more-than-polytopes-hold] less than theirs (least "
    "difference of densities with 1/(1 - S) from 6 to 20)."
)
def construction(ds: xr.Dataset) -> core.Exhibit:
    figure, data = figures.hulls(ds)
    return core.exhibit(
        figure,
        data,
        "The Maxwell construction at two densities: what a feature loses, over what it loses if "
        "left out, against the room it takes. Dots: arrangements at their best length and bias; "
        "lines: lower convex hulls over more and more of them, on which the best mixtures lie. "
        "Cross: the trained models, at m/n, median loss; theirs, too, is a mixture, of features "
        "with and without representation.",
    )


STUDY = core.Study(
    name="uniform-superposition",
    group="toy-models",
    question="How many dimensions does each feature get when all are equally important, and why?",
    finding="D* sticks at 1/2 ([sticks-at-half] on the plateau), where theory has digons alone. "
    "1/2 is a line at which D_i stand, others {other-lines: are, too | rarely are}. Beyond, more "
    "features are represented than small polytopes hold, about as in wide codes "
    "([wide-codes-explain] explained).",
    sources=("elhage2022",),
    measurements=(MODELS, CHECK),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 1.5, "paper": 60},
    claims=CLAIMS,
    figures=(dimensions_per_feature, dimensionalities, lines, construction),
)
