"""Where learning waits: critical points of the exact loss, found by their symmetry.

A model that a symmetry of the loss leaves as it is has a gradient with the same symmetry. So the least loss among
symmetric models is a critical point among all models, often a saddle, near which training is slow.

One dimension, density p. What stands on its line is written k|l: k features of one length point up, l of another down.
1|1 is a digon, the best while D* = 1/2. In 1|2 two features compete for one place: D_i = about 1/4 each. 1|all is one
feature against all that have no other place. Losses of dimensions add up, since orthogonal features hear nothing of
each other.

Two correlated sets of three features in three dimensions, on together with chance p. Set means are learned first:

    one line        all six along one ray, G = J/6: loses 2p - (5p/6 + 3p²/4)
    two lines       each set along a ray of its own, G = J/3 in each: loses p/3
    opposite lines  the same with rays that point away from each other
    two planes      each set in a plane, about (a, c, a) along its own ray and (s, 0, -s) along a line that both share
    octahedron      each set about an orthogonal frame, each feature opposite to one of the other set

The first two are linear (G ≥ 0) and known in closed form, the others by descent in two to seven numbers.

Source:
    Palais 1979, "The principle of symmetric criticality".
"""

import itertools
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from tegum.arrays import Array
from tegum.errors import bad_input, unknown_name
from tegum.theory.expected import expected_loss_and_gradient
from tegum.theory.mixtures import mixture_loss

TERMS = 256
EMPTY, DIGON, CROWD = "empty", "1|1", "1|all"
ONE_LINE, TWO_LINES, OPPOSITE = "one line", "two lines", "opposite lines"
TWO_PLANES, OCTAHEDRON = "two planes", "octahedron"
STAGES = (ONE_LINE, OPPOSITE, TWO_LINES, TWO_PLANES, OCTAHEDRON)

_Model = tuple[np.ndarray, np.ndarray]
"""W and b"""


class Saddle(NamedTuple):
    """A model without slope: W [hidden features], b [features], and its loss, summed over features."""

    w: Float[np.ndarray, "hidden features"]
    b: Float[np.ndarray, " features"]
    loss: float


@cache
def line(density: float, up: int, down: int, features: int) -> Saddle:
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
        raise bad_input("density, up, down, features", (density, up, down, features), wanted)
    sizes = [up, down, features - up - down]

    def shape(x: np.ndarray) -> _Model:
        w = np.repeat([x[0], -x[1], 0.0], sizes)[None]
        return w, np.repeat([x[2], x[3], density / 2], sizes)

    def slope(w: np.ndarray, b: np.ndarray) -> tuple[float, _Model]:
        loss, by = expected_loss_and_gradient(w, b, density, terms=TERMS)
        return float(loss), (np.asarray(by[0]), np.asarray(by[1]))

    return _least(shape, slope, np.array([up**-0.5, down**-0.5, 0.0, 0.0]))


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


@cache
def set_stage(name: str, density: float) -> Saddle:
    """One stage of two correlated sets of three features in three dimensions.

    Args:
        name: of the stage.
        density: p in (0, 1], the chance that a set is on.
    """
    if name not in STAGES:
        raise unknown_name("stage", name, STAGES)
    if not 0 < density <= 1:
        raise bad_input("density", density, "p in (0, 1]")

    def slope(w: np.ndarray, b: np.ndarray) -> tuple[float, _Model]:
        with jax.enable_x64(True):
            loss, by = _slope_of_sets(w, b, density)
            return float(loss), (np.asarray(by[0]), np.asarray(by[1]))

    if name in (ONE_LINE, TWO_LINES):
        p, w = density, np.zeros((3, 6))
        if name == ONE_LINE:
            w[0] = 6**-0.5
            return Saddle(w, np.zeros(6), 2 * p - (5 * p / 6 + 3 * p**2 / 4))
        w[0, :3] = w[1, 3:] = 3**-0.5
        return Saddle(w, np.zeros(6), p / 3)
    shape, start = _SHAPES[name]
    return _least(shape, slope, np.array(start))


def set_levels(density: float) -> dict[str, float]:
    """The losses of all these stages by name, the greatest first."""
    levels = {name: set_stage(name, density).loss for name in STAGES}
    return dict(sorted(levels.items(), key=lambda item: -item[1]))


def _least(
    shape: Callable[[np.ndarray], _Model],
    slope: Callable[[np.ndarray, np.ndarray], tuple[float, _Model]],
    start: np.ndarray,
) -> Saddle:
    """The least loss among models W, b that are affine in a few numbers."""
    at_zero = shape(np.zeros(start.size))
    models = [shape(each) for each in np.eye(start.size)]
    by_each = [(w - at_zero[0], b - at_zero[1]) for w, b in models]

    def of(x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, by = slope(*shape(x))
        return loss, np.array([np.sum(by[0] * w) + np.sum(by[1] * b) for w, b in by_each])

    found = minimize(of, start, jac=True, method="BFGS", options={"gtol": 1e-8})
    return Saddle(*shape(found.x), float(found.fun))


def _opposite(x: np.ndarray) -> _Model:
    w = np.zeros((3, 6))
    w[0] = x[0] * np.repeat([1, -1], 3)
    return w, np.full(6, x[1])


def _octahedron(x: np.ndarray) -> _Model:
    frame = x[0] * np.eye(3) + x[1]
    return np.hstack([frame, -frame]), np.full(6, x[2])


def _planes(x: np.ndarray) -> _Model:
    a, c, s, b, middle, outer, inner = x
    w = np.zeros((3, 6))
    w[0, :3] = w[1, 3:] = a, c, a
    w[1, :3] = w[0, 3:] = outer, inner, outer
    w[2] = np.tile([s, 0, -s], 2)
    return w, np.tile([b, middle, b], 2)


_SHAPES: dict[str, tuple[Callable[[np.ndarray], _Model], tuple[float, ...]]] = {
    OPPOSITE: (_opposite, (0.58, 0.0)),
    TWO_PLANES: (_planes, (0.6, 0.55, 0.65, -0.05, 0.0, 0.0, 0.0)),
    OCTAHEDRON: (_octahedron, (1.0, 0.0, 0.0)),
}


@partial(jax.jit, static_argnames="terms")
def _slope_of_sets(
    w: Array, b: Array, density: float | Array, terms: int = TERMS
) -> tuple[Array, tuple[Array, Array]]:
    """Loss and gradient of one model of the two sets."""
    on = np.array([*itertools.product((True, False), repeat=2)])  # which sets are on
    chance = jnp.prod(jnp.where(on, density, 1 - density), axis=1)
    # No feature has density 0 there; with the least positive number it is never active all the same.
    each = np.maximum(np.repeat(on, 3, axis=1), np.finfo(float).tiny)

    def loss(w: Array, b: Array) -> Array:
        return mixture_loss(w, b, chance, each, jnp.ones(6), terms=terms)

    return jax.value_and_grad(loss, (0, 1))(w, b)
