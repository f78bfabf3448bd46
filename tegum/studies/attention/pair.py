"""One pair of features that a head attends to: its config, what is measured at looks, readings."""

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.spectra import cosines, svd_of_product
from tegum.errors import bad_input
from tegum.studies import core
from tegum.studies.populations import FINITE, GAP_TO_BEST, Headed


class PairConfig(core.BottleneckConfig):
    """Bottlenecks with a head of rank r that responds to one pair of features."""

    rank: core.Count = 10
    """r, rank of the head, at most n_hidden"""
    pair: tuple[core.Index, core.Index] = (0, 1)
    """(i, j): feature of the left and of the right token to respond to, counted from 0"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.rank > self.n_hidden:
            raise bad_input("rank", self.rank, f"at most n_hidden = {self.n_hidden}")
        if max(self.pair) >= self.n_features:
            wanted = f"features from 0 to n_features - 1 = {self.n_features - 1}"
            raise bad_input("pair", self.pair, wanted)


AT_LOOKS = core.table(
    cosine=("seed step side", "signed cos(first singular vector, W_i)"),
    leverage=("seed step side", "leverage P_ii of the attended features"),
    dimensionality=("seed step side", "D_i of the attended features"),
    superposition=("seed step side", "√Σ(Ŵ_i·W_j)² of the attended features, cut at 1"),
    singular_value=("seed step slice", "singular values of Ω"),
    L1=("seed step", "sampled, summed over features, mean since the last look"),
) | {"gap_to_best": GAP_TO_BEST, "finite": FINITE}
"""the table of what `at_looks` gives"""


def at_looks(models: Headed, pair: tuple[int, int]) -> dict[str, object]:
    """Both sides of the pair at every look."""
    u, s, v = svd_of_product(models.a, models.b)
    sides = [cosines(part, models.w)[..., 0, k] for part, k in zip((u, v), pair, strict=True)]
    quantities = (geometry.leverage, geometry.dimensionality, geometry.superposition)
    return {
        "step": models.steps,
        "side": ["left", "right"],
        "cosine": np.stack(sides, axis=-1),
        **{each.__name__: each(models.w)[..., list(pair)] for each in quantities},
        "singular_value": s,
        "L1": models.losses["L1"],
        "gap_to_best": models.gap_to_best,
        "finite": models.finite,
    }


def first_slices(models: Headed) -> tuple[np.ndarray, np.ndarray]:
    """The first left and right singular vectors at every look, each [seeds steps hidden]."""
    u, _, v = svd_of_product(models.a, models.b)
    return u[..., 0], v[..., 0]


# --- readings -----------------------------------------------------------------------------------


def cosine_at_end(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of the first singular vectors with their features at the last look."""
    return abs(ds.cosine.isel(step=-1, drop=True))


def alignment(ds: xr.Dataset) -> xr.DataArray:
    """|cos| at the last look, of the worse side."""
    return cosine_at_end(ds).min("side", skipna=False)
