"""Claims: statements with a number in them that a run can refute, and controls on which they must.

A claim's bounds come from a theory, a null or a publication, never from the run that it judges.
They stand in the claim as values, and the statement is filled from them. A control is the same
dataset with what the claim is about taken away; an expected claim that its control does not
refute is no claim.

No verdict hangs on luck. A number within its bounds holds, if the control is refuted; one beyond
them FAILS where it is so by more than the doubt that its seeds leave (`core.doubt`), the worst of
many settings judged as a worst of many; all else is undecided, "empty", and says how many seeds
would decide.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.studies.core.doubt import seeds_to_tell
from tegum.studies.core.numerals import Interval, written
from tegum.studies.core.verdict import ControlRecord, Kind, Verdict


@dataclass(frozen=True)
class Measured:
    """What a dataset says to a claim.

    Attributes:
        value: the number; NaN with `empty` where there was nothing to judge.
        note: how it was read off, for people.
        interval: where it would lie with other seeds (95 %), shown and not judged; None where the
            number is no statistic of seeds.
        count: how many models the number is about, for bounds that depend on it; 0 if unsaid.
        empty: nothing to judge: no model was of the kind that the claim speaks of.
        limits: the least and the greatest number that the seeds leave possible, all competing
            settings taken together (`core.doubt`); None where the number is no statistic of seeds.
        settings: of each that competed to be the worst, its own number and spread (`core.doubt`).
        values: what a median is of, all settings together; None for other numbers.
    """

    value: float
    note: str = ""
    interval: Interval | None = None
    count: int = 0
    empty: bool = False
    limits: Interval | None = None
    settings: Float[np.ndarray, "2 settings"] | None = field(
        default=None, repr=False, compare=False
    )
    values: Float[np.ndarray, " values"] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def nothing(cls, note: str) -> "Measured":
        """There was nothing to judge in this run; the note says why."""
        return cls(math.nan, note=note, empty=True)


@dataclass(frozen=True)
class Derived:
    """A bound that theory or a null computes from a run's config, or from how many models count.

    Attributes:
        words: what it is, such as "the 95 % of chance"; statements are filled with it.
        of: (dataset, measured) -> the number.
        decides: whether so many models can decide at all; with fewer there is nothing to judge.
    """

    words: str
    of: Callable[[xr.Dataset, Measured], float] = field(repr=False)
    decides: Callable[[int], bool] = field(default=lambda count: True, repr=False)


Bound: TypeAlias = float | int | Derived | None
_Bounds: TypeAlias = tuple[float | None, float | None]


@dataclass(frozen=True)
class Control:
    """What a claim must fail on.

    Attributes:
        name: what was done to the dataset, to follow "control:", such as "features shuffled".
        spoil: dataset -> the dataset with what the claim is about taken away.
    """

    name: str
    spoil: Callable[[xr.Dataset], xr.Dataset] = field(repr=False)


@dataclass(frozen=True)
class Claim:
    """A statement that a run can refute.

    Attributes:
        id: short name, unique in its study.
        statement: what is claimed, in words; "{low}" and "{high}" are filled with the bounds,
            "{low%}" and "{high%}" with them as percentages.
        source: where the claim and its bounds come from.
        measure: the study's dataset -> the number; see `core.measures`.
        low, high: the bounds that the number must keep to, ends included; None: none.
        control: what it must fail on; every expected claim has one.
        kind: "expected" claims are judged; "open" ones are predictions known to fail or in doubt,
            shown with their numbers and not judged.
    """

    id: str
    statement: str
    source: str
    measure: Callable[[xr.Dataset], Measured] = field(repr=False)
    low: Bound = None
    high: Bound = None
    control: Control | None = None
    kind: Kind = "expected"

    @property
    def words(self) -> str:
        """The statement with its bounds filled in, before any run."""
        said = self.statement
        for name, bound in (("low", self.low), ("high", self.high)):
            said = said.replace(f"{{{name}}}", _in_words(bound))
            said = said.replace(f"{{{name}%}}", _in_words(bound, percent=True))
        return said

    def judge(self, dataset: xr.Dataset) -> Verdict:
        """Hold the claim against a study's dataset, and against its control.

        A number that is not finite does not hold, nor does one against a bound that is not.
        """
        found = self._measured(dataset)
        low, high = bounds = self._bounds(dataset, found)
        control = None if self.control is None or found.empty else self._controlled(dataset)
        holds, ends = _within(found.value, bounds), found.interval
        doubted = self._doubted(found, bounds, control)
        return Verdict(
            self.id,
            self.kind,
            self.words,
            _finite_or_none(found.value),
            _finite_or_none(low),
            _finite_or_none(high),
            holds,
            self.source,
            "; ".join(part for part in (found.note, _beyond_each(found, bounds), doubted) if part),
            ends if ends is not None and all(map(math.isfinite, ends)) else None,
            control,
            decided=not found.empty and not doubted,
        )

    @staticmethod
    def _doubted(found: Measured, bounds: _Bounds, control: ControlRecord | None) -> str:
        """Why so few seeds cannot decide the claim; nothing where they can, or are none."""
        if found.empty:
            return ""
        if _within(found.value, bounds):
            if control is None or control.fails:
                return ""
            return _too_few("its control", control.decides_from)
        if _refuted(found, bounds):
            return ""
        return _too_few("its bound", _power(found, bounds))

    def _measured(self, dataset: xr.Dataset) -> Measured:
        found = self.measure(dataset)
        derived = [bound for bound in (self.low, self.high) if isinstance(bound, Derived)]
        if found.empty or all(bound.decides(found.count) for bound in derived):
            return found
        return Measured.nothing(f"{found.count} models are too few to decide it")

    def _controlled(self, dataset: xr.Dataset) -> ControlRecord:
        assert self.control is not None
        spoilt = self.control.spoil(dataset).assign_attrs(dataset.attrs)
        found = self._measured(spoilt)
        bounds = self._bounds(spoilt, found)
        # On which there is nothing to judge, a control refutes nothing.
        fails = not found.empty and _refuted(found, bounds)
        power = _power(found, bounds)
        return ControlRecord(self.control.name, _finite_or_none(found.value), fails, power)

    def _bounds(self, dataset: xr.Dataset, found: Measured) -> _Bounds:
        low, high = (
            None
            if bound is None or found.empty
            else float(bound.of(dataset, found) if isinstance(bound, Derived) else bound)
            for bound in (self.low, self.high)
        )
        return low, high


def _beyond(value: float, bounds: _Bounds) -> float:
    """How far a number lies outside its bounds, 0 or less inside; NaN where one is not finite."""
    low, high = bounds
    out = [low - value] if low is not None else []
    out += [value - high] if high is not None else []
    if not all(map(math.isfinite, out)):
        return math.nan
    return max(out, default=0.0)


def _within(value: float, bounds: _Bounds) -> bool:
    return math.isfinite(value) and _beyond(value, bounds) <= 0


def _refuted(found: Measured, bounds: _Bounds) -> bool:
    """Whether it is beyond its bounds by more than its seeds leave in doubt, or not finite."""
    if _within(found.value, bounds):
        return False
    if found.limits is None or not math.isfinite(_beyond(found.value, bounds)):
        return True
    (low, high), (least, greatest) = bounds, found.limits
    return (low is not None and greatest < low) or (high is not None and least > high)


def _power(found: Measured, bounds: _Bounds) -> int | None:
    """With how many seeds like these some setting is told from the bounds; None if never."""
    if found.settings is None:
        return None
    each = [(_beyond(value, bounds), spread) for value, spread in found.settings.T]
    return seeds_to_tell(each)


def _beyond_each(found: Measured, bounds: _Bounds) -> str:
    """Of a median: how many of the single values lie beyond its bounds, if any do."""
    if found.values is None:
        return ""
    low, high = bounds
    out = np.zeros(found.values.shape, bool)
    out |= False if low is None else found.values < low
    out |= False if high is None else found.values > high
    return f"{out.sum()} of {out.size} single values beyond the bound" if out.any() else ""


def _too_few(than: str, would: int | None) -> str:
    more = "" if would is None else f"; {would} seeds like these would tell"
    return f"too few seeds to tell it from {than}{more}"


def _in_words(bound: Bound, *, percent: bool = False) -> str:
    if bound is None or isinstance(bound, Derived):
        return "" if bound is None else bound.words
    return f"{100 * bound:.6g} %" if percent else written(float(bound))


def _finite_or_none(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)
