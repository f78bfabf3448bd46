"""Five features in the plane: what they lose in each shape, and when two axes of it are tilted.

Losses are exact, of independent features of density p with values on [0, 1], and summed over the
five: stored features at the best common length and bias of their shape, the others answered by
their mean, so that each of these loses its variance V = p/3 - p²/4.
"""

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

from tegum.errors import unknown_name
from tegum.theory.polytope_losses import UNREPRESENTED, polytope_loss

SHAPES = {
    "two features": (2, "single"),
    "triangle": (3, "triangle"),
    "two digons": (4, "digon"),
    "pentagon": (5, "pentagon"),
}
"""shape -> how many of the five it stores, and the polytope of each of its factors"""


def shape_loss(shape: str, density: float) -> float:
    """What five features lose, as many as fit in this shape.

    Raises:
        BadInputError: on an unknown shape.
    """
    if shape not in SHAPES:
        raise unknown_name("shape", shape, SHAPES)
    stored, name = SHAPES[shape]
    each = 0.0 if name == "single" else polytope_loss(name, density).loss
    return stored * each + (5 - stored) * polytope_loss(UNREPRESENTED, density).loss


def first_crossing(one: str, other: str, points: int = 25) -> float:
    """The least density, from 0.01 on, at which two shapes come to lose the same; NaN if none.

    Args:
        one, other: names of SHAPES.
        points: densities up to 0.99 at which they are compared, to begin with.
    """
    densities = np.linspace(0.01, 0.99, points)

    def difference(density: float) -> float:
        return shape_loss(one, density) - shape_loss(other, density)

    signs = np.sign([difference(p) for p in densities])
    changes = np.flatnonzero(signs[1:] != signs[:-1])
    if not changes.size:
        return np.nan
    return float(brentq(difference, densities[changes[0]], densities[changes[0] + 1], xtol=1e-5))


def tilted_loss(tilt: float, density: float) -> float:
    """Two antipodal pairs and a fifth feature that is dropped.

    Args:
        tilt: by how many degrees the pairs' axes are nearer than 90.
        density: p.
    """
    angles = np.deg2rad([0.0, 180.0, 90.0 - tilt, 270.0 - tilt])
    pairs = polytope_loss(np.stack([np.cos(angles), np.sin(angles)]), density)
    return 4 * pairs.loss + polytope_loss(UNREPRESENTED, density).loss


def linear_bias(
    w: Float[np.ndarray, "*models hidden features"],
) -> Float[np.ndarray, "*models features"]:
    """The best bias of a linear model at density 1: E x - G E x = (1 - Σ_j G_ij)/2, G = WᵀW."""
    return (1 - (np.swapaxes(w, -1, -2) @ w).sum(axis=-1)) / 2
