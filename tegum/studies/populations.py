"""Trained populations that studies measure: bottlenecks, alone or with a head that trains along.

Decompositions and theory refuse weights that are not finite, and one model that diverged must not
cost a study the others. So another one stands in for it while all are measured, `finite` says which
they are, and the part's runner puts NaN for all that was measured of them (`core.measurement`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

import jax
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from tegum.features import AbstractFeatures, SparseFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.studies.core.claim import Claim
from tegum.studies.core.config import BottleneckConfig, TrainingConfig
from tegum.studies.core.measurement import Variable, Variables, table
from tegum.studies.core.measures import median
from tegum.theory.known import exact_losses_and_gaps
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Pairs, Reconstruction
from tegum.training.recipe import Recipe, Sampled
from tegum.training.with_head import train_with_head

Tree = TypeVar("Tree")

FINITE = Variable(("seed",), "1 for a model that trained, 0 for one that diverged")
GAP_TO_BEST = Variable(("seed",), "exact reconstruction loss over the best known, less 1")

VARIABLES = table(
    w=("seed hidden feature", "weights W"),
    b=("seed feature", "output bias"),
    loss=("seed", "exact population loss, summed over features"),
) | {"gap_to_best": GAP_TO_BEST, "finite": FINITE}
"""the table of what `Bottlenecks.variables` gives"""


@dataclass(frozen=True)
class Bottlenecks:
    """Trained tied bottlenecks in float64, a sound one in the place of each that diverged.

    Exact losses are computed when they are first asked for.
    """

    w: Float[np.ndarray, "seeds hidden features"]
    b: Float[np.ndarray, "seeds features"]
    finite: Bool[np.ndarray, " seeds"]
    density: float
    importance: Float[np.ndarray, " features"]
    activation: str

    @property
    def loss(self) -> Float[np.ndarray, " seeds"]:
        """Exact population losses, summed over features."""
        return self._losses_and_gaps[0]

    @property
    def gap_to_best(self) -> Float[np.ndarray, " seeds"]:
        """Those over the least known, less 1; NaN where none is known."""
        return self._losses_and_gaps[1]

    @property
    def variables(self) -> dict[str, np.ndarray]:
        """What a part returns, as in VARIABLES."""
        return {name: getattr(self, name) for name in VARIABLES}

    @cached_property
    def _losses_and_gaps(self) -> tuple[np.ndarray, np.ndarray]:
        return exact_losses_and_gaps(self.w, self.b, self.density, self.importance, self.activation)


@dataclass(frozen=True)
class Headed:
    """Bottlenecks with heads at every look, a sound one in the place of each that diverged.

    Attributes:
        w, a, b: of bottleneck and head, in float64.
        steps: the looks.
        losses: sampled "L1" and "L2", means since the look before.
        last: the bottlenecks at the end.
        finite: which models did not diverge.
    """

    w: Float[np.ndarray, "seeds steps hidden features"]
    a: Float[np.ndarray, "seeds steps rank hidden"]
    b: Float[np.ndarray, "seeds steps rank hidden"]
    steps: tuple[int, ...]
    losses: dict[str, Float[np.ndarray, "seeds steps"]]
    last: Bottlenecks
    finite: Bool[np.ndarray, " seeds"]

    @property
    def gap_to_best(self) -> Float[np.ndarray, " seeds"]:
        """Of the bottlenecks at the end, computed when it is first asked for."""
        return self.last.gap_to_best


def trained(c: BottleneckConfig, density: float, activation: str = "relu") -> Variables:
    """A part: all seeds of the config's bottlenecks at one point; its table is VARIABLES."""
    return bottlenecks(c, c.n_hidden, density, c.importance, activation=activation).variables


def bottlenecks(
    c: TrainingConfig,
    n_hidden: int,
    density: float,
    importance: Float[np.ndarray, " features"],
    *,
    activation: str = "relu",
    recipe: Recipe | None = None,
) -> Bottlenecks:
    """Train a bottleneck for each of the config's seeds.

    Args:
        c: how many, and how to train them.
        n_hidden: m.
        density: p = 1 - S, of every feature.
        importance: of each feature, as many as there are.
        activation: of the output, "linear" or "relu".
        recipe: in place of so many steps of AdamW at a constant rate.
    """
    features = SparseFeatures(len(importance), density, importance)
    w, b, finite = on_law(c, n_hidden, features, activation=activation, recipe=recipe)
    return Bottlenecks(w, b, finite, density, importance, activation)


def on_law(
    c: TrainingConfig,
    n_hidden: int,
    features: AbstractFeatures,
    *,
    activation: str = "relu",
    recipe: Recipe | None = None,
) -> tuple[
    Float[np.ndarray, "seeds hidden features"],
    Float[np.ndarray, "seeds features"],
    Bool[np.ndarray, " seeds"],
]:
    """Train a bottleneck for each of the config's seeds on any law of inputs.

    Args:
        features: the law.
        c, n_hidden, activation, recipe: as in `bottlenecks`.

    Returns:
        w and b in float64, a sound model in the place of each that diverged, and which did not.
    """
    init = partial(Bottleneck.init, features.n_features, n_hidden, activation=activation)
    trained = train(
        fresh(init, c.seeds_of("W", c.seeds)),
        stack([Reconstruction(features)] * c.seeds),
        recipe or Recipe(steps=c.steps, objective=Sampled(c.batch)),
        seeds=c.seeds_of("batches", c.seeds),
        learning_rate=c.learning_rate,
    )
    models = with_stand_ins(trained.model, trained.finite)
    w, b = (np.asarray(part, np.float64) for part in (models.w, models.b))
    return w, b, trained.finite


def with_heads(
    c: TrainingConfig,
    n_hidden: int,
    rank: int,
    density: float,
    importance: Float[np.ndarray, " features"],
    pairs: Pairs,
    recipe: Recipe,
    *,
    mode: str = "joint",
    lam: float = 1.0,
    start: Bottleneck | None = None,
) -> Headed:
    """Train a bottleneck and a head for each of the config's seeds, jointly or in two stages.

    Args:
        c, n_hidden, density, importance: as in `bottlenecks`.
        rank: r, of the head.
        pairs: what the head is asked.
        recipe: of the whole training, or of each stage.
        mode: "joint" or "two-stage".
        lam: weight of the head's loss beside L1, which is summed over features; joint only.
        start: bottlenecks to begin with, in place of fresh ones.
    """
    features = SparseFeatures(len(importance), density, importance)
    init = partial(Bottleneck.init, len(importance), n_hidden)
    trained = train_with_head(
        fresh(init, c.seeds_of("W", c.seeds)) if start is None else start,
        fresh(partial(Head.init, n_hidden, rank), c.seeds_of("heads", c.seeds)),
        stack([features] * c.seeds),
        stack([pairs] * c.seeds),
        recipe,
        mode=mode,
        seeds=c.seeds_of("batches", c.seeds),
        lam=lam,
        learning_rate=c.learning_rate,
    )
    history: HeadedBottleneck = with_stand_ins(trained.history, trained.finite)
    w, bias, a, b = (
        np.asarray(part, np.float64)
        for part in (history.bottleneck.w, history.bottleneck.b, history.head.a, history.head.b)
    )
    last = Bottlenecks(w[:, -1], bias[:, -1], trained.finite, density, importance, "relu")
    return Headed(w, a, b, trained.steps, trained.losses, last, trained.finite)


def with_stand_ins(models: Tree, finite: Bool[np.ndarray, " models"]) -> Tree:
    """The stacked models (or their history) with a sound one in the place of each that diverged.

    The first sound one; where all diverged, whatever it is that numbers can be computed of: what is
    measured of it will be NaN.
    """
    if not finite.any():
        rng = np.random.default_rng(0)
        return jax.tree.map(lambda leaf: rng.normal(size=np.shape(leaf)).astype(leaf.dtype), models)
    places = np.where(finite, np.arange(finite.size), np.argmax(finite))

    def chosen(leaf: Any) -> np.ndarray:
        return np.asarray(leaf)[places]

    return jax.tree.map(chosen, models)


def gap_claim(
    of: str, reading: Callable[[xr.Dataset], xr.DataArray] = lambda ds: ds.gap_to_best
) -> Claim:
    """An open claim on `gap_to_best`: no theory says how near training must come, so it is shown.

    Args:
        of: which bottlenecks, to follow "the median of".
        reading: their gaps, with an axis "seed".
    """
    return Claim(
        "near-best-known",
        f"Bottlenecks come near the best reconstruction loss known: the median of {of} lies within "
        "{high} of it, relatively.",
        "least exact losses found by many trainings and exact descent (upper bounds on the "
        "optimum); a tenth is no theory",
        median(reading, "greatest", note="NaN where no best known loss is listed for these sizes"),
        high=0.1,
        kind="open",
    )
