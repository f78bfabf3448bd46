"""What is measured beside the uniform models: models trained under attack, at several strengths.

At each density all strengths start from the same weights and see the same batches. λ is a share of
the mean input norm, which is exact. On a few inputs projected gradient ascent, from several starts,
is held against the closed form, for the worst output alone and for the sum over outputs.
"""

from functools import partial

import numpy as np

from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.studies.geometry.uniform import models as uniform
from tegum.theory import attacks
from tegum.theory.expected import expected_losses
from tegum.training.adversarial import Adversarial
from tegum.training.engine import fresh, repeat, stack, train
from tegum.training.recipe import Recipe, Sampled, Schedule

STARTS = 4
"""of the ascent: the closed form's attack on the sum, or none on one output; else by chance"""


class Robust(core.BottleneckConfig):
    """Models of equally important features, trained under attack."""

    attack: core.Share = 0.1
    """λ of the attack that models are tested with, over the mean input norm"""
    strengths: tuple[core.Unsigned, ...] = (0.0, 0.05, 0.1, 0.2, 0.4)
    """λ of the attack that models are trained under, over the mean input norm; 0: none"""
    robust_densities: tuple[core.Density, ...] = (0.5, 0.2, 0.05)
    """densities at which models are trained under attack"""
    samples: core.Count = 1024
    """inputs on which trained models are attacked"""
    checked: core.Count = 24
    """of these inputs, those on which ascent is held against the closed form"""


class Config(uniform.Config, Robust):
    """Uniform models under attack, and models trained to withstand it."""

    def model_post_init(self, context: object) -> None:
        """Strengths are compared with training without an attack."""
        super().model_post_init(context)
        if self.checked > self.samples:
            raise bad_input("checked", self.checked, f"at most samples = {self.samples}")
        if 0.0 not in self.strengths or len(self.strengths) < 2:
            wanted = "0 (training without an attack) and at least one other"
            raise bad_input("strengths", self.strengths, wanted)
        if list(self.strengths) != sorted(self.strengths):
            raise bad_input("strengths", self.strengths, "strengths in rising order")


def inputs(n_features: int, density: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """So many inputs of independent features, uniform on [0, 1] where active."""
    u = rng.random((count, n_features))
    return np.where(u < density, u / density, 0.0)


def robust(c: Robust, robust_density: float) -> core.Variables:
    """All strengths' and seeds' models at one density."""
    count, many = c.seeds, len(c.strengths)
    norm = attacks.mean_input_norm(c.n_features, robust_density)
    law = SparseFeatures(c.n_features, robust_density, c.importance)
    init = partial(Bottleneck.init, c.n_features, c.n_hidden)
    started = fresh(init, np.tile(c.seeds_of("W", count), many))
    objectives = stack([Adversarial(law, np.float32(of * norm)) for of in c.strengths])
    ended = train(
        started,
        repeat(objectives, count),
        Recipe(c.steps, Sampled(c.batch), schedule=Schedule("cosine")),
        seeds=np.tile(c.seeds_of("batches", count), many),
        learning_rate=c.learning_rate,
    )
    sound: Bottleneck = populations.with_stand_ins(ended.model, ended.finite)
    w, b = np.asarray(sound.w, float), np.asarray(sound.b, float)
    x = inputs(c.n_features, robust_density, c.samples, c.rng("inputs"))
    lam = c.attack * norm
    under = [attacks.squared_errors(*each, x, lam) for each in zip(w, b, strict=True)]
    found = {
        "robust_w": w,
        "clean_loss": expected_losses(w, b, robust_density, c.importance),
        "robust_loss": np.mean(np.sum(under, axis=-1), axis=-1),
        "finite": ended.finite,
    } | _checked(w, b, x[: c.checked], lam, c.rng("starts"))
    laid = {name: np.reshape(of, (many, count, *np.shape(of)[1:])) for name, of in found.items()}
    return laid | {"strength": list(c.strengths)}


def _checked(
    w: np.ndarray, b: np.ndarray, x: np.ndarray, norm: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """What the closed form, ascent, and attacks along the feature itself make of each input."""
    errors = attacks.greatest_error(w, b, x, norm)
    worst = errors.argmax(axis=-1)
    asked = np.eye(x.shape[-1])[worst]
    closed_sum = attacks.squared_errors(w, b, x, norm).sum(axis=-1)
    starts = rng.normal(size=(STARTS, *asked.shape))
    starts *= norm / np.linalg.norm(starts, axis=-1, keepdims=True)
    climb = partial(attacks.ascended, w, b, x, norm)
    single = [climb(asked, start) for start in (0 * starts[0], *starts[1:])]
    every = [climb(1 + 0 * asked, of) for of in (attacks.strongest(w, b, x, norm), *starts[1:])]
    ends = [np.sum(asked * _moved(w, b, x, sign * norm * asked), axis=-1) for sign in (-1, 1)]
    return {
        "closed_error": errors.max(axis=-1),
        "ascended_error": np.max(single, axis=0),
        "own_error": np.max(ends, axis=0),
        "closed_sum": closed_sum,
        "ascended_sum": np.max(every, axis=0),
    }


def _moved(w: np.ndarray, b: np.ndarray, x: np.ndarray, attack: np.ndarray) -> np.ndarray:
    return (x - np.maximum(attacks.preactivations(w, b, x + attack), 0)) ** 2


PART = core.Part(
    robust,
    core.table(
        robust_w=("strength seed hidden feature", "weights W of models trained under attack"),
        clean_loss=("strength seed", "exact loss without an attack, summed over features"),
        robust_loss=("strength seed", "loss under the test's attack, summed over features"),
        closed_error=("strength seed input", "greatest squared error of an output, closed form"),
        ascended_error=("strength seed input", "the same output's by projected gradient ascent"),
        own_error=("strength seed input", "the same output's under attack along its own feature"),
        closed_sum=("strength seed input", "summed error under the closed form's attack"),
        ascended_sum=("strength seed input", "the greatest summed error that ascent finds"),
        finite=("strength seed", "1 for a model that trained, 0 for one that diverged"),
    ),
    robust_density="robust_densities",
)
UNDER_ATTACK = core.Measurement("under-attack", version=1, parts=(PART,))
QUICK = Config(
    **uniform.QUICK.model_dump(), strengths=(0.0, 0.1, 0.2, 0.4), robust_densities=(0.5, 0.1)
)
PAPER = Config(**uniform.PAPER.model_dump())
