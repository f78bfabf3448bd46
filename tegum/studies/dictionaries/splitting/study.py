"""sae-splitting: do latents split features, and does a child's latent absorb its parent?

Pairs of features, the parent with density p; the child is independent of it, or active only where
its parent is (with chance q), or always with it. A ReLU autoencoder with penalty λ Σ z pays for the
SUM of its latents. Theory (`tegum.theory.sparse_coding`), on two orthonormal features d_P, d_C:

    split     a latent each: both active cost λ (x_P + x_C), less what shrinking saves.
    absorbed  the child's latent leans to its parent by an angle α: while x_C ≤ x_P cot α the
              code costs λ (x_P + x_C tan((90° - α)/2)), always less.

An independent child is mostly alone, where leaning costs; so its latent hardly leans. A child that
never comes alone pulls its latent towards the parent, however rare both are. `best_pair` gives the
angles at the exact optimum. Whether the parent's latent falls silent altogether (absorption, as
Chanin et al. found in language models), and how many latents a feature gets when there are more
than enough, no theory here says: those claims are open. Where one feature is active at a time
further latents gain nothing.
"""

from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, extreme, median, share
from tegum.studies.dictionaries.splitting import readings as read
from tegum.studies.dictionaries.splitting.figures import (
    absorption_over_width,
    angles_of_latents,
    latents_over_width,
    leaning,
)
from tegum.studies.dictionaries.splitting.pairs import TABLE, Pairs, pairs

MEASURED = core.Measurement(
    "sae-splitting", version=1, parts=(core.Part(pairs, TABLE, hidden="hidden"),)
)

CHANIN = "Chanin et al. 2024: hierarchical features are absorbed"
EXACT = "exact cost of two latents with the best codes, two orthonormal features"
EXCHANGED = controls.exchanged("law", "hierarchical", "independent")

CLAIMS = (
    Claim(
        "none-below-bound",
        "No autoencoder's loss lies below the least that theory allows on the same sample (least "
        "ratio).",
        "Huber's bound: no unit directions write h for less than φ(‖h‖)",
        extreme(read.over_bound, "least"),
        low=1 - 1e-4,  # float32
        control=controls.constant("loss", 0.0, "a loss of 0"),
    ),
    Claim(
        "lean-as-exact",
        "With as many latents as features the child's latent leans to its parent as at the exact "
        "optimum, to {high} degrees (median, at the worst law and penalty).",
        f"{EXACT}; a third of the least lean of a hierarchy or of features together here, 15°: "
        "encoders give these codes only nearly",
        median(read.off_theory, "greatest"),
        high=5,
        control=EXCHANGED,
    ),
    Claim(
        "leans-more",
        "The child's latent leans more to its parent in a hierarchy than between independent "
        "features, in more models and penalties than {low}.",
        f"{EXACT}; null: fair coin",
        share(read.leans_more),
        low=COIN,
        control=EXCHANGED,
    ),
    Claim(
        "parent-quietened",
        "A child in the hierarchy quietens its parent's latent more than an independent feature "
        "does: in more models, widths and penalties than {low}.",
        "the code of a leaning child's latent holds x_C cot α of the parent; null: fair coin",
        share(read.kept_less),
        low=COIN,
        control=EXCHANGED,
    ),
    Claim(
        "absorbed-in-hierarchy",
        "At the greatest width and penalty the parent is absorbed on at least {low%} of inputs "
        "with both in a hierarchy (median).",
        CHANIN,
        median(read.widest("absorbed", "hierarchical")),
        low=0.1,
        kind="open",
    ),
    Claim(
        "absorbed-if-independent",
        "Where parent and child are independent it is so on at most {high%} (median).",
        "the exact optimum hardly leans; Chanin et al. 2024 find absorption by hierarchy",
        median(read.widest("absorbed", "independent")),
        high=0.1,
        kind="open",
    ),
    Claim(
        "features-split",
        "Features split: from one latent a feature to the greatest width the number of latents of "
        "cosine above 0.9 with a feature grows at least {low}-fold (median, at the law and penalty "
        "where least).",
        "feature splitting in wider dictionaries, Bricken et al. 2023; no theory for features that "
        "are single directions",
        median(read.grows, "least"),
        low=2,
        kind="open",
    ),
)

QUICK = Pairs(
    hidden=(12,), widths=(1.0, 2.0, 8.0), penalties=(0.1, 0.4), sae_seeds=5, sae_steps=500
)
PAPER = Pairs(sae_seeds=20, sae_steps=10_000, sae_batch=1024)

STUDY = core.Study(
    name="sae-splitting",
    group="dictionaries",
    question="With more latents than features, or features that depend on each other, do latents "
    "split features or absorb them?",
    finding="A child's latent leans to its parent as the exact loss says, to [lean-as-exact] "
    "degrees (median at the worst setting); in a wide autoencoder the parent is absorbed on "
    "[absorbed-in-hierarchy] of inputs with both, and on [absorbed-if-independent] of independent "
    "ones.",
    sources=("chanin2024", "bricken2023"),
    measurements=(MEASURED,),
    presets={"quick": QUICK, "default": Pairs(sae_seeds=6), "paper": PAPER},
    minutes={"quick": 0.2, "default": 2, "paper": 60},
    claims=CLAIMS,
    figures=(leaning, angles_of_latents, latents_over_width, absorption_over_width),
)
