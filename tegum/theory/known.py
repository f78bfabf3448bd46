"""The best losses known, where no closed form is: upper bounds on the optimum, by descent on the exact loss.

There is no certified lower bound for a ReLU model: a gap to these is a gap to the best known, never to the optimum.
"""

from functools import partial

import numpy as np
from jaxtyping import Float

from tegum.arrays import as_float64
from tegum.errors import bad_input, unknown_name
from tegum.theory.expected import ACTIVATIONS, expected_loss, expected_losses
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

SEARCH = "`tegum.theory.optima.best_loss` searches for one"


def best_known_loss(
    n_hidden: int,
    density: float,
    importance: Float[np.ndarray, " features"],
    activation: str = "relu",
) -> float:
    """The least loss known, summed over features: exact for "linear"; for "relu" as listed in `RELU`.

    Args:
        n_hidden: m.
        density: p = 1 - S, of every feature.
        importance: of each of the n features, powers of one decay where "relu" is asked for.
        activation: "relu" or "linear".

    Raises:
        BadInputError: nothing is listed there; says what is. `exact_losses_and_gaps` gives NaN instead.
    Source:
        Exact descent from the best of many trainings (`benchmarks/best_known.py`) and from many starts
        (`tegum.theory.optima.best_loss`).
    """
    if activation not in ACTIVATIONS:
        raise unknown_name("activation", activation, ACTIVATIONS)
    if activation == "linear":
        return linear_optimum(n_hidden, density, importance).loss
    importance = as_float64(importance)
    if importance.ndim != 1:
        raise bad_input(
            "importance", importance.tolist(), "one number for each of the n features", "np.ones(n)"
        )
    losses = _listed(n_hidden, importance)
    if not losses:
        sizes = ", ".join(f"({n}, {m}) with {decay}^k" for n, m, decay in RELU)
        raise bad_input(
            "n_features, n_hidden, importance",
            (len(importance), n_hidden, importance.tolist()),
            f"a size and an importance of feature k that are listed: {sizes}",
            SEARCH,
        )
    if round(density, 9) not in losses:
        raise bad_input(
            "density", density, f"one listed for this size: {', '.join(map(str, losses))}", SEARCH
        )
    return losses[round(density, 9)]


def _listed(n_hidden: int, importance: Float[np.ndarray, " features"]) -> dict[float, float]:
    """The losses of one size by density; empty where it is not listed."""
    n = len(importance)
    for (features, hidden, decay), losses in RELU.items():
        if (features, hidden) == (n, n_hidden) and np.allclose(importance, decay ** np.arange(n)):
            return losses
    return {}


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
        Losses, and gaps: loss over the least known, less 1; NaN where none is known for the size and density.
    """
    w, b, importance = as_float64(w), as_float64(b), as_float64(importance)
    if activation == "relu":
        losses = expected_losses(w, b, density, importance)
    else:
        of = partial(expected_loss, density=density, importance=importance, activation=activation)
        finite = np.isfinite(w).all((-2, -1)) & np.isfinite(b).all(-1)
        each = zip(w, b, finite, strict=True)
        losses = np.array([of(*model) if ok else np.nan for *model, ok in each])
    losses = np.where(np.isfinite(losses), losses, np.nan)
    m = w.shape[-2]
    if activation == "relu" and round(density, 9) not in _listed(m, importance):
        return losses, np.full(len(w), np.nan)
    return losses, losses / best_known_loss(m, density, importance, activation) - 1
