"""The best model of each strategy, by descent on the exact loss of pairs of features.

*Collapsed*: the two features of every pair have one direction, length and bias, so that the model
keeps their mean, a pair's first principal component, and nothing else. *Free*: no such tie. The
free optimum is never worse; where it is no better, principal components are the best there is.
"""

from functools import cache, partial
from typing import Any, NamedTuple

import jax
import numpy as np
import scipy.optimize
from jaxtyping import Float, Int

from tegum.features import PartlyCorrelatedSets
from tegum.theory.mixtures import Mixture, mixture_loss, mixture_losses, mixture_of

HIDDEN, PAIRS = 2, 3
TERMS = 64
"""of the series on the way; what is reported has them all"""


class Best(NamedTuple):
    """A model at rest and its exact loss, summed over features."""

    w: Float[np.ndarray, "hidden features"]
    b: Float[np.ndarray, " features"]
    loss: float


def law(density: float, correlation: float) -> PartlyCorrelatedSets:
    """Three pairs, whose members are on or off together with chance ρ."""
    return PartlyCorrelatedSets((2,) * PAIRS, density, correlation)


def best_collapsed(features: PartlyCorrelatedSets, starts: int, rng: np.random.Generator) -> Best:
    """The least loss found of models in which each pair has one direction, length and bias."""
    tied = np.repeat(np.arange(PAIRS), 2)
    by_hand = [_pairs(0)[:, ::2], np.array([[0.66, 0.0, 0.0], [0.0, 0.66, -0.37]])]
    return _best(features, tied, [*by_hand, *_random(PAIRS, starts, rng)])


def best_free(
    features: PartlyCorrelatedSets, starts: int, rng: np.random.Generator, collapsed: Best
) -> Best:
    """The least loss found of all models; never above that of the collapsed one that is given."""
    n = features.n_features
    by_hand = [_pairs(apart) for apart in range(1, PAIRS + 1)]
    by_hand.append(collapsed.w + 0.03 * rng.normal(size=collapsed.w.shape))
    found = _best(features, np.arange(n), [*by_hand, *_random(n, starts, rng)])
    return min(found, collapsed, key=lambda best: best.loss)


def floor(density: float, correlation: float) -> float:
    """What collapsed models must lose: of each pair E (x - y)²/2, whatever one number answers both.

    E x² = p/3, E xy = (p² + ρ p (1 - p))/4. At ρ = 1 it is p/12 a pair.
    """
    p, rho = density, correlation
    return PAIRS * (p / 3 - (p**2 + rho * p * (1 - p)) / 4)


def _pairs(apart: int) -> Float[np.ndarray, "2 features"]:
    """Three pairs a third of a turn from each other, the first so many opened to 66 degrees."""
    turn = 2 * np.pi * np.repeat(np.arange(PAIRS), 2) / PAIRS
    open_ = np.repeat(np.arange(PAIRS) < apart, 2)
    turn = turn + np.radians(33) * np.tile([-1, 1], PAIRS) * open_
    return np.where(open_, 0.95, 0.68) * np.stack([np.cos(turn), np.sin(turn)])


def _random(count: int, starts: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Columns at random angles, of random lengths about 1."""
    turn = rng.uniform(0, 2 * np.pi, (starts, count))
    length = rng.uniform(0.4, 1.1, (starts, 1, count))
    return list(length * np.stack([np.cos(turn), np.sin(turn)], axis=1))


def _best(
    features: PartlyCorrelatedSets, tied: Int[np.ndarray, " features"], starts: list[np.ndarray]
) -> Best:
    parts = mixture_of(features)
    ends = [_descended(parts, tied, w) for w in starts]
    w, b = (np.stack(each) for each in zip(*ends, strict=True))
    loss = mixture_losses(w, b, features)
    least = int(np.argmin(loss))
    return Best(w[least], b[least], float(loss[least]))


def _descended(
    parts: Mixture, tied: Int[np.ndarray, " features"], w: Float[np.ndarray, "hidden columns"]
) -> tuple[np.ndarray, np.ndarray]:
    """Where descent ends, of models whose feature i has column and bias tied[i]."""
    scale = float(parts.chance @ parts.density.mean(axis=1))  # losses are in proportion to p

    def of(v: np.ndarray) -> tuple[float, np.ndarray]:
        rows = v.reshape(HIDDEN + 1, -1)[:, tied]
        with jax.enable_x64(True):
            value, (by_w, by_b) = _program(tied.size)(rows[:-1], rows[-1], *parts)
        slopes = np.concatenate([by_w, by_b[None]]) @ np.eye(w.shape[1])[tied]
        return float(value) / scale, slopes.ravel() / scale

    start = np.concatenate([w, np.zeros((1, w.shape[1]))]).ravel()
    end = scipy.optimize.minimize(of, start, jac=True, method="BFGS", options=OPTIONS)
    rows = end.x.reshape(HIDDEN + 1, -1)[:, tied]
    return rows[:-1], rows[-1]


OPTIONS = {"gtol": 1e-4, "maxiter": 300}


@cache
def _program(n: int) -> Any:
    loss = partial(mixture_loss, importance=np.ones(n), terms=TERMS)
    return jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))
