"""Controls on weights that studies of uniform models share: directions by chance, moved ones."""

import numpy as np
import xarray as xr

from tegum.studies.core import Control
from tegum.studies.core.controls import replaced


def _random(ds: xr.Dataset) -> xr.DataArray:
    w = ds.w.transpose(..., "hidden", "feature")
    other = np.random.default_rng(20220914).normal(size=w.shape)
    lengths = np.linalg.norm(w.values, axis=-2, keepdims=True)
    return w.copy(data=other / np.linalg.norm(other, axis=-2, keepdims=True) * lengths)


def jittered(by: float) -> Control:
    """Each feature moved in a direction by chance, so far in units of its length."""

    def moved(ds: xr.Dataset) -> xr.DataArray:
        other = _random(ds)
        return ds.w.transpose(*other.dims) + by * other

    return replaced(f"each feature moved anywhere by {100 * by:g} % of its length", w=moved)


RANDOM = replaced("random directions of the same lengths", w=_random)
