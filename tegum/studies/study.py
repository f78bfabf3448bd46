"""What a study is: a question, a way to measure it, and claims that can fail. A value; it runs nothing by itself.

    config -> plan -> tasks -> measure (the only expensive part) -> combined dataset -> claims, figures

`measure` is a pure function of its task, a small frozen value: that one fact lets a runner resume, skip what is done
and spread tasks over processes, and no study knows of it. To add a study, write a file that ends in a `Study`, or a
folder with one, and add it to CATALOGUE (docs/add-a-study.md).
"""

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import xarray as xr
from matplotlib.figure import Figure
from pandas import DataFrame

from tegum.errors import unknown_name
from tegum.html import html
from tegum.studies.claims import Claim
from tegum.studies.config import Frozen, StudyConfig

Preset: TypeAlias = Literal["quick", "default", "paper"]


@dataclass(frozen=True)
class Exhibit:
    """A figure, the numbers it shows (they become its CSV), and a caption. Shows itself in a notebook."""

    figure: Figure
    data: DataFrame
    caption: str

    def png(self) -> bytes:
        """The figure as a PNG at 150 dots an inch."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        image = base64.b64encode(self.png()).decode()
        return html(
            '<figure><img src="data:image/png;base64,{{ image }}"><figcaption>{{ caption }}</figcaption></figure>',
            image=image,
            caption=self.caption,
        )


def by_coordinates(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join the tasks' datasets where their coordinates say that they belong."""
    combined = xr.combine_by_coords(parts, combine_attrs="drop_conflicts", join="outer", data_vars="all")
    assert isinstance(combined, xr.Dataset)  # as its parts are
    return combined


def config_in(dataset: xr.Dataset) -> dict[str, Any]:
    """The config of the run that a combined dataset is from, which travels in its attributes."""
    return json.loads(dataset.attrs["config"])


@dataclass(frozen=True)
class Study:
    """A study.

    Attributes:
        name: what users call it by.
        group: the group it belongs to; `tegum run GROUP` runs them all.
        question: what it asks, one sentence.
        sources: keys of `studies.sources.SOURCES`: what it reproduces or tests.
        version: raise it whenever plan, measure, combine, claims or figures change their result: stored runs of
            another version are not taken for this one's.
        presets: a config each for "quick" (seconds), "default" (minutes) and "paper" (the source's own sizes).
        minutes: about how long each takes on two cores.
        plan: config -> independent tasks.
        measure: task -> dataset with named axes. A module-level function, so that a worker process can import it.
        claims: what the study claims, judged on the combined dataset.
        figures: combined dataset -> exhibits by name.
        combine: datasets of all tasks, in the plan's order -> one dataset.
    """

    name: str
    group: str
    question: str
    sources: tuple[str, ...]
    version: int
    presets: Mapping[Preset, StudyConfig]
    minutes: Mapping[Preset, float]
    plan: Callable[[Any], Sequence[Frozen]]
    measure: Callable[[Any], xr.Dataset]
    claims: tuple[Claim, ...]
    figures: Callable[[xr.Dataset], dict[str, Exhibit]]
    combine: Callable[[Sequence[xr.Dataset]], xr.Dataset] = by_coordinates

    @property
    def config_type(self) -> type[StudyConfig]:
        return type(self.presets["default"])

    def config(self, preset: str = "default", **fields: Any) -> StudyConfig:
        """A preset's config, with some fields replaced.

        Raises:
            BadInputError: an unknown preset or field (with a suggestion), or a value that does not fit.
        """
        known = {str(name): config for name, config in self.presets.items()}
        if preset not in known:
            raise unknown_name("preset", preset, known)
        base = known[preset].model_dump()
        for name in fields:
            if name not in base:
                raise unknown_name(f"key of {self.name}", name, base)
        return self.config_type(**{**base, **fields})
