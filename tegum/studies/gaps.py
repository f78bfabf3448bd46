"""How near a study's bottlenecks came to the best loss known: whether what is said of them is said of good models."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.arrays import Array
from tegum.models import Bottleneck
from tegum.studies.claims import Claim, Measured
from tegum.studies.over_seeds import median
from tegum.theory.expected import expected_losses
from tegum.theory.known import best_known_loss

NEAR = 0.1
IN_WORDS = {"long_name": "exact reconstruction loss over the best known, less 1"}
"""attributes of a dataset's variable `gap_to_best`"""


def gaps_to_best_known(
    models: Bottleneck, density: float, importance: Float[Array, " features"]
) -> Float[np.ndarray, " models"]:
    """Exact loss over the least known, less 1, of stacked tied ReLU models; NaN where none is known for their size."""
    w, b = np.asarray(models.w, np.float64), np.asarray(models.b, np.float64)
    known = best_known_loss(w.shape[-2], density, np.asarray(importance, np.float64))
    if not np.isfinite(known):
        return np.full(len(w), np.nan)
    return expected_losses(w, b, density, importance) / known - 1


def gap_claim(of: str, chosen: Callable[[xr.Dataset], xr.DataArray] = lambda ds: ds.gap_to_best) -> Claim:
    """An open claim on `ds.gap_to_best`: shown with its number, since no theory says how near training must come.

    Args:
        of: which bottlenecks, to follow "the median of".
        chosen: their gaps, with an axis "seed".
    """

    def measure(ds: xr.Dataset) -> Measured:
        gap = chosen(ds)
        if bool(gap.isnull().all()):
            return Measured.nothing("no best known loss is listed for these sizes")
        note = f"relative, median over seeds, worst setting; the best model {float(gap.min()):.2g}"
        return median(gap, "greatest", high=NEAR, note=note)

    return Claim(
        "near-best-known",
        f"Bottlenecks come near the best reconstruction loss known: the median of {of} lies within 10 % of it.",
        "least exact losses found by many trainings and exact descent (upper bounds on the optimum); 10 % is no theory",
        measure,
        kind="open",
    )
