"""What sparse codes cost: the least ‖h - D z‖² + λ Σ z over z ≥ 0, with unit directions D and penalty λ.

An input along one direction d, h = r d, is best written as z = (r - λ/2)₊, shrunk by λ/2, and costs

    φ(r) = r² up to r = λ/2, then λ r - λ²/4      (Huber's function of its length).

Since ‖D z‖ ≤ Σ z for unit directions, NO dictionary writes h for less than φ(‖h‖), and one with bias b for less than
φ(‖h - b‖): E φ(‖h - b‖), at its least over b (it is convex in b), bounds the loss of every ReLU autoencoder with an L1
penalty from below. It is reached exactly where each h - b lies along a latent. So:

    one feature at a time: the true dictionary reaches it with b = 0, which is best where E ψ(‖h‖) h/‖h‖ = 0 (ψ = φ'),
        as for features that balance each other. Other latents beside the true ones gain nothing.
    a digon: h = (x_1 - x_2) d always lies along ±d, so the true pair is optimal at EVERY density.
    two or more at a time, not in one line: the truth pays λ Σ x_i, the bound λ ‖Σ x_i d_i‖. There a latent for the
        combination, or directions that lean towards each other, cost less: the truth is no optimum (`pair_cost`).

An encoder is a ReLU of an affine map, which may not give these codes: for one feature at a time it does where some
vector has 1 with the feature's own direction and at most λ/2 (at x = 1) with all others (`least_crosstalk`).
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.optimize import linprog, minimize, minimize_scalar

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input

NODES = 24
"""of the Gauss-Legendre rule over each feature's value"""


def shrunk(
    strength: float | Float[Array, "*inputs"], penalty: float | Float[Array, "..."]
) -> Float[np.ndarray, "*inputs"]:
    """(r - λ/2)₊, the best activation of a latent for an input of strength r along it."""
    return np.asarray(np.maximum(as_float64(strength) - as_float64(penalty) / 2, 0.0))


def huber(
    length: float | Float[Array, "*inputs"], penalty: float | Float[Array, "..."]
) -> Float[np.ndarray, "*inputs"]:
    """φ(r): r² up to λ/2, then λ r - λ²/4. The least that an input of length r can cost."""
    r, half = as_float64(length), as_float64(penalty) / 2
    return np.asarray(np.where(r <= half, r**2, 2 * half * r - half**2))


def lone_cost(
    length: float | Float[Array, "..."], penalty: float | Float[Array, "..."]
) -> Float[np.ndarray, "..."]:
    """E φ(x r) with x uniform on [0, 1]: what a feature of length r costs that is active alone.

    r²/3 up to r = λ/2 =: t, then t r - t² + t³/(3 r).
    """
    r, t = as_float64(length), as_float64(penalty) / 2
    beyond = np.maximum(r, np.where(t > 0, t, 1.0))
    return np.where(r <= t, r**2 / 3, t * beyond - t**2 + t**3 / (3 * beyond))


def coding_bound(h: Float[Array, "hidden inputs"], penalty: float) -> float:
    """The least over b of mean φ(‖h - b‖): no ReLU autoencoder with this L1 penalty has a lesser mean loss on h.

    Args:
        h: a sample, the batch last.
        penalty: λ, at least 0.
    """
    h = as_float64(h)

    def cost(b: np.ndarray) -> tuple[float, np.ndarray]:
        apart = h - b[:, None]
        length = np.linalg.norm(apart, axis=0)
        slope = np.minimum(2.0, penalty / np.maximum(length, 1e-300))
        return float(huber(length, penalty).mean()), -(slope * apart).mean(axis=1)

    options = {"ftol": 1e-14, "gtol": 1e-9}
    found = minimize(cost, np.zeros(len(h)), jac=True, method="L-BFGS-B", options=options)
    # Convex: the least lies below by no more than slope times distance, and b within the sample's reach.
    reach = 2 * float(np.linalg.norm(h, axis=0).max(initial=0.0))
    return float(found.fun) - float(np.linalg.norm(found.jac)) * reach


def codes(
    dictionary: Float[Array, "*models hidden latents"],
    h: Float[Array, "*models hidden inputs"],
    penalty: float | Float[Array, "*#models"],
    *,
    sweeps: int = 2000,
    tolerance: float = 1e-6,
) -> Float[np.ndarray, "*models latents inputs"]:
    """The best z ≥ 0 of each input, whatever encoder could give it: the non-negative lasso.

    Args:
        dictionary: unit directions.
        h: inputs, the batch last.
        penalty: λ of each model.
        sweeps: of coordinate descent, at most.
        tolerance: ends when no code changes by more than this in a sweep.
    """
    d, h = as_float64(dictionary), as_float64(h)
    half = np.broadcast_to(as_float64(penalty)[..., None], (*d.shape[:-2], 1)) / 2
    gram = np.swapaxes(d, -1, -2) @ d
    towards = np.swapaxes(d, -1, -2) @ h - half[..., None]
    z = np.zeros_like(towards)
    seen = np.zeros_like(towards)  # gram @ z
    for _ in range(sweeps):
        moved = 0.0
        for k in range(d.shape[-1]):
            new = np.maximum(towards[..., k, :] - seen[..., k, :] + z[..., k, :], 0.0)
            step = new - z[..., k, :]
            z[..., k, :] = new
            seen += gram[..., :, k, None] * step[..., None, :]
            moved = max(moved, float(np.abs(step).max(initial=0.0)))
        if moved <= tolerance:
            break
    return z


def coding_cost(
    dictionary: Float[Array, "*models hidden latents"],
    h: Float[Array, "*models hidden inputs"],
    penalty: float | Float[Array, "*#models"],
    *,
    tolerance: float = 1e-6,
) -> Float[np.ndarray, "*models"]:
    """Mean of the least ‖h - D z‖² + λ Σ z. Arguments as in `codes`."""
    d, h = as_float64(dictionary), as_float64(h)
    z = codes(d, h, penalty, tolerance=tolerance)
    error = ((h - d @ z) ** 2).sum(axis=-2) + as_float64(penalty)[..., None] * z.sum(axis=-2)
    return np.asarray(error.mean(axis=-1))


def least_crosstalk(w: Float[Array, "hidden features"]) -> Float[np.ndarray, " features"]:
    """For each feature the least that any encoder row with 1 at W_i gives the worst other feature at x = 1.

    min over v of max_{j≠i} v·W_j with v·W_i = 1, a linear programme. With one feature at a time a ReLU gives the best
    codes of the true dictionary exactly where this is at most λ/2; it is 0 or less where W_i is an extreme ray.

    Args:
        w: features of any length above 0, at least two.
    """
    w = as_float64(w)
    m, n = w.shape
    if n < 2:
        raise bad_input("w", w.shape, "at least two features")
    found = np.empty(n)
    for i in range(n):
        others = np.delete(w, i, axis=1).T
        rows = np.hstack([others, -np.ones((n - 1, 1))])
        goal, own = np.append(np.zeros(m), 1.0), np.append(w[:, i], 0.0)[None, :]
        ends = [(None, None)] * m + [(-1.0, None)]
        solved = linprog(goal, rows, np.zeros(n - 1), own, [1.0], bounds=ends)
        found[i] = solved.fun if solved.status == 0 else np.inf
    return found


# --- two orthonormal features ---------------------------------------------------------------------

Chances = tuple[float, float, float]
"""of the first feature alone, the second alone, and both; neither has the rest"""


def independent(density: float) -> Chances:
    """Both independent, each active with this chance."""
    return density * (1 - density), density * (1 - density), density**2


def child(density: float, given: float) -> Chances:
    """The second is active only where the first is: with chance `given` then."""
    return density * (1 - given), 0.0, density * given


def pair_cost(
    angles: Sequence[float] | Float[Array, " latents"], chances: Chances, penalty: float
) -> float:
    """Mean cost of two orthonormal features, x uniform on [0, 1], written with latents at some angles in their plane.

    Exact codes of at most two latents (in a plane more never pay), integrated by quadrature.

    Args:
        angles: of the latents, radians: 0 is the first feature's direction, π/2 the second's.
        chances: of (first alone, second alone, both).
        penalty: λ.
    """
    d = np.stack([np.cos(angles), np.sin(angles)])
    total = 0.0
    for chance, (h, weight) in zip(chances, _plane_inputs(), strict=True):
        if chance > 0:
            total += chance * float(weight @ _plane_costs(d, h, penalty))
    return total


@lru_cache(maxsize=256)
def best_pair(chances: Chances, penalty: float) -> tuple[float, float]:
    """The two angles of least `pair_cost`, the lesser first, in [0, π/2].

    Independent features tilt both inwards; a child's latent leans towards its parent.
    """
    grid = np.radians(np.arange(3.0, 90.0, 7.0))
    _, start = min(
        (pair_cost(pair, chances, penalty), pair) for pair in combinations(grid.tolist(), 2)
    )
    options = {"xatol": 1e-6, "fatol": 1e-13, "maxiter": 400}
    ends = [(0.0, np.pi / 2)] * 2
    found = minimize(
        pair_cost, start, (chances, penalty), method="Nelder-Mead", bounds=ends, options=options
    )
    low, high = sorted(found.x)
    return float(low), float(high)


def one_latent_loss(angle: float, chances: Chances, penalty: float) -> float:
    """Exact loss of a ReLU autoencoder with ONE latent on two orthonormal features, all but its angle at its best.

    E ‖h - b‖² - E (a·(h - b) - λ/2)₊², a = (cos, sin) of the angle: for one latent the best code is a ReLU of an affine
    map, so the encoder gives it. Across a the best b is the mean; along it the loss is convex in b.

    Args:
        angle: of the latent's direction, radians.
        chances, penalty: as in `pair_cost`.
    """
    inputs = [(h, chance * w) for chance, (h, w) in zip(chances, _plane_inputs(), strict=True)]
    inputs.append((np.zeros((2, 1)), np.array([1 - sum(chances)])))
    h = np.concatenate([each for each, _ in inputs], axis=1)
    weight = np.concatenate([each for _, each in inputs])
    a, across = (np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))
    s, t = (v[0] * h[0] + v[1] * h[1] for v in (a, across))

    def along(b: float) -> float:
        return float(weight @ ((s - b) ** 2 - np.maximum(s - b - penalty / 2, 0.0) ** 2))

    found = minimize_scalar(along, bounds=(-1.0, 1.5), method="bounded", options={"xatol": 1e-9})
    return float(found.fun + weight @ (t - weight @ t) ** 2)


def one_latent_minima(chances: Chances, penalty: float) -> Float[np.ndarray, " minima"]:
    """Angles from -45 to 45 degrees, to a degree, at which `one_latent_loss` has a minimum: where training can rest.

    For two features that are exchangeable, whose loss is even about either end; so ends count. Beside a single feature
    (0) and the pair (45) these are directions between a feature and a difference, below 0.

    Args:
        chances, penalty: as in `pair_cost`.

    Returns:
        Degrees, ascending.
    """
    degrees = np.arange(-45.0, 46.0)
    losses = [one_latent_loss(float(np.radians(each)), chances, penalty) for each in degrees]
    padded = np.concatenate([[np.inf], losses, [np.inf]])
    return degrees[(padded[1:-1] < padded[:-2]) & (padded[1:-1] <= padded[2:])]


def pair_over_single(density: float, penalty: float) -> float:
    """`one_latent_loss` of the pair's direction (π/4) over that of a single feature: below 1 the pair is better.

    Two independent orthonormal features of this density. Without a penalty every angle is as good: their covariance is
    a multiple of the identity.
    """
    chances = independent(density)
    pair, single = (one_latent_loss(angle, chances, penalty) for angle in (np.pi / 4, 0.0))
    return pair / single


def _plane_inputs() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Inputs and weights of the rule: the first feature alone, the second alone, both."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    x, weight = (nodes + 1) / 2, weights / 2
    both = np.stack([each.ravel() for each in np.meshgrid(x, x, indexing="ij")])
    none = np.zeros_like(x)
    return (
        (np.stack([x, none]), weight),
        (np.stack([none, x]), weight),
        (both, np.outer(weight, weight).ravel()),
    )


def _plane_costs(
    d: Float[np.ndarray, "2 latents"], h: Float[np.ndarray, "2 inputs"], penalty: float
) -> Float[np.ndarray, " inputs"]:
    """The least cost of each input, over all supports of none, one or two latents."""
    power = (h**2).sum(axis=0)
    onto = d.T @ h - penalty / 2
    best = power - np.maximum(onto, 0.0).max(axis=0) ** 2
    for k, j in combinations(range(d.shape[1]), 2):
        gram = d[:, [k, j]].T @ d[:, [k, j]]
        if abs(np.linalg.det(gram)) < 1e-9:
            continue  # in one line: a single latent does as well
        z = np.linalg.solve(gram, onto[[k, j]])
        gain = (z * onto[[k, j]]).sum(axis=0)
        best = np.where((z >= 0).all(axis=0), np.minimum(best, power - gain), best)
    return best
