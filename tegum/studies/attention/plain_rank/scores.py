"""What heads for many pairs read, beside the closed form of their rank on the same W.

Symbols: τ_k singular values of the whitened task, which a head of rank r has the r largest of;
κ = 1ᵀP1, P the projector on W's row space.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from tegum.analysis import geometry
from tegum.models import Head
from tegum.studies.attention.rank.scores import best, energies
from tegum.studies.attention.slices import Asked, Slices, optimal_slices, slices_of
from tegum.theory.head_moments import target_power
from tegum.theory.known import exact_losses_and_gaps
from tegum.theory.optimal_heads import head_loss, whitened_values


class Population(NamedTuple):
    """Heads on their W, models by rank, then by seed, sound ones in the place of diverged."""

    w: Float[np.ndarray, "models hidden features"]
    b: Float[np.ndarray, "models features"]
    head: Head
    finite: Bool[np.ndarray, " models"]


def measured(
    models: Population,
    ranks: Sequence[int],
    asked: Asked,
    density: float,
    importance: Float[np.ndarray, " features"],
) -> dict[str, np.ndarray]:
    """Heads and their W, by rank and seed, beside the best head of that rank on that W."""
    w, b, head, finite = models
    matrix, slices = asked.matrix(w.shape[-1]), slices_of(head, w.shape[-2])
    power, seeds = target_power(density, matrix, asked.target), len(w) // len(ranks)
    omega = np.swapaxes(np.asarray(head.a, float), -1, -2) @ np.asarray(head.b, float)
    parts: dict[str, list[Any]] = {"energy": [], "best": [], "energy_theory": [], "best_theory": []}
    for k, r in enumerate(ranks):
        own = slice(k * seeds, (k + 1) * seeds)
        found = Slices(slices.u[own, :, :r], slices.s[own, :r], slices.v[own, :, :r])
        optimum = optimal_slices(w[own], density, asked, int(r))[0]
        for kind, of in (("", found), ("_theory", optimum)):
            parts[f"energy{kind}"].append(energies(of, w[own], asked))
            parts[f"best{kind}"].append(best(of, w[own], asked))
    tau = np.array([whitened_values(one, density, matrix, asked.target) for one in w])
    first = np.arange(tau.shape[-1]) < np.repeat(ranks, seeds)[:, None]
    last = np.min(np.where(first, tau, np.inf), axis=-1)
    after = np.max(np.where(first, 0.0, tau), axis=-1)
    l2 = [head_loss(o, one, density, matrix, asked.target) for o, one in zip(omega, w, strict=True)]
    of_models = {
        "apart": (last**2 - after**2) / np.sum(tau**2, axis=-1),
        "L1": exact_losses_and_gaps(w, b, density, importance)[0],
        "L2": np.array(l2) / power,
        "L2_floor": 1 - np.sum(tau**2 * first, axis=-1) / power,
        "row_sum": row_sum(w),
        "leverage": geometry.leverage(w),
        "norm": geometry.norms(w),
        "superposition": geometry.superposition(w),
        "finite": finite,
    }
    laid = {name: np.reshape(x, (len(ranks), seeds, *x.shape[1:])) for name, x in of_models.items()}
    laid |= {name: np.stack(values) for name, values in parts.items()}
    sound = np.where(finite[::seeds], 0.0, np.nan)[:, None, None]
    return laid | {"w": w[::seeds] + sound}


def row_sum(w: Float[np.ndarray, "models hidden features"]) -> Float[np.ndarray, " models"]:
    """κ/n: how much of the sum of all features can be read off h."""
    rows = np.linalg.svd(w, full_matrices=False)[2]
    return np.sum(rows.sum(-1) ** 2, axis=-1) / w.shape[-1]


def share_of_first(w: Float[np.ndarray, "hidden features"], density: float, asked: Asked) -> float:
    """τ_1² / Σ τ_k²: the share of what a head of full rank explains that one of rank 1 does."""
    tau = whitened_values(w, density, asked.matrix(w.shape[-1]), asked.target)
    return float(tau[0] ** 2 / np.sum(tau**2))


def target_gap(
    w: Float[np.ndarray, "hidden features"], density: float, one: Asked, other: Asked
) -> float:
    """‖Ω - Ω'‖ / ‖Ω'‖ of the best heads of full rank for two questions."""
    first, second = (optimal_slices(w[None], density, each, len(w))[1] for each in (one, other))
    return float(np.linalg.norm(first - second) / np.linalg.norm(second))
