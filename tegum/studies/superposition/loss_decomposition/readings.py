"""What is read off the models of demonstrating-superposition: two terms, exact shares of losses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.errors import bad_input
from tegum.studies import core
from tegum.studies.core.measures import Reading, at
from tegum.studies.superposition.demonstrating import readings
from tegum.theory.activity import at_most_one, bias_excess, linear_split, one_active_split


class Config(readings.Config):
    """As in demonstrating-superposition; both kinds of models, some of sparse features."""

    def model_post_init(self, context: object) -> None:
        """Check what the fields must satisfy together."""
        super().model_post_init(context)
        if set(self.activations) != {"linear", "relu"}:
            raise bad_input("activations", self.activations, 'both of "linear" and "relu"')
        if min(self.densities) >= 1:
            raise bad_input("densities", self.densities, "some density below 1")


def importance(ds: xr.Dataset) -> Float[np.ndarray, " features"]:
    return Config(**core.config_in(ds)).importance


def read_off(ds: xr.Dataset, *names: str, of: Callable[..., Any]) -> xr.Dataset:
    """What theory says of every model's W, b, density and importances; NaN if it diverged."""
    weight = importance(ds)
    found = xr.apply_ufunc(
        lambda w, b, p: tuple(of(w, b, p, weight)),
        ds.w.fillna(0.0),
        ds.b.fillna(0.0),
        ds.density,
        input_core_dims=[["hidden", "feature"], ["feature"], []],
        output_core_dims=[[]] * len(names),
    )
    return xr.Dataset(dict(zip(names, found, strict=True))).where(ds.loss.notnull())


def linear_terms(ds: xr.Dataset) -> xr.Dataset:
    """The terms of the linear formula, its "positive" interference, and what biases are off."""

    def terms(w: np.ndarray, b: np.ndarray, p: np.ndarray, weight: np.ndarray) -> Any:
        positive = linear_split(w, weight, positive=True).interference
        return *linear_split(w, weight), positive, bias_excess(w, b, p, weight)

    return read_off(ds, "shortfall", "interference", "positive", "bias_excess", of=terms)


def one_active(ds: xr.Dataset) -> xr.Dataset:
    """`own` and `felt`: three times the two sums of `one_active_split`."""
    return 3 * read_off(
        ds, "own", "felt", of=lambda w, b, p, weight: one_active_split(w, b, weight)
    )


def variance(ds: xr.Dataset) -> xr.DataArray:
    return ds.density / 3 - ds.density**2 / 4


def left_over(ds: xr.Dataset) -> xr.DataArray:
    """How far the linear formula is from the exact loss, relatively."""
    terms = linear_terms(ds)
    made = variance(ds) * (terms.shortfall + terms.interference) + terms.bias_excess
    return abs(made / ds.loss - 1)


def interference_charged(ds: xr.Dataset) -> xr.DataArray:
    """The linear formula's interference over the exact loss."""
    return variance(ds) * linear_terms(ds).interference / ds.loss


def of_relu(reading: Reading) -> Reading:
    return at(reading, activation="relu")


def sparse_only(reading: Reading) -> Reading:
    """A reading of ReLU models below density 1, where signs cannot be told."""
    return at(reading, activation="relu", density=lambda p: p < 1)


def negative_share(ds: xr.Dataset) -> xr.DataArray:
    """The share of Σ I_i (W_i·W_j)² over i ≠ j that negative W_i·W_j have."""
    terms = linear_terms(ds)
    return 1 - terms.positive / terms.interference


def let_through(ds: xr.Dataset) -> xr.DataArray:
    """What one active feature makes others answer, over the same without any bias."""
    return one_active(ds).felt / linear_terms(ds).positive


def sparsest(reading: Reading) -> Reading:
    """A reading at the least density."""
    return lambda ds: reading(ds).sel(density=float(ds.density.min()), drop=True)


def steps(reading: Reading) -> Reading:
    """How much more there is of something at each next published density."""

    def reading_of_steps(ds: xr.Dataset) -> xr.DataArray:
        return reading(ds).reindex(density=list(readings.PUBLISHED)).diff("density")

    return reading_of_steps


def own_over_linear(ds: xr.Dataset) -> xr.DataArray:
    """`own` over that of the linear model of the same start and density."""
    own = one_active(ds).own
    return own / at(lambda _: own, activation="linear")(ds)


def carried(ds: xr.Dataset) -> xr.Dataset:
    """Shares of ReLU models' exact losses, by how many features of the input are active."""
    relu = ds.sel(activation="relu", drop=True)
    parts = read_off(relu, "none", "one: its own output", "one: the other outputs", of=at_most_one)
    shares = parts / relu.loss
    return shares.assign({"two or more": 1 - shares.to_dataarray().sum("variable", skipna=False)})


def carried_by_few(ds: xr.Dataset) -> xr.DataArray:
    """The share of the exact loss that inputs with at most one active feature have."""
    return 1 - carried(ds)["two or more"]


def losses_backwards(ds: xr.Dataset) -> xr.DataArray:
    return ds.loss.isel(density=slice(None, None, -1)).assign_coords(density=ds.density)
