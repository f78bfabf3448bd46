"""Is a direction causal? What a head's answer loses when it is taken out of the tokens.

Without a unit vector e the left token is (I - eeᵀ)h. The mean logit on positives, E[l | s = 1] =
⟨Ω, N⟩ / E s with N = E[s h gᵀ] = a_i a_jᵀ, is linear in Ω: the share that e takes of it is exact,

    left: (e·a_i)(eᵀΩa_j) / (a_iᵀΩa_j),    right: (a_iᵀΩe)(e·a_j) / (a_iᵀΩa_j).

Theory: Ω* = d_i d_jᵀ is of rank one, so u_1 takes all of it, a second slice nothing, and a random e
1/m in the mean, since E eeᵀ = I/m. W_i takes (Ŵ_i·d_i)(Ŵ_i·a_i)/(d_i·a_i), which is not all where
the head leans on the mean of h. Features are numbered so that the head attends to (0, 1).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from tegum.analysis import geometry
from tegum.analysis.functional import detector_auc
from tegum.analysis.spectra import svd_of
from tegum.theory.head_moments import first_moments

REMOVED = ("nothing", "first slice", "W_i", "d_i", "second slice", "random")
DRAWS = 64
"""random directions, over which the share that one takes is averaged"""

Sided = Float[np.ndarray, "models hidden sides"]


def taken(
    omega: Float[np.ndarray, "models hidden hidden"],
    w: Float[np.ndarray, "models hidden features"],
    duals: Float[np.ndarray, "models hidden features"],
    density: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "models sides removed"]:
    """The share of the mean logit on positives that each direction takes, exactly.

    Args:
        omega: of the heads.
        w: what they see.
        duals: d_i of every feature.
        density: p = 1 - S.
        rng: of random directions, over which the share is averaged.
    """
    a = np.stack([first_moments(one, density)[:, :2] for one in w])
    # Ωᵀ takes the right side for the left one.
    across = np.swapaxes(omega, -1, -2)
    through = np.concatenate([omega @ a[..., 1:], across @ a[..., :1]], axis=-1)
    whole = np.sum(a * through, axis=-2)

    def share(e: Sided) -> Float[np.ndarray, "models sides"]:
        along = np.sum(e * a, axis=-2) * np.sum(e * through, axis=-2)
        return along / whole

    fixed = directions_of(omega, w, duals)
    random = [share(random_directions(w, rng)) for _ in range(DRAWS)]
    found = {name: share(e) for name, e in fixed.items()} | {"random": np.mean(random, axis=0)}
    found["nothing"] = np.zeros_like(whole)
    return np.stack([found[name] for name in REMOVED], axis=-1)


def areas(
    omega: Float[np.ndarray, "models hidden hidden"],
    w: Float[np.ndarray, "models hidden features"],
    duals: Float[np.ndarray, "models hidden features"],
    density: float,
    rng: np.random.Generator,
    count: int,
) -> Float[np.ndarray, "models removed"]:
    """The area under the ROC curve of the logit for s, each direction taken out on both sides.

    Args:
        omega, w, duals: as in `taken`.
        density: p = 1 - S.
        rng: of tokens, alike for all heads, and of one random direction a head and side.
        count: pairs of tokens with the attended pair, and as many without.

    Returns:
        NaN at density 1, where the pair is always present.
    """
    if density == 1:
        return np.full((len(w), len(REMOVED)), np.nan)
    x, y = tokens_of(rng, w.shape[-1], density, count)
    h, g = w @ x, w @ y
    present = np.arange(2 * count) < count
    out = {"nothing": np.zeros((*w.shape[:2], 2))}
    out |= directions_of(omega, w, duals)
    out |= {"random": random_directions(w, rng)}
    found = []
    for name in REMOVED:
        left, right = (_without(t, out[name][..., k]) for k, t in enumerate((h, g)))
        found.append(detector_auc(np.sum(left * (omega @ right), axis=-2), present))
    return np.stack(found, axis=-1)


def directions_of(
    omega: Float[np.ndarray, "models hidden hidden"],
    w: Float[np.ndarray, "models hidden features"],
    duals: Float[np.ndarray, "models hidden features"],
) -> Mapping[str, Sided]:
    """Unit vectors for both sides, by name, that depend on the model and not on chance."""
    u, _, v = svd_of(omega)
    return {
        "first slice": np.stack([u[..., 0], v[..., 0]], axis=-1),
        "second slice": np.stack([u[..., 1], v[..., 1]], axis=-1),
        "W_i": geometry.directions(w)[..., :2],
        "d_i": geometry.directions(duals)[..., :2],
    }


def random_directions(
    w: Float[np.ndarray, "models hidden features"], rng: np.random.Generator
) -> Sided:
    """One of each model and side, uniform on the sphere."""
    return geometry.directions(rng.normal(size=(*w.shape[:2], 2)))


def tokens_of(
    rng: np.random.Generator, n_features: int, density: float, count: int
) -> tuple[Float[np.ndarray, "features tokens"], Float[np.ndarray, "features tokens"]]:
    """Left and right tokens: `count` with the pair (0, 1), then as many from the law without it."""
    x, y = rng.uniform(size=(2, n_features, 2 * count))
    x, y = x * (rng.uniform(size=x.shape) < density), y * (rng.uniform(size=y.shape) < density)
    p, q = density, 1 - density
    law = np.array([q * q, p * q, q * p]) / (1 - p * p)  # neither, left alone, right alone
    which = rng.choice(3, size=count, p=law)
    left, right = (np.concatenate([np.ones(count, bool), which == k]) for k in (1, 2))
    x[0], y[1] = left * rng.uniform(size=2 * count), right * rng.uniform(size=2 * count)
    return x, y


def _without(
    tokens: Float[np.ndarray, "models hidden tokens"], e: Float[np.ndarray, "models hidden"]
) -> Float[np.ndarray, "models hidden tokens"]:
    along = np.sum(e[..., None] * tokens, axis=-2, keepdims=True)
    return tokens - e[..., None] * along
