"""The geometry of learned features: how long their directions are, and how much they share.

Symbols: W is hidden x features, column i the direction of feature i; Ŵ its columns at unit length; G = WᵀW.
Every function takes one model's weights, or a whole population's with any leading axes, from NumPy, jax or PyTorch.
A feature of zero length has no direction: where a function divides by its length, its value is taken as 0. Weights that
are not finite give values that are not.

All of them raise BadInputError on what is no array of these libraries (a list, say) or no matrix.
"""

from typing import Any

from jaxtyping import Float

from tegum.arrays import Array, check_weights, namespace


def norms(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models features"]:
    """‖W_i‖: how strongly each feature is represented. About 1 when it is, 0 when it is not."""
    xp = _library(w)
    return xp.sqrt(xp.sum(w * w, axis=-2))


def gram(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models features features"]:
    """G = WᵀW: what a linear decoder makes of each feature alone; its diagonal holds the squared norms."""
    xp = _library(w)
    return xp.matmul(xp.matrix_transpose(w), w)


def directions(
    w: Float[Array, "*models hidden features"],
) -> Float[Array, "*models hidden features"]:
    """Ŵ: the columns at unit length; a column of zeros stays one."""
    xp = _library(w)
    length = norms(w)[..., None, :]
    return xp.where(length == 0, 0.0, w / xp.where(length == 0, 1.0, length))


def represented(w: Float[Array, "*models hidden features"], threshold: float = 0.5) -> Array:
    """Which features are represented: those longer than `threshold`. Half is midway between absent (0) and kept (1)."""
    return norms(w) > threshold


def interference(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models features"]:
    """Σ_{j≠i} (Ŵ_i · Ŵ_j)²: how far feature i's direction is shared with the others' directions.

    0 for a feature orthogonal to all others, 1 for a member of an antipodal pair.

    Returns:
        Dimensionless, from 0 to features - 1.
    """
    xp = _library(w)
    hat = directions(w)
    squared = gram(hat) ** 2
    own = xp.sum(hat * hat, axis=-2)  # 1, or 0 for a feature without direction
    return xp.sum(squared, axis=-1) - own


def superposition(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models features"]:
    """√(Σ_{j≠i} (Ŵ_i · W_j)²) cut at 1: the colour of the published bar charts.

    Unlike `interference` it weighs the others by their length: a direction shared with features that are not
    represented is not in superposition.

    Returns:
        From 0 (a dimension of its own) to 1 (fully in superposition).
    Source:
        Elhage et al. 2022, "Toy Models of Superposition", demonstrating superposition.
    """
    xp = _library(w)
    hat = directions(w)
    onto = xp.matmul(xp.matrix_transpose(hat), w) ** 2
    own = xp.sum(hat * w, axis=-2) ** 2
    shared = xp.sum(onto, axis=-1) - own
    return xp.sqrt(xp.clip(shared, 0.0, 1.0))


def dimensionality(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models features"]:
    """D_i = ‖W_i‖² / Σ_j (Ŵ_i · W_j)²: the fraction of a hidden dimension that each feature has to itself.

    1 for a feature alone, 1/2 in an antipodal pair, 2/5 in a pentagon, 0 for one not represented.

    Returns:
        Dimensionless, in [0, 1]; at most the `leverage`, so they sum to at most the rank of W.
    Source:
        Elhage et al. 2022, "Toy Models of Superposition", feature dimensionality.
    """
    xp = _library(w)
    shared = xp.sum(xp.matmul(xp.matrix_transpose(directions(w)), w) ** 2, axis=-1)
    return xp.where(shared == 0, 0.0, norms(w) ** 2 / xp.where(shared == 0, 1.0, shared))


def dimensions_per_feature(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models"]:
    """D* = hidden / ‖W‖²_F: hidden dimensions per represented feature. Infinite when nothing is represented.

    Source:
        Elhage et al. 2022, "Toy Models of Superposition", uniform superposition.
    """
    xp = _library(w)
    total = xp.sum(norms(w) ** 2, axis=-1)
    return xp.where(total == 0, xp.inf, w.shape[-2] / xp.where(total == 0, 1.0, total))


def leverage(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models features"]:
    """P_ii, the diagonal of the projector on W's row space: how well feature i can be told from h by any linear map.

    Equal to `dimensionality` in a tight block, and never below it: D_i ≤ P_ii, since by Cauchy and Schwarz
    (W_iᵀ G⁺ W_i)(W_iᵀ G W_i) ≥ ‖W_i‖⁴ with G = WWᵀ.

    Returns:
        In [0, 1]; they sum to the rank of W.
    """
    xp = _library(w)
    finite = xp.all(xp.all(xp.isfinite(w), axis=-1), axis=-1)[..., None]
    _, s, rows = xp.linalg.svd(xp.where(finite[..., None], w, 0.0), full_matrices=False)
    # The usual cut-off for a numerical rank, as in numpy.linalg.matrix_rank.
    cutoff = max(w.shape[-2:]) * xp.finfo(w.dtype).eps * s[..., :1]
    return xp.where(
        finite, xp.sum(xp.where((s > cutoff)[..., None], rows**2, 0.0), axis=-2), xp.nan
    )


def tegum_defect(w: Float[Array, "*models hidden features"]) -> Float[Array, "*models"]:
    """Rank W - Σ D_i = Σ (P_ii - D_i), at least 0; exactly 0 when W is an orthogonal sum of tight frames."""
    xp = _library(w)
    return xp.sum(leverage(w) - dimensionality(w), axis=-1)


def _library(w: Array) -> Any:
    """The array library of weights that have the axes of a W."""
    xp = namespace(w)
    check_weights(w)
    return xp
