"""What is measured: many models with a ReLU in the hidden layer, and some without, both rotated.

Without it h = W x, and R W does for any rotation R what W does. Gradient descent from Gaussian
weights knows no axes either, so its weights are as likely as any rotation of them. Adam divides
each coordinate's step by that coordinate's own size: the loss knows no axes, but the algorithm
does. So models without the ReLU are trained by both.
"""

from functools import partial

import numpy as np

from tegum.analysis.neurons import rotated
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies import core, populations
from tegum.theory.expected import expected_losses
from tegum.theory.hidden_relu import losses
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import SGD, AdamW, Optimizer, Recipe, Sampled, Schedule

OPTIMIZERS: dict[str, Optimizer] = {"AdamW": AdamW(), "SGD": SGD(momentum=0.9)}
RISE = 5
"""SGD's rate over AdamW's; its steps are as small as its gradients"""


class Training(core.BottleneckConfig):
    """Features of falling importance through a hidden layer of a few neurons."""

    n_features: core.Count = 10
    n_hidden: core.Count = 5
    importance_decay: core.Share = 0.75
    rotations: core.Count = 4
    """random rotations of the hidden space after which each model's loss is measured again"""
    samples: core.Count = 8192
    """inputs with two or more active features on which losses are estimated"""
    steps: core.Count = 4000
    batch: core.Count = 512
    learning_rate: core.Unsigned = 1e-2
    """of AdamW at first; falls to a hundredth as a cosine"""


class Many(Training):
    """Models with a ReLU in the hidden layer."""

    seeds: core.Count = 100
    """models with a hidden ReLU at each density, of which the best is shown"""


class Some(Training):
    """Models without."""

    linear_seeds: core.Count = 24
    """models without a hidden ReLU at each density and by each optimiser"""


class Config(Many, Some):
    """Neurons with a ReLU, and what rotations do to them."""

    densities: tuple[core.Density, ...] = (0.75, 0.35, 0.15, 0.1, 0.06, 0.04, 0.02, 0.01)
    """p = 1 - S, the chance that a feature is active"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if not 2 <= self.n_hidden < self.n_features:
            wanted = (
                f"from 2 on (one has no rotations) and less than n_features = {self.n_features}"
            )
            raise bad_input("n_hidden", self.n_hidden, wanted)


def trained(c: Many, density: float) -> core.Variables:
    """Models with a ReLU in the hidden layer, at one density."""
    w, b, finite = _models(c, c.seeds, density, "relu", "AdamW")
    turned = rotated(w, c.rotations, c.rng("rotations"))
    # Before and after on the same inputs, so that nothing but the rotation differs.
    every = np.concatenate([w[None], turned])
    wide = np.broadcast_to(b, (len(every), *b.shape))
    drawn = c.rng("samples")
    found = losses(every, wide, density, c.importance, samples=c.samples, seed=drawn)
    return {
        "w": w,
        "b": b,
        "loss": found.loss[0],
        "loss_error": found.standard_error[0],
        "rotated_loss": found.loss[1:].T,
        "apart": _apart(c, density),
        "finite": finite,
    }


def linear(c: Some, density: float) -> core.Variables:
    """Models without it, by both optimisers; their losses are exact."""

    def of(optimizer: str) -> core.Variables:
        w, b, finite = _models(c, c.linear_seeds, density, "linear", optimizer)
        turned = rotated(w, c.rotations, c.rng("rotations"))
        wide = np.broadcast_to(b, (c.rotations, *b.shape))
        pairs = zip(turned, wide, strict=True)
        after = [expected_losses(*each, density, c.importance) for each in pairs]
        before = expected_losses(w, b, density, c.importance)
        found = {"linear_w": w, "linear_loss": before, "finite": finite}
        return found | {"rotated_linear_loss": np.transpose(after)}

    return core.swept(of, optimizer=list(OPTIMIZERS))


def _models(
    c: Training, count: int, density: float, hidden_activation: str, optimizer: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W and b of so many models, a sound one for each that diverged, and which did not."""
    init = partial(Bottleneck.init, c.n_features, c.n_hidden, hidden_activation=hidden_activation)
    schedule = Schedule("cosine", end=0.01)
    recipe = Recipe(c.steps, Sampled(c.batch), OPTIMIZERS[optimizer], schedule)
    features = SparseFeatures(c.n_features, density, c.importance)
    ended = train(
        fresh(init, c.seeds_of("W", count)),
        stack([Reconstruction(features)] * count),
        recipe,
        seeds=c.seeds_of("batches", count),
        learning_rate=c.learning_rate * (RISE if optimizer == "SGD" else 1),
    )
    sound: Bottleneck = populations.with_stand_ins(ended.model, ended.finite)
    return np.asarray(sound.w, float), np.asarray(sound.b, float), ended.finite


def _apart(c: Training, density: float) -> float:
    """Loss of one neuron each for the m most important features, E x for the others."""
    return float(c.importance[c.n_hidden :].sum() * (density / 3 - density**2 / 4))


PARTS = (
    core.Part(
        trained,
        core.table(
            w=("seed hidden feature", "weights W of models with a hidden ReLU"),
            b=("seed feature", "output bias"),
            loss=("seed", "loss, exact while at most one feature is active, else sampled"),
            loss_error=("seed", "standard error of the loss by sampling"),
            rotated_loss=("seed rotation", "loss once the hidden space is rotated, same inputs"),
            apart=("", "loss of one neuron each for the m most important features"),
        )
        | {"finite": populations.FINITE},
        density="densities",
    ),
    core.Part(
        linear,
        core.table(
            linear_w=("optimizer linear_seed hidden feature", "weights W without a hidden ReLU"),
            linear_loss=("optimizer linear_seed", "exact loss without a hidden ReLU"),
            rotated_linear_loss=("optimizer linear_seed rotation", "exact loss once it is rotated"),
            finite=("optimizer linear_seed", "1 for a model that trained, 0 for one that diverged"),
        ),
        density="densities",
    ),
)
MODELS = core.Measurement("hidden-relu", version=1, parts=PARTS)
