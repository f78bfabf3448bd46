"""A model of tegum as one safetensors file: its arrays by name, what it is, and where it comes from.

    save_model("pentagon.safetensors", model, {"study": "intro"})
    load_model("pentagon.safetensors")

The file's text is JSON: {"tegum": version, "model": name of its class, "fields": those that are no arrays (the
activation, a SAE's kind ...), "provenance": anything that is JSON}. A population is a model whose arrays have leading
axes, and stays one. Other programs read the arrays with any safetensors library: `w` is hidden x features.
"""

import dataclasses
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import equinox as eqx
import numpy as np

from tegum.errors import BadInputError, bad_input, unknown_name
from tegum.exchange.tensors import as_floats, read_tensors, read_text, write_tensors
from tegum.models import Bottleneck, Head, HeadedBottleneck, SparseAutoencoder

MODELS: dict[str, type[eqx.Module]] = {
    kind.__name__: kind for kind in (Bottleneck, Head, HeadedBottleneck, SparseAutoencoder)
}
Model: TypeAlias = Bottleneck | Head | HeadedBottleneck | SparseAutoencoder
Place: TypeAlias = str | os.PathLike[str]


def save_model(
    path: Place,
    model: Model,
    provenance: Mapping[str, Any] | None = None,
    *,
    allow_nan: bool = False,
) -> Path:
    """Write a model, or a population, to one file: whole, or not there.

    Args:
        path: where to, by custom a name that ends in ".safetensors".
        model: arrays in the precision they have; PyTorch's and jax's alike.
        provenance: where it comes from, anything that is JSON: study, point, seeds.
        allow_nan: write numbers that are not finite, too.

    Returns:
        The path.

    Raises:
        BadInputError: no such model, numbers that are not finite, provenance that is no JSON.
        StoreError: the file cannot be written.
    """
    if type(model) not in MODELS.values():
        raise bad_input("model", model, f"one of {', '.join(MODELS)}")
    arrays, fields = _taken_apart(model)
    _check_fit(model)
    tensors = {name: as_floats(name, each, allow_nan=allow_nan) for name, each in arrays.items()}
    try:
        text = json.dumps(
            {
                "tegum": version("tegum"),
                "model": type(model).__name__,
                "fields": fields,
                "provenance": dict(provenance or {}),
            },
            allow_nan=False,
        )
    except (TypeError, ValueError) as error:
        raise bad_input("provenance", provenance, f"what JSON can hold ({error})") from None
    path = Path(path)
    write_tensors(path, tensors, text)
    return path


def load_model(path: Place, *, allow_nan: bool = False) -> Model:
    """The model that a file holds, its arrays NumPy's, in the precision they were saved in.

    Args:
        path: a file that `save_model` wrote.
        allow_nan: whether its numbers may be other than finite.

    Raises:
        BadInputError: no such file; one that is damaged, of an unknown model, or whose arrays do not fit.
    """
    path = Path(path)
    arrays, text = read_tensors(path)
    said = _said(path, text)
    name = said.get("model")
    if not isinstance(name, str) or name not in MODELS:
        raise BadInputError(f"{path}: {unknown_name('model', str(name), MODELS)}")
    tensors = {
        key: as_floats(key, each, allow_nan=allow_nan, where=str(path))
        for key, each in arrays.items()
    }
    try:
        model = _put_together(MODELS[name], tensors, said.get("fields"))
        if tensors:
            raise BadInputError(f"tensors {sorted(tensors)} are none of a {name}")
        _check_fit(model)
    except BadInputError as error:
        raise BadInputError(f"{path}: {error}") from None
    return model


def provenance_of(path: Place) -> dict[str, Any]:
    """What was written down of where a model comes from; only the file's header is read.

    Raises:
        BadInputError: no file that `save_model` wrote.
    """
    path = Path(path)
    provenance = _said(path, read_text(path)).get("provenance")
    return provenance if isinstance(provenance, dict) else {}


def _said(path: Path, text: str | None) -> dict[str, Any]:
    """What a file says of itself."""
    if text is None:
        way_out = "tegum.exchange.from_state_dict takes the tensors of another program"
        raise bad_input(str(path), "tensors alone", "a file that tegum.save_model wrote", way_out)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise bad_input(str(path), "a damaged text", "one that says which model this is")
    return said


def _taken_apart(model: eqx.Module) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model's arrays by name, "head.a" for those of a part, and its other fields."""
    arrays: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(model):
        name, value = field.name, getattr(model, field.name)
        if isinstance(value, eqx.Module):
            inner, fields[name] = _taken_apart(value)
            arrays |= {f"{name}.{each}": array for each, array in inner.items()}
        elif field.metadata.get("static"):
            fields[name] = value
        elif value is not None:
            arrays[name] = value
    return arrays, fields


def _put_together(
    kind: type[eqx.Module], tensors: dict[str, np.ndarray], fields: Any, prefix: str = ""
) -> Any:
    """The other way; takes what it needs out of `tensors`."""
    if not isinstance(fields, dict):
        raise bad_input("fields", fields, f"those of a {kind.__name__} by name")
    given: dict[str, Any] = {}
    # In later versions a model may have more fields: these then have their defaults.
    for field in dataclasses.fields(kind):
        name = f"{prefix}{field.name}"
        if field.type in MODELS.values():
            inner: Any = field.type
            given[field.name] = _put_together(inner, tensors, fields.get(field.name), f"{name}.")
        elif not field.metadata.get("static"):
            if name in tensors:
                given[field.name] = tensors.pop(name)
            elif field.default is dataclasses.MISSING:
                raise bad_input(name, "none", f"a tensor of this name in a {kind.__name__}")
        elif field.name in fields:
            given[field.name] = _checked(name, fields[field.name], field.type)
    known = [
        field.name
        for field in dataclasses.fields(kind)
        if field.metadata.get("static") or field.type in MODELS.values()
    ]
    if unknown := sorted(fields.keys() - set(known)):
        raise unknown_name(f"field of {kind.__name__}", unknown[0], known)
    return kind(**given)


def _checked(name: str, value: Any, wanted: Any) -> Any:
    """A field of the type that its class says; JSON's true is no number, and its 1 may be 1.0."""
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise bad_input(name, value, getattr(wanted, "__name__", str(wanted)))
    return value


def _check_fit(model: Any) -> None:
    """What a model's constructor lets through, as jax builds models of anything: sizes, and that parts fit."""
    arrays, _ = _taken_apart(model)
    for name, array in arrays.items():
        if 0 in np.shape(array):
            raise bad_input(name, np.shape(array), "at least one of everything")
    if isinstance(model, Head) and np.ndim(model.a) < 2:
        raise bad_input("a", np.shape(model.a), "rank x hidden, or models before these")
    if isinstance(model, HeadedBottleneck):
        _check_fit(model.bottleneck)
        _check_fit(model.head)
        *models, hidden, _ = np.shape(model.bottleneck.w)
        *heads, _, inputs = np.shape(model.head.a)
        wanted = hidden + model.head.constant_input
        if models != heads or inputs != wanted:
            raise bad_input(
                "head.a",
                (*heads, inputs),
                f"{(*models, wanted)} (and its rank), to fit bottleneck.w",
            )
