"""When a head is worth a dimension for each of its features: what it gains, what the others lose.

A head asked for t x_i y_j gains from features that it can tell from all others. Reconstruction
pays with the least important features, which are dropped to make room. Where the gain is larger,
the optimum gives the attended features dimensions of their own.
"""

from jaxtyping import Float

from tegum.arrays import Array


def gain_of_own_dimensions(
    density: float | Array, weight: float, dimensionality: float = 0.5
) -> Float[Array, "..."] | float:
    """t² (p/3)² (1 - D²): how much L2 falls when both features of a pair leave shared dimensions.

    Of the target "product", to leading order in p: then R_i = D_i of what is asked can be decoded.

    Args:
        density: p = 1 - S.
        weight: t of the pair.
        dimensionality: D of both, before; 1/2 in a digon.
    """
    return weight**2 * (density / 3) ** 2 * (1 - dimensionality**2)


def cost_of_dropping(density: float | Array, importance: float) -> Float[Array, "..."] | float:
    """I (p/3 - p²/4): the variance of a feature that is reconstructed by its mean alone, weighed.

    Args:
        density: p = 1 - S.
        importance: I, the sum over all features that are dropped.
    """
    return importance * (density / 3 - density**2 / 4)
