"""Controls: the same dataset with what a claim is about taken away; the claim must fail on it.

`shuffled` breaks the tie between a value and its label, `noisy` breaks exactness, `random_cosines`
and `untrained` put chance in the place of what was learned, `exchanged` takes one setting for
another, `constant` and `replaced` put a number or any other reading in a variable's place. All are
deterministic.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from tegum.errors import unknown_name
from tegum.studies.core.claim import Control
from tegum.studies.core.measures import hidden_of


def _rng() -> np.random.Generator:
    return np.random.default_rng(20220914)  # any fixed number


def shuffled(variables: str | Sequence[str], dim: str, name: str = "") -> Control:
    """Values permuted along an axis, alike for all variables named: labels no longer mean them."""
    names = [variables] if isinstance(variables, str) else list(variables)

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        order = _derangement(ds.sizes[dim])
        return ds.assign({each: ds[each].copy(data=_taken(ds[each], dim, order)) for each in names})

    return Control(name or f"{dim}s shuffled", spoil)


def _derangement(size: int) -> np.ndarray:
    """A fixed order that leaves nothing in its place."""
    order = _rng().permutation(size)
    places = np.empty(size, int)
    places[order] = np.roll(order, 1)
    return places


def _taken(variable: xr.DataArray, dim: str, order: np.ndarray) -> np.ndarray:
    return np.take(variable.values, order, axis=variable.get_axis_num(dim))


def noisy(variables: str | Sequence[str], by: float, name: str = "") -> Control:
    """Each value multiplied by exp(by · N(0, 1)) and the like added: exactness is gone.

    Args:
        variables: one name, or several.
        by: standard deviation of the relative error; also added, in units of the root mean square.
        name: in words.
    """
    names = [variables] if isinstance(variables, str) else list(variables)

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        rng, found = _rng(), {}
        for each in names:
            values = ds[each].astype(float)
            scale = float(np.sqrt((values**2).mean())) or 1.0
            factor = np.exp(by * rng.normal(size=values.shape))
            found[each] = values * factor + by * scale * rng.normal(size=values.shape)
        return ds.assign(found)

    return Control(name or f"with an error of {by:.0%}", spoil)


def random_cosines(
    variables: str | Sequence[str],
    *,
    slices: int = 1,
    hidden: Callable[[xr.Dataset], int] = hidden_of,
    name: str = "random directions",
) -> Control:
    """|cos| as random directions have: the best of so many, in m dimensions, one draw a value."""
    names = [variables] if isinstance(variables, str) else list(variables)

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        rng, m, found = _rng(), hidden(ds), {}
        for each in names:
            direction = rng.normal(size=(*ds[each].shape, m))
            size = np.linalg.norm(direction, axis=-1)
            # The sign goes along, for readings of signed cosines.
            best = np.argmax(np.abs(direction[..., :slices]), axis=-1)[..., None]
            cosine = np.take_along_axis(direction, best, axis=-1)[..., 0] / size
            found[each] = ds[each].copy(data=cosine).where(ds[each].notnull())
        return ds.assign(found)

    return Control(name, spoil)


def random_signs(variables: str | Sequence[str], name: str = "random signs") -> Control:
    """Each value with a sign of its own, as a coin falls."""
    names = [variables] if isinstance(variables, str) else list(variables)

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        rng = _rng()
        return ds.assign({each: ds[each] * rng.choice([-1, 1], ds[each].shape) for each in names})

    return Control(name, spoil)


def constant(variables: str | Sequence[str], value: float, name: str) -> Control:
    """One number in the place of all values: what a model that learned nothing would give."""
    names = [variables] if isinstance(variables, str) else list(variables)

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        return ds.assign({e: (0.0 * ds[e] + value).where(ds[e].notnull()) for e in names})

    return Control(name, spoil)


def untrained(w: str = "w", b: str | None = None) -> Control:
    """Weights as before training (Xavier-normal, biases 0), for readings of the weights alone."""

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        weights = ds[w]
        m, n = ds.sizes["hidden"], ds.sizes["feature"]
        fresh = _rng().normal(size=weights.shape) * np.sqrt(2 / (m + n))
        found = {w: weights.copy(data=fresh).where(weights.notnull())}
        return ds.assign(found | ({} if b is None else {b: 0 * ds[b]}))

    return Control("untrained weights", spoil)


def exchanged(dim: str, one: Hashable, other: Hashable, name: str = "") -> Control:
    """Two settings taken for each other, in all that has the axis."""

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        labels = list(ds[dim].values)
        swap = {one: other, other: one}
        order = [labels.index(swap.get(label, label)) for label in labels]
        return ds.isel({dim: order}).assign_coords({dim: labels})

    return Control(name or f"{one} and {other} exchanged", spoil)


def reversed_along(dim: str, name: str = "") -> Control:
    """An axis run backwards under its old labels: dense for sparse, early for late."""

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        return ds.isel({dim: slice(None, None, -1)}).assign_coords({dim: ds[dim].values})

    return Control(name or f"{dim} reversed", spoil)


def replaced(name: str, **by: Callable[[xr.Dataset], Any]) -> Control:
    """Some variables computed otherwise, from the dataset itself: `replaced("...", x=reading)`."""

    def spoil(ds: xr.Dataset) -> xr.Dataset:
        if unknown := sorted(by.keys() - set(ds.variables)):
            raise unknown_name(f"variable of the control {name!r}", unknown[0], map(str, ds))
        return ds.assign({each: make(ds) for each, make in by.items()})

    return Control(name, spoil)
