"""four-behaviours: what the study says of bottlenecks before it asks anything of a head.

1. Dense features: only the m most important are represented, their columns orthogonal. Two that
   share a cosine c cost V c² (I_i + I_j), V the variance of a feature; from c² = (1 - d) / 2 on,
   with importance d^i, that is more than feature m + 1 kept for m costs: the bound. It holds as far
   as no antipodal pair of features m and m + 1 pays, above p* = 0.842 at d = 0.9 (exact).
2. Sparse ones: more than m are represented, the more the sparser they are.
3. They form a tegum product of simplices, features of different factors do not interact. Factors
   are what chains of |cos| > eps tie together, so that cosines between them are below eps by
   definition. What is judged is not: whether the factors are the same at any eps in a wide gap
   (simplices of up to 4 vertices have |cos| ≥ 1/3, orthogonal ones 0), and whether rank W - Σ D_i
   is 0, as in an orthogonal sum of tight frames. The latter alone says little: one frame of all
   features at once is tight, too. Equal importance, n = 2m and 4m.
4. Members of a correlated set are on and off together. An antipodal pair of two that are both on
   errs whenever its set is on, in order p, one of two different sets in order p²: partners become
   orthogonal, in different factors. By chance two sets in two digons are so in 2 of 3 pairings,
   three sets in three digons in 8 of 15; independent features are the control.
"""

import numpy as np
import xarray as xr

from tegum.analysis.nulls import coin_share
from tegum.studies import core
from tegum.studies.attention.behaviours import figures
from tegum.studies.attention.behaviours.models import MODELS, Config
from tegum.studies.attention.behaviours.readings import (
    EPS,
    apart,
    boundary,
    by_law,
    count,
    defect,
    dense,
    in_simplices,
    keeps_top_m,
    largest_cosine,
    orthogonal,
    sharp_factors,
    sparsest_dense,
    sparsest_sets,
    tolerated,
)
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import Reading, at, median, number, share

JITTER = 0.2
"""of a direction's length, in the control"""
SOURCE = "the study's first lines, after Elhage et al. 2022"
PLATEAU = (0.28, 0.5)
"""densities of the published plateau of antipodal pairs, 1 / (1 - S) from 2 to 3.6"""
UNTRAINED = controls.untrained()


def _rng() -> np.random.Generator:
    return np.random.default_rng(20220914)


def jittered(ds: xr.Dataset) -> xr.DataArray:
    """Equally important features, each turned by a random fifth of its length."""
    noise = ds.alike_w.copy(data=_rng().normal(size=ds.alike_w.shape))
    length = np.sqrt((ds.alike_w**2).sum("hidden", skipna=False))
    return ds.alike_w + JITTER / np.sqrt(ds.sizes["hidden"]) * length * noise


def random_alike(ds: xr.Dataset) -> xr.DataArray:
    return ds.alike_w.copy(data=_rng().normal(size=ds.alike_w.shape)).where(ds.alike_w.notnull())


def on_plateau(reading: Reading) -> Reading:
    return at(reading, alike_density=lambda p: (p >= PLATEAU[0]) & (p <= PLATEAU[1]))


def crowded(ds: xr.Dataset) -> xr.DataArray:
    """`in_simplices` of the sparsest models with most features."""
    return in_simplices(ds).sel(n=int(ds.n.max()), alike_density=float(ds.alike_density.min()))


JITTERED = controls.replaced("directions jittered by a fifth", alike_w=jittered)
INDEPENDENT = controls.exchanged("law", "correlated", "independent", "independent features")
ABOVE_P = core.Derived("p*, from which on no antipodal pair pays", lambda ds, _: boundary(ds))
TOLERATED = core.Derived(
    "the cosine that costs as much as a wrong feature kept", lambda ds, _: tolerated(ds)
)


def _chance(count: int) -> float:
    return coin_share(count, chance=2 / 3)


PAIRED = core.Derived(
    "what pairing at random stays below in 95 %",
    lambda _, found: _chance(found.count),
    decides=lambda count: _chance(count) <= 1,
)
PAIRING = "exact null: 2 of 3 pairings of four features, 8 of 15 of six, keep partners apart"

CLAIMS = (
    Claim(
        "dense-is-orthogonal",
        "At densities above p* the largest |cos| between two of the m most important features is "
        "at most {high} (median).",
        f"{SOURCE}; the linear optimum has 0; bound: c² = (1 - d) / 2",
        median(dense(largest_cosine), "greatest"),
        high=TOLERATED,
        control=UNTRAINED,
    ),
    Claim(
        "dense-keeps-top-m",
        "There most models (at least {low%}) represent exactly the m most important features.",
        f"{SOURCE}; most: a half",
        share(dense(keeps_top_m), "least"),
        low=0.5,
        control=controls.reversed_along("feature", "features in reverse order"),
    ),
    Claim(
        "dense-ends-at",
        "Most models do so down to the density {high}, or below.",
        "exact: two features in one dimension; smaller gains may not be found",
        number(sparsest_dense, note="least density down to which half do"),
        high=ABOVE_P,
        kind="open",
    ),
    Claim(
        "sparse-is-superposed",
        "At densities up to 0.5 more features are represented than there are dimensions (median).",
        SOURCE,
        median(at(count, density=lambda p: p <= 0.5), "least"),
        low=core.Derived("n_hidden + 1", lambda ds, _: ds.sizes["hidden"] + 1),
        control=controls.reversed_along("density"),
    ),
    Claim(
        "sparser-is-more",
        "From no density to the next lower one are fewer represented (median over starts).",
        SOURCE,
        median(lambda ds: count(ds).diff("density"), "least", note="more at the next lower one"),
        low=0,
        control=controls.reversed_along("density"),
    ),
    Claim(
        "factors-are-simplices",
        "Of equally important features that are not alone, most (at least {low%}) form digons, "
        "triangles or tetrahedra, at densities 0.28 to 0.5 (mean, at the worst n and density).",
        f"{SOURCE}; its plateau of antipodal pairs; most: a half",
        share(on_plateau(in_simplices), "least", note="share of features"),
        low=0.5,
        control=controls.replaced("random directions", alike_w=random_alike),
    ),
    Claim(
        "factors-do-not-interact",
        "There most models (at least {low%}) have several factors, the same ones whether |cos| "
        "above 0.05 or above 0.25 ties features together.",
        f"{SOURCE}; cosines between factors 0, within simplices 1/3 or more; most: a half",
        share(on_plateau(sharp_factors), "least"),
        low=0.5,
        control=JITTERED,
    ),
    Claim(
        "tegum-of-tight-frames",
        "There the D_i sum to the rank of W, to {high} of it (median).",
        "theory: equal for orthogonal sums of tight frames; precision asked of training",
        median(on_plateau(defect), "greatest"),
        high=0.01,
        control=JITTERED,
    ),
    Claim(
        "sparser-stays-a-product",
        "The sparsest models with most features still are a product: at least {low%} of features "
        "not alone form simplices.",
        f"{SOURCE}, without a limit; most: a half",
        share(crowded, note="share of features"),
        low=0.5,
        kind="open",
    ),
    Claim(
        "partners-are-orthogonal",
        f"Partners of correlated sets have |cos| < {EPS}, all of them, in more models than {{low}} "
        "(at the worst number of sets and density).",
        f"{SOURCE}; {PAIRING}",
        share(
            by_law(orthogonal),
            "least",
            over=("seed", "copy"),
            note="of models that represent all features",
        ),
        low=PAIRED,
        control=INDEPENDENT,
    ),
    Claim(
        "partners-in-different-factors",
        "When sets are sparsest, partners are in different factors in more models than {low}.",
        f"{SOURCE}; {PAIRING}",
        share(
            sparsest_sets,
            "least",
            over=("seed", "copy"),
            note="of models that represent all features",
        ),
        low=PAIRED,
        control=INDEPENDENT,
    ),
    Claim(
        "often-in-different-factors",
        "They are at any number of sets and density, in at least {low%} of models.",
        f"{SOURCE}: 'often'; a half is no theory",
        share(
            by_law(apart),
            "least",
            over=("seed", "copy"),
            note="of models that represent all features",
        ),
        low=0.5,
        kind="open",
    ),
)

STUDY = core.Study(
    name="four-behaviours",
    group="attention-head",
    question="Do bottlenecks behave as the study says they do, before it asks anything of a head?",
    finding="Mostly. Only the top m are kept, orthogonal, down to density [dense-ends-at]; sparser "
    "ones superpose, as simplices, but with most features and sparsest these are "
    "[sparser-stays-a-product of features]. Correlated partners are orthogonal in "
    "[partners-are-orthogonal of models] at the worst setting.",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={
        "quick": Config(
            densities=(1.0, 0.7, 0.5, 0.1),
            alike_densities=(0.5, 0.1),
            sets=(3,),
            set_densities=(0.02,),
            seeds=8,
            copies=5,
        ),
        "default": Config(),
        "paper": Config(seeds=100, steps=10_000, batch=1024),
    },
    minutes={"quick": 0.15, "default": 0.7, "paper": 30},
    claims=CLAIMS,
    figures=(
        figures.dense_to_sparse,
        figures.stored,
        figures.factors_by_density,
        figures.sets_of_two,
    ),
)
