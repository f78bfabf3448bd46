"""A study without any training, for tests of what surrounds studies: it tosses coins."""

import time
from pathlib import Path

import numpy as np
import xarray as xr

from tegum.plots.style import house_style, sheet
from tegum.studies.claims import Claim, Measured
from tegum.studies.config import Count, Density, Frozen, StudyConfig
from tegum.studies.study import Exhibit, Study


class Config(StudyConfig):
    """Coins to toss."""

    densities: tuple[Density, ...] = (0.25, 0.5, 0.75)
    """chances of heads"""
    tosses: Count = 1000
    """how often each coin is tossed"""
    log: str = ""
    """a file that every measurement adds a line to"""
    seconds: float = 0.0
    """how long each measurement takes"""
    fails_at: float = 0.0
    """the density whose measurement raises"""


class Task(Frozen):
    config: Config
    density: Density


def plan(config: Config) -> list[Task]:
    return [Task(config=config, density=density) for density in config.densities]


def measure(task: Task) -> xr.Dataset:
    c = task.config
    if c.log:
        with Path(c.log).open("a") as log:
            log.write(f"{task.density}\n")
    if c.fails_at == task.density:
        raise RuntimeError("the coin rolled away")
    time.sleep(c.seconds)
    rng = np.random.default_rng([c.seed, int(1000 * task.density)])
    heads = rng.random((1, c.tosses)) < task.density
    return xr.Dataset({"heads": (("density", "toss"), heads)}, coords={"density": [task.density]})


def _worst(ds: xr.Dataset) -> Measured:
    error = abs(ds.heads.mean("toss") - ds.density) / np.sqrt(ds.density * (1 - ds.density) / ds.sizes["toss"])
    return Measured(float(error.max()), high=4.5, note="standard errors")


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    means = ds.heads.mean("toss")
    with house_style():
        figure, axes = sheet(1, 1, width=3.0, height=2.0)
        axes[0, 0].plot(ds.density, means, "o")
    return {"means": Exhibit(figure, means.to_dataframe().reset_index(), "Shares of heads & <chances>.")}


STUDY = Study(
    name="coin",
    group="test",
    question="Do coins fall as they should?",
    sources=("elhage2022",),
    version=1,
    presets={"quick": Config(tosses=100), "default": Config(), "paper": Config(tosses=10_000)},
    minutes={"quick": 0.0, "default": 0.0, "paper": 0.0},
    plan=plan,
    measure=measure,
    claims=(
        Claim("means", "Every share of heads is within 4.5 standard errors of its chance.", "central limit", _worst),
        Claim(
            "all-heads",
            "Coins always fall on heads.",
            "hope",
            lambda ds: Measured(float(ds.heads.mean()), low=1.0),
            "open",
        ),
    ),
    figures=figures,
)
