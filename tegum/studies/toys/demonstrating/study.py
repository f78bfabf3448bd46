"""demonstrating-superposition: linear models keep their top m features; ReLU models keep more, the sparser the more.

n features of falling importance go through m < n dimensions. A linear model does what principal components do, at any
sparsity. A ReLU model equals it when features are dense, and stores ever more features, in superposition, as they grow
sparse. The dense case and every linear one have closed forms, which the trained models are held against.
"""

from functools import partial
from typing import Literal

import numpy as np
import xarray as xr

from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies.config import Count, Density, Frozen, Share, StudyConfig, Unsigned
from tegum.studies.study import Study
from tegum.studies.toys.demonstrating import claims, figures
from tegum.theory.expected import expected_loss
from tegum.theory.known import best_known_loss
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled

Activation = Literal["linear", "relu"]


class Config(StudyConfig):
    """Features of importance decay^i through a bottleneck, at several densities."""

    n_features: Count = 20
    """n, features"""
    n_hidden: Count = 5
    """m, hidden dimensions"""
    importance_decay: Share = 0.7
    """importance of feature i is this to the power i"""
    densities: tuple[Density, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    """p = 1 - S, the chance that a feature is active"""
    activations: tuple[Activation, ...] = ("linear", "relu")
    """output activations to compare"""
    seeds: Count = 10
    """models for each density and activation"""
    steps: Count = 10_000
    """training steps"""
    batch: Count = 1024
    """fresh samples a step"""
    learning_rate: Unsigned = 1e-3
    """of AdamW with weight decay 0.01, constant"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_features <= self.n_hidden:
            raise bad_input(
                "n_features",
                self.n_features,
                f"more than n_hidden = {self.n_hidden}, else none must share",
            )


class Task(Frozen):
    """All seeds at one density and activation."""

    config: Config
    activation: Activation
    density: Density


def plan(config: Config) -> list[Task]:
    return [
        Task(config=config, activation=activation, density=density)
        for activation in config.activations
        for density in config.densities
    ]


def measure(task: Task) -> xr.Dataset:
    c = task.config
    seeds = c.model_seeds(c.seeds)
    importance = c.importance_decay ** np.arange(c.n_features)
    init = partial(Bottleneck.init, c.n_features, c.n_hidden, activation=task.activation)
    features = SparseFeatures(c.n_features, task.density, importance)
    trained = train(
        fresh(init, seeds),
        stack([Reconstruction(features)] * c.seeds),
        Recipe(steps=c.steps, objective=Sampled(c.batch)),
        seeds=seeds,
        learning_rate=c.learning_rate,
    )
    w, b = trained.model.w, trained.model.b
    exact = partial(
        expected_loss, density=task.density, importance=importance, activation=task.activation
    )
    loss = [
        exact(*model) if ok else np.nan for *model, ok in zip(w, b, trained.finite, strict=True)
    ]
    best = min(
        best_known_loss(c.n_hidden, task.density, importance, task.activation),
        np.nanmin(loss, initial=np.inf),
    )
    of_model = ("activation", "density", "seed")
    dataset = xr.Dataset(
        {
            "w": ((*of_model, "hidden", "feature"), w[None, None], {"long_name": "weights"}),
            "b": ((*of_model, "feature"), b[None, None], {"long_name": "output bias"}),
            "loss": (
                of_model,
                np.array(loss)[None, None],
                {"long_name": "exact population loss, summed over features"},
            ),
            "gap": (
                of_model,
                np.array(loss)[None, None] / best - 1,
                {
                    "long_name": "loss over the best known, less 1; of ReLU models no lower bound is known"
                },
            ),
            "finite": (
                of_model,
                trained.finite[None, None],
                {"long_name": "False for a model that diverged"},
            ),
        },
        coords={"activation": [task.activation], "density": [task.density], "seed": seeds},
    )
    return dataset.assign_coords(importance=("feature", importance))


QUICK = Config(densities=(1.0, 0.3, 0.1, 0.001), steps=3000, batch=512, learning_rate=4e-3)

STUDY = Study(
    name="demonstrating-superposition",
    group="toy-models",
    question="Which features does a model keep that has fewer dimensions than features, and when does it keep more?",
    sources=("elhage2022",),
    version=1,
    presets={
        "quick": QUICK,
        "default": Config(),
        "paper": Config(n_features=80, n_hidden=20, importance_decay=0.9, seeds=20),
    },
    minutes={"quick": 0.3, "default": 1.3, "paper": 20},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
