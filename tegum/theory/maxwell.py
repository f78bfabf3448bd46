"""How many features share few dimensions: the Maxwell construction over polytopes.

Symbols: n features share m dimensions, n ≫ m; a feature in a polytope takes D of a dimension and loses l. The mean loss
is to be least with ΣD_i = m, so the best mixture lies on the lower convex hull of the points (D, l), as two phases of
a fluid coexist along a common tangent: at mean D = m/n features sit in the two polytopes at the hull's vertices to
either side, and nowhere else. `unrepresented` is the point at D = 0, `single` the one at D = 1.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tegum.errors import bad_input
from tegum.theory.codes import CODES, NARROW
from tegum.theory.polytope_losses import polytope_loss
from tegum.theory.polytopes import FREE_ANTIPRISM, NAMES, UNREPRESENTED, room, vertices

CANDIDATES = (UNREPRESENTED, *NAMES, FREE_ANTIPRISM, *NARROW)
TIE = 1e-9  # over p: losses nearer than this are one


class Phase(NamedTuple):
    """One way to store a feature: the dimension it takes, and its loss, ‖W_i‖ and bias there."""

    name: str
    dimension: float
    loss: float
    norm: float
    bias: float


class Hull(NamedTuple):
    """The phases that can coexist, by rising dimension, and all phases that were candidates."""

    vertices: tuple[Phase, ...]
    candidates: tuple[Phase, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(phase.name for phase in self.vertices)


class Share(NamedTuple):
    """The share of all features that are in one phase."""

    name: str
    fraction: float


class Mixture(NamedTuple):
    """What n features in m dimensions are predicted to do: D* = m / ‖W‖²_F, mean loss a feature, and the phases."""

    d_star: float
    loss: float
    shares: tuple[Share, ...]


def maxwell(density: float, polytopes: Sequence[str] | None = None) -> Hull:
    """The lower convex hull of (dimension, loss) of the polytopes, `unrepresented` and `single` included.

    The square and the octahedron are digons at right angles and lose the same: of such ties the first named counts.

    Args:
        density: p in (0, 1].
        polytopes: names as in `polytope_loss`; `CANDIDATES` if left out, which are all that need few dimensions, the
            square antiprism both tight and of free height. Both take 3/8 of a dimension a feature: eight features fill
            three dimensions at any height, whatever their D_i, which is 3/8 at the tight one only.

    Returns:
        The hull; `vertices` coexist, `candidates` are all.

    Raises:
        BadInputError: on an unknown name or a density out of range.
    """
    names = CANDIDATES if polytopes is None else (UNREPRESENTED, *polytopes, "single")
    phases = tuple(_phase(name, density) for name in dict.fromkeys(names))
    hull: list[Phase] = []
    # The sort is stable: of equal ones the first stays.
    for phase in sorted(
        phases, key=lambda phase: (phase.dimension, round(phase.loss / (TIE * density)))
    ):
        if hull and phase.dimension - hull[-1].dimension < 1e-12:
            continue
        while len(hull) > 1 and not _below(hull[-2], hull[-1], phase, TIE * density):
            hull.pop()
        hull.append(phase)
    return Hull(tuple(hull), phases)


def d_star(n_features: int, n_hidden: int, density: float, hull: Hull | None = None) -> Mixture:
    """The mixture of polytopes that is best for n features in m dimensions, by the Maxwell construction.

    It leaves out that polytopes come whole, which matters where m is small.

    Args:
        n_features: n, at least 1.
        n_hidden: m, at least 1; features beyond it share.
        density: p in (0, 1].
        hull: of this density, where `maxwell` has it already, perhaps for fewer polytopes.

    Returns:
        D* = m / ‖W‖²_F, which is 1/2 where features pair up at length 1; the mean loss; the share of each phase.
    """
    for name, count in (("n_features", n_features), ("n_hidden", n_hidden)):
        if count < 1:
            raise bad_input(name, count, "at least 1")
    phases = (maxwell(density) if hull is None else hull).vertices
    mean = min(n_hidden / n_features, 1.0)
    right = next(i for i, phase in enumerate(phases) if i and phase.dimension >= mean - 1e-12)
    less, more = phases[right - 1], phases[right]
    fraction = min((mean - less.dimension) / (more.dimension - less.dimension), 1.0)
    shares = [(less, 1 - fraction), (more, fraction)]
    size = n_features * sum(share * phase.norm**2 for phase, share in shares)
    loss = sum(share * phase.loss for phase, share in shares)
    return Mixture(
        n_hidden / size,
        loss,
        tuple(Share(phase.name, share) for phase, share in shares if share > 1e-12),
    )


def _phase(name: str, density: float) -> Phase:
    norm, bias, loss = polytope_loss(name, density)
    return Phase(name, _room(name), loss, norm, bias)


def _room(name: str) -> float:
    if name == UNREPRESENTED:
        return 0.0
    if name in CODES:
        return CODES[name].room
    return room(vertices("square antiprism" if name == FREE_ANTIPRISM else name))


def _below(left: Phase, middle: Phase, right: Phase, tolerance: float) -> bool:
    """Whether the middle phase loses less than the others mixed to its dimension."""
    share = (middle.dimension - left.dimension) / (right.dimension - left.dimension)
    return middle.loss < (1 - share) * left.loss + share * right.loss - tolerance
