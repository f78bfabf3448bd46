"""Points on the unit sphere, far apart in two senses: Thomson's and Tammes's problem.

Symbols: unit vectors v_i in three dimensions. Thomson asks for the least Coulomb energy,
E = Σ_{i<j} 1 / ‖v_i - v_j‖; Tammes for the greatest least angle, which is the least largest cosine
max_{i<j} v_i·v_j. For N = 5 Tammes's is not unique: two poles, and three points anywhere on the
equator at 90° or more, a square pyramid's five vertices among them.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment, minimize

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input

PUBLISHED = {
    2: 0.5,
    3: 1.732050808,
    4: 3.674234614,
    5: 6.474691495,
    6: 9.985281374,
    7: 14.452977414,
    8: 19.675287861,
    9: 25.759986531,
    10: 32.716949460,
    11: 40.596450510,
    12: 49.165253058,
}
"""least energies by N, as printed in the table of Wikipedia's "Thomson problem" (from Wales and
Ulker 2006 and the Cambridge Cluster Database)"""

ANGLES = {
    4: 109.4712206,
    5: 90.0,
    6: 90.0,
    7: 77.8695421,
    8: 74.8584922,
    9: 70.5287794,
    10: 66.1468220,
    11: 63.4349488,
    12: 63.4349488,
}
"""greatest least angles in degrees by N, from Sloane's tables of spherical codes"""

NAMES = {
    2: "digon",
    3: "triangle",
    4: "tetrahedron",
    5: "triangular bipyramid",
    6: "octahedron",
    7: "pentagonal bipyramid",
    8: "square antiprism",
    9: "tricapped prism",
    10: "bicapped antiprism",
    11: "edge-contracted icosahedron",
    12: "icosahedron",
}
"""what the arrangements of least energy are called"""


class Charges(NamedTuple):
    """An arrangement of N charges and its energy."""

    points: Float[np.ndarray, "3 charges"]
    energy: float


def least_energy(count: int, starts: int, rng: np.random.Generator) -> Charges:
    """The arrangement of least energy that descents from random starts find.

    Args:
        count: N, at least 2.
        starts: how many, at least 1.
        rng: of the starts.
    """
    if count < 2 or starts < 1:
        raise bad_input("count, starts", (count, starts), "at least 2 charges and 1 start")
    ends = [_descended(rng.normal(size=(3, count))) for _ in range(starts)]
    return min(ends, key=lambda end: end.energy)


def widest(count: int, starts: int, rng: np.random.Generator) -> Float[np.ndarray, "3 points"]:
    """The arrangement whose largest cosine is least, the best of so many random starts."""
    if count < 2 or starts < 1:
        raise bad_input("count, starts", (count, starts), "at least 2 points and 1 start")
    drawn = (rng.normal(size=(3, count)) for _ in range(starts))
    return min((_widened(v / np.linalg.norm(v, axis=0)) for v in drawn), key=largest_cosine)


def energy(points: Float[Array, "3 charges"]) -> float:
    """Σ_{i<j} 1 / ‖v_i - v_j‖ of the columns' directions; infinite where two coincide."""
    return _energy_and_slope(as_float64(points))[0]


def largest_cosine(points: Float[Array, "dimensions points"]) -> float:
    """The largest cosine between different columns."""
    unit = as_float64(points) / np.linalg.norm(points, axis=0)
    return float((unit.T @ unit)[np.triu_indices(unit.shape[1], 1)].max())


def gram_residual(
    one: Float[Array, "dimensions points"], other: Float[Array, "dimensions others"]
) -> float:
    """How far two arrangements are from equal up to rotation, reflection and order; 0 where equal.

    Each point has a row of cosines to all points; sorted, rows do not depend on order. Rows of one
    are paired with rows of the other so that they differ least, and the root mean square of what
    they then differ by is the residual, a cosine.

    Args:
        one, other: as many points each, none of length 0; only directions count.
    """
    rows = []
    for points in (as_float64(one), as_float64(other)):
        unit = points / np.linalg.norm(points, axis=0)
        rows.append(np.sort(unit.T @ unit, axis=1))
    if rows[0].shape != rows[1].shape:
        wanted = f"as many points as the other, {rows[1].shape[0]}"
        raise bad_input("arrangements", rows[0].shape[0], wanted)
    squares = ((rows[0][:, None] - rows[1][None]) ** 2).mean(axis=-1)
    return float(np.sqrt(squares[linear_sum_assignment(squares)].mean()))


def turned_onto(
    one: Float[Array, "3 points"], other: Float[Array, "3 others"], rng: np.random.Generator
) -> Float[np.ndarray, "3 points"]:
    """`one` rotated or reflected so that its directions lie on those of `other` as well as can be.

    From many orientations points are paired with their nearest, turned onto these, and so on.

    Args:
        one: any lengths; kept.
        other: what to turn it onto; may have more points, or fewer.
        rng: of the orientations.
    """
    here, there = (as_float64(x) / np.linalg.norm(x, axis=0) for x in (one, other))

    def turned(rotation: np.ndarray) -> tuple[float, np.ndarray]:
        for _ in range(8):
            pairs = linear_sum_assignment(-(rotation @ here).T @ there)
            left, _, right = np.linalg.svd(there[:, pairs[1]] @ here[:, pairs[0]].T)
            rotation = left @ right
        return float((rotation @ here[:, pairs[0]] * there[:, pairs[1]]).sum()), rotation

    begins = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(60))
    return max((turned(begin) for begin in begins), key=lambda each: each[0])[1] @ as_float64(one)


def _descended(start: np.ndarray) -> Charges:
    def slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, by = _energy_and_slope(flat.reshape(start.shape))
        return value, by.ravel()

    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000}
    end = minimize(slope, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    points = end.x.reshape(start.shape)
    return Charges(points / np.linalg.norm(points, axis=0), float(end.fun))


def _widened(start: np.ndarray) -> np.ndarray:
    """Least t with v_i·v_j ≤ t for all pairs and ‖v_i‖ = 1, by sequential quadratic programs."""
    n = start.shape[1]
    one, other = np.triu_indices(n, 1)
    pair, each = np.arange(len(one)), np.arange(n)

    def points(x: np.ndarray) -> np.ndarray:
        return x[:-1].reshape(3, n)

    def room(x: np.ndarray) -> np.ndarray:
        v = points(x)
        return x[-1] - (v[:, one] * v[:, other]).sum(axis=0)

    def room_by(x: np.ndarray) -> np.ndarray:
        by = np.zeros((len(pair), 3, n))
        by[pair, :, one], by[pair, :, other] = -points(x)[:, other].T, -points(x)[:, one].T
        return np.hstack([by.reshape(len(pair), -1), np.ones((len(pair), 1))])

    def stretch(x: np.ndarray) -> np.ndarray:
        return (points(x) ** 2).sum(axis=0) - 1

    def stretch_by(x: np.ndarray) -> np.ndarray:
        by = np.zeros((n, 3, n))
        by[each, :, each] = 2 * points(x).T
        return np.hstack([by.reshape(n, -1), np.zeros((n, 1))])

    end = minimize(
        lambda x: x[-1],
        np.append(start.ravel(), largest_cosine(start)),
        jac=lambda _: np.eye(3 * n + 1)[-1],
        method="SLSQP",
        constraints=[
            {"type": "ineq", "fun": room, "jac": room_by},
            {"type": "eq", "fun": stretch, "jac": stretch_by},
        ],
        options={"ftol": 1e-14, "maxiter": 500},
    )
    found = points(end.x)
    return found / np.linalg.norm(found, axis=0)


def _energy_and_slope(points: np.ndarray) -> tuple[float, np.ndarray]:
    """Energy of the columns' directions, and its gradient by the columns."""
    length = np.linalg.norm(points, axis=0)
    unit = points / length
    squares = 2 - 2 * unit.T @ unit
    np.fill_diagonal(squares, np.inf)
    squares = np.maximum(squares, 1e-300)  # two charges in one place: as good as infinite
    # E = Σ (2 - 2 g)^{-1/2} over pairs, so dE/dg = d^{-3}.
    by = unit @ squares**-1.5
    return float((squares**-0.5).sum() / 2), (by - unit * (by * unit).sum(axis=0)) / length
