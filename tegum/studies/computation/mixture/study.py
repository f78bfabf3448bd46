"""mixture-of-experts: does sending each input to one of k experts leave less superposition?

A reader's notes on the paper: experts that do not run cost nothing, "so maybe such models don't
need superposition". Here n sparse features go through few active dimensions, and a linear router
that reads x chooses one of k bottlenecks (`mixture.models` lists the variants, and both ways of
counting dimensions). What theory says:

- A routed model can hold a copy of the dense one in every expert, and a learned router can stay as
  it began: so its optimum is above neither that of m dense dimensions nor a random router's.
- Features in T topics, one of which is on, n/T ≤ m: with k = T an expert for each topic loses
  nothing, without superposition. Nothing forces it: an expert also stores two topics without loss,
  each feature opposite one of the other topic.
- Independent features: the router adds log₂ k bits to m numbers. Whatever decodes them, a loss is
  left (`theory.routed_codes`).
- No superposition is at most one feature a dimension.
"""

from tegum.studies import core
from tegum.studies.computation.mixture import readings
from tegum.studies.computation.mixture.figures import (
    dimensions,
    expert_matrices,
    router_use,
    superposition,
)
from tegum.studies.computation.mixture.models import MODELS, Config
from tegum.studies.computation.mixture.readings import as_many_as_topics, over_dense
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, at, extreme, median, share

READER = "a reader's notes on the paper: 'so maybe such models don't need superposition'"
COPY = "theory: every expert can be a copy of the dense model, the optimum is no higher"
ALONE = "no superposition is at most one feature a dimension"
LAWS = controls.exchanged("law", "topics", "independent", "topics and none exchanged")
ROUTERS = controls.exchanged("variant", "hard", "random router", "routers exchanged")

CLAIMS = (
    Claim(
        "samples-are-exact",
        "Sampled losses of dense models of m dimensions are the exact ones: all within {high} "
        "standard errors.",
        "exact population losses, topic by topic",
        extreme(readings.sampling_error, "greatest"),
        high=5,
        control=controls.noisy("dense_exact", 0.2),
    ),
    Claim(
        "not-below-the-bits",
        "Of independent features no model with hard routing loses less than m numbers and log₂ k "
        "bits must (least ratio at least {low}).",
        "exact: Shannon's bound, whatever the decoder (theory.routed_codes)",
        extreme(readings.over_bits, "least"),
        low=1,
        control=controls.constant("loss", 0.0, "loss of n dense dimensions"),
    ),
    Claim(
        "no-worse-than-dense",
        "At equal active dimensions hard experts lose at most {high} times what the dense model of "
        "the same seed does, under both laws and at every k (medians).",
        COPY,
        median(at(over_dense, variant="hard"), "greatest"),
        high=1,
        control=controls.exchanged("variant", "hard", "hard, m/k"),
    ),
    Claim(
        "topics-cost-nothing",
        "With as many experts as topics the optimum 0 is reached to {high%} of E‖x‖² (median).",
        "theory: an expert for each topic loses nothing; the tolerance is no theory",
        median(as_many_as_topics(readings.relative_loss, "topics")),
        high=0.02,
        control=LAWS,
    ),
    Claim(
        "topics-help-more",
        "Hard experts take more of the dense model's loss away where features come in topics: loss "
        "over dense is at least {low} times greater where they are independent (median).",
        "theory: 0 is within reach of the first alone",
        median(readings.independent_over_topics),
        low=1,
        control=LAWS,
    ),
    Claim(
        "router-learns",
        "A learned router is better than a random one: with as many experts as topics the latter "
        "loses at least {low} times as much, under both laws (medians).",
        "theory: a learned router can stay as it began",
        median(as_many_as_topics(readings.random_over_learned), "least"),
        low=1,
        control=ROUTERS,
    ),
    Claim(
        "experts-differ",
        "Inputs sent to another expert than their own lose more, in more models than {low}.",
        "null: experts that are alike",
        share(at(readings.own_is_better, variant="hard")),
        low=COIN,
        control=controls.replaced("own expert as the other", other_loss=lambda ds: ds.loss),
    ),
    Claim(
        "less-crowded",
        "With as many experts as topics a hard expert holds fewer features per dimension than the "
        "dense model, under both laws (median ratio at most {high}).",
        READER,
        median(
            as_many_as_topics(readings.crowding_over_dense),
            "greatest",
            note=readings.told(as_many_as_topics(readings.crowding_over_dense)),
        ),
        high=1,
        kind="open",
    ),
    Claim(
        "needs-none-in-topics",
        "Where features come in topics, hard experts need no superposition: at most {high} feature "
        "per dimension (median).",
        f"{READER}; {ALONE}",
        median(
            as_many_as_topics(readings.crowding, "topics"), note=readings.beside("topics", "hard")
        ),
        high=1,
        kind="open",
    ),
    Claim(
        "needs-none-otherwise",
        "Nor where features are independent: at most {high} feature per dimension (median).",
        f"{READER}; {ALONE}",
        median(
            as_many_as_topics(readings.crowding, "independent"),
            note=readings.beside("independent", "hard"),
        ),
        high=1,
        kind="open",
    ),
    Claim(
        "left-in-pairs",
        "What superposition is left of independent features is antipodal pairs: of those that a "
        "hard expert holds at least {low%} have another opposite (cosine below "
        f"{readings.ANTIPODAL:g}, median).",
        "theory: alone, an active feature of a pair loses nothing; nine tenths is no theory",
        median(as_many_as_topics(readings.paired, "independent")),
        low=0.9,
        kind="open",
    ),
    Claim(
        "one-topic-each",
        "With as many experts as topics each expert serves one: the expert tells the topic (to "
        "{low%} of its information, median).",
        "the optimum that comes to mind; others lose nothing either",
        median(
            as_many_as_topics(readings.specialisation, "topics"),
            note=readings.told(
                as_many_as_topics(readings.specialisation, "topics", "random router"), "random: "
            ),
        ),
        low=0.95,
        kind="open",
    ),
    Claim(
        "learning-does-most",
        "Of what hard experts gain on dense models of independent features, as log loss, most is "
        "owed to what the router learns (a random one reaches at most {high}, median).",
        "no theory; a random linear router already sorts sparse inputs by their features",
        median(as_many_as_topics(readings.share_of_random, "independent")),
        high=0.5,
        kind="open",
    ),
    Claim(
        "as-good-as-all",
        "Hard experts lose no more than a dense model of as many dimensions as all have together "
        "(at most {high} of E‖x‖² more, median).",
        f"{READER}; dense models of n dimensions lose nothing",
        median(
            readings.above_dense_of_all,
            "greatest",
            note=readings.told(readings.above_dense_of_all),
        ),
        high=0,
        kind="open",
    ),
    Claim(
        "no-worse-in-all",
        "At equal total dimensions, k experts of m/k, hard routing loses no more than the dense "
        "model (median ratio at most {high}).",
        "no theory: a bit of the router's against a dimension less",
        median(at(over_dense, variant="hard, m/k"), "greatest"),
        high=1,
        kind="open",
    ),
    Claim(
        "no-worse-when-soft",
        "Nor does soft routing of experts of m/k, all of them active (median ratio at most "
        "{high}).",
        "no theory: as many dimensions as dense, active and in all",
        median(at(over_dense, variant="soft, m/k"), "greatest"),
        high=1,
        kind="open",
    ),
    Claim(
        "soft-experts-are-alone",
        "Soft experts of m dimensions, k m = n in all, give each feature a dimension of its own "
        "(D_i in an expert at least {low}, median).",
        "there are as many dimensions as features; nothing forces it",
        median(as_many_as_topics(readings.own_dimensions, variant="soft"), "least"),
        low=0.9,
        kind="open",
    ),
    Claim(
        "collapses-unbalanced",
        "Without the balancing term experts fall idle: one has less than a tenth of an equal share "
        "in at least half of the models (share, at the k where fewest).",
        "Shazeer et al. 2017, Fedus et al. 2022: routers favour the same few experts",
        share(
            at(readings.idle, variant="unbalanced"),
            "least",
            note=readings.told(lambda ds: readings.evenness(ds).sel(variant="unbalanced")),
        ),
        low=0.5,
        kind="open",
    ),
)

QUICK = Config(experts=(2, 4), seeds=6, steps=1000, batch=128)
PAPER = Config(
    topics=8, density=0.05, n_hidden=4, experts=(2, 4, 8, 16), seeds=20, steps=10_000, batch=512
)

STUDY = core.Study(
    name="mixture-of-experts",
    group="computation",
    question="Does a model that sends each input to one of several experts need less "
    "superposition?",
    finding="Less, not none: with as many experts as topics, hard experts hold "
    "[needs-none-in-topics] features per dimension ([needs-none-otherwise] of independent ones), "
    "at most [less-crowded] times the dense model's. At equal total dimensions they lose up to "
    "[no-worse-in-all] times as much (medians).",
    sources=("elhage2022",),
    measurements=(MODELS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.3, "default": 1.2, "paper": 60},
    claims=CLAIMS,
    figures=(dimensions, superposition, expert_matrices, router_use),
)
