"""bottleneck-atlas: what does each way through a bottleneck learn of the same features?

The note "Superposition and bottlenecks" names the places where a transformer squeezes features:
from (1) the embedding or (A) an MLP's output to (2) the unembedding or (B) an MLP's input, and a
small model for each. All stand here side by side on the same sparse and one-hot inputs, at f = 2 so
that they can be seen.

What theory forces (`theory.bottlenecks`, `theory.one_hot`): linear layers compose, so
n → 4f → f → 4f → n and n → f → n compute the same functions. With biases a ReLU in the bottleneck
can idle, so that such a setup computes more, not less. What is linear in k units loses at least
what k principal components leave. Without a bias a tied ReLU model saves no more of one-hot inputs
than the pentagon. Under cross-entropy points on a circle store any number of them.
"""

from typing import Any

from tegum.errors import bad_input, unknown_name
from tegum.studies import core
from tegum.studies.computation.atlas import comparisons as compared
from tegum.studies.computation.atlas import figures, models, readings
from tegum.studies.computation.atlas.setups import ALL, BY_NAME, COMPARED, MLP, F
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import extreme, median, share


class Config(models.Trainings):
    """Ten features, two dimensions, every setup."""

    setups: tuple[str, ...] = ALL
    """names of the setups; those that claims compare must be among them"""

    def model_post_init(self, _: Any) -> None:
        """Refuse what cannot be compared."""
        for name in self.setups:
            if name not in BY_NAME:
                raise unknown_name("setups", name, BY_NAME)
        if missing := [name for name in COMPARED if name not in self.setups]:
            raise bad_input("setups", f"none called {missing[0]!r}", "all that claims compare")
        if self.n_features < MLP + 2:
            wanted = f"at least {MLP + 2}: an MLP of {MLP} neurons is to hold them in superposition"
            raise bad_input("n_features", self.n_features, wanted)


# --- claims -------------------------------------------------------------------------------------

EXACT = "exact theory (theory.bottlenecks)"
NOTE = 'the note "Superposition and bottlenecks"'

CLAIMS = (
    Claim(
        "same-functions",
        "n → 4f → f → 4f → n and n → f → n compute the same functions: each trained deep model is "
        "one map of rank f, each shallow one a deep one (within {high}).",
        f"{EXACT}: linear layers compose",
        extreme(compared.same_functions, "greatest"),
        high=1e-9,
        control=controls.exchanged(
            "setup", compared.DEEP, compared.MLP_READS, "with a ReLU in the second 4f"
        ),
    ),
    Claim(
        "deep-trains-alike",
        "Trained from a usual start both end with the same loss (median ratio, deep over shallow, "
        "from {low} to {high} on both data).",
        f"{NOTE}: the 4f layers can be ignored; theory gives them the same optimum, not the same "
        "way there",
        median(compared.deep_over_plain, 1.0, note=compared.best_over_best),
        low=0.95,
        high=1.05,
        kind="open",
    ),
    Claim(
        "dead-outputs",
        "All that A→B with both biases, deep or not, loses on one-hot inputs are outputs that "
        "died: n times the loss is their number, within 0.05 (share of models at least {low%}).",
        "found in first runs; theory: with biases the living ones can be stored without loss, and "
        "a ReLU that is 0 on all inputs has no gradient",
        share(
            lambda ds: readings.loses_dead_outputs_only(ds).sel(
                setup=[compared.PLAIN, compared.DEEP]
            )
        ),
        low=0.95,
        kind="open",
    ),
    Claim(
        "idle-relu",
        "With biases a ReLU in the bottleneck can idle: each trained A→B model is one with such a "
        "ReLU (outputs differ by {high} at most), so the optimum with it is no worse.",
        EXACT,
        extreme(lambda ds: ds.idle_error.sel(setup=compared.PLAIN), "greatest"),
        high=1e-9,
        control=controls.replaced("biases not shifted", idle_error=lambda ds: ds.unshifted_error),
    ),
    Claim(
        "quadrant",
        "A ReLU in the bottleneck keeps the features' codes in a quadrant: no cosine between two "
        "is below 0.",
        "exact: no coordinate is below 0",
        extreme(lambda ds: readings.least_cosine(ds).sel(setup=compared.BENT_TIED), "least"),
        low=0.0,
        control=controls.exchanged("setup", compared.BENT_TIED, compared.TIED, "without that ReLU"),
    ),
    Claim(
        "relu-in-f-loses",
        "The setup without a ReLU in the bottleneck stores the features better (tied: median loss "
        "with it, over that without, at least {low} on both data).",
        f"{NOTE}: the original setup is a better description",
        median(compared.bent_over_straight, "least"),
        low=1.0,
        kind="open",
    ),
    Claim(
        "relu-in-f-loses-untied",
        "So it is untied, with both biases, where theory says that its optimum is no worse (median "
        "ratio at least {low}).",
        f"{NOTE}; against idle-relu",
        median(lambda ds: readings.loss_ratio(ds, compared.BENT, compared.PLAIN), "least"),
        low=1.0,
        kind="open",
    ),
    Claim(
        "linear-floor",
        f"What is linear in k units loses at least what k principal components leave: k = {F} "
        f"without any ReLU, k = {MLP} behind an MLP (least ratio at least 1).",
        f"{EXACT}; Eckart and Young 1936",
        extreme(compared.over_linear_floor, "least"),
        low=1 - 1e-9,
        control=controls.replaced("a ReLU's losses", loss=compared.as_tied),
    ),
    Claim(
        "linear-is-pca",
        "Without any ReLU the untied setup ends at principal components (median excess loss, worst "
        "data, below {high}).",
        "Baldi and Hornik 1989: no local minimum but the global one",
        median(compared.linear_excess, "greatest"),
        high=compared.HALF_WAY,
        control=compared.KNOWS_NOTHING,
    ),
    Claim(
        "unbiased-floor",
        "Tied ReLU models without a bias lose at least n - 4.198 of n on one-hot inputs.",
        "exact theory (theory.one_hot): a linear programming bound",
        extreme(
            lambda ds: readings.of_setup(readings.over_unbiased_floor(ds), compared.UNBIASED),
            "least",
        ),
        low=1 - 1e-4,
        control=controls.exchanged("setup", compared.UNBIASED, compared.TIED, "with a bias"),
    ),
    Claim(
        "bias-beats-pentagon",
        "With an output bias the same setup loses less than any without can (median, over that "
        "bound, at most {high}).",
        "exact theory (theory.one_hot): with a bias the least loss is 0",
        median(lambda ds: readings.of_setup(readings.over_unbiased_floor(ds), compared.TIED)),
        high=1.0,
        control=controls.exchanged("setup", compared.TIED, compared.LINEAR, "without the ReLU"),
    ),
    Claim(
        "untying-beats-pentagon",
        "Without any bias an untied ReLU model loses less than a tied one can (median, over that "
        "bound, at most {high}).",
        "the bound is of tied weights; nothing is known of untied ones",
        median(lambda ds: readings.of_setup(readings.over_unbiased_floor(ds), "A→B, no biases")),
        high=1.0,
        kind="open",
    ),
    Claim(
        "entropy-tells-all",
        "Under cross-entropy n → f → n decodes all n one-hot inputs in two dimensions, tied or "
        "not, with a bias or not (median share, worst setup).",
        f"{EXACT}: on a circle the loss goes to 0 as norms grow, and a single wrong one costs "
        "log 2 of n",
        median(compared.told_by_linear, "least"),
        low=1.0,
        control=controls.exchanged("setup", compared.CIRCLE, compared.UNBIASED, "squared error"),
    ),
    Claim(
        "circle",
        "Tied and without bias they end on a circle: cross-entropy within {high} of the circle's "
        "of the same mean square length, as a ratio (median).",
        "prediction by symmetry; that no other arrangement is better is not proved",
        median(compared.as_circle),
        low=0.95,
        high=1.05,
        kind="open",
    ),
    Claim(
        "a2-tells-all",
        "So does A→2, with its ReLU in the bottleneck (median share at least {low}).",
        "theory: any n points in the quadrant can be told by a read-out with a bias; training may "
        "lose units for good",
        median(lambda ds: readings.of_setup(compared.told(ds), "A→2")),
        low=1.0,
        kind="open",
    ),
    Claim(
        "mlp-outputs-tell",
        "Behind an MLP (1→B) a feature's own output tells alone whether it is active: area under "
        "its ROC curve above {low} (median over seeds and features).",
        "exact null: Mann and Whitney's U",
        median(
            lambda ds: readings.of_setup(ds.own_auc, compared.MLP_READS), over=("seed", "feature")
        ),
        low=compared.CHANCE,
        control=controls.replaced("labels shuffled", own_auc=lambda ds: ds.shuffled_auc),
    ),
    Claim(
        "mlp-beats-linear",
        "That area exceeds those of linear read-outs of the bottleneck, least squares and the best "
        "direction (median difference to the larger at least {low}).",
        f"{NOTE}: whether the MLP has learned the real features",
        median(
            lambda ds: readings.of_setup(readings.detection_gain(ds), compared.MLP_READS),
            over=("seed", "feature"),
            note=compared.gains_without_mlp(readings.detection_gain),
        ),
        low=0.0,
        kind="open",
    ),
    Claim(
        "mlp-beats-relu",
        "It exceeds that of the best single ReLU of a linear read-out, too, whose ties alone can "
        "raise an area (median difference at least {low}).",
        f"{NOTE}: a stricter test of the same, since A→B's outputs are such ReLUs",
        median(
            lambda ds: readings.of_setup(readings.gain_over_relu(ds), compared.MLP_READS),
            over=("seed", "feature"),
            note=compared.gains_without_mlp(readings.gain_over_relu),
        ),
        low=0.0,
        kind="open",
    ),
    Claim(
        "gelu-nearer-one",
        "With GELU the norms of decoded features are nearer to 1 on sparse inputs too (median "
        "distance, over ReLU's, at most {high}).",
        f"{NOTE}, of one-hot inputs (see one-hot-pentagon)",
        median(
            lambda ds: compared.gelu_over_relu(readings.distance_from_one(ds)),
            over=("seed", "feature"),
        ),
        high=1.0,
        kind="open",
    ),
    Claim(
        "gelu-one-a-direction",
        "With GELU a feature has a direction to itself on sparse inputs too (share of features "
        "longer than 0.1 at least {low}).",
        f"{NOTE}, of one-hot inputs (see one-hot-pentagon)",
        share(
            lambda ds: readings.of_setup(
                readings.is_alone(ds).sel(inputs="sparse", drop=True), f"{compared.UNBIASED}, GELU"
            )
        ),
        low=0.95,
        kind="open",
    ),
    Claim(
        "gelu-faster",
        "With GELU sparse features are learned faster (median steps to nine tenths of the fall of "
        "the loss, over ReLU's, at most {high}).",
        f"{NOTE}, of one-hot inputs (see one-hot-pentagon)",
        median(lambda ds: compared.gelu_over_relu(readings.steps_to(ds))),
        high=1.0,
        kind="open",
    ),
)

# Few steps at a large rate: enough for what theory forces; what training prefers is for `default`.
FEW = Config(setups=COMPARED, seeds=6, steps=2000, samples=6000)

STUDY = core.Study(
    name="bottleneck-atlas",
    group="computation",
    question="What do embeddings, MLPs and a ReLU on either side of a bottleneck learn of the same "
    "features?",
    finding="Cross-entropy decodes all one-hot inputs in the plane (share [entropy-tells-all]); "
    "tied squared error without bias stops at a pentagon. An MLP's own outputs tell features by "
    "[mlp-beats-relu] more area than one ReLU of a linear read-out. Deep linear layers train to "
    "[deep-trains-alike] of A→B's loss.",
    sources=("elhage2022",),
    measurements=(models.ATLAS,),
    presets={
        "quick": FEW,
        "default": Config(seeds=20, steps=10_000, learning_rate=3e-3),
        "paper": Config(seeds=100, steps=40_000, learning_rate=3e-3, samples=10_000),
    },
    minutes={"quick": 0.35, "default": 1.3, "paper": 20},
    claims=CLAIMS,
    figures=(figures.table, figures.planes, figures.areas, figures.losses),
)
