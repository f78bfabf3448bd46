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

import jax.numpy as jnp
import numpy as np

from tegum.arrays import Array
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.theory.expected import expected_loss, expected_loss_and_gradient
from tegum.theory.known import best_known_loss
from tegum.theory.phase_maps import phase_map
from tegum.theory.search import Minima, minimise
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Expected, Recipe

DENSITY = 0.1
COARSE = 32  # terms of the series that lead the descent
CROWD = 16  # models at a time
ASKED = 50  # how many times sooner exact descent should be there
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


def to_best(seed: int, copies: int) -> Callable[..., Minima]:
    """Exact descents from this start, which stop within 1e-6 of the best known loss, as the full series has it."""
    models = fresh(partial(Bottleneck.init, 5, 2), [seed] * copies)
    for tolerance in 10.0 ** -np.arange(1, 8, 0.25):
        descent = partial(minimise, models.w, models.b, DENSITY, tolerance=tolerance, terms=COARSE)
        found = descent()
        if expected_loss(found.w[0], found.b[0], DENSITY) < BEST + 1e-6:
            return descent
    raise RuntimeError("this start does not lead to the best known loss")


def steep(w: Array, b: Array) -> Array:
    """A loss of (w, b) that costs next to nothing, and many rounds."""
    return jnp.sum(jnp.arange(1, w.size + 1) * w.ravel() ** 2) + jnp.sum(b**4)


def rounds(seed: int, descent: Callable[..., Minima]) -> str:
    """Where the time of one model's descent goes."""
    steps = int(descent().steps[0])
    call = seconds(partial(descent, max_steps=1), 9)
    each = (seconds(descent, 9) - call) / (steps - 1)
    models = fresh(partial(Bottleneck.init, 5, 2), [seed])
    bare = partial(minimise, models.w, models.b, loss=steep, tolerance=1e-14)
    count = int(bare().steps[0])
    own = (seconds(bare, 9) - seconds(partial(bare, max_steps=1), 9)) / (count - 1)
    return (
        f"a call takes {1e3 * call:.1f} ms before its rounds; each of {steps} rounds {1e6 * each:.0f} us, "
        f"all but {1e6 * own:.0f} us of it the loss and its gradient"
    )


def to_rest_seconds(seed: int) -> float:
    """The whole of a training with `Expected()` from this start, to a gradient of 1e-8 of the full series."""
    models = fresh(partial(Bottleneck.init, 5, 2), [seed])
    objective = stack([Reconstruction(SparseFeatures(5, DENSITY))])
    return seconds(lambda: train(models, objective, Recipe(steps=2000, objective=Expected())))


def sampled_seconds(
    seed: int, learning_rate: float, copies: int, look: int = 100, steps: int = 10_000
) -> float:
    """Until training on samples (AdamW, batch 1024) from this start first comes within 1 % of the best known loss."""
    models = fresh(partial(Bottleneck.init, 5, 2), [seed] * copies)
    objective = stack([Reconstruction(SparseFeatures(5, DENSITY))] * copies)
    recipe = Recipe(steps=steps, snapshots=tuple(range(look, steps + 1, look)))
    seeds = range(seed, seed + copies)
    run = partial(train, models, objective, recipe, seeds=seeds, learning_rate=learning_rate)
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
    descents = {copies: to_best(seed, copies) for copies in (1, CROWD)}
    print(rounds(seed, descents[1]))
    print(
        f"all of training with Expected(), to a gradient of 1e-8: {1e3 * to_rest_seconds(seed):.1f} ms"
    )
    for copies, descent in descents.items():
        exact = seconds(descent, 9) / copies
        print(f"5 -> 2, {copies} models at a time: times of one model")
        print(f"  exact descent to within 1e-6 of the best known loss: {1e3 * exact:.1f} ms")
        for learning_rate in (1e-3, 3e-3):
            sampled = sampled_seconds(seed, learning_rate, copies) / copies
            print(
                f"  samples to within 1 %, rate {learning_rate:g}: {1e3 * sampled:.0f} ms, "
                f"{sampled / exact:.0f} x as long (asked: {ASKED})"
            )


if __name__ == "__main__":
    main()
