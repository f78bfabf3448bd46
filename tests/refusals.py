"""What a caller reads who runs without the tests' own checks of shapes, which would speak first."""

from collections.abc import Callable

import jaxtyping
import numpy as np
import pytest
from numpy.typing import ArrayLike, DTypeLike

from tegum.errors import BadInputError


def line_of(call: Callable[[], object]) -> str:
    """The line with which a call is refused."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        with pytest.raises(BadInputError) as error:
            call()
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
    line = str(error.value)
    assert "\n" not in line
    assert ": got " in line
    return line


class Tensor:
    """As a PyTorch tensor that requires grad stands towards NumPy: there are no values without `detach`."""

    def __init__(self, values: ArrayLike, attached: bool = True) -> None:
        self._values, self._attached = np.asarray(values), attached
        self.shape, self.dtype, self.ndim = (
            self._values.shape,
            self._values.dtype,
            self._values.ndim,
        )

    def detach(self) -> "Tensor":
        return Tensor(self._values, attached=False)

    def cpu(self) -> "Tensor":
        return self

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> np.ndarray:
        if self._attached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return np.array(self._values, dtype)
