"""Other ways to find the attended features, which a head's singular vectors must stand beside.

A head is asked for several pairs; each way gives |cos| with the two features of the first, of its best slice and there
of the worse side:

    head                    singular vectors of the trained head
    theory                  the same, of the closed-form head
    gauge                   its rows of A and B after a random rotation between them: the same logits, other rows
    rows of A, B            as trained: a gauge that training happened to choose
    wrong pair              the head's singular vectors, against a pair that it was not asked for
    unmixed                 singular vectors of Cov(h) Ω Cov(h)
    with constant           singular vectors of a head that sees [h; 1]
    with constant, gauge
    with constant, unmixed
    contrast                of E[hgᵀ | s = 1] - E[hgᵀ | s = 0] for the first pair alone: no head at all
"""

import jax
import numpy as np
from jaxtyping import Float

from tegum.analysis.recovery import contrastive_covariance, detector_auc, gauge_rotated
from tegum.analysis.spectra import cosines
from tegum.features import SparseFeatures
from tegum.studies.attention.heads import Asked, Slices, optimal_slices, slices_of, trained_heads
from tegum.theory.heads import unmixed

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
    slices = slices_of(trained[False], hidden)
    a, b = (np.asarray(part, np.float64) for part in (trained[False].a, trained[False].b))
    wrong = (w.shape[-1] - 1 - pair[0], w.shape[-1] - 1 - pair[1])
    covariance = np.stack([contrastive_covariance(one, density, pair) for one in w])
    return {
        "head": _of(slices, w, pair),
        "theory": _of(optimal_slices(w, density, plain, hidden)[0], w, pair),
        "gauge": _best(*_turned(slices, seeds), w, pair),
        "rows of A, B": _best(_unit_rows(a), _unit_rows(b), w, pair),
        "wrong pair": _of(slices, w, wrong),
        "unmixed": _of(_unmixed(trained[False].omega, w, density, bias=False), w, pair),
        "with constant": _of(slices_of(trained[True], hidden), w, pair),
        "with constant, gauge": _best(*_turned(slices_of(trained[True], hidden), seeds), w, pair),
        "with constant, unmixed": _of(_unmixed(trained[True].omega, w, density, bias=True), w, pair),
        "contrast": _of(_svd(covariance), w, pair),
    }


def detector_scores(
    w: Float[np.ndarray, "models hidden features"], density: float, pair: tuple[int, int], *, seeds: np.ndarray
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


def _svd(matrices: Float[np.ndarray, "models hidden hidden"]) -> Slices:
    u, s, vt = np.linalg.svd(matrices)
    return Slices(u, s, np.swapaxes(vt, -1, -2))


def _unmixed(omega: np.ndarray, w: np.ndarray, density: float, *, bias: bool) -> Slices:
    both = zip(np.asarray(omega, np.float64), w, strict=True)
    return _svd(np.stack([unmixed(o, one, density, bias) for o, one in both]))


def _turned(slices: Slices, seeds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of an equivalent A and B, as columns of unit length."""
    models = zip(slices.u, slices.s, slices.v, seeds, strict=True)
    left, right = zip(*(gauge_rotated(u, s, v, seed=int(seed)) for u, s, v, seed in models), strict=True)
    return np.stack(left), np.stack(right)


def _unit_rows(part: Float[np.ndarray, "models rank hidden"]) -> Float[np.ndarray, "models hidden rank"]:
    columns = np.swapaxes(part, -1, -2)
    return columns / np.maximum(np.linalg.norm(columns, axis=-2, keepdims=True), 1e-30)


def _of(slices: Slices, w: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    return _best(slices.u, slices.v, w, pair)


def _best(u: np.ndarray, v: np.ndarray, w: np.ndarray, pair: tuple[int, int]) -> np.ndarray:
    """The worse side's |cos|, of the slice where both sides together are best."""
    left, right = (np.abs(cosines(part, w))[..., k] for part, k in zip((u, v), pair, strict=True))
    chosen = np.argmax(left * right, axis=-1)[:, None]
    return np.take_along_axis(np.minimum(left, right), chosen, axis=-1)[:, 0]
