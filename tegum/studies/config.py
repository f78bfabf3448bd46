"""Frozen, inert configs: they refuse unknown keys, check their values, and round-trip through TOML and JSON.

The field types here carry the checks (and the words of the complaint) that all studies share.
"""

from typing import Annotated, Any, TypeAlias, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tegum.errors import BadInputError, bad_input, unknown_name

Density: TypeAlias = Annotated[float, Field(gt=0, le=1)]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Index: TypeAlias = Annotated[int, Field(ge=0)]
Share: TypeAlias = Annotated[float, Field(gt=0, le=1)]
Unsigned: TypeAlias = Annotated[float, Field(ge=0)]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**16)]


class Frozen(BaseModel):
    """A frozen value, such as a config or a task."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _some_and_different(cls, value: Any, info: Any) -> Any:
        """A list of any length has something in it, and nothing twice: its values name the runs' settings."""
        listed = get_args(cls.model_fields[info.field_name or ""].annotation)[-1:] == (Ellipsis,)
        if listed and (not value or len(set(value)) < len(value)):
            raise bad_input(info.field_name or "", value, "at least one value, and none of them twice")
        return value

    def __init__(self, **fields: Any) -> None:
        """Check the fields; a bad one raises `BadInputError`, one line."""
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise _first_complaint(error, type(self)) from None


class StudyConfig(Frozen):
    """Base of every study's config: all that its result depends on."""

    seed: Seed = 0
    """start of all random numbers; another seed is another, independent run"""

    def model_seeds(self, count: int) -> np.ndarray:
        """Seeds of so many models, apart from those of a run with another `seed`."""
        return self.seed * 10_000 + np.arange(count)


def _first_complaint(error: ValidationError, model: type[BaseModel]) -> BadInputError:
    """Pydantic's first complaint, as one line."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or model.__name__
    if first["type"] == "extra_forbidden":
        return unknown_name("key", where, model.model_fields)
    if isinstance(first.get("ctx", {}).get("error"), BadInputError):
        return first["ctx"]["error"]  # a check of our own, worded already
    if first["type"] == "missing":
        return BadInputError(f"{where}: missing")
    return bad_input(where, first["input"], first["msg"].removeprefix("Input should be "))
