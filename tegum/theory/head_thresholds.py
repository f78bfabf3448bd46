"""λ*: how much a head must weigh before its two features get a dimension each, in closed form.

Features of equal importance, x uniform on [0, 1] where active, S = 1 - p, in a balanced frame
where each has D = m/n of a dimension. The head is asked whether feature i is active in the left
token and feature j in the right one; the loss is L1 + λ L2, with L1 summed over features.
"""


def gain_of_dimensions(dimensionality: float, density: float) -> float:
    """p² (3S²/(1+3S))² (1 - D²): at least so much L2 falls once both have a dimension each.

    In a balanced frame, where h has no mean, a head explains p 3S²/(1+3S) D of whether a feature is
    active, and the two tokens multiply. A feature with a dimension to itself has a mean, too, of
    which the head makes use: then 3p/4 is explained, which is more, and the same for rare features.

    Args:
        dimensionality: D of both features, before.
        density: p.
    """
    s = 1 - density
    return density**2 * (3 * s**2 / (1 + 3 * s)) ** 2 * (1 - dimensionality**2)


def cost_of_dimensions(dimensionality: float, density: float) -> float:
    """(2/D - 2) v, v = p(1+3S)/12: how much L1 rises where features are dropped to make room.

    The other m - 2 dimensions hold (m - 2)/D features, so that 2/D - 2 are dropped; each costs its
    variance v.

    Args:
        dimensionality: D of all features, before.
        density: p.
    """
    return (2 / dimensionality - 2) * density * (1 + 3 * (1 - density)) / 12


def lam_bound(n_features: int, n_hidden: int, density: float) -> float:
    """λ* = cost / gain: beyond it even dropping features costs less than the head gains.

    An upper bound: features need not be dropped if they can move closer together at less cost, and
    the gain is the least.

    Args:
        n_features: n.
        n_hidden: m, less than n.
        density: p.
    """
    share = n_hidden / n_features
    return cost_of_dimensions(share, density) / gain_of_dimensions(share, density)
