"""head-draft: the first draft of this study, in its own setting: what it found, held against theory and controls.

30 features in 15 dimensions, a head of rank 10 for two pairs with weights T[2,4] = 1 and T[5,8] = 2 and the target
s = Σ T_ij x_i y_j, importance 0.9^i, trained jointly from dense to sparse. The draft weighs L2 by 1/2 beside an L1 that
is a MEAN over features; here L1 is summed, which is the same gradient at λ = n/2 = 15.

Theory for the product: Ω* = Σ T_ij d_i d_jᵀ, d_i = C⁺ E[h x_i]; where the attended features have a dimension each,
d_i = W_i / ‖W_i‖², so the slices are the pairs, σ = t / (‖W_i‖ ‖W_j‖), in ratio 2 : 1. A digon halves a feature's part.

A trap: hidden directions that no feature uses. There h is zero, nothing trains Ω, and what is left of its random start
appears among its slices and tilts them. "Used" below is Ω seen from the directions that features do use (singular
values of W above a tenth of the largest); "raw" is Ω as it is. As control the same bottlenecks are trained alone,
without a head.
"""

import jax
import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.spans import used_projector
from tegum.analysis.spectra import match_slices
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head
from tegum.studies.attention.draft import claims, figures
from tegum.studies.attention.slices import Asked, Slices, optimal_slices, slices_of
from tegum.studies.config import Count, Density, Frozen, Index, Share, StudyConfig, Unsigned
from tegum.studies.diverged import as_missing, with_stand_ins
from tegum.studies.gaps import IN_WORDS, gaps_to_best_known
from tegum.studies.study import Study
from tegum.theory.head_moments import target_power
from tegum.theory.optimal_heads import head_floor, head_loss
from tegum.training.engine import stack, train
from tegum.training.objectives import Pairs, Reconstruction
from tegum.training.recipe import Recipe, Sampled
from tegum.training.with_head import train_with_head


class Config(StudyConfig):
    """The draft's sizes, pairs and weights; only seeds, steps, batch and learning rate are ours."""

    n_features: Count = 30
    """n, features"""
    n_hidden: Count = 15
    """m, hidden dimensions"""
    rank: Count = 10
    """r, rank of the head, at least as many as pairs and at most n_hidden"""
    pairs: tuple[tuple[Index, Index], ...] = ((2, 4), (5, 8))
    """(i, j): features of the left and of the right token that the head should respond to, counted from 0"""
    pair_weights: tuple[Unsigned, ...] = (1.0, 2.0)
    """T_ij of each pair"""
    lam_of_mean: Unsigned = 0.5
    """λ beside an L1 that is averaged over features; beside the summed L1 it is this times n_features"""
    importance_decay: Share = 0.9
    """importance of feature k is this to the power k"""
    densities: tuple[Density, ...] = tuple(round(50 ** (-k / 6), 4) for k in range(7))
    """p = 1 - S, the chance that a feature is active"""
    seeds: Count = 20
    """models for each density"""
    steps: Count = 2000
    """training steps"""
    batch: Count = 256
    """fresh tokens a step on each side; the head's loss sees all their pairings"""
    learning_rate: Unsigned = 5e-3
    """of AdamW with weight decay 0.01, constant"""

    @property
    def lam(self) -> float:
        """λ beside the summed L1."""
        return self.lam_of_mean * self.n_features

    @property
    def asked(self) -> Asked:
        """What the head is asked."""
        return Asked(self.pairs, self.pair_weights, "product")

    @property
    def importance(self) -> np.ndarray:
        """I, one number a feature."""
        return self.importance_decay ** np.arange(self.n_features)

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if not len(self.pairs) <= self.rank <= self.n_hidden:
            raise bad_input(
                "rank", self.rank, f"from {len(self.pairs)} (pairs) to n_hidden = {self.n_hidden}"
            )
        members = [k for pair in self.pairs for k in pair]
        if len(self.pairs) != 2 or len(set(members)) != 4 or max(members) >= self.n_features:
            raise bad_input(
                "pairs", self.pairs, f"two pairs of four features from 0 to {self.n_features - 1}"
            )
        if len(self.pair_weights) != 2 or not 0 < self.pair_weights[0] < self.pair_weights[1]:
            raise bad_input(
                "pair_weights", self.pair_weights, "two weights above 0, the second one larger"
            )


class Task(Frozen):
    """All seeds at one density."""

    config: Config
    density: Density


def plan(config: Config) -> list[Task]:
    return [Task(config=config, density=density) for density in config.densities]


def measure(task: Task) -> xr.Dataset:
    c, density = task.config, task.density
    seeds = c.model_seeds(c.seeds)
    keys = [jax.random.split(jax.random.key(int(seed))) for seed in seeds]
    bottlenecks = stack([Bottleneck.init(c.n_features, c.n_hidden, key) for key, _ in keys])
    features = stack([SparseFeatures(c.n_features, density, c.importance)] * c.seeds)
    recipe = Recipe(steps=c.steps, objective=Sampled(c.batch))
    joint = train_with_head(
        bottlenecks,
        stack([Head.init(c.n_hidden, c.rank, key) for _, key in keys]),
        features,
        stack([Pairs(c.pairs, np.array(c.pair_weights), "product")] * c.seeds),
        recipe,
        mode="joint",
        seeds=seeds,
        lam=c.lam,
        learning_rate=c.learning_rate,
    )
    alone = train(
        bottlenecks, Reconstruction(features), recipe, seeds=seeds, learning_rate=c.learning_rate
    )
    together, control = (
        with_stand_ins(joint.model, joint.finite),
        with_stand_ins(alone.model, alone.finite),
    )
    found = (
        (_geometry(together.bottleneck, c, density), joint),
        (_geometry(control, c, density), alone),
    )
    parts = [as_missing(part, trained.finite) for part, trained in found]
    dataset = xr.concat(parts, "training").assign_coords(training=["joint", "alone"])
    slices = _slices(
        slices_of(together.head, c.n_hidden),
        np.asarray(together.bottleneck.w, np.float64),
        c,
        density,
    )
    bound = _bound(np.asarray(control.w, np.float64), c, density)
    heads = (as_missing(slices, joint.finite), as_missing(bound, alone.finite))
    whole = xr.merge([dataset, *(part.drop_vars("finite") for part in heads)])
    return whole.assign_coords(seed=seeds, pair=_names(c), side=["left", "right"]).expand_dims(
        density=[density]
    )


def _names(c: Config) -> list[str]:
    return [f"({i}, {j})" for i, j in c.pairs]


def _geometry(model: Bottleneck, c: Config, density: float) -> xr.Dataset:
    w = np.asarray(model.w, np.float64)
    members = np.array(c.pairs)
    used = used_projector(w)
    return xr.Dataset(
        {
            "leverage": (("seed", "pair", "side"), geometry.leverage(used @ w)[:, members]),
            "dimensionality": (("seed", "pair", "side"), geometry.dimensionality(w)[:, members]),
            "norm": (("seed", "pair", "side"), geometry.norms(w)[:, members]),
            "empty": (
                "seed",
                c.n_hidden - np.linalg.trace(used).round(),
                {"long_name": "hidden directions that no feature uses"},
            ),
            "represented": (
                "seed",
                geometry.represented(w).sum(-1),
                {"long_name": "features longer than 1/2"},
            ),
            "w": (("seed", "hidden", "feature"), w.astype(np.float32)),
            "b": (("seed", "feature"), np.asarray(model.b, np.float32)),
            "gap_to_best": ("seed", gaps_to_best_known(model, density, c.importance), IN_WORDS),
        }
    )


def _slices(raw: Slices, w: np.ndarray, c: Config, density: float) -> xr.Dataset:
    """The pairs' slices in the trained Ω, raw and used, and in the best head on the same W; and the head's loss."""
    projectors = used_projector(w)
    u, s, vt = np.linalg.svd(projectors @ raw.omega @ projectors)
    used = Slices(u[..., : c.rank], s[..., : c.rank], np.swapaxes(vt, -1, -2)[..., : c.rank])
    theory, _ = optimal_slices(projectors @ w, density, c.asked, c.rank)
    ways = {"raw": raw, "used": used, "theory": theory}
    found = {
        name: [_matched(slices, k, w[k], c.pairs) for k in range(len(w))]
        for name, slices in ways.items()
    }
    weights = c.asked.matrix(c.n_features)
    power = target_power(density, weights)
    dims = ("way", "seed", "pair")
    columns = {
        name: [[one[name] for one in found[way]] for way in ways]
        for name in ("cosine", "slice", "sigma")
    }
    return xr.Dataset(
        {
            "cosine": (
                (*dims, "side"),
                np.array(columns["cosine"]),
                {"long_name": "signed, of the pair's slice"},
            ),
            "slice": (
                dims,
                np.array(columns["slice"]),
                {"long_name": "which slice is the pair's, counted from 0"},
            ),
            "sigma": (dims, np.array(columns["sigma"])),
            "spectrum": (("way", "seed", "k"), np.stack([slices.s for slices in ways.values()])),
            "L2": (
                "seed",
                [
                    head_loss(o, k, density, weights, "product") / power
                    for o, k in zip(raw.omega, w, strict=True)
                ],
            ),
            "L2_floor": (
                "seed",
                [head_floor(k, density, weights, "product", rank=c.rank) / power for k in w],
                {"long_name": "least L2 / E s² of any head of this rank"},
            ),
        },
        coords={"way": list(ways)},
    )


def _matched(
    slices: Slices, k: int, w: np.ndarray, pairs: tuple[tuple[int, int], ...]
) -> dict[str, np.ndarray]:
    match = match_slices(slices.u[k], slices.v[k], w, pairs)
    return {
        "cosine": np.stack([match.left, match.right], axis=-1),
        "slice": match.slice,
        "sigma": slices.s[k][match.slice],
    }


def _bound(w: np.ndarray, c: Config, density: float) -> xr.Dataset:
    """Bottlenecks trained alone: σ of the best head's slice for each pair, were it asked for that pair alone."""
    sigmas = [
        optimal_slices(w, density, Asked((pair,), (weight,), "product"), 1)[0].s[:, 0]
        for pair, weight in zip(c.pairs, c.pair_weights, strict=True)
    ]
    return xr.Dataset({"alone_sigma": (("seed", "pair"), np.stack(sigmas, axis=-1))})


STUDY = Study(
    name="head-draft",
    group="attention-head",
    question="Two weighted pairs as in the first draft: do singular vectors and values show features and weights?",
    sources=("elhage2022", "franco2026"),
    version=2,
    presets={
        "quick": Config(densities=(1.0, 0.2714, 0.02), seeds=6, steps=1000, learning_rate=1e-2),
        "default": Config(),
        "paper": Config(seeds=100, steps=3000, learning_rate=3e-3),
    },
    minutes={"quick": 0.2, "default": 0.5, "paper": 3},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
