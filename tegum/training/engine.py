"""Trains populations: many models at once, each with its own density, importance, learning rate and seed.

`training.step` is written for one model. Here it is lifted over a block of models with `vmap`, and one compiled program
runs a strip of blocks, one after the other, each for all its steps; every core calls it. The sizes depend on shapes
and the recipe, never on the population's size: so memory stays bounded, one compilation serves all, and a model alone
equals itself in a crowd bit for bit (the last block is filled up with copies, whose results are dropped).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, UInt32

from tegum.arrays import Array
from tegum.compiled import COMPILER_OPTIONS, in_blocks
from tegum.cores import cores
from tegum.errors import bad_input
from tegum.progress import stage
from tegum.training.exact import descend
from tegum.training.objectives import AbstractObjective
from tegum.training.recipe import Expected, Recipe
from tegum.training.step import begin, step

Tree = TypeVar("Tree")

FRESH = 32  # models made at a time
STRIP = 16  # blocks that one call may train
LONG = (
    20_000  # steps after which a call is long enough: in short ones threads hand work to each other
)
HELD = 2**26  # bytes of models, at all looks, and of objectives that one call may hold


@dataclass(frozen=True)
class Trained:
    """A trained population. Every array has the models first, then the looks (`steps`), then the model's own axes.

    Attributes:
        history: the models at each look, a tree like the one that came in.
        steps: the looks: how many updates had been made.
        losses: "loss" and its parts, each [models steps], averaged over the updates since the look before; NaN at 0.
        finite: [models], False for a model whose weights are no longer finite.
    """

    history: Any
    steps: tuple[int, ...]
    losses: dict[str, Float[np.ndarray, "models steps"]]
    finite: Bool[np.ndarray, " models"]

    @property
    def model(self) -> Any:
        """The models at the end."""
        return jax.tree.map(lambda leaf: leaf[:, -1], self.history)


def fresh(init: Callable[[Array], Tree], seeds: Sequence[int] | np.ndarray) -> Tree:
    """A population of new models, `init(key)` with a key from each seed, as in `train`.

    Raises:
        BadInputError: no seed, or one that is no whole number from 0 to 2^64 - 1.
    """
    if not _count_of(seeds):
        raise bad_input("seeds", seeds, "at least one")
    return in_blocks(
        jax.vmap(lambda words: init(jax.random.wrap_key_data(words))), words_of(seeds), FRESH
    )


def words_of(seeds: Sequence[int] | np.ndarray) -> UInt32[np.ndarray, "seeds 2"]:
    """Two words of 32 bits for each seed, from which jax makes its key: as `jax.random.key` below 2^32.

    Raises:
        BadInputError: a seed is no whole number from 0 to 2^64 - 1.
    """
    given = np.asarray(seeds)
    if given.dtype.kind not in "iu" or (given.size and given.min() < 0):
        raise bad_input("seeds", seeds, "whole numbers from 0 to 2^64 - 1")
    whole = given.astype(np.uint64)
    return np.stack([whole >> np.uint64(32), whole & np.uint64(2**32 - 1)], axis=-1).astype(
        np.uint32
    )


def stack(members: Sequence[Tree]) -> Tree:
    """Trees of equal structure (models, objectives) as one population: every array gains a leading `models` axis.

    Raises:
        BadInputError: no member, one that stands alone, or members that differ in structure or shape.
    """
    if not isinstance(members, Sequence) or not len(members):
        raise bad_input("members", members, "a list of at least one", "stack([member]) for one")
    first, *others = ((jax.tree.structure(tree), _shapes(tree)) for tree in members)
    for place, other in enumerate(others, start=1):
        if other != first:
            raise bad_input(
                "members",
                f"members 0 and {place} that differ in more than numbers",
                "members of one structure and one size",
                "train them apart",
            )
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *members)


def repeat(population: Tree, times: int) -> Tree:
    """Each member `times` times in a row, as restarts of it want."""
    return jax.tree.map(lambda leaf: np.repeat(np.asarray(leaf), times, axis=0), population)


def size(population: Any) -> int:
    """How many models a population holds; raises where its arrays disagree."""
    shapes = _shapes(eqx.filter(population, eqx.is_array))
    lengths = {shape[:1] for shape in shapes}
    if len(lengths) != 1 or lengths == {()}:
        raise bad_input(
            "population",
            sorted(shapes),
            "arrays with one common leading `models` axis",
            "use `stack`, or `repeat` of it",
        )
    [(count,)] = lengths
    return count


def train(
    models: Any,
    objectives: AbstractObjective,
    recipe: Recipe,
    *,
    seeds: Sequence[int] | np.ndarray = (),
    learning_rate: float | Sequence[float] | np.ndarray = 1e-3,
    threads: int | None = None,
) -> Trained:
    """Train a population.

    Args:
        models: the initial models, stacked.
        objectives: one objective a model, stacked.
        recipe: what they have in common.
        seeds: [models], whole numbers below 2^64, one a model, of the batches it is shown; not
            used with the recipe's objective `Expected`.
        learning_rate: one number, or [models].
        threads: strips computed at the same time; by default one a core, or one a GPU. Where jax has several devices
            they take turns, so a population is spread over them along its models.

    Returns:
        The population at each look. A model that diverges is marked in `finite`; the others go on.

    Raises:
        BadInputError: arrays, seeds or learning rates that are not one for each model.
    """
    count = size((models, objectives))
    if isinstance(recipe.objective, Expected):
        trained, losses = descend(models, objectives, recipe.steps, recipe.objective.tolerance)
        history, losses = jax.tree.map(lambda leaf: np.asarray(leaf)[:, None], (trained, losses))
        return Trained(history, recipe.looks, losses, _finite(history))
    rates = np.asarray(learning_rate, np.float32)
    if rates.shape not in ((), (1,), (count,)):
        raise bad_input("learning_rate", rates.shape, f"one number, or {count} of them (models)")
    rates = np.broadcast_to(rates, (count,))
    if (given := _count_of(seeds)) != count:
        raise bad_input(
            "seeds",
            f"{given} seeds",
            f"one for each of the {count} models",
            f"seeds=range({count})",
        )
    population = jax.tree.map(np.asarray, (models, objectives, rates, words_of(seeds)))
    devices = jax.local_devices()
    on_cpu = devices[0].platform == "cpu"
    width, workers = _block_width(models, recipe), threads or (cores() if on_cpu else len(devices))
    blocks, most = -(-count // width), _strip_length(models, objectives, width, recipe)
    rounds = -(-blocks // (most * workers))  # of calls, one a core in each
    strip = -(-blocks // (rounds * workers))

    def compute(first: int) -> tuple[Any, dict[str, np.ndarray]]:
        """Up to `strip` blocks, one after the other, in one call."""
        members = np.minimum(np.arange(most * width) + first * width, count - 1)
        several = jax.tree.map(
            lambda leaf: leaf[members].reshape(most, width, *leaf.shape[1:]), population
        )
        if len(devices) > 1:
            several = jax.device_put(several, devices[first // strip % len(devices)])
        trained = _train_blocks(*several, min(strip, blocks - first), recipe=recipe)
        kept = min(strip * width, count - first * width)
        flat = jax.tree.map(
            lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:])[:kept].copy(), trained
        )
        advance(kept)
        return flat

    with stage("training", count) as advance, ThreadPoolExecutor(workers) as pool:
        # Each in a copy of this context, in which what listens to it is told.
        tasks = [
            pool.submit(copy_context().run, compute, first) for first in range(0, blocks, strip)
        ]
        parts = [task.result() for task in tasks]
    history, losses = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
    return Trained(history, recipe.looks, losses, _finite(history))


def _shapes(tree: Any) -> list[tuple[int, ...]]:
    return [np.shape(leaf) for leaf in jax.tree.leaves(tree)]


def _count_of(seeds: Sequence[int] | np.ndarray) -> int:
    """How many seeds were given; one number is no list of one."""
    if np.ndim(seeds) != 1:
        raise bad_input("seeds", seeds, "a list of whole numbers, one a model", "range(8) for 8")
    return len(seeds)


def _finite(history: Any) -> Bool[np.ndarray, " models"]:
    last = [leaf[:, -1].reshape(len(leaf), -1) for leaf in jax.tree.leaves(history)]
    return np.isfinite(np.concatenate(last, axis=1)).all(axis=1)


@partial(jax.jit, static_argnames="recipe", compiler_options=COMPILER_OPTIONS)
def _train_blocks(
    models: Any,
    objectives: AbstractObjective,
    rates: Array,
    words: Array,
    count: Array,
    recipe: Recipe,
) -> tuple[Any, dict[str, Array]]:
    """The first `count` blocks, one after the other; every array has an axis of blocks, then of the models of one."""
    population = (models, objectives, rates, words)
    together = jax.vmap(partial(_train_one, recipe=recipe))

    def block(place: Array) -> tuple[Any, dict[str, Array]]:
        return together(*jax.tree.map(lambda leaf: leaf[place], population))

    nothing_yet = jax.tree.map(
        lambda leaf: jnp.zeros((len(rates), *leaf.shape), leaf.dtype), jax.eval_shape(block, 0)
    )
    return jax.lax.fori_loop(
        0,
        count,
        lambda place, done: jax.tree.map(
            lambda all_, one: all_.at[place].set(one), done, block(place)
        ),
        nothing_yet,
    )


def _train_one(
    model: Any, objective: AbstractObjective, rate: Array, words: Array, recipe: Recipe
) -> tuple[Any, dict[str, Array]]:
    """One model from its initial weights to the last look: (models at the looks, mean losses between them)."""
    key = jax.random.wrap_key_data(words)
    state, rebuild = begin(model, recipe)
    shapes = jax.eval_shape(lambda: objective.loss(model, key, recipe.batch))
    nothing_yet = jax.tree.map(
        lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), {"loss": shapes[0], **shapes[1]}
    )

    def update(_: Array, carry: tuple[Any, Any]) -> tuple[Any, Any]:
        state, total = carry
        state, info = step(state, objective, recipe, rebuild, rate, key)
        return state, jax.tree.map(jnp.add, total, {"loss": info.loss, **info.parts})

    def until_look(state: Any, updates: Array) -> tuple[Any, tuple[Array, dict[str, Array]]]:
        state, total = jax.lax.fori_loop(0, updates, update, (state, nothing_yet))
        return state, (state.parameters, jax.tree.map(lambda sum_: sum_ / updates, total))

    updates = np.diff(np.asarray(recipe.looks), prepend=0)
    _, (parameters, losses) = jax.lax.scan(until_look, state, jnp.asarray(updates))
    return jax.vmap(rebuild)(parameters), losses


def _strip_length(models: Any, objectives: AbstractObjective, width: int, recipe: Recipe) -> int:
    """How many blocks one call may train: like a block's size, of shapes and the recipe alone."""
    of_model, of_objective = (
        sum(leaf[:1].nbytes for leaf in map(np.asarray, jax.tree.leaves(tree)))
        for tree in (models, objectives)
    )
    held = width * (of_model * len(recipe.looks) + of_objective)
    return int(np.clip(min(HELD // held, -(-LONG // recipe.steps)), 1, STRIP))


def _block_width(models: Any, recipe: Recipe) -> int:
    """How many models one block holds.

    On a CPU a block should outweigh the fixed cost of its operations and still fit a core's cache, measured on the
    activations of one layer; a GPU wants as many as its memory takes.
    """
    leaves = jax.tree.leaves(eqx.filter(models, eqx.is_inexact_array))
    activations = 4 * recipe.batch * max(max(leaf.shape[1:], default=1) for leaf in leaves)
    if jax.default_backend() != "cpu":
        return max(1, min(4096, 2**30 // (16 * activations)))
    return 5 if activations < 2**18 else 4 if activations < 2**21 else 2
