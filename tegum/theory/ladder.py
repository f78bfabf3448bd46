"""The levels on which descent of the one-active loss may end in the plane, each by its own descent.

Two kinds have names. L(k, s), as in `critical.kgon_level`, is a k-gon and s spare features that
answer their mean: "5", "5+", "4++". A k-gon whose directions hold several features is named by
how many each holds: "21111". All levels come from symmetric starts, none from random ones, so that
random ones can be held against them.
"""

from itertools import combinations_with_replacement

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_numpy
from tegum.theory.one_active import one_active_loss
from tegum.theory.polytopes import polygon
from tegum.theory.search import Minima, minimise

BLOCK = 128
"""descents made together"""
ON_LEVEL = 1e-6
"""how near a level a finished descent must be, in loss: up to n = 8 levels are 3e-4 apart or more"""
NUDGE = 1e-3
"""spread of the random nudge from which a descent starts again, to tell minima from saddles"""
KNOWN = {
    "6": 0.048192,
    "5+": 0.061799,
    "5": 0.068744,
    "4++": 0.097222,
    "4+": 0.104167,
    "4": 0.111111,
}
"""L(k, s) of n = 6 to six digits, known apart from the descents here"""
HELD = 0.5
"""length from which a column counts as held"""


def minima(
    w: Float[np.ndarray, "models hidden features"], b: Float[np.ndarray, "models features"]
) -> Minima:
    """Where descents of the one-active loss from each start end.

    Those that a kink stopped short go on with a fresh estimate of curvature.
    """
    count = len(w)
    # Whole blocks, filled up with copies, so that one compilation serves each n.
    rows = -(-count // BLOCK) * BLOCK
    found = Minima(
        np.resize(w, (rows, *w.shape[1:])),
        np.resize(b, (rows, *b.shape[1:])),
        *[np.zeros(rows)] * 4,
    )
    for _ in range(4):
        found = minimise(found.w, found.b, loss=one_active_loss, tolerance=1e-9, max_steps=250)
        if found.converged.all():
            break
    return Minima(*(part[:count] for part in found))


def descended_again(ends: Minima, rng: np.random.Generator) -> Float[np.ndarray, " models"]:
    """Losses of descents from a nudge away: the same from a minimum, lower from a saddle."""
    nudged = [end + NUDGE * rng.normal(size=end.shape) for end in (ends.w, ends.b)]
    return minima(*nudged).loss


def losses_and_slopes(
    w: Float[Array, "models hidden features"], b: Float[Array, "models features"]
) -> tuple[Float[np.ndarray, " models"], Float[np.ndarray, " models"]]:
    """The one-active loss of each model, and the norm of its gradient, where they are."""
    of_each = jax.vmap(jax.value_and_grad(one_active_loss, argnums=(0, 1)))
    with jax.enable_x64(True):
        loss, (by_w, by_b) = jax.jit(of_each)(as_numpy(w), as_numpy(b))
        squared = jnp.sum(by_w**2, axis=(1, 2)) + jnp.sum(by_b**2, axis=1)
        return np.asarray(loss), np.sqrt(np.asarray(squared))


def polygon_levels(n: int) -> dict[str, float]:
    """L(k, s) by name, k-gons alone by descent from a regular one, which stays regular.

        L(k, s) = (h_k + n - k) / (3 n) - s / (4 n²)

    where a k-gon alone costs h_k / 3, with h_k = 0 up to k = 4.
    """
    levels: dict[str, float] = {}
    for k in range(1, n + 1):
        h = 0.0 if k <= 4 else 3 * k * minima(1.2 * polygon(k)[None], np.full((1, k), -0.3)).loss[0]
        for s in range(n - k + 1):
            levels[f"{k}{'+' * s}"] = float((h + n - k) / (3 * n) - s / (4 * n**2))
    return levels


def shared_levels(n: int, rng: np.random.Generator) -> dict[str, float]:
    """Minima in which directions of a k-gon hold several features; further spares answer their mean.

    Every way to share directions, up to turning and reflecting the k-gon, is descended from its
    symmetric form, which the gradient respects. NaN where it does not stay so, or where a nudge
    makes it leave.
    """
    ways = [way for k in range(4, n) for way in ways_to_share(k, n - k)]
    if not ways:
        return {}
    w, b = np.zeros((len(ways), 2, n)), np.full((len(ways), n), 1 / (2 * n))
    for row, way in enumerate(ways):
        held = np.repeat(np.arange(len(way)), way)
        w[row, :, : held.size] = 1.25 * polygon(len(way))[:, held] / np.sqrt(np.sqrt(way))[held]
        b[row, : held.size] = -0.3
    end = minima(w, b)
    stays = np.abs(descended_again(end, rng) - end.loss) < ON_LEVEL
    levels = {}
    for way, one, loss, minimum in zip(ways, end.w, end.loss, stays, strict=True):
        name = "".join(map(str, way)) + "+" * (n - sum(way))
        levels[name] = float(loss) if minimum and _holds(one, way) else np.nan
    return levels


def ways_to_share(k: int, spare: int) -> list[tuple[int, ...]]:
    """How many features each direction of a k-gon holds, 1 to `spare` more than k in all.

    Up to the k-gon's symmetry.
    """
    found = set()
    for extra in range(1, spare + 1):
        for places in combinations_with_replacement(range(k), extra):
            way = tuple(1 + places.count(place) for place in range(k))
            turns = [way[turn:] + way[:turn] for turn in range(k)]
            found.add(max([*turns, *(turned[::-1] for turned in turns)]))
    return sorted(found)


def _holds(w: Float[np.ndarray, "hidden features"], way: tuple[int, ...]) -> bool:
    """Whether features that began in one direction are still together, and none has faded."""
    used = w[:, : sum(way)]
    together = np.repeat(used[:, np.cumsum(way) - 1], way, axis=1)
    held = np.linalg.norm(used, axis=0).min() > HELD
    return bool(held and np.allclose(used, together, atol=1e-4))
