"""A feed-forward network: a chain of affine maps, each followed by an activation.

    h_0 = x,   h_k = f_k(W_k h_{k-1} + c_k),   output h_K

What a `Bottleneck` is not: more than one hidden layer. A row of W_k is a unit of layer k, so column i of the first
matrix is what feature i writes. Written for ONE model and ONE input; lift with `jax.vmap`, the batch LAST.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Float, Key

from tegum.arrays import Array
from tegum.errors import bad_input
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


class Network(eqx.Module):
    """A chain of affine maps and activations; a bias of None is none.

    Attributes:
        weights: W_k, [*models outputs inputs] each, in order.
        biases: c_k, [*models outputs] each.
        activations: names of the f_k, as in `Bottleneck`.

    Raises:
        BadInputError: layers of different counts or sizes, an unknown activation; a batch given for one input.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array | None, ...]
    activations: tuple[str, ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        layers = len(self.weights)
        for name, given in (("biases", self.biases), ("activations", self.activations)):
            if len(given) != layers:
                raise bad_input(name, len(given), f"one a layer, {layers} of them")
        for name in self.activations:
            activation_name(name)
        way_out = "Network.init((5, 2, 5), key=jax.random.key(0))"
        check_arrays(way_out, **{f"weights[{k}]": w for k, w in enumerate(self.weights)})
        shapes = [shape_of(w) for w in self.weights]
        for k, (shape, bias) in enumerate(zip(shapes, self.biases, strict=True)):
            if shape is None:
                continue
            check_fits(f"biases[{k}]", bias, shape[:-1], "one bias per row of its weights")
            before = shapes[k - 1] if k else None
            if before is not None and before[-2] != shape[-1]:
                raise bad_input(
                    f"weights[{k}]", shape, f"{before[-2]} columns, as layer {k - 1} has units"
                )

    @classmethod
    def init(
        cls,
        sizes: Sequence[int],
        key: Key[Array, ""],
        *,
        activations: Sequence[str] | None = None,
        biases: Sequence[bool] | None = None,
    ) -> "Network":
        """A fresh network: Xavier-normal weights, zero biases.

        Args:
            sizes: units of every layer, the input's first: (n, f, n) has two layers of weights.
            key: a jax random key.
            activations: one name a layer of weights; linear throughout by default.
            biases: which layers have one; all by default.
        """
        sizes = tuple(sizes)
        if len(sizes) < 2:
            raise bad_input("sizes", sizes, "at least two: input and output")
        for size in sizes:
            check_size("sizes", size)
        check_key(key)
        layers = len(sizes) - 1
        activations = ("linear",) * layers if activations is None else tuple(activations)
        biases = (True,) * layers if biases is None else tuple(biases)
        for name, given in (("activations", activations), ("biases", biases)):
            if len(given) != layers:
                raise bad_input(name, given, f"one a layer of weights, {layers}")
        keys = jax.random.split(key, layers)
        return cls(
            weights=tuple(xavier_normal(keys[k], sizes[k + 1], sizes[k]) for k in range(layers)),
            biases=tuple(jnp.zeros(sizes[k + 1]) if biases[k] else None for k in range(layers)),
            activations=activations,
        )

    def layers(self, x: Float[Array, " inputs"]) -> tuple[Array, ...]:
        """What every layer gives for one input, the output last."""
        check_one_model("model", self.weights[0], "x")
        lifted = "jax.vmap(model, in_axes=-1, out_axes=-1)({})"
        check_one("x", x, self.weights[0].shape[-1], lifted)
        found = []
        for w, bias, name in zip(self.weights, self.biases, self.activations, strict=True):
            x = w @ x if bias is None else w @ x + bias
            x = ACTIVATIONS[name](x)
            found.append(x)
        return tuple(found)

    def __call__(self, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
        return self.layers(x)[-1]
