"""netCDF files that may come from someone else: what they declare is held against what they can hold.

A file of a few bytes may declare arrays of any size, never written, and a reader would allocate
them. Ours are written whole and not compressed, so no honest one declares more than its own size.
"""

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import h5netcdf
import h5py


def check_structure(path: Path) -> None:
    """Look at all that a file declares, and read none of its numbers.

    Raises:
        OSError, ValueError, KeyError: it is damaged, declares more than it holds, or leads elsewhere.
    """
    size = path.stat().st_size
    with h5py.File(path, "r") as file:
        for name in file:
            _check_link(file, name)
        # What counts as a variable, and its shape, is seen with the reader's own eyes.
        reader = h5netcdf.File(file, "r")
        arrays = {name: (file[name], tuple(v.shape)) for name, v in reader.variables.items()}
        declared = sum(_bytes_of(array, shape) for array, shape in arrays.values())
        if declared > size:
            raise ValueError(f"it declares {_shown(declared)} and is a file of {_shown(size)}")
        letters = 0
        for array, _ in arrays.values():
            for length in _lengths(array):
                letters += length
                if letters > size:  # many elements may share one long string
                    raise ValueError(
                        f"it declares longer strings than a file of {_shown(size)} holds"
                    )


def _check_link(file: h5py.File, name: str) -> None:
    """Only arrays that lie in this file: links and outer or virtual arrays would open others."""
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise ValueError("it has a link, which may lead to another file")
    array = file[name]
    if not isinstance(array, h5py.Dataset):
        raise ValueError("it has more than arrays in it")
    if array.is_virtual or array.external:
        raise ValueError("its numbers lie in another file")
    kind = array.dtype.kind
    if kind not in "biufSO" or (kind == "O" and h5py.check_string_dtype(array.dtype) is None):
        raise ValueError("it has an array of neither numbers nor strings")


def _bytes_of(array: h5py.Dataset, shape: tuple[int, ...]) -> int:
    """The bytes an array takes in a file, its last chunks filled up; a string takes those that point to it."""
    chunks = array.chunks or (1,) * len(shape)
    extents = map(max, shape, array.shape)  # along an axis that can grow, the two may differ
    whole = (-(-extent // chunk) * chunk for extent, chunk in zip(extents, chunks, strict=True))
    return math.prod(whole) * int(array.id.get_type().get_size())


def _lengths(array: h5py.Dataset) -> Iterator[int]:
    """How long each of its strings is: read one at a time, so that never more than one is in memory."""
    if array.dtype.kind == "O" and array.size:
        for place in itertools.product(*map(range, array.shape)):
            yield len(array[place])


def _shown(size: int) -> str:
    """A number of bytes, for people."""
    power = min(max(size.bit_length() - 1, 0) // 10, 8)
    unit = ("bytes", *(f"{letter}iB" for letter in "KMGTPEZY"))[power]
    return f"{size / 1024**power:.3g} {unit}"
