"""The models of a finished run, to files: one for each point of its axes, with all its seeds stacked inside.

So a file's name says what was trained, what cannot differ inside one population (the activation) may differ between
files, and `w[k]` in any program is the model of the k-th seed.

Models are found by their variables in the run's result, by shape: `w` with an output bias `b`, a number a feature, is
a bottleneck (`w_out`, `b_hidden` beside them); `a` and `b` of one shape are a head; `w_enc`, `b_enc`, `w_dec`,
`b_dec` a SAE. A field that is no array, such as the activation, is the point's or the config's value of that name,
else the model's own default.
"""

import dataclasses
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np
import xarray as xr

from tegum.errors import BadInputError
from tegum.exchange import save_model
from tegum.models import Bottleneck, Head, SparseAutoencoder
from tegum.runner.result import Run, finished_manifest
from tegum.store import Manifest, RunFolder, Store
from tegum.studies.core import Study
from tegum.visible import visible

Dims = Mapping[str, tuple[str, ...]]
OWN: dict[type[eqx.Module], dict[str, tuple[str, ...]]] = {
    Bottleneck: {
        "w": ("hidden", "feature"),
        "b": ("feature",),
        "w_out": ("hidden", "feature"),
        "b_hidden": ("hidden",),
    },
    Head: {"a": ("rank", "input"), "b": ("rank", "input")},
    SparseAutoencoder: {
        "w_enc": ("latent", "hidden"),
        "b_enc": ("latent",),
        "w_dec": ("hidden", "latent"),
        "b_dec": ("hidden",),
        "log_threshold": ("latent",),
    },
}
"""the axes of one model's arrays, under names of our own"""


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Attributes:
        path: of it.
        models: how many it holds.
        left_out: how many diverged and so are not in it.
    """

    path: Path
    models: int
    left_out: int


def export(
    run: Run | RunFolder | Path | str,
    folder: Path | str | None = None,
    *,
    store: Path | str = "runs",
) -> list[Exported]:
    """Write the models of a finished run as safetensors, one file for each point of its axes.

    Models that diverged are left out, and a point where all did has no file. `tegum.load_model` reads one
    back, `tegum.exchange.provenance_of` says where it comes from.

    Args:
        run: a run, its name or the beginning of it, its path, or its folder.
        folder: where to; models/<the run's name> if left out. Files of the same names are replaced.
        store: the folder of runs.

    Raises:
        BadInputError: no such run; unfinished, damaged, or without models: says which studies have some.
        StoreError: a file cannot be written.
    """
    found = run.folder if isinstance(run, Run) else run
    found = found if isinstance(found, RunFolder) else Store(Path(store)).find(str(found))
    written = finished_manifest(found)
    if not found.is_whole("result.nc"):
        way_out = "run it again to mend it"
        raise BadInputError(f"run: the result of {visible(found.name)} is damaged; {way_out}")
    dataset = found.read_dataset("result.nc")
    kind = kind_in({str(name): tuple(map(str, v.dims)) for name, v in dataset.data_vars.items()})
    if kind is None:
        part = "; its dataset has W alone, without output biases" if "w" in dataset else ""
        raise BadInputError(
            f"run: {visible(found.name)} holds no whole models, expected a run of "
            f"{', '.join(studies_with_models())}{part}"
        )
    config = _config(dataset)
    place = Path("models") / found.name if folder is None else Path(folder)
    points = list(_points(dataset, kind, config))
    if not points:
        raise BadInputError(f"run: every model of {visible(found.name)} diverged")
    stems = _file_names([point.at for point in points])
    return [
        _write(place / f"{stem}.safetensors", point, found, written, config)
        for stem, point in zip(stems, points, strict=True)
    ]


def kind_in(dims: Dims) -> type[eqx.Module] | None:
    """Which models a dataset or a table of variables holds whole, by the axes of its variables."""
    for kind, own in OWN.items():
        arrays = {name: axes for name, axes in own.items() if name in dims}
        required = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
        if all(name in arrays for name in required) and _fit(arrays, dims):
            return kind
    return None


def studies_with_models() -> list[str]:
    """The studies of the catalogue whose runs can be exported."""
    from tegum.studies.catalogue import CATALOGUE

    return [study.name for study in CATALOGUE if _has_models(study)]


def _has_models(study: Study) -> bool:
    parts = [part for measurement in study.measurements for part in measurement.parts]
    return any(kind_in({name: row.dims for name, row in part.variables.items()}) for part in parts)


def _fit(arrays: Mapping[str, tuple[str, ...]], dims: Dims) -> bool:
    """Whether the last axes of all arrays agree, each of ours with one of the dataset's, and the others are alike."""
    names: dict[str, str] = {}
    leading = set()
    for name, own in arrays.items():
        at = len(dims[name]) - len(own)
        if at < 0:
            return False
        leading.add(dims[name][:at])
        for ours, theirs in zip(own, dims[name][at:], strict=True):
            if names.setdefault(ours, theirs) != theirs:
                return False
    return len(leading) == 1 and len(set(names.values())) == len(names)


@dataclass(frozen=True)
class _Point:
    """The models at one point: where, their labels along the axes inside, how many are missing."""

    at: dict[str, Any]
    model: Any
    axes: dict[str, list[Any]]
    left_out: int


def _points(
    dataset: xr.Dataset, kind: type[eqx.Module], config: Mapping[str, Any]
) -> Iterator[_Point]:
    own = {name: axes for name, axes in OWN[kind].items() if name in dataset}
    first = next(iter(own))
    leading = [str(dim) for dim in dataset[first].dims[: -len(own[first])]]
    split = next((k for k, dim in enumerate(leading) if _is_inside(dataset, dim)), len(leading))
    outer, inner = leading[:split], leading[split:]
    for values in itertools.product(*(range(dataset.sizes[dim]) for dim in outer)):
        here = dataset[list(own)].isel(dict(zip(outer, values, strict=True)))
        at = {dim: here[dim].values.item() for dim in outer}
        fields = _fields(kind, at, config)
        if fields.get("kind") != "jumprelu":
            here = here.drop_vars("log_threshold", errors="ignore")
        # Where points differ in size the result is filled up with NaN.
        for dim in here[first].dims:
            if dim not in inner[:1]:
                others = [other for other in here[first].dims if other != dim]
                here = here.isel({dim: here[first].notnull().any(others).values})
        if 0 in here.sizes.values():
            continue
        count = int(np.prod([here.sizes[dim] for dim in inner], dtype=int))
        if inner:
            sound = [_is_sound(here.isel({inner[0]: k})) for k in range(here.sizes[inner[0]])]
            here = here.isel({inner[0]: np.flatnonzero(sound)})
        if not _is_sound(here) or (inner and not here.sizes[inner[0]]):
            continue
        kept = int(np.prod([here.sizes[dim] for dim in inner], dtype=int))
        arrays = {str(name): variable.values for name, variable in here.data_vars.items()}
        labels = {dim: here[dim].values.tolist() for dim in inner}
        yield _Point(at, kind(**arrays, **fields), labels, count - kept)


def _is_inside(dataset: xr.Dataset, dim: str) -> bool:
    """Seeds, and what has no labels: models of one kind, which are stacked."""
    return dim == "seed" or dim not in dataset.coords


def _is_sound(models: xr.Dataset) -> bool:
    return all(bool(np.isfinite(variable).all()) for variable in models.data_vars.values())


def _fields(
    kind: type[eqx.Module], at: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """What is no array: of the point, of the config, or left at its default."""
    static = [field.name for field in dataclasses.fields(kind) if field.metadata.get("static")]
    said = {name: at.get(name, config.get(name)) for name in static}
    fields = {name: value for name, value in said.items() if isinstance(value, str | int | float)}
    if fields.get("kind") != "topk":
        fields.pop("k", None)
    return fields


def _config(dataset: xr.Dataset) -> dict[str, Any]:
    try:
        config = json.loads(dataset.attrs["config"])
    except (KeyError, TypeError, ValueError, RecursionError):
        config = None
    return config if isinstance(config, dict) else {}


def _write(
    path: Path, point: _Point, folder: RunFolder, written: Manifest, config: Mapping[str, Any]
) -> Exported:
    provenance = {
        "study": written.study,
        "run": folder.name,
        "point": point.at,
        "axes": point.axes,
        "left_out": point.left_out,
        "config": config,
        "versions": written.versions,
    }
    save_model(path, point.model, provenance)
    lengths = [len(labels) for labels in point.axes.values()]
    return Exported(path, int(np.prod(lengths, dtype=int)), point.left_out)


def _file_names(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """A name for each point, such as "activation=relu,density=0.1": no folder, and none twice."""
    stems = [
        re.sub(r"[^\w.,=+-]", "_", ",".join(f"{k}={_short(v)}" for k, v in point.items()))[:150]
        or "models"
        for point in points
    ]
    if len({stem.casefold() for stem in stems}) < len(stems):
        stems = [f"{k:04d},{stem}" for k, stem in enumerate(stems)]
    return stems


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
