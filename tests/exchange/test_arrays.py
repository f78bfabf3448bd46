"""Bottlenecks from arrays of other programs: whichever way round W lies, the model computes what theirs does."""

import jax
import numpy as np
import pytest

from tegum import plots
from tegum.analysis import dimensionality
from tegum.exchange import bottleneck, from_state_dict
from tegum.theory import expected_loss
from tests.refusals import Tensor, line_of

RNG = np.random.default_rng(0)
X = RNG.random((6, 5)).astype(np.float32)
W = RNG.normal(size=(3, 2, 5)).astype(np.float32)  # tegum's layout
B = RNG.normal(size=(3, 5)).astype(np.float32)
ENCODER, DECODER = (RNG.normal(size=s).astype(np.float32) for s in ((2, 5), (5, 2)))
C = RNG.normal(size=2).astype(np.float32)


def outputs(model) -> np.ndarray:
    if model.w.ndim > 2:
        return np.asarray(jax.vmap(lambda each: jax.vmap(each)(X))(model))
    return np.asarray(jax.vmap(model)(X))


def relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0)


def notebook() -> np.ndarray:
    """As the original notebook computes it, weights instances x features x hidden."""
    turned = np.swapaxes(W, 1, 2)
    hidden = np.einsum("bf,ifh->ibh", X, turned)
    return relu(np.einsum("ibh,ifh->ibf", hidden, turned) + B[:, None])


def linear(bias: np.ndarray | None, decoder: np.ndarray = DECODER) -> np.ndarray:
    """As nn.Linear computes it: x weight^T + bias."""
    hidden = X @ ENCODER.T + (0 if bias is None else bias)
    return relu(hidden @ decoder.T + B[0])


STATES = {
    "the original notebook": ({"W": np.swapaxes(W, 1, 2), "b_final": B}, notebook()),
    "ARENA": ({"W": W, "b_final": B}, notebook()),
    "bias first, one model": ({"bias": B[0], "weights": W[0].T}, notebook()[0]),
    "two nn.Linear": (
        {
            "encoder.weight": ENCODER,
            "encoder.bias": C,
            "decoder.weight": DECODER,
            "decoder.bias": B[0],
        },
        linear(C),
    ),
    "nn.Sequential": ({"0.weight": ENCODER, "2.weight": DECODER, "2.bias": B[0]}, linear(None)),
    "one nn.Linear, tied": ({"W.weight": ENCODER, "b": B[0]}, linear(None, ENCODER.T)),
    "the decoder's nn.Linear, tied": ({"W.weight": ENCODER.T, "b": B[0]}, linear(None, ENCODER.T)),
    "two nn.Linear of equal weights": (
        {"e.weight": ENCODER, "d.weight": ENCODER.T, "d.bias": B[0]},
        linear(None, ENCODER.T),
    ),
}


@pytest.mark.parametrize("kind", [np.asarray, Tensor], ids=["NumPy", "requires grad"])
@pytest.mark.parametrize("name", STATES)
def test_a_state_dict_computes_in_tegum_what_it_did_where_it_comes_from(name: str, kind):
    state, expected = STATES[name]
    model = from_state_dict({key: kind(each) for key, each in state.items()})
    np.testing.assert_allclose(outputs(model), expected, rtol=1e-5, atol=1e-6)
    assert (model.w_out is None) == (
        ("two" not in name and "Sequential" not in name) or "equal" in name
    )


def test_a_stack_of_linears_is_a_population():
    state = {
        "a.weight": np.stack([ENCODER] * 4),
        "c.weight": np.stack([DECODER] * 4),
        "c.bias": np.stack([B[0]] * 4),
    }
    model = from_state_dict(state)
    np.testing.assert_allclose(outputs(model)[3], linear(None), rtol=1e-5, atol=1e-6)


def test_the_layout_is_asked_for_where_shapes_do_not_tell_it():
    square = RNG.normal(size=(4, 4))
    line = line_of(lambda: bottleneck(square, np.zeros(4)))
    assert 'say layout="hidden features" or layout="features hidden"' in line
    assert "no b says which" in line_of(lambda: bottleneck(W))
    np.testing.assert_array_equal(
        bottleneck(square, np.zeros(4), layout="features hidden").w, square.T
    )
    assert bottleneck(W, layout="hidden features").b.tolist() == np.zeros((3, 5)).tolist()
    turned = bottleneck(square, np.zeros(4), w_out=2 * square, layout="features hidden")
    np.testing.assert_array_equal(turned.w_out, 2 * square.T)
    # A Linear's own layout is known, square or not.
    np.testing.assert_array_equal(
        from_state_dict({"e.weight": square, "b": C[:1].repeat(4)}).w, square
    )


def test_what_does_not_fit_is_refused_in_one_line():
    assert "an axis of 4 features, as b has" in line_of(lambda: bottleneck(W, np.zeros((3, 4))))
    assert "one bias per feature of w" in line_of(lambda: bottleneck(W, B[0]))
    assert "5 features, as b has" in line_of(lambda: bottleneck(W, B, layout="features hidden"))
    assert "'hidden features' or" in line_of(lambda: bottleneck(W, B, layout="hf"))  # type: ignore[arg-type]
    assert "features x hidden" in line_of(lambda: bottleneck(B[0], B[0]))
    assert "the shape of w" in line_of(lambda: bottleneck(W, B, w_out=B[0]))
    assert "real numbers" in line_of(lambda: bottleneck([["a"]], [1.0]))
    assert "real numbers" in line_of(lambda: bottleneck(1j * W, B))
    named = "tegum.exchange.bottleneck(w=..., b=...)"
    for state in (
        {},
        {"W": W},
        {"W": W, "b": B, "step": np.zeros(())},
        {"W": W, "V": W, "b": B},
        {"a.weight": ENCODER, "b.weight": DECODER, "c.weight": ENCODER},
        {"a.weight": DECODER, "b.weight": ENCODER},
        {"a.weight": ENCODER, "b.weight": ENCODER},
        {"a.weight": ENCODER, "a.bias": C},
    ):
        assert named in line_of(lambda s=state: from_state_dict(s))
    assert "module.state_dict()" in line_of(lambda: from_state_dict(W))  # type: ignore[arg-type]


def test_every_metric_and_figure_works_on_what_came_from_elsewhere():
    angles = 2 * np.pi * np.arange(5) / 5
    pentagon = np.stack([np.cos(angles), np.sin(angles)], axis=-1)  # features x hidden
    model = from_state_dict({"W": Tensor(1.1 * pentagon), "b_final": Tensor(np.full(5, -0.15))})
    assert dimensionality(model.w) == pytest.approx([0.4] * 5)
    assert plots.features(model.w).axes
    assert plots.gram(model.w).axes
    here = expected_loss(1.1 * pentagon.T, np.full(5, -0.15), density=0.05)
    assert float(expected_loss(model.w, model.b, density=0.05)) == pytest.approx(float(here))


def test_tensors_of_pytorch_itself_are_taken_with_gradients_and_in_bfloat16():
    torch = pytest.importorskip("torch")
    w = torch.tensor(np.swapaxes(W, 1, 2), requires_grad=True)
    model = from_state_dict({"W": w, "b_final": torch.tensor(B)})
    np.testing.assert_array_equal(model.w, W)
    half = from_state_dict({"W": w.to(torch.bfloat16), "b_final": torch.tensor(B)})
    np.testing.assert_allclose(half.w, W, rtol=2**-8)
