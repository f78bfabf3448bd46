"""Which features a learned dictionary found: cosines of its latents with the true directions, and what chance gives.

Symbols: c_ki is the cosine of latent k's direction with feature i's, D̂ᵀŴ, latents x features. A latent has a sign, so
cosines are signed: a latent that points away from a feature has not found it. Dead latents and features that are not
represented have no row and no column.

K directions drawn at random in m dimensions: one cosine has P(c_ki ≤ c) = F(c), with F from `nulls.chance_cdf`, and the
best of K has F(c)^K, exactly. What a mean over features, or an assignment, does by chance depends on W: it is drawn.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import brentq, linear_sum_assignment

from tegum.analysis.geometry import directions
from tegum.analysis.nulls import chance_cdf
from tegum.arrays import Array, as_float64
from tegum.errors import bad_input


def latent_cosines(
    dictionary: Float[Array, "hidden latents"],
    w: Float[Array, "hidden features"],
    alive: Bool[np.ndarray, " latents"] | None = None,
    represented: Bool[np.ndarray, " features"] | None = None,
) -> Float[np.ndarray, "alive represented"]:
    """c_ki of the latents that are alive and the features that are represented.

    Args:
        dictionary: a direction for each latent, of any length.
        w: the features' directions, of any length.
        alive, represented: which of them count; all that have a length if left out.

    Raises:
        BadInputError: the two have other hidden dimensions.
    """
    d, w = as_float64(dictionary), as_float64(w)
    if d.ndim != 2 or w.ndim != 2 or len(d) != len(w):
        raise bad_input("dictionary", d.shape, f"hidden x latents, with {len(w)} dimensions as w")
    rows, columns = (
        np.any(each != 0, axis=0) if given is None else np.asarray(given, bool)
        for each, given in ((d, alive), (w, represented))
    )
    return directions(d[:, rows]).T @ directions(w[:, columns])


class Recovery(NamedTuple):
    """How well a dictionary stands for some features; all from 0 (or -1) to 1.

    Attributes:
        feature: mean over features of the best cosine of any latent.
        latent: mean over latents of the best cosine with any feature; NaN without latents.
        matched: mean over features of the cosine with a latent of their own, so assigned that it is greatest; 0 for a
            feature without one.
        unique: share of features that are the best one of their best latent.
        shared: share of latents whose best feature is that of another latent too; NaN without latents.
    """

    feature: float
    latent: float
    matched: float
    unique: float
    shared: float


def recovery(cosines: Float[np.ndarray, "latents features"]) -> Recovery:
    """All scores of `latent_cosines`: NaN without features, 0 for features without any latent.

    Source:
        Mean max cosine: Sharkey, Braun and Millidge 2022, "Taking features out of superposition with sparse
        autoencoders". Assignment: `scipy.optimize.linear_sum_assignment`.
    """
    kept = np.asarray(cosines)
    if not kept.shape[1]:
        return Recovery(np.nan, np.nan, np.nan, np.nan, np.nan)
    if not kept.shape[0]:
        return Recovery(0.0, np.nan, 0.0, 0.0, np.nan)
    best_latent, best_feature = kept.argmax(axis=0), kept.argmax(axis=1)
    mutual = best_feature[best_latent] == np.arange(kept.shape[1])
    takers = np.bincount(best_feature, minlength=kept.shape[1])
    rows, columns = linear_sum_assignment(-kept)
    return Recovery(
        feature=float(kept.max(axis=0).mean()),
        latent=float(kept.max(axis=1).mean()),
        matched=float(kept[rows, columns].sum()) / kept.shape[1],
        unique=float(mutual.mean()),
        shared=float((takers[best_feature] > 1).mean()),
    )


def latents_per_feature(
    cosines: Float[np.ndarray, "latents features"], threshold: float
) -> Float[np.ndarray, " features"]:
    """How many latents have a cosine above the threshold with each feature.

    Args:
        cosines: of `latent_cosines`.
        threshold: in (-1, 1); `random_best_quantile` says what chance stays below.
    """
    return np.sum(np.asarray(cosines) > threshold, axis=0).astype(float)


class Coding(NamedTuple):
    """What a dictionary does to a sample of hidden vectors.

    Attributes:
        explained: 1 - Σ‖h - h'‖² / Σ‖h - mean h‖²; NaN where h does not vary.
        active: L0, the mean number of active latents.
        alive: which latents are ever active.
    """

    explained: float
    active: float
    alive: Bool[np.ndarray, " latents"]


def coding(
    h: Float[Array, "hidden inputs"],
    decoded: Float[Array, "hidden inputs"],
    z: Float[Array, "latents inputs"],
) -> Coding:
    """Explained variance, L0 and the latents alive, on a sample; the batch last."""
    h, decoded, z = as_float64(h), as_float64(decoded), as_float64(z)
    spread = ((h - h.mean(axis=1, keepdims=True)) ** 2).sum()
    explained = 1 - ((h - decoded) ** 2).sum() / spread if spread > 0 else np.nan
    return Coding(float(explained), float((z > 0).sum(axis=0).mean()), (z > 0).any(axis=1))


class Response(NamedTuple):
    """How a latent answers the strength of its feature.

    Attributes:
        slope: of the least-squares line through (strength, activation), where it is active.
        shortfall: mean of strength - activation there; NaN where it is active less than twice.
    """

    slope: float
    shortfall: float


def response(strength: Float[Array, " inputs"], activation: Float[Array, " inputs"]) -> Response:
    """Shrinkage of a latent: 1 and 0 for one that reports its feature's strength as it is.

    Args:
        strength: x_i ‖W_i‖, what a faithful latent would report.
        activation: z_k on the same inputs.
    """
    x, z = as_float64(strength), as_float64(activation)
    on = z > 0
    if on.sum() < 2 or np.ptp(x[on]) == 0:
        return Response(np.nan, np.nan)
    slope = np.polyfit(x[on], z[on], 1)[0]
    return Response(float(slope), float((x[on] - z[on]).mean()))


# --- what chance gives --------------------------------------------------------------------------


def random_best_cdf(
    cosine: float | Float[Array, "..."], n_hidden: int, n_latents: int
) -> Float[np.ndarray, "..."]:
    """P(the best signed cosine of K independent random directions with a fixed one ≤ cosine).

    Args:
        cosine: in [-1, 1].
        n_hidden: m, at least 1.
        n_latents: K, at least 1.
    """
    if n_latents < 1:
        raise bad_input("n_latents", n_latents, "at least 1")
    c = as_float64(cosine)
    return np.asarray(((1 + np.sign(c) * chance_cdf(np.abs(c), n_hidden)) / 2) ** n_latents)


def random_best_mean(n_hidden: int, n_latents: int) -> float:
    """Its mean, 1 - ∫ P dc: what mean max cosine gives for random directions. Arguments as there."""
    angles = np.linspace(0, np.pi, 4001)  # even in the angle: the law is steep at ±1
    below = random_best_cdf(np.cos(angles), n_hidden, n_latents)
    return float(1 - np.trapezoid(below * np.sin(angles), angles))


def random_best_quantile(q: float, n_hidden: int, n_latents: int) -> float:
    """The cosine that the best of K random directions stays below with probability q, in (0, 1)."""
    if not 0 < q < 1:
        raise bad_input("q", q, "a probability strictly between 0 and 1")
    return float(
        brentq(lambda c: float(random_best_cdf(c, n_hidden, n_latents)) - q, -1, 1, xtol=1e-10)
    )


class Chance(NamedTuple):
    """What random dictionaries of one size score on one W: means and 95 % quantiles."""

    feature: float
    feature_q95: float
    matched: float
    matched_q95: float


def chance_recovery(
    w: Float[Array, "hidden features"], n_latents: int, *, draws: int = 100, seed: int = 0
) -> Chance:
    """Scores of K random directions on these features, drawn; the mean of `feature` has the exact law above.

    Args:
        w: directions of the features that count.
        n_latents: K, at least 1.
        draws: random dictionaries.
        seed: of the draws.
    """
    w = directions(as_float64(w))
    rng = np.random.default_rng(seed)
    drawn = directions(rng.normal(size=(draws, len(w), n_latents)))
    cosines = np.swapaxes(drawn, -1, -2) @ w
    best = cosines.max(axis=1).mean(axis=-1)
    matched = np.array([each[linear_sum_assignment(-each)].sum() for each in cosines]) / w.shape[1]
    return Chance(
        float(best.mean()),
        float(np.quantile(best, 0.95)),
        float(matched.mean()),
        float(np.quantile(matched, 0.95)),
    )
