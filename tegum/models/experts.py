"""Routed experts: several toy models of which a router chooses one for every input, or mixes all.

    s = softmax(R x + c)                     experts, what the router thinks of each; it reads x itself
    x'_e = ReLU(W_eᵀ W_e x + b_e)            expert e: a bottleneck of n_hidden numbers
    x' = Σ_e g_e x'_e                        g = s if soft; if hard, 1 for the greatest s_e and 0 for the others

A hard model's code of an input is (e, W_e x): n_hidden numbers and which of the experts. Its choice has no slope; in
training g takes that of s (straight-through), so that the router hears of experts that were not chosen, too. With one
expert this is the toy model, `Bottleneck`. Written for ONE model and ONE input; lift with `jax.vmap`, the batch LAST.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Key

from tegum.arrays import Array
from tegum.models.initial import xavier_normal
from tegum.models.refusals import (
    check_arrays,
    check_fits,
    check_key,
    check_one,
    check_size,
    shape_of,
)


class Experts(eqx.Module):
    """Bottlenecks and their router. `hard` is no parameter, and may differ from model to model.

    Raises:
        BadInputError: parameters that are no arrays, or whose shapes do not agree; a batch given for one input.
    Source:
        Hard routing to one expert: Fedus et al. 2022, "Switch Transformers", where the output is scaled by s_e, which
        here would be made up for by longer columns. Straight-through slopes: Bengio et al. 2013.
    """

    w: Float[Array, "*models experts hidden features"]
    b: Float[Array, "*models experts features"]
    router: Float[Array, "*models experts features"]
    router_bias: Float[Array, "*models experts"]
    hard: Bool[Array, "*models"]

    def __check_init__(self) -> None:
        way_out = "Experts.init(3, 12, 2, key=jax.random.key(0))"
        parts = {"w": self.w, "b": self.b, "router": self.router, "router_bias": self.router_bias}
        check_arrays(way_out, **parts)
        shape = shape_of(self.w)
        if shape is None:
            return
        each = (*shape[:-2], shape[-1])
        check_fits("b", self.b, each, "one bias per expert and feature of w")
        check_fits("router", self.router, each, "one row per expert, one column per feature of w")
        check_fits("router_bias", self.router_bias, shape[:-2], "one per expert of w")

    @classmethod
    def init(
        cls, n_experts: int, n_features: int, n_hidden: int, key: Key[Array, ""], hard: bool = True
    ) -> "Experts":
        """A fresh model: Xavier-normal experts and router, zero biases.

        Args:
            n_experts: k, at least 1.
            n_features: n, at least 1.
            n_hidden: m, of each expert, at least 1.
            key: a jax random key.
            hard: one expert an input; else all, mixed.
        """
        sizes = {"n_experts": n_experts, "n_features": n_features, "n_hidden": n_hidden}
        for name, size in sizes.items():
            check_size(name, size)
        check_key(key)
        of_router, *each = jax.random.split(key, n_experts + 1)
        return cls(
            w=jnp.stack([xavier_normal(one, n_hidden, n_features) for one in each]),
            b=jnp.zeros((n_experts, n_features)),
            router=xavier_normal(of_router, n_experts, n_features),
            router_bias=jnp.zeros(n_experts),
            hard=np.asarray(hard),
        )

    def shares(self, x: Float[Array, " features"]) -> Float[Array, " experts"]:
        """s: what the router thinks of each expert, 1 together."""
        lifted = "jax.vmap(model, in_axes=-1, out_axes=-1)({})"
        check_one("x", x, self.w.shape[-1], lifted)
        return jax.nn.softmax(self.router @ x + self.router_bias)

    def gates(self, shares: Float[Array, " experts"]) -> Float[Array, " experts"]:
        """g: by how much each expert counts. Its slope by the shares is 1, hard or soft."""
        chosen = jax.nn.one_hot(jnp.argmax(shares), shares.shape[0])
        # Exactly 0 and 1: what is added is 0, whatever the rounding.
        straight = chosen + (shares - jax.lax.stop_gradient(shares))
        return jnp.where(self.hard, straight, shares)

    def answers(self, x: Float[Array, " features"]) -> Float[Array, "experts features"]:
        """x'_e: what each expert makes of an input."""
        hidden = self.w @ x
        return jax.nn.relu(jnp.einsum("ehf,eh->ef", self.w, hidden) + self.b)

    def __call__(self, x: Float[Array, " features"]) -> Float[Array, " features"]:
        return self.gates(self.shares(x)) @ self.answers(x)
