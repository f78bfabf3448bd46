"""What the claims of the atlas compare, and the bounds that theory derives from a run."""

from collections.abc import Callable

import xarray as xr

from tegum.analysis.readouts import chance_auc
from tegum.studies.computation.atlas import readings
from tegum.studies.computation.atlas.setups import BY_NAME, ENTROPY, F
from tegum.studies.core import controls
from tegum.studies.core.claim import Derived
from tegum.studies.core.measures import Reading
from tegum.studies.core.study import config_in
from tegum.theory.bottlenecks import circle_cross_entropy

PLAIN, DEEP, LINEAR, MLP_READS = "A→B", "A→B through 4f", "A→B, linear", "1→B"
TIED, UNBIASED = "A→B, tied", "A→B, tied, no bias"
BENT, BENT_TIED = "ReLU in f", "ReLU in f, tied"
CIRCLE = "1→2, tied, no bias"
STORES = tuple(n for n, of in BY_NAME.items() if of.loss == ENTROPY and n.startswith("1→2"))


def same_functions(ds: xr.Dataset) -> xr.DataArray:
    """Errors of the deep setup as one map of rank f, and of the plain one as a deep one."""
    deep, plain = (ds.sel(setup=name, drop=True) for name in (DEEP, PLAIN))
    return xr.concat([deep.composed_error, deep.excess_rank, plain.widened_error], "way")


def over_linear_floor(ds: xr.Dataset) -> xr.DataArray:
    return ds.loss / ds.linear_floor


def linear_excess(ds: xr.Dataset) -> xr.DataArray:
    return over_linear_floor(ds).sel(setup=LINEAR, drop=True) - 1


def as_circle(ds: xr.Dataset) -> xr.DataArray:
    """Cross-entropy over that of a circle of the same mean square length."""
    one = ds.sel(setup=CIRCLE, inputs="one-hot", drop=True)
    squared = (readings.lengths(one) ** 2).mean("feature", skipna=False)
    of_circle = circle_cross_entropy(ds.sizes["feature"], squared.values)
    return one.loss / squared.copy(data=of_circle)


def told(ds: xr.Dataset) -> xr.DataArray:
    """Share of features decoded right by each setup under cross-entropy."""
    return readings.is_told(ds).sel(inputs="one-hot", drop=True).mean("feature", skipna=False)


def told_by_linear(ds: xr.Dataset) -> xr.DataArray:
    return told(ds).sel(setup=list(STORES))


def bent_over_straight(ds: xr.Dataset) -> xr.DataArray:
    return readings.loss_ratio(ds, BENT_TIED, TIED)


def deep_over_plain(ds: xr.Dataset) -> xr.DataArray:
    return readings.loss_ratio(ds, DEEP, PLAIN)


def best_over_best(ds: xr.Dataset) -> str:
    best = ds.loss.min("seed")
    ratio = readings.of_setup(best, DEEP) / readings.of_setup(best, PLAIN)
    each = (f"{float(ratio.sel(inputs=k)):.3g} ({k})" for k in ratio.inputs.values)
    return f"least loss over least loss: {', '.join(each)}"


def gelu_over_relu(values: xr.DataArray) -> xr.DataArray:
    """GELU's values on sparse inputs over the median of ReLU's, both tied and without bias."""
    sparse = values.sel(inputs="sparse", drop=True)
    relu = readings.of_setup(sparse, UNBIASED).median()
    return readings.of_setup(sparse, f"{UNBIASED}, GELU") / relu


def gains_without_mlp(gain: Reading) -> Callable[[xr.Dataset], str]:
    """Medians of a gain in setups without an MLP, in words."""

    def said(ds: xr.Dataset) -> str:
        values = gain(ds)
        each = (
            f"{float(readings.of_setup(values, name).median()):+.3f} ({name})"
            for name in (PLAIN, "A→B, no biases", TIED)
        )
        return f"without an MLP: {', '.join(each)}"

    return said


def _positives(ds: xr.Dataset, _: object) -> float:
    c = config_in(ds)
    active = c["samples"] * c["density"]
    return chance_auc(active, c["samples"] - active)


CHANCE = Derived("the 95 % of an output that knows nothing", _positives)
HALF_WAY = Derived(
    "half the way to the next critical point, where one component less is stored",
    lambda ds, _: 1 / (2 * (ds.sizes["feature"] - F)),
)
KNOWS_NOTHING = controls.replaced(
    "the loss of what does not look", loss=lambda ds: ds.untold_loss + 0 * ds.loss
)


def as_tied(ds: xr.Dataset) -> xr.DataArray:
    """All setups' losses with those of the tied ReLU model in the linear one's place."""
    return ds.loss.where(ds.setup != LINEAR, ds.loss.sel(setup=TIED, drop=True))
