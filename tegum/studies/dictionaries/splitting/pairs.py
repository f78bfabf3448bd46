"""Autoencoders of many widths on pairs of features: independent, parent and child, or together.

A pair is on by `features.Hierarchy`. Of every pair is measured where latents lie in its plane, what
they do on exact inputs of the parent alone and of both, and how many there are.
"""

import itertools
import math

import jax
import numpy as np
from jaxtyping import Float

from tegum.analysis import absorption, recovered
from tegum.analysis.geometry import directions
from tegum.errors import bad_input
from tegum.features import Hierarchy
from tegum.models import SparseAutoencoder
from tegum.studies import core
from tegum.studies.dictionaries.autoencoders import (
    Setting,
    SparseAutoencoders,
    answers,
    autoencoders,
    member,
)
from tegum.theory.dictionaries import orthonormal
from tegum.theory.sparse_coding import coding_bound

LAWS = ("independent", "hierarchical", "together")
SAMPLE = 8192
VALUES = np.linspace(0.5, 1.0, 6)
"""strengths of parent and child on exact inputs"""
LEAST_COSINE = 0.9
"""of a latent that counts as a feature's"""
EDGES = np.arange(-11.25, 105, 7.5)
"""degrees"""
IN_PLANE = 0.9
"""length of a direction's part in a pair's plane, from which on the latent is the pair's"""


class Pairs(SparseAutoencoders):
    """Pairs of features under three laws."""

    pairs: core.Count = 6
    """of features; twice as many features"""
    hidden: tuple[core.Count, ...] = (12, 8)
    """m, hidden dimensions: orthonormal features where they are as many, else random directions"""
    density: core.Density = 0.1
    """p of a parent"""
    given: core.Share = 0.5
    """chance of a child, in the hierarchy, where its parent is active"""
    widths: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    """latents, in units of features"""
    penalties: tuple[core.Unsigned, ...] = (0.1, 0.2, 0.4)
    """on the sum of the latents"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if max(self.hidden) > 2 * self.pairs or min(self.hidden) < 2:
            raise bad_input("hidden", self.hidden, f"from 2 to 2 pairs = {2 * self.pairs}")
        if min(self.widths) <= 0 or min(self.penalties) <= 0:
            raise bad_input("widths, penalties", (self.widths, self.penalties), "above 0")
        if 1.0 not in self.widths:
            raise bad_input("widths", self.widths, "1 among them, for which theory is exact")

    def law(self, name: str) -> Hierarchy:
        """One of LAWS; parents have one density in all."""
        chances = {
            "independent": (self.density, self.density),
            "hierarchical": (self.given, 0.0),
            "together": (1.0, 0.0),
        }
        return Hierarchy(self.pairs, self.density, *chances[name])


_AT = "seed law width penalty"
TABLE = core.table(
    feature=(_AT, "mean over features of the best cosine of a latent"),
    per_feature=(_AT, f"latents of cosine above {LEAST_COSINE} per feature"),
    per_pair=(_AT, "latents in the plane of a pair, per pair"),
    between=(_AT, "share of these that lie between the two features, 15 degrees from either"),
    angles=(f"{_AT} bin", "latents in the plane of a pair by their angle, per pair"),
    child_lean=(
        f"{_AT} pair",
        "angle of the child's latent from the child to its parent",
        "degrees",
    ),
    parent_lean=(f"{_AT} pair", "angle of the parent's latent to its child", "degrees"),
    absorbed=(_AT, "share of inputs with both on which the parent is absorbed"),
    kept=(_AT, "activation of the parent's latent with the child over that without"),
    dead=(_AT, "share of latents that never fire"),
    active=(_AT, "L0, mean number of active latents"),
    explained=(_AT, "share of variance explained"),
    loss=(_AT, "loss on a sample"),
    bound=("seed law penalty", "no ReLU autoencoder's loss is less on this sample"),
    chance_per_feature=("width", f"latents of cosine above {LEAST_COSINE}, random directions"),
    finite=(_AT, "1 for an autoencoder that trained"),
)


def pairs(c: Pairs, hidden: int) -> core.Variables:
    """All readings in so many hidden dimensions."""
    n = 2 * c.pairs
    shape = c.sae_seeds, len(LAWS), len(c.widths), len(c.penalties)
    rows = {name: row.dims for name, row in TABLE.items()}
    single = [name for name, dims in rows.items() if dims[:4] == tuple(_AT.split())]
    more = {"pair": (c.pairs,), "bin": (len(EDGES) - 1,)}
    found = {name: np.full(shape + more.get(rows[name][-1], ()), np.nan) for name in single}
    found["bound"] = np.empty((c.sae_seeds, len(LAWS), len(c.penalties)))
    w = [dictionary(n, hidden, int(seed)) for seed in c.seeds_of("dictionaries", c.sae_seeds)]
    keys = [jax.random.key(int(seed) % 2**32) for seed in c.seeds_of("samples", c.sae_seeds)]
    x = [[np.asarray(c.law(law).draw(key, SAMPLE), float) for law in LAWS] for key in keys]
    places = list(itertools.product(*map(range, (shape[0], shape[1], shape[3]))))
    for k, of, j in places:
        found["bound"][k, of, j] = coding_bound(w[k] @ x[k][of], c.penalties[j])
    settings = [Setting(c.law(LAWS[of]), w[k], c.penalties[j], k) for k, of, j in places]
    for at, width in enumerate(c.widths):
        _, saes, sound = autoencoders(c, settings, math.ceil(width * n))
        for number, (k, of, j) in enumerate(places):
            one = readings(member(saes, number), settings[number], x[k][of])
            for name, value in (one | {"finite": sound[number]}).items():
                found[name][k, of, at, j] = value
    latents = [math.ceil(width * n) for width in c.widths]
    above = 1 - recovered.random_best_cdf(LEAST_COSINE, hidden, 1)
    labels = {
        "bin": list((EDGES[1:] + EDGES[:-1]) / 2),
        "law": list(LAWS),
        "width": list(c.widths),
        "penalty": list(c.penalties),
    }
    return found | {"chance_per_feature": np.array(latents) * float(above)} | labels


def dictionary(n: int, hidden: int, seed: int) -> Float[np.ndarray, "hidden features"]:
    """Orthonormal features where there is room, else random unit columns."""
    if hidden == n:
        return orthonormal(n, hidden, seed % 2**32)
    return directions(np.random.default_rng(seed).normal(size=(hidden, n)))


def readings(
    sae: SparseAutoencoder, setting: Setting, x: Float[np.ndarray, "features inputs"]
) -> dict[str, float | np.ndarray]:
    """What is read off one autoencoder: on a sample, and pair by pair on exact inputs."""
    w, d = setting.w, np.asarray(sae.w_dec, np.float64)
    h = w @ x
    z, decoded = answers(sae, h)
    coded = recovered.coding(h, decoded, z)
    cosines = recovered.latent_cosines(d, w, coded.alive)
    alive, n_pairs = d[:, coded.alive], w.shape[1] // 2
    error = ((h - decoded) ** 2).sum(axis=0).mean()
    whole: dict[str, float | np.ndarray] = {
        "feature": recovered.recovery(cosines).feature,
        "per_feature": float(recovered.latents_per_feature(cosines, LEAST_COSINE).mean()),
        "dead": float(1 - coded.alive.mean()),
        "active": coded.active,
        "explained": coded.explained,
        "loss": float(error + setting.penalty * z.sum(axis=0).mean()),
    }
    names = ("child_lean", "parent_lean", "per_pair", "between", "absorbed", "kept")
    whole["angles"] = np.mean([_angles(alive, w, pair) for pair in range(n_pairs)], axis=0)
    if not coded.alive.any():
        lone = {name: np.full(n_pairs, np.nan) for name in names[:2]}
        return whole | lone | dict.fromkeys(names[2:], np.nan)
    each = np.array([_of_pair(sae, w, alive, cosines, pair) for pair in range(n_pairs)]).T
    by_name = dict(zip(names, each, strict=True))
    return whole | {
        name: values if name in names[:2] else _mean(values) for name, values in by_name.items()
    }


def _mean(values: Float[np.ndarray, " pairs"]) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else np.nan


def _angles(alive: np.ndarray, w: np.ndarray, pair: int) -> Float[np.ndarray, " bins"]:
    """How many latents in a pair's plane lie at which angle."""
    i, j = 2 * pair, 2 * pair + 1
    own = absorption.in_plane(alive, w[:, i], w[:, j]) >= IN_PLANE
    return np.histogram(absorption.lean(alive[:, own], w[:, i], w[:, j]), EDGES)[0].astype(float)


def _of_pair(
    sae: SparseAutoencoder,
    w: np.ndarray,
    alive: np.ndarray,
    cosines: np.ndarray,
    pair: int,
) -> tuple[float, ...]:
    """Child's and parent's lean, latents in the plane, share between, absorbed, kept."""
    i, j = 2 * pair, 2 * pair + 1
    towards = absorption.lean(alive, w[:, i], w[:, j])
    parent, child = (int(np.argmax(cosines[:, feature])) for feature in (i, j))
    own = absorption.in_plane(alive, w[:, i], w[:, j]) >= IN_PLANE
    between = own & (towards > 15) & (towards < 75)
    strong, weak = (each.ravel() for each in np.meshgrid(VALUES, VALUES, indexing="ij"))
    alone = w[:, i, None] * strong
    z = answers(sae, np.hstack([alone, alone + w[:, j, None] * weak]))[0]
    first, second = np.split(z, 2, axis=1)
    parents = directions(np.asarray(sae.w_dec, np.float64)).T @ directions(w)[:, i]
    return (
        90 - towards[child],
        towards[parent],
        float(own.sum()),
        between.sum() / own.sum() if own.any() else np.nan,
        absorption.absorbed(first, second, parents),
        absorption.kept(first, second, parents),
    )
