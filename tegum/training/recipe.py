"""How to train, as one hashable value: optimiser, schedule, steps, batch, and the steps at which to look.

A recipe holds what shapes the compiled program. What may differ between the models of one population (density,
importance, learning rate, seed) is not here but in arrays. Equal recipes share one compilation.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import optax

from tegum.errors import bad_input, unknown_name


@runtime_checkable
class Optimizer(Protocol):
    """A hashable description of an optax transformation, without its learning rate."""

    def transform(self) -> optax.GradientTransformation: ...


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay. The defaults are PyTorch's, which the original notebook used."""

    weight_decay: float = 0.01
    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    def transform(self) -> optax.GradientTransformation:
        return optax.chain(
            optax.scale_by_adam(self.b1, self.b2, self.eps),
            optax.add_decayed_weights(self.weight_decay),
        )


@dataclass(frozen=True)
class Adam:
    """Adam, no weight decay."""

    b1: float = 0.9
    b2: float = 0.999
    eps: float = 1e-8

    def transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(self.b1, self.b2, self.eps)


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent, with heavy-ball momentum where it is above 0."""

    momentum: float = 0.0

    def transform(self) -> optax.GradientTransformation:
        return optax.trace(self.momentum) if self.momentum else optax.identity()


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes over the steps, as a factor of the model's own: a warm-up, then a shape.

    Args:
        shape: "constant", or "linear" or "cosine" from 1 down to `end`.
        warm_up: steps of linear rise from 0 to 1 before the shape begins.
        end: factor at the last step of "linear" and "cosine".
    """

    shape: str = "constant"
    warm_up: int = 0
    end: float = 0.0

    def __post_init__(self) -> None:
        if self.shape not in ("constant", "linear", "cosine"):
            raise unknown_name("schedule", self.shape, ("constant", "linear", "cosine"))
        if self.warm_up < 0:
            raise bad_input("warm_up", self.warm_up, "at least 0 steps")

    def factor(self, steps: int) -> optax.Schedule:
        """The factor as a function of the step, for a training of `steps` steps."""
        left = max(1, steps - self.warm_up)
        shapes = {
            "constant": optax.constant_schedule(1.0),
            "linear": optax.linear_schedule(1.0, self.end, left),
            "cosine": optax.cosine_decay_schedule(1.0, left, alpha=self.end),
        }
        if not self.warm_up:
            return shapes[self.shape]
        return optax.join_schedules(
            [optax.linear_schedule(0.0, 1.0, self.warm_up), shapes[self.shape]], [self.warm_up]
        )


@dataclass(frozen=True)
class Sampled:
    """Descend the loss on a fresh batch at every step."""

    batch: int = 1024

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise bad_input("batch", self.batch, "a whole number of at least 1")


@dataclass(frozen=True)
class Expected:
    """Descend the exact population loss, in float64, by a quasi-Newton method, until the gradient is this small.

    For tied ReLU bottlenecks that reconstruct independent sparse features with values on [0, 1]. Deterministic: seeds,
    learning rates, optimiser and schedule have no say; only the end is kept.
    """

    tolerance: float = 1e-8

    def __post_init__(self) -> None:
        if not self.tolerance > 0:
            raise bad_input("tolerance", self.tolerance, "a norm above 0")


@dataclass(frozen=True)
class Recipe:
    """How a population is trained.

    Args:
        steps: number of updates (with `Expected`, of evaluations at most), at least 1.
        objective: what is descended, `Sampled(batch)` or `Expected(tolerance)`.
        optimizer: `AdamW()` as in the original notebook, `Adam()` or `SGD()`.
        schedule: factor on each model's learning rate.
        snapshots: steps, from 0 (before the first update) to `steps`, at which weights and losses are kept; the end is
            always kept.
    """

    steps: int = 10_000
    objective: Sampled | Expected = Sampled()
    optimizer: Optimizer = AdamW()
    schedule: Schedule = Schedule()
    snapshots: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise bad_input("steps", self.steps, "a whole number of at least 1")
        if any(not 0 <= step <= self.steps for step in self.snapshots):
            raise bad_input("snapshots", self.snapshots, f"steps from 0 to steps = {self.steps}")
        if self.snapshots and isinstance(self.objective, Expected):
            raise bad_input(
                "snapshots", self.snapshots, "none with Expected(), which keeps the end only"
            )

    @property
    def batch(self) -> int:
        """Samples a step; 0 where none are drawn."""
        return self.objective.batch if isinstance(self.objective, Sampled) else 0

    @property
    def looks(self) -> tuple[int, ...]:
        """The snapshots in order, each once, with the end among them."""
        return tuple(sorted({*self.snapshots, self.steps}))


def log_spaced(steps: int, count: int, first: int = 1) -> tuple[int, ...]:
    """Up to `count` snapshot steps spaced evenly in the logarithm from `first` to `steps`, and 0 before them."""
    spaced = np.geomspace(first, steps, max(2, count)).round().astype(int)
    return (0, *sorted({int(step) for step in spaced}))
