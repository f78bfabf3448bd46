"""antipodal-pairs: at equal importance two features in one dimension are best as a digon."""

import numpy as np
import xarray as xr

import tegum
from tegum.plots.style import drawing
from tegum.studies import core, populations
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import below, number


class Config(core.BottleneckConfig):
    """Two features, one dimension, at several densities."""

    n_features: core.Count = 2
    n_hidden: core.Count = 1
    densities: tuple[core.Density, ...] = (0.5, 0.1)
    """p = 1 - S, the chance that a feature is active"""
    steps: core.Count = 2000
    learning_rate: core.Unsigned = 3e-3


PART = core.Part(populations.trained, populations.VARIABLES, density="densities")
PAIRS = core.Measurement("antipodal-pairs", version=1, parts=(PART,))


def best_is_opposite(ds: xr.Dataset) -> float:
    """Share of densities at which the two weights of the best model have opposite signs."""
    best = ds.w.isel(hidden=0, seed=ds.loss.fillna(np.inf).argmin("seed"))
    return float(below(best.prod("feature", skipna=False), 0).mean())


BEST = Claim(
    "best-is-antipodal",
    "At every density the model of least exact loss is an antipodal pair.",
    "exact theory: at equal importance the antipodal family is best at every density below 1",
    number(best_is_opposite, note="share of densities"),
    low=1.0,
    control=controls.replaced("both weights positive", w=lambda ds: abs(ds.w)),
)


@core.takeaway("The two signs of the best model differ at [best-is-antipodal of densities].")
def weights(ds: xr.Dataset) -> core.Exhibit:
    with drawing(width=3.0, height=3.0) as (figure, axes):
        axes[0, 0].plot(*ds.w.isel(hidden=0).transpose("feature", ...).values.reshape(2, -1), ".")
        axes[0, 0].set(xlabel="W_0", ylabel="W_1")
    return core.exhibit(figure, ds.w, "The two features' weights, one dot a model.")


STUDY = core.Study(
    name="antipodal-pairs",
    group="toy-models",
    question="Do two features that share one dimension point in opposite directions?",
    finding="They do in the best of models, at [best-is-antipodal of densities].",
    sources=("elhage2022",),
    measurements=(PAIRS,),
    presets={"quick": Config(seeds=5, steps=1000), "default": Config(), "paper": Config(seeds=100)},
    minutes={"quick": 0.1, "default": 0.2, "paper": 0.5},
    claims=(BEST,),
    figures=(weights,),
)
if __name__ == "__main__":
    print(tegum.run(STUDY, "quick").claims["best-is-antipodal"])
