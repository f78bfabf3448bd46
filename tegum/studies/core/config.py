"""Frozen, inert configs: they refuse unknown keys, check their values, and round-trip through TOML.

The field types here carry the checks (and the words of the complaint) that all studies share.
"""

import hashlib
from typing import Annotated, Any, Literal, TypeAlias, get_args

import numpy as np
from jaxtyping import Float, UInt64
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from tegum.errors import BadInputError, bad_input, unknown_name

Density: TypeAlias = Annotated[float, Field(gt=0, le=1)]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Index: TypeAlias = Annotated[int, Field(ge=0)]
Share: TypeAlias = Annotated[float, Field(gt=0, le=1)]
Unsigned: TypeAlias = Annotated[float, Field(ge=0)]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**32)]

Activation: TypeAlias = Literal["linear", "relu"]
Mode: TypeAlias = Literal["joint", "two-stage"]
Target: TypeAlias = Literal["any", "count", "product"]


class Frozen(BaseModel):
    """A frozen value that checks itself."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """A field that a subclass gives another default is still described as its parent says."""
        for name, field in cls.model_fields.items():
            for parent in cls.__mro__[1:]:
                inherited = getattr(parent, "model_fields", {}).get(name)
                if field.description is None and inherited is not None:
                    field.description = inherited.description

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: Any) -> Any:
        """Python takes True for 1; nobody means it."""
        name = info.field_name or ""
        values = value if isinstance(value, list | tuple) else [value]
        meant = cls.model_fields[name].annotation is bool
        if not meant and any(isinstance(each, bool) for each in values):
            raise bad_input(name, value, "no truth value")
        return value

    @field_validator("*")
    @classmethod
    def _some_and_different(cls, value: Any, info: Any) -> Any:
        """A list of any length has something in it, and nothing twice: its values name settings."""
        annotation = cls.model_fields[info.field_name or ""].annotation
        listed = get_args(annotation)[-1:] == (Ellipsis,)
        if listed and (not value or len(set(value)) < len(value)):
            raise bad_input(
                info.field_name or "", value, "at least one value, and none of them twice"
            )
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

    _measurement: str = PrivateAttr("")

    def seeds_of(self, stage: str, count: int) -> UInt64[np.ndarray, " count"]:
        """Seeds of so many models in one stage of a measurement, such as "W" or "heads".

        64 bits each, hashed from the run's seed, the measurement's name and the stage, so that
        no two runs, measurements or stages share random numbers. Model k has the same seed
        whatever `count` is, and at every point: settings are compared on the same starts.

        Source:
            `numpy.random.SeedSequence`, whose pool keeps all 128 bits that go in.
        """
        name = hashlib.sha256(f"{self._measurement}/{stage}".encode()).digest()
        words = [int.from_bytes(name[k : k + 4], "little") for k in (0, 4, 8)]
        return np.random.SeedSequence([self.seed, *words]).generate_state(count, np.uint64)

    def rng(self, stage: str) -> np.random.Generator:
        """NumPy's generator for one stage, apart from all others as in `seeds_of`."""
        return np.random.default_rng(int(self.seeds_of(stage, 1)[0]))

    def narrowed(self, kind: type["StudyConfig"], measurement: str, hidden: set[str]) -> Any:
        """This config as a part of a measurement may see it.

        Only the fields of `kind`, a base of this config's class, without those in `hidden`: what
        a part cannot read cannot change its result, so it need not be in its key.
        """
        kept = {name: getattr(self, name) for name in kind.model_fields if name not in hidden}
        seen = kind.model_construct(set(kept), **kept)
        for name in hidden & set(kind.model_fields):
            seen.__dict__.pop(name, None)
        seen.__pydantic_private__ = {"_measurement": measurement}
        return seen

    def __getattr__(self, name: str) -> Any:
        """Only for what is not there; says so to the author of a part."""
        if name in type(self).model_fields:
            raise AttributeError(
                f"{type(self).__name__}.{name} is an axis: a part reads its own point only, which "
                f"comes as an argument (give the part `{name}` as an axis, or another field)"
            )
        return super().__getattr__(name)  # type: ignore[misc]  # pydantic's, for private attributes


class TrainingConfig(StudyConfig):
    """Base of configs that train models on samples."""

    seeds: Count = 20
    """models in each setting; a seed is the unit of replication"""
    steps: Count = 10_000
    """training steps"""
    batch: Count = 1024
    """fresh samples a step"""
    learning_rate: Unsigned = 1e-3
    """of AdamW with weight decay 0.01, constant unless the study says otherwise"""


class BottleneckConfig(TrainingConfig):
    """Base of configs that train bottlenecks on features whose importance falls by a factor."""

    n_features: Count = 20
    """n, features"""
    n_hidden: Count = 10
    """m, hidden dimensions"""
    importance_decay: Share = 1.0
    """importance of feature k is this to the power k; 1 for equal importance"""

    @property
    def importance(self) -> Float[np.ndarray, " features"]:
        return self.importance_decay ** np.arange(self.n_features)


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
