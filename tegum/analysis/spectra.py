"""The singular vectors of a head, held against the features they might be: the decomposition, and a list of metrics.

Symbols: Ω = AᵀB, with A, B rank x hidden; u_k, v_k its left and right singular vectors, σ_k its singular values; a head
attends to pairs (i, j) of features, W_i on the left and W_j on the right. Slice k is (u_k, σ_k, v_k).

Which question is answered where; all of it can be imported from here:

    matching        does a slice stand for a pair? Signed cosines with W_i, or with the a_i and d_i of theory
    gating          is its singular value far enough from its neighbours to ask, or is only their span defined?
    spans           spans: principal angles, energy, and how well any orthonormal basis could do
    blocks          does a slice keep to one block of the tegum?
    contribution    which slices matter to the logit?
    functional      what the head does, whatever its slices: loss against its floor, area under the ROC curve
    alternatives    other ways to the features, and the gauge, shuffled and raw baselines

and the exact nulls stand in `nulls`, the statistics over seeds in `statistics`.
"""

import numpy as np
from jaxtyping import Float

from tegum.analysis.alternatives import (
    contrast_of_samples,
    contrastive_covariance,
    gauge_rotated,
    haar_rotations,
    principal_directions,
    regauged,
    row_slices,
    shuffled_pairs,
    unwhitened,
)
from tegum.analysis.blocks import (
    block_dimensions,
    block_energy,
    block_entropy,
    block_tightness,
    tegum_blocks,
)
from tegum.analysis.contribution import n_recon, rolls_tovee, slice_contribution
from tegum.analysis.functional import (
    detector_auc,
    feature_coefficients,
    feature_interaction,
    floor_excess,
    floor_relative,
    relative_error,
)
from tegum.analysis.gating import GatedMatch, clusters, gated_match, noise_level, relative_gaps
from tegum.analysis.geometry import leverage
from tegum.analysis.matching import Match, MatchedCosines, cosines, match_slices, matched_cosines
from tegum.analysis.spans import alignment_ceiling, excess_energy, principal_angles, span_energy
from tegum.arrays import Array, as_float64, namespace

__all__ = [
    "GatedMatch",
    "Match",
    "MatchedCosines",
    "alignment_ceiling",
    "block_dimensions",
    "block_energy",
    "block_entropy",
    "block_tightness",
    "clusters",
    "contrast_of_samples",
    "contrastive_covariance",
    "cosines",
    "detector_auc",
    "effective_rank",
    "excess_energy",
    "feature_coefficients",
    "feature_interaction",
    "floor_excess",
    "floor_relative",
    "gated_match",
    "gauge_rotated",
    "haar_rotations",
    "leverage",
    "match_slices",
    "matched_cosines",
    "n_recon",
    "noise_level",
    "principal_angles",
    "principal_directions",
    "regauged",
    "relative_error",
    "relative_gaps",
    "rolls_tovee",
    "row_slices",
    "shuffled_pairs",
    "slice_contribution",
    "span_energy",
    "svd_of",
    "svd_of_product",
    "tegum_blocks",
    "unwhitened",
]


def svd_of_product(
    a: Float[Array, "*models rank hidden"], b: Float[Array, "*models rank hidden"]
) -> tuple[
    Float[Array, "*models hidden rank"],
    Float[Array, "*models rank"],
    Float[Array, "*models hidden rank"],
]:
    """Singular value decomposition of Ω = AᵀB, without forming Ω: two thin QRs and the SVD of a rank x rank core.

    Args:
        a, b: the head's two matrices, rank ≤ hidden.

    Returns:
        u, s, v with Ω = u diag(s) vᵀ; column k of u and v is slice k, s in decreasing order.
    """
    xp = namespace(a, b)
    left, left_core = xp.linalg.qr(xp.matrix_transpose(a))
    right, right_core = xp.linalg.qr(xp.matrix_transpose(b))
    core_u, s, core_vt = xp.linalg.svd(xp.matmul(left_core, xp.matrix_transpose(right_core)))
    return xp.matmul(left, core_u), s, xp.matmul(right, xp.matrix_transpose(core_vt))


def svd_of(
    omega: Float[Array, "*models left right"],
) -> tuple[
    Float[np.ndarray, "*models left rank"],
    Float[np.ndarray, "*models rank"],
    Float[np.ndarray, "*models right rank"],
]:
    """Singular value decomposition of matrices that are at hand as such, like an unwhitened Ω or a contrast.

    Returns:
        u, s, v as columns, s in decreasing order; all nan for a matrix that is not finite.
    """
    omega = as_float64(omega)
    finite = np.all(np.isfinite(omega), axis=(-2, -1), keepdims=True)
    u, s, vt = np.linalg.svd(np.where(finite, omega, 0.0), full_matrices=False)
    nan = np.where(finite, 0.0, np.nan)
    return u + nan, s + nan[..., 0], np.swapaxes(vt, -1, -2) + nan


def effective_rank(singular_values: Float[Array, "*models rank"]) -> Float[Array, "*models"]:
    """(Σ σ²)² / Σ σ⁴, the participation ratio: how many equal singular values would spread as widely. 0 for Ω = 0."""
    xp = namespace(singular_values)
    power = singular_values**2
    total, squares = xp.sum(power, axis=-1), xp.sum(power**2, axis=-1)
    return xp.where(squares > 0, total**2 / xp.where(squares > 0, squares, 1.0), 0.0)
