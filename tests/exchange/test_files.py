"""Models in files: what was saved is what is loaded, and what cannot be a model is refused in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file, save

from tegum.errors import BadInputError, StoreError
from tegum.exchange import load_model, provenance_of, save_model
from tegum.exchange.files import MODELS
from tegum.models import Bottleneck, Head, HeadedBottleneck, SparseAutoencoder
from tests.refusals import Tensor, line_of

RNG = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def autoencoder(*models: int, **fields) -> SparseAutoencoder:
    arrays = (normal(*models, 7, 3), normal(*models, 7), normal(*models, 3, 7), normal(*models, 3))
    return SparseAutoencoder(*arrays, **fields)


PLAIN = Bottleneck(normal(2, 5), normal(5))
EVERY = {
    "plain": PLAIN,
    "single precision": Bottleneck(*(each.astype(np.float32) for each in (PLAIN.w, PLAIN.b))),
    "everything": Bottleneck(
        normal(4, 2, 5), normal(4, 5), normal(4, 2, 5), normal(4, 2), "gelu", "relu"
    ),
    "grid": Bottleneck(normal(2, 3, 2, 5), normal(2, 3, 5), activation="linear"),
    "head": Head(normal(2, 3), normal(2, 3)),
    "heads": Head(normal(6, 2, 3), normal(6, 2, 3), constant_input=True),
    "headed": HeadedBottleneck(
        Bottleneck(normal(4, 2, 5), normal(4, 5)), Head(normal(4, 1, 3), normal(4, 1, 3), True)
    ),
    "relu": autoencoder(2, centred=False),
    "topk": autoencoder(kind="topk", k=3),
    "jumprelu": autoencoder(3, kind="jumprelu", log_threshold=normal(3, 7), bandwidth=1.0),
}


@pytest.mark.parametrize("name", EVERY)
def test_what_is_loaded_is_what_was_saved(name: str, tmp_path: Path):
    model, path = EVERY[name], tmp_path / "deep" / "model.safetensors"
    source = {"study": "none", "point": {"density": 0.1}, "axes": {"seed": [0, 2]}}
    assert save_model(path, model, source) == path
    again = load_model(str(path))
    assert type(again) is type(model)
    assert jax.tree.structure(again) == jax.tree.structure(model)  # all other fields with it
    for there, here in zip(jax.tree.leaves(again), jax.tree.leaves(model), strict=True):
        assert there.dtype == here.dtype
        np.testing.assert_array_equal(there, here)
    for array in load_file(path).values():
        assert any(np.array_equal(array, leaf) for leaf in jax.tree.leaves(model))
    assert provenance_of(path) == source


def test_every_kind_of_model_is_among_those():
    assert {type(model).__name__ for model in EVERY.values()} == MODELS.keys()


def test_arrays_of_jax_and_pytorch_and_half_precision_are_saved(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    w, b = jnp.ones((2, 5), jnp.bfloat16), jnp.zeros(5)
    save_model(path, Bottleneck(w, b))
    assert load_model(path).w.dtype == np.float32
    object.__setattr__(taken := Bottleneck(PLAIN.w, PLAIN.b), "w", Tensor(PLAIN.w))
    save_model(path, taken)
    np.testing.assert_array_equal(load_model(path).w, PLAIN.w)


def test_equal_models_give_equal_bytes_in_any_process(tmp_path: Path):
    lines = (
        "import sys, numpy as np, tegum; n = np.arange(10.0)",
        "m = tegum.Bottleneck(n.reshape(2, 5), n[:5])",
        "tegum.save_model(sys.argv[1], m, {'b': 1, 'a': 2})",
    )
    paths = [tmp_path / f"{k}.safetensors" for k in range(2)]
    for k, path in enumerate(paths):
        environment = {**os.environ, "PYTHONHASHSEED": str(k)}
        command = [sys.executable, "-c", "\n".join(lines), str(path)]
        subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_numbers_that_are_not_finite_go_through_only_where_this_is_said(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    broken = Bottleneck(np.full((2, 5), np.nan), PLAIN.b)
    assert "say allow_nan=True" in line_of(lambda: save_model(path, broken))
    assert not path.exists()
    save_model(path, broken, allow_nan=True)
    assert "say allow_nan=True" in line_of(lambda: load_model(path))
    assert np.isnan(load_model(path, allow_nan=True).w).all()


def test_what_is_no_model_or_no_provenance_is_not_saved(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    assert "one of Bottleneck, Head" in line_of(lambda: save_model(path, PLAIN.w))  # type: ignore[arg-type]
    for source in ({"a": object()}, {"a": np.nan}):
        assert "what JSON can hold" in line_of(lambda s=source: save_model(path, PLAIN, s))
    misfit = HeadedBottleneck(PLAIN, Head(normal(1, 3), normal(1, 3)))
    assert "to fit bottleneck.w" in line_of(lambda: save_model(path, misfit))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_and_what_was_there_stays(tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match=r"^path: cannot write .*, expected a writable place$"):
        save_model(tmp_path / "file" / "model.safetensors", PLAIN)
    assert (tmp_path / "file").read_text() == "mine"


WHOLE = {"w": PLAIN.w, "b": PLAIN.b}
SAID = {"model": "Bottleneck", "fields": {"activation": "relu"}}
HOSTILE = {
    "unknown model": (WHOLE, {**SAID, "model": "Transformer"}, "unknown model 'Transformer'"),
    "no name": (WHOLE, {**SAID, "model": ["Head"]}, "unknown model"),
    "no fields": (WHOLE, {"model": "Bottleneck"}, "fields: got None"),
    "unknown activation": (
        WHOLE,
        {**SAID, "fields": {"activation": "rlu"}},
        "unknown activation 'rlu'; did you mean relu?",
    ),
    "field of another type": (WHOLE, {**SAID, "fields": {"activation": 1}}, "activation: got 1"),
    "unknown field": (WHOLE, {**SAID, "fields": {"tied": True}}, "unknown field of Bottleneck"),
    "an array for a field": (WHOLE, {**SAID, "fields": {"w": 1}}, "unknown field of Bottleneck"),
    "missing tensor": ({"w": PLAIN.w}, SAID, "b: got 'none'"),
    "another tensor": (WHOLE | {"c": PLAIN.b}, SAID, "['c'] are none of a Bottleneck"),
    "misfit": ({"w": PLAIN.w, "b": normal(4)}, SAID, "b: got (4,)"),
    "transposed": ({"w": PLAIN.w.T, "b": PLAIN.b}, SAID, "transpose it"),
    "vector": ({"w": PLAIN.b, "b": PLAIN.b}, SAID, "w: got (5,)"),
    "empty": ({"w": normal(0, 5), "b": PLAIN.b}, SAID, "at least one of everything"),
    "integers": ({"w": PLAIN.w > 0, "b": PLAIN.b}, SAID, "an array of real numbers"),
    "no JSON": (WHOLE, "{", "a damaged text"),
    "deep JSON": (WHOLE, "[" * 100_000, "a damaged text"),
    "a list": (WHOLE, "[]", "a damaged text"),
    "nothing": (WHOLE, None, "from_state_dict takes the tensors of another program"),
    "a number for a truth": (
        {"a": PLAIN.w, "b": PLAIN.w},
        {"model": "Head", "fields": {"constant_input": 1}},
        "constant_input: got 1, expected bool",
    ),
    "a truth for a number": (
        {name: getattr(EVERY["topk"], name) for name in ("w_enc", "b_enc", "w_dec", "b_dec")},
        {"model": "SparseAutoencoder", "fields": {"kind": "topk", "k": True}},
        "k: got True",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_says_what_cannot_be_is_refused_in_one_line(name: str, tmp_path: Path):
    tensors, said, expected = HOSTILE[name]
    text = said if isinstance(said, str) else json.dumps(said)
    path = tmp_path / "model.safetensors"
    path.write_bytes(save(tensors, None if said is None else {"tegum": text}))
    with pytest.raises(BadInputError) as error:
        _without_shape_checks(path)
    assert expected in str(error.value)
    assert "model.safetensors" in str(error.value)
    assert "\n" not in str(error.value)


def _without_shape_checks(path: Path) -> None:
    import jaxtyping

    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        load_model(path)
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)


def _declaring(shape: list[int], end: int) -> bytes:
    """A file whose header declares an array, with 80 bytes of numbers behind it."""
    header = json.dumps({"w": {"dtype": "F64", "shape": shape, "data_offsets": [0, end]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(80)


GOOD = save(WHOLE, {"tegum": json.dumps(SAID)})
DAMAGED = {
    "empty": b"",
    "cut": GOOD[:-8],
    "longer": GOOD + b"x",
    "huge header": (2**62).to_bytes(8, "little") + GOOD[8:],
    "huge array": _declaring([2**40, 2**20], 2**63),
    "array beyond the end": _declaring([1000], 8000),
    "shape of another size": _declaring([1000], 80),
    "a pickle": b"\x80\x04\x95" + bytes(40),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_or_one_that_declares_more_than_it_holds_is_refused(name, tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(DAMAGED[name])
    for read in (load_model, provenance_of):
        assert "a safetensors file that is whole" in line_of(lambda r=read: r(path))


def test_what_is_no_file_is_refused_and_a_pipe_does_not_hang(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "", "not-there"):
        assert "got 'no plain file'" in line_of(lambda n=name: load_model(tmp_path / n))
