"""Models that diverged among others that did not: another one stands in while all are measured, and NaN comes out.

Decompositions and theory refuse weights that are not finite, and one such model must not cost a study the others.
"""

from typing import Any, TypeVar

import jax
import numpy as np
import xarray as xr
from jaxtyping import Bool

from tegum.errors import BadInputError

Tree = TypeVar("Tree")


def with_stand_ins(models: Tree, finite: Bool[np.ndarray, " models"]) -> Tree:
    """The stacked models (or their history), models first, with the first sound one for each that diverged.

    Raises:
        BadInputError: if all of them did; there is nothing to study then.
    """
    if not finite.any():
        raise BadInputError(
            f"learning_rate: all {finite.size} models diverged, expected some that stay finite; lower it"
        )
    places = np.where(finite, np.arange(finite.size), np.argmax(finite))

    def chosen(leaf: Any) -> np.ndarray:
        return np.asarray(leaf)[places]

    return jax.tree.map(chosen, models)


def as_missing(dataset: xr.Dataset, finite: xr.DataArray | Bool[np.ndarray, " seeds"]) -> xr.Dataset:
    """The dataset with NaN for all that was measured of models that diverged, and `finite` itself beside it.

    Args:
        dataset: variables with an axis "seed" are of models, all others stay.
        finite: which models did not diverge, by "seed" and perhaps further axes of the dataset.
    """
    marks = finite if isinstance(finite, xr.DataArray) else xr.DataArray(finite, dims="seed")
    if not bool(marks.all()):
        of_models = [name for name, variable in dataset.data_vars.items() if set(marks.dims) <= set(variable.dims)]
        dataset = dataset.assign({name: _as_float(dataset[name]).where(marks) for name in of_models})
    return dataset.assign(finite=marks)


def _as_float(variable: xr.DataArray) -> xr.DataArray:
    """Whole numbers and truth values have no NaN."""
    return variable.astype(float) if variable.dtype.kind in "biu" else variable
