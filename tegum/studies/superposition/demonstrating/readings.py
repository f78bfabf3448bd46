"""What is measured and read: which features models of falling importance represent, and how."""

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis import geometry
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.core.measures import Reading, above, at, both, of_weights
from tegum.theory.optima import linear_optimum


class Config(core.BottleneckConfig):
    """Features of importance decay^i through a bottleneck, at several densities."""

    n_hidden: core.Count = 5
    importance_decay: core.Share = 0.7
    densities: tuple[core.Density, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    """p = 1 - S, the chance that a feature is active"""
    activations: tuple[core.Activation, ...] = ("linear", "relu")
    """output activations to compare"""
    seeds: core.Count = 10

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_features <= self.n_hidden:
            wanted = f"more than n_hidden = {self.n_hidden}, else none must share"
            raise bad_input("n_features", self.n_features, wanted)


PUBLISHED = (1.0, 0.1, 0.001)
"""densities at which counts were published: 5, 10 and all 20 features"""
ANTIPODAL = -0.9
"""cosine of a pair that counts as antipodal"""

POINTS = {"activation": "activations", "density": "densities"}
TRAINED = core.Part(populations.trained, populations.VARIABLES, **POINTS)
MODELS = core.Measurement("falling-importance", version=1, parts=(TRAINED,))

# --- readings -----------------------------------------------------------------------------------


def represented(ds: xr.Dataset) -> xr.DataArray:
    return above(of_weights(geometry.norms, ds.w), 0.5)


def keeps_top_m(ds: xr.Dataset) -> xr.DataArray:
    """Whether exactly the m most important features are represented."""
    found, m = represented(ds), ds.sizes["hidden"]
    kept, dropped = found.isel(feature=slice(m)), 1 - found.isel(feature=slice(m, None))
    return both(kept.min("feature", skipna=False), dropped.min("feature", skipna=False))


def count(ds: xr.Dataset) -> xr.DataArray:
    """How many features a model represents, from dense to sparse."""
    return represented(ds).sum("feature", skipna=False).sortby("density", ascending=False)


def at_sparsest(ds: xr.Dataset) -> xr.DataArray:
    return count(ds).sel(activation="relu").isel(density=-1)


def steps_of_count(ds: xr.Dataset) -> xr.DataArray:
    """How many more features ReLU models represent from one published density to the next, start
    by start.
    """
    found = count(ds).sel(activation="relu", drop=True)
    return found.reindex(density=list(PUBLISHED)).diff("density")


def as_published(ds: xr.Dataset, values: xr.DataArray) -> xr.DataArray:
    """Values of the size that was published, 20→5 with I = 0.7ⁱ; NaN at others."""
    config = core.config_in(ds)
    same = (ds.sizes["feature"], ds.sizes["hidden"], config["importance_decay"]) == (20, 5, 0.7)
    return values if same else values.where(False)


def published_count(density: float) -> Reading:
    """How many features ReLU models represent at one density, of the published size."""
    return at(lambda ds: as_published(ds, count(ds)), activation="relu", density=density)


def short_but_there(ds: xr.Dataset) -> str:
    """What became of the features that sparse ReLU models do not represent."""
    models = ds.sel(activation="relu").isel(density=int(ds.density.argmin("density")))
    norm = of_weights(geometry.norms, models.w)
    answers = (models.b + norm**2 > 0).where(norm <= 0.5)  # at x_i = 1, alone
    if not bool(answers.notnull().any()):
        return ""
    return f"of features shorter than 1/2 {float(answers.mean()):.0%} still answer at x_i = 1"


def antipodal_pairs(ds: xr.Dataset) -> xr.DataArray:
    """How many pairs of represented features have a cosine below ANTIPODAL."""
    return of_weights(pairs_in, ds.w, per=None)


def pairs_in(w: Float[np.ndarray, "*models hidden features"]) -> Float[np.ndarray, "*models"]:
    hat = geometry.directions(w * geometry.represented(w)[..., None, :])
    return np.asarray((geometry.gram(hat) < ANTIPODAL).sum(axis=(-2, -1)) / 2)


def two_pairs(ds: xr.Dataset) -> xr.DataArray:
    """Whether a model, of the published size, holds two antipodal pairs or more."""
    return as_published(ds, above(antipodal_pairs(ds), 1.5))


def linear(ds: xr.Dataset) -> xr.Dataset:
    """The best linear model at each density, in closed form: its loss and its biases."""
    importance = Config(**core.config_in(ds)).importance
    best = [linear_optimum(ds.sizes["hidden"], p, importance) for p in ds.density.values]
    biases = (("density", "feature"), [each.b for each in best])
    return xr.Dataset({"loss": ("density", [each.loss for each in best]), "b": biases})


def excess(ds: xr.Dataset) -> xr.DataArray:
    """Exact loss above the linear optimum's, in units of what exchanging features costs."""
    m, importance = ds.sizes["hidden"], Config(**core.config_in(ds)).importance
    exchange = (importance[m - 1] - importance[m]) * (ds.density / 3 - ds.density**2 / 4)
    return (ds.loss - linear(ds).loss) / exchange


def bias_error(ds: xr.Dataset) -> xr.DataArray:
    """Distance of biases from the linear optimum's, in units of E x, where that is resolved."""
    mean, step = ds.density / 2, core.config_in(ds)["learning_rate"]
    return (abs(ds.b - linear(ds).b) / mean).where(mean >= 10 * step)


def shared_are_later(ds: xr.Dataset) -> xr.DataArray:
    """Whether features with interference above 1/2 (midway between none and an antipodal pair)
    are, on average, less important than other represented ones; NaN without both.
    """
    kept, shared = represented(ds) == 1, of_weights(geometry.interference, ds.w) > 0.5
    rank = xr.DataArray(np.arange(ds.sizes["feature"]), dims="feature")
    return above(*(rank.where(kept & kind).mean("feature") for kind in (shared, ~shared)))
