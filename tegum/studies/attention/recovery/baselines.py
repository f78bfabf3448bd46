"""Other ways to find the attended features, which a head's singular vectors must stand beside.

A head is asked for several pairs; each way gives |cos| with the two features of the first, of its
best slice and there of the worse side. Rows of A and B that are turned by one random rotation give
the same logits; as trained they are a gauge that training happened to choose. The contrast is the
first pair's alone.
"""

import numpy as np
from jaxtyping import Float

from tegum.analysis import alternatives
from tegum.analysis.functional import detector_auc
from tegum.analysis.matching import cosines
from tegum.analysis.spectra import svd_of
from tegum.features import SparseFeatures
from tegum.studies.attention.slices import Asked, optimal_slices, slices_of, trained_heads
from tegum.theory.head_moments import hidden_covariance
from tegum.training.engine import fresh

Models = Float[np.ndarray, "models hidden features"]

WAYS = {
    "head": "h: singular vectors of Ω",
    "theory": "h: singular vectors of the closed-form Ω*",
    "unwhitened": "h: singular vectors of Cov(h) Ω Cov(h)",
    "rows of A, B": "h: rows of A and B as trained",
    "gauge": "h: rows of A and B, turned at random",
    "wrong pair": "h: Ω, against a pair not asked for",
    "shuffled pair": "h: Ω, against another pair's partner",
    "with constant": "[h; 1]: singular vectors of Ω",
    "with constant, unwhitened": "[h; 1]: singular vectors of Cov(h) Ω Cov(h)",
    "with constant, gauge": "[h; 1]: rows of A and B, turned at random",
    "contrast": "no head: E[hgᵀ | pair] - E[hgᵀ | no pair]",
}
"""what each way is, for people: the head's input, and what is held against the pair"""

TOKENS = 2000  # of each class, for the area under the ROC curve


def baseline_scores(
    w: Models,
    density: float,
    pairs: tuple[tuple[int, int], ...],
    weights: tuple[float, ...],
    *,
    seeds: np.ndarray,
    rng: np.random.Generator,
    steps: int,
) -> dict[str, Float[np.ndarray, " models"]]:
    """|cos| of every way, one number a model. The target is "count"; heads are of full rank.

    `seeds` are of the heads, `rng` is for the gauges and the shuffled pair.
    """
    pair, wrong = pairs[0], tuple(w.shape[-1] - 1 - k for k in pairs[0])
    covariance = np.stack([hidden_covariance(one, density) for one in w])
    found = {}
    for bias, name in ((False, "head"), (True, "with constant")):
        asked = Asked(pairs, weights, bias=bias)
        head = trained_heads(w, density, asked, w.shape[-2], seeds=seeds, steps=steps).model
        own, before = slices_of(head, w.shape[-2]), f"{name}, " if bias else ""
        turned = alternatives.gauge_rotated(own.u, own.s, own.v, rng)
        back_u, _, back_v = svd_of(alternatives.unwhitened(own.omega, covariance))
        found[name] = _best(own.u, own.v, w, pair)
        found[f"{before}gauge"] = _best(*turned, w, pair)
        found[f"{before}unwhitened"] = _best(back_u, back_v, w, pair)
        if not bias:
            best, _ = optimal_slices(w, density, asked, w.shape[-2])
            rows = (np.asarray(part, np.float64) for part in (head.a, head.b))
            shuffled = alternatives.shuffled_pairs(pairs, rng)[0]
            found["theory"] = _best(best.u, best.v, w, pair)
            found["rows of A, B"] = _best(*alternatives.row_slices(*rows), w, pair)
            found["wrong pair"] = _best(own.u, own.v, w, wrong)
            found["shuffled pair"] = _best(own.u, own.v, w, shuffled)
    left, _, right = svd_of(alternatives.contrastive_covariance(w, density, pair))
    return found | {"contrast": _best(left, right, w, pair)}


def detector_scores(
    w: Models, density: float, pair: tuple[int, int], *, seeds: np.ndarray
) -> Float[np.ndarray, "models bias"]:
    """How well the closed-form logit tells tokens with the pair from others: area under the ROC.

    Positives are drawn given that the pair is present, so that there are as many of them as of
    negatives however sparse features are. NaN at density 1, where there are no negatives.
    """
    areas = np.full((len(w), 2), np.nan)
    if density == 1:
        return areas
    features = SparseFeatures(w.shape[-1], density)
    for k, (one, seed) in enumerate(zip(w, seeds, strict=True)):
        x, y, label = _tokens(features, pair, int(seed))
        for bias in (False, True):
            [omega] = optimal_slices(one[None], density, Asked((pair,), bias=bias), len(one))[1]
            h, g = (np.vstack([one @ t, np.ones((int(bias), t.shape[1]))]) for t in (x, y))
            areas[k, int(bias)] = detector_auc(np.sum(h * (omega @ g), axis=0), label)
    return areas


def _tokens(features: SparseFeatures, pair: tuple[int, int], seed: int) -> tuple[np.ndarray, ...]:
    """Left and right tokens [feature token], and which have the pair: the last TOKENS of them."""
    [drawn] = fresh(lambda key: features.sample(key, 2 * TOKENS), [seed])
    left, right = np.split(np.asarray(drawn, np.float64).T, 2, axis=1)
    absent = ~((left[pair[0]] > 0) & (right[pair[1]] > 0))
    active_left, active_right = left.copy(), right.copy()
    active_left[pair[0]], active_right[pair[1]] = np.random.default_rng(seed).random((2, TOKENS))
    x, y = np.hstack([left[:, absent], active_left]), np.hstack([right[:, absent], active_right])
    return x, y, np.arange(x.shape[1]) >= int(absent.sum())


def _best(u: np.ndarray, v: np.ndarray, w: Models, pair: tuple[int, int]) -> np.ndarray:
    """The worse side's |cos|, of the slice where both sides together are best."""
    left, right = (np.abs(cosines(part, w))[..., k] for part, k in zip((u, v), pair, strict=True))
    chosen = np.argmax(left * right, axis=-1)[:, None]
    return np.take_along_axis(np.minimum(left, right), chosen, axis=-1)[:, 0]
