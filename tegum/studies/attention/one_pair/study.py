"""head-one-pair: an attention head learns to respond to one pair of features; are its first singular vectors those two?

A bottleneck (n features in m dimensions) and a head of rank r on its hidden layer, trained jointly or in two stages, to
answer 1 iff feature i is active in the left token and feature j in the right one. The head sees h = Wx and never W.

Theory: the population-optimal head is of rank one at any r, Ω* ∝ d_i d_jᵀ with d_i = E[hhᵀ]⁺ E[h 1(x_i > 0)]. So the
singular vectors are the features themselves only as far as d_i is parallel to W_i: exactly where W is a balanced tight
frame, and worst for dense features, where the head uses the mean of h as a substitute for the constant that it lacks.
"""

from functools import partial
from typing import Literal

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.spectra import cosines, svd_of_product
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.studies.attention.one_pair import claims, figures
from tegum.studies.config import Count, Density, Frozen, Index, Share, StudyConfig, Unsigned
from tegum.studies.diverged import as_missing, with_stand_ins
from tegum.studies.gaps import IN_WORDS, gaps_to_best_known
from tegum.studies.study import Study
from tegum.theory.optimal_heads import dual_directions, head_floor, head_loss
from tegum.training.engine import Trained, fresh, stack
from tegum.training.with_head import train_with_head
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled, Schedule, log_spaced

Mode = Literal["joint", "two-stage"]


class Config(StudyConfig):
    """One pair of features to attend to, at densities from dense to sparse, trained jointly and in two stages."""

    n_features: Count = 20
    """n, features"""
    n_hidden: Count = 10
    """m, hidden dimensions; 10 or more, so that chance does not explain the cosines"""
    rank: Count = 10
    """r, rank of the head, at most n_hidden"""
    pair: tuple[Index, Index] = (0, 1)
    """(i, j): feature of the left and of the right token that the head should respond to, counted from 0"""
    importance_decay: Share = 0.9
    """importance of feature k is this to the power k"""
    densities: tuple[Density, ...] = (1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01)
    """p = 1 - S, the chance that a feature is active"""
    modes: tuple[Mode, ...] = ("joint", "two-stage")
    """train W, b, A, B together, or first W, b and then A, B"""
    lam: Unsigned = 1.0
    """weight of the head's loss beside the reconstruction loss, which is summed over features; joint only"""
    seeds: Count = 20
    """models for each density and mode"""
    steps: Count = 1600
    """training steps, of each stage"""
    batch: Count = 512
    """fresh tokens a step on each side; the head's loss sees all their pairings"""
    learning_rate: Unsigned = 5e-3
    """of AdamW with weight decay 0.01"""
    schedule: Literal["constant", "cosine"] = "constant"
    """of the learning rate; the head of a large model asks for one that falls, or noise hides its one slice"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.rank > self.n_hidden:
            raise bad_input("rank", self.rank, f"at most n_hidden = {self.n_hidden}")
        if max(self.pair) >= self.n_features:
            raise bad_input("pair", self.pair, f"features from 0 to n_features - 1 = {self.n_features - 1}")


class Task(Frozen):
    """All seeds at one density and mode."""

    config: Config
    mode: Mode
    density: Density


def plan(config: Config) -> list[Task]:
    return [Task(config=config, mode=mode, density=density) for mode in config.modes for density in config.densities]


def measure(task: Task) -> xr.Dataset:
    c = task.config
    seeds = c.model_seeds(c.seeds)
    features = SparseFeatures(c.n_features, task.density, c.importance_decay ** np.arange(c.n_features))
    trained = train_with_head(
        fresh(partial(Bottleneck.init, c.n_features, c.n_hidden), seeds),
        fresh(partial(Head.init, c.n_hidden, c.rank), seeds + 2**30),  # seeds apart from those of W
        stack([features] * c.seeds),
        stack([Pairs((c.pair,))] * c.seeds),
        Recipe(
            steps=c.steps,
            objective=Sampled(c.batch),
            schedule=Schedule(c.schedule),
            snapshots=log_spaced(c.steps, 24, first=min(10, c.steps)),
        ),
        mode=task.mode,
        seeds=seeds,
        lam=c.lam,
        learning_rate=c.learning_rate,
    )
    dataset = _measured(trained, c.pair, task.density, features.importance)
    return dataset.assign_coords(seed=seeds).expand_dims(mode=[task.mode], density=[task.density])


def _measured(trained: Trained, pair: tuple[int, int], density: float, importance: np.ndarray) -> xr.Dataset:
    """What the trained population says at every look, beside what theory says of the weights it ended with."""
    history: HeadedBottleneck = with_stand_ins(trained.history, trained.finite)
    final: HeadedBottleneck = with_stand_ins(trained.model, trained.finite)
    w = np.asarray(history.bottleneck.w, np.float64)
    u, s, v = svd_of_product(*(np.asarray(m, np.float64) for m in (history.head.a, history.head.b)))
    sides = [cosines(slices, w)[..., 0, feature] for slices, feature in zip((u, v), pair, strict=True)]
    first = np.stack([u[..., -1, :, 0], v[..., -1, :, 0]], axis=-2)  # the first slice at the end: seed side hidden
    theory = [_predictions(model_w, slices, pair, density) for model_w, slices in zip(w[:, -1], first, strict=True)]
    omega = np.asarray(history.head.omega[:, -1], np.float64)
    weights = Pairs((pair,)).matrix(w.shape[-1])
    at_looks = ("seed", "step")
    dataset = xr.Dataset(
        {
            "cosine": (
                (*at_looks, "side"),
                np.stack(sides, axis=-1),
                {"long_name": "signed cos(first singular vector, W_i)"},
            ),
            "leverage": ((*at_looks, "side"), geometry.leverage(w)[..., list(pair)]),
            "superposition": ((*at_looks, "side"), geometry.superposition(w)[..., list(pair)]),
            "singular_value": ((*at_looks, "slice"), s),
            "theory_cosine": (("seed", "side"), np.array([t[0] for t in theory]), {"long_name": "|cos(d_i, W_i)|"}),
            "dual_cosine": (
                ("seed", "side"),
                np.array([t[1] for t in theory]),
                {"long_name": "|cos(first vector, d_i)|"},
            ),
            "L1": (
                at_looks,
                trained.losses["L1"],
                {"long_name": "sampled, summed over features, mean since last look"},
            ),
            "L2": ("seed", [head_loss(o, k, density, weights) for o, k in zip(omega, w[:, -1], strict=True)]),
            "L2_floor": ("seed", [head_floor(k, density, weights) for k in w[:, -1]]),
            "gap_to_best": ("seed", gaps_to_best_known(final.bottleneck, density, importance), IN_WORDS),
            "w": (("seed", "hidden", "feature"), w[:, -1]),
            "omega": (("seed", "hidden", "hidden_right"), omega),
        },
        coords={"step": list(trained.steps), "side": ["left", "right"]},
    )
    return as_missing(dataset, trained.finite)


def _predictions(
    w: np.ndarray, first: np.ndarray, pair: tuple[int, int], density: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each side |cos(d_i, W_i)|, the prediction, and |cos(first singular vector, d_i)|, whether it came about."""
    duals = geometry.directions(dual_directions(w, density))[:, list(pair)]
    features = geometry.directions(w)[:, list(pair)]
    return np.abs(np.sum(duals * features, axis=0)), np.abs(np.sum(duals * first.T, axis=0))


STUDY = Study(
    name="head-one-pair",
    group="attention-head",
    question="When a head attends to one pair of features, are its first singular vectors the directions of the two?",
    sources=("franco2026", "elhage2022"),
    version=2,
    presets={
        "quick": Config(densities=(1.0, 0.5, 0.05), seeds=10, steps=1500, batch=256, learning_rate=1e-2),
        "default": Config(),
        "paper": Config(
            n_features=100,
            n_hidden=50,
            rank=50,
            importance_decay=0.98,
            densities=(0.9, 0.3, 0.1, 0.03),
            seeds=100,
            steps=6400,
            batch=64,
            learning_rate=1e-2,
            schedule="cosine",
        ),
    },
    minutes={"quick": 0.25, "default": 0.9, "paper": 28},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
