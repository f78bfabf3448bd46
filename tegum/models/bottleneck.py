"""The toy model: features squeezed through a narrow hidden layer and read out again.

    h = f_h(W x + b_h)        hidden, n_hidden numbers
    x' = f(V^T h + b)         output, n_features numbers; V = W when tied

Column i of W is feature i's direction. Written for ONE model and ONE input; lift with `jax.vmap`, the batch LAST.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float, Key

from tegum.arrays import Array, check_weights
from tegum.models.activations import ACTIVATIONS, activation_name
from tegum.models.initial import xavier_normal
from tegum.models.refusals import (
    check_arrays,
    check_fits,
    check_key,
    check_one,
    check_one_model,
    check_size,
    shape_of,
)


class Bottleneck(eqx.Module):
    """The toy model of superposition. `w_out` None means tied weights, `b_hidden` None no hidden bias.

    Raises:
        BadInputError: parameters that are no arrays, or whose shapes do not agree; a batch given for one input.
    Source:
        Elhage et al. 2022, "Toy Models of Superposition": tied, no hidden bias, output linear or ReLU.
    """

    w: Float[Array, "*models hidden features"]
    b: Float[Array, "*models features"]
    w_out: Float[Array, "*models hidden features"] | None = None
    b_hidden: Float[Array, "*models hidden"] | None = None
    activation: str = eqx.field(static=True, default="relu", converter=activation_name)
    hidden_activation: str = eqx.field(static=True, default="linear", converter=activation_name)

    def __check_init__(self) -> None:
        given = (self.w, self.b)
        n, m = given if all(isinstance(size, int) for size in given) else (5, 2)
        way_out = f"Bottleneck.init(n_features={n}, n_hidden={m}, key=jax.random.key(0))"
        check_arrays(way_out, w=self.w, b=self.b, w_out=self.w_out, b_hidden=self.b_hidden)
        shape = shape_of(self.w)
        if shape is None:
            return
        check_weights(self.w)
        models, (hidden, features) = shape[:-2], shape[-2:]
        transposed = shape_of(self.b) == (*models, hidden) and hidden != features
        way_out = "w is hidden x features: transpose it, w.T" if transposed else ""
        check_fits("b", self.b, (*models, features), "one bias per feature of w", way_out)
        check_fits("w_out", self.w_out, shape, "hidden x features as w")
        check_fits("b_hidden", self.b_hidden, (*models, hidden), "one bias per row of w")

    @classmethod
    def init(
        cls,
        n_features: int,
        n_hidden: int,
        key: Key[Array, ""],
        *,
        activation: str = "relu",
        tied: bool = True,
        hidden_bias: bool = False,
        hidden_activation: str = "linear",
    ) -> "Bottleneck":
        """A fresh model: Xavier-normal weights, zero biases.

        Args:
            n_features: n, at least 1.
            n_hidden: m, at least 1.
            key: a jax random key.
            activation: output activation, "linear", "relu" or "gelu".
            tied: decode with W itself; else with weights of their own.
            hidden_bias: whether the hidden layer has a bias.
            hidden_activation: as `activation`, for the hidden layer; "relu" gives it a privileged basis.
        """
        for name, size in (("n_features", n_features), ("n_hidden", n_hidden)):
            check_size(name, size)
        check_key(key)
        encoder, decoder = jax.random.split(key)
        return cls(
            w=xavier_normal(encoder, n_hidden, n_features),
            b=jnp.zeros(n_features),
            w_out=None if tied else xavier_normal(decoder, n_hidden, n_features),
            b_hidden=jnp.zeros(n_hidden) if hidden_bias else None,
            activation=activation,
            hidden_activation=hidden_activation,
        )

    def encode(self, x: Float[Array, " features"]) -> Float[Array, " hidden"]:
        """The hidden vector h of one input."""
        check_one_model("model", self.w, "x")
        check_one("x", x, self.w.shape[-1], "jax.vmap(model, in_axes=-1, out_axes=-1)({})")
        h = self.w @ x
        return ACTIVATIONS[self.hidden_activation](
            h if self.b_hidden is None else h + self.b_hidden
        )

    def decode(self, h: Float[Array, " hidden"]) -> Float[Array, " features"]:
        """The reconstruction x' of one hidden vector."""
        check_one_model("model", self.w, "x")
        check_one("h", h, self.w.shape[-2], "jax.vmap(model.decode, in_axes=-1, out_axes=-1)({})")
        readout = self.w if self.w_out is None else self.w_out
        return ACTIVATIONS[self.activation](readout.T @ h + self.b)

    def __call__(self, x: Float[Array, " features"]) -> Float[Array, " features"]:
        return self.decode(self.encode(x))
