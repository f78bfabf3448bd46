"""adversarial: superposition makes a model easy to attack; training under attack undoes some.

    y = (G x + b)₊,   G = WᵀW,   an attack δ with ‖δ‖ ≤ λ on the input

The attack that moves output i most is λ G_i/‖G_i‖, at every input and on either side of the kink
(`theory.attacks`). So its reach is ‖G_i‖ = ‖W_i‖²/√D_i where that of a feature alone is 1: in
digons √2, and √(features per dimension) in a tight frame of unit vectors. Where the output that
could be moved farthest is shut, an attack moves it less or not at all: biases that keep sparse
features apart take away part of the reach. λ is 0.1 of the mean input norm.

A reader asks: the ε in (1, ε, -ε, ε, ...) are supposed to cancel as noise; could an adversary
choose that they do not? At equal norm of the input the worst Σ ε_j x_j is ‖ε‖‖x‖. What varies of a
typical one is √((1 - 3p/4)/n) of that at any W and any signs, as inputs are independent. Signs
decide on its mean alone, which counts where features are dense.
"""

import numpy as np
import xarray as xr
from scipy.stats import t as student

from tegum.studies import core
from tegum.studies.computation.adversarial import figures, readings
from tegum.studies.computation.adversarial.models import PAPER, QUICK, UNDER_ATTACK, Config
from tegum.studies.core import Claim, Derived, controls
from tegum.studies.core.measures import at, extreme, median
from tegum.studies.geometry.uniform.controls import RANDOM
from tegum.studies.geometry.uniform.models import MODELS, on_plateau

ELHAGE = "Elhage et al. 2022, adversarial examples"
FORM = "theory: ‖G_i‖ = ‖W_i‖²/√D_i"
TENTH = 0.1


def by_chance(ds: xr.Dataset, _: core.Measured) -> float:
    """What the rank correlation of so many densities stays below in 99 % by chance."""
    degrees = max(1, ds.sizes["density"] - 2)
    quantile = student.ppf(0.99, degrees)
    return float(quantile / np.sqrt(degrees + quantile**2))


def alone(ds: xr.Dataset) -> xr.DataArray:
    """A dimension each for the first m features."""
    return ds.w * 0 + xr.DataArray(
        np.eye(ds.sizes["hidden"], ds.sizes["feature"]), dims=("hidden", "feature")
    )


def strongest(values: xr.DataArray) -> xr.DataArray:
    return readings.against_untrained(values).isel(strength=-1, drop=True)


def tested(ds: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """At the strength in training that comes nearest to the test's."""
    share = core.config_in(ds)["attack"]
    return readings.against_untrained(values).sel(strength=share, method="nearest", drop=True)


REVERSED = controls.reversed_along("strength", "strengths reversed")

CLAIMS = (
    Claim(
        "ascent-agrees",
        "On the output that can be made worst, projected gradient ascent finds the error of the "
        "closed form, neither more nor less, to {high} (relative; the worst of all inputs and "
        "models).",
        "theory: Cauchy and Schwarz, and an output that rises with its preactivation; the rest is "
        "for the ascent's end",
        extreme(readings.off_closed_form, "greatest"),
        high=1e-3,
        control=controls.replaced(
            "attack along the feature itself", closed_error=lambda ds: ds.own_error
        ),
    ),
    Claim(
        "follows",
        "Vulnerability follows features per dimension: over densities their rank correlation is "
        "at least {low} (median over seeds).",
        f"{ELHAGE}; null: ranks by chance",
        median(readings.follows),
        low=Derived("what chance stays below in 99 %", by_chance),
        control=controls.replaced("models without superposition", w=alone, b=lambda ds: 0 * ds.b),
    ),
    Claim(
        "digons",
        "On the plateau, where features are in digons, vulnerability is √2 to a tenth: {low} to "
        "{high} (median, farthest density).",
        f"{FORM}, D_i = 1/2 and length 1; a tenth for lengths and the worst of many outputs",
        median(at(readings.vulnerability, density=on_plateau), np.sqrt(2)),
        low=round(np.sqrt(2) * (1 - TENTH), 3),
        high=round(np.sqrt(2) * (1 + TENTH), 3),
        control=RANDOM,
    ),
    Claim(
        "rises",
        "Vulnerability rises to more than {low} times that of a model without superposition "
        "(median, greatest density).",
        ELHAGE,
        median(readings.vulnerability, "greatest"),
        low=3.0,
        kind="open",
    ),
    Claim(
        "rises-in-loss",
        "So does the loss that the attack adds, summed over outputs (median, greatest density).",
        f"{ELHAGE}, if the loss is meant",
        median(readings.added_loss, "greatest"),
        low=3.0,
        kind="open",
    ),
    Claim(
        "kinks-spare-little",
        "An attack moves the worst output by at least {low%} of what it would if that output were "
        "active (median, at the density where least).",
        f"{FORM}, if no kink were in the way",
        median(readings.of_ceiling, "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "sum-of-outputs",
        "The closed form, meant for one output, reaches {low%} or more of the error summed over "
        "outputs that ascent finds (median over seeds of the mean over inputs, worst density).",
        "no theory: nine tenths",
        median(readings.of_sum, "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "typical-below-worst",
        "Typical interference is at most {high}/√n of the worst at equal norm (median, worst "
        "density).",
        "theory, exact moments: 1/√n where signs are by chance, √((1 - 3p/4)/n) where they "
        "balance; twice the former; √(1 + 3p/4 (n-2))/√n at most",
        median(readings.typical, "greatest"),
        high=2.0,
        control=controls.replaced("all ε positive", w=lambda ds: abs(ds.w)),
    ),
    Claim(
        "signs-cancel",
        "The signs of ε make typical interference at least {low} times smaller at every density "
        "(median, at the density where least).",
        "a reader: the ε are supposed to cancel; no theory: twice",
        median(readings.cancelled, "least"),
        low=2.0,
        kind="open",
    ),
    Claim(
        "clean-loss-rises",
        "Models trained under the strongest attack lose more without one than models trained "
        "without: more than {low} times (median, worst density).",
        "theory: what is least under attack is not what is least without",
        median(lambda ds: strongest(ds.clean_loss), "least"),
        low=1.0,
        control=REVERSED,
    ),
    Claim(
        "robust-loss-falls",
        "Trained under the test's own attack they lose at most {high} of what models trained "
        "without lose under it (median, worst density).",
        "theory: it is what they minimise; training need not reach it",
        median(lambda ds: tested(ds, ds.robust_loss), "greatest"),
        high=1.0,
        kind="open",
    ),
    Claim(
        "fewer-features",
        "Trained under the strongest attack models have at most {high} of the features per "
        "dimension that they have without (median, worst density).",
        f"{ELHAGE}: training against attacks may reduce superposition; no theory: nine tenths",
        median(lambda ds: strongest(readings.robust_features_per_dimension(ds)), "greatest"),
        high=0.9,
        kind="open",
    ),
)

STUDY = core.Study(
    name="adversarial",
    group="computation",
    question="Does superposition make a model easy to attack, and does training under attack "
    "undo it?",
    finding="Vulnerability {follows: follows|does not follow} features per dimension (rank "
    "correlation [follows]), up to [rises] times that without superposition ([rises-in-loss] in "
    "added loss). Training under the strongest attack leaves [fewer-features] of these features. "
    "Typical interference is about √n times less than the worst.",
    sources=("elhage2022",),
    measurements=(MODELS, UNDER_ATTACK),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 3, "paper": 120},
    claims=CLAIMS,
    figures=(
        figures.over_features_per_dimension,
        figures.closed_form_and_ascent,
        figures.interference,
        figures.training_under_attack,
    ),
)
