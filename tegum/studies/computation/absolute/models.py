"""What is measured: networks trained to give y_i = |x_i|, with fewer or just enough neurons.

    h = ReLU(W_in x),   y = ReLU(W_outᵀh + b),   x_i = 0 or uniform on [-1, 1]

Two neurons a feature do it without loss, |x| = ReLU(x) + ReLU(-x). An output whose ReLU is silent
for one sign of its feature gets no gradient from it: from a usual start, weights out of both signs
and b = 0, half of all signs begin that way, and sparse features seldom wake them. So models begin
*fresh* with W_out = |W_in|; the usual start is measured beside it where theory knows the end (and
features are dense enough that it matters little). Since neither leads to the best there is, models
of many features begin once more with *pairs*: two neurons each for the m/2 most important features,
and a tenth of a fresh model, so that what theory knows to be within reach is where training begins.
"""

from collections.abc import Callable
from functools import partial

import equinox as eqx
import numpy as np
from jaxtyping import Float

from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.core.measurement import Variable
from tegum.theory.hidden_relu import losses
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Computation
from tegum.training.recipe import Recipe, Sampled, Schedule

Start = Callable[[Bottleneck], tuple[Array, Array]]


def with_pairs(model: Bottleneck) -> tuple[Array, Array]:
    """Weights in and out of pairs of neurons, and a tenth of a fresh model."""
    m, n = model.w.shape
    signs = np.zeros((m, n))
    for k in range(m // 2 * 2):
        signs[k, k // 2] = 1 - 2 * (k % 2)
    w = signs + FRESH * model.w
    return w, abs(w)


START: dict[str, Start] = {
    "fresh": lambda model: (model.w, abs(model.w)),
    "pairs": with_pairs,
    "usual": lambda model: (model.w, model.w_out),
}
"""start -> weights in and out, given a model as `Bottleneck.init` makes it"""
STARTS, EXACT_STARTS = ("fresh", "pairs"), ("fresh", "usual")
"""of many features, and of networks that can do it without loss"""
FRESH = 0.1
WARM_UP = 0.2
"""of all steps; without it the first steps on sparse features, large with Adam, silence outputs"""
EXACT = 3, 6
"""features and neurons of the networks that can do it without loss"""
HALF = 20, 10
"""and of those at density 1/2 with a neuron for every other feature"""
HALF_DENSITY = 0.5


class Trained(core.BottleneckConfig):
    """Features of falling importance, and how networks are trained on their absolute values."""

    importance_decay: core.Share = 0.8
    samples: core.Count = 8192
    """inputs with two or more active features on which losses are estimated"""
    batch: core.Count = 512
    learning_rate: core.Unsigned = 5e-3
    """of AdamW; rises over the first fifth of the steps, then falls to a hundredth as a cosine"""


class Wide(Trained):
    """Many features."""

    n_features: core.Count = 100
    n_hidden: core.Count = 40
    seeds: core.Count = 4
    """networks at each density from each start"""
    steps: core.Count = 4000


class Small(Trained):
    """Few."""

    small_seeds: core.Count = 32
    """networks of 3 features and 6 neurons from each start, and of 20 and 10"""
    small_steps: core.Count = 4000
    """training steps of these"""


class Config(Wide, Small):
    """Absolute values, in superposition and not."""

    densities: tuple[core.Density, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
    """p = 1 - S, the chance that a feature is active"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if not 2 <= self.n_hidden < self.n_features:
            wanted = f"from 2 on and less than n_features = {self.n_features}"
            raise bad_input("n_hidden", self.n_hidden, wanted, "else nothing is in superposition")


def wide(c: Wide, density: float) -> core.Variables:
    """Networks of many features, beside networks of 2n neurons that lose nothing."""
    shape = c.n_features, c.n_hidden
    make = partial(_networks, c, shape, density, count=c.seeds, steps=c.steps)
    found = core.swept(lambda start: make(start=start), start=STARTS)
    signs = np.concatenate([np.eye(c.n_features), -np.eye(c.n_features)])
    ideal = [_lost(c, rows, density) for rows in (signs, signs[: c.n_features])]
    importance = c.importance
    return found | {
        "variance": variance(density),
        "apart": importance[c.n_hidden // 2 :].sum() * variance(density),
        "power": importance.sum() * variance(density),
        "ideal_loss": ideal[0],
        "one_sided_loss": ideal[1],
    }


def exact(c: Small) -> core.Variables:
    """Networks with two neurons a feature, from both starts."""
    make = partial(_networks, c, EXACT, HALF_DENSITY, count=c.small_seeds, steps=c.small_steps)
    found = core.swept(lambda exact_start: make(start=exact_start), exact_start=EXACT_STARTS)
    power = float((c.importance_decay ** np.arange(EXACT[0])).sum() * variance(HALF_DENSITY))
    return {f"exact_{name}" if name in SHORT else name: of for name, of in found.items()} | {
        "exact_power": power
    }


def half(c: Small) -> core.Variables:
    """Networks with one neuron for two features, at density 1/2."""
    found = _networks(c, HALF, HALF_DENSITY, "fresh", c.small_seeds, c.small_steps)
    apart = c.importance_decay ** np.arange(HALF[1] // 2, HALF[0])
    renamed = {f"half_{name}" if name in SHORT else name: of for name, of in found.items()}
    return renamed | {"half_apart": float(apart.sum() * variance(HALF_DENSITY))}


def variance(density: float) -> float:
    """Of |x_i|: what a feature costs that is given up, b_i = E |x_i|."""
    return density / 3 - density**2 / 4


def _networks(
    c: Trained, shape: tuple[int, int], density: float, start: str, count: int, steps: int
) -> dict[str, np.ndarray]:
    """Networks of so many features and neurons, trained, and their losses."""
    n, m = shape
    importance = c.importance_decay ** np.arange(n)
    recipe = Recipe(
        steps,
        Sampled(c.batch),
        schedule=Schedule("cosine", warm_up=int(WARM_UP * steps), end=0.01),
    )
    objective = Computation(SparseFeatures(n, density, importance, "symmetric"), "absolute")
    ended = train(
        fresh(partial(_begun, n, m, start), c.seeds_of(f"W {n}", count)),
        stack([objective] * count),
        recipe,
        seeds=c.seeds_of(f"batches {n}", count),
        learning_rate=c.learning_rate,
    )
    sound: Bottleneck = populations.with_stand_ins(ended.model, ended.finite)
    w, w_out, b = (np.asarray(part, float) for part in (sound.w, sound.w_out, sound.b))
    found = losses(
        w,
        b,
        density,
        importance,
        w_out=w_out,
        values="symmetric",
        function="absolute",
        samples=c.samples,
        seed=c.rng(f"samples {n}"),
    )
    return {
        "w": w,
        "w_out": w_out,
        "b": b,
        "loss": found.loss,
        "loss_error": found.standard_error,
        "error": found.of_feature,
        "finite": ended.finite,
    }


SHORT = ("w", "w_out", "b", "loss", "loss_error", "error")


def _begun(n: int, m: int, start: str, key: Array) -> Bottleneck:
    model = Bottleneck.init(n, m, key, hidden_activation="relu", tied=False)
    return eqx.tree_at(lambda model: (model.w, model.w_out), model, START[start](model))


def _lost(c: Wide, rows: Float[np.ndarray, "neurons features"], density: float) -> float:
    """Loss of a network of neurons that each read one sign of one feature and hand it on."""
    found = losses(
        rows,
        np.zeros(c.n_features),
        density,
        c.importance,
        w_out=abs(rows),
        values="symmetric",
        function="absolute",
        samples=256,
    )
    return float(found.loss)


def _rows(prefix: str, axes: str, of: str) -> dict[str, Variable]:
    lead = axes.split()
    hidden, feature = f"{prefix}hidden", f"{prefix}feature"
    shapes = {
        "w": ([hidden, feature], "weights in"),
        "w_out": ([hidden, feature], "weights out"),
        "b": ([feature], "output bias"),
        "loss": ([], "loss, exact while at most one feature is active, else sampled"),
        "loss_error": ([], "standard error of the loss by sampling"),
        "error": ([feature], "mean squared error of an output, without its importance"),
    }
    rows = {
        f"{prefix}{name}": Variable((*lead, *dims), f"{words}, {of}")
        for name, (dims, words) in shapes.items()
    }
    finite = Variable(tuple(lead), "1 for a network that trained, 0 if it diverged")
    return rows | {"finite": finite}


PARTS = (
    core.Part(
        wide,
        _rows("", "start seed", "many features")
        | core.table(
            variance=("", "of |x_i|: error of an output that gives up its feature"),
            apart=("", "loss of two neurons each for the m/2 most important features"),
            power=("", "loss of a network that gives up all"),
            ideal_loss=("", "loss of 2n neurons, one for each sign of each feature"),
            one_sided_loss=("", "loss of n neurons, one for each feature"),
        ),
        density="densities",
    ),
    core.Part(
        exact,
        _rows("exact_", "exact_start small_seed", "two neurons a feature")
        | core.table(exact_power=("", "loss of a network of 3 features that gives up all")),
    ),
    core.Part(
        half,
        _rows("half_", "small_seed", "20 features in 10 neurons")
        | core.table(half_apart=("", "loss of two neurons each for the 5 most important")),
    ),
)
MODELS = core.Measurement("absolute-value", version=1, parts=PARTS)
