"""What a study is: a question, what it measures, claims that can fail, figures. A value; it runs
nothing by itself.

    config -> tasks -> datasets (the only expensive part, cached by key, shared between studies)
           -> joined dataset -> claims -> verdicts;  -> figures

To add a study, write a file that ends in a `Study` and add it to CATALOGUE (docs/add-a-study.md).
What is measured has a version, raised by hand; what is concluded has none: claims and figures are
worked out anew from the stored result whenever their source changed.
"""

import base64
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import xarray as xr
from matplotlib.figure import Figure
from pandas import DataFrame

from tegum.errors import bad_input, unknown_name
from tegum.fingerprint import fingerprint
from tegum.html import html
from tegum.studies.core.answers import checked
from tegum.studies.core.claim import Claim
from tegum.studies.core.config import StudyConfig
from tegum.studies.core.measurement import Measurement, Task, checked_name, is_guest
from tegum.studies.core.sources import SOURCES, entry_of
from tegum.studies.core.verdict import Kind

Preset: TypeAlias = Literal["quick", "default", "paper"]


@dataclass(frozen=True)
class Exhibit:
    """A figure, the numbers it shows (they become its CSV), and a caption. Shows itself in a
    notebook.
    """

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
        return html(_FIGURE, image=image, caption=self.caption)


_FIGURE = """\
<figure><img src="data:image/png;base64,{{ image }}">
<figcaption>{{ caption }}</figcaption></figure>"""


def exhibit(figure: Figure, data: xr.Dataset | xr.DataArray | DataFrame, caption: str) -> Exhibit:
    """An exhibit of a figure and what it shows, as a table without the rows in which all is NaN."""
    if isinstance(data, xr.DataArray):
        data = data.to_dataset(name=data.name or "value")
    if isinstance(data, xr.Dataset):
        table = data.to_dataframe()
        data = table.dropna(subset=list(map(str, data.data_vars)), how="all").reset_index()
    return Exhibit(figure, data, caption)


Drawing: TypeAlias = Callable[[xr.Dataset], Exhibit]


@dataclass(frozen=True)
class Drawn:
    """A drawing with what it shows, one sentence with [claim] where a measured number belongs."""

    draw: Drawing
    takeaway: str

    def __call__(self, dataset: xr.Dataset) -> Exhibit:
        return self.draw(dataset)


def takeaway(text: str) -> Callable[[Drawing], Drawn]:
    """Say above a drawing what it shows: `@takeaway("All twenty are stored: [all-stored].")`."""
    return lambda draw: Drawn(draw, text)


def config_in(dataset: xr.Dataset) -> dict[str, Any]:
    """The config of the run that a joined dataset is from, which travels in its attributes."""
    return json.loads(dataset.attrs["config"])


@dataclass(frozen=True)
class Study:
    """A study.

    Attributes:
        name: what users call it by.
        group: the group it belongs to; `tegum run GROUP` runs them all.
        question: what it asks, one sentence.
        finding: what it found, one or two sentences, with [claim] where a measured number belongs.
        sources: what it reproduces or tests: keys of `core.sources.SOURCES`, or BibTeX entries.
        measurements: what it reads; several studies may read one.
        presets: a config each for "quick" (seconds), "default" (minutes) and "paper" (the source's
            own sizes).
        minutes: about how long each takes on two cores.
        claims: what the study claims, judged on the joined dataset.
        figures: joined dataset -> exhibit; the function's name names the figure. `takeaway` above
            it says what it shows.
    """

    name: str
    group: str
    question: str
    finding: str
    sources: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    presets: Mapping[Preset, StudyConfig]
    minutes: Mapping[Preset, float]
    claims: tuple[Claim, ...]
    figures: tuple[Drawing, ...]

    def __post_init__(self) -> None:
        """Refuse what would only fail after all training, in one line that names it."""
        checked_name("study", self.name)
        where = f"study {self.name}"
        if list(self.presets) != list(get_args(Preset)) or len(set(map(type, self._configs))) > 1:
            wanted = "a config of one class each for quick, default and paper"
            raise bad_input(f"{where}, presets", list(self.presets), wanted)
        for source in self.sources:
            if not entry_of(source):
                raise unknown_name(f"source of {where}", source, SOURCES)
        ids = [claim.id for claim in self.claims]
        names = [figure_name(draw) for draw in self.figures]
        for kind, each in (("claims", ids), ("figures", names)):
            if twice := sorted({name for name in each if each.count(name) > 1}):
                raise bad_input(f"{where}, {kind}", twice, "a name of its own for each")
        for claim in self.claims:
            said = f"{where}, claim {claim.id}"
            if claim.kind not in get_args(Kind):
                raise bad_input(f"{said}, kind", claim.kind, "expected or open")
            if claim.low is None and claim.high is None:
                raise bad_input(f"{said}, bounds", None, "a bound, low or high")
            if claim.kind == "expected" and claim.control is None:
                wanted = "what an expected claim must fail on (studies.core.controls)"
                raise bad_input(f"{said}, control", None, wanted, 'or kind="open"')
        for text in (self.finding, *self.takeaways.values()):
            checked(text, {self.name: ids}, self.name)

    @property
    def takeaways(self) -> dict[str, str]:
        """What each figure shows, by its name; of those that say it."""
        said = [draw for draw in self.figures if isinstance(draw, Drawn)]
        return {figure_name(draw): draw.takeaway for draw in said}

    @property
    def _configs(self) -> list[StudyConfig]:
        return list(self.presets.values())

    @property
    def config_type(self) -> type[StudyConfig]:
        return type(self.presets["default"])

    def config(self, preset: str = "default", **fields: Any) -> StudyConfig:
        """A preset's config, with some fields replaced.

        Raises:
            BadInputError: an unknown preset or field (with a suggestion), or a bad value.
        """
        known = {str(name): config for name, config in self.presets.items()}
        if preset not in known:
            raise unknown_name("preset", preset, known)
        base = known[preset].model_dump()
        for name in fields:
            if name not in base:
                raise unknown_name(f"key of {self.name}", name, base)
        return self.config_type(**{**base, **fields})

    def tasks(self, config: StudyConfig) -> list[Task]:
        """What is to be measured for a config: independent of each other, in order."""
        return [task for measurement in self.measurements for task in measurement.tasks(config)]

    @property
    def versions(self) -> dict[str, int]:
        """The version of each measurement, by name."""
        return {each.name: each.version for each in self.measurements}

    def identity(self, config: StudyConfig) -> dict[str, Any]:
        """What a run's data depend on: the canonical value that its key is made of."""
        parts = [part for measurement in self.measurements for part in measurement.parts]
        guest = is_guest(type(config)) or any(is_guest(part.measure) for part in parts)
        code = {part.name: fingerprint(part.measure) for part in parts} if guest else {}
        return {
            "study": self.name,
            "measurements": self.versions,
            "config": config.model_dump(mode="json"),
        } | ({"code": code} if code else {})

    def drawn(self, dataset: xr.Dataset) -> dict[str, Exhibit]:
        """Every figure by name."""
        return {figure_name(draw): draw(dataset) for draw in self.figures}


def figure_name(draw: Drawing) -> str:
    """`gap_curves` draws the figure "gap-curves"."""
    return function_of(draw).__name__.strip("_").replace("_", "-")


def function_of(draw: Drawing) -> Callable[[xr.Dataset], Exhibit]:
    """The function itself, without its takeaway."""
    return draw.draw if isinstance(draw, Drawn) else draw
