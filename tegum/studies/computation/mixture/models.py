"""What is measured: experts of several kinds on features in topics and on independent ones.

Both laws have n features of density p. In topics, exactly one of T topics is on, and features of
the others are 0; else the topic says nothing. What a model hands on is counted twice: *active*
dimensions are those of the experts that an input is sent to, *total* ones those of all experts.

    hard            k experts of m dimensions, one an input     active m     total k m
    hard, m/k       k experts of m/k, one an input              active m/k   total m
    soft, m/k       k experts of m/k, all mixed                 active m     total m
    soft            k experts of m, all mixed                   active k m   total k m
    random router   as hard, but the router stays as it began
    unbalanced      as hard, but nothing keeps the experts equally busy

The router is linear and reads x itself: beside h a hard model has log₂ k bits, the expert's number.
A dense model is one expert.
"""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.features import Topics
from tegum.models.experts import Experts
from tegum.models.lifting import over_samples
from tegum.studies import core, populations
from tegum.theory.expected import expected_losses
from tegum.training.engine import fresh, stack, train
from tegum.training.experts import RoutedReconstruction
from tegum.training.recipe import Adam, Recipe, Sampled, Schedule

LAWS = ("topics", "independent")
ALIKE = ("hard", "soft", "random router", "unbalanced")
"""variants of k experts of m dimensions, trained as one population"""
NARROW = {"hard": "hard, m/k", "soft": "soft, m/k"}
VARIANTS = (*ALIKE, *NARROW.values())
SEEN = 0.1
"""an expert sees a feature that is active there this often, over the feature most often so"""
TERMS = 256


class Trained(core.TrainingConfig):
    """Features, and how experts are trained on them."""

    topics: core.Count = 4
    """T, of which one is on"""
    topic_size: core.Count = 4
    """features of each topic, n/T"""
    density: core.Density = 0.1
    """p, the chance that a feature is active; within the topic that is on it is T p"""
    n_hidden: core.Count = 4
    """m, dimensions of an expert, or of all where they are m/k each"""
    balance: core.Unsigned = 0.02
    """weight of the term that keeps experts equally busy, in units of E‖x‖²"""
    samples: core.Count = 2**14
    """on which a trained model's loss and use of experts are measured"""
    seeds: core.Count = 8
    steps: core.Count = 4000
    batch: core.Count = 256
    learning_rate: core.Unsigned = 1e-2
    """of Adam at first; falls to 0 as a cosine"""

    @property
    def n_features(self) -> int:
        return self.topics * self.topic_size

    @property
    def power(self) -> float:
        """E‖x‖², what a model loses that answers 0."""
        return self.n_features * self.density / 3

    def law(self, name: str) -> Topics:
        if name == "topics":
            return Topics.apart((self.topic_size,) * self.topics, self.density * self.topics)
        return Topics(np.full((self.topics, self.n_features), self.density))


class Config(Trained):
    """Sixteen features in four topics, experts of four dimensions."""

    experts: tuple[core.Count, ...] = (2, 4, 8)
    """k, how many experts there are; one of them T"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.density * self.topics > 1:
            most = f"at most 1/topics = {1 / self.topics:.4g}, as one topic of them is on"
            raise bad_input("density", self.density, most)
        if not self.topic_size <= self.n_hidden < self.n_features:
            wanted = f"at least topic_size = {self.topic_size} and less than n = {self.n_features}"
            raise bad_input("n_hidden", self.n_hidden, wanted)
        if self.topics not in self.experts or min(self.experts) < 2:
            wanted = f"numbers from 2 on, topics = {self.topics} among them"
            raise bad_input("experts", self.experts, wanted, "a dense model is trained anyhow")

    @property
    def widths(self) -> tuple[int, ...]:
        """Dimensions of dense models: as many as are active, or in all, in those with experts.

        Less than n: with n dimensions nothing is lost.
        """
        m, n = self.n_hidden, self.n_features
        narrow = {m // k for k in self.experts if m % k == 0}
        return tuple(sorted({m} | narrow | {m * k for k in self.experts if m * k < n}))


# --- parts --------------------------------------------------------------------------------------


def routed(c: Trained, experts: int) -> core.Variables:
    """All variants with so many experts, on both laws; NaN where m is no multiple of k."""
    wide = _populations(c, experts, c.n_hidden, ALIKE)
    shares = c.n_hidden % experts == 0
    narrow = _populations(c, experts, c.n_hidden // experts, tuple(NARROW)) if shares else None
    found = {}
    for name, values in wide.items():
        beside = np.full_like(values[:, : len(NARROW)], np.nan) if narrow is None else narrow[name]
        if name == "w":
            rows = ((0, 0),) * 4 + ((0, values.shape[4] - beside.shape[4]), (0, 0))
            beside = np.pad(beside, rows, constant_values=np.nan)
        found[name] = np.concatenate([values, beside], axis=1)
    axes = {"law": LAWS, "variant": VARIANTS, "expert": range(experts), "topic": range(c.topics)}
    return found | axes | {"hidden": range(c.n_hidden)}


def dense(c: Trained, width: int) -> core.Variables:
    """Models of one expert, on both laws."""
    found = _populations(c, 1, width, ("hard",))
    w, b = (found[name][:, 0, :, 0] for name in ("w", "b"))
    exact = [_exact_losses(w[i], b[i], c.law(name)) for i, name in enumerate(LAWS)]
    return {
        "dense_w": w,
        "dense_loss": found["loss"][:, 0],
        "dense_error": found["loss_error"][:, 0],
        "dense_exact": exact,
        "finite": found["finite"][:, 0],
        "law": LAWS,
        "hidden": range(width),
    }


def _populations(
    c: Trained, k: int, width: int, variants: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Experts trained, and what they do on samples: arrays with axes law, variant, seed first."""
    init = partial(Experts.init, k, c.n_features, width)
    start = fresh(init, c.seeds_of(f"experts of {width}", c.seeds))
    groups = [(law, variant) for law in LAWS for variant in variants]
    repeated = jax.tree.map(lambda leaf: np.concatenate([np.asarray(leaf)] * len(groups)), start)
    hard = np.repeat([variant != "soft" for _, variant in groups], c.seeds)
    asked = [objective for group in groups for objective in [_objective(c, *group)] * c.seeds]
    ended = train(
        replace(repeated, hard=hard),
        stack(asked),
        Recipe(c.steps, Sampled(c.batch), Adam(), Schedule("cosine")),
        seeds=np.tile(c.seeds_of("batches", c.seeds), len(groups)),
        learning_rate=c.learning_rate,
    )
    models = populations.with_stand_ins(ended.model, ended.finite)
    laws = stack([objective.features for objective in asked])
    if k == 1:
        models = replace(models, w=_padded(models.w, c.n_features))
    seen = measured(models, laws, jax.random.key(int(c.rng("samples").integers(2**31))), c.samples)
    found = {name: np.asarray(values, np.float64) for name, values in seen._asdict().items()}
    found |= {"w": np.asarray(models.w[..., :width, :], np.float64)}
    found |= {"b": np.asarray(models.b, np.float64)}
    found["finite"] = ended.finite
    shape = (len(LAWS), len(variants), c.seeds)
    return {name: values.reshape(shape + values.shape[1:]) for name, values in found.items()}


def _objective(c: Trained, law: str, variant: str) -> RoutedReconstruction:
    balance = 0.0 if variant == "unbalanced" else c.balance * c.power
    return RoutedReconstruction(
        c.law(law), np.float32(balance), np.asarray(variant == "random router")
    )


def _exact_losses(w: np.ndarray, b: np.ndarray, law: Topics) -> np.ndarray:
    """Population losses of dense models: topic by topic features are independent."""
    density, chance = np.asarray(law.density, np.float64), np.asarray(law.chance, np.float64)
    w = _padded(w, law.n_features)
    each = [
        expected_losses(w, b, np.maximum(row, np.finfo(float).tiny), terms=TERMS) for row in density
    ]
    return chance @ np.stack(each)


def _padded(w: np.ndarray, rows: int) -> np.ndarray:
    """Weights with rows of zeros, which change nothing, so that all widths are one program."""
    missing = ((0, 0),) * (w.ndim - 2) + ((0, max(0, rows - w.shape[-2])), (0, 0))
    return np.pad(w, missing)


class Use(NamedTuple):
    """What a model does on samples; g_e is the gate of expert e, t the topic.

    Attributes:
        loss, loss_error: mean, and its standard error.
        other_loss: where each input goes to the expert after its own.
        use: E g_e 1(t), the share of use of each expert under each topic; 1 together.
        active: E g_e 1(x_i ≠ 0).
        active_squared: E g_e² 1(x_i ≠ 0), the same in hard models.
    """

    loss: Array
    loss_error: Array
    other_loss: Array
    use: Array
    active: Array
    active_squared: Array


@partial(jax.jit, static_argnames="samples")
def measured(models: Experts, laws: Topics, key: Array, samples: int) -> Use:
    """The use of each of a stack of models, on the same random numbers."""
    return jax.lax.map(lambda each: _use(each[0], each[1], key, samples), (models, laws))


def _use(model: Experts, law: Topics, key: Array, samples: int) -> Use:
    x, topic = law.draw_with_topic(key, samples)
    gates = over_samples(model.gates)(over_samples(model.shares)(x))
    answers = over_samples(model.answers)(x)
    error, other = (
        jnp.sum((x - jnp.einsum("eb,efb->fb", each, answers)) ** 2, axis=0)
        for each in (gates, jnp.roll(gates, 1, axis=0))
    )
    on = (topic[None] == jnp.arange(law.chance.shape[0])[:, None]).astype(x.dtype)
    present = (x > 0).astype(x.dtype)
    return Use(
        loss=error.mean(),
        loss_error=error.std() / np.sqrt(samples),
        other_loss=other.mean(),
        use=on @ gates.T / samples,
        active=gates @ present.T / samples,
        active_squared=gates**2 @ present.T / samples,
    )


FINITE = "1 for a model that trained, 0 for one that diverged"
ROUTED = core.table(
    loss=("law variant seed", "loss on samples, summed over features"),
    loss_error=("law variant seed", "its standard error"),
    other_loss=("law variant seed", "loss where each input goes to the expert after its own"),
    use=("law variant seed topic expert", "share of use of each expert under each topic"),
    active=("law variant seed expert feature", "E g_e 1(x_i ≠ 0), g_e the gate of expert e"),
    active_squared=("law variant seed expert feature", "E g_e² 1(x_i ≠ 0)"),
    w=("law variant seed expert hidden feature", "weights of the experts; NaN beyond m/k"),
    b=("law variant seed expert feature", "their output biases"),
    finite=("law variant seed", FINITE),
)
DENSE = core.table(
    dense_w=("law seed hidden feature", "weights of dense models; NaN beyond their width"),
    dense_loss=("law seed", "loss on samples, summed over features"),
    dense_error=("law seed", "its standard error"),
    dense_exact=("law seed", "exact population loss"),
    finite=("law seed", FINITE),
)
PARTS = (core.Part(routed, ROUTED, experts="experts"), core.Part(dense, DENSE, width="widths"))
MODELS = core.Measurement("routed-experts", version=1, parts=PARTS)
