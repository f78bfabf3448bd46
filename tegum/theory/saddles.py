"""Where learning waits: critical points of the exact loss, found by their symmetry.

A model that a symmetry of the loss leaves as it is has a gradient with the same symmetry. So the least loss among
symmetric models is a critical point among all models, often a saddle, near which training is slow.

One dimension, density p. What stands on its line is written k|l: k features of one length point up, l of another down.
1|1 is a digon, the best while D* = 1/2. In 1|2 two features compete for one place: D_i = about 1/4 each. 1|c is one
feature against all that have no other place. Losses of dimensions add up, since orthogonal features hear nothing of
each other.

Two correlated sets of three features in three dimensions, on together with chance p. Set means are learned first:

    one line        all six along one ray, G = J/6: loses 2p - (5p/6 + 3p²/4)
    two lines       each set along a ray of its own, G = J/3 in each: loses p/3
    opposite lines  the same with rays that point away from each other
    two planes      each set in a plane, (a, c, a) along its own ray and (s, 0, -s) along a line that both planes share
    octahedron      each set an orthogonal frame, each feature opposite to one of the other set

The first two are linear (G ≥ 0) and known in closed form, the others by descent in two to five numbers.

Source:
    Palais 1979, "The principle of symmetric criticality"; moments of Elhage et al. 2022's inputs.
"""

import itertools
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.theory.expected import expected_loss_and_gradient
from tegum.theory.mixtures import mixture_loss

TERMS = 256
EMPTY, DIGON, CROWD = "empty", "1|1", "1|all"


class Line(NamedTuple):
    """Features of which some stand on one dimension.

    Attributes:
        loss: of them all, summed.
        up, down: lengths of those that point either way.
    """

    loss: float
    up: float
    down: float


@cache
def line(density: float, up: int, down: int, features: int) -> Line:
    """The critical point k|l of one dimension, all others left out: W_i = 0, b_i = E x_i.

    Args:
        density: p, of every feature.
        up, down: k and l, how many point either way; the k are alike, and so are the l.
        features: how many there are, k + l or more.

    Raises:
        BadInputError: a density outside (0, 1], no feature on one side, or more than there are.
    """
    if not 0 < density <= 1 or min(up, down) < 1 or up + down > features:
        wanted = "p in (0, 1], a feature each way, and no more than there are"
        raise bad_input("density, up, down", (density, up, down), wanted)
    out = features - up - down
    sign = np.repeat([1.0, -1.0, 0.0], [up, down, out])
    side = np.repeat([0, 1, 2], [up, down, out])

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        w, b = (sign * np.append(point[:2], 0.0)[side])[None], np.append(point[2:], density / 2)
        value, (by_w, by_b) = expected_loss_and_gradient(w, b[side], density, terms=TERMS)
        each = (np.asarray(by_w)[0] * sign, np.asarray(by_b))
        return float(value), np.concatenate([np.bincount(side, of, 3)[:2] for of in each])

    start = np.array([up**-0.5, down**-0.5, 0.0, 0.0])
    found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-8})
    return Line(float(found.fun), *map(float, abs(found.x[:2])))


def line_costs(density: float, spare: int) -> dict[str, float]:
    """What a dimension costs that is no digon yet, in losses above the digon's, the least first.

    Args:
        density: p.
        spare: features that have no place in other dimensions, at least 4.

    Returns:
        "1|1" with 0, "1|2", "2|2", "1|all" and "empty", which leaves all of them out.
    """
    if spare < 4:
        raise bad_input("spare", spare, "at least 4 features")
    many = {DIGON: (1, 1), "1|2": (1, 2), "2|2": (2, 2), CROWD: (1, spare - 1)}
    losses = {name: line(density, *each, spare).loss for name, each in many.items()}
    losses[EMPTY] = spare * (density / 3 - (density / 2) ** 2)  # the variances
    costs = {name: loss - losses[DIGON] for name, loss in losses.items()}
    return dict(sorted(costs.items(), key=lambda item: item[1]))


ONE_LINE, TWO_LINES, OPPOSITE = "one line", "two lines", "opposite lines"
TWO_PLANES, OCTAHEDRON = "two planes", "octahedron"


@cache
def set_levels(density: float) -> dict[str, float]:
    """The losses of the stages of two correlated sets of three in three dimensions, the greatest first.

    Args:
        density: p in (0, 1], the chance that a set is on.
    """
    if not 0 < density <= 1:
        raise bad_input("density", density, "p in (0, 1]")
    p = density
    levels = {ONE_LINE: 2 * p - (5 * p / 6 + 3 * p**2 / 4), TWO_LINES: p / 3}
    for name, (shape, start) in _SHAPES.items():
        with jax.enable_x64(True):
            slope = jax.jit(jax.value_and_grad(partial(_loss, shape, density=p)))
            found = minimize(
                lambda x, slope=slope: tuple(np.asarray(each) for each in slope(x)),
                np.array(start),
                jac=True,
                method="BFGS",
                options={"gtol": 1e-9},
            )
        levels[name] = float(found.fun)
    return dict(sorted(levels.items(), key=lambda item: -item[1]))


def _opposite(x: Array) -> tuple[Array, Array]:
    row = x[0] * jnp.repeat(jnp.array([1.0, -1.0]), 3)
    return jnp.stack([row, 0 * row, 0 * row]), jnp.full(6, x[1])


def _octahedron(x: Array) -> tuple[Array, Array]:
    return x[0] * jnp.hstack([jnp.eye(3), -jnp.eye(3)]), jnp.full(6, x[1])


def _planes(x: Array) -> tuple[Array, Array]:
    a, c, s, b, middle = x
    own, none = jnp.array([a, c, a]), jnp.zeros(3)
    rows = jnp.stack([jnp.append(own, none), jnp.append(none, own)])
    shared = jnp.tile(jnp.array([s, 0.0, -s]), 2)
    return jnp.vstack([rows, shared]), jnp.tile(jnp.array([b, middle, b]), 2)


_Shape = Callable[[Array], tuple[Array, Array]]
_SHAPES: dict[str, tuple[_Shape, tuple[float, ...]]] = {
    OPPOSITE: (_opposite, (0.58, 0.0)),
    TWO_PLANES: (_planes, (0.6, 0.55, 0.65, -0.05, 0.0)),
    OCTAHEDRON: (_octahedron, (1.0, 0.0)),
}


def _loss(shape: _Shape, x: Array, *, density: float) -> Array:
    on = itertools.product((True, False), repeat=2)  # which of the sets are on, and how likely that is
    parts = [(np.prod(np.where(each, density, 1 - density)), np.repeat(each, 3)) for each in on]
    chance, densities = map(np.array, zip(*parts, strict=True))
    # No feature has density 0 there; with the least positive number it is never active all the same.
    safe = np.maximum(densities, np.finfo(float).tiny)
    return mixture_loss(*shape(x), chance, safe, jnp.ones(6), terms=TERMS)
