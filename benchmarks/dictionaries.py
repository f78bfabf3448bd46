"""Speed of training sparse autoencoders beside the usual PyTorch loop: `python -m benchmarks.dictionaries`.

Both sides train the same population (hidden vectors of fresh sparse features through random directions, ReLU latents,
an L1 penalty, Adam at 1e-3, batch 1024), taking turns so that a busy machine hurts both alike; PyTorch at one thread
and at one per core, of which the better counts. Seconds on the clock are what a user waits; seconds of the processor
say what each needs where others compute too. The median of the turns counts.
"""

import time
from functools import partial

import numpy as np

from tegum.cores import cores
from tegum.features import SparseFeatures
from tegum.models import SparseAutoencoder
from tegum.training import Adam, Recipe, Sampled, SparseCoding, fresh, planted, stack, train

BATCH = 1024
MODELS = 16
SETTINGS = ((100, 20, 400), (20, 20, 400), (20, 5, 80))  # n_features, n_hidden, n_latents
REQUIRED = 5
TURNS = 5
THEIR_STEPS, OUR_STEPS = 20, 100  # timed in a turn


def population(n_features: int, n_hidden: int, n_latents: int) -> tuple:
    """Fresh autoencoders and what they are asked to do."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(MODELS, n_hidden, n_features))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    levels = np.logspace(-2, -1, MODELS, dtype=np.float32)
    objectives = [
        SparseCoding(SparseFeatures(n_features, level), planted(d), level)
        for level, d in zip(levels, directions, strict=True)
    ]
    saes = fresh(partial(SparseAutoencoder.init, n_hidden, n_latents), range(MODELS))
    return saes, stack(objectives)


def milliseconds_a_step(
    n_features: int, n_hidden: int, n_latents: int, steps: int = OUR_STEPS
) -> tuple[float, float]:
    """One training step of the population, compiled before: on the clock, and of the processor."""
    saes, objectives = population(n_features, n_hidden, n_latents)
    recipe = Recipe(steps=steps, objective=Sampled(BATCH), optimizer=Adam())
    train(saes, objectives, recipe, seeds=range(MODELS))
    clock, processor = time.perf_counter(), time.process_time()
    train(saes, objectives, recipe, seeds=range(MODELS))
    return (
        1e3 * (time.perf_counter() - clock) / steps,
        1e3 * (time.process_time() - processor) / steps,
    )


def compared(sizes: tuple[int, int, int]) -> np.ndarray:
    """Medians in ms: PyTorch at one thread, at one per core, tegum; each on the clock and of the processor."""
    from benchmarks import torch_dictionaries

    theirs = partial(torch_dictionaries.milliseconds_a_step, *sizes, MODELS, BATCH, THEIR_STEPS)
    ways = (partial(theirs, 1), partial(theirs, cores()), partial(milliseconds_a_step, *sizes))
    return np.median([[way() for way in ways] for _ in range(TURNS)], axis=0)


def main() -> None:
    """Print the table."""
    print(f"{MODELS} autoencoders, batch {BATCH}: ms a step on the clock (of the processor)")
    print(
        f"{'features -> hidden -> latents':30}{'torch, 1 thread':>18}{f'torch, {cores()} threads':>18}{'tegum':>18}"
        f"  ratio (required: {REQUIRED})"
    )
    for sizes in SETTINGS:
        one, all_cores, ours = medians = compared(sizes)
        on_clock, of_processor = np.minimum(one, all_cores) / ours
        times = "".join(f"{f'{clock:.2f} ({processor:.1f})':>18}" for clock, processor in medians)
        print(f"{' -> '.join(map(str, sizes)):30}{times}  {on_clock:.1f} ({of_processor:.1f})")


if __name__ == "__main__":
    main()
