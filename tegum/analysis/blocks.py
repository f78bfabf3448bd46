"""The factors of a tegum product: which features share a subspace, and whether a slice of a head keeps to one of them.

Symbols: Ŵ_i is feature i's direction; features belong to one block if a chain of |Ŵ_i · Ŵ_j| > eps joins them. Blocks
are numbered from 0 by their first feature; -1 is a feature that is not represented, and in no block.

Singular values near zero are noise in trained weights: the span of a block counts the dimensions in which it is wider
than `rtol` times its widest.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse.csgraph import connected_components

from tegum.analysis.geometry import directions, gram, represented
from tegum.arrays import Array, as_float64, as_numpy
from tegum.errors import bad_input


def tegum_blocks(
    w: Float[Array, "*models hidden features"], eps: float = 0.15, threshold: float = 0.5
) -> Int[np.ndarray, "*models features"]:
    """The block of each feature: connected components of |Ŵ_i · Ŵ_j| > eps.

    A simplex of k vertices has cosines -1/(k-1): at 0.15 blocks of up to 7 such vertices hold together.

    Args:
        w: weights.
        eps: cosines up to this count as orthogonal.
        threshold: features shorter than this are not represented.

    Returns:
        Labels from 0 by first feature, -1 for features not represented; a model that is not finite has none.

    Raises:
        BadInputError: if eps is not in [0, 1).
    """
    if not 0 <= eps < 1:
        raise bad_input("eps", eps, "a cosine in [0, 1)")
    w = as_float64(w)
    finite = np.all(np.isfinite(w), axis=(-2, -1))
    there = np.where(finite[..., None], represented(w, threshold), False)
    close = np.abs(gram(directions(np.where(finite[..., None, None], w, 0.0)))) > eps
    labels = np.full(there.shape, -1)
    for model in np.ndindex(there.shape[:-1]):
        members = np.flatnonzero(there[model])
        if members.size:
            # Components are labelled in the order in which their first members come.
            _, label = connected_components(close[model][np.ix_(members, members)], directed=False)
            labels[model][members] = label
    return labels


def block_dimensions(
    w: Float[Array, "*models hidden features"],
    blocks: Int[Array, "*models features"],
    rtol: float = 0.1,
) -> Int[np.ndarray, "*models blocks"]:
    """How many hidden dimensions each block spans; 0 past a model's last block."""
    w, blocks = as_float64(w), _labels(blocks)
    found = np.zeros((*w.shape[:-2], _most(blocks)), int)
    for model, block, _, s in _spans(w, blocks, rtol):
        found[model][block] = s.size
    return found


def block_tightness(
    w: Float[Array, "*models hidden features"],
    blocks: Int[Array, "*models features"],
    rtol: float = 0.1,
) -> Float[np.ndarray, "*models blocks"]:
    """(Σλ)² / (d Σλ²) over the eigenvalues λ of W_B W_Bᵀ in the block's d dimensions.

    Args:
        w: weights.
        blocks: labels, as from `tegum_blocks`.
        rtol: relative width above which a dimension belongs to the block's span.

    Returns:
        1 for a tight frame, W_B W_Bᵀ ∝ the projector on the block's span; at least 1/d. nan past a model's last block.
    """
    w, blocks = as_float64(w), _labels(blocks)
    found = np.full((*w.shape[:-2], _most(blocks)), np.nan)
    for model, block, _, s in _spans(w, blocks, rtol):
        found[model][block] = np.sum(s**2) ** 2 / (s.size * np.sum(s**4))
    return found


def block_energy(
    slices: Float[Array, "*models hidden rank"],
    w: Float[Array, "*models hidden features"],
    blocks: Int[Array, "*models features"],
    rtol: float = 0.1,
) -> Float[np.ndarray, "*models rank blocks"]:
    """How much of each slice lies in each block's span, ‖Q_Bᵀ u_k‖².

    Args:
        slices: unit vectors.
        w: weights.
        blocks: labels, as from `tegum_blocks`.
        rtol: relative width above which a dimension belongs to the block's span.

    Returns:
        In [0, 1], summing to at most 1 over orthogonal blocks; by chance d/hidden for a block of d dimensions. 0 past a
        model's last block.
    """
    slices, w, blocks = as_float64(slices), as_float64(w), _labels(blocks)
    found = np.zeros((*w.shape[:-2], slices.shape[-1], _most(blocks)))
    for model, block, basis, _ in _spans(w, blocks, rtol):
        found[model][:, block] = np.sum((basis.T @ slices[model]) ** 2, axis=0)
    return found


def block_entropy(energy: Float[Array, "*models rank blocks"]) -> Float[np.ndarray, "*models rank"]:
    """-Σ q log q, q the shares of a slice's energy in the blocks and, as one share more, outside all of them.

    Args:
        energy: as from `block_energy`.

    Returns:
        In nats: 0 for a slice in one block, log 2 for one spread evenly over two; its exponential is how many blocks
        would be as wide a choice.
    """
    energy = as_float64(energy)
    inside = np.sum(energy, axis=-1, keepdims=True)
    parts = np.concatenate([energy, np.clip(1 - inside, 0.0, None)], axis=-1)
    q = parts / np.sum(
        parts, axis=-1, keepdims=True
    )  # the sum is at least 1: blocks that overlap count twice
    return np.asarray(-np.sum(q * np.log(np.where(q > 0, q, 1.0)), axis=-1) + 0.0)  # + 0.0: not -0


def _spans(
    w: np.ndarray, blocks: np.ndarray, rtol: float
) -> Iterator[tuple[tuple[int, ...], int, np.ndarray, np.ndarray]]:
    """Of each model and block: an orthonormal basis of its span, and its singular values there."""
    if blocks.shape != (*w.shape[:-2], w.shape[-1]):
        raise bad_input(
            "blocks", blocks.shape, f"a label for each feature of w, {(*w.shape[:-2], w.shape[-1])}"
        )
    for model in np.ndindex(w.shape[:-2]):
        for block in range(blocks[model].max(initial=-1) + 1):
            u, s, _ = np.linalg.svd(w[model][:, blocks[model] == block], full_matrices=False)
            kept = s > rtol * s.max(initial=0.0)
            yield model, block, u[:, kept], s[kept]


def _labels(blocks: Array) -> np.ndarray:
    return np.asarray(as_numpy(blocks), int)


def _most(blocks: np.ndarray) -> int:
    return int(blocks.max(initial=-1)) + 1
