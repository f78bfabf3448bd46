"""Populations of autoencoders on hidden vectors whose features are known, and what they find.

All on W of one shape are one population. Strengths of each kind of autoencoder go from gentle to
strict: the penalty of ReLU (on the sum of latents) and of JumpReLU (on their number) up, the k of
TopK down.
"""

import math
from collections.abc import Sequence

import numpy as np

from tegum.analysis import recovered as read
from tegum.analysis.geometry import represented
from tegum.features import SparseFeatures
from tegum.studies import core
from tegum.studies.dictionaries.autoencoders import Setting, autoencoders, member
from tegum.studies.dictionaries.recovery.scores import LEAST_COSINE, costs, nulls, scores
from tegum.studies.dictionaries.recovery.sources import (
    SOURCES,
    Dictionaries,
    Grid,
    dictionaries,
    inputs,
    numbers,
)

KINDS = ("ReLU", "TopK", "JumpReLU")

_PLACE, _AT = "seed source density", "seed source density width kind strength"
TABLE = core.table(
    feature=(_AT, "mean over features of the best cosine of a latent"),
    latent=(_AT, "mean over latents of the best cosine with a feature"),
    matched=(_AT, "mean cosine of features with latents of their own"),
    unique=(_AT, "share of features that are the best one of their best latent"),
    shared=(_AT, "share of latents whose best feature has another latent"),
    per_feature=(_AT, f"latents of cosine above {LEAST_COSINE} per feature"),
    dead=(_AT, "share of latents that never fire"),
    active=(_AT, "L0, mean number of active latents"),
    explained=(_AT, "share of variance explained"),
    loss=(_AT, "loss on a sample"),
    error=(_AT, "squared error on a sample"),
    slope=(_AT, "slope of a feature's latent against its strength, alone"),
    shortfall=(_AT, "strength less activation of a feature's latent, alone"),
    untrained=("seed source density width kind", "mean best cosine before training"),
    chance=("seed source density width", "mean best cosine of random directions"),
    chance_q95=("seed source density width", "its 95 %"),
    chance_matched=("seed source density width", "matched cosine of random directions"),
    bound=(f"{_PLACE} strength", "no ReLU autoencoder's loss is less on this sample"),
    truth=(f"{_PLACE} strength", "loss of the true dictionary with the best codes"),
    true_active=(_PLACE, "mean number of active represented features"),
    strength_of=("kind strength", "penalty of ReLU and JumpReLU, k of TopK"),
    finite=(_AT, "1 for an autoencoder that trained, on a W that did"),
)


def recovered(c: Dictionaries, size: str) -> core.Variables:
    """All scores at one size; at the large one, of ReLU on trained and random W alone."""
    n, m = numbers(size)
    if size == c.large:
        widths = {"ReLU": c.large_widths, "TopK": (), "JumpReLU": ()}
        return _scores(c, Grid(n, m, c.large_densities, c.large_seeds, SOURCES[:2], widths))
    widths = {"ReLU": c.widths, "TopK": c.other_widths, "JumpReLU": c.other_widths}
    return _scores(c, Grid(n, m, c.densities, c.sae_seeds, SOURCES, widths))


def _scores(c: Dictionaries, grid: Grid) -> dict[str, np.ndarray | list]:
    w, finite = dictionaries(c, grid)
    x = inputs(c, grid)
    every = sorted({width for widths in grid.widths.values() for width in widths})
    strengths = dict(zip(KINDS, (c.penalties, c.ks, c.count_penalties), strict=True))
    many = max(map(len, strengths.values()))
    full = (*w.shape[:3], len(every), len(KINDS), many)
    of_one = sorted(name for name, row in TABLE.items() if " ".join(row.dims) == _AT)
    found = {name: np.full(full, np.nan) for name in of_one}
    found["finite"], found["untrained"] = np.ones(full), np.full(full[:-1], np.nan)
    for at, width in enumerate(every):
        for of, kind in enumerate(KINDS):
            for together in _at_once(kind, strengths[kind]) if width in grid.widths[kind] else ():
                one = _trained(c, grid, w, x, finite, math.ceil(width * grid.n), kind, together)
                for place, values in one.items():
                    for name, value in values.items():
                        seed, source, density, strength = place
                        where = (seed, source, density, at, of, strength)
                        found[name][where[: found[name].ndim]] = value
    shown = np.full((len(KINDS), many), np.nan)
    for of, kind in enumerate(KINDS):
        shown[of, : len(strengths[kind])] = strengths[kind]
    counted = represented(w).sum(axis=-1) * np.asarray(grid.densities)
    labels = {"source": list(grid.sources), "density": list(grid.densities)}
    labels |= {"width": every, "kind": list(KINDS)}
    known = nulls(w, every) | costs(w, x, c.penalties, many)
    return found | known | {"strength_of": shown, "true_active": counted} | labels


def _at_once(kind: str, strengths: Sequence[float | int]) -> list[list[tuple[int, float | int]]]:
    """Strengths that one population may mix: k is of the program, penalties are not."""
    numbered = list(enumerate(strengths))
    return [[each] for each in numbered] if kind == "TopK" else [numbered]


def _trained(
    c: Dictionaries,
    grid: Grid,
    w: np.ndarray,
    x: np.ndarray,
    finite: np.ndarray,
    latents: int,
    kind: str,
    strengths: Sequence[tuple[int, float | int]],
) -> dict[tuple[int, int, int, int], dict[str, float]]:
    """Train one population; its scores by place: seed, source, density, strength."""
    topk, places, settings = kind == "TopK", [], []
    for k, s, d in np.ndindex(w.shape[:3]):
        law = SparseFeatures(grid.n, grid.densities[d])
        for strength, value in strengths:
            places.append((k, s, d, strength))
            settings.append(Setting(law, w[k, s, d], 0.0 if topk else value, k))
    fewest = min(int(strengths[0][1]), latents) if topk else None
    untrained, saes, sound = autoencoders(c, settings, latents, kind=kind.lower(), k=fewest)
    found = {}
    for number, (place, setting) in enumerate(zip(places, settings, strict=True)):
        fresh = np.asarray(member(untrained, number).w_dec)
        cosines = read.latent_cosines(fresh, setting.w, None, represented(setting.w))
        found[place] = scores(member(saes, number), setting, x[place[0], place[2]]) | {
            "finite": float(finite[place[:3]] and sound[number]),
            "untrained": read.recovery(cosines).feature,
        }
    return found
