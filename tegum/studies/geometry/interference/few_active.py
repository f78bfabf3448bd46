"""What directions cost when exactly one or two features are active: exact losses, without a bias.

Symbols: unit directions Ŵ, cosines G = ŴᵀŴ, common squared length s, outputs ReLU(s G x). With
exactly k of n features active, each set of k as often as any other, the loss is

    E ‖x - ReLU(s G x)‖² = E ‖x‖² - 2 s C + s² A,    A = E ‖ReLU(G x)‖²,  C = E x·ReLU(G x),

least at s = C / A. It is given over E ‖x‖², the loss of a model of zeros: 1 - C² / (A E ‖x‖²).
Values are 1 where active ("one"), or uniform on [0, 1] ("unit"). For two active values u, v and
an output that sees a u + b v, the moments over the unit square are, with c = -b > 0:

    E (a u + b v)₊² = a²/3 + a b/2 + b²/3           a, b ≥ 0
                    = a²/3 - a c/2 + c²/3 - c³/12a  a ≥ c > 0
                    = a³/12c                        c ≥ a > 0
    E u (u + b v)₊  = 1/3 + b/4,  or  1/3 - c/4 + c³/24.
"""

import numpy as np
from jaxtyping import Float

from tegum.errors import unknown_name

LAWS = ("one", "unit")
ACTIVE = (1, 2)


def relative_loss(cosines: Float[np.ndarray, "features features"], active: int, law: str) -> float:
    """The loss at the best common length, over that of a model of zeros.

    Args:
        cosines: between all directions, 1 on the diagonal.
        active: how many features are, 1 or 2.
        law: of the active values.

    Returns:
        From 0, everything restored, to 1.
    """
    if law not in LAWS:
        raise unknown_name("law", law, LAWS)
    if active not in ACTIVE:
        raise unknown_name("active", str(active), map(str, ACTIVE))
    # What one value restores of itself and makes of others: both laws have the same ratio.
    if active == 1:
        return float(1 - 1 / (np.maximum(cosines, 0) ** 2).sum(axis=0).mean())
    a, c = _two_active(cosines, law)
    return float(1 - c**2 / (a * (2.0 if law == "one" else 2 / 3)))


def positive_part(cosines: Float[np.ndarray, "features features"]) -> float:
    """Σ_{j≠i} ReLU(cos_ij)², mean over features: the interference that ReLU lets through."""
    return float((np.maximum(cosines, 0) ** 2).sum(axis=0).mean() - 1)


def _two_active(g: np.ndarray, law: str) -> tuple[float, float]:
    """A and C, over all pairs of active features."""
    n = len(g)
    square = _square_of_ones if law == "one" else _square_of_uniforms
    a = c = 0.0
    for k in range(n - 1):  # row by row: all at once would take n³ numbers
        others = slice(k + 1, n)
        a += square(g[:, k, None], g[:, others]).sum()
        c += 2 * _own(g[k, others], law).sum()
    pairs = n * (n - 1) / 2
    return float(a / pairs), float(c / pairs)


def _own(b: np.ndarray, law: str) -> np.ndarray:
    if law == "one":
        return np.maximum(1 + b, 0)
    return 1 / 3 + b / 4 + np.maximum(-b, 0) ** 3 / 24


def _square_of_ones(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum(a + b, 0) ** 2


def _square_of_uniforms(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    high, low = np.maximum(a, b), np.minimum(a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = high**2 / 3 + high * low / 2 + low**2 / 3  # where c < a, up to the corner cut off
        above = above + np.where(low < 0, low**3 / (12 * high), 0.0)
        below = high**3 / (-12 * low)
    return np.where(high <= 0, 0.0, np.where(-low <= high, above, below))
