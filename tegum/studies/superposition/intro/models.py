"""What is measured: trained models in the plane, exact descents from each shape, ten features."""

import numpy as np
import xarray as xr

from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.core.measures import Reading, below, both, of_weights
from tegum.studies.superposition.intro.shapes import (
    FORMS,
    NAMES,
    descended,
    form,
    is_shape,
    shape_of,
    shapes,
)
from tegum.theory.expected import expected_losses
from tegum.theory.plane_shapes import SHAPES, shape_loss
from tegum.theory.polytope_losses import UNREPRESENTED, polytope_loss

PLANE = 2
TEN, TEN_DENSITY = 10, 0.9
"""the reader's n and density of which two features were expected"""
LINE = np.array([0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.52, 0.524, 0.6, 0.7, 0.8, 0.9])
"""densities at which triangle and digon are compared; the crossing is looked for between 0.52 and
0.524"""


class Config(core.TrainingConfig):
    """n features in the plane, of equal and of falling importance, at several densities."""

    sizes: tuple[core.Count, ...] = (5, 3)
    """n, features in two dimensions"""
    decays: tuple[core.Share, ...] = (0.9, 1.0)
    """importance of feature k is this to the power k"""
    densities: tuple[core.Density, ...] = tuple(
        float(p) for p in np.round(20.0 ** -np.linspace(0, 1, 10), 4)
    )
    """p = 1 - S, the chance that a feature is active"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy."""
        if min(self.sizes) <= PLANE:
            raise bad_input("sizes", self.sizes, "more than 2 features each, else none must share")


# --- parts --------------------------------------------------------------------------------------


def trained(
    c: core.TrainingConfig, n_features: int, decay: float, density: float
) -> core.Variables:
    importance = decay ** np.arange(n_features)
    found = populations.bottlenecks(c, PLANE, density, importance)
    names = ("w", "loss", "finite")
    return {name: getattr(found, name) for name in names} | {"feature": range(n_features)}


def exact(c: core.StudyConfig, n_features: int, decay: float, density: float) -> core.Variables:
    """Where descents of the exact loss end, from each shape that n features can form."""
    del c
    names = [name for name, angles in FORMS.items() if len(angles) <= n_features]
    density_of_each = np.full(len(names), density)
    ends = descended(names, n_features, density_of_each, decay ** np.arange(n_features))
    places, best = shape_of(ends.w), int(np.argmin(ends.loss))
    loss = dict.fromkeys(FORMS, np.nan)
    for name, place, lost in zip(names, places, ends.loss, strict=True):
        if NAMES[int(place)] == name:
            loss[name] = lost
    return {
        "shape": list(FORMS),
        "shape_loss": list(loss.values()),
        "exact_loss": ends.loss[best],
        "exact_shape": places[best],
    }


def triangle(c: core.StudyConfig) -> core.Variables:
    """Three equally important features as triangle and as digon with one, over density."""
    del c
    names, count = ("triangle", "digon and one"), len(LINE)
    every = [name for name in names for _ in LINE]
    ends = descended(every, 3, np.tile(LINE, 2), np.ones(3)).loss.reshape(2, count)
    unit = [np.repeat(form(name, 3)[None], count, axis=0) for name in names]
    by_hand = [expected_losses(w, np.zeros((count, 3)), LINE[:, None], 1.0) for w in unit]
    return {
        "at": LINE,
        "triangle_excess": ends[0] / ends[1] - 1,
        "unit_excess": by_hand[0] / by_hand[1] - 1,
    }


def ten(c: core.TrainingConfig) -> core.Variables:
    """Ten features of equal importance, trained, beside what shapes lose."""
    found = populations.bottlenecks(c, PLANE, TEN_DENSITY, np.ones(TEN))
    dropped = polytope_loss(UNREPRESENTED, TEN_DENSITY).loss
    losses = [shape_loss(name, TEN_DENSITY) + (TEN - 5) * dropped for name in SHAPES]
    return {
        "ten_w": found.w,
        "ten_loss": found.loss,
        "finite": found.finite,
        "of_shapes": list(SHAPES),
        "ten_shape_loss": losses,
    }


POINTS = {"n_features": "sizes", "decay": "decays", "density": "densities"}
PARTS = (
    core.Part(
        trained,
        core.table(
            w=("seed hidden feature", "weights W"),
            loss=("seed", "exact population loss, summed over features"),
        )
        | {"finite": populations.FINITE},
        **POINTS,
    ),
    core.Part(
        exact,
        core.table(
            shape_loss=(
                "shape",
                "exact loss of the minimum of this shape, NaN where none was found",
            ),
            exact_loss=("", "least exact loss that descents from shapes end at"),
            exact_shape=("", "the shape of that minimum, counted from 0"),
        ),
        **POINTS,
    ),
    core.Part(
        triangle,
        core.table(
            triangle_excess=("at", "loss of the triangle over digon and one, less 1"),
            unit_excess=("at", "the same of unit columns without bias"),
        ),
    ),
    core.Part(
        ten,
        core.table(
            ten_w=("seed hidden of_ten", "weights W of ten features"),
            ten_loss=("seed", "exact population loss, summed over ten features"),
            ten_shape_loss=("of_shapes", "exact loss of ten features in this shape"),
        )
        | {"finite": populations.FINITE},
    ),
)
MODELS = core.Measurement("plane-over-density", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------

LEAD = 0.01
"""by how much the best shape's loss must be below the next one's to be told apart"""


def weights(ds: xr.Dataset) -> xr.DataArray:
    """W of all sizes, features that a size lacks as 0."""
    return ds.w.where(ds.feature < ds.n_features, 0.0)


def shape_seen(ds: xr.Dataset) -> xr.DataArray:
    """The place in NAMES of each trained model's shape."""
    return shapes(weights(ds))


def of_setting(values: xr.DataArray, n_features: int, decay: float) -> xr.DataArray:
    """At one n and one decay; NaN where this run lacks it."""
    wanted = {"n_features": [n_features], "decay": [decay]}
    return values.reindex(wanted).isel(n_features=0, decay=0, drop=True)


def ends_as(name: str, n_features: int, decay: float) -> Reading:
    """Whether each model of a setting has this shape, density by density."""
    return lambda ds: of_setting(is_shape(name, shape_seen(ds)), n_features, decay)


def lead(ds: xr.Dataset) -> xr.DataArray:
    """By how much the best shape's exact loss is below the next shape's, relatively.

    Infinite where no other shape is a minimum.
    """
    places = xr.DataArray(range(ds.sizes["shape"]), {"shape": ds["shape"]})
    losses = ds.shape_loss.where(places != ds.exact_shape)
    return (losses.min("shape") / ds.exact_loss - 1).fillna(np.inf)


def first_two(ds: xr.Dataset) -> xr.DataArray:
    """Whether exactly the two most important of five are represented, at right angles."""
    kept = of_weights(lambda w: np.linalg.norm(w, axis=-2) > 0.5, weights(ds))
    first = both(kept.isel(feature=0), kept.isel(feature=1))
    return both(ends_as("two features", 5, 0.9)(ds), of_setting(first, 5, 0.9))


def best_seed_has_best_shape(ds: xr.Dataset) -> xr.DataArray:
    """Whether the best model has the leading shape, density by density (n = 5, 0.9)."""
    best = ds.loss.fillna(np.inf).argmin("seed")
    same = (shape_seen(ds).isel(seed=best) == ds.exact_shape).astype(float)
    return of_setting(same.where(lead(ds) > LEAD), 5, 0.9)


def in_best_shape(ds: xr.Dataset) -> xr.DataArray:
    """Whether a model has the shape that loses least at its setting, where that leads; below 1."""
    seen = shape_seen(ds)
    same = (seen == ds.exact_shape).astype(float).where(seen.notnull())
    return same.where((lead(ds) > LEAD) & (ds.density < 1))


def crossing(ds: xr.Dataset, of: str = "triangle_excess") -> float:
    """The density above which the triangle loses less than digon and one; 1 where it never does.

    On a straight line between the places to either side.
    """
    excess, places = ds[of].values, ds["at"].values
    last = int(np.flatnonzero(excess > 0).max(initial=-1))
    if last == excess.size - 1:
        return 1.0
    return float(np.interp(0.0, excess[[last + 1, last]], places[[last + 1, last]]))


def below_two(ds: xr.Dataset) -> xr.DataArray:
    """Whether a trained model of ten features loses less than two features kept."""
    return below(ds.ten_loss, ds.ten_shape_loss.sel(of_shapes="two features", drop=True))


def ten_shapes(ds: xr.Dataset) -> xr.DataArray:
    return shapes(ds.ten_w.rename(of_ten="feature"))
