"""Other ways from a head to the features it attends to, which its singular vectors must stand beside.

Symbols: Ω = AᵀB; C = E hhᵀ; p_i = 1 - S_i densities, m = E h = W p/2.

A head trained by squared error stands in d_i = C⁺ a_i and not in W_i. Three ways lead back, or round it:

    unwhitening    Cov(h) Ω Cov(h), which is ∝ W T Wᵀ for the best head with a constant input: exact for one pair
    contrast       E[hgᵀ | s = 1] - E[hgᵀ | s = 0]: no head, no whitening, no training
    principal      eigenvectors of C: what the activations show without any task

And one control. The logit knows A and B only through Ω, so with a rotation R

    Ω = (U s^½ R)(Rᵀ s^½ Vᵀ)

computes the same from other rows. A score of rows that R changes says what training happened to choose, not what the
head does. Note what the control can show: it mixes slices in proportion to s^½, and is a uniformly random direction
only among EQUAL singular values. A head of rank one has but one row, up to its sign, in every gauge.
"""

import numpy as np
from jaxtyping import Bool, Float

from tegum.analysis.matching import Pairs, pair_columns
from tegum.arrays import Array, as_float64, as_numpy, namespace
from tegum.errors import bad_input


def unwhitened(
    omega: Float[Array, "*models left_input right_input"],
    covariance: Float[Array, "*#models hidden hidden"],
    covariance_right: Float[Array, "*#models hidden hidden"] | None = None,
) -> Float[Array, "*models hidden hidden"]:
    """Cov(h) Ω Cov(g): from what a head stands in back to what it attends to. Its singular vectors are the estimate.

    Args:
        omega: hidden x hidden, or one row and column more for a head with a constant input, LAST; they are left out.
        covariance: Cov h, centred; C = E hhᵀ in its place undoes the whitening of a head without a constant input only
            up to the mean of h.
        covariance_right: Cov g; None for the same.

    Raises:
        BadInputError: if Ω fits neither size.
    """
    xp = namespace(omega, covariance)
    size = covariance.shape[-1]
    if omega.shape[-2:] not in ((size, size), (size + 1, size + 1)):
        raise bad_input(
            "omega", omega.shape, f"(..., {size}, {size}), or one more each for the constant input"
        )
    right = covariance if covariance_right is None else covariance_right
    return xp.matmul(covariance, xp.matmul(omega[..., :size, :size], right))


def contrastive_covariance(
    w: Float[Array, "*models hidden features"], density: float | Array, pair: tuple[int, int]
) -> Float[np.ndarray, "*models hidden hidden"]:
    """E[hgᵀ | s = 1] - E[hgᵀ | s = 0] where s says whether feature i is in the left and j in the right token, exactly.

    (a_i a_jᵀ/(p_i p_j) - m mᵀ) / (1 - p_i p_j) with a_i/p_i = m + S_i W_i/2, which is

        [S_i S_j W_i W_jᵀ/4 + S_i W_i mᵀ/2 + S_j m W_jᵀ/2] / (1 - p_i p_j):

    of rank 2 at most, and ∝ W_i W_jᵀ where the mean of h vanishes.

    Args:
        w: weights.
        density: p in (0, 1], one number, or an array that broadcasts to [*models features].
        pair: (i, j).

    Returns:
        Where both features are always active and there is no s = 0: the limit from equal densities below 1.

    Raises:
        BadInputError: if a density or the pair is out of range.
    """
    w, p = as_float64(w), as_float64(density)
    if not (np.all(p > 0) and np.all(p <= 1)):
        raise bad_input(
            "density",
            density,
            "the chance that a feature is active, in (0, 1]",
            "density is 1 - sparsity",
        )
    [i], [j] = pair_columns((pair,), w.shape[-1])
    p = np.broadcast_to(p, (*w.shape[:-2], w.shape[-1]))
    s_i, s_j = 1 - p[..., i], 1 - p[..., j]
    absent = s_i + s_j - s_i * s_j  # 1 - p_i p_j, without its rounding
    safe = np.where(absent > 0, absent, 1.0)
    share_i, share_j = (np.where(absent > 0, s / safe, 0.5)[..., None, None] for s in (s_i, s_j))
    mean = np.sum(w * p[..., None, :] / 2, axis=-1)
    both = s_j[..., None, None] * _outer(w[..., i], w[..., j]) / 4
    return share_i * (both + _outer(w[..., i], mean) / 2) + share_j * _outer(mean, w[..., j]) / 2


def contrast_of_samples(
    h: Float[Array, "*models samples hidden"],
    g: Float[Array, "*models samples hidden"],
    present: Bool[Array, "*#models samples"],
) -> Float[np.ndarray, "*models hidden hidden"]:
    """The mean of hgᵀ over samples with the pair minus that over samples without; nan where one of them has none."""
    h, g = as_float64(h), as_float64(g)
    label = np.broadcast_to(np.asarray(as_numpy(present), bool), h.shape[:-1])
    count = label.sum(axis=-1)
    usable = (count > 0) & (count < label.shape[-1])
    weight = [1 / np.where(usable, n, 1) for n in (count, label.shape[-1] - count)]
    weighted = np.where(label, weight[0][..., None], -weight[1][..., None])
    contrast = np.swapaxes(h * weighted[..., None], -1, -2) @ g
    return np.where(usable[..., None, None], contrast, np.nan)


def principal_directions(
    second_moment: Float[Array, "*models hidden hidden"],
) -> Float[Array, "*models hidden hidden"]:
    """Eigenvectors of C = E hhᵀ as columns, of the largest eigenvalue first."""
    xp = namespace(second_moment)
    return xp.flip(xp.linalg.eigh(second_moment)[1], axis=-1)


# --- the gauge ------------------------------------------------------------------------------------------------------


def haar_rotations(
    size: int, seed: int | np.random.Generator, models: tuple[int, ...] = ()
) -> Float[np.ndarray, "*models size size"]:
    """Orthogonal matrices, uniform over all of them (reflections too).

    Source:
        Mezzadri 2007: QR of a Gaussian matrix, with the signs of R's diagonal taken back.
    """
    if size < 1:
        raise bad_input("size", size, "at least 1")
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(*models, size, size)))
    return q * np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)[..., None, :]


def regauged(
    u: Float[Array, "*models hidden rank"],
    singular_values: Float[Array, "*models rank"],
    v: Float[Array, "*models hidden rank"],
    rotation: Float[Array, "*#models rank rank"],
) -> tuple[Float[Array, "*models rank hidden"], Float[Array, "*models rank hidden"]]:
    """A' = Rᵀ s^½ Uᵀ and B' = Rᵀ s^½ Vᵀ: another pair of matrices with the same A'ᵀB' = Ω, so the same logits."""
    xp = namespace(u, singular_values, v, rotation)
    root, turn = xp.sqrt(singular_values)[..., None, :], xp.matrix_transpose(rotation)
    return xp.matmul(turn, xp.matrix_transpose(u * root)), xp.matmul(
        turn, xp.matrix_transpose(v * root)
    )


def row_slices(
    a: Float[Array, "*models rank hidden"], b: Float[Array, "*models rank hidden"]
) -> tuple[Float[Array, "*models hidden rank"], Float[Array, "*models hidden rank"]]:
    """The raw rows of A and B as slices: columns of unit length, scored like u and v. A row of zeros stays one."""
    left, right = (_unit_columns(namespace(part).matrix_transpose(part)) for part in (a, b))
    return left, right


def gauge_rotated(
    u: Float[Array, "*models hidden rank"],
    singular_values: Float[Array, "*models rank"],
    v: Float[Array, "*models hidden rank"],
    seed: int | np.random.Generator,
) -> tuple[Float[np.ndarray, "*models hidden rank"], Float[np.ndarray, "*models hidden rank"]]:
    """The gauge null: rows of A and B after a random rotation between them, one for each model, as slices.

    The head computes the same; see the module for what that can and cannot show.

    Args:
        u, singular_values, v: the slices of Ω.
        seed: of the rotations, or a generator.

    Returns:
        Left and right slices, columns of unit length; they are not orthogonal unless the singular values are equal.
    """
    u, s, v = (as_float64(part) for part in (u, singular_values, v))
    return row_slices(*regauged(u, s, v, haar_rotations(s.shape[-1], seed, s.shape[:-1])))


def shuffled_pairs(pairs: Pairs, seed: int | np.random.Generator) -> Pairs:
    """The same left features with each other's right ones, at random, so that no pair is one of those asked for.

    Args:
        pairs: those that the head was asked for.
        seed: of the shuffle, or a generator.

    Raises:
        BadInputError: if no such arrangement was found, as for a single pair, or for all pairs of some features.
    """
    rng, asked = np.random.default_rng(seed), {(int(i), int(j)) for i, j in pairs}
    left, right = zip(*sorted(asked), strict=True) if asked else ((), ())
    for _ in range(1000):
        shuffled = tuple(zip(left, (int(j) for j in rng.permutation(right)), strict=True))
        if asked and not asked & set(shuffled) and len(set(shuffled)) == len(asked):
            return shuffled
    raise bad_input(
        "pairs", pairs, "pairs whose right features can be exchanged", "choose a wrong pair by hand"
    )


def _unit_columns(columns: Array) -> Array:
    xp = namespace(columns)
    length = xp.sqrt(xp.sum(columns * columns, axis=-2))[..., None, :]
    return xp.where(length > 0, columns / xp.where(length > 0, length, 1.0), 0.0)


def _outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return left[..., :, None] * right[..., None, :]
