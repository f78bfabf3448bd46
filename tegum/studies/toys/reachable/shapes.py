"""Five features in the plane: what they lose in each shape, and two antipodal pairs when they are tilted."""

import numpy as np

from tegum.theory.polytope_losses import polytope_loss

SHAPES = {
    "two features": (2, "single"),
    "triangle": (3, "triangle"),
    "two digons": (4, "digon"),
    "pentagon": (5, "pentagon"),
}
PAIRS_AT = 0.25  # the density at which two digons and a dropped feature are best in the plane


def shape_loss(shape: str, density: float) -> float:
    """What five features lose in the plane, some in this shape and the others answered by their mean."""
    stored, name = SHAPES[shape]
    each = 0.0 if name == "single" else polytope_loss(name, density).loss
    return stored * each + (5 - stored) * (density / 3 - density**2 / 4)


def tilted_loss(tilt: float) -> float:
    """Two antipodal pairs whose axes are 90° less a tilt apart, and a fifth feature that is dropped."""
    angles = np.deg2rad([0.0, 180.0, 90.0 - tilt, 270.0 - tilt])
    pairs = polytope_loss(np.stack([np.cos(angles), np.sin(angles)]), PAIRS_AT)
    return 4 * pairs.loss + PAIRS_AT / 3 - PAIRS_AT**2 / 4
