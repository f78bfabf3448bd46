"""All methods on the same hidden vectors, and one score for all."""

import itertools

import jax
import numpy as np
from jaxtyping import Bool, Float

from tegum.analysis import recovered
from tegum.analysis.geometry import directions, represented
from tegum.analysis.spectra import svd_of_product
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.studies import core, populations
from tegum.studies.attention.slices import Asked, heads_of_ranks
from tegum.studies.dictionaries.autoencoders import Setting, SparseAutoencoders, autoencoders
from tegum.studies.dictionaries.baselines import methods
from tegum.theory.dictionaries import tegum_product

SOURCES = ("antipodal", "random", "trained")
METHODS = ("random", "PCA", "ICA", "dictionary learning", "SAE", "heads")
HEAD_STEPS = 800


class Baselines(SparseAutoencoders, core.TrainingConfig):
    """Directions by several methods on one sample."""

    n_features: core.Count = 20
    """n, features of random and trained W; an even number"""
    n_hidden: core.Count = 5
    """m, hidden dimensions; of antipodal W 2 m features, a pair to each axis"""
    densities: tuple[core.Density, ...] = (0.1, 0.03)
    """p = 1 - S, the chance that a feature is active"""
    sample: core.Count = 10_000
    """hidden vectors that PCA, ICA and dictionary learning are given"""
    passes: core.Count = 8
    """of dictionary learning over these"""
    penalty: core.Unsigned = 0.3
    """of SAE and dictionary learning, on the sum of the latents"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_features % 2 or self.n_features < 2 * self.n_hidden:
            wanted = f"an even number, at least 2 n_hidden = {2 * self.n_hidden}"
            raise bad_input("n_features", self.n_features, wanted)
        if self.penalty <= 0:
            raise bad_input("penalty", self.penalty, "a number above 0")


_AT = "seed source finder"
TABLE = core.table(
    feature=(_AT, "mean over features of the best cosine of a direction"),
    matched=(_AT, "mean cosine of features with directions of their own"),
    unique=(_AT, "share of features that are the best one of their best direction"),
    count=("finder", "directions"),
    chance=("seed source finder", "matched cosine of as many random directions"),
    basis_ceiling=(
        "seed source",
        "most features that 2 m directions can have of their own, a share",
    ),
    finite=(_AT, "1 where W and method gave finite directions"),
)


def baselines(c: Baselines, density: float) -> core.Variables:
    """Scores of every method on every source at one density."""
    methods.scikit()  # says at once that it is missing
    w, finite = dictionaries(c, density)
    x = [
        np.asarray(
            SparseFeatures(c.n_features, density).draw(jax.random.key(int(seed) % 2**32), c.sample)
        )
        for seed in c.seeds_of("samples", c.sae_seeds)
    ]
    places = list(itertools.product(range(c.sae_seeds), range(len(SOURCES))))
    settings = [
        Setting(SparseFeatures(c.n_features, density), w[k, s], c.penalty, k) for k, s in places
    ]
    _, saes, sound = autoencoders(c, settings, c.n_features)
    heads = _heads(c, density, w)
    shape = c.sae_seeds, len(SOURCES), len(METHODS)
    found = {name: np.full(shape, np.nan) for name in ("feature", "matched", "unique", "chance")}
    found["finite"], ceiling = np.ones(shape), np.empty(shape[:2])
    counts = np.zeros(len(METHODS))
    seeds = c.seeds_of("methods", c.sae_seeds)
    for number, (k, s) in enumerate(places):
        h, seed = w[k, s] @ x[k].astype(float), int(seeds[k]) % 2**32
        given = (
            methods.unguided(c.n_hidden, c.n_features, seed),
            methods.principal(h),
            methods.independent_components(h, seed),
            methods.learned(h, c.n_features, c.penalty, seed, c.passes),
            np.asarray(saes.w_dec[number], float),
            heads[k, s],
        )
        there = represented(w[k, s])
        ceiling[k, s] = min(1.0, 2 * c.n_hidden / max(1, there.sum()))
        for j, dictionary in enumerate(given):
            counts[j] = dictionary.shape[1]
            right = bool(np.isfinite(dictionary).all()) and finite[k, s]
            found["finite"][k, s, j] = right and (METHODS[j] != "SAE" or sound[number])
            if right and there.any():
                for name, value in _scores(dictionary, w[k, s], there).items():
                    found[name][k, s, j] = value
    labels = {"source": list(SOURCES), "finder": list(METHODS)}
    return found | {"count": counts, "basis_ceiling": ceiling} | labels


def _scores(
    dictionary: np.ndarray, w: np.ndarray, there: Bool[np.ndarray, " features"]
) -> dict[str, float]:
    score = recovered.recovery(recovered.latent_cosines(dictionary, w, None, there))
    null = recovered.chance_recovery(w[:, there], dictionary.shape[1], draws=50)
    names = {"feature": score.feature, "matched": score.matched, "unique": score.unique}
    return names | {"chance": null.matched}


def dictionaries(
    c: Baselines, density: float
) -> tuple[Float[np.ndarray, "seeds sources hidden features"], Bool[np.ndarray, "seeds sources"]]:
    """W of every source, features that a source lacks as zeros, and which models trained."""
    n, m = c.n_features, c.n_hidden
    w, finite = (
        np.zeros((c.sae_seeds, len(SOURCES), m, n)),
        np.ones((c.sae_seeds, len(SOURCES)), bool),
    )
    for k, seed in enumerate(c.seeds_of("dictionaries", c.sae_seeds)):
        w[k, 0, :, : 2 * m] = tegum_product(["digon"] * m, int(seed) % 2**32)
        w[k, 1] = directions(np.random.default_rng(int(seed)).normal(size=(m, n)))
    few = c.model_copy(update={"seeds": c.sae_seeds})
    trained = populations.bottlenecks(few, m, density, np.ones(n))
    w[:, 2], finite[:, 2] = trained.w, trained.finite
    return w, finite


def _heads(
    c: Baselines, density: float, w: Float[np.ndarray, "seeds sources hidden features"]
) -> Float[np.ndarray, "seeds sources hidden features"]:
    """First singular vectors of heads of rank 1, each asked one pair (2k, 2k + 1) of features.

    u_1 stands for the left feature and v_1 for the right one, with the sign that both share.
    """
    seeds, sources, m, n = w.shape
    pairs = n // 2
    each = np.repeat(w.reshape(-1, m, n), pairs, axis=0)
    asked = [Asked(((2 * k, 2 * k + 1),)) for k in range(pairs)] * (seeds * sources)
    starts = np.tile(c.seeds_of("heads", pairs), seeds * sources)
    ranks = np.ones(len(asked), int)
    trained = heads_of_ranks(each, density, asked, ranks, seeds=starts, steps=HEAD_STEPS)
    a, b = (np.asarray(part, float)[:, -1] for part in (trained.history.a, trained.history.b))
    u, _, v = (np.asarray(part) for part in svd_of_product(a, b))
    first = np.stack([u[:, :, 0], v[:, :, 0]], axis=1).reshape(seeds, sources, n, m)
    first = np.swapaxes(first, -1, -2)
    # Singular vectors have one sign in common, which the positive answer to a pair settles.
    towards = np.einsum("...hi,...hi->...i", first, w).reshape(seeds, sources, pairs, 2).sum(-1)
    sign = np.where(towards < 0, -1.0, 1.0)
    return first * np.repeat(sign, 2, axis=-1)[..., None, :]
