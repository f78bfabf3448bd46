"""Heads asked for a pair in each of five factors of a tegum product: config, what is measured,
readings.

The factors are written down, of five kinds or five digons, or were made by training; the question
and its theory stand in `attention.subspaces`.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from tegum.analysis import geometry
from tegum.analysis.blocks import block_energy, block_entropy, tegum_blocks
from tegum.analysis.spans import span_energy
from tegum.errors import bad_input
from tegum.studies import core, populations
from tegum.studies.attention import slices as heads
from tegum.studies.attention.slices import Asked, Slices, slices_of
from tegum.studies.core.measures import Reading, above, all_along, at
from tegum.studies.core.numerals import written
from tegum.theory.factor_slices import AskedProduct, asked_product, largest_share, sparse_ratios
from tegum.theory.head_moments import target_power
from tegum.theory.optimal_heads import head_floor, head_loss, whitened_values

KINDS = ("single", "tetrahedron", "triangle", "digon", "pentagon")  # by falling leverage
EQUAL, GRADED = (1.0,) * 5, (1.0, 0.85, 0.7, 0.55, 0.4)
SETTINGS = {  # factors that are asked for, and weights
    "five kinds, equal": (KINDS, EQUAL),
    "five kinds, graded": (KINDS, GRADED),
    "five digons, equal": (("digon",) * 5, EQUAL),
    "five digons, graded": (("digon",) * 5, GRADED),
}
KINDS_EQUAL, KINDS_GRADED, DIGONS_EQUAL, DIGONS_GRADED = SETTINGS
AFFINE = "count, [h; 1]"
VARIANTS = {"product": ("product", False), "count": ("count", False), AFFINE: ("count", True)}
NUMBERS = range(1, 6)  # of slices, factors and ranks
SPARSE = 0.1  # density up to which slices are expected in the order of leverage


class Planted(core.StudyConfig):
    """Heads on dictionaries that are written down."""

    singles: core.Count = 4
    """dedicated features beside the five factors, at least 1; m is 8 + 1 + this"""
    densities: tuple[core.Density, ...] = (0.3, 0.1, 0.02)
    """p = 1 - S, the chance that a feature is active, of the planted dictionaries"""
    seeds: core.Count = 20
    """dictionaries, and heads, in each setting"""
    head_steps: core.Count = 3000
    """training steps of the heads, on their exact loss; of 1500 the weakest of five graded pairs
    asks for more where features are sparse"""

    @property
    def variants(self) -> tuple[str, ...]:
        """Targets and inputs of heads."""
        return tuple(VARIANTS)

    def product(
        self, setting: str
    ) -> tuple[AskedProduct, Float[np.ndarray, "seed hidden feature"]]:
        """The factors of a setting, and a dictionary for each seed."""
        product = asked_product(SETTINGS[setting][0], 9 + self.singles)
        return product, product.weights(self.seeds_of("W", self.seeds))


class Config(Planted, core.BottleneckConfig):
    """Heads asked for one pair in each of five factors, planted and trained."""

    trained_density: core.Density = 0.3
    """p of the trained dictionaries; about where dedicated features stand beside digons"""
    importance_decay: core.Share = 0.9
    steps: core.Count = 2000
    batch: core.Count = 512
    learning_rate: core.Unsigned = 5e-3

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_hidden < len(KINDS):
            raise bad_input("n_hidden", self.n_hidden, "at least 5, one for each factor asked for")


# --- dictionaries that are written down ---------------------------------------------------------


def full_rank(c: Planted, variant: str, density: float) -> core.Variables:
    """A slice for each pair, in every setting: where the slices lie, and what the heads lose."""

    def measured(setting: str) -> dict[str, np.ndarray]:
        product, w = c.product(setting)
        asked = Asked(product.pairs, SETTINGS[setting][1], *VARIANTS[variant])
        seeds = c.seeds_of("heads", c.seeds)
        model = heads.trained_heads(w, density, asked, 5, seeds=seeds, steps=c.head_steps).model
        best, _ = heads.optimal_slices(w[:1], density, asked, 5)
        task = density, asked.matrix(w.shape[-1]), asked.target, asked.bias
        losses = [head_loss(o, one, *task) for o, one in zip(model.omega, w, strict=True)]
        power = target_power(*task[:3])
        return {
            "block_energy": energies_of(slices_of(model, w.shape[-2]), w, product),
            "purity_theory": energies_of(best, w[:1], product)[0].max(axis=-1),
            "loss": np.divide(losses, power),
            "floor": np.divide(head_floor(w[0], *task, 5), power),
        }

    return core.swept(measured, setting=list(SETTINGS)) | {"slice": NUMBERS, "factor": NUMBERS}


def energies_of(
    slices: Slices, w: np.ndarray, product: AskedProduct
) -> Float[np.ndarray, "seed slice factor"]:
    """Share of each slice that lies in each attended factor, mean of left and right."""
    sides = ((slices.u, product.left), (slices.v, product.right))
    return np.mean([block_energy(u, w, np.tile(of, (len(w), 1))) for u, of in sides], axis=0)


FULL_RANK = core.table(
    block_energy=("setting seed slice factor", "share of a slice in each attended factor"),
    purity_theory=("setting slice", "largest block energy of the closed form's slices"),
    loss=("setting seed", "exact loss of the head, over E s²"),
    floor=("setting", "the least that a head of this rank can reach, over E s²"),
)


def short_rank(c: Planted, variant: str, density: float) -> core.Variables:
    """One to five slices for five kinds of factors with equal weights: which of them they serve."""
    product, w = c.product(KINDS_EQUAL)
    asked = Asked(product.pairs, EQUAL, *VARIANTS[variant])
    ranks, every = np.repeat(NUMBERS, c.seeds), np.tile(w, (5, 1, 1))
    seeds, each = np.tile(c.seeds_of("short heads", c.seeds), 5), [asked] * len(ranks)
    model = heads.heads_of_ranks(every, density, each, ranks, seeds=seeds, steps=c.head_steps).model
    trained = slices_of(model, w.shape[-2])
    there = (np.arange(w.shape[-2]) < ranks[:, None])[:, None]
    trained = Slices(trained.u * there, trained.s, trained.v * there)
    best = [heads.optimal_slices(w[:1], density, asked, rank)[0] for rank in NUMBERS]
    tau = whitened_values(w[0], density, asked.matrix(w.shape[-1]), asked.target, asked.bias)[:5]
    return {
        "energy": served(trained, every, product).reshape(5, c.seeds, 5),
        "energy_theory": [served(slices, w[:1], product)[0] for slices in best],
        "tau": tau / tau[0],
        "rank": NUMBERS,
        "kind": KINDS,
    }


def served(slices: Slices, w: np.ndarray, product: AskedProduct) -> Float[np.ndarray, "model kind"]:
    """Share of attended features in the span of the slices, mean of left and right."""
    left, right = np.transpose(product.pairs)
    return (span_energy(slices.u, w)[..., left] + span_energy(slices.v, w)[..., right]) / 2


SHORT_RANK = core.table(
    energy=("rank seed kind", "share of attended features in the span of the slices"),
    energy_theory=("rank kind", "the same of the closed form"),
    tau=("kind", "τ_k / τ_1 in closed form, of the k-th slice"),
)

# --- trained dictionaries -----------------------------------------------------------------------

TOUCHING = 0.3  # |cos| above which features count as of one factor; above the tilts of training
DRAWS = 2000  # random directions for the null of block energies


def on_trained(c: Config) -> core.Variables:
    """Heads for one feature in each of five factors that training made, where there are so many."""
    models = populations.bottlenecks(c, c.n_hidden, c.trained_density, c.importance)
    blocks = tegum_blocks(models.w, TOUCHING)
    sizes = [np.bincount(labels[labels >= 0]) for labels in blocks]
    enough = np.array([np.sum(size == 1) >= 2 and np.sum(size > 1) >= 3 for size in sizes])
    purity, two = (np.full((2, c.seeds, 5), np.nan) for _ in range(2))
    chance = np.full(c.seeds, np.nan)
    if enough.any():
        seeds = c.seeds_of("heads on trained", c.seeds)[enough]
        found = heads_on(c, models.w[enough], blocks[enough], seeds)
        purity[:, enough], two[:, enough], chance[enough] = found
    return {
        "purity": purity,
        "two_slices": two,
        "purity_null": chance,
        "factors": [len(size) for size in sizes],
        "digons": [np.sum(size == 2) for size in sizes],
        "enough": enough,
        "gap_to_best": models.gap_to_best,
        "finite": models.finite,
        "way": ["trained", "closed form"],
        "slice": NUMBERS,
        "asked": ["dedicated 1", "dedicated 2", "shared 1", "shared 2", "shared 3"],
    }


def heads_on(
    c: Config, w: np.ndarray, blocks: Int[np.ndarray, "seed feature"], seeds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Purity at full rank, graded; energies in two slices, equal; the null's 95 % of purity."""
    p, longest = c.trained_density, np.array(list(map(longest_of, w, blocks)))
    pairs = [tuple((int(i), int(i)) for i in features) for features in longest]

    def lefts(asked: list[Asked], rank: int) -> list[np.ndarray]:
        """Left slices of trained heads and of the closed form."""
        ranks = [rank] * len(w)
        model = heads.heads_of_ranks(w, p, asked, ranks, seeds=seeds, steps=c.head_steps).model
        each = zip(w, asked, strict=True)
        best = [heads.optimal_slices(one[None], p, a, rank)[0].u for one, a in each]
        return [slices_of(model, c.n_hidden).u[..., :rank], np.concatenate(best)]

    def purity(slices: np.ndarray) -> np.ndarray:
        return block_energy(slices, w, blocks).max(axis=-1)

    full = lefts([Asked(each, GRADED, "count", bias=True) for each in pairs], 5)
    two = lefts([Asked(each, EQUAL, "count", bias=False) for each in pairs], 2)
    energies = [np.take_along_axis(span_energy(u, w), longest, axis=-1) for u in two]
    random = geometry.directions(c.rng("null").normal(size=(len(w), c.n_hidden, DRAWS)))
    null = np.quantile(purity(random), 0.95, axis=-1)
    return np.stack([purity(u) for u in full]), np.stack(energies), null


def longest_of(
    w: Float[np.ndarray, "hidden feature"], labels: Int[np.ndarray, " feature"]
) -> list[int]:
    """The longest feature of each of the first two dedicated and the first three larger factors."""
    blocks = [np.flatnonzero(labels == k) for k in range(labels.max() + 1)]
    five = [b for b in blocks if len(b) == 1][:2] + [b for b in blocks if len(b) > 1][:3]
    return [int(block[np.argmax(geometry.norms(w)[block])]) for block in five]


ON_TRAINED = core.table(
    purity=("way seed slice", "largest block energy of a slice"),
    two_slices=("way seed asked", "energy of attended features in the span of two slices"),
    purity_null=("seed", "what a random direction's purity stays below in 95 %"),
    factors=("seed", "factors of the trained dictionary"),
    digons=("seed", "digons among them"),
    enough=("seed", "1 where two features are dedicated and three factors larger"),
) | {"gap_to_best": populations.GAP_TO_BEST, "finite": populations.FINITE}

POINTS = {"variant": "variants", "density": "densities"}
PARTS = (
    core.Part(full_rank, FULL_RANK, **POINTS),
    core.Part(short_rank, SHORT_RANK, **POINTS),
    core.Part(on_trained, ON_TRAINED),
)
HEADS = core.Measurement("heads-on-factors", version=1, parts=PARTS)

# --- readings -----------------------------------------------------------------------------------


def energy_error(ds: xr.Dataset) -> xr.DataArray:
    return abs(ds.energy - ds.energy_theory)


def in_order(ds: xr.Dataset) -> xr.DataArray:
    """Whether r slices serve the first r kinds by more than half and no other; sparse."""
    place = xr.DataArray(np.array(NUMBERS), coords={"kind": list(KINDS)})
    as_predicted = 1 - abs(above(ds.energy, 0.5) - (place <= ds["rank"]))
    return all_along(as_predicted, "kind").where(ds.density <= SPARSE)


def ratio_error(ds: xr.Dataset) -> xr.DataArray:
    """Distance of τ_k/τ_1 from its sparse limit, at the lowest density."""
    limit = xr.DataArray(sparse_ratios(KINDS), coords={"kind": list(KINDS)})
    return abs(ds.tau.sel(density=lowest(ds)) - limit)


def lowest(ds: xr.Dataset) -> float:
    return float(ds.density.min())


def slice_purity(ds: xr.Dataset) -> xr.DataArray:
    """How far each slice keeps to one factor: its largest block energy."""
    return ds.block_energy.max("factor", skipna=False)


def of_affine(*settings: str, reading: Reading = slice_purity) -> Reading:
    """A reading of slices of heads with a constant input, in some settings."""
    return at(reading, variant=AFFINE, setting=lambda names: np.isin(names, settings))


def purity_error(ds: xr.Dataset) -> xr.DataArray:
    """Distance of purity from the closed form's, where σ are distinct."""
    return abs(slice_purity(ds) - ds.purity_theory).where(ds.setting != DIGONS_EQUAL)


def excess(ds: xr.Dataset) -> xr.DataArray:
    return ds.loss - ds.floor


def trained_error(ds: xr.Dataset) -> xr.DataArray:
    """Distance of purity on trained W from the closed form's."""
    return abs(ds.purity.sel(way="trained") - ds.purity.sel(way="closed form"))


def above_null(ds: xr.Dataset) -> xr.DataArray:
    return above(ds.purity.sel(way="trained"), ds.purity_null)


def dedicated_first(ds: xr.Dataset) -> xr.DataArray:
    """Whether two slices serve both dedicated features better than any of the other three."""
    energy = ds.two_slices.sel(way="trained")
    dedicated = energy.isel(asked=slice(2)).min("asked", skipna=False)
    return above(dedicated, energy.isel(asked=slice(2, None)).max("asked", skipna=False))


def pentagon_before_dedicated(ds: xr.Dataset) -> xr.DataArray:
    short = ds.energy.where(ds["rank"] < 5)
    return above(short.sel(kind="pentagon"), short.sel(kind="single"))


def models_asked(ds: xr.Dataset) -> str:
    """Which trained dictionaries count, for notes."""
    factors, digons = float(ds.factors.median()), float(ds.digons.median())
    return f"{int(ds.enough.sum())} models, of about {factors:g} factors, {digons:g} of them digons"


def entropies(ds: xr.Dataset) -> str:
    """How far slices keep to one factor by another measure, for notes."""
    energy = of_affine(KINDS_EQUAL, KINDS_GRADED, reading=lambda ds: ds.block_energy)(ds)
    slices, factors = ["slice"], ["slice", "factor"]
    found = xr.apply_ufunc(
        block_entropy, energy, input_core_dims=[factors], output_core_dims=[slices]
    )
    most = float(found.median("seed").max())
    return f"the median entropy over factors is at most {written(most)} nats"


def mixed(errors: float) -> core.Derived:
    """Mean purity of random mixtures of five directions, and so many standard errors more.

    The slices of one head count as one: they vary together at most fully.
    """

    def bound(ds: xr.Dataset, _: core.Measured) -> float:
        mean, deviation = largest_share(5)
        return mean + errors * deviation / float(np.sqrt(ds.sizes["seed"]))

    return core.Derived(f"the mean of random mixtures {errors:+g} standard errors", bound)
