"""The pseudo-attention head: a bilinear form of rank r that sees two hidden vectors, never the features behind them.

    l = h^T A^T B g = h^T Omega g,   Omega = A^T B

A and B are rank x hidden. With a constant input both h and g carry a 1 as LAST entry, and A and B one column more.
Written for ONE head and ONE pair of tokens; lift with `jax.vmap`.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Key

from tegum.arrays import Array, namespace
from tegum.errors import bad_input
from tegum.models.bottleneck import Bottleneck
from tegum.models.initial import xavier_normal
from tegum.models.refusals import (
    PLAIN,
    check_arrays,
    check_fits,
    check_key,
    check_one,
    check_one_model,
    check_size,
    shape_of,
)


class Head(eqx.Module):
    """A low-rank bilinear head; `constant_input` says whether it sees [h; 1] in place of h.

    Raises:
        BadInputError: A and B that are no arrays, or of different shapes; a batch given for one pair of tokens.
    """

    a: Float[Array, "*models rank inputs"]
    b: Float[Array, "*models rank inputs"]
    constant_input: bool = eqx.field(static=True, default=False)

    def __check_init__(self) -> None:
        given = (self.a, self.b)
        m, r = given if all(isinstance(size, int) for size in given) else (5, 2)
        way_out = f"Head.init(n_hidden={m}, rank={r}, key=jax.random.key(0))"
        check_arrays(way_out, a=self.a, b=self.b)
        if (shape := shape_of(self.a)) is not None:
            check_fits("b", self.b, shape, "rank x hidden as a")

    @classmethod
    def init(
        cls, n_hidden: int, rank: int, key: Key[Array, ""], *, constant_input: bool = False
    ) -> "Head":
        """A fresh head with Xavier-normal A and B.

        Args:
            n_hidden: m, length of the hidden vectors it reads.
            rank: r, from 1 to n_hidden.
            key: a jax random key.
            constant_input: append a 1 to both inputs, which gives the head affine terms.
        """
        check_size("n_hidden", n_hidden)
        check_key(key)
        if not isinstance(rank, int | np.integer) or not 1 <= rank <= n_hidden:
            raise bad_input("rank", rank, f"a whole number from 1 to n_hidden = {n_hidden}")
        left, right = jax.random.split(key)
        inputs = n_hidden + constant_input
        return cls(
            xavier_normal(left, rank, inputs), xavier_normal(right, rank, inputs), constant_input
        )

    @property
    def omega(self) -> Float[Array, "*models inputs inputs"]:
        """Omega = A^T B; the constant input's row and column come last."""
        xp = namespace(self.a, self.b)
        return xp.matmul(xp.matrix_transpose(self.a), self.b)

    def inputs(self, h: Float[Array, "hidden *batch"]) -> Float[Array, "inputs *batch"]:
        """What the head sees of hidden vectors: h, or [h; 1]."""
        if not self.constant_input:
            return h
        return jnp.concatenate([h, jnp.ones_like(h[:1])])

    def __call__(self, h: Float[Array, " hidden"], g: Float[Array, " hidden"]) -> Float[Array, ""]:
        """The logit of one pair of tokens."""
        check_one_model("head", self.a, "h, g")
        hidden = self.a.shape[-1] - self.constant_input
        for name, token in (("h", h), ("g", g)):
            check_one(name, token, hidden, "jax.vmap(head, in_axes=-1)(h, g)")
        return (self.a @ self.inputs(h)) @ (self.b @ self.inputs(g))


class HeadedBottleneck(eqx.Module):
    """A bottleneck with a head on its hidden layer: what joint training trains, and what both modes give back."""

    bottleneck: Bottleneck
    head: Head

    def __check_init__(self) -> None:
        way_out = "HeadedBottleneck(Bottleneck.init(...), Head.init(...))"
        for name, value, other in (
            ("bottleneck", self.bottleneck, Head),
            ("head", self.head, Bottleneck),
        ):
            if isinstance(value, (*PLAIN, other)):
                raise bad_input(name, value, f"a {name.capitalize()}", way_out)
