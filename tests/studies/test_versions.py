"""A measurement that changed without its version is caught: its code has another fingerprint.

`measured.json` holds each measurement's version, and the fingerprint of the code of its parts. When
this test fails, a part's code has changed, or something that it reaches:

  it may give another result   raise the measurement's `version`, then write the file anew;
  it cannot (a name, a layout) write the file anew and say so in the commit.

Writing it anew: `python -m tests.studies.test_versions`.
"""

import json
from pathlib import Path

import pytest

from tegum.fingerprint import fingerprint
from tegum.studies.catalogue import CATALOGUE
from tegum.studies.core import Measurement

WRITTEN = Path(__file__).with_name("measured.json")
MEASUREMENTS = {m.name: m for study in CATALOGUE for m in study.measurements}


def described(measurement: Measurement) -> dict[str, object]:
    prints = {part.name: fingerprint(part.measure) for part in measurement.parts}
    return {"version": measurement.version, "parts": prints}


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_that_changed_has_another_version(name: str):
    written = json.loads(WRITTEN.read_text(encoding="utf-8"))
    assert described(MEASUREMENTS[name]) == written.get(name), __doc__


def test_measurements_of_one_name_are_one():
    every = [m for study in CATALOGUE for m in study.measurements]
    assert all(m is MEASUREMENTS[m.name] for m in every)


if __name__ == "__main__":
    found = {name: described(measurement) for name, measurement in sorted(MEASUREMENTS.items())}
    WRITTEN.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
