"""The best pseudo-attention head for given features, without training: a regression whose answer is known.

Symbols: the head answers l = hᵀΩg to the target s; h = Wx, or [h; 1] with `bias`; C = E hhᵀ, N = E[s h gᵀ] and
a_i = E[h f_i] as in `tegum.theory.head_moments`, which also defines the targets. The loss is a quadratic,

    L2 = E (s - l)² = E s² - 2⟨N, Ω⟩ + tr(C Ω C Ωᵀ),    least at    Ω* = C⁺ N C⁺.

In whitened coordinates, h = C^½ z, it is E s² - ‖Ñ‖² + ‖Ñ - C^½ Ω C^½‖² with Ñ = C^-½ N C^-½. So the best head of rank
r keeps the r largest singular values τ_k of Ñ, and reaches E s² - Σ_{k≤r} τ_k². It is these, not the singular values of
Ω, that say what a head of low rank learns first.

For "count" and "product" Ω* = Σ_ij T_ij d_i d_jᵀ with the dual directions d_i = C⁺ a_i: the head stands in d_i, and not
in W_i. The two are parallel for features in orthogonal blocks that are each balanced and tight. Otherwise interference
tilts d_i (C⁺ instead of 1), and so does the mean of h where the head has no constant input and uses that mean instead.

Directions of h that vary less than 1e-6 times as much as the widest are taken as not there: C⁺ is a pseudo-inverse with
a relative cut-off of 1e-12. That is about the rounding of weights trained in float32, and keeps Ω* finite.
"""

import numpy as np
from jaxtyping import Float

from tegum.arrays import Array, as_float64
from tegum.errors import bad_input
from tegum.theory.head_moments import (
    asked_power,
    first_moments,
    hidden_covariance,
    hidden_mean,
    second_moment,
    target_correlation,
    target_power,
)

CUT_OFF = 1e-12


def optimal_head(
    w: Float[Array, "hidden features"],
    density: float | Array,
    pair_weights: Float[Array, "left right"],
    target: str = "count",
    bias: bool = False,
    rank: int | None = None,
) -> Float[np.ndarray, "inputs inputs"]:
    """Ω*, the head of least population loss; of several, that of least norm.

    Args:
        w: weights; column i is feature i's direction.
        density: p = 1 - S in (0, 1], one number or one per feature.
        pair_weights: T, features x features; T_ij weighs feature i of the left token with feature j of the right one.
        target: "any", "count" or "product".
        bias: whether the head sees a constant 1, as last entry of both its inputs.
        rank: r, at most; None for no bound. Where τ_r = τ_(r+1) the optimum is not unique, and one of them is given.

    Returns:
        hidden x hidden, or one row and column more with `bias`.

    Raises:
        BadInputError: if an argument is out of its range or of the wrong shape, or weights are not finite.

    Source:
        Reduced-rank regression: Eckart and Young in whitened coordinates.
    """
    whiten = _whitening(w, density, bias)
    kept = _checked_rank(rank, len(whiten))
    n = whiten @ target_correlation(w, density, pair_weights, target, bias) @ whiten.T
    if kept is not None:
        u, tau, vt = np.linalg.svd(n)
        n = (u[:, :kept] * tau[:kept]) @ vt[:kept]
    return whiten.T @ n @ whiten


def whitened_values(
    w: Float[Array, "hidden features"],
    density: float | Array,
    pair_weights: Float[Array, "left right"],
    target: str = "count",
    bias: bool = False,
) -> Float[np.ndarray, " inputs"]:
    """τ_k, in decreasing order: τ_k² is how much of E s² the k-th slice of a head explains.

    They do not change under h → Mh with M invertible: only W's row space counts. With `bias` the first slice explains
    above all the mean of s. Arguments as in `optimal_head`; their number is that of the head's inputs.
    """
    whiten = _whitening(w, density, bias)
    n = target_correlation(w, density, pair_weights, target, bias)
    return np.linalg.svd(whiten @ n @ whiten.T, compute_uv=False)


def head_floor(
    w: Float[Array, "hidden features"],
    density: float | Array,
    pair_weights: Float[Array, "left right"],
    target: str = "count",
    bias: bool = False,
    rank: int | None = None,
) -> float:
    """The least L2 = E (s - l)² that a head of this rank can have: E s² - Σ_{k≤r} τ_k².

    For a single pair it is T_ij² E f_i² E f_j² (1 - R_i R_j), with R from `decodability`. Even with a dimension for
    every feature it is not 0 for "count" and "any": h says how large a feature is, s asks whether it is there.

    Arguments as in `optimal_head`.
    """
    tau = whitened_values(w, density, pair_weights, target, bias)
    kept = _checked_rank(rank, tau.size)
    # Rounding can take what is left of E s² just below 0.
    return max(target_power(density, pair_weights, target) - float(np.sum(tau[:kept] ** 2)), 0.0)


def head_loss(
    omega: Float[Array, "left_input right_input"],
    w: Float[Array, "hidden features"],
    density: float | Array,
    pair_weights: Float[Array, "left right"],
    target: str = "count",
    bias: bool = False,
) -> float:
    """L2 = E (s - hᵀΩg)², the population loss of any head. A head that diverged has a loss of nan or infinity.

    Ω = AᵀB is hidden x hidden, or has one row and column more with `bias`; other arguments as in `optimal_head`.
    """
    omega = as_float64(omega)
    c = second_moment(w, density, bias)
    if omega.shape != c.shape:
        raise bad_input("omega", omega.shape, f"{c.shape} for this w with bias={bias}")
    n = target_correlation(w, density, pair_weights, target, bias)
    with np.errstate(over="ignore", invalid="ignore"):
        return target_power(density, pair_weights, target) + float(
            np.sum((c @ omega @ c - 2 * n) * omega)
        )


def dual_directions(
    w: Float[Array, "hidden features"],
    density: float | Array,
    target: str = "count",
    bias: bool = False,
) -> Float[np.ndarray, "inputs features"]:
    """The columns d_i = C⁺ a_i: d_i · h is the best linear guess of f_i. Ω* = d T dᵀ for "count" and "product".

    At one density, with G = WWᵀ of full rank, w̄ = Σ_k W_k, π_i = W_iᵀG⁻¹w̄ and κ = w̄ᵀG⁻¹w̄:

        count:    6/(1+3S) G⁻¹(S W_i + β_i w̄),    β_i = p (1+3S-3Sπ_i) / (1+3S+3pκ),
        product:  G⁻¹(W_i + γ_i w̄),               γ_i = 3p (1-π_i) / (1+3S+3pκ),

    and with `bias` the entries before the last are 6S/(1+3S) G⁻¹W_i and G⁻¹W_i: the constant takes the mean's part.
    With densities of their own it is then Cov(x_i, f_i) (W diag(v) Wᵀ)⁻¹ W_i.

    Arguments as in `optimal_head`; "any" is taken as "count".

    Source:
        Sherman and Morrison on C; with a constant input, Franco, Loughridge and Crovella, arXiv 2602.13524, theorem 1.
    """
    whiten = _whitening(w, density, bias)
    return whiten.T @ (whiten @ first_moments(w, density, target, bias))


def decodability(
    w: Float[Array, "hidden features"],
    density: float | Array,
    target: str = "count",
    bias: bool = False,
) -> Float[np.ndarray, " features"]:
    """R_i = a_iᵀ C⁺ a_i / E f_i², the share of E f_i² that the best linear guess from h explains; from 0 to 1.

    At one density, for "count" in a balanced W (Σ_k W_k = 0), R_i = 3S²P_ii/(1+3S) with the leverage P_ii = W_iᵀG⁻¹W_i,
    which is the dimensionality of a feature in a tight block; with `bias` it is that plus p, in any W. The limit of
    sparse features is 3/4 P_ii: 3/4 is the squared correlation of a feature's value with its presence.

    Arguments as in `optimal_head`; "any" is taken as "count".
    """
    read = _whitening(w, density, bias) @ first_moments(w, density, target, bias)
    return np.sum(read**2, axis=0) / asked_power(np.shape(w)[1], density, target)


def pair_cosine(
    w: Float[Array, "hidden features"],
    density: float | Array,
    feature: int,
    target: str = "count",
    bias: bool = False,
) -> float:
    """|cos(d_i, W_i)|: how well the head's one slice for a pair with feature i must align with that feature.

    A head for ONE pair has the optimum T_ij d_i d_jᵀ, of rank one whatever rank it may have. With `bias` the cosine is
    of the part that sees h. At one density, features in orthogonal blocks, each of them tight:

        balanced, Σ_k W_k = 0 over all of W    exactly 1, for every target,
        not balanced                           exactly 1 with `bias`, less for "count" without,
        orthonormal                            exactly 1 with `bias` and for "product"; else `orthonormal_cosine`.

    With `bias` or sparse features cos² of a random Gaussian dictionary is near 1 - m/n for n > m features and has the
    mean 1 - (n-1)/m for n ≤ m. A small cosine is no failure to learn: Cov(h) Ω Cov(h), `unwhitened` in
    `tegum.analysis.spectra`, finds W_i again.

    Arguments as in `optimal_head`; features are counted from 0.

    Returns:
        From 0 to 1; 0 for a feature without direction. At density 1, where the presence of a feature is constant and
        d_i may vanish, the limit from below.
    """
    root = _inverse_root(hidden_covariance(w, density) if bias else second_moment(w, density))
    w = as_float64(w)
    if feature not in range(w.shape[1]):
        raise bad_input("feature", feature, f"from 0 to features - 1 = {w.shape[1] - 1}")
    direction = w[:, feature]
    moment = first_moments(w, density, target)[:, feature]
    # With a constant input only Cov(x_i, f_i) W_i is left of a_i. And at density 1 in a balanced W a_i ∝ S W_i
    # vanishes.
    if bias or np.linalg.norm(moment) <= CUT_OFF * np.max(hidden_mean(np.abs(w), density)):
        moment = direction
    dual = root.T @ (root @ moment)
    lengths = np.linalg.norm(dual) * np.linalg.norm(direction)
    return float(min(abs(dual @ direction) / lengths, 1.0)) if lengths > 0 else 0.0


def orthonormal_cosine(n_hidden: int, density: float) -> float:
    """`pair_cosine` in closed form, for m orthonormal features (all others dropped), "count" and no constant input.

        (S + β) / √((S + β)² + (m - 1) β²),    β = p / (1 + 3S + 3pm).

    It is 1/√m at S = 0, where s = 1 and the head must be a constant; it tends to 1 as S → 1, and grows with S.

    Args:
        n_hidden: m, at least 1.
        density: p = 1 - S in (0, 1].
    """
    if n_hidden < 1:
        raise bad_input("n_hidden", n_hidden, "at least 1")
    if not 0 < density <= 1:
        raise bad_input(
            "density",
            density,
            "the chance that a feature is active, in (0, 1]",
            "density is 1 - sparsity",
        )
    s = 1 - density
    tilt = density / (1 + 3 * s + 3 * density * n_hidden)
    return float((s + tilt) / np.hypot(s + tilt, np.sqrt(n_hidden - 1) * tilt))


def _whitening(w: Array, density: float | Array, bias: bool) -> Float[np.ndarray, "inputs inputs"]:
    """K with KCKᵀ = 1 on the range of C and KᵀK = C⁺."""
    if not bias:
        return _inverse_root(second_moment(w, density))
    # [h; 1] is made white by taking h's mean off first, so that the constant, far larger than h where features are
    # sparse, does not decide what is cut off.
    root = _inverse_root(hidden_covariance(w, density))
    return np.block(
        [
            [root, -root @ hidden_mean(w, density)[:, None]],
            [np.zeros((1, len(root))), np.ones((1, 1))],
        ]
    )


def _inverse_root(symmetric: Float[np.ndarray, "size size"]) -> Float[np.ndarray, "size size"]:
    value, vector = np.linalg.eigh(symmetric)
    there = value > CUT_OFF * value[-1]
    scale = np.where(there, 1 / np.sqrt(np.where(there, value, 1.0)), 0.0)
    return scale[:, None] * vector.T


def _checked_rank(rank: int | None, size: int) -> int | None:
    if rank is not None and rank not in range(1, size + 1):
        raise bad_input(
            "rank",
            rank,
            f"a whole number from 1 to {size}, the number of inputs that the head sees",
        )
    return rank if rank is None else int(rank)
