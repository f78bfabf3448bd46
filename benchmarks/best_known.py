"""The best losses known of the models that studies train, for `tegum.theory.known`: `python -m benchmarks.best_known`.

Many trainings on samples with a falling learning rate, then exact descent from the best of them. What is printed are
upper bounds on the optimum. It takes about an hour on two cores. `python -m benchmarks.best_known 20 10 0.9 0.1` does
one setting alone (n, m, importance of feature k is this to the power k, density).
"""

import sys
from functools import partial

import numpy as np

from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.theory.expected import expected_losses
from tegum.theory.search import minimise
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled, Schedule

SETTINGS = (
    *((20, 10, 0.9, p) for p in (1.0, 0.9, 0.7, 0.5, 0.3, 0.1, 0.05, 0.03, 0.01)),
    *((30, 15, 0.9, round(50 ** (-k / 6), 4)) for k in range(7)),
    (20, 10, 1.0, 0.1),
    (4, 2, 1.0, 0.05),
)
SEEDS, STEPS, BEST = 40, 6000, 4


def best_known(n_features: int, n_hidden: int, decay: float, density: float) -> float:
    """The least exact loss found, summed over features."""
    importance = decay ** np.arange(n_features)
    seeds = np.arange(SEEDS)
    trained = train(
        fresh(partial(Bottleneck.init, n_features, n_hidden), seeds),
        stack([Reconstruction(SparseFeatures(n_features, density, importance))] * SEEDS),
        Recipe(steps=STEPS, objective=Sampled(1024), schedule=Schedule("cosine")),
        seeds=seeds,
        learning_rate=5e-3,
    )
    w, b = np.asarray(trained.model.w, np.float64), np.asarray(trained.model.b, np.float64)
    first = np.argsort(expected_losses(w, b, density, importance))[:BEST]
    coarse = minimise(
        w[first], b[first], density, importance, tolerance=1e-5, max_steps=400, terms=128
    )
    found = minimise(coarse.w, coarse.b, density, importance, tolerance=1e-7, max_steps=400)
    return float(found.loss.min())


def main() -> None:
    """Print a line for each setting: n, m, importance's decay, density, loss."""
    chosen = [tuple(map(float, sys.argv[1:]))] if len(sys.argv) > 1 else SETTINGS
    for n_features, n_hidden, decay, density in chosen:
        loss = best_known(int(n_features), int(n_hidden), decay, density)
        print(f"{n_features:g} {n_hidden:g} {decay:g} {density:g} {loss:.8g}", flush=True)


if __name__ == "__main__":
    main()
