"""Claims: a number, bounds that include their ends, a control, and a verdict none can talk away."""

import json
import math
from dataclasses import replace

import pytest
import xarray as xr

from tegum.errors import BadInputError
from tegum.studies.core import Claim, Control, Derived, Measured, Verdicts

EMPTY = xr.Dataset()


def claim(value: float, low=None, high=None, **options) -> Claim:
    measured = Measured(value, "of 3")
    return Claim("id", "It is <so>.", "a & b", lambda _: measured, low, high, **options)


def round_trip(verdict):
    text = json.dumps([verdict.as_json()], allow_nan=False)
    [again] = Verdicts.from_json(text)
    return again


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
        (0.5, math.nan, None, False),
    ],
)
def test_a_claim_holds_within_its_bounds_and_not_on_what_is_not_finite(value, low, high, holds):
    verdict = claim(value, low, high).judge(EMPTY)
    assert verdict.holds is holds
    assert verdict.measured == (value if math.isfinite(value) else None)
    assert round_trip(verdict) == verdict


def test_an_open_claim_is_shown_and_not_judged():
    verdict = claim(0.0, low=1.0, kind="open").judge(EMPTY)
    assert (verdict.judgement, verdict.measured, verdict.holds) == ("open", 0.0, False)
    assert not verdict.fails


@pytest.mark.parametrize(
    ("low", "high", "bounds"),
    [(0.0, 1.0, "in [0, 1]"), (0.5, None, "≥ 0.5"), (None, 0.25, "≤ 0.25"), (None, None, "")],
)
def test_bounds_are_written_as_a_condition(low, high, bounds):
    assert claim(0.5, low, high).judge(EMPTY).bounds == bounds


def test_statements_are_filled_with_their_bounds_and_other_braces_stay():
    half = replace(claim(0.5, low=0.5, high=2), statement="{x} from {low} to {high}.")
    assert half.words == "{x} from 0.5 to 2."
    chance = Derived("what chance gives", lambda ds, found: 0.1)
    assert replace(half, low=chance, high=None).words == "{x} from what chance gives to ."


def test_a_derived_bound_may_depend_on_the_run_and_on_how_many_models_count():
    ds = xr.Dataset({"x": ("seed", [1.0, 2.0, 3.0])})
    of_both = Derived("", lambda ds, found: ds.sizes["seed"] + found.count)
    found = Claim("id", "So.", "source", lambda _: Measured(5.0, count=2), low=of_both).judge(ds)
    assert (found.low, found.holds) == (5.0, True)


def spoilt(by: float) -> Control:
    return Control("spoilt", lambda ds: ds + by)


def mean_of_x(ds: xr.Dataset) -> Measured:
    return Measured(float(ds.x.mean()))


@pytest.mark.parametrize(("by", "fails"), [(1.0, True), (0.1, False)])
def test_a_control_is_measured_as_the_claim_is_and_must_fail_it(by: float, fails: bool):
    ds = xr.Dataset({"x": ("seed", [0.0, 0.0])}, attrs={"config": "{}"})
    verdict = Claim("id", "So.", "source", mean_of_x, high=0.5, control=spoilt(by)).judge(ds)
    assert verdict.holds
    assert (verdict.control.name, verdict.control.measured) == ("spoilt", pytest.approx(by))
    assert verdict.control.fails is fails
    assert ("does NOT fail" in verdict.control.shown) is not fails
    assert round_trip(verdict) == verdict


def test_a_control_on_which_there_is_nothing_to_judge_refutes_nothing():
    control = Control("emptied", lambda ds: ds.drop_vars("x"))
    measure = lambda ds: mean_of_x(ds) if "x" in ds else Measured.nothing("no x")  # noqa: E731
    verdict = Claim("id", "So.", "s", measure, high=1.0, control=control).judge(
        xr.Dataset({"x": ("seed", [0.0])})
    )
    assert (verdict.control.measured, verdict.control.fails) == (None, False)


def test_a_table_escapes_what_it_shows_and_is_searched_by_id():
    verdicts = Verdicts([claim(0.5, low=0.0).judge(EMPTY)])
    assert "It is &lt;so&gt;." in verdicts._repr_html_()
    assert "a &amp; b" in verdicts._repr_html_()
    assert verdicts["id"] is verdicts[0]
    with pytest.raises(BadInputError, match=r"unknown claim 'idd'; did you mean id\?"):
        verdicts["idd"]


def test_an_interval_is_shown_beside_the_number_and_kept():
    measured = Measured(0.5, interval=(0.25, 0.75))
    verdict = Claim("id", "So.", "source", lambda _: measured, low=0.0).judge(EMPTY)
    assert verdict.number == "0.50 [0.25, 0.75]"
    assert replace(verdict, interval=(0.5, 0.5)).number == "0.5"
    assert round_trip(verdict) == verdict


def test_an_interval_that_is_not_finite_is_left_out():
    measured = Measured(1.0, interval=(math.nan, 1.0))
    verdict = Claim("id", "So.", "source", lambda _: measured, low=0.0).judge(EMPTY)
    assert verdict.holds
    assert verdict.interval is None


def test_where_there_was_nothing_to_judge_a_claim_neither_holds_nor_fails():
    verdict = replace(claim(0.0, low=1.0), measure=lambda _: Measured.nothing("none")).judge(EMPTY)
    said = (verdict.judgement, verdict.fails, verdict.number)
    assert said == ("empty", False, "nothing to judge")
    assert claim(math.nan, low=1.0).judge(EMPTY).fails
    assert not claim(0.0, low=1.0, kind="open").judge(EMPTY).fails


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"id": 1}]', "[" * 10_000, "nonsense", "[{}]"])
def test_what_are_no_records_of_claims_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011, pydantic's
        Verdicts.from_json(text)


def test_too_few_models_to_decide_are_nothing_to_judge():
    bound = Derived("a coin", lambda ds, found: 0.9, decides=lambda count: count >= 5)
    few, many = (
        Claim("id", "So.", "s", lambda _, n=n: Measured(0.5, count=n), low=bound).judge(EMPTY)
        for n in (4, 5)
    )
    assert (few.judgement, many.judgement) == ("empty", "FAILS")
