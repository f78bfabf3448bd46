"""A study without any training, for tests of what surrounds studies: it tosses coins."""

import time
from pathlib import Path

import numpy as np
import xarray as xr

from tegum.plots.style import drawing
from tegum.studies import core
from tegum.studies.core import Claim, Derived, Measured, controls


class Config(core.StudyConfig):
    """Coins to toss."""

    densities: tuple[core.Density, ...] = (0.25, 0.5, 0.75)
    """chances of heads"""
    tosses: core.Count = 1000
    """how often each coin is tossed"""
    log: str = ""
    """a file that every measurement adds a line to"""
    seconds: float = 0.0
    """how long each measurement takes"""
    fails_at: float = 0.0
    """the density whose measurement raises"""


def toss(c: Config, density: float) -> core.Variables:
    if c.log:
        with Path(c.log).open("a") as log:
            log.write(f"{density}\n")
    if c.fails_at == density:
        raise RuntimeError("the coin rolled away")
    time.sleep(c.seconds)
    rng = np.random.default_rng([c.seed, int(1000 * density)])
    return {"heads": rng.random(c.tosses) < density}


TABLE = core.table(heads=("toss", "whether it fell on heads"))
TOSSES = core.Measurement("coins", version=1, parts=(core.Part(toss, TABLE, density="densities"),))


def worst_error(ds: xr.Dataset) -> Measured:
    deviation = np.sqrt(ds.density * (1 - ds.density) / ds.sizes["toss"])
    return Measured(float((abs(ds.heads.mean("toss") - ds.density) / deviation).max()))


def mean(ds: xr.Dataset) -> Measured:
    return Measured(float(ds.heads.mean()))


@core.takeaway(
    "No share is farther off than [means] standard errors; [all-heads of tosses] are heads."
)
def means(ds: xr.Dataset) -> core.Exhibit:
    shares = ds.heads.mean("toss")
    with drawing(width=3.0, height=2.0) as (figure, axes):
        axes[0, 0].plot(ds.density, shares, "o")
    return core.exhibit(figure, shares, "Shares of heads & <chances>.")


CLAIMS = (
    Claim(
        "means",
        "Every share of heads is within {high} standard errors of its chance.",
        "central limit",
        worst_error,
        high=4.5,
        control=controls.reversed_along("density"),
    ),
    Claim(
        "all-heads",
        "Coins always fall on heads (share {low}).",
        "hope",
        mean,
        low=Derived("1", lambda ds, found: 1.0),
        kind="open",
    ),
)

STUDY = core.Study(
    name="coin",
    group="test",
    question="Do coins fall as they should?",
    finding="They do, within [means] standard errors; [all-heads of tosses] are heads.",
    sources=("elhage2022",),
    measurements=(TOSSES,),
    presets={"quick": Config(tosses=100), "default": Config(), "paper": Config(tosses=10_000)},
    minutes={"quick": 0.0, "default": 0.0, "paper": 0.0},
    claims=CLAIMS,
    figures=(means,),
)
