"""Other ways to find the attended features, which a head's singular vectors must stand beside.

A head is asked for several pairs; each way gives |cos| with the two features of the first, of its best slice and there
of the worse side:

    head                    singular vectors of the trained head
    theory                  the same, of the closed-form head
    gauge                   its rows of A and B after a random rotation between them: the same logits, other rows
    rows of A, B            as trained: a gauge that training happened to choose
    wrong pair              the head's singular vectors, against a pair that it was not asked for
    shuffled pair           the same, against the first feature with another pair's partner
    unwhitened              singular vectors of Cov(h) Ω Cov(h)
    with constant           singular vectors of a head that sees [h; 1]
    with constant, gauge
    with constant, unwhitened
    contrast                of E[hgᵀ | s = 1] - E[hgᵀ | s = 0] for the first pair alone: no head at all
"""

import jax
import numpy as np
from jaxtyping import Float

from tegum.analysis.spectra import (
    contrastive_covariance,
    cosines,
    detector_auc,
    gauge_rotated,
    row_slices,
    shuffled_pairs,
    svd_of,
    unwhitened,
)
from tegum.features import SparseFeatures
from tegum.studies.attention.slices import Asked, optimal_slices, slices_of, trained_heads
from tegum.theory.head_moments import hidden_covariance

TOKENS = 2000  # of each class, for the area under the ROC curve


def baseline_scores(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    pairs: tuple[tuple[int, int], ...],
    weights: tuple[float, ...],
    *,
    seeds: np.ndarray,
    steps: int,
) -> dict[str, Float[np.ndarray, " models"]]:
    """|cos| of every way, one number a model. The target is "count"; heads are of full rank."""
    hidden, pair = w.shape[-2], pairs[0]
    plain, affine = Asked(pairs, weights), Asked(pairs, weights, bias=True)
    trained = {
        asked.bias: trained_heads(w, density, asked, hidden, seeds=seeds, steps=steps).model
        for asked in (plain, affine)
    }
    slices, with_constant = slices_of(trained[False], hidden), slices_of(trained[True], hidden)
    covariance = np.stack([hidden_covariance(one, density) for one in w])
    back = {
        bias: svd_of(unwhitened(np.asarray(head.omega, np.float64), covariance))
        for bias, head in trained.items()
    }
    contrast_u, _, contrast_v = svd_of(contrastive_covariance(w, density, pair))
    rows = row_slices(
        *(np.asarray(part, np.float64) for part in (trained[False].a, trained[False].b))
    )
    optimal = optimal_slices(w, density, plain, hidden)[0]
    wrong = (w.shape[-1] - 1 - pair[0], w.shape[-1] - 1 - pair[1])
    seed = int(seeds[0])
    return {
        "head": _best(slices.u, slices.v, w, pair),
        "theory": _best(optimal.u, optimal.v, w, pair),
        "gauge": _best(*gauge_rotated(slices.u, slices.s, slices.v, seed), w, pair),
        "rows of A, B": _best(*rows, w, pair),
        "wrong pair": _best(slices.u, slices.v, w, wrong),
        "shuffled pair": _best(slices.u, slices.v, w, shuffled_pairs(pairs, seed)[0]),
        "unwhitened": _best(back[False][0], back[False][2], w, pair),
        "with constant": _best(with_constant.u, with_constant.v, w, pair),
        "with constant, gauge": _best(
            *gauge_rotated(with_constant.u, with_constant.s, with_constant.v, seed), w, pair
        ),
        "with constant, unwhitened": _best(back[True][0], back[True][2], w, pair),
        "contrast": _best(contrast_u, contrast_v, w, pair),
    }


def detector_scores(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    pair: tuple[int, int],
    *,
    seeds: np.ndarray,
) -> Float[np.ndarray, "models bias"]:
    """How well the closed-form logit tells tokens with the pair from tokens without, as area under the ROC curve.

    Positives are drawn given that the pair is present, so that there are as many of them as of negatives however sparse
    features are. NaN at density 1, where there are no negatives.
    """
    areas = np.full((len(w), 2), np.nan)
    if density == 1:
        return areas
    features = SparseFeatures(w.shape[-1], density)
    for k, (one, seed) in enumerate(zip(w, seeds, strict=True)):
        left, right = (
            np.asarray(features.sample(key, TOKENS), np.float64).T
            for key in jax.random.split(jax.random.key(int(seed)))
        )
        rng = np.random.default_rng(int(seed))
        active_left, active_right = left.copy(), right.copy()
        active_left[pair[0]], active_right[pair[1]] = rng.random((2, TOKENS))
        present = (left[pair[0]] > 0) & (right[pair[1]] > 0)
        x = np.concatenate([left[:, ~present], active_left], axis=1)
        y = np.concatenate([right[:, ~present], active_right], axis=1)
        label = np.arange(x.shape[1]) >= int((~present).sum())
        for bias in (False, True):
            [omega] = optimal_slices(one[None], density, Asked((pair,), bias=bias), one.shape[0])[1]
            h, g = (np.vstack([one @ t, np.ones((int(bias), t.shape[1]))]) for t in (x, y))
            areas[k, int(bias)] = detector_auc(np.sum(h * (omega @ g), axis=0), label)
    return areas


def _best(u: np.ndarray, v: np.ndarray, w: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    """The worse side's |cos|, of the slice where both sides together are best."""
    left, right = (np.abs(cosines(part, w))[..., k] for part, k in zip((u, v), pair, strict=True))
    chosen = np.argmax(left * right, axis=-1)[:, None]
    return np.take_along_axis(np.minimum(left, right), chosen, axis=-1)[:, 0]
