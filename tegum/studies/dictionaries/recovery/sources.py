"""Where W is from, n features in m dimensions, and what autoencoders on it are told to be.

Trained bottlenecks; random unit columns; m orthonormal columns, where the other features are absent
(the easy case).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Bool, Float

from tegum.analysis.geometry import directions
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.studies import core, populations
from tegum.studies.dictionaries.recovery.one_latent import OneLatent
from tegum.theory.dictionaries import orthonormal

SOURCES = ("trained", "random", "orthonormal")
SAMPLE = 8192
"""hidden vectors on which L0, explained variance and losses are read"""


class Dictionaries(OneLatent, core.TrainingConfig):
    """Autoencoders on several W."""

    size: str = "20-5"
    """n-m, features and hidden dimensions"""
    densities: tuple[core.Density, ...] = (0.1, 0.03, 0.01)
    """p = 1 - S, the chance that a feature is active"""
    widths: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """latents of ReLU autoencoders, in units of n"""
    other_widths: tuple[float, ...] = (1.0, 2.0)
    """those of TopK and JumpReLU, among these"""
    penalties: tuple[core.Unsigned, ...] = (0.1, 0.2, 0.4, 0.8)
    """penalties on the sum of the latents of ReLU, in units of the features"""
    ks: tuple[core.Count, ...] = (4, 2, 1)
    """active latents of TopK"""
    count_penalties: tuple[core.Unsigned, ...] = (0.003, 0.01, 0.03)
    """penalties on the number of active latents of JumpReLU"""
    large: str = "100-20"
    """a further size n-m, on fewer settings; "" for none"""
    large_densities: tuple[core.Density, ...] = (0.03, 0.01)
    """densities of these"""
    large_widths: tuple[float, ...] = (0.5, 1.0, 2.0)
    """latents there, of ReLU autoencoders"""
    large_seeds: core.Count = 2
    """dictionaries and autoencoders in each setting there"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        for size in self.sizes:
            numbers(size)
        if self.large == self.size:
            raise bad_input("large", self.large, f"another size than {self.size}", '"" for none')
        if min(*self.widths, *self.other_widths, *self.large_widths) <= 0:
            raise bad_input("widths", self.widths, "numbers above 0")
        if not set(self.other_widths) <= set(self.widths):
            raise bad_input("other_widths", self.other_widths, f"some of widths = {self.widths}")
        if list(self.penalties) != sorted(self.penalties) or min(self.penalties) <= 0:
            raise bad_input("penalties", self.penalties, "numbers above 0 that rise")
        if list(self.count_penalties) != sorted(self.count_penalties):
            raise bad_input("count_penalties", self.count_penalties, "numbers that rise")
        if list(self.ks) != sorted(self.ks, reverse=True):
            raise bad_input("ks", self.ks, "numbers that fall")

    @property
    def sizes(self) -> tuple[str, ...]:
        """All sizes."""
        return (self.size, self.large) if self.large else (self.size,)


@dataclass(frozen=True)
class Grid:
    """What is trained at one size."""

    n: int
    m: int
    densities: Sequence[float]
    seeds: int
    sources: Sequence[str]
    widths: Mapping[str, Sequence[float]]


def numbers(size: str) -> tuple[int, int]:
    """Features and dimensions of "20-5"."""
    parts = size.split("-")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise bad_input("size", size, 'features and hidden dimensions, such as "20-5"')
    n, m = map(int, parts)
    if m > n:
        raise bad_input("size", size, "no more hidden dimensions than features")
    return n, m


def dictionaries(
    c: Dictionaries, grid: Grid
) -> tuple[
    Float[np.ndarray, "seeds sources densities hidden features"],
    Bool[np.ndarray, "seeds sources densities"],
]:
    """W of every source, and which models did not diverge."""
    shape = grid.seeds, len(grid.sources), len(grid.densities)
    w, finite = np.empty((*shape, grid.m, grid.n)), np.ones(shape, bool)
    for s, source in enumerate(grid.sources):
        if source == "trained":
            few = c.model_copy(update={"seeds": grid.seeds})
            for d, p in enumerate(grid.densities):
                found = populations.bottlenecks(few, grid.m, p, np.ones(grid.n))
                w[:, s, d], finite[:, s, d] = found.w, found.finite
            continue
        for k, seed in enumerate(c.seeds_of(source, grid.seeds)):
            rng = np.random.default_rng(int(seed))
            drawn = (
                directions(rng.normal(size=(grid.m, grid.n)))
                if source == "random"
                else orthonormal(grid.n, grid.m, int(seed) % 2**32)
            )
            w[k, s] = drawn
    return w, finite


def inputs(c: Dictionaries, grid: Grid) -> Float[np.ndarray, "seeds densities features inputs"]:
    """Samples of x, alike for all sources."""
    seeds = c.seeds_of("samples", grid.seeds)
    return np.stack(
        [
            [
                np.asarray(
                    SparseFeatures(grid.n, p).draw(jax.random.key(int(seed) % 2**32), SAMPLE), float
                )
                for p in grid.densities
            ]
            for seed in seeds
        ]
    )
