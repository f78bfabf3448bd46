"""Networks that learn a hierarchy by gradient descent on all of it, watched mode by mode.

Four nets from one start strength: "decoupled" and "random" are linear with a hidden layer, "relu"
begins with the weights of "random", "one layer" with their product.
"""

import jax
import numpy as np
from jaxtyping import Float

from tegum.errors import bad_input
from tegum.models import Network
from tegum.studies import core
from tegum.studies.core.measurement import Variable
from tegum.studies.populations import FINITE, with_stand_ins
from tegum.theory.deep_linear import (
    Modes,
    aligned_part,
    coupled_course,
    hierarchy,
    hierarchy_modes,
    left_out,
    level_strengths,
    paces,
    split_levels,
    time_to_learn,
)
from tegum.training.engine import stack, train
from tegum.training.fixed_targets import FixedTargets
from tegum.training.recipe import SGD, Recipe, Sampled, log_spaced

NETS = {"decoupled": "linear", "random": "linear", "relu": "relu", "one layer": "linear"}
"""activation of each net's hidden layer"""
MOMENTS = 18
"""at which hidden representations are kept"""

Weights = tuple[Float[np.ndarray, "seeds _ _"], ...]
History = tuple[Float[np.ndarray, "seeds steps _ _"], ...]


class Hierarchy(core.StudyConfig):
    """Networks on a binary tree of items."""

    depth: core.Count = 4
    """D, splits from the root to an item; there are 2^D items"""
    per_node: core.Count = 1
    """properties of each node of the tree, shared by all items below it"""
    n_hidden: core.Count = 64
    """m, hidden units"""
    seeds: core.Count = 20
    """networks of each kind"""
    steps: core.Count = 8000
    """of gradient descent on the whole table"""
    learning_rate: core.Unsigned = 0.002
    """η; times are in units of τ = 1/η steps"""
    looks: core.Count = 240
    """moments, evenly spaced in the logarithm of the step, at which networks are measured"""

    @property
    def properties(self) -> tuple[int, ...]:
        return (self.per_node,) * (self.depth + 1)


class Config(Hierarchy):
    """A hierarchy learned by deep, shallow, rectified and narrow networks."""

    starts: tuple[core.Unsigned, ...] = (1e-2, 1e-4, 1e-6)
    """a_0, strength at which a mode of a network with a hidden layer starts (mean over seeds)"""
    widths: tuple[core.Count, ...] = (1, 2, 4, 8)
    """hidden units of the narrow networks; each ends a level: 1, or a power of 2 below 2^D"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        modes, weakest = 2**self.depth, level_strengths(self.properties)[-1]
        if not self.learning_rate:
            raise bad_input("learning_rate", self.learning_rate, "above 0")
        paces(level_strengths(self.properties), self.learning_rate)
        if self.n_hidden < modes:
            raise bad_input("n_hidden", self.n_hidden, f"at least a unit a mode, {modes}")
        if min(self.starts) <= 0 or max(self.starts) > weakest / 20:
            wanted = f"above 0, and at most a twentieth of the weakest mode, {weakest / 20:.3g}"
            raise bad_input("starts", self.starts, wanted)
        if set(self.widths) - {2**level for level in range(self.depth)}:
            raise bad_input("widths", self.widths, f"1 or powers of 2 below {modes}")


def trained(c: Hierarchy, start: float) -> core.Variables:
    """All nets from one start strength, at every look."""
    y, modes = hierarchy(c.properties), hierarchy_modes(c.properties)
    shown = moments(c, start)
    by_net = {}
    for net, weights in starts(c, modes, start).items():
        history, steps, finite = descended(c, y, weights, NETS[net])
        by_net[net] = seen(c, modes, history, np.searchsorted(steps, shown)) | {"finite": finite}
        by_net[net]["start_strength"] = strength_at_start(weights, modes)
    w1, w2 = starts(c, modes, start)["random"]
    z = aligned_part(w1, w2, modes)
    coupled = [coupled_course(steps, modes.s, each, c.learning_rate).T for each in z]
    stacked = {name: np.stack([of[name] for of in by_net.values()]) for name in by_net["random"]}
    return stacked | {
        "net": list(NETS),
        "step": steps,
        "mode": range(modes.s.size),
        "split": range(1, c.depth + 2),
        "coupled": np.stack(coupled),
        "left_out": left_out(w1, w2, modes),
        "y": y,
        "moment": range(MOMENTS),
        "moment_step": steps[np.searchsorted(steps, shown)],
    }


def narrow(c: Hierarchy, width: int) -> core.Variables:
    """Where linear networks of few hidden units end, and the least loss of their rank."""
    y, modes = hierarchy(c.properties), hierarchy_modes(c.properties)
    w1, w2 = starts(c, modes, NARROW_START)["random"]
    # A unit with neither input nor output stays so: one program serves all widths.
    some = np.arange(c.n_hidden) < width
    history, _, finite = descended(c, y, (w1 * some[:, None], w2 * some), "linear")
    final = history[1][:, -1] @ history[0][:, -1]
    return {
        "mode": range(modes.s.size),
        "kept": np.einsum("pk,spi,ik->sk", modes.u, final, modes.v) / modes.s,
        "narrow_loss": np.sum((final - y) ** 2, axis=(1, 2)) / 2,
        "least_loss": np.sum(modes.s[width:] ** 2) / 2,
        "finite": finite,
    }


NARROW_START = 1e-2


def starts(c: Hierarchy, modes: Modes, start: float) -> dict[str, Weights]:
    """The weights that each net starts with; a seed's are multiples of the same at every start."""
    m, (n, items) = c.n_hidden, (len(modes.u), len(modes.v))
    decoupled, first, second = [], [], []
    for seed in c.seeds_of("W", c.seeds):
        rng = np.random.default_rng(int(seed))
        first.append(rng.normal(size=(m, items)))
        second.append(rng.normal(size=(n, m)))
        decoupled.append(np.linalg.qr(rng.normal(size=(m, items)))[0])
    size, z = np.sqrt(2 * start / m), np.sqrt(start) * np.stack(decoupled)
    w1, w2 = size * np.stack(first), size * np.stack(second)
    return {
        "decoupled": (z @ modes.v.T, modes.u @ z.swapaxes(1, 2)),
        "random": (w1, w2),
        "relu": (w1, w2),
        "one layer": (w2 @ w1,),
    }


def strength_at_start(weights: Weights, modes: Modes) -> Float[np.ndarray, "seeds modes"]:
    """a_0 of every mode, of what will grow; of one layer b_0."""
    if len(weights) == 1:
        return np.einsum("pk,spi,ik->sk", modes.u, weights[0], modes.v)
    w1, w2 = weights
    return np.sum(aligned_part(w1, w2, modes) ** 2, axis=1)


def descended(
    c: Hierarchy, y: np.ndarray, weights: Weights, activation: str
) -> tuple[History, np.ndarray, np.ndarray]:
    """Gradient descent on Y: weights at every look [seeds steps ...], the looks, who is finite."""
    float32 = tuple(np.asarray(w, np.float32) for w in weights)
    names = (activation,) * (len(weights) - 1) + ("linear",)
    table = FixedTargets(np.eye(y.shape[1], dtype=np.float32), np.asarray(y, np.float32))
    ended = train(
        Network(float32, (None,) * len(weights), names),
        stack([table] * c.seeds),
        Recipe(c.steps, Sampled(1), optimizer=SGD(), snapshots=looks(c)),
        seeds=range(c.seeds),  # of batches, of which there are none
        learning_rate=c.learning_rate,
    )
    history = with_stand_ins(ended.history, ended.finite).weights
    layers = jax.tree.map(lambda w: np.asarray(w, np.float64), history)
    if activation == "relu":
        # One-hot items: what a unit gives for item i is its rectified weight.
        layers = (np.maximum(layers[0], 0), *layers[1:])
    return layers, np.asarray(ended.steps), ended.finite


def looks(c: Hierarchy) -> tuple[int, ...]:
    return log_spaced(c.steps, c.looks, first=min(20, c.steps))


def moments(c: Hierarchy, start: float) -> Float[np.ndarray, " moments"]:
    """The start, then steps while the closed form learns, from the broadest to the finest level."""
    ends = time_to_learn(level_strengths(c.properties)[[0, -1]], start, c.learning_rate)
    learning = np.geomspace(0.6 * ends[0], 1.8 * ends[1], MOMENTS - 1)
    return np.minimum([0, *learning], c.steps)


def seen(c: Hierarchy, modes: Modes, layers: History, shown: np.ndarray) -> dict[str, np.ndarray]:
    """What is measured of one net's history; hidden representations and outputs of its first seed.

    Args:
        layers: the hidden layer's values for every item (not of one layer), the last weights.
        shown: places of the moments among the looks.
    """
    output = layers[-1] if len(layers) == 1 else layers[1] @ layers[0]
    hidden = layers[0]
    split = split_levels(c.depth)
    items, wide = split.shape[0], max(c.n_hidden, output.shape[-2])
    gram = hidden.swapaxes(-1, -2) @ hidden
    own = np.diagonal(gram, axis1=-2, axis2=-1)
    distance = own[..., :, None] + own[..., None, :] - 2 * gram
    # A leaf's properties come last; of leaf j's, those of every item, averaged.
    leaves = output[..., -items * c.per_node :, :]
    leaves = leaves.reshape(*leaves.shape[:-2], items, c.per_node, items).mean(axis=-2)
    pairs = [(split == level) for level in range(1, c.depth + 2)]
    padded = np.zeros((len(shown), wide, items))
    padded[:, : hidden.shape[-2]] = hidden[0, shown]
    return {
        "strength": np.einsum("pk,stpi,ik->skt", modes.u, output, modes.v),
        "distance": np.stack([distance[..., which].mean(axis=-1) for which in pairs], axis=1),
        "attributed": np.stack([leaves[..., which].mean(axis=-1) for which in pairs], axis=1),
        "hidden": padded,
        "output": output[0, shown],
    }


OF_NETS = Variable(("net", "seed"), FINITE.long_name)
SPLIT = "by the level that tells them apart"
TRAINED = core.table(
    strength=("net seed mode step", "strength of a mode, u_k . Y' v_k, Y' the network's output"),
    start_strength=("net seed mode", "strength at the start, of what will grow"),
    distance=("net seed split step", f"squared distance of two items in the first layer, {SPLIT}"),
    attributed=("net seed split step", f"output for an item and a leaf's property, {SPLIT}"),
    hidden=("net moment unit item", "first layer's values for every item, of the first seed"),
    output=("net moment property item", "output, of the first seed"),
    moment_step=("moment", "step of a moment", "steps"),
    coupled=("seed mode step", 'strength that the Riccati equation gives for "random"'),
    left_out=("seed", 'squared norm of what the Riccati equation leaves out of "random"'),
    y=("property item", "the table to be learned"),
) | {"finite": OF_NETS}
NARROW = core.table(
    kept=("seed mode", "strength of a mode at the end, over s"),
    narrow_loss=("seed", "half the squared error at the end, summed"),
    least_loss=("", "the least of any network of that width"),
) | {"finite": FINITE}

PARTS = (
    core.Part(trained, TRAINED, start="starts"),
    core.Part(narrow, NARROW, width="widths"),
)
MODELS = core.Measurement("semantic-development", version=1, parts=PARTS)
