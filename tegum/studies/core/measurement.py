"""What is measured: the expensive part of a study, computed once in a store and read by many.

    config + a point of its axes -> part -> named arrays, checked against a table -> Dataset

A `Part` is one pure function of the config and a point. Its axes are named by the config's fields
(or properties) that list their values; the product over them, the tasks, their keys, labels and
joining are made here and nowhere else. A task's key holds what its result depends on and nothing
more: measurement, version, part, point, and those fields that the part can read. These are the
fields of the config class that the part's first argument is annotated with, without all axes. So
another density in a list leaves the other densities' tasks as they are.
"""

import itertools
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import xarray as xr
from pydantic import TypeAdapter

from tegum.errors import BadInputError, bad_input
from tegum.fingerprint import fingerprint
from tegum.grids import on_grid
from tegum.keys import key_of
from tegum.studies.core.config import StudyConfig

Variables: TypeAlias = Mapping[str, Any]
"""What a part returns: arrays by name, and labels under the names of axes."""


@dataclass(frozen=True)
class Variable:
    """A row of a part's table: what one of its variables is.

    Attributes:
        dims: names of its axes, in order, without the part's own (such as the density).
        long_name: what it is, in words.
        unit: where it has one.
    """

    dims: tuple[str, ...]
    long_name: str
    unit: str = ""


def table(**rows: tuple[str, ...]) -> dict[str, Variable]:
    """A part's variables: `table(w=("seed hidden feature", "weights"), ...)`, a unit as third."""
    return {name: Variable(tuple(dims.split()), *words) for name, (dims, *words) in rows.items()}


@dataclass(frozen=True)
class Part:
    """One function of a measurement, and the axes over which it is called.

    Attributes:
        measure: (config, **point) -> `Variables`. A pure, module-level function: another process
            may import and call it. "finite", where it returns it, marks models that diverged:
            everything measured of them (variables with all its axes) becomes NaN.
        variables: the table that a result is checked against.
        axes: argument -> name of the config's field or property with its values, in order. The
            argument's name is the dataset's dimension.
    """

    measure: Callable[..., Variables]
    variables: Mapping[str, Variable]
    axes: Mapping[str, str]

    def __init__(
        self,
        measure: Callable[..., Variables],
        variables: Mapping[str, Variable],
        **axes: str,
    ) -> None:
        """Describe a part: `Part(bottlenecks, TABLE, density="densities")`."""
        if "<" in getattr(measure, "__qualname__", "<unnamed>"):
            wanted = "a function at the top level of a module, which a worker can import"
            raise bad_input("part", getattr(measure, "__qualname__", measure), wanted)
        object.__setattr__(self, "measure", measure)
        object.__setattr__(self, "variables", dict(variables))
        object.__setattr__(self, "axes", dict(axes))

    @property
    def name(self) -> str:
        return self.measure.__name__.strip("_")

    @property
    def reads(self) -> type[StudyConfig]:
        """The config class that the function's first argument is annotated with."""
        hints = typing.get_type_hints(self.measure)
        kind = next(iter(hints.values()), None)
        if not (isinstance(kind, type) and issubclass(kind, StudyConfig)):
            raise TypeError(f"part {self.name}: annotate its first argument with its config class")
        return kind

    def labelled(self, found: Any, point: Mapping[str, Any]) -> xr.Dataset:
        """A result as a dataset, checked against the table and put at its point.

        Args:
            found: what the part returned, which ought to be `Variables`.
            point: where.

        Raises:
            ValueError: what is missing, unknown or of another shape than the table says.
        """
        if not isinstance(found, Mapping):
            raise ValueError(f"part {self.name}: returns {type(found).__name__}, not its variables")
        # In the table's order: what is written must not depend on that of a set.
        dims = dict.fromkeys(dim for row in self.variables.values() for dim in row.dims)
        names = found.keys() - dims.keys()
        if wrong := sorted(names ^ self.variables.keys()):
            kind = (
                "does not return" if wrong[0] in self.variables else "has no row in its table for"
            )
            raise ValueError(f"part {self.name}: {kind} {wrong[0]!r}")
        variables = {}
        for name, row in self.variables.items():
            values = np.asarray(found[name])
            if values.dtype.kind not in "biufU":
                kinds = "real numbers, truth values or strings"
                raise ValueError(f"part {self.name}: {name!r} is {values.dtype}, not {kinds}")
            if values.ndim != len(row.dims):
                raise ValueError(
                    f"part {self.name}: {name!r} is of shape {values.shape}, its table says "
                    f"({', '.join(row.dims)})"
                )
            words = {"long_name": row.long_name} | ({"units": row.unit} if row.unit else {})
            variables[name] = xr.Variable(row.dims, values, words)
        labels = {name: list(found[name]) for name in dims if name in found}
        try:
            dataset = xr.Dataset(variables, labels)
        except ValueError as error:
            raise ValueError(f"part {self.name}: axes disagree ({error})") from error
        if "seed" in dataset.dims and "seed" not in labels:
            dataset = dataset.assign_coords(seed=np.arange(dataset.sizes["seed"]))
        if "finite" in dataset:
            dataset = _without_diverged(dataset)
        return dataset.expand_dims({name: [value] for name, value in point.items()})


def _without_diverged(dataset: xr.Dataset) -> xr.Dataset:
    """NaN for all that was measured of models that are not finite; whole numbers become floats."""
    finite = dataset.finite.astype(bool)
    marked = {}
    for name, variable in dataset.data_vars.items():
        if name != "finite" and set(finite.dims) <= set(variable.dims):
            values = variable.astype(float) if variable.dtype.kind in "biu" else variable
            marked[name] = values if bool(finite.all()) else values.where(finite)
    return dataset.assign(marked | {"finite": finite.astype(float)})


@dataclass(frozen=True)
class Measurement:
    """What several studies may read.

    Attributes:
        name: what its tasks are stored under.
        version: raise it whenever a part changes its result. A test compares the parts'
            `fingerprint` with the one written down for this version, so it is not forgotten.
        parts: what is measured.
    """

    name: str
    version: int
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Refuse a name that is no name of a folder."""
        checked_name("measurement", self.name)

    def tasks(self, config: StudyConfig) -> "list[Task]":
        """One for every part and point, in order.

        Raises:
            BadInputError: an axis names no field or property of the config that lists values.
        """
        for part in self.parts:
            for axis, of in part.axes.items():
                if not isinstance(getattr(config, of, None), tuple):
                    wanted = f"a field or property of {type(config).__name__} that lists values"
                    raise bad_input(f"part {part.name}, axis {axis}", of, wanted)
        return [
            Task(self, part, dict(zip(part.axes, values, strict=True)), config)
            for part in self.parts
            for values in itertools.product(*(getattr(config, of) for of in part.axes.values()))
        ]

    @property
    def listed(self) -> set[str]:
        """Names of all axes' fields and properties."""
        return {of for part in self.parts for of in part.axes.values()}


def is_guest(thing: Any) -> bool:
    """Whether a function or class is somebody's own and not tegum's."""
    return thing.__module__.partition(".")[0] != "tegum"


def checked_name(kind: str, name: str) -> None:
    """Raise `BadInputError` for a name that cannot be a folder's and a word of the command line."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise bad_input(kind, name, "a name of small letters, digits and single hyphens")


@dataclass(frozen=True)
class Task:
    """One part at one point: independent of all others, small, and fit to travel to a worker."""

    measurement: Measurement
    part: Part
    point: Mapping[str, Any]
    config: StudyConfig = field(repr=False)

    @cached_property
    def reads(self) -> dict[str, Any]:
        """The fields that its result may depend on, as JSON values."""
        kind = self.part.reads
        if not isinstance(self.config, kind):
            came = type(self.config).__name__
            raise TypeError(f"part {self.part.name} reads {kind.__name__}, the study has {came}")
        every = self.config.model_dump(mode="json", include=set(kind.model_fields))
        return {name: value for name, value in every.items() if name not in self.measurement.listed}

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that its result depends on, on one machine: the canonical value its key is made of.

        In a study outside tegum, which no test of versions watches, that is the code, too.
        """
        guest = is_guest(self.part.measure) or is_guest(type(self.config))
        return {
            "measurement": self.measurement.name,
            "version": self.measurement.version,
            "part": self.part.name,
            "point": TypeAdapter(dict[str, Any]).dump_python(dict(self.point), mode="json"),
            "reads": self.reads,
        } | ({"code": fingerprint(self.part.measure)} if guest else {})

    @property
    def key(self) -> str:
        return key_of(self.identity)

    def measure(self) -> xr.Dataset:
        """Compute it. The only expensive call of a study.

        Raises:
            ValueError: what the part returned does not fit its table.
        """
        measurement = self.measurement
        seen = self.config.narrowed(self.part.reads, measurement.name, measurement.listed)
        found = self.part.measure(seen, **self.point)
        return self.part.labelled(found, self.point).load()


def joined(measured: Sequence[tuple[Task, xr.Dataset]]) -> xr.Dataset:
    """All tasks' datasets as one: each part along its axes, then the parts side by side.

    Where parts have other labels on a common axis, what one lacks is NaN. Where several say which
    models did not diverge, these become `finite_<part>`.
    """
    parts: dict[tuple[str, str], list[tuple[Task, xr.Dataset]]] = {}
    for task, dataset in measured:
        parts.setdefault((task.measurement.name, task.part.name), []).append((task, dataset))
    each = [_along_axes(*zip(*part, strict=True)) for part in parts.values()]
    if sum("finite" in part for part in each) > 1:  # they speak of different models
        names = [f"finite_{part}" for _, part in parts]
        each = [_renamed(part, name) for part, name in zip(each, names, strict=True)]
    try:
        return xr.merge(each, join="outer", compat="no_conflicts", combine_attrs="drop_conflicts")
    except xr.MergeError as error:
        raise ValueError(f"parts of a measurement disagree: {error}") from error


def _renamed(part: xr.Dataset, finite: str) -> xr.Dataset:
    return part.rename(finite=finite) if "finite" in part else part


def _along_axes(tasks: Sequence[Task], datasets: Sequence[xr.Dataset]) -> xr.Dataset:
    """One part's datasets, which come in the order of the product over its axes."""
    axes = list(tasks[0].part.axes)
    shape = [len(dict.fromkeys(task.point[axis] for task in tasks)) for axis in axes]
    return on_grid(datasets, axes, shape)


def swept(measure: Callable[..., Mapping[str, Any]], **axes: Sequence[Any]) -> dict[str, Any]:
    """`measure(**point)` over a grid inside one part, stacked: leading axes in the order given.

    For settings that share something expensive, such as trained weights. The axes' labels come
    back too, under their names.
    """
    if not axes or not all(axes.values()):
        raise bad_input("axes", axes, "at least one axis, each with at least one value")
    points = list(itertools.product(*axes.values()))
    found = [measure(**dict(zip(axes, point, strict=True))) for point in points]
    if any(each.keys() != found[0].keys() for each in found):
        raise BadInputError("swept: every point must return the same names")
    shape = tuple(len(values) for values in axes.values())
    stacked = {name: np.stack([np.asarray(each[name]) for each in found]) for name in found[0]}
    laid = {name: values.reshape(shape + values.shape[1:]) for name, values in stacked.items()}
    return laid | {name: list(values) for name, values in axes.items()}
