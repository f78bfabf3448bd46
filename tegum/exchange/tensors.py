"""safetensors files: named arrays and one text, whole or not there; what is read is checked.

A safetensors file is a header of names, types, shapes and places, and then the numbers. Its reader refuses a header
that declares more or less than the file holds; nothing in it can run. The text is under ONE key of the file's
metadata, since safetensors writes several in an order that changes from process to process: equal models give equal
bytes.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from tegum.arrays import Array, as_numpy
from tegum.errors import StoreError, bad_input
from tegum.store import replacing

KEY = "tegum"


def write_tensors(path: Path, tensors: Mapping[str, Array], text: str | None = None) -> None:
    """Put a file of these arrays in its place, whole.

    Args:
        path: where to; its folder is made.
        tensors: arrays of floats by name.
        text: kept beside them.

    Raises:
        StoreError: it cannot be written; what was there is as it was.
    """
    named = {name: np.ascontiguousarray(as_numpy(each)) for name, each in tensors.items()}
    write_bytes(path, save(named, None if text is None else {KEY: text}))


def write_bytes(path: Path, data: bytes) -> None:
    """Put a file in its place, whole; raises as `write_tensors`."""
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except StoreError as error:
        why = getattr(error.__cause__, "strerror", None) or "no reason given"
        raise StoreError(f"path: cannot write {path} ({why}), expected a writable place") from error


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], str | None]:
    """The arrays of a file, and the text beside them.

    Raises:
        BadInputError: no plain file, no safetensors file, or one that declares other than it holds.
    """
    _check_plain(path)
    try:
        with safe_open(path, framework="np") as file:
            # Copied out of the file's own memory: another program may cut it short.
            arrays = {name: np.array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
            return arrays, (file.metadata() or {}).get(KEY)
    except (SafetensorError, OSError, TypeError, ValueError, KeyError) as error:
        raise _unreadable(path, error) from error


def read_text(path: Path) -> str | None:
    """The text alone; raises as `read_tensors`."""
    _check_plain(path)
    try:
        with safe_open(path, framework="np") as file:
            return (file.metadata() or {}).get(KEY)
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error


def _check_plain(path: Path) -> None:
    """A pipe or a device would never end."""
    if not path.is_file():
        raise bad_input(str(path), "no plain file", "a safetensors file")


def _unreadable(path: Path, error: Exception) -> Exception:
    return bad_input(str(path), str(error), "a safetensors file that is whole")


def as_floats(name: str, value: Array, *, allow_nan: bool = True, where: str = "") -> np.ndarray:
    """An array of real numbers, as floats that NumPy computes with.

    Args:
        name: of the argument, or of the tensor.
        value: NumPy, jax, PyTorch, or lists; whole numbers become float64, bfloat16 float32.
        allow_nan: whether numbers may be other than finite.
        where: of a tensor, its file.

    Raises:
        BadInputError: anything else; numbers that are not finite where these are not allowed.
    """
    named = f"{where}: {name}" if where else name
    try:
        found = as_numpy(value)
    except (TypeError, ValueError):  # lists of different lengths
        raise bad_input(named, value, "an array of real numbers") from None
    if found.dtype.name == "bfloat16":
        found = found.astype(np.float32)
    if found.dtype.kind in "iu":
        found = found.astype(np.float64)
    if found.dtype.kind != "f":
        raise bad_input(named, found.dtype.name, "an array of real numbers")
    if not allow_nan and not np.isfinite(found).all():
        way_out = "a model that diverged has none: leave it out, or say allow_nan=True"
        raise bad_input(named, "numbers that are not finite", "finite ones", way_out)
    return found
