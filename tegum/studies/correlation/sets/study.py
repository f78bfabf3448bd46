"""correlated-sets, anticorrelated-sets: where do the directions of features that go together lie?

Correlated partners should be at right angles, in different tegum factors, since both are active at
once; where there is no room for that, side by side, since a wrong answer of the same sign costs
less than one that silences. Anticorrelated partners should be antipodal: they never meet, and
whoever is active silences the other. Exact theory for two sets in two dimensions agrees (`models`):
correlated partners in one digon lose 1/p times what right angles lose; anticorrelated ones lose
nothing there.

But both arrangements of anticorrelated sets are minima, and their losses differ by p²/6 alone, less
and less as p falls. Which features share a digon is settled early, by the start: then independent
features, too, end with partners antipodal in a third of models, by symmetry. Three anticorrelated
sets do not become three digons: most models hold five features as a pentagon, partners two places
(144 degrees) apart, and drop the sixth.
"""

from typing import Any

import xarray as xr

from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import Reading, at, median, number, share
from tegum.studies.core.study import Preset
from tegum.studies.correlation.sets import figures
from tegum.studies.correlation.sets.models import (
    MODELS,
    OBTUSE,
    ONE_OF_THREE,
    OPPOSITE,
    RIGHT,
    SIDE_BY_SIDE,
    TWO_OF_THREE,
    Config,
    Kind,
    antipodal,
    apart,
    best_antipodal,
    exceeds,
    loss_over,
    obtuse,
    orthogonal,
    read,
    side_by_side,
)

ELHAGE = "Elhage et al. 2022, correlated features"
SHUFFLED = controls.replaced("membership shuffled", w=lambda ds: reshuffled(ds))
OTHER_LOSSES = controls.replaced(
    "losses of other densities",
    loss=lambda ds: ds.loss.copy(data=ds.loss.isel(level=slice(None, None, -1)).values),
)
INDEPENDENT = controls.exchanged("law", "in sets", "independent", "independent features")


def reshuffled(ds: xr.Dataset) -> xr.DataArray:
    """Weights with features 1 and 2 exchanged, which are of different sets."""
    order = [0, 2, 1, *range(3, ds.sizes["feature"])]
    return ds.w.copy(data=ds.w.isel(feature=order).values)


def densest(reading: Reading) -> Reading:
    return at(reading, level=lambda levels: levels == levels.min())


CORRELATED_CLAIMS = (
    Claim(
        "orthogonal-where-they-fit",
        "Of two correlated sets in two dimensions both are at right angles "
        f"(|cos| < {RIGHT}) in "
        "more models than {low}, at every density.",
        f"{ELHAGE}; null: two of the three ways to join four features in digons; exact theory: in "
        "one digon partners lose 1/p times as much",
        share(read(orthogonal, 2), "least"),
        low=exceeds(TWO_OF_THREE),
        control=SHUFFLED,
    ),
    Claim(
        "in-different-factors",
        f"Each feature forms a digon (cos < {OPPOSITE}) with a member of the other set in "
        "more models than {low}, at every density.",
        f"{ELHAGE}: in different tegum factors; null as above",
        share(read(apart, 2), "least"),
        low=exceeds(TWO_OF_THREE),
        control=SHUFFLED,
    ),
    Claim(
        "loss-as-if-independent",
        "So arranged correlation costs nothing: two sets lose what unit digons of independent "
        "features lose, 2p²/3, within a quarter (median, at the worst density).",
        "closed form; a quarter is the precision asked of training",
        median(lambda ds: loss_over(ds, "correlated", apart), 1.0, note="over 2p²/3"),
        low=0.8,
        high=1.25,
        control=OTHER_LOSSES,
    ),
    Claim(
        "side-by-side-where-not",
        "Three correlated sets do not fit at right angles: partners are neighbours round the "
        "circle, in all three sets, in more models than {low}, at every density.",
        f"{ELHAGE}; null: 2 of the 15 ways to join six places in pairs",
        share(read(side_by_side, 3), "least"),
        low=exceeds(SIDE_BY_SIDE),
        control=SHUFFLED,
    ),
    Claim(
        "all-side-by-side",
        "They are so in {low%} of models, at every density.",
        f"{ELHAGE}: side by side; nearly all is no theory",
        share(read(side_by_side, 3), "least"),
        low=0.95,
        kind="open",
    ),
)

ANTICORRELATED_CLAIMS = (
    Claim(
        "best-is-antipodal",
        f"At every density the model of least exact loss has antipodal partners (cos < {OPPOSITE}) "
        "in both of two anticorrelated sets.",
        f"{ELHAGE}; exact theory: this arrangement alone loses nothing",
        number(best_antipodal, note="share of densities"),
        low=1.0,
        control=SHUFFLED,
    ),
    Claim(
        "antipodal-above-chance",
        "Where sets are on most often, more models have antipodal partners in both than {low}.",
        f"{ELHAGE}; null: independent features join in one of three ways alike",
        share(densest(read(antipodal, 2))),
        low=exceeds(ONE_OF_THREE),
        control=SHUFFLED,
    ),
    Claim(
        "antipodal-loses-nothing",
        "Models with antipodal partners lose less than half of p²/6, which any other pairing "
        "loses (median, at the worst density).",
        "closed form: 0 against p²/6; half is midway",
        median(lambda ds: loss_over(ds, "anticorrelated", antipodal), "greatest"),
        high=0.5,
        control=INDEPENDENT,
    ),
    Claim(
        "three-sets-obtuse",
        "Where sets are on most often, the partners of three sets interfere negatively, more than "
        "a right angle apart, in all three sets in more models than {low}.",
        f"{ELHAGE}: anticorrelated features prefer negative interference; null: 4 of the 15 ways "
        "to join six places on a circle in pairs",
        share(densest(read(obtuse, 3))),
        low=exceeds(OBTUSE),
        control=INDEPENDENT,
    ),
    Claim(
        "nearly-all-antipodal",
        "Nearly all models, {low%}, have antipodal partners in both sets, at every density.",
        f"{ELHAGE}: anticorrelated features are antipodal; nearly all is no theory",
        share(read(antipodal, 2), "least"),
        low=0.95,
        kind="open",
    ),
    Claim(
        "antipodal-at-sparsest",
        "Where sets are on least often, too, more models have antipodal partners than {low}.",
        f"{ELHAGE}; null as above",
        share(at(read(antipodal, 2), level=lambda levels: levels == levels.max())),
        low=exceeds(ONE_OF_THREE),
        kind="open",
    ),
    Claim(
        "three-sets-antipodal",
        "Partners are antipodal in all of three sets in {low%} of models, at every density.",
        "the same rule where three sets share two dimensions; nearly all is no theory",
        share(read(antipodal, 3), "least"),
        low=0.95,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------

SPOKES = (
    "The model of least exact loss in each setting: columns of W, a colour for each set; dotted, "
    "length 1. Above: p, of two sets and of three where it differs. Below each: how many of all "
    "models are so. Rows of independent features have the same density and the same starts."
)
COSINES = (
    "One dot a model and pair of features. Blue: the cosine between the two members of a set; "
    "orange: between the same two features where all are independent, of the same density; grey: "
    "between members of different sets."
)
LOSSES = (
    "Exact loss over p, one dot a model. Lines: unit digons of two sets; independent features lose "
    "what right angles do, however they are paired."
)


@core.takeaway(
    "Two sets are at right angles in [orthogonal-where-they-fit of models], three sets side by "
    "side in [side-by-side-where-not of models], each at its worst density."
)
def correlated_models(ds: xr.Dataset) -> core.Exhibit:
    relations = {2: ("right angles", orthogonal), 3: ("side by side", side_by_side)}
    return core.exhibit(*figures.best_models(ds, relations), SPOKES)


@core.takeaway(
    "Each of four features shares its axis with a member of the other set in [in-different-factors "
    "of models], at the worst density."
)
def correlated_cosines(ds: xr.Dataset) -> core.Exhibit:
    return core.exhibit(*figures.cosines_by_density(ds), COSINES)


@core.takeaway(
    "Correlated sets lose [loss-as-if-independent] of 2p²/3, the loss of independent features "
    "(median, at the worst density)."
)
def correlated_losses(ds: xr.Dataset) -> core.Exhibit:
    lines = {"partners at right angles": (2 / 3, 2.0), "partners antipodal": (2 / 3, 1.0)}
    return core.exhibit(*figures.losses_by_density(ds, lines), LOSSES)


@core.takeaway(
    "The best model is antipodal at [best-is-antipodal of densities]; of all models at the densest "
    "[antipodal-above-chance of models]. Three sets are so in [three-sets-antipodal of models] at "
    "the worst density, at obtuse angles in [three-sets-obtuse of models] at the densest."
)
def anticorrelated_models(ds: xr.Dataset) -> core.Exhibit:
    relations = {2: ("antipodal", antipodal), 3: ("obtuse", obtuse)}
    return core.exhibit(*figures.best_models(ds, relations), SPOKES)


@core.takeaway(
    "Partners of two sets are antipodal or at right angles, as the start has it: at the sparsest "
    "[antipodal-at-sparsest of models] have both sets antipodal, by chance one in three."
)
def anticorrelated_cosines(ds: xr.Dataset) -> core.Exhibit:
    return core.exhibit(*figures.cosines_by_density(ds), COSINES)


@core.takeaway(
    "Models with antipodal partners lose [antipodal-loses-nothing] of p²/6, what other pairings "
    "lose (median, at the worst density)."
)
def anticorrelated_losses(ds: xr.Dataset) -> core.Exhibit:
    lines = {"partners at right angles": (1 / 6, 2.0), "partners antipodal": (0.0, 1.0)}
    return core.exhibit(*figures.losses_by_density(ds, lines), LOSSES)


SHORT: dict[str, Any] = {"seeds": 100, "steps": 2500, "batch": 256, "learning_rate": 4e-3}
LONG: dict[str, Any] = {"seeds": 100, "steps": 5000, "batch": 256, "learning_rate": 3e-3}
FEW = (0.5, 0.75, 1.0)


def presets(kind: Kind) -> dict[Preset, Config]:
    return {
        "quick": Config(kind=kind, levels=FEW, **SHORT),
        "default": Config(kind=kind, **LONG),
        "paper": Config(kind=kind),
    }


CORRELATED = core.Study(
    name="correlated-sets",
    group="toy-models",
    question="Where do the directions of features lie that are always active together?",
    finding="At right angles, in different factors, where they fit: two sets in "
    "[orthogonal-where-they-fit of models]. Side by side where not: three sets in "
    "[side-by-side-where-not of models], each at its worst density.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets=presets("correlated"),
    minutes={"quick": 0.3, "default": 0.8, "paper": 4},
    claims=CORRELATED_CLAIMS,
    figures=(correlated_models, correlated_cosines, correlated_losses),
)
ANTICORRELATED = core.Study(
    name="anticorrelated-sets",
    group="toy-models",
    question="Where do the directions of features lie of which only one is ever active?",
    finding="The best are antipodal, at [best-is-antipodal of densities]. But the start decides: "
    "both sets are so in [antipodal-above-chance of models] at the densest, in "
    "[antipodal-at-sparsest of models] at the sparsest, where chance gives a third.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets=presets("anticorrelated"),
    minutes={"quick": 0.3, "default": 0.8, "paper": 4},
    claims=ANTICORRELATED_CLAIMS,
    figures=(anticorrelated_models, anticorrelated_cosines, anticorrelated_losses),
)
