"""Bottlenecks from arrays of any program: in each its own layout of W, told apart by shapes.

    tegum                    w   models x hidden x features     b        models x features
    the original notebook    W   models x features x hidden     b_final  models x features
    ARENA                    W   models x hidden x features     b_final  models x features
    nn.Linear                encoder.weight   hidden x features, decoder.weight   features x hidden, and their biases

The output bias has a number for each feature, and so says which axis of W is that of features.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from tegum.arrays import Array
from tegum.errors import BadInputError, bad_input
from tegum.exchange.tensors import as_floats
from tegum.models import Bottleneck

Layout: TypeAlias = Literal["hidden features", "features hidden"]
LAYOUTS = ("hidden features", "features hidden")
BY_NAME = "tegum.exchange.bottleneck(w=..., b=...) takes arrays by name"


def bottleneck(
    w: Array,
    b: Array | None = None,
    *,
    w_out: Array | None = None,
    b_hidden: Array | None = None,
    activation: str = "relu",
    hidden_activation: str = "linear",
    layout: Layout | None = None,
) -> Bottleneck:
    """A model, or a population, from arrays.

    Args:
        w: weights, hidden x features or features x hidden, models before these; NumPy, jax, PyTorch (with gradients
            or not, of any precision) or lists.
        b: output bias, one a feature; None for zeros.
        w_out: of an untied model, the weights that decode, in either layout, too; where they equal w, it is tied.
        b_hidden: bias of the hidden layer, where there is one.
        activation, hidden_activation: of output and hidden layer, as in `Bottleneck`.
        layout: of the last two axes of w and w_out, where shapes do not say: as many hidden dimensions as features,
            or no b.

    Raises:
        BadInputError: shapes that do not fit, or that leave the layout open.
    """
    if layout not in (None, *LAYOUTS):
        raise bad_input("layout", layout, " or ".join(map(repr, LAYOUTS)))
    weights = as_floats("w", w)
    if weights.ndim < 2:
        raise bad_input("w", weights.shape, "hidden x features or features x hidden")
    bias = None if b is None else as_floats("b", b)
    features = None if bias is None else (bias.shape or (0,))[-1]
    weights = _as_hidden_features("w", weights, features, layout)
    if bias is None:
        bias = np.zeros((*weights.shape[:-2], weights.shape[-1]), weights.dtype)
    out = None
    if w_out is not None:
        out = as_floats("w_out", w_out)
        if out.ndim < 2:
            raise bad_input("w_out", out.shape, "the shape of w")
        out = _as_hidden_features("w_out", out, weights.shape[-1], layout)
    return Bottleneck(
        w=weights,
        b=bias,
        w_out=None if out is not None and np.array_equal(out, weights) else out,
        b_hidden=None if b_hidden is None else as_floats("b_hidden", b_hidden),
        activation=activation,
        hidden_activation=hidden_activation,
    )


def _as_hidden_features(
    name: str, w: np.ndarray, features: int | None, layout: Layout | None
) -> np.ndarray:
    """W with its last axes in tegum's order."""
    first, last = w.shape[-2:]
    if layout is None:
        if features is None or (first == last == features):
            why = "no b says which" if features is None else "both axes are as long as b"
            way_out = f'{why}: say layout="{LAYOUTS[0]}" or layout="{LAYOUTS[1]}"'
            raise bad_input(name, w.shape, "a shape that tells hidden from features", way_out)
        if features not in (first, last):
            raise bad_input(name, w.shape, f"an axis of {features} features, as b has")
        layout = "hidden features" if last == features else "features hidden"
    turned = w if layout == "hidden features" else np.swapaxes(w, -2, -1)
    if features is not None and turned.shape[-1] != features:
        raise bad_input(name, w.shape, f"{features} features, as b has, in the layout {layout!r}")
    return turned


def from_state_dict(
    state: Mapping[str, Any],
    *,
    activation: str = "relu",
    hidden_activation: str = "linear",
    layout: Layout | None = None,
) -> Bottleneck:
    """A model, or a population, from a PyTorch state dict: `from_state_dict(module.state_dict())`.

    Understood are: one matrix and one output bias, under any names; and the weights of one `nn.Linear` (a tied
    model, with an output bias beside it) or of two, the encoder first.

    Args:
        state: tensors or arrays by name.
        activation, hidden_activation: of output and hidden layer, which a state dict does not say.
        layout: of a W whose shape does not say it; a Linear's is known.

    Raises:
        BadInputError: other tensors than these, or shapes that do not fit.
    """
    if not isinstance(state, Mapping):
        raise bad_input("state", type(state).__name__, "tensors by name", "module.state_dict()")
    values = {str(name): as_floats(str(name), each) for name, each in state.items()}
    acts = {"activation": activation, "hidden_activation": hidden_activation}
    linear = [name for name, each in values.items() if _is_linear(name, each)]
    if not linear:
        w, b = _matrix_and_bias(values)
        return bottleneck(w, b, layout=layout, **acts)
    weights = [values.pop(name) for name in linear]
    biases = [values.pop(f"{name.removesuffix('weight')}bias", None) for name in linear]
    if len(weights) == 1 and len(values) == 1:
        [b] = values.values()
        n_outputs, n_inputs = weights[0].shape[-2:]
        known = layout or ("hidden features" if b.shape[-1:] == (n_inputs,) else None)
        return bottleneck(weights[0], b, b_hidden=biases[0], layout=known, **acts)
    if len(weights) == 2 and not values:
        encoder, decoder = weights
        n_outputs, n_inputs = encoder.shape[-2:]
        if n_outputs > n_inputs or decoder.shape[-2:] != (n_inputs, n_outputs):
            shapes = f"{encoder.shape[-2:]} and {decoder.shape[-2:]}"
            expected = "an encoder, hidden x features, and then a decoder, features x hidden"
            raise bad_input(" and ".join(linear), shapes, expected, BY_NAME)
        return bottleneck(
            encoder,
            biases[1],
            w_out=np.swapaxes(decoder, -2, -1),
            b_hidden=biases[0],
            layout="hidden features",
            **acts,
        )
    raise _not_understood(state)


def _is_linear(name: str, value: np.ndarray) -> bool:
    return value.ndim >= 2 and name.rpartition(".")[2] == "weight"


def _matrix_and_bias(values: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The one with the more axes is W."""
    if len(values) == 2:
        b, w = sorted(values.values(), key=lambda each: each.ndim)
        if w.ndim == b.ndim + 1 >= 2:
            return w, b
    raise _not_understood(values)


def _not_understood(state: Mapping[str, Any]) -> BadInputError:
    shapes = ", ".join(f"{name} {tuple(np.shape(each))}" for name, each in state.items())
    expected = "W and an output bias, or the weights of one or two nn.Linear"
    return bad_input("state", shapes or "nothing", expected, BY_NAME)
