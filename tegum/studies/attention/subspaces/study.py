"""head-subspaces: attended features lie in different factors of a tegum product. Does each slice keep to one factor?

W holds a dedicated feature, a tetrahedron, a triangle, a digon and a pentagon in orthogonal subspaces (and more
dedicated features), or one digon five times; or it was trained. The head is asked for one pair in each factor.

Theory (`tegum.theory.optimal_heads`): Ω* = D T Dᵀ, and with a constant input d_i = c W_i / (frame bound): each slice lies in
one factor wherever the σ are distinct. At short rank slices go to the largest τ of the whitened task. As features grow
sparse τ → t √(P_ii P_jj) times a constant, with the leverage P: dedicated 1, tetrahedron 3/4, triangle 2/3, digon 1/2,
pentagon 2/5. Without a constant input dedicated features leak in everywhere, since Σ W_k then stands for the constant.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from tegum.analysis import geometry
from tegum.analysis.blocks import block_energy, block_entropy, tegum_blocks
from tegum.analysis.spans import span_energy
from tegum.errors import bad_input
from tegum.studies.attention.bottlenecks import trained_dictionaries
from tegum.studies.attention.slices import Asked, Slices, heads_of_ranks, optimal_slices, slices_of
from tegum.studies.attention.slices import excess as excess_of
from tegum.studies.attention.subspaces import claims, figures
from tegum.studies.attention.subspaces.claims import KINDS
from tegum.studies.config import Count, Density, Frozen, Share, StudyConfig, Unsigned
from tegum.studies.gaps import IN_WORDS
from tegum.studies.study import Study
from tegum.theory.dictionaries import members, tegum_product
from tegum.theory.optimal_heads import whitened_values

VARIANTS = {
    "product": ("product", False),
    "count": ("count", False),
    "count, [h; 1]": ("count", True),
}
GRADED = (1.0, 0.85, 0.7, 0.55, 0.4)
RANKS = range(1, len(KINDS) + 1)
# setting: (factors that are asked for, weights)
SETTINGS = {
    "five kinds, equal": (KINDS, (1.0,) * 5),
    "five kinds, graded": (KINDS, GRADED),
    "five digons, equal": (("digon",) * 5, (1.0,) * 5),
    "five digons, graded": (("digon",) * 5, GRADED),
}


class Config(StudyConfig):
    """Heads asked for one pair in each of five factors, planted and trained."""

    singles: Count = 4
    """dedicated features beside the five factors, at least 1; m is 8 + 1 + this"""
    densities: tuple[Density, ...] = (0.3, 0.1, 0.02)
    """p = 1 - S, the chance that a feature is active, of the planted dictionaries"""
    seeds: Count = 20
    """dictionaries, and heads, in each setting"""
    head_steps: Count = 1500
    """training steps of the heads, on their exact loss"""
    n_features: Count = 20
    """n, features of the trained dictionaries"""
    n_hidden: Count = 10
    """m, hidden dimensions of the trained dictionaries"""
    trained_density: Density = 0.3
    """p of the trained dictionaries; about where dedicated features and digons stand side by side"""
    importance_decay: Share = 0.9
    """importance of feature k of the trained dictionaries is this to the power k"""
    steps: Count = 2000
    """training steps of the dictionaries"""
    batch: Count = 512
    """fresh samples a step, of the dictionaries"""
    learning_rate: Unsigned = 5e-3
    """of the dictionaries, AdamW with weight decay 0.01, constant"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_hidden < len(KINDS):
            raise bad_input(
                "n_hidden", self.n_hidden, f"at least {len(KINDS)}, one for each factor asked for"
            )


class Planted(Frozen):
    """Heads on dictionaries that are written down, at one density."""

    config: Config
    density: Density


class OnTrained(Frozen):
    """Heads on trained dictionaries."""

    config: Config


def plan(config: Config) -> list[Planted | OnTrained]:
    return [
        *(Planted(config=config, density=density) for density in config.densities),
        OnTrained(config=config),
    ]


def measure(task: Planted | OnTrained) -> xr.Dataset:
    return (
        _planted(task.config, task.density)
        if isinstance(task, Planted)
        else _on_trained(task.config)
    )


# --- planted --------------------------------------------------------------------------------------------------------


class _Layout:
    """A tegum product, the pair asked for in each of its first five factors, and the blocks they lie in."""

    def __init__(self, factors: tuple[str, ...], singles: int) -> None:
        whole = (*factors, *["single"] * (singles + (9 - 5 if factors[0] == "digon" else 0)))
        self.factors = whole
        blocks = members(whole)
        # A dedicated feature's partner is the next dedicated one, the first after the five factors.
        right = [block if len(block) > 1 else blocks[5] for block in blocks[:5]]
        self.pairs = tuple((i[0], j[len(j) > 1]) for i, j in zip(blocks[:5], right, strict=True))
        self.left, self.right = (
            _labels(blocks[:5], blocks[-1].stop),
            _labels(right, blocks[-1].stop),
        )

    def weights(self, seeds: np.ndarray) -> Float[np.ndarray, "models hidden features"]:
        return np.stack([tegum_product(self.factors, int(seed)) for seed in seeds])


def _labels(blocks: list[range], n_features: int) -> Int[np.ndarray, " features"]:
    """The block of each feature; -1 for those beside the attended factors."""
    labels = np.full(n_features, -1)
    for number, block in enumerate(blocks):
        labels[block.start : block.stop] = number
    return labels


def _planted(c: Config, density: float) -> xr.Dataset:
    seeds = c.model_seeds(c.seeds)
    per_variant = [_variant(c, density, seeds, *variant) for variant in VARIANTS.values()]
    dataset = xr.concat(per_variant, dim="variant").assign_coords(
        variant=list(VARIANTS), seed=seeds
    )
    return dataset.expand_dims(density=[density])


def _variant(c: Config, density: float, seeds: np.ndarray, target: str, bias: bool) -> xr.Dataset:
    q = len(KINDS)
    blocks = np.full((2, len(SETTINGS), c.seeds, q, q), np.nan)  # way setting seed slice block
    excess = np.full((len(SETTINGS), c.seeds), np.nan)
    rank_energy = np.full((2, q, c.seeds, q), np.nan)  # way rank seed kind
    tau = np.zeros(0)
    for k, (factors, weights) in enumerate(SETTINGS.values()):
        layout = _Layout(factors, c.singles)
        asked = Asked(layout.pairs, weights, target, bias)
        w = layout.weights(seeds)
        sweep = k == 0  # only here ranks below q are of interest
        ranks = np.repeat(list(RANKS) if sweep else [q], c.seeds)
        times = len(ranks) // c.seeds
        every, each = np.tile(w, (times, 1, 1)), np.tile(seeds, times)
        heads = heads_of_ranks(
            every, density, [asked] * len(ranks), ranks, seeds=each, steps=c.head_steps
        ).model
        trained = slices_of(heads, w.shape[-2])
        full = slice(-c.seeds, None)
        last = Slices(trained.u[full, :, :q], trained.s[full, :q], trained.v[full, :, :q])
        best = optimal_slices(w, density, asked, q)[0]
        blocks[0, k], blocks[1, k] = (_block_energy(slices, w, layout) for slices in (last, best))
        omega = np.asarray(heads.omega, np.float64)[full]
        excess[k] = excess_of(omega, w, density, asked, q)
        if sweep:
            tau = whitened_values(w[0], density, asked.matrix(w.shape[-1]), target, bias)[:q]
            for r, rank in enumerate(RANKS):
                at = slice(r * c.seeds, (r + 1) * c.seeds)
                short = Slices(
                    trained.u[at, :, :rank], trained.s[at, :rank], trained.v[at, :, :rank]
                )
                rank_energy[0, r] = _attended_energy(short, w, layout)
                rank_energy[1, r] = _attended_energy(
                    optimal_slices(w[:1], density, asked, rank)[0], w[:1], layout
                )
    return xr.Dataset(
        {
            "block_energy": (("way", "setting", "seed", "slice", "block"), blocks),
            "entropy": (
                ("way", "setting", "seed", "slice"),
                block_entropy(blocks),
                {"units": "nats"},
            ),
            "excess": (("setting", "seed"), excess, {"long_name": "(L2 - floor) / E s²"}),
            "energy": (("way", "rank", "seed", "kind"), rank_energy),
            "tau": (
                "kind",
                tau / tau[0],
                {"long_name": "τ_k / τ_1 of the k-th slice, equal weights"},
            ),
        },
        coords={
            "way": ["trained", "closed form"],
            "setting": list(SETTINGS),
            "slice": np.arange(1, q + 1),
            "block": np.arange(1, q + 1),
            "rank": list(RANKS),
            "kind": list(KINDS),
        },
    )


def _block_energy(
    slices: Slices, w: np.ndarray, layout: _Layout
) -> Float[np.ndarray, "models slice block"]:
    """Share of each slice that lies in each attended factor, mean of left and right."""
    sides = ((slices.u, layout.left), (slices.v, layout.right))
    return np.mean(
        [block_energy(part, w, np.tile(labels, (len(w), 1))) for part, labels in sides], axis=0
    )


def _attended_energy(
    slices: Slices, w: np.ndarray, layout: _Layout
) -> Float[np.ndarray, "models kind"]:
    """Share of each attended feature that lies in the span of the slices, mean of left and right."""
    left, right = np.transpose(layout.pairs)
    return (span_energy(slices.u, w)[..., left] + span_energy(slices.v, w)[..., right]) / 2


# --- trained dictionaries -------------------------------------------------------------------------------------------

TOUCHING = 0.3  # |cos| above which two features count as of one factor; above the tilts that training leaves
DRAWS = 2000  # random directions for the null of block energies


def _on_trained(c: Config) -> xr.Dataset:
    seeds, p = c.model_seeds(c.seeds), c.trained_density
    trained = trained_dictionaries(
        c.n_features,
        c.n_hidden,
        p,
        c.importance_decay,
        seeds=seeds,
        steps=c.steps,
        batch=c.batch,
        learning_rate=c.learning_rate,
    )
    w = trained.w
    blocks = tegum_blocks(w, TOUCHING)
    sizes = [np.bincount(one[one >= 0]) for one in blocks]
    mixed = [np.sum(size == 1) >= 2 and np.sum(size > 1) >= 3 for size in sizes]
    enough = np.array(mixed) & trained.finite
    dataset = xr.Dataset(
        {
            "gap_to_best": ("seed", trained.gap_to_best, IN_WORDS),
            "factors": ("seed", [len(size) for size in sizes]),
            "digons": ("seed", [np.sum(size == 2) for size in sizes]),
            "enough": (
                "seed",
                enough,
                {"long_name": "two dedicated features and three larger factors"},
            ),
        },
        coords={
            "way": ["trained", "closed form"],
            "seed": seeds,
            "slice": np.arange(1, len(KINDS) + 1),
        },
    )
    purity, energy, chance = (np.full((2, c.seeds, len(KINDS)), np.nan) for _ in range(3))
    if enough.any():
        kept = np.flatnonzero(enough)
        values = _on_mixed(c, w[kept], blocks[kept], seeds[kept])
        purity[:, kept], energy[:, kept], chance[0, kept, 0] = values
    dataset["purity"] = (
        ("way", "seed", "slice"),
        purity,
        {"long_name": "largest block energy of a slice"},
    )
    dataset["two_slices"] = (
        ("way", "seed", "asked"),
        energy,
        {"long_name": "energy in the span of two slices"},
    )
    dataset["purity_null"] = (
        "seed",
        chance[0, :, 0],
        {"long_name": "95 % of a random direction's purity"},
    )
    return dataset.assign_coords(asked=[*["dedicated"] * 2, *["shared"] * 3])


def _on_mixed(
    c: Config, w: np.ndarray, blocks: Int[np.ndarray, "models features"], seeds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Heads for the longest feature of each of two dedicated and three larger factors.

    Returns the purity of slices at full rank with graded weights, the energy of the features in two slices with equal
    weights, both [way seed asked], and the purity's null [seed].
    """
    p, q, m = c.trained_density, len(KINDS), c.n_hidden
    longest = [_longest(one, labels) for one, labels in zip(w, blocks, strict=True)]
    pairs = [tuple((i, i) for i in features) for features in longest]

    def left_slices(asked: list[Asked], rank: int) -> list[np.ndarray]:
        heads = heads_of_ranks(w, p, asked, [rank] * len(w), seeds=seeds, steps=c.head_steps).model
        best = [
            optimal_slices(one[None], p, each, rank)[0].u
            for one, each in zip(w, asked, strict=True)
        ]
        return [slices_of(heads, m).u[..., :rank], np.concatenate(best)]

    full = left_slices([Asked(one, GRADED, "count", True) for one in pairs], q)
    two = left_slices([Asked(one, (1.0,) * q, "count", False) for one in pairs], 2)
    purity = np.stack([block_energy(u, w, blocks).max(-1) for u in full])
    energy = np.stack(
        [np.take_along_axis(span_energy(u, w), np.array(longest), axis=-1) for u in two]
    )
    random = np.random.default_rng(int(seeds[0])).normal(size=(len(w), m, DRAWS))
    chance = np.quantile(
        block_energy(geometry.directions(random), w, blocks).max(-1), 0.95, axis=-1
    )
    return purity, energy, chance


def _longest(
    w: Float[np.ndarray, "hidden features"], labels: Int[np.ndarray, " features"]
) -> list[int]:
    """The longest feature of each of the first two dedicated and the first three larger factors."""
    blocks = [np.flatnonzero(labels == k) for k in range(labels.max() + 1)]
    five = [b for b in blocks if len(b) == 1][:2] + [b for b in blocks if len(b) > 1][:3]
    return [int(block[np.argmax(geometry.norms(w)[block])]) for block in five]


STUDY = Study(
    name="head-subspaces",
    group="attention-head",
    question="When attended features lie in different factors of a tegum product, does each slice keep to one factor?",
    sources=("franco2026", "elhage2022"),
    version=2,
    presets={
        "quick": Config(singles=1, densities=(0.3, 0.02), seeds=5, steps=1500),
        "default": Config(),
        "paper": Config(
            singles=41,
            densities=(0.1, 0.02),
            seeds=100,
            n_features=100,
            n_hidden=50,
            importance_decay=0.98,
            batch=256,
        ),
    },
    minutes={"quick": 0.15, "default": 0.3, "paper": 6},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
