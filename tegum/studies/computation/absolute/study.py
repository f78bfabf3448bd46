"""absolute-value: a network computes |x| for more features than its neurons have room for.

    h = ReLU(W_in x),   y = ReLU(W_outᵀh + b),   y_i = |x_i| wanted,   importance I_i = 0.8^i

Features are 0 or uniform on [-1, 1]. Two neurons a feature do it without loss, |x| = ReLU(x) +
ReLU(-x), and m neurons so serve m/2 features: one neuron that reads a feature alone is blind on one
side of 0, where the error is at least half of the variance of |x|. A network that computes more
than m/2 features (more than 0.6 of their variance) computes in superposition: it simulates, with
noise, a wider network in which every neuron means one thing. That network's outputs are |x|, so
errors against |x| are distances from it.

A neuron gives feature i |W_in W_out| at i, and is monosemantic where one feature has almost all of
what it gives. Dense inputs make neurons so. With sparse ones it hangs on where training begins.
From fresh weights nearly all neurons become polysemantic, and at density 0.01 the loss ends at
about twice that of two neurons each for the m/2 most important features; at 0.003 and less it is
near theirs. From those pairs training goes on to less than half of their loss: neurons of important
features stay monosemantic, those of others come to be shared.

Losses are exact while no or one feature is active, and estimated on common inputs beyond.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from tegum.analysis.motifs import shuffled_columns
from tegum.analysis.neurons import rotated
from tegum.studies import core
from tegum.studies.computation.absolute import figures, readings
from tegum.studies.computation.absolute.models import HALF_DENSITY, MODELS, Config, variance
from tegum.studies.core import Claim, Derived, controls
from tegum.studies.core.measures import at, extreme, median, number, share

ELHAGE = "Elhage et al. 2022, computation in superposition"
BY_THEORY = "theory: |x| = ReLU(x) + ReLU(-x)"
Q95 = 1.645
"""standard deviations: what a rank correlation of permuted features stays below in 95 %"""


def sparse(p: np.ndarray) -> np.ndarray:
    return p <= 0.01


def most_computed(ds: xr.Dataset) -> xr.DataArray:
    """How many features networks compute at the density and from the start of which it is most."""
    return readings.computed(ds).max(("density", "start"), skipna=False)


def best_reached(ds: xr.Dataset) -> float:
    """Least loss with two neurons a feature over that of a network that gives up all."""
    return float((ds.exact_loss.sel(exact_start="fresh") / ds.exact_power).min())


def one_sided(ds: xr.Dataset) -> xr.DataArray:
    """Loss of one neuron a feature in the place of each: half of E x² for every feature."""
    return 0 * ds.exact_loss + ds.exact_power * HALF_DENSITY / 6 / variance(HALF_DENSITY)


def shares_by_start(ds: xr.Dataset) -> str:
    shares = readings.reaches(ds).mean("seed")
    said = (f"{of}: {float(shares.sel(exact_start=of)):.0%}" for of in shares.exact_start.values)
    return "by start, " + ", ".join(said)


def turned(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
    """Weights in or out, all by the same random rotation of the neurons."""

    def of(ds: xr.Dataset) -> xr.DataArray:
        w = ds[name].transpose(..., "hidden", "feature")
        return w.copy(data=rotated(w.fillna(0.0).values, 1, seed=1)[0]).where(w.notnull())

    return of


def mismatched(ds: xr.Dataset) -> xr.DataArray:
    """Weights out with features permuted within each neuron."""
    v = ds.w_out.transpose(..., "feature")
    return v.copy(data=shuffled_columns(v.values, 1))


def as_dense(ds: xr.Dataset) -> xr.DataArray:
    """Errors at every density that explain what those at the greatest do."""
    dense = ds.sel(density=ds.density.max(), drop=True)
    return dense.error / dense.variance * ds.variance


ROTATED = controls.replaced("weights rotated", w=turned("w"), w_out=turned("w_out"))
OTHER_DENSITY = controls.reversed_along("density")
UNORDERED = controls.shuffled(("w", "w_out", "b", "error"), "feature")
HALF_OF_M = Derived("m/2 + 1", lambda ds, _: ds.sizes["hidden"] // 2 + 1)

CLAIMS = (
    Claim(
        "exact-network",
        "A network of 2n neurons, one for each sign of each feature, loses nothing (greatest loss "
        "of all densities).",
        BY_THEORY,
        extreme(lambda ds: ds.ideal_loss, "greatest"),
        high=1e-12,
        control=controls.replaced(
            "without half of its neurons", ideal_loss=lambda ds: ds.one_sided_loss
        ),
    ),
    Claim(
        "trained-exact",
        "Training finds it: of 3 features and 6 neurons the best network loses at most {high} of "
        "what one that gives up all does.",
        f"{BY_THEORY}: 0 is within reach; a thousandth for training's end",
        number(best_reached, note=shares_by_start),
        high=readings.REACHED,
        control=controls.replaced("one neuron a feature", exact_loss=one_sided),
    ),
    Claim(
        "trained-exact-share",
        "At least {low%} of such networks come as far, from fresh weights.",
        "no theory: a hope; there are minima in which neurons of one sign share a feature",
        share(at(readings.reaches, exact_start="fresh"), note=shares_by_start),
        low=0.95,
        kind="open",
    ),
    Claim(
        "exact-by-signs",
        "Networks that come as far consist of six monosemantic neurons, one for each sign of each "
        "feature (at least {low%} of them).",
        "theory: what bends where no x_i is 0 must cancel, and three neurons leave none over",
        share(readings.by_signs),
        low=0.95,
        control=controls.replaced("signs of weights in lost", exact_w=lambda ds: abs(ds.exact_w)),
    ),
    Claim(
        "dense-monosemantic",
        "At density 1 most neurons are monosemantic: at least {low%} of a network's (median, worse "
        "start).",
        ELHAGE,
        median(at(readings.monosemantic_share, density=1.0), "least"),
        low=0.5,
        control=ROTATED,
    ),
    Claim(
        "sparse-polysemantic",
        "From fresh weights, at densities of 0.01 and less, most are polysemantic: at most {high%} "
        "of a network's are monosemantic (median, worst density).",
        ELHAGE,
        median(at(readings.monosemantic_share, density=sparse, start="fresh"), "greatest"),
        high=0.5,
        control=OTHER_DENSITY,
    ),
    Claim(
        "both-kinds",
        f"At density 0.01 both kinds stand side by side, {readings.BOTH} neurons of each or more, "
        "in at least {low%} of networks from pairs.",
        f"{ELHAGE}: mono- and polysemantic neurons together",
        share(at(readings.both_kinds, density=0.01, start="pairs")),
        low=0.95,
        control=ROTATED,
    ),
    Claim(
        "both-kinds-fresh",
        "And in at least {low%} of networks from fresh weights. (Not expected: there the next "
        "claims fail, too.)",
        f"{ELHAGE}: mono- and polysemantic neurons together",
        share(at(readings.both_kinds, density=0.01, start="fresh")),
        low=0.95,
        kind="open",
    ),
    Claim(
        "important-monosemantic",
        "At density 0.01 important features are more often computed by monosemantic neurons: over "
        "a network's computed features the rank correlation is at least {low} standard deviations "
        "of that of permuted features (median, from pairs).",
        f"{ELHAGE}; null: features permuted, 95 %",
        median(at(readings.importance_and_meaning, density=0.01, start="pairs")),
        low=Q95,
        control=UNORDERED,
    ),
    Claim(
        "important-monosemantic-fresh",
        "At density 0.03 they are so from fresh weights, too (median, at least {low}).",
        f"{ELHAGE}; null: features permuted, 95 %",
        median(at(readings.importance_and_meaning, density=0.03, start="fresh")),
        low=Q95,
        kind="open",
    ),
    Claim(
        "more-than-half",
        "At some density and from some start a network computes more features than m/2, all that m "
        "neurons compute without superposition (median of the most).",
        "theory: a neuron that reads one feature alone explains half of it at most",
        median(most_computed),
        low=HALF_OF_M,
        control=controls.replaced("density 1 everywhere", error=as_dense),
    ),
    Claim(
        "superposition-pays",
        "At density 0.01 training from pairs ends below their loss (median ratio at most {high}).",
        "closed form: Σ over dropped features of I (p/3 - p²/4), where it begins but for noise; "
        "a twentieth below is more than sampling errs",
        median(at(readings.over_apart, density=0.01, start="pairs")),
        high=0.95,
        control=controls.exchanged("density", 0.01, 1.0, "losses at density 1"),
    ),
    Claim(
        "fresh-pays",
        "So does training from fresh weights (median ratio).",
        "the same closed form, which is within reach",
        median(at(readings.over_apart, density=0.01, start="fresh")),
        high=1.0,
        kind="open",
    ),
    Claim(
        "simulated-grow",
        "The sparser features are, the more of them a network from fresh weights computes: at the "
        "least density at least {low} more than at the greatest (median).",
        f"{ELHAGE}: a narrow network simulates a sparse, larger one; one more is more",
        median(at(readings.growth, start="fresh")),
        low=1,
        control=OTHER_DENSITY,
    ),
    Claim(
        "near-wide",
        "A network explains at least {low%} of a wide one's outputs, weighted by importance "
        "(median, worst density and start).",
        "no theory: nine tenths",
        median(readings.nearness, "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "motif-found",
        "At density 0.01 a network from fresh weights has more asymmetric motifs than any shuffle "
        "of its weights out (median excess at least {low}).",
        f"{ELHAGE}, the asymmetric superposition motif; null: signs, or features, of weights out "
        "permuted within each neuron",
        median(at(readings.motif_excess, density=0.01, start="fresh")),
        low=1,
        control=controls.replaced("features of weights out permuted", w_out=mismatched),
    ),
    Claim(
        "motif-of-half",
        "Of 20 features and 10 neurons at density 1/2 at least {low%} of networks hold one.",
        f"{ELHAGE}: shown at this size; half of them is no theory",
        share(readings.motifs_of_half),
        low=0.5,
        kind="open",
    ),
)

QUICK = Config(
    densities=(1.0, 0.03, 0.01),
    steps=2500,
    batch=256,
    learning_rate=1e-2,
    small_seeds=16,
    small_steps=2500,
)
PAPER = Config(seeds=20, steps=30_000, batch=1024, small_seeds=200, small_steps=20_000)

STUDY = core.Study(
    name="absolute-value",
    group="computation",
    question="Can a network compute with more features than it has neurons for, and what do its "
    "neurons then mean?",
    finding="Yes: up to [more-than-half] features (median) where m/2 is most without "
    "superposition. Dense neurons are monosemantic; at density 0.01 important features keep such "
    "neurons, others share. Training finds that from near it; from fresh weights it loses "
    "[fresh-pays] times what m/2 features alone would.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 2, "paper": 130},
    claims=CLAIMS,
    figures=(figures.stacks, figures.small_networks, figures.features, figures.motif),
)
