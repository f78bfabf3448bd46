"""What a code of m linear numbers and one of k choices must lose of independent sparse features, however decoded.

Symbols: an input x is sent to one of k experts by any rule; expert e hands on m numbers y = U_e x. Let someone tell the
decoder which a features are active: that only helps. Then x_S is uniform on a cube of a dimensions, of differential
entropy 0, and of these nats the code takes at most

    log k                        in the choice of the expert, and
    (m/2) log(2πe a / (12 m))    in y, with orthonormal rows: a Gaussian has the most entropy, and
                                 Σ_e P(e) tr Cov(U_e x | e) ≤ tr Cov(x_S) = a/12.

What is left lies in d = a - m dimensions. An error D means at most (d/2) log(2πe D/d) nats of it, so that

    D(a) ≥ d/(2πe) · (k (2πe a / (12 m))^(m/2))^(-2/d),        L ≥ Σ_{a>m} P(a active) D(a).

A bound for encoders with one linear map an expert only: a curved one could pack everything into a single number.
"""

import math

import scipy.stats

from tegum.errors import bad_input

GAUSSIAN = 2 * math.pi * math.e


def least_routed_loss(n_features: int, n_hidden: int, density: float, n_experts: int) -> float:
    """A lower bound on the loss Σ_i E (x_i - x'_i)² of models that route each input to one of k linear codes.

    Features are independent, 0 or uniform on [0, 1], of equal importance. The bound is far from tight where features
    are sparse: knowing which are active is most of what there is to know.

    Args:
        n_features: n, at least 1.
        n_hidden: m, numbers that an expert hands on, at least 0.
        density: p in (0, 1], that a feature is active.
        n_experts: k, at least 1.

    Source:
        Shannon's lower bound on the distortion of a source; worked out in this module.
    """
    for name, value, least in (
        ("n_features", n_features, 1),
        ("n_hidden", n_hidden, 0),
        ("n_experts", n_experts, 1),
    ):
        if value < least:
            raise bad_input(name, value, f"at least {least}")
    if not 0 < density <= 1:
        raise bad_input("density", density, "the chance that a feature is active, in (0, 1]")
    active = range(n_hidden + 1, n_features + 1)
    chance = scipy.stats.binom.pmf(list(active), n_features, density)
    return float(
        sum(p * _error(a, n_hidden, n_experts) for p, a in zip(chance, active, strict=True))
    )


def _error(active: int, m: int, k: int) -> float:
    """D(a) of the module's text."""
    left = active - m
    told = math.log(k) + (m / 2 * math.log(GAUSSIAN * active / (12 * m)) if m else 0.0)
    return left / GAUSSIAN * math.exp(-2 * told / left)
