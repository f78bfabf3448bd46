"""Which slices a head asked for every feature must have, and which are left to noise or chance.

Symbols: m orthonormal features, feature i paired with the next, at equal weights; density p = 1 - S;
τ_1 ≥ τ_2 ≥ ... singular values of the whitened task (`tegum.theory.optimal_heads`). A head of rank r
takes the r largest. They are τ_1 > τ_2 = ... = τ_m: the first belongs to Σ W_i, what all features
share, and the others to any basis of the rest, so that what a short head spans there is chance
(`tegum.analysis.nulls.random_overlap`).
"""

from typing import Literal

import numpy as np

from tegum.errors import bad_input


def first_slice_ratio(n_hidden: int, density: float, target: Literal["count", "product"]) -> float:
    """τ_1/τ_2: how much more the slice that all features share is worth than any other.

        count:    (S + pm)² / (S² (1 + 3pm/(1+3S))),
        product:  1 + 3pm/(1+3S).

    Both tend to 1 as p m → 0: only then can single features win by their weights alone.

    Args:
        n_hidden: m, which is also the number of features.
        density: p = 1 - S in (0, 1).
        target: "count" or "product".
    """
    if target not in ("count", "product"):
        raise bad_input("target", target, '"count" or "product"')
    s, crowd = 1 - density, density * n_hidden
    product = 1 + 3 * crowd / (1 + 3 * s)
    return product if target == "product" else (s + crowd) ** 2 / (s**2 * product)


def wedin_cosine(gap: float) -> float:
    """The least |cos| of a singular vector with that of a disturbed matrix: √(1 - 1/(gap - 1)²).

    Args:
        gap: of its σ to all others before, in units of the disturbance's norm ‖E‖; beyond 2, for
            the bound to say anything.

    Source:
        Wedin 1972: the sine, also of spans, is at most ‖E‖ / (gap - ‖E‖) with the gap so counted.
    """
    if gap <= 2:
        raise bad_input("gap", gap, "more than 2, in units of the disturbance")
    return float(np.sqrt(1 - 1 / (gap - 1) ** 2))
