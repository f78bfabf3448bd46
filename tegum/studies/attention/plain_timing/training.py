"""A bottleneck and a plain head for one pair train together: both sides of the pair, look by look.

The head sees h and g and no constant, l = hᵀAᵀBg, and is asked whether feature i is active in the
left token and feature j in the right one; L = L1 + λ L2, with L1 the mean of both tokens'. For one
pair "any of the pairs" and the count of pairs are the same target, and L2 takes all pairings of a
batch.
"""

import numpy as np
from jaxtyping import Float

from tegum.analysis import geometry
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.attention.pair import AT_LOOKS, PairConfig, at_looks
from tegum.theory.optimal_heads import dual_directions
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled, log_spaced


class Timed(PairConfig):
    """One pair among the features that dense data leave; joint training, looked at 40 times."""

    importance_decay: core.Share = 0.9
    densities: tuple[core.Density, ...] = (0.9, 0.7, 0.5, 0.3)
    """p = 1 - S, the chance that a feature is active"""
    lams: tuple[core.Unsigned, ...] = (0.1, 1.0, 10.0)
    """λ, weight of the head's loss beside L1, which is summed over features"""
    steps: core.Count = 2500
    batch: core.Count = 256
    """fresh tokens a step on each side"""
    learning_rate: core.Unsigned = 5e-3
    looks: core.Count = 40
    """how often to look, evenly in the logarithm of the step"""
    places: tuple[core.Index, ...] = (4, 8)
    """first features of further pairs (k, k + 1), less important ones, at `place_lam` alone"""
    place_lam: core.Unsigned = 1.0
    """λ of these; one of `lams`, or there is nothing to compare them with"""
    kept: core.Count = 20
    """models of each setting whose W, A and B are stored at every look; at most `seeds`"""


def timed(c: Timed, density: float, lam: float) -> core.Variables:
    """All seeds at one sparsity and λ."""
    models, sides = trained(c, density, lam, c.pair), list(c.pair)
    weights = {"w": models.w, "a": models.a, "b": models.b}
    diverged = np.where(models.finite, 0.0, np.nan)[: c.kept, None, None, None]
    return at_looks(models, c.pair) | {
        "best_cosine": best_cosines(models.w, density)[..., sides],
        "overlap": overlaps(models.w)[..., sides],
        **{name: np.float32(each[: c.kept] + diverged) for name, each in weights.items()},
    }


def elsewhere(c: Timed, density: float, place: int) -> core.Variables:
    """The same for a further pair, as far as its times need it."""
    pair = place, place + 1
    if pair[1] >= c.n_features:
        raise bad_input("places", place, f"features below n_features - 1 = {c.n_features - 1}")
    models = trained(c, density, c.place_lam, pair)
    found = at_looks(models, pair)
    return {name: found[name] for name in ("step", "side", "finite")} | {
        "place_cosine": found["cosine"],
        "place_leverage": found["leverage"],
        "place_overlap": overlaps(models.w)[..., list(pair)],
    }


def trained(c: Timed, density: float, lam: float, pair: tuple[int, int]) -> populations.Headed:
    recipe = Recipe(c.steps, Sampled(c.batch), snapshots=looks_of(c.steps, c.looks))
    of = c.n_hidden, c.rank, density, c.importance, Pairs((pair,)), recipe
    return populations.with_heads(c, *of, lam=lam)


def looks_of(steps: int, count: int) -> tuple[int, ...]:
    """Looks from a hundredth or so of the training on: before, nothing has happened to a pair."""
    return log_spaced(steps, count, first=max(1, min(10, steps // 100)))


def overlaps(
    w: Float[np.ndarray, "*models hidden features"],
) -> Float[np.ndarray, "*models features"]:
    """The largest |Ŵ_i·Ŵ_j| of each feature with any other that is represented; 0 without one."""
    cosines = np.abs(geometry.gram(geometry.directions(w)))
    others = geometry.represented(w)[..., None, :] & ~np.eye(w.shape[-1], dtype=bool)
    return np.max(np.where(others, cosines, 0.0), axis=-1)


def best_cosines(
    w: Float[np.ndarray, "*models hidden features"], density: float
) -> Float[np.ndarray, "*models features"]:
    """|cos(d_i, W_i)|: the alignment of the best head on the W of each look."""
    flat = w.reshape(-1, *w.shape[-2:])
    duals = np.stack([dual_directions(one, density) for one in flat]).reshape(w.shape)
    return np.abs(np.sum(geometry.directions(duals) * geometry.directions(w), axis=-2))


VARIABLES = AT_LOOKS | core.table(
    best_cosine=("seed step side", "|cos(d_i, W_i)|, of the best head on this look's W"),
    overlap=("seed step side", "largest |Ŵ_i·Ŵ_j| with another represented feature"),
    w=("kept step hidden feature", "weights W"),
    a=("kept step slice hidden", "A of the head"),
    b=("kept step slice hidden", "B of the head"),
)

ELSEWHERE = core.table(
    place_cosine=("seed step side", "signed cos(first singular vector, W_k) of a further pair"),
    place_leverage=("seed step side", "leverage of a further pair"),
    place_overlap=("seed step side", "largest |Ŵ_k·Ŵ_j| with another represented feature"),
) | {"finite": populations.FINITE}

TIMINGS = core.Measurement(
    "plain-timing",
    version=1,
    parts=(
        core.Part(timed, VARIABLES, density="densities", lam="lams"),
        core.Part(elsewhere, ELSEWHERE, density="densities", place="places"),
    ),
)
