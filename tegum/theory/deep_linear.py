"""Deep linear networks on a hierarchy: singular modes in closed form, and how each is learned.

Items are the leaves of a binary tree of depth D; every node has properties, which all leaves below it share. Y,
properties x items, is 1 where an item has a property, so two items have in common what their common ancestors have:
exactly ultrametric. Its singular modes are Haar's wavelets on the tree. Level 0 is "all items alike", level l splits
each of the 2^(l-1) nodes of depth l - 1 into its halves, and with n_k properties a node of depth k

    s_l² = Σ_{k ≥ l} n_k 2^(D-k),     which falls with l: the broader the distinction, the stronger its mode.

A network with one hidden layer, y = W2 W1 x on one-hot items, descends ½ ‖Y - W2 W1‖² at a rate η a step, τ = 1/η. Let
z_k = (W1 v_k + W2ᵀ u_k) / 2. Balanced, W1 = Z Vᵀ and W2 = U Zᵀ, it obeys τ dZ/dt = Z (S - ZᵀZ), and the strengths
M = Uᵀ W2 W1 V = ZᵀZ obey a matrix Riccati equation. Its solution, from a start M_0 of full rank, is

    M(t) = [e^(-St/τ) M_0⁻¹ e^(-St/τ) + (1 - e^(-2St/τ)) S⁻¹]⁻¹,

and for modes that start decoupled (orthogonal z_k) the sigmoid a(t) = s e^(2st/τ) / (e^(2st/τ) - 1 + s/a_0), which
passes s/2 at (τ/2s) ln(s/a_0 - 1). One layer, y = W x, learns every mode at one pace: s (1 - e^(-t/τ)) + b_0 e^(-t/τ).

Source:
    Saxe, McClelland and Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", and 2019, "A mathematical theory of semantic development in deep neural networks"; the Riccati equation:
    Fukumizu 1998, "Effect of batch learning in multilayer neural networks".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Int, Num

from tegum.errors import bad_input

Numbers: TypeAlias = Num[np.ndarray, "*#shape"] | float
"""one, or an array that broadcasts with the others"""


@dataclass(frozen=True)
class Modes:
    """Singular modes of Y = U diag(s) Vᵀ, strongest first.

    Attributes:
        s: singular values.
        u: over properties, one column a mode.
        v: over items, one column a mode.
        level: 0 for what all items share, l for what splits nodes of depth l - 1.
    """

    s: Float[np.ndarray, " modes"]
    u: Float[np.ndarray, "properties modes"]
    v: Float[np.ndarray, "items modes"]
    level: Int[np.ndarray, " modes"]


def hierarchy(properties: Sequence[int]) -> Float[np.ndarray, "properties items"]:
    """Y: 1 where an item has a property, rows from the root's properties down to the leaves'.

    Args:
        properties: n_k, how many each node of depth k has, root first; D + 1 numbers.

    Raises:
        BadInputError: no level below the root, a number below 0, leaves without properties.
    """
    depth = len(properties) - 1
    if depth < 1 or min(properties) < 0 or properties[-1] < 1:
        wanted = "at least two whole numbers, none negative, the leaves' at least 1"
        raise bad_input("properties", tuple(properties), wanted)
    items = np.arange(2**depth)
    of_depth = [
        np.repeat(np.arange(2**k)[:, None] == items >> (depth - k), count, axis=0)
        for k, count in enumerate(properties)
    ]
    return np.concatenate(of_depth).astype(float)


def hierarchy_modes(properties: Sequence[int]) -> Modes:
    """The modes of `hierarchy(properties)`, in closed form."""
    y = hierarchy(properties)
    depth = len(properties) - 1
    items = np.arange(2**depth)
    columns, levels = [np.full(2**depth, 2 ** (-depth / 2))], [0]
    for level in range(1, depth + 1):
        node, side = items >> (depth - level + 1), (items >> (depth - level)) & 1
        for which in range(2 ** (level - 1)):
            halves = np.where(node == which, 1.0 - 2.0 * side, 0.0)
            columns.append(halves / np.sqrt(2 ** (depth - level + 1)))
            levels.append(level)
    v, level_of = np.stack(columns, axis=1), np.array(levels)
    s = level_strengths(properties)[level_of]
    return Modes(s, y @ v / s, v, level_of)


def level_strengths(properties: Sequence[int]) -> Float[np.ndarray, " levels"]:
    """s_l of every level, 0 to D."""
    depth = len(properties) - 1
    each = np.asarray(properties, float) * 2.0 ** (depth - np.arange(depth + 1))
    return np.sqrt(np.cumsum(each[::-1])[::-1])


def split_levels(depth: int) -> Int[np.ndarray, "items items"]:
    """The level of the mode that tells two items apart first, 1 to D; D + 1 for an item and itself."""
    items = np.arange(2**depth)
    apart = items[:, None] ^ items
    below = np.floor(np.log2(np.maximum(apart, 1))).astype(int)
    return np.where(apart == 0, depth + 1, depth - below)


# --- courses of learning ------------------------------------------------------------------------


def deep_course(
    t: Numbers,
    s: Numbers,
    start: Numbers,
    rate: float,
) -> Float[np.ndarray, "*#shape"]:
    """a(t), the strength of a decoupled mode; all arguments broadcast.

    Args:
        t: time, in steps.
        s: singular value, above 0.
        start: a_0, above 0.
        rate: η = 1/τ.
    """
    # In the inverse nothing overflows.
    faded = np.exp(-2 * s * t * rate)
    return np.asarray(1 / (faded / start + (1 - faded) / s))


def shallow_course(
    t: Numbers,
    s: Numbers,
    start: Numbers,
    rate: float,
) -> Float[np.ndarray, "*#shape"]:
    """b(t), the strength of a mode of one layer; arguments as in `deep_course`, of any start."""
    faded = np.exp(-t * rate)
    return np.asarray(s * (1 - faded) + start * faded)


def time_to_learn(
    s: Numbers,
    start: Numbers,
    rate: float,
    share: float = 0.5,
) -> Float[np.ndarray, "*#shape"]:
    """The step at which `deep_course` passes a share of s: (τ/2s) ln((s/a_0 - 1) share / (1 - share)).

    NaN where the start lies beyond s.
    """
    ratio = s / np.asarray(start, float) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.log(ratio * share / (1 - share)) / (2 * s * rate))


def coupled_course(
    t: Num[np.ndarray, " times"],
    s: Float[np.ndarray, " modes"],
    z: Float[np.ndarray, "hidden modes"],
    rate: float,
) -> Float[np.ndarray, "times modes"]:
    """Strengths M_kk(t) from any balanced start Z, whose modes may overlap: the Riccati equation's solution.

    Args:
        t: times, in steps.
        s: singular values.
        z: the start, as many hidden units as modes or more.
        rate: η = 1/τ.

    Raises:
        BadInputError: fewer units than modes: M_0 then has no inverse.
    """
    if z.shape[0] < z.shape[1]:
        raise bad_input("z", z.shape, "at least as many hidden units as modes")
    inverse = np.linalg.inv(z.T @ z)
    found = []
    for when in t:
        faded = np.exp(-s * when * rate)
        of_inverse = faded[:, None] * inverse * faded + np.diag((1 - faded**2) / s)
        found.append(np.diag(np.linalg.inv(of_inverse)))
    return np.stack(found)


def aligned_part(
    w1: Float[np.ndarray, "*models hidden items"],
    w2: Float[np.ndarray, "*models properties hidden"],
    modes: Modes,
) -> Float[np.ndarray, "*models hidden modes"]:
    """Z of any weights, z_k = (W1 v_k + W2ᵀ u_k) / 2: the part of a small start that grows as e^(st/τ).

    The other part, (W1 v_k - W2ᵀ u_k) / 2, decays as fast.
    """
    return (w1 @ modes.v + np.swapaxes(w2, -1, -2) @ modes.u) / 2


def left_out(
    w1: Float[np.ndarray, "*models hidden items"],
    w2: Float[np.ndarray, "*models properties hidden"],
    modes: Modes,
) -> Float[np.ndarray, "*models"]:
    """How much of a start `coupled_course` knows nothing of: ‖(W1 V - W2ᵀ U)/2‖² + ‖W2 outside U‖², spectral norms.

    It fades while a mode grows; until then it adds as much to the mode's s at most, to first order. So times are off by
    that over s, relatively.
    """
    back = np.swapaxes(w2, -1, -2)
    unbalanced = (w1 @ modes.v - back @ modes.u) / 2
    outside = back - back @ modes.u @ modes.u.T
    squares = [np.linalg.norm(part, ord=2, axis=(-2, -1)) ** 2 for part in (unbalanced, outside)]
    return np.asarray(squares[0] + squares[1])


def paces(
    s: Float[np.ndarray, "*shape"], rate: float
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Between which paces a finite step keeps: a(slow t) ≤ strength after t steps ≤ a(fast t), a of `deep_course`.

    A step multiplies z = √a by 1 + ηg, g = s - z². As ln(1 + ηg) ≥ ηg (1 - ηs/2) and g only falls, it is ahead of a
    flow slowed by 1 - ηs/2. A flow at pace c has dg/dt = -2c z² g ≥ -2cs g, so ln z gains at least
    g (1 - e^(-2csη)) / 2s in a step's time, which is ηg ≥ ln(1 + ηg) at c = -ln(1 - 2ηs) / 2ηs.

    Raises:
        BadInputError: a rate with ηs ≥ 1/2, at which steps may overshoot.
    """
    eta_s = np.asarray(rate * s, float)
    if np.max(eta_s) >= 0.5:
        wanted = f"below 1/(2s), at most {0.5 / np.max(s):.3g}"
        raise bad_input("learning rate", rate, wanted)
    return 1 - eta_s / 2, -np.log1p(-2 * eta_s) / (2 * eta_s)
