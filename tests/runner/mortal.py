"""A study whose measurement kills, or breaks, whoever makes it: so often, then no more."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np

from tegum.studies import core
from tests import coin


class Config(core.StudyConfig):
    """As coins, of which one is deadly."""

    densities: tuple[core.Density, ...] = (0.25, 0.5, 0.75)
    """chances of heads"""
    tosses: core.Count = 100
    """how often each coin is tossed"""
    log: str = ""
    """a file that every attempt adds a line to"""
    deadly_at: float = 0.5
    """the density whose measurement goes wrong"""
    deaths: int = 0
    """how often it kills its process"""
    errors: int = 0
    """how often it raises"""


def attempts(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def tossed(c: Config, density: float) -> core.Variables:
    with Path(c.log).open("a") as log:
        log.write(f"{density}\n")
    if density == c.deadly_at:
        before = attempts(Path(c.log)).count(str(density)) - 1
        if before < c.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        if before < c.errors:
            raise RuntimeError("the coin rolled away")
    rng = np.random.default_rng([c.seed, int(1000 * density)])
    return {"heads": rng.random(c.tosses) < density}


MORTAL = core.Measurement(
    "mortal-coins", version=1, parts=(core.Part(tossed, coin.TABLE, density="densities"),)
)

STUDY = replace(
    coin.STUDY,
    name="mortal-coin",
    measurements=(MORTAL,),
    presets={name: Config() for name in ("quick", "default", "paper")},
)
