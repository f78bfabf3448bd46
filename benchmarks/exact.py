"""The exact loss: what one evaluation costs, and how much sooner it trains than samples: `python -m benchmarks.exact`.

All times but the map's are wall-clock times after compilation, medians of several turns.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.theory.expected import expected_loss, expected_loss_and_gradient
from tegum.theory.known import best_known_loss
from tegum.theory.phase_maps import phase_map
from tegum.theory.search import minimise
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Expected, Recipe

DENSITY = 0.1
COARSE = 32  # terms of the series that lead the descent
BEST = best_known_loss(2, DENSITY, np.ones(5))


def seconds(work: Callable[[], object], turns: int = 5) -> float:
    """The median time of a call, after one that compiles."""
    work()
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def evaluation(n_features: int, n_hidden: int, turns: int) -> float:
    """Seconds for the loss and its gradient."""
    w = np.random.default_rng(0).normal(size=(n_hidden, n_features)) / np.sqrt(n_hidden)
    return seconds(lambda: expected_loss_and_gradient(w, np.zeros(n_features), DENSITY), turns)


def peak_gigabytes() -> float:
    """Greatest resident memory of a process that evaluates loss and gradient at n = 200."""
    code = "from benchmarks.exact import evaluation, used; evaluation(200, 20, 1); print(used())"
    return float(
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout
    )


def used() -> float:
    """Greatest resident memory of this process so far, in GB."""
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def map_seconds() -> float:
    """Seconds for the whole map, compilation included."""
    start = time.perf_counter()
    phase_map(np.geomspace(1, 0.01, 64), np.geomspace(0.1, 10, 64), restarts=8)
    return time.perf_counter() - start


def first_seed() -> int:
    """A start from which both ways come to the best known loss; many others end in a local minimum 42 % above it."""
    models = fresh(partial(Bottleneck.init, 5, 2), range(10))
    found = minimise(models.w, models.b, DENSITY)
    return int(np.argmax(found.loss < BEST + 1e-6))


def exact_seconds(seed: int) -> float:
    """Until exact descent from this start is within 1e-6 of the best known loss, as the full series has it."""
    models = fresh(partial(Bottleneck.init, 5, 2), [seed])
    for tolerance in 10.0 ** -np.arange(2, 9):
        descent = partial(minimise, models.w, models.b, DENSITY, tolerance=tolerance, terms=COARSE)
        found = descent()
        if expected_loss(found.w[0], found.b[0], DENSITY) < BEST + 1e-6:
            return seconds(descent)
    return float("inf")


def to_rest_seconds(seed: int) -> float:
    """The whole of a training with `Expected()` from this start, to a gradient of 1e-8 of the full series."""
    models = fresh(partial(Bottleneck.init, 5, 2), [seed])
    objective = stack([Reconstruction(SparseFeatures(5, DENSITY))])
    return seconds(lambda: train(models, objective, Recipe(steps=2000, objective=Expected())))


def sampled_seconds(seed: int, learning_rate: float, look: int = 100, steps: int = 10_000) -> float:
    """Until training on samples (AdamW, batch 1024) from this start first comes within 1 % of the best known loss."""
    models = fresh(partial(Bottleneck.init, 5, 2), [seed])
    objective = stack([Reconstruction(SparseFeatures(5, DENSITY))])
    recipe = Recipe(steps=steps, snapshots=tuple(range(look, steps + 1, look)))
    run = partial(train, models, objective, recipe, seeds=[seed], learning_rate=learning_rate)
    history = run().history
    losses = [expected_loss(w, b, DENSITY) for w, b in zip(history.w[0], history.b[0], strict=True)]
    near = [k for k, loss in enumerate(losses) if loss < 1.01 * BEST]
    return seconds(run, 3) * recipe.looks[near[0]] / steps if near else float("inf")


def main() -> None:
    """Print what was measured beside what is required."""
    print(f"loss and gradient, n = 20: {1e3 * evaluation(20, 5, 20):.1f} ms (required: < 40)")
    print(
        f"loss and gradient, n = 200: {evaluation(200, 20, 3):.2f} s (< 4), peak {peak_gigabytes():.2f} GB (< 2)"
    )
    print(
        f"exact phase map of n = 2, m = 1, 64 x 64 points, 8 restarts: {map_seconds():.0f} s (< 60)"
    )
    seed = first_seed()
    exact = exact_seconds(seed)
    print(f"5 -> 2 to within 1e-6 of the best known loss by exact descent: {1e3 * exact:.1f} ms")
    print(
        f"all of training with Expected(), to a gradient of 1e-8: {1e3 * to_rest_seconds(seed):.1f} ms"
    )
    for learning_rate in (1e-3, 3e-3):
        sampled = sampled_seconds(seed, learning_rate)
        ratio = sampled / exact
        print(
            f"to within 1 % by samples, rate {learning_rate:g}: {1e3 * sampled:.0f} ms, {ratio:.0f} x (required: 50)"
        )


if __name__ == "__main__":
    main()
