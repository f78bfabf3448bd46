"""Two weighted pairs that a head attends to: config, what is measured, readings of its slices.

A head's slices are seen in three ways: "raw", Ω as it is; "used", Ω seen from the hidden directions
that features use (singular values of W above a tenth of the largest); "theory", the best head on
the same W. Each pair is matched with a slice of its own.
"""

from collections.abc import Callable
from functools import partial

import jax
import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.matching import matched_cosines
from tegum.analysis.nulls import chance_quantile
from tegum.analysis.spans import used_projector
from tegum.analysis.spectra import svd_of, svd_of_product
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.studies import core, populations
from tegum.studies.attention.slices import Asked, Slices, optimal_slices
from tegum.studies.core.measures import above, below, of_weights
from tegum.studies.populations import FINITE, GAP_TO_BEST
from tegum.theory.head_moments import target_power
from tegum.theory.known import exact_losses_and_gaps
from tegum.theory.optimal_heads import head_floor, head_loss
from tegum.training.engine import fresh, stack
from tegum.training.objectives import Pairs
from tegum.training.recipe import Recipe, Sampled
from tegum.training.with_head import train_with_head

INSTANCES = 7
"""models in the notebook's one tensor, one a density"""


class Config(core.BottleneckConfig):
    """The notebook's sizes, pairs, weights and starts; its training too in the preset "paper"."""

    n_features: core.Count = 30
    n_hidden: core.Count = 15
    rank: core.Count = 10
    """r, rank of the head, at least as many as pairs and at most n_hidden"""
    pairs: tuple[tuple[core.Index, core.Index], ...] = ((2, 4), (5, 8))
    """(i, j): features of the left and of the right token to respond to, counted from 0"""
    pair_weights: tuple[core.Unsigned, ...] = (1.0, 2.0)
    """T_ij of each pair"""
    lam_of_mean: core.Unsigned = 0.5
    """λ beside an L1 averaged over features; beside the summed L1 it is this times n_features"""
    importance_decay: core.Share = 0.9
    densities: tuple[core.Density, ...] = tuple(round(50 ** (-k / 6), 4) for k in range(7))
    """p = 1 - S, the chance that a feature is active"""
    steps: core.Count = 3000
    """training steps; the notebook's are 10 000"""
    batch: core.Count = 256
    """pairs of tokens a step; the notebook's 1024 tokens are 512 pairs"""
    learning_rate: core.Unsigned = 5e-3
    """of AdamW with weight decay 0.01, constant; the notebook's is 1e-3"""

    @property
    def trainings(self) -> tuple[str, ...]:
        return ("joint", "alone")

    @property
    def lam(self) -> float:
        """λ beside the summed L1."""
        return self.lam_of_mean * self.n_features

    @property
    def asked(self) -> Asked:
        return Asked(self.pairs, self.pair_weights, "product")

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if not len(self.pairs) <= self.rank <= self.n_hidden:
            wanted = f"from {len(self.pairs)} (pairs) to n_hidden = {self.n_hidden}"
            raise bad_input("rank", self.rank, wanted)
        members = [k for pair in self.pairs for k in pair]
        if len(self.pairs) != 2 or len(set(members)) != 4 or max(members) >= self.n_features:
            wanted = f"two pairs of four features from 0 to {self.n_features - 1}"
            raise bad_input("pairs", self.pairs, wanted)
        if len(self.pair_weights) != 2 or not 0 < self.pair_weights[0] < self.pair_weights[1]:
            wanted = "two weights above 0, the second one larger"
            raise bad_input("pair_weights", self.pair_weights, wanted)


def trained(c: Config, training: str, density: float) -> core.Variables:
    """Bottlenecks and heads at the end; their slices, and those of the best heads on the same W."""
    bottlenecks, heads = starts(c)
    found = train_with_head(
        bottlenecks,
        heads,
        stack([SparseFeatures(c.n_features, density, c.importance)] * c.seeds),
        stack([Pairs(c.pairs, np.array(c.pair_weights), "product")] * c.seeds),
        Recipe(c.steps, Sampled(c.batch)),
        mode="joint",
        seeds=c.seeds_of("batches", c.seeds),
        lam=c.lam if training == "joint" else 0.0,
        learning_rate=c.learning_rate,
    )
    models: HeadedBottleneck = populations.with_stand_ins(found.model, found.finite)
    w, bias, a, b = (
        np.asarray(part, np.float64)
        for part in (models.bottleneck.w, models.bottleneck.b, models.head.a, models.head.b)
    )
    used = used_projector(w)
    raw = Slices(*svd_of_product(a, b))
    seen = (part[..., : c.rank] for part in svd_of(used @ raw.omega @ used))
    best, _ = optimal_slices(used @ w, density, c.asked, c.rank)
    ways = {"raw": raw, "used": Slices(*seen), "theory": best}
    own = [
        optimal_slices(w, density, Asked((pair,), (weight,), "product"), 1)[0].s[:, 0]
        for pair, weight in zip(c.pairs, c.pair_weights, strict=True)
    ]
    of = density, c.asked.matrix(c.n_features), "product"
    power = target_power(*of)
    return core.swept(lambda way: matched(ways[way], w, c.pairs), way=list(ways)) | {
        "pair": [f"pair ({i}, {j})" for i, j in c.pairs],
        "side": ["left", "right"],
        "k": np.arange(1, c.rank + 1),
        "w": w,
        "own_sigma": np.stack(own, axis=-1),
        "L2": [head_loss(o, one, *of) / power for o, one in zip(raw.omega, w, strict=True)],
        "L2_floor": [head_floor(one, *of, rank=c.rank) / power for one in w],
        "gap_to_best": exact_losses_and_gaps(w, bias, density, c.importance)[1],
        "finite": found.finite,
    }


def starts(c: Config) -> tuple[Bottleneck, Head]:
    """Bottlenecks and heads as wide as the notebook starts them, narrower than Xavier's matrices.

    It keeps its seven models in one tensor, [7, n, m] and [7, m, r], of which PyTorch's Xavier
    counts the first axis as outputs and the last as a field that each entry reaches:
    σ² = 2 / (n m + 7 m) of W, 2 / (m r + 7 r) of A and B, for 2 / (n + m) and 2 / (m + r).
    """
    n, m, r = c.n_features, c.n_hidden, c.rank
    bottlenecks = fresh(partial(Bottleneck.init, n, m), c.seeds_of("W", c.seeds))
    heads = fresh(partial(Head.init, m, r), c.seeds_of("heads", c.seeds))
    narrow_w = np.float32(np.sqrt((n + m) / (n * m + INSTANCES * m)))
    narrow_head = np.float32(np.sqrt((m + r) / (m * r + INSTANCES * r)))
    return (
        jax.tree.map(lambda leaf: narrow_w * leaf, bottlenecks),  # biases are 0
        jax.tree.map(lambda leaf: narrow_head * leaf, heads),
    )


def matched(
    slices: Slices, w: np.ndarray, pairs: tuple[tuple[int, int], ...]
) -> dict[str, np.ndarray]:
    """Which slice is each pair's, how well it aligns, and its singular value."""
    match = matched_cosines(slices.u, slices.v, w, pairs)
    return {
        "cosine": np.stack([match.left, match.right], axis=-1),
        "slice": match.slice,
        "sigma": np.take_along_axis(slices.s, match.slice, axis=-1),
        "spectrum": slices.s,
    }


VARIABLES = core.table(
    cosine=("way seed pair side", "signed cosine of the pair's slice with the feature"),
    slice=("way seed pair", "which slice is the pair's, counted from 0"),
    sigma=("way seed pair", "singular value of the pair's slice"),
    spectrum=("way seed k", "singular values of Ω"),
    w=("seed hidden feature", "weights W at the end"),
    own_sigma=("seed pair", "σ of the best head on the same W for this pair alone"),
    L2=("seed", "exact loss of the head", "E s²"),
    L2_floor=("seed", "the least that any head of this rank can reach on this W", "E s²"),
) | {"gap_to_best": GAP_TO_BEST, "finite": FINITE}

POINTS = {"training": "trainings", "density": "densities"}
MODELS = core.Measurement("notebook", version=1, parts=(core.Part(trained, VARIABLES, **POINTS),))

# --- readings -----------------------------------------------------------------------------------

OWN = 0.95  # leverage from which on a feature counts as having a dimension of its own


def config_of(ds: xr.Dataset) -> Config:
    return Config(**core.config_in(ds))


def null_of(ds: xr.Dataset) -> float:
    c = config_of(ds)
    return chance_quantile(0.95, c.n_hidden, c.rank)


def joint(values: xr.DataArray) -> xr.DataArray:
    return values.sel(training="joint", drop=True)


def worse_side(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of each pair's slice, of the worse side, of jointly trained heads."""
    return abs(joint(ds.cosine)).min("side", skipna=False)


def used(ds: xr.Dataset) -> xr.DataArray:
    return worse_side(ds).sel(way="used", drop=True)


def raw(ds: xr.Dataset) -> xr.DataArray:
    return worse_side(ds).sel(way="raw", drop=True)


def from_theory(values: xr.DataArray) -> xr.DataArray:
    """Distance between the used part of jointly trained heads and the best heads on the same W."""
    return abs(joint(values.sel(way="used", drop=True) - values.sel(way="theory", drop=True)))


def equal_signs(ds: xr.Dataset) -> xr.DataArray:
    """Whether both sides' cosines have one sign, of slices aligned beyond chance."""
    agree = joint(above(ds.cosine.sel(way="used", drop=True).prod("side", skipna=False), 0))
    return agree.where(used(ds) > null_of(ds))


def in_order(ds: xr.Dataset) -> xr.DataArray:
    """Whether the first slice is the second pair's, of larger weight, and the next the first's."""
    place = joint(ds.slice.sel(way="used", drop=True))
    wanted = xr.DataArray([1, 0], {"pair": ds.pair})
    return below(abs(place - wanted).sum("pair", skipna=False), 0.5)


def of_members(ds: xr.Dataset, quantity: Callable[[np.ndarray], np.ndarray]) -> xr.DataArray:
    """A quantity of the attended features alone, by pair and side."""
    at_pairs = xr.DataArray(list(config_of(ds).pairs), {"pair": ds.pair, "side": ds.side})
    return of_weights(quantity, ds.w).isel(feature=at_pairs)


def leverage_used(w: np.ndarray) -> np.ndarray:
    return geometry.leverage(used_projector(w) @ w)


def lowest_leverage(ds: xr.Dataset) -> xr.DataArray:
    """Of the four attended features, within the directions that features use."""
    return of_members(ds, leverage_used).min(("pair", "side"), skipna=False)


def empty(ds: xr.Dataset) -> xr.DataArray:
    """How many hidden directions no feature uses."""
    return ds.sizes["hidden"] - of_weights(_count_used, ds.w, per=None)


def _count_used(w: np.ndarray) -> np.ndarray:
    return np.trace(used_projector(w), axis1=-2, axis2=-1).round()


def none_empty(ds: xr.Dataset) -> xr.DataArray:
    return below(empty(ds), 0.5)


def contributions(ds: xr.Dataset) -> xr.DataArray:
    """σ ‖W_i‖ ‖W_j‖ of the second pair over that of the first, over the ratio of T: 1 by theory.

    Of jointly trained models in which all four features have a dimension each.
    """
    lengths = of_members(ds, geometry.norms).prod("side", skipna=False)
    each = joint(ds.sigma.sel(way="used", drop=True) * lengths) / config_of(ds).pair_weights
    return (each.isel(pair=1) / each.isel(pair=0)).where(joint(lowest_leverage(ds)) > OWN)


def relative_sigma_error(ds: xr.Dataset) -> xr.DataArray:
    best = joint(ds.sigma.sel(way="theory", drop=True))
    return from_theory(ds.sigma) / best


def excess_over_floor(ds: xr.Dataset) -> xr.DataArray:
    return joint(ds.L2 - ds.L2_floor)
