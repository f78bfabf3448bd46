"""The toy model: features squeezed through a narrow hidden layer and read out again.

    h = f_h(W x + b_h)        hidden, n_hidden numbers
    x' = f(V^T h + b)         output, n_features numbers; V = W when tied

Column i of W is feature i's direction. Written for ONE model and ONE input; lift with `jax.vmap`, the batch LAST.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.errors import bad_input
from tegum.models.activations import ACTIVATIONS, activation_name
from tegum.models.initial import xavier_normal


class Bottleneck(eqx.Module):
    """The toy model of superposition. `w_out` None means tied weights, `b_hidden` None no hidden bias.

    Source:
        Elhage et al. 2022, "Toy Models of Superposition": tied, no hidden bias, output linear or ReLU.
    """

    w: Float[Array, "*models hidden features"]
    b: Float[Array, "*models features"]
    w_out: Float[Array, "*models hidden features"] | None = None
    b_hidden: Float[Array, "*models hidden"] | None = None
    activation: str = eqx.field(static=True, default="relu", converter=activation_name)
    hidden_activation: str = eqx.field(static=True, default="linear", converter=activation_name)

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
            if size < 1:
                raise bad_input(name, size, "at least 1")
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
        h = self.w @ x
        return ACTIVATIONS[self.hidden_activation](
            h if self.b_hidden is None else h + self.b_hidden
        )

    def decode(self, h: Float[Array, " hidden"]) -> Float[Array, " features"]:
        """The reconstruction x' of one hidden vector."""
        readout = self.w if self.w_out is None else self.w_out
        return ACTIVATIONS[self.activation](readout.T @ h + self.b)

    def __call__(self, x: Float[Array, " features"]) -> Float[Array, " features"]:
        return self.decode(self.encode(x))
