"""Claims: a number, bounds that include their ends, and a verdict that a run cannot talk its way out of."""

import json
import math
from dataclasses import replace

import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.claims import Claim, Measured, Verdict, Verdicts

EMPTY = xr.Dataset()


def claim(value: float, low: float | None = None, high: float | None = None, **options) -> Claim:
    return Claim("id", "It is <so>.", "a & b", lambda _: Measured(value, low, high, "of 3"), **options)


@pytest.mark.parametrize(
    ("value", "low", "high", "holds"),
    [
        (1.0, 1.0, None, True),
        (1.0, None, 1.0, True),
        (0.999, 1.0, None, False),
        (2.0, 0.0, 1.0, False),
        (0.5, 0.0, 1.0, True),
        (math.nan, None, 1.0, False),
        (math.inf, 1.0, None, False),
    ],
)
def test_a_claim_holds_within_its_bounds_and_not_on_what_is_not_finite(value, low, high, holds):
    verdict = claim(value, low, high).judge(EMPTY)
    assert verdict.holds is holds
    assert verdict.measured == (value if math.isfinite(value) else None)
    record = json.loads(json.dumps(verdict.as_json(), allow_nan=False))
    assert Verdict.from_json(record) == verdict


def test_an_open_claim_is_shown_and_not_judged():
    verdict = claim(0.0, low=1.0, kind="open").judge(EMPTY)
    assert verdict.judgement == "open"
    assert verdict.measured == 0.0
    assert not verdict.holds


@pytest.mark.parametrize(
    ("low", "high", "bounds"),
    [(0.0, 1.0, "in [0, 1]"), (0.5, None, "≥ 0.5"), (None, 0.25, "≤ 0.25"), (None, None, "")],
)
def test_bounds_are_written_as_a_condition(low, high, bounds):
    assert claim(0.5, low, high).judge(EMPTY).bounds == bounds


def test_a_table_escapes_what_it_shows_and_is_searched_by_id():
    verdicts = Verdicts([claim(0.5, low=0.0).judge(EMPTY)])
    assert "It is &lt;so&gt;." in verdicts._repr_html_()
    assert "a &amp; b" in verdicts._repr_html_()
    assert verdicts["id"] is verdicts[0]
    with pytest.raises(BadInputError, match=r"unknown claim 'idd'; did you mean id\?"):
        verdicts["idd"]


def test_an_interval_is_shown_beside_the_number_and_kept():
    claim = Claim("id", "So.", "source", lambda _: Measured(0.5, low=0.0, interval=(0.25, 0.75)))
    verdict = claim.judge(EMPTY)
    assert verdict.number == "0.5 [0.25, 0.75]"
    assert replace(verdict, interval=(0.5, 0.5)).number == "0.5"
    assert Verdict.from_json(json.loads(json.dumps(verdict.as_json()))) == verdict


@pytest.mark.parametrize("measured", [Measured(1.0, low=math.nan), Measured(1.0, low=0.0, interval=(math.nan, 1.0))])
def test_a_bound_that_is_not_finite_does_not_hold_and_an_interval_is_left_out(measured: Measured):
    verdict = Claim("id", "So.", "source", lambda _: measured).judge(EMPTY)
    assert verdict.holds is (measured.interval is not None)
    assert verdict.interval is None
    json.dumps(verdict.as_json(), allow_nan=False)


def test_where_there_was_nothing_to_judge_a_claim_neither_holds_nor_fails():
    verdict = Claim("id", "So.", "source", lambda _: Measured.nothing("no such model")).judge(EMPTY)
    assert (verdict.judgement, verdict.fails, verdict.number) == ("empty", False, "nothing to judge")
    assert claim(math.nan, low=1.0).judge(EMPTY).fails
    assert not claim(0.0, low=1.0, kind="open").judge(EMPTY).fails
