"""hundred-to-forty: what a reader's 100→40 would have shown at every density, and why it did not.

A reader trained x' = ReLU(WᵀWx + b) on n = 100 features of equal importance through m = 40
dimensions, to "vary p": "it is not working the way I thought it should". He conjectured that
"cosine similarities should be pretty sparse for some range of p (the little local superposition
things)", and that at p = 1 "it should just choose a few coordinates to focus on".

His training hides the answer, at every density: W ~ N(0, 1) makes columns of length √m = 6.3,
where about 1 is best. Adam moves a weight by about its rate a step, 1e-3 times 6280 steps in 40
epochs: as far as these columns are long. So they shrink, and hardly turn. Mended here: Xavier
weights, fresh samples, a rate that decays (`reachable-loss` changes these one at a time).

- Theory for few densities: at p = 0.4 the best mixture of known polytopes is m digons, the rest
  dropped, so that all of Σ cos² lies in one pair a digon, and there are m blocks. As p falls more
  features share more dimensions, up to one block of all.
- p = 1: a linear model is best with *any* projector of rank m, at equal importance, and ReLU hardly
  differs (the best mixture of polytopes loses 0.2 % less): nothing asks for coordinates. The loss
  is (n - m)/12. An output that died, and is 0 even at the mean input, loses 1/3 and not 1/12.

Of random directions cos² is Beta(1/2, (m - 1)/2), of a random projector P_ii is
Beta(m/2, (n - m)/2), so that Σ P_ii²/m is (m + 2)/(n + 2), and two of them overlap by m/n.
"""

import numpy as np

from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import at, median
from tegum.studies.superposition.hundred_to_forty import readings as r
from tegum.studies.superposition.hundred_to_forty.figures import (
    at_density_one,
    cosines,
    hindrances,
    outcomes,
)
from tegum.studies.superposition.hundred_to_forty.models import ARMS, MODELS, Training


class Config(Training):
    """The reader's puzzle, at several densities."""

    densities: tuple[core.Density, ...] = (1.0, 0.4, 0.1, 0.03, 0.01, 0.003)
    """p = 1 - S, the chance that a feature is active"""

    @property
    def arms(self) -> tuple[str, ...]:
        return ARMS


# --- claims -------------------------------------------------------------------------------------

READER = "a reader's notes on the paper"
PAIRS_AT = 0.4
"""the density, of the reader's size, at which digons are best"""
OTHER_ARM = controls.exchanged("arm", "reader", "mended")
MIDWAY = core.Derived("midway between chance and 1", lambda ds, _: r.midway(ds))

CLAIMS = (
    Claim(
        "reader-is-far",
        "At every density the reader's training ends at {low} times the least loss known or more "
        "(median).",
        f"{READER}: 'not working the way I thought it should'; twice is what far means here",
        median(r.of_arm(r.over_least_known, "reader"), "least"),
        low=2.0,
        control=OTHER_ARM,
    ),
    Claim(
        "mended-comes-near",
        "At every density the mended training comes within {high%} of it (median).",
        "least losses known are upper bounds on the optimum; a tenth is no theory",
        median(r.of_arm(r.gap, "mended"), "greatest"),
        high=0.1,
        kind="open",
    ),
    Claim(
        "columns-too-long",
        "At every density the reader's columns end longer than those of the mended training "
        "(median ratio of median ‖W_i‖ at least {low}).",
        "they begin at √m, and Adam moves a weight by about its rate a step",
        median(r.length_over_mended, "least"),
        low=1.0,
        control=OTHER_ARM,
    ),
    Claim(
        "reader-hardly-turns",
        "At every density his features turn less: their last direction is nearer to their first "
        "(median difference of the cosines at least {low}).",
        "steps of one size turn a long column less than a short one",
        median(r.kept_more, "least"),
        low=0.0,
        control=OTHER_ARM,
    ),
    Claim(
        "reader-sees-no-structure",
        "At no density do the 5 % of pairs with the largest cos² hold more than {high} of Σ cos² "
        "in the reader's models (median).",
        f"{READER}; Beta law of cos² in random directions",
        median(r.of_arm(r.share_of_top, "reader"), "greatest"),
        high=MIDWAY,
        control=OTHER_ARM,
    ),
    Claim(
        "sparse-for-pairs",
        f"At density {PAIRS_AT:g} they hold more than that in mended models (median).",
        f"{READER}: 'pretty sparse for some range of p'; theory: 1 for digons",
        median(at(r.share_of_top, arm="mended", density=PAIRS_AT)),
        low=MIDWAY,
        control=OTHER_ARM,
    ),
    Claim(
        "sparse-everywhere",
        "At every density below 1 they do.",
        f"{READER}: 'for some range of p'",
        median(at(r.share_of_top, arm="mended", density=lambda p: p < 1), "least"),
        low=MIDWAY,
        kind="open",
    ),
    Claim(
        "blocks-are-pairs",
        f"At density {PAIRS_AT:g} features form at least {{low}} blocks (median).",
        "theory: m digons at right angles",
        median(at(r.blocks, arm="mended", density=PAIRS_AT)),
        low=core.Derived("nine tenths of m", lambda ds, _: 0.9 * ds.sizes["hidden"]),
        control=OTHER_ARM,
    ),
    Claim(
        "loss-of-pairs",
        f"At density {PAIRS_AT:g} mended models lose what m digons lose, the rest dropped: at most "
        "{high} times as much (median).",
        "exact losses of digons and of dropped features; 1 % is room for noise of training",
        median(at(r.over_pairs, arm="mended", density=PAIRS_AT)),
        high=1.01,
        control=OTHER_ARM,
    ),
    Claim(
        "islands-remain",
        "At density 0.01, the reader's, features form at least {low} blocks (median).",
        f"{READER}: 'the little local superposition things'",
        median(at(r.blocks, arm="mended", density=0.01)),
        low=2,
        kind="open",
    ),
    Claim(
        "dense-projector",
        "At density 1 WᵀW is nearly a projector: each of its m leading eigenvalues lies nearer to "
        "1 than to 0 (median of the greatest distance from 1).",
        "closed form: any projector is best for a linear model at equal importance",
        median(r.dense(r.from_projector)),
        high=0.5,
        control=OTHER_ARM,
    ),
    Claim(
        "no-few-coordinates",
        "It is not on a few coordinates: Σ P_ii²/m lies nearer to a random projector's than to 1 "
        "(median).",
        f"theory; against {READER}: 'it should just choose a few coordinates'",
        median(r.dense(r.concentration)),
        high=core.Derived("midway", lambda ds, _: (1 + r.random_concentration(ds)) / 2),
        control=controls.replaced("m coordinates kept", w=r.coordinates),
    ),
    Claim(
        "projectors-differ",
        "From seed to seed it is another: two of them overlap nearer to m/n than to 1 (median).",
        "theory: any projector is as good; independent ones overlap by m/n",
        median(r.dense(r.overlap)),
        high=core.Derived("midway", lambda ds, _: (1 + np.divide(*r.sizes(ds)[::-1])) / 2),
        control=controls.replaced("the first model at every seed", w=r.first_seed),
    ),
    Claim(
        "dense-loss",
        "They lose (n - m)/12 and 1/4 for each dead output, to 1 % (median ratio).",
        "closed form of a projector; 1/3 - 1/12 for an output that is always 0",
        median(r.dense(r.over_dense_theory)),
        low=0.99,
        high=1.01,
        control=controls.reversed_along("density", "models of another density"),
    ),
    Claim(
        "none-dead",
        "No output of theirs died (median).",
        "no theory: a bias that fell too far feels no gradient",
        median(r.dense(r.dead), note="outputs that are 0 at the mean input"),
        high=0,
        kind="open",
    ),
)

QUICK = Config(densities=(1.0, 0.4, 0.1, 0.01), longer=1)
PAPER = Config(seeds=20, longer=20)

STUDY = core.Study(
    name="hundred-to-forty",
    group="toy-models",
    question="What would a reader's 100→40 have shown, and why did it not work as he thought?",
    finding="His columns began √m long and end [columns-too-long] times too long or more, the loss "
    "at [reader-is-far] times the least known or more. Mended, density 0.4 gives "
    "[blocks-are-pairs] blocks, 0.01 gives [islands-remain], and density 1 a projector that is "
    "another for every seed (medians).",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 0.7, "paper": 12},
    claims=CLAIMS,
    figures=(outcomes, cosines, hindrances, at_density_one),
)
