"""Training speed beside the usual PyTorch loop, and the memory of a large population: `python -m benchmarks.training`.

Both sides train the same models (densities 20^-linspace(0, 1), importance 0.9^i, AdamW at 1e-3, batch 1024, fresh
samples each step), taking turns so that a busy machine hurts both alike; the median of the turns counts.
"""

import resource
import statistics
import subprocess
import sys
import time

import jax
import numpy as np

from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.training.engine import stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled

BATCH = 1024
SETTINGS = ((5, 2, 10), (20, 5, 10))  # n_features, n_hidden, models
TURNS = 5


def population(n_features: int, n_hidden: int, models: int) -> tuple[Bottleneck, Reconstruction]:
    """Fresh models and what they are asked to do."""
    importance = 0.9 ** np.arange(n_features)
    laws = [SparseFeatures(n_features, p, importance) for p in 20 ** -np.linspace(0, 1, models)]
    fresh = jax.vmap(lambda key: Bottleneck.init(n_features, n_hidden, key))(
        jax.random.split(jax.random.key(0), models)
    )
    return fresh, stack([Reconstruction(law) for law in laws])


def milliseconds_a_step(n_features: int, n_hidden: int, models: int, steps: int) -> float:
    """Wall-clock time of one training step of the population, compiled before."""
    fresh, objectives = population(n_features, n_hidden, models)
    recipe = Recipe(steps=steps, objective=Sampled(BATCH))
    train(fresh, objectives, recipe, seeds=range(models))
    start = time.perf_counter()
    train(fresh, objectives, recipe, seeds=range(models))
    return 1e3 * (time.perf_counter() - start) / steps


def peak_gigabytes(models: int = 10_000, steps: int = 20) -> float:
    """Greatest resident memory of a process that trains this many models of 5 -> 2."""
    code = f"from benchmarks.training import peak_of_this_process as peak; print(peak({models}, {steps}))"
    return float(
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout
    )


def peak_of_this_process(models: int, steps: int) -> float:
    """Train, and report the greatest resident memory of this process so far, in GB."""
    train(
        *population(5, 2, models),
        Recipe(steps=steps, objective=Sampled(BATCH)),
        seeds=range(models),
    )
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def main() -> None:
    """Print the table."""
    from benchmarks import torch_loop

    print(
        f"{'setting, batch 1024':24} {'torch ms/step':>14} {'tegum ms/step':>14} {'ratio':>7}   (required: 5)"
    )
    for n_features, n_hidden, models in SETTINGS:
        theirs, ours = [], []
        for _ in range(TURNS):
            theirs.append(torch_loop.milliseconds_a_step(n_features, n_hidden, models, BATCH, 100))
            ours.append(milliseconds_a_step(n_features, n_hidden, models, 1000))
        slow, fast = statistics.median(theirs), statistics.median(ours)
        name = f"{n_features} -> {n_hidden} x {models}"
        print(f"{name:24} {slow:14.3f} {fast:14.3f} {slow / fast:7.1f}")
    print(f"10 000 models of 5 -> 2: peak memory {peak_gigabytes():.2f} GB (required: < 2)")


if __name__ == "__main__":
    main()
