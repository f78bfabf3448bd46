"""What is read off experts: how many features share a dimension, and what the router attends to.

Of an expert only those features count that it sees: that are active, where it is used, at least a
tenth as often as the commonest there. Columns of the others are never asked for, and stay as they
began. Columns of a soft expert make up for its gates below 1; a column is taken here times the root
of the gate at which its feature meets it, E g² / E g, which is 1 in hard models. So with
W̃_e the columns of what expert e sees, and u_e its share of use:

    features per active dimension   Σ_e u_e ‖W̃_e‖²_F / dimensions of e      1/D* of a dense model
    dimensions per feature          mean D_i in W̃_e of features active, e the expert they go to
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis import geometry
from tegum.studies.computation.mixture.models import NARROW, SEEN
from tegum.studies.core import config_in
from tegum.studies.core.measures import Reading, above, below, of_weights
from tegum.theory.routed_codes import least_routed_loss

ANTIPODAL = -0.9
"""cosine below which two features are opposite"""


def columns_seen(ds: xr.Dataset) -> xr.DataArray:
    """W̃_e: columns of features that an expert sees, times the root of their gates; else 0."""
    often = ds.active / ds.active.max("feature")
    gate = ds.active_squared / ds.active.where(ds.active > 0)
    seen = ds.w * np.sqrt(gate.where(often >= SEEN, 0.0))
    there = ds.w.notnull()
    # An expert that is never used has no features, and one beyond k is none.
    return seen.where(often.notnull(), 0.0).where(there)


def share_of_use(ds: xr.Dataset) -> xr.DataArray:
    """u_e of each expert."""
    return ds.use.sum("topic", skipna=False)


def crowding(ds: xr.Dataset) -> xr.DataArray:
    """Features per active dimension, of models with experts."""
    return _per_dimension(columns_seen(ds), share_of_use(ds))


def stored(ds: xr.Dataset) -> xr.DataArray:
    """The same with all columns, whether the expert sees their features or not."""
    return _per_dimension(ds.w, share_of_use(ds))


def _per_dimension(w: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    dimensions = w.isel(feature=0, drop=True).notnull().sum("hidden")
    each = (w**2).sum(("hidden", "feature")) / dimensions.where(dimensions > 0)
    return (each * weight).sum("expert", min_count=1)


def own_dimensions(ds: xr.Dataset) -> xr.DataArray:
    """Mean D_i of active features in the expert that they go to."""
    w = columns_seen(ds)
    own = of_weights(geometry.dimensionality, w.fillna(0.0)).where(ds.active.notnull())
    weight = ds.active.where(ds.active.notnull())
    return (own * weight).sum(("expert", "feature"), min_count=1) / weight.sum(
        ("expert", "feature"), min_count=1
    )


def paired(ds: xr.Dataset) -> xr.DataArray:
    """Share of the features that an expert holds (‖W̃_i‖ > 1/2) with another opposite to them."""
    w = columns_seen(ds).fillna(0.0)
    w = w.where(of_weights(geometry.norms, w) > 0.5, 0.0)
    hat = of_weights(nearest_opposite, w)
    held = of_weights(geometry.norms, w) > 0
    count = held.sum(("expert", "feature"))
    found = (held & (hat < ANTIPODAL)).sum(("expert", "feature")) / count.where(count > 0)
    return found.where(ds.loss.notnull())


def nearest_opposite(
    w: Float[np.ndarray, "*models hidden features"],
) -> Float[np.ndarray, "*models features"]:
    """The least cosine of each feature with any other."""
    return np.asarray(geometry.gram(geometry.directions(w))).min(axis=-1)


def dense_at(ds: xr.Dataset, width: int | None = None) -> xr.Dataset:
    """Dense models of so many dimensions, m if left out."""
    return ds.sel(width=config_in(ds)["n_hidden"] if width is None else width)


def dense_crowding(ds: xr.Dataset) -> xr.DataArray:
    """Features per dimension of dense models of m dimensions, ‖W‖²_F / m."""
    one = dense_at(ds)
    total = (one.dense_w**2).sum(("hidden", "feature"), min_count=1)
    return (total / config_in(ds)["n_hidden"]).drop_vars("width")


def dense_own(ds: xr.Dataset) -> xr.DataArray:
    """Mean D_i of dense models of m dimensions."""
    own = of_weights(geometry.dimensionality, dense_at(ds).dense_w.fillna(0.0))
    return own.mean("feature").where(dense_crowding(ds).notnull()).drop_vars("width")


def power(ds: xr.Dataset) -> float:
    """E‖x‖² = n p / 3, what a model loses that answers 0."""
    return ds.sizes["feature"] * config_in(ds)["density"] / 3


def relative_loss(ds: xr.Dataset) -> xr.DataArray:
    """Loss over E‖x‖², of models with experts."""
    return ds.loss / power(ds)


def dense_loss(ds: xr.Dataset) -> xr.DataArray:
    """The same of dense models, at each width; exact."""
    return ds.dense_exact / power(ds)


def as_many_as_topics(reading: Reading, law: str | None = None, variant: str = "hard") -> Reading:
    """A reading of one variant with as many experts as there are topics."""

    def narrowed(ds: xr.Dataset) -> xr.DataArray:
        place = {"experts": config_in(ds)["topics"], "variant": variant}
        place |= {} if law is None else {"law": law}
        values = reading(ds)
        return values.sel({d: v for d, v in place.items() if d in values.dims}, drop=True)

    return narrowed


def over_dense(ds: xr.Dataset) -> xr.DataArray:
    """Loss over that of the dense model of m dimensions and the same seed."""
    return relative_loss(ds) / dense_loss(dense_at(ds)).drop_vars("width")


def above_dense_of_all(ds: xr.Dataset) -> xr.DataArray:
    """Loss of hard experts less that of a dense model of k m dimensions, over E‖x‖²."""
    ours, m = relative_loss(ds).sel(variant="hard"), config_in(ds)["n_hidden"]
    dense = dense_loss(ds).reindex(width=m * ds.experts.values).rename(width="experts")
    known = m * ds.experts < ds.sizes["feature"]  # with n dimensions nothing is lost
    return ours - dense.assign_coords(experts=ds.experts).where(known, 0.0)


def crowding_over_dense(ds: xr.Dataset) -> xr.DataArray:
    return crowding(ds) / dense_crowding(ds)


def independent_over_topics(ds: xr.Dataset) -> xr.DataArray:
    """With as many experts as topics, loss over dense of independent features over topics'."""
    of = as_many_as_topics(over_dense)(ds)
    return of.sel(law="independent", drop=True) / of.sel(law="topics", drop=True)


def random_over_learned(ds: xr.Dataset) -> xr.DataArray:
    """Loss with a router that stays random over that with a learned one, start by start."""
    return ds.loss.sel(variant="random router", drop=True) / ds.loss


def share_of_random(ds: xr.Dataset) -> xr.DataArray:
    """Of the fall of log loss from dense to learned hard experts, the share of a random router."""
    gain = xr.apply_ufunc(np.log, over_dense(ds))
    return gain.sel(variant="random router", drop=True) / gain


def own_is_better(ds: xr.Dataset) -> xr.DataArray:
    """Whether inputs lose more at the expert after their own."""
    return above(ds.other_loss, ds.loss)


def sampling_error(ds: xr.Dataset) -> xr.DataArray:
    """Sampled less exact loss of dense models of m dimensions, in standard errors."""
    one = dense_at(ds)
    return abs(one.dense_loss - one.dense_exact) / one.dense_error


def over_bits(ds: xr.Dataset) -> xr.DataArray:
    """Loss of hard models of independent features over the least that their code allows."""
    n, p = ds.sizes["feature"], config_in(ds)["density"]
    m = config_in(ds)["n_hidden"]

    def least(k: int, variant: str) -> float:
        width = m // k if variant in NARROW.values() else m
        return least_routed_loss(n, width, p, k)

    kinds = [v for v in ds.variant.values if not v.startswith("soft")]
    bound = [[least(int(k), v) for v in kinds] for k in ds.experts.values]
    axes = {"experts": ds.experts.values, "variant": kinds}
    ours = ds.loss.sel(law="independent", variant=kinds)
    return ours / xr.DataArray(bound, axes, ("experts", "variant"))


def specialisation(ds: xr.Dataset) -> xr.DataArray:
    """Mutual information of expert and topic over log T: 1 if the expert tells the topic."""
    joint = ds.use / ds.use.sum(("topic", "expert"))
    alone = joint.sum("expert") * joint.sum("topic")
    each = (joint * np.log((joint / alone).where(joint > 0))).fillna(0.0)
    found = each.sum(("topic", "expert")) / np.log(config_in(ds)["topics"])
    return found.where(ds.loss.notnull())


def evenness(ds: xr.Dataset) -> xr.DataArray:
    """Entropy of the experts' use over log k: 1 if all are used alike."""
    use = share_of_use(ds)
    entropy = -(use * np.log(use.where(use > 0))).fillna(0.0).sum("expert")
    return (entropy / np.log(ds.experts)).where(ds.loss.notnull())


def idle(ds: xr.Dataset) -> xr.DataArray:
    """Whether some expert gets less than a tenth of an equal share."""
    least = share_of_use(ds).where(ds.experts > ds.expert).min("expert")
    return below(least * ds.experts, 0.1).where(ds.loss.notnull())


# --- notes --------------------------------------------------------------------------------------


def told(reading: Reading, words: str = "") -> Callable[[xr.Dataset], str]:
    """Medians over seeds of all settings, in order, for a claim's note."""

    def note(ds: xr.Dataset) -> str:
        values = reading(ds).median("seed")
        dims = ", ".join(map(str, values.dims))
        numbers = ", ".join(f"{value:.3g}" for value in np.ravel(values.values))
        return f"{words}{numbers}" + (f" (by {dims})" if dims else "")

    return note


def beside(law: str, variant: str) -> Callable[[xr.Dataset], str]:
    """What else is known of how crowded these experts are, for a claim's note."""

    def note(ds: xr.Dataset) -> str:
        columns, own = (
            float(as_many_as_topics(reading, law, variant)(ds).median())
            for reading in (stored, own_dimensions)
        )
        return f"with columns never asked for: {columns:.3g}; D_i of active features: {own:.3g}"

    return note
