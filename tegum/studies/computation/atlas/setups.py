"""The setups of the atlas, as values in one list, and how any of them becomes a network.

Layers are named as in the note: the residual stream has f units, an MLP 4f neurons, and n features
are to go through. A setup is from (1) the embedding or (A) an MLP's output to (2) the unembedding
or (B) an MLP's input. Where the note leaves something open, this is what is chosen:

    1→B   n → f → 4f → ReLU → n: the embedding has no bias, both maps of the MLP have one; the
          output is linear.
    A→2   4f → f → ReLU → n: the 4f are neurons that hold n > 4f features, which a linear map,
          trained along, writes into them from one-hot x; so it is n → 4f → f → ReLU → n, and its
          target is which feature x is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.models import Network
from tegum.models.initial import xavier_normal

F = 2
"""hidden dimensions f: all is drawn in the plane"""
MLP = 4 * F
"""neurons of an MLP"""
INPUTS = ("sparse", "one-hot")


@dataclass(frozen=True)
class Setup:
    """One setup.

    Attributes:
        name: what it is called in tables.
        path: its layers, such as ("n", "f", "n").
        activations: one a layer of weights.
        biases: which layers of weights have one.
        tied: whether the read-out is the embedding's transpose; of n → f → n only.
        loss: "squared error" or "cross-entropy".
    """

    name: str
    path: tuple[str, ...]
    activations: tuple[str, ...]
    biases: tuple[bool, ...]
    tied: bool = False
    loss: str = "squared error"

    @property
    def inputs(self) -> tuple[str, ...]:
        """Cross-entropy asks which ONE feature is active, so it has one-hot inputs only."""
        return INPUTS if self.loss == "squared error" else INPUTS[1:]

    @property
    def bottleneck(self) -> int:
        """Which layer of weights, counted from 0, gives the f units."""
        return self.path.index("f") - 1

    def sizes(self, n: int) -> tuple[int, ...]:
        """Units of every layer."""
        units = {"n": n, "f": F, "4f": MLP}
        return tuple(units[layer] for layer in self.path)

    def linear_in(self, n: int) -> int | None:
        """So many units that the output is an affine function of; None of outputs with a kink."""
        if self.activations[-1] != "linear":
            return None
        bent = [k for k, name in enumerate(self.activations) if name != "linear"]
        return min(self.sizes(n)[max(bent, default=-1) + 1 : -1])

    def maker(self, n: int) -> "Callable[[Key[Array, '']], Network | Tied]":
        """From a key to a fresh model of n features."""

        def make(key: Key[Array, ""]) -> "Network | Tied":
            if self.tied:
                return Tied.init(n, key, activations=self.activations, bias=self.biases[-1])
            return Network.init(
                self.sizes(n), key, activations=self.activations, biases=self.biases
            )

        return make


class Tied(eqx.Module):
    """n → f → n read out by its embedding's own transpose; a bias of the output only, or none."""

    w: Float[Array, "*models hidden features"]
    b: Float[Array, "*models features"] | None
    activations: tuple[str, ...] = eqx.field(static=True)

    @classmethod
    def init(
        cls, n: int, key: Key[Array, ""], *, activations: tuple[str, ...], bias: bool
    ) -> "Tied":
        """Fresh: Xavier-normal weights, zero bias."""
        w = xavier_normal(key, F, n)
        return cls(w, jax.numpy.zeros(n) if bias else None, activations)

    @property
    def network(self) -> Network:
        """The same, written out."""
        transposed = self.w.swapaxes(-1, -2)
        return Network((self.w, transposed), (None, self.b), self.activations)

    def __call__(self, x: Float[Array, " features"]) -> Float[Array, " features"]:
        return self.network(x)


NARROW, DEEP = ("n", "f", "n"), ("n", "4f", "f", "4f", "n")
PLAIN, BOTH, LAST, NONE = ("linear", "relu"), (True, True), (False, True), (False, False)
BENT = ("relu", "relu")
IN_NEURONS = ("n", "4f", "f", "n")
ENTROPY = "cross-entropy"

SETUPS = (
    Setup("A→B", NARROW, PLAIN, BOTH),
    Setup("A→B, no biases", NARROW, PLAIN, NONE),
    Setup("A→B, tied", NARROW, PLAIN, LAST, tied=True),
    Setup("A→B, tied, no bias", NARROW, PLAIN, NONE, tied=True),
    Setup("A→B, GELU", NARROW, ("linear", "gelu"), BOTH),
    Setup("A→B, tied, no bias, GELU", NARROW, ("linear", "gelu"), NONE, tied=True),
    Setup("A→B, linear", NARROW, ("linear", "linear"), BOTH),
    Setup("A→B through 4f", DEEP, ("linear",) * 3 + ("relu",), (False, True, False, True)),
    Setup("ReLU in f", NARROW, BENT, BOTH),
    Setup("ReLU in f, tied", NARROW, BENT, LAST, tied=True),
    Setup("ReLU in f, tied, no bias", NARROW, BENT, NONE, tied=True),
    Setup("1→B", ("n", "f", "4f", "n"), ("linear", "relu", "linear"), (False, True, True)),
    Setup("1→B, GELU", ("n", "f", "4f", "n"), ("linear", "gelu", "linear"), (False, True, True)),
    Setup("1→2", NARROW, ("linear", "linear"), LAST, loss=ENTROPY),
    Setup("1→2, no bias", NARROW, ("linear", "linear"), NONE, loss=ENTROPY),
    Setup("1→2, tied", NARROW, ("linear", "linear"), LAST, tied=True, loss=ENTROPY),
    Setup("1→2, tied, no bias", NARROW, ("linear", "linear"), NONE, tied=True, loss=ENTROPY),
    Setup("A→2", IN_NEURONS, ("linear", "relu", "linear"), (False, True, True), loss=ENTROPY),
    Setup("A→2, GELU", IN_NEURONS, ("linear", "gelu", "linear"), (False, True, True), loss=ENTROPY),
)
BY_NAME = {setup.name: setup for setup in SETUPS}
ALL = tuple(BY_NAME)
COMPARED = tuple(name for name in ALL if name not in {"A→B, GELU", "1→B, GELU", "A→2, GELU"})
"""those that claims compare"""
