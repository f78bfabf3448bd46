"""privileged-basis: a ReLU in the hidden layer makes neurons mean something.

    h = ReLU(W x),   x' = ReLU(Wᵀh + b)

Without the first ReLU any rotation of the hidden space gives another model that does the same, and
to ask what a neuron stands for is to ask about an accident. With it the axes are special. Dense
features then get a neuron each; as they grow sparse, neurons come to be shared, a few features in
a few neurons first, until each of ten features has one of the ten pairs of five neurons.

A neuron counts as monosemantic where its squared weights are spread (participation ratio) as little
as if one feature had 90 % and one other the rest. The null is a rotation of the same W, which keeps
all that does not depend on the axes. That W without the ReLU is as any rotation of it holds for
gradient descent, which knows no axes either. Adam does know them, and leaves weights that more
features share than in most rotations.

Losses are exact without the hidden ReLU; with it they are exact while no or one feature is active,
and estimated on common inputs beyond.
"""

import numpy as np
import xarray as xr

from tegum.analysis.neurons import rotated
from tegum.analysis.nulls import coin_share
from tegum.studies import core
from tegum.studies.computation.privileged import figures, readings
from tegum.studies.computation.privileged.models import MODELS, Config
from tegum.studies.core import Claim, Derived, controls
from tegum.studies.core.measures import at, extreme, median, share

ELHAGE = "Elhage et al. 2022, toy models with a privileged basis"
SYMMETRY = "theory: (R W)ᵀR W = WᵀW for every rotation R"


def dense(p: np.ndarray) -> np.ndarray:
    return p > 0.5


def sparse(p: np.ndarray) -> np.ndarray:
    return p <= 0.1


def by_chance(_: xr.Dataset, found: core.Measured) -> float:
    """What the share of models among the lowest of their rotations stays at or below in 99.99 %.

    So far out, as several densities compete.
    """
    return coin_share(found.count, 0.9999, readings.LOWEST)


CHANCE = Derived("chance gives in 99.99 %", by_chance)


def turned(ds: xr.Dataset) -> xr.DataArray:
    """Each model's weights, rotated at random."""
    flat = ds.w.fillna(0.0).transpose(..., "hidden", "feature")
    return flat.copy(data=rotated(flat.values, 1, seed=1)[0]).where(ds.w.notnull())


def as_linear(ds: xr.Dataset, relu: xr.DataArray, linear: xr.DataArray) -> xr.DataArray:
    """What is known of models with a hidden ReLU, laid out as if it were of those without."""
    count = ds.sizes["linear_seed"]
    taken = relu.isel(seed=np.arange(count) % ds.sizes["seed"]).drop_vars("seed")
    return taken.rename(seed="linear_seed").expand_dims(optimizer=linear.optimizer)


def with_relu(ds: xr.Dataset, linear: xr.DataArray) -> xr.DataArray:
    """And the other way round."""
    taken = linear.isel(linear_seed=np.arange(ds.sizes["seed"]) % ds.sizes["linear_seed"])
    return taken.isel(optimizer=0, drop=True).rename(linear_seed="seed")


ROTATED = controls.replaced("the same weights, rotated", w=turned)
DENSE_FOR_SPARSE = controls.reversed_along("density")
WITH_RELU = controls.replaced(
    "models with a hidden ReLU in their place",
    linear_w=lambda ds: as_linear(ds, ds.w, ds.linear_w),
)

CLAIMS = (
    Claim(
        "dense-monosemantic",
        "At every density above 1/2 all neurons of the best model are monosemantic.",
        ELHAGE,
        readings.of_best(readings.all_monosemantic, 0.5001, 1.0),
        low=1.0,
        control=ROTATED,
    ),
    Claim(
        "dense-aligned",
        "At every density above 1/2 more models with a hidden ReLU are aligned to their axes "
        f"(fewer features to a neuron than in {1 - readings.LOWEST:.0%} of rotations of the same "
        "weights) than {low}.",
        f"{ELHAGE}; null: Haar rotations of the same weights",
        share(at(readings.aligned, density=dense), "least"),
        low=CHANCE,
        control=ROTATED,
    ),
    Claim(
        "sparse-polysemantic",
        "At every density of 0.1 or less most neurons are polysemantic: at most {high%} of a "
        "model's are monosemantic (median, worst density).",
        ELHAGE,
        median(at(readings.monosemantic_share, density=sparse), "greatest"),
        high=0.5,
        control=DENSE_FOR_SPARSE,
    ),
    Claim(
        "rotation-without-relu",
        "Without a hidden ReLU a rotation of the hidden space leaves the exact loss as it is "
        "(greatest relative change).",
        SYMMETRY,
        extreme(readings.linear_change, "greatest"),
        high=1e-9,
        control=controls.replaced(
            "losses of models with a hidden ReLU",
            linear_loss=lambda ds: as_linear(ds, ds.loss, ds.linear_loss),
            rotated_linear_loss=lambda ds: as_linear(ds, ds.rotated_loss, ds.rotated_linear_loss),
        ),
    ),
    Claim(
        "rotation-with-relu",
        "With it a rotation makes the loss rise, on the same inputs, in at least {low%} of "
        "rotations (worst density).",
        "a trained model is near a minimum, and only without the ReLU are rotations of it minima",
        share(readings.rises, "least", over=("seed", "rotation")),
        low=0.95,
        control=controls.replaced(
            "losses of models without it",
            loss=lambda ds: with_relu(ds, ds.linear_loss),
            rotated_loss=lambda ds: with_relu(ds, ds.rotated_linear_loss),
        ),
    ),
    Claim(
        "linear-unaligned",
        "Without a hidden ReLU gradient descent leaves no alignment: at every density no more "
        f"models are among the lowest {readings.LOWEST:.0%} of rotations of their weights than "
        "{high}.",
        "theory: gradient descent from Gaussian weights commutes with rotations, so weights are "
        "as likely as their rotations",
        share(at(readings.linear_aligned, optimizer="SGD"), "greatest"),
        high=CHANCE,
        control=WITH_RELU,
    ),
    Claim(
        "adam-knows-no-axes",
        "Nor does Adam: {low%} to {high%} of rotations have fewer features to a neuron than such a "
        "model's own weights (mean, density farthest from 1/2).",
        "the loss knows no axes; but Adam's steps do, coordinate by coordinate",
        share(at(readings.linear_quantile, optimizer="AdamW"), 0.5),
        low=0.4,
        high=0.6,
        kind="open",
    ),
    Claim(
        "best-beats-apart",
        "The best model loses at most {high} of what one neuron each for the m most important "
        "features would (worst density).",
        "closed form: Σ over dropped features of I (p/3 - p²/4), which is within reach; a "
        "twentieth for training's end and sampling",
        extreme(lambda ds: ds.loss.min("seed") / ds.apart, "greatest"),
        high=1.05,
        control=controls.replaced(
            "losses after a rotation", loss=lambda ds: ds.rotated_loss.mean("rotation")
        ),
    ),
    Claim(
        "three-in-two",
        "Between densities 0.2 and 0.5 the best model stores three features in two neurons.",
        ELHAGE,
        readings.of_best(readings.stores(3, 2), 0.2, 0.5),
        low=1.0,
        kind="open",
    ),
    Claim(
        "five-in-three",
        "At density 0.15 the best model stores five features in three neurons.",
        ELHAGE,
        readings.of_best(readings.stores(5, 3), 0.15, 0.15),
        low=1.0,
        kind="open",
    ),
    Claim(
        "pairs-of-neurons",
        "At density 0.04 every feature of the best model is stored in a pair of neurons that no "
        "other has (share of features; five neurons have ten pairs).",
        ELHAGE,
        readings.of_best(readings.share_in_pairs, 0.04, 0.04),
        low=1.0,
        kind="open",
    ),
)

QUICK = Config(densities=(0.75, 0.35, 0.15, 0.04), seeds=20, linear_seeds=16, steps=3000, batch=256)
PAPER = Config(seeds=1000, linear_seeds=200, steps=10_000, batch=1024)

STUDY = core.Study(
    name="privileged-basis",
    group="computation",
    question="When does a neuron stand for one feature, and what do rotations of the hidden space "
    "change?",
    finding="With a hidden ReLU, {dense-monosemantic: dense features get a neuron each|even dense "
    "features share neurons}; of sparse ones [sparse-polysemantic of neurons] are monosemantic "
    "(median). [rotation-with-relu of rotations] of its hidden space raise the loss; without the "
    "ReLU none changes it.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.2, "default": 1.5, "paper": 80},
    claims=CLAIMS,
    figures=(figures.best_neurons, figures.alignment, figures.rotations),
)
