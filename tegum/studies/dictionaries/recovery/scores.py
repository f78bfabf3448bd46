"""Scores of one autoencoder on one W, beside nulls and what theory says of losses."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from tegum.analysis import recovered as read
from tegum.analysis.geometry import directions, norms, represented
from tegum.models import SparseAutoencoder
from tegum.studies.dictionaries.autoencoders import Setting, answers
from tegum.theory.sparse_coding import coding_bound, coding_cost, huber

CODED = 256
"""hidden vectors that are coded at their best"""
LEAST_COSINE = 0.9
"""of a latent that counts as its feature's"""


def scores(
    sae: SparseAutoencoder, setting: Setting, x: Float[np.ndarray, "features inputs"]
) -> dict[str, float]:
    """What is read off one autoencoder, on a sample and on each feature alone."""
    h = setting.w @ x
    z, decoded = answers(sae, h)
    coded, there = read.coding(h, decoded, z), represented(setting.w)
    cosines = read.latent_cosines(np.asarray(sae.w_dec), setting.w, coded.alive, there)
    error = float(((h - decoded) ** 2).sum(axis=0).mean())
    on = coded.active if sae.kind == "jumprelu" else float(z.sum(axis=0).mean())
    return read.recovery(cosines)._asdict() | {
        "per_feature": read.latents_per_feature(cosines, LEAST_COSINE).sum() / max(1, there.sum()),
        "dead": float(1 - coded.alive.mean()),
        "active": coded.active,
        "explained": coded.explained,
        "error": error,
        "loss": error + setting.penalty * on,
        **_alone(sae, setting, there),
    }


def _alone(
    sae: SparseAutoencoder, setting: Setting, there: Bool[np.ndarray, " features"]
) -> dict[str, float]:
    """How much of a feature that is active alone comes back along it: slope and what is missing.

    Of the whole reconstruction, whichever latents give it: of several on one feature each gives a
    part. Medians over represented features.
    """
    values = np.linspace(0.5, 1.0, 11)
    h = (setting.w[:, :, None] * values).reshape(len(setting.w), -1)
    decoded = answers(sae, h)[1].reshape(len(h), -1, len(values))
    back = np.einsum("hi,hiv->iv", directions(setting.w), decoded)
    lengths = norms(setting.w)
    each = [read.response(lengths[i] * values, back[i]) for i in np.flatnonzero(there)]
    told = np.array([one for one in each if np.isfinite(one.slope)]).reshape(-1, 2)
    slope, shortfall = np.median(told, axis=0) if len(told) else (np.nan, np.nan)
    return {"slope": float(slope), "shortfall": float(shortfall)}


def nulls(
    w: Float[np.ndarray, "seeds sources densities hidden features"], widths: Sequence[float]
) -> dict[str, np.ndarray]:
    """What random dictionaries of each width score on each W."""
    names = ("chance", "chance_q95", "chance_matched")
    found = {name: np.empty((*w.shape[:3], len(widths))) for name in names}
    for place in np.ndindex(w.shape[:3]):
        kept = w[place][:, represented(w[place])]
        for at, width in enumerate(widths):
            latents = math.ceil(width * w.shape[-1])
            null = (
                read.chance_recovery(kept, latents, seed=latents)
                if kept.shape[1]
                else read.Chance(*[np.nan] * 4)
            )
            values = (null.feature, null.feature_q95, null.matched)
            for name, value in zip(names, values, strict=True):
                found[name][(*place, at)] = value
    return found


def costs(
    w: np.ndarray, x: np.ndarray, penalties: Sequence[float], many: int
) -> dict[str, np.ndarray]:
    """What no ReLU autoencoder undercuts, and what the truth costs with the best codes.

    Of the latter's inputs only some are coded; the ratio to Huber's cost of these, which varies
    little from input to input, is carried to the whole sample.
    """
    found = {name: np.full((*w.shape[:3], many), np.nan) for name in ("bound", "truth")}
    lam = np.asarray(penalties, float)
    for k, s, d in np.ndindex(w.shape[:3]):
        h = w[k, s, d] @ x[k, d]
        length, there = np.linalg.norm(h, axis=0), represented(w[k, s, d])
        some = h[:, length > 0][:, :CODED]
        for j, penalty in enumerate(lam):
            found["bound"][k, s, d, j] = coding_bound(h, penalty)
        if there.any() and some.size:
            true = np.broadcast_to(
                directions(w[k, s, d][:, there]), (lam.size, len(h), there.sum())
            )
            h_each = np.broadcast_to(some, (lam.size, *some.shape))
            cost = coding_cost(true, h_each, lam, tolerance=1e-4)
            least = [
                [huber(r, penalty).mean() for r in (length, np.linalg.norm(some, axis=0))]
                for penalty in lam
            ]
            whole, part = np.array(least).T
            found["truth"][k, s, d, : lam.size] = cost * whole / part
    return found
