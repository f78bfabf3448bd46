"""How inputs are drawn. Each law is an array-valued description that samples, and knows its exact moments.

Symbols: S = P(x_i = 0) is the sparsity, `density` p = 1 - S the chance that a feature is active; `importance` I_i
weighs feature i's squared error. Both are array leaves, so one population may hold a different law for every model.

A law offers `draw`, which puts the batch LAST as the training step wants it, and `sample`, which puts it first.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, Key

from tegum.arrays import Array
from tegum.errors import bad_input, unknown_name
from tegum.noise import uniform


@dataclass(frozen=True)
class ValueLaw:
    """How large an active feature is: a map of a uniform number on [0, 1), and the value's first two moments."""

    of_uniform: Callable[[Array], Array]
    mean: float
    second_moment: float


VALUES = {
    "unit": ValueLaw(lambda u: u, 1 / 2, 1 / 3),  # uniform on [0, 1]
    "symmetric": ValueLaw(lambda u: 2 * u - 1, 0.0, 1 / 3),  # uniform on [-1, 1]
    "one": ValueLaw(jnp.ones_like, 1.0, 1.0),
}


class AbstractFeatures(eqx.Module):
    """A law of inputs x. Subclasses give `draw` and the moments; everything else follows."""

    importance: eqx.AbstractVar[Float[Array, " features"]]
    values: eqx.AbstractVar[str]

    @property
    def n_features(self) -> int:
        return self.importance.shape[-1]

    @abstractmethod
    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        """`batch` inputs with the batch LAST: samples stay contiguous, so `w @ x` is one product."""

    @property
    @abstractmethod
    def mean(self) -> Float[Array, " features"]:
        """E x_i."""

    @property
    @abstractmethod
    def second_moment(self) -> Float[Array, "features features"]:
        """E x_i x_j, not centred."""

    def sample(self, key: Key[Array, ""], batch: int) -> Float[Array, "batch features"]:
        """`batch` inputs with the batch first, as everywhere outside the training step."""
        return self.draw(key, batch).T


class SparseFeatures(AbstractFeatures):
    """Independent features: each is 0 with probability 1 - density, else drawn from the value law."""

    density: Float[Array, " features"]
    importance: Float[Array, " features"]
    values: str = eqx.field(static=True)

    def __init__(
        self,
        n_features: int,
        density: float | Array,
        importance: float | Array = 1.0,
        values: str = "unit",
    ) -> None:
        """Describe the law.

        Args:
            n_features: how many features, at least 1.
            density: p = 1 - S in (0, 1], one number or one per feature.
            importance: at least 0, one number or one per feature.
            values: "unit" (uniform on [0, 1]), "symmetric" (uniform on [-1, 1]) or "one" (constant 1).
        """
        self.density = _densities(density, n_features, "n_features")
        self.importance = _importances(importance, n_features)
        self.values = _value_law_name(values)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        # One random word a feature gives both: it is active when u < p, and then u/p is again uniform on [0, 1).
        p = self.density[:, None]
        u = uniform(key, (self.n_features, batch))
        return jnp.where(u < p, VALUES[self.values].of_uniform(u / p), 0.0)

    @property
    def mean(self) -> Float[Array, " features"]:
        return VALUES[self.values].mean * self.density

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        return _with_diagonal(
            jnp.outer(self.mean, self.mean), VALUES[self.values].second_moment * self.density
        )


class OneActive(AbstractFeatures):
    """Exactly one feature is active, each equally often: x = v e_i."""

    importance: Float[Array, " features"]
    values: str = eqx.field(static=True)

    def __init__(
        self, n_features: int, importance: float | Array = 1.0, values: str = "unit"
    ) -> None:
        """Describe the law; `values` is the law of the active one, as in `SparseFeatures`."""
        self.importance = _importances(importance, n_features)
        self.values = _value_law_name(values)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        which, u = jnp.split(uniform(key, (2, batch)), 2)
        chosen = jnp.arange(self.n_features)[:, None] == jnp.floor(which * self.n_features)
        return jnp.where(chosen, VALUES[self.values].of_uniform(u), 0.0)

    @property
    def mean(self) -> Float[Array, " features"]:
        return jnp.full(self.n_features, VALUES[self.values].mean / self.n_features)

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        return jnp.eye(self.n_features) * VALUES[self.values].second_moment / self.n_features


class CorrelatedSets(AbstractFeatures):
    """Features in sets: the members of a set are on or off together, their values independent; sets are independent."""

    density: Float[Array, " sets"]
    importance: Float[Array, " features"]
    sizes: tuple[int, ...] = eqx.field(static=True)
    values: str = eqx.field(static=True)

    def __init__(
        self,
        sizes: tuple[int, ...],
        density: float | Array,
        importance: float | Array = 1.0,
        values: str = "unit",
    ) -> None:
        """Describe the law.

        Args:
            sizes: how many features each set has, such as (2, 2) or (3, 4); features are numbered set by set.
            density: chance in (0, 1] that a set is on, one number or one per set.
            importance: at least 0, one number or one per feature.
            values: as in `SparseFeatures`.
        """
        self.sizes = _sizes(sizes)
        self.density = _densities(density, len(self.sizes), "the number of sets")
        self.importance = _importances(importance, sum(self.sizes))
        self.values = _value_law_name(values)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        u = uniform(key, (len(self.sizes) + self.n_features, batch))
        on = u[: len(self.sizes)] < self.density[:, None]
        value = VALUES[self.values].of_uniform(u[len(self.sizes) :])
        return jnp.where(on[_set_of(self.sizes)], value, 0.0)

    @property
    def mean(self) -> Float[Array, " features"]:
        return VALUES[self.values].mean * self.density[_set_of(self.sizes)]

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        law, p = VALUES[self.values], self.density[_set_of(self.sizes)]
        together = jnp.where(
            _same_set(self.sizes), law.mean**2 * p[:, None], jnp.outer(self.mean, self.mean)
        )
        return _with_diagonal(together, law.second_moment * p)


class PartlyCorrelatedSets(AbstractFeatures):
    """Features in sets of correlation ρ: with that chance a set's members are on or off together, else each by itself.

    Which of both it is, is drawn anew for every input and set. ρ is then the correlation of two members' being on;
    ρ = 1 is the law of `CorrelatedSets`, ρ = 0 that of `SparseFeatures`.
    """

    density: Float[Array, " sets"]
    correlation: Float[Array, " sets"]
    importance: Float[Array, " features"]
    sizes: tuple[int, ...] = eqx.field(static=True)
    values: str = eqx.field(static=True)

    def __init__(
        self,
        sizes: tuple[int, ...],
        density: float | Array,
        correlation: float | Array,
        importance: float | Array = 1.0,
        values: str = "unit",
    ) -> None:
        """Describe the law.

        Args:
            sizes, importance, values: as in `CorrelatedSets`.
            density: chance in (0, 1] that a feature is on, one number or one per set.
            correlation: ρ in [0, 1], one number or one per set.
        """
        self.sizes = _sizes(sizes)
        self.density = _densities(density, len(self.sizes), "the number of sets")
        self.correlation = _correlations(correlation, len(self.sizes))
        self.importance = _importances(importance, sum(self.sizes))
        self.values = _value_law_name(values)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        count, place = len(self.sizes), _set_of(self.sizes)
        u = uniform(key, (2 * count + self.n_features, batch))
        together = (u[:count] < self.correlation[:, None])[place]
        on = (u[count : 2 * count] < self.density[:, None])[place]
        own, p = u[2 * count :], self.density[place][:, None]
        # A member's own word is its value; by itself it is also whether it is on, as in SparseFeatures.
        active = jnp.where(together, on, own < p)
        value = VALUES[self.values].of_uniform(jnp.where(together, own, own / p))
        return jnp.where(active, value, 0.0)

    @property
    def mean(self) -> Float[Array, " features"]:
        return VALUES[self.values].mean * self.density[_set_of(self.sizes)]

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        law, p = VALUES[self.values], self.density
        both = (p**2 + self.correlation * p * (1 - p))[_set_of(self.sizes)]
        together = jnp.where(
            _same_set(self.sizes), law.mean**2 * both[:, None], jnp.outer(self.mean, self.mean)
        )
        return _with_diagonal(together, law.second_moment * p[_set_of(self.sizes)])


class AnticorrelatedSets(AbstractFeatures):
    """Features in sets: a set is on with probability `density`, and then exactly one random member is active."""

    density: Float[Array, " sets"]
    importance: Float[Array, " features"]
    sizes: tuple[int, ...] = eqx.field(static=True)
    values: str = eqx.field(static=True)

    def __init__(
        self,
        sizes: tuple[int, ...],
        density: float | Array,
        importance: float | Array = 1.0,
        values: str = "unit",
    ) -> None:
        """Describe the law; arguments as in `CorrelatedSets`. A member's density is its set's over the size."""
        self.sizes = _sizes(sizes)
        self.density = _densities(density, len(self.sizes), "the number of sets")
        self.importance = _importances(importance, sum(self.sizes))
        self.values = _value_law_name(values)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        gate, value = jnp.split(uniform(key, (2 * len(self.sizes), batch)), 2)
        p, size = self.density[:, None], jnp.asarray(self.sizes)[:, None]
        # As in SparseFeatures one word serves twice: given that the set is on, u/p is uniform and picks the member.
        member = jnp.floor(gate / p * size)
        place = np.concatenate([np.arange(s) for s in self.sizes])[:, None]
        chosen = (gate < p)[_set_of(self.sizes)] & (place == member[_set_of(self.sizes)])
        return jnp.where(chosen, VALUES[self.values].of_uniform(value)[_set_of(self.sizes)], 0.0)

    @property
    def mean(self) -> Float[Array, " features"]:
        return VALUES[self.values].mean * self._member_density

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        apart = jnp.where(_same_set(self.sizes), 0.0, jnp.outer(self.mean, self.mean))
        return _with_diagonal(apart, VALUES[self.values].second_moment * self._member_density)

    @property
    def _member_density(self) -> Float[Array, " features"]:
        return (self.density / jnp.asarray(self.sizes))[_set_of(self.sizes)]


class Hierarchy(AbstractFeatures):
    """Pairs of a parent and its child: the child is active with one chance where its parent is, with another where not.

    With `alone` 0 a child is active only where its parent is. With both chances equal the two are independent; with 1
    and 0 they are always on together, the law of `CorrelatedSets` of two. Features are numbered pair by pair, the
    parent first.
    """

    density: Float[Array, " pairs"]
    given: Float[Array, " pairs"]
    alone: Float[Array, " pairs"]
    importance: Float[Array, " features"]
    values: str = eqx.field(static=True)

    def __init__(
        self,
        pairs: int,
        density: float | Array,
        given: float | Array,
        alone: float | Array = 0.0,
        importance: float | Array = 1.0,
        values: str = "unit",
    ) -> None:
        """Describe the law.

        Args:
            pairs: how many, at least 1.
            density: chance in (0, 1] that a parent is active, one number or one per pair.
            given: chance in [0, 1] that a child is active where its parent is.
            alone: chance in [0, 1] that it is active where its parent is not.
            importance: at least 0, one number or one per feature.
            values: as in `SparseFeatures`; of an active feature, independent of all others.
        """
        self.density = _densities(density, pairs, "the number of pairs")
        self.given, self.alone = (
            _chances(name, chance, pairs) for name, chance in (("given", given), ("alone", alone))
        )
        self.importance = _importances(importance, 2 * pairs)
        self.values = _value_law_name(values)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        pairs = self.density.shape[-1]
        u, v = jnp.split(uniform(key, (2 * pairs, batch)), 2)
        # As in SparseFeatures: given that a feature is active, u over its chance is again uniform on [0, 1).
        parent = u < self.density[:, None]
        chance = jnp.where(parent, self.given[:, None], self.alone[:, None])
        child = v < chance
        law = VALUES[self.values].of_uniform
        values = (
            jnp.where(parent, law(u / self.density[:, None]), 0.0),
            jnp.where(child, law(v / jnp.where(chance > 0, chance, 1.0)), 0.0),
        )
        return jnp.stack(values, axis=1).reshape(2 * pairs, batch)

    @property
    def active(self) -> Float[Array, " features"]:
        """Chance that each feature is active."""
        child = self.density * self.given + (1 - self.density) * self.alone
        return jnp.stack([self.density, child], axis=-1).reshape(-1)

    @property
    def mean(self) -> Float[Array, " features"]:
        return VALUES[self.values].mean * self.active

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        law, both = VALUES[self.values], jnp.repeat(self.density * self.given, 2)
        own = _same_set((2,) * self.density.shape[-1])
        together = jnp.where(own, law.mean**2 * both[:, None], jnp.outer(self.mean, self.mean))
        return _with_diagonal(together, law.second_moment * self.active)


class Topics(AbstractFeatures):
    """Exactly one topic is on; given which, features are independent, each with that topic's density, perhaps 0.

    With equal rows of densities the topic says nothing, and this is the law of `SparseFeatures`.
    """

    density: Float[Array, "topics features"]
    chance: Float[Array, " topics"]
    importance: Float[Array, " features"]
    values: str = eqx.field(static=True)

    def __init__(
        self,
        density: Array,
        chance: Array | None = None,
        importance: float | Array = 1.0,
        values: str = "unit",
    ) -> None:
        """Describe the law.

        Args:
            density: topics x features, chances in [0, 1] that a feature is active when a topic is on.
            chance: of each topic, 1 together; equal if left out.
            importance: at least 0, one number or one per feature.
            values: as in `SparseFeatures`.
        """
        self.density = np.asarray(density, np.float32)
        if self.density.ndim != 2 or 0 in self.density.shape:
            raise bad_input("density", self.density.shape, "topics x features")
        if not (np.all(self.density >= 0) and np.all(self.density <= 1)):
            raise bad_input("density", density, "chances in [0, 1] that a feature is active")
        topics, n_features = self.density.shape
        given = 1 / topics if chance is None else chance
        self.chance = _one_or_each("chance", given, topics, "topics")
        if not (np.all(self.chance >= 0) and abs(float(self.chance.sum()) - 1) < 1e-5):
            raise bad_input("chance", chance, "chances of the topics, of at least 0, 1 together")
        self.importance = _importances(importance, n_features)
        self.values = _value_law_name(values)

    @classmethod
    def apart(cls, sizes: tuple[int, ...], density: float, values: str = "unit") -> "Topics":
        """Topics of equal chance that share no feature: of so many features each, numbered topic by topic.

        Args:
            sizes: features of each topic.
            density: p in (0, 1], that a feature is active when its topic is on.
            values: as in `SparseFeatures`.
        """
        own = _set_of(_sizes(sizes))[None, :] == np.arange(len(sizes))[:, None]
        return cls(density * own, values=values)

    def draw(self, key: Key[Array, ""], batch: int) -> Float[Array, "features batch"]:
        return self.draw_with_topic(key, batch)[0]

    def draw_with_topic(
        self, key: Key[Array, ""], batch: int
    ) -> tuple[Float[Array, "features batch"], Int[Array, " batch"]]:
        """Inputs with the batch last, and which topic was on."""
        u = uniform(key, (1 + self.n_features, batch))
        ends = jnp.cumsum(jnp.asarray(self.chance))[:-1]
        topic = jnp.sum(u[:1] >= ends[:, None], axis=0)
        # A product with ones and zeros, lifted over models, is faster than a look-up.
        on = (topic[None] == jnp.arange(self.chance.shape[-1])[:, None]).astype(jnp.float32)
        p = jnp.asarray(self.density).T @ on
        value = VALUES[self.values].of_uniform(u[1:] / jnp.where(p > 0, p, 1.0))
        return jnp.where(u[1:] < p, value, 0.0), topic

    @property
    def mean(self) -> Float[Array, " features"]:
        return VALUES[self.values].mean * (self.chance @ self.density)

    @property
    def second_moment(self) -> Float[Array, "features features"]:
        law = VALUES[self.values]
        together = law.mean**2 * self.density.T @ (self.chance[:, None] * self.density)
        return _with_diagonal(together, law.second_moment * (self.chance @ self.density))


def _set_of(sizes: tuple[int, ...]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


def _same_set(sizes: tuple[int, ...]) -> np.ndarray:
    return _set_of(sizes)[:, None] == _set_of(sizes)[None, :]


def _with_diagonal(matrix: Array, diagonal: Array) -> Array:
    return jnp.where(jnp.eye(matrix.shape[-1], dtype=bool), diagonal, matrix)


def _value_law_name(name: str) -> str:
    if name not in VALUES:
        raise unknown_name("values", name, VALUES)
    return name


def _sizes(sizes: tuple[int, ...]) -> tuple[int, ...]:
    sizes = tuple(sizes)
    if not sizes or any(size < 1 for size in sizes):
        raise bad_input("sizes", sizes, "one or more sets of at least one feature each")
    return sizes


def _densities(density: float | Array, length: int, length_name: str) -> Array:
    full = _one_or_each("density", density, length, length_name)
    if _is_known(full) and not (np.all(full > 0) and np.all(full <= 1)):
        raise bad_input(
            "density",
            density,
            "the chance that a feature is active, in (0, 1]",
            "density is 1 - sparsity",
        )
    return full


def _correlations(correlation: float | Array, sets: int) -> Array:
    full = _one_or_each("correlation", correlation, sets, "the number of sets")
    if _is_known(full) and not (np.all(full >= 0) and np.all(full <= 1)):
        raise bad_input("correlation", correlation, "of members' being on, in [0, 1]")
    return full


def _chances(name: str, chance: float | Array, length: int) -> Array:
    full = _one_or_each(name, chance, length, "the number of pairs")
    if _is_known(full) and not (np.all(full >= 0) and np.all(full <= 1)):
        raise bad_input(name, chance, "chances in [0, 1]")
    return full


def _importances(importance: float | Array, n_features: int) -> Array:
    full = _one_or_each("importance", importance, n_features, "n_features")
    if _is_known(full) and not (np.all(full >= 0) and np.all(np.isfinite(full))):
        raise bad_input("importance", importance, "finite weights of at least 0")
    return full


def _one_or_each(name: str, value: float | Array, length: int, length_name: str) -> Array:
    """`value` as one float32 number per place; NumPy where it is known, so that building thousands of laws is cheap."""
    if length < 1:
        raise bad_input(length_name, length, "at least 1")
    array: Any = np.asarray(value, np.float32) if _is_known(value) else value
    if array.shape not in ((), (length,)):
        raise bad_input(name, array.shape, f"one number, or {length} of them ({length_name})")
    return (
        np.broadcast_to(array, (length,))
        if _is_known(array)
        else jnp.broadcast_to(array, (length,))
    )


def _is_known(value: object) -> bool:
    return not isinstance(value, jax.core.Tracer)
