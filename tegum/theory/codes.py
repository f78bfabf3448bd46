"""Sharp spherical codes: arrangements of unit vectors in which each sees all others at few cosines.

They are tight frames whose vertices all see the same: what one loses depends on its cosines alone,
and needs no coordinates (`tegum.theory.polytope_losses.polytope_loss`). Most of their cosines are
small and positive, a few large and negative, which a ReLU cuts off: the kind of interference that
features like. So where features are sparse they beat small polytopes, and wide ones beat narrow ones.

Four are Gosset's polytopes k_21. Those in 21 and 22 dimensions come from strongly regular graphs.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from tegum.errors import unknown_name


class Code(NamedTuple):
    """So many dimensions, and how many vertices are at which cosine to any one, itself left out."""

    dimensions: int
    cosines: tuple[tuple[float, int], ...]

    @property
    def vertices(self) -> int:
        return 1 + sum(count for _, count in self.cosines)

    @property
    def room(self) -> float:
        """Dimensions that one vertex takes; its D, for the code is tight."""
        return self.dimensions / self.vertices


CODES = {
    "rectified 5-cell": Code(4, ((1 / 6, 6), (-2 / 3, 3))),
    "5-demicube": Code(5, ((1 / 5, 10), (-3 / 5, 5))),
    "Schläfli's 27": Code(6, ((1 / 4, 16), (-1 / 2, 10))),
    "Hess's 56": Code(7, ((1 / 3, 27), (-1 / 3, 27), (-1.0, 1))),
    "100 in 22": Code(22, ((1 / 11, 77), (-4 / 11, 22))),
    "112 in 21": Code(21, ((1 / 9, 81), (-1 / 3, 30))),
    "162 in 21": Code(21, ((1 / 7, 105), (-2 / 7, 56))),
    "275 in 22": Code(22, ((1 / 6, 162), (-1 / 4, 112))),
}
"""as in Cohn and Kumar 2007, "Universally optimal distribution of points on spheres", table 1, but
for the rectified 5-cell, a design of strength two only and so not quite sharp

The first four are k_21 for k = 0 … 3: the polytopes 0_21, 1_21, 2_21 and 3_21. The others belong to
the graphs of Higman and Sims, to generalised quadrangles (112), and to McLaughlin (162, 275).
"""
NARROW = tuple(name for name, code in CODES.items() if code.dimensions <= 7)
"""those that need few dimensions"""


def row(name: str) -> Float[np.ndarray, " vertices"]:
    """The cosines that any vertex of a code sees, its own 1 first.

    Raises:
        BadInputError: on an unknown name.
    """
    if name not in CODES:
        raise unknown_name("code", name, CODES)
    return np.array([1.0, *(cosine for cosine, count in CODES[name].cosines for _ in range(count))])
