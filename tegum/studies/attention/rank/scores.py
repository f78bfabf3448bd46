"""Heads that are asked for every feature at once: how they are asked, trained and scored.

Models come first in every array, and what was measured of a head that diverged is NaN.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Bool, Float

from tegum.analysis import geometry
from tegum.analysis.spectra import cosines, gated_match
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head
from tegum.studies.attention.slices import (
    Asked,
    Slices,
    excess,
    heads_of_ranks,
    optimal_slices,
    slices_of,
)
from tegum.studies.populations import with_stand_ins
from tegum.theory.dictionaries import orthonormal
from tegum.theory.head_moments import target_power
from tegum.theory.optimal_heads import head_floor
from tegum.training.engine import Trained, fresh, stack, train
from tegum.training.objectives import HeadOnFrozen, Pairs
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule

EXACT, SAMPLED = "count, [h; 1]", "count, [h; 1], sampled"
VARIANTS = {"product": ("product", False), "count": ("count", False), EXACT: ("count", True)}
"""target, and whether the head sees a constant 1 besides h"""
APART = 4.0
"""times ‖Ω - Ω*‖: σ that differ by more are told apart"""


def asked_for_all(count: int, gap: float, variant: str) -> Asked:
    """Each of `count` features with the next; weights fall evenly from 1, by `gap` of the least."""
    weights = 1 + gap * np.arange(count)[::-1]
    pairs = tuple((i, (i + 1) % count) for i in range(count))
    return Asked(pairs, tuple(float(t) for t in weights / weights[0]), *VARIANTS[variant])


def planted(m: int, seeds: np.ndarray) -> Float[np.ndarray, "models hidden features"]:
    """As many orthonormal features as dimensions, turned at random, one dictionary a seed."""
    return np.stack([orthonormal(m, m, int(seed)) for seed in seeds])


def heads_on_samples(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Asked,
    *,
    steps: int,
    batch: int,
    seeds: np.ndarray,
    batches: np.ndarray,
) -> Trained:
    """Heads of full rank trained on fresh batches, so that Ω stays noisy.

    Args:
        w, density, asked: as in `slices.trained_heads`.
        steps, batch: of the training, by Adam at a rate that falls from 0.03 to a tenth.
        seeds, batches: one a model, of the initial A and B, and of the samples.
    """
    count, m, n = w.shape
    objectives = HeadOnFrozen(
        stack([SparseFeatures(n, density)] * count),
        stack([Pairs(asked.pairs, np.array(asked.weights), asked.target)] * count),
        Bottleneck(w.astype(np.float32), np.zeros((count, n), np.float32)),
    )
    heads = fresh(partial(Head.init, m, m, constant_input=asked.bias), seeds)
    schedule = Schedule("cosine", end=0.1)
    recipe = Recipe(steps, Sampled(batch), optimizer=Adam(), schedule=schedule)
    return train(heads, objectives, recipe, seeds=batches, learning_rate=3e-2)


# --- full rank ------------------------------------------------------------------------------------


def beside_optimum(
    heads: Trained, w: Float[np.ndarray, "models hidden features"], density: float, asked: Asked
) -> dict[str, np.ndarray]:
    """How heads recover their features, how near Ω is to Ω*, and what that noise leaves apart."""
    m = w.shape[-2]
    slices, optimum = slices_or_stand_ins(heads, m), optimal_slices(w, density, asked, m)[0]
    error = np.linalg.norm(slices.omega - optimum.omega, 2, axis=(-2, -1))
    match = gated_match(slices.u, slices.s, slices.v, w, asked.pairs, APART * error[:, None])
    # Pairs come by falling weight, as σ does, which must stand above the noise itself.
    scored = (match.size > 0) & (optimum.s > (APART + 1) * error[:, None])
    least = np.min(np.where(scored, np.minimum(match.left, match.right), np.inf), axis=-1)
    largest = optimum.s[:, 0]
    found = missing(
        heads.finite,
        recovery=best(slices, w, asked).mean(-1),
        error=error / largest,
        least_gap=np.min(-np.diff(optimum.s), axis=-1) / largest,
        gated=np.where(scored.any(-1), least, np.nan),
        gated_alone=(match.size == 1).mean(-1),
        gated_none=(~scored).mean(-1),
    )
    return found | {"recovery_theory": best(optimum, w, asked).mean(-1)}


def best_beside_optimum(
    heads: Trained, w: Float[np.ndarray, "models hidden features"], density: float, asked: Asked
) -> dict[str, np.ndarray]:
    """|cos| of each feature's best slice, in heads and in Ω*."""
    m = w.shape[-2]
    found = best(slices_or_stand_ins(heads, m), w, asked)
    theory = best(optimal_slices(w, density, asked, m)[0], w, asked)
    return missing(heads.finite, on_trained=found) | {"on_trained_theory": theory}


# --- short rank -----------------------------------------------------------------------------------


def at_short_ranks(
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Asked,
    ranks: Sequence[int],
    *,
    seeds: np.ndarray,
    steps: int,
) -> dict[str, np.ndarray]:
    """Heads of every rank on planted features, trained on the exact loss by one program.

    Args:
        w, density, asked, seeds, steps: as in `slices.trained_heads`.
        ranks: r, which become the first axis of the result.
    """
    count, hidden = len(ranks), w.shape[-2]
    each_rank, each_seed = np.repeat(ranks, len(w)), np.tile(seeds, count)
    every, questions = np.tile(w, (count, 1, 1)), [asked] * len(each_rank)
    heads = heads_of_ranks(every, density, questions, each_rank, seeds=each_seed, steps=steps)
    slices = slices_or_stand_ins(heads, hidden)
    parts = [np.split(part, count) for part in (slices.u, slices.s, slices.v, heads.finite)]
    found = [
        beside_floor(Slices(u, s, v), finite, w, density, asked, rank)
        for *(u, s, v), finite, rank in zip(*parts, ranks, strict=True)
    ]
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


def beside_floor(
    slices: Slices,
    finite: Bool[np.ndarray, " models"],
    w: Float[np.ndarray, "models hidden features"],
    density: float,
    asked: Asked,
    rank: int,
) -> dict[str, np.ndarray]:
    """What heads of one rank span, and their loss beside the least, in units of E s².

    The closed form is that of the first dictionary: all are one, turned.
    """
    matrix, target = asked.matrix(w.shape[-1]), asked.target
    floor = head_floor(w[0], density, matrix, target, rank=rank)
    floor /= target_power(density, matrix, target)
    own = Slices(slices.u[..., :rank], slices.s[..., :rank], slices.v[..., :rank])
    together = geometry.directions(w.sum(-1, keepdims=True))
    found = missing(
        finite,
        energy=energies(own, w, asked),
        shared=np.linalg.norm(cosines(own.u, together), axis=(-2, -1)),
        overlap=overlaps(np.swapaxes(w, -1, -2) @ own.u, finite),
        L2=floor + excess(own.omega, w, density, asked, rank),
    )
    optimum = optimal_slices(w[:1], density, asked, rank)[0]
    theory = {"energy_theory": energies(optimum, w[:1], asked)[0], "L2_floor": np.array(floor)}
    return found | theory


# --- slices and features --------------------------------------------------------------------------


def sides(
    slices: Slices, w: np.ndarray, asked: Asked
) -> Float[np.ndarray, "side models rank pairs"]:
    """|cos| of every slice with every pair's feature, left and right."""
    both = zip((slices.u, slices.v), np.transpose(asked.pairs), strict=True)
    return np.stack([np.abs(cosines(part, w))[..., features] for part, features in both])


def best(slices: Slices, w: np.ndarray, asked: Asked) -> Float[np.ndarray, "models pairs"]:
    """|cos| of each feature's best slice, the worse side."""
    return sides(slices, w, asked).min(0).max(-2)


def slices_or_stand_ins(heads: Trained, m: int) -> Slices:
    return slices_of(with_stand_ins(heads.model, heads.finite), m)


def missing(finite: Bool[np.ndarray, " models"], **found: np.ndarray) -> dict[str, np.ndarray]:
    """What was found, models first, with NaN for the heads that diverged."""
    marks = {name: finite.reshape(-1, *[1] * (value.ndim - 1)) for name, value in found.items()}
    return {name: np.where(marks[name], value, np.nan) for name, value in found.items()}


def energies(slices: Slices, w: np.ndarray, asked: Asked) -> Float[np.ndarray, "models pairs"]:
    """How much of a pair's features lies in the slices' span, mean of both sides."""
    return np.sum(sides(slices, w, asked) ** 2, axis=-2).mean(0)


def overlaps(
    spans: Float[np.ndarray, "seeds features slices"], finite: Bool[np.ndarray, " seeds"]
) -> Float[np.ndarray, " seeds"]:
    """How far a span agrees with others besides one direction that all have: (‖UᵀV‖² - 1)/(r - 1),
    mean over all other sound ones; NaN for single slices.
    """
    projectors = (spans @ np.swapaxes(spans, -1, -2)).reshape(len(spans), -1)
    others = finite & ~np.eye(len(spans), dtype=bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        excess_of_one = np.sum((projectors @ projectors.T - 1) * others, axis=-1)
        return excess_of_one / (np.sum(others, axis=-1) * (spans.shape[-1] - 1))
