"""The best losses known, where no closed form is: upper bounds on the optimum, by descent on the exact loss.

There is no certified lower bound for a ReLU model: a gap to these is a gap to the best known, never to the optimum.
"""

from functools import partial

import numpy as np
from jaxtyping import Float

from tegum.theory.expected import expected_loss, expected_losses
from tegum.theory.optima import linear_optimum

# Of tied ReLU models, summed over features: {(n, m, d): {p: loss}}, where feature k has importance d^k, and p = 1 - S.
RELU = {
    (20, 5, 0.7): {
        1.0: 0.0464645,
        0.3: 0.0337245,
        0.1: 0.00766,
        0.03: 0.0013194,
        0.01: 0.00031151,
        0.003: 7.217e-5,
        0.001: 2.327e-5,
    },
    (20, 10, 0.9): {
        1.0: 0.1892515,
        0.9: 0.2214242,
        0.7: 0.2514005,
        0.5: 0.2224963,
        0.3: 0.1162589,
        0.1: 0.01447135,
        0.05: 0.003641868,
        0.03: 0.001314166,
        0.01: 0.0001462731,
    },
    (30, 15, 0.9): {
        1.0: 0.13625,
        0.521: 0.1670204,
        0.2714: 0.07927571,
        0.1414: 0.02840882,
        0.0737: 0.008470598,
        0.0384: 0.002327768,
        0.02: 0.0006357174,
    },
    (5, 2, 1.0): {0.1: 0.0263051},  # the regular pentagon
    (20, 10, 1.0): {0.1: 0.03319484},
    (100, 40, 1.0): {0.01: 0.007211},
    (4, 2, 1.0): {0.05: 0.001663666},
}


def best_known_loss(
    n_hidden: int,
    density: float,
    importance: Float[np.ndarray, " features"],
    activation: str = "relu",
) -> float:
    """The least loss known, summed over features: exact for "linear"; for "relu" as listed, and else infinity.

    Source:
        Exact descent from the best of many trainings (`benchmarks/best_known.py`) and from many starts
        (`tegum.theory.optima.best_loss`).
    """
    if activation == "linear":
        return linear_optimum(n_hidden, density, importance).loss
    n = len(importance)
    for (features, hidden, decay), losses in RELU.items():
        if (features, hidden) == (n, n_hidden) and np.allclose(importance, decay ** np.arange(n)):
            return losses.get(round(density, 9), np.inf)
    return np.inf


def exact_losses_and_gaps(
    w: Float[np.ndarray, "models hidden features"],
    b: Float[np.ndarray, "models features"],
    density: float,
    importance: Float[np.ndarray, " features"],
    activation: str = "relu",
) -> tuple[Float[np.ndarray, " models"], Float[np.ndarray, " models"]]:
    """Exact reconstruction losses of tied models, summed over features, and how near they came.

    Args:
        w, b: stacked models; one that is not finite has neither, but NaN.
        density: p = 1 - S, of every feature.
        importance: of each feature.
        activation: "relu" or "linear".

    Returns:
        Losses, and gaps: loss over the least known, less 1; NaN where none is known for the size.
    """
    if activation == "relu":
        losses = expected_losses(w, b, density, importance)
    else:
        of = partial(expected_loss, density=density, importance=importance, activation=activation)
        finite = np.isfinite(w).all((-2, -1)) & np.isfinite(b).all(-1)
        each = zip(w, b, finite, strict=True)
        losses = np.array([of(*model) if ok else np.nan for *model, ok in each])
    losses = np.where(np.isfinite(losses), losses, np.nan)
    known = best_known_loss(w.shape[-2], density, importance, activation)
    return losses, losses / known - 1 if np.isfinite(known) else np.full(len(w), np.nan)
