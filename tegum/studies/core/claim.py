"""Claims: statements with a number in them that a run can refute, and controls on which they must.

A claim's bounds come from a theory, a null or a publication, never from the run that it judges.
They stand in the claim as values, and the statement is filled from them. A control is the same
dataset with what the claim is about taken away; an expected claim that its control does not
refute is no claim.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

import xarray as xr
from pydantic import ConfigDict, TypeAdapter

from tegum.errors import unknown_name
from tegum.html import html

Interval: TypeAlias = tuple[float, float]
Kind: TypeAlias = Literal["expected", "open"]

_AS_WRITTEN = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


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
    """

    value: float
    note: str = ""
    interval: Interval | None = None
    count: int = 0
    empty: bool = False

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
class ControlRecord:
    """What became of a control: its number, and whether it fails the claim, as it should."""

    __pydantic_config__: ClassVar[ConfigDict] = _AS_WRITTEN

    name: str
    measured: float | None
    fails: bool

    @property
    def shown(self) -> str:
        """The control beside the measured number, and a warning where it refutes nothing."""
        number = "nothing" if self.measured is None else f"{self.measured:.4g}"
        return f"control, {self.name}: {number}" + ("" if self.fails else " (does NOT fail)")


@dataclass(frozen=True)
class Verdict:
    """A claim held against a run: a record of claims.json."""

    __pydantic_config__: ClassVar[ConfigDict] = _AS_WRITTEN

    id: str
    kind: Kind
    statement: str
    measured: float | None
    low: float | None
    high: float | None
    holds: bool
    source: str
    note: str
    interval: Interval | None = None
    control: ControlRecord | None = None

    @property
    def number(self) -> str:
        """The measured number, with its interval where that is wider than three digits show."""
        if self.measured is None:
            return "nothing to judge" if self._empty else "not finite"
        ends = [] if self.interval is None else [f"{end:.3g}" for end in self.interval]
        shown = f" [{', '.join(ends)}]" if set(ends) - {f"{self.measured:.3g}"} else ""
        return f"{self.measured:.4g}{shown}"

    @property
    def fails(self) -> bool:
        """Whether it was expected to hold, there was something to judge, and it does not."""
        return self.kind == "expected" and not self.holds and not self._empty

    @property
    def judgement(self) -> str:
        """One word: "holds" or "FAILS"; "open" for what is not judged, "empty" for nothing."""
        if self._empty:
            return "empty"
        return "open" if self.kind == "open" else "holds" if self.holds else "FAILS"

    @property
    def _empty(self) -> bool:
        return self.measured is None and self.low is None and self.high is None

    @property
    def bounds(self) -> str:
        """The bounds as a condition on the measured number."""
        low = None if self.low is None else f"{self.low:.4g}"
        high = None if self.high is None else f"{self.high:.4g}"
        if low and high:
            return f"in [{low}, {high}]"
        return f"≥ {low}" if low else f"≤ {high}" if high else ""

    def as_json(self) -> dict[str, Any]:
        """The record."""
        return asdict(self)


@dataclass(frozen=True)
class Claim:
    """A statement that a run can refute.

    Attributes:
        id: short name, unique in its study.
        statement: what is claimed, in words; "{low}" and "{high}" are filled with the bounds.
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
        low, high = _in_words(self.low), _in_words(self.high)
        return self.statement.replace("{low}", low).replace("{high}", high)

    def judge(self, dataset: xr.Dataset) -> Verdict:
        """Hold the claim against a study's dataset, and against its control.

        A number that is not finite does not hold, nor does one against a bound that is not.
        """
        found = self._measured(dataset)
        low, high = (self._bound(bound, dataset, found) for bound in (self.low, self.high))
        ends = found.interval
        return Verdict(
            self.id,
            self.kind,
            self.words,
            _finite_or_none(found.value),
            _finite_or_none(low),
            _finite_or_none(high),
            self._holds(found, low, high),
            self.source,
            found.note,
            ends if ends is not None and all(map(math.isfinite, ends)) else None,
            None if self.control is None or found.empty else self._controlled(dataset),
        )

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
        low, high = (self._bound(bound, spoilt, found) for bound in (self.low, self.high))
        # On which there is nothing to judge, a control refutes nothing.
        fails = not found.empty and not self._holds(found, low, high)
        return ControlRecord(self.control.name, _finite_or_none(found.value), fails)

    def _holds(self, found: Measured, low: float | None, high: float | None) -> bool:
        if not all(math.isfinite(number) for number in (found.value, low or 0.0, high or 0.0)):
            return False
        return (low is None or found.value >= low) and (high is None or found.value <= high)

    @staticmethod
    def _bound(bound: Bound, dataset: xr.Dataset, found: Measured) -> float | None:
        if bound is None or found.empty:
            return None
        return float(bound.of(dataset, found)) if isinstance(bound, Derived) else float(bound)


def _in_words(bound: Bound) -> str:
    return bound.words if isinstance(bound, Derived) else "" if bound is None else f"{bound:.6g}"


def _finite_or_none(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)


class Verdicts(tuple[Verdict, ...]):
    """Verdicts in the study's order, by position or by the claim's id; a table in a notebook."""

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, str):
            found = {verdict.id: verdict for verdict in self}
            if which not in found:
                raise unknown_name("claim", which, found)
            return found[which]
        return super().__getitem__(which)

    @classmethod
    def from_json(cls, text: str) -> "Verdicts":
        """Records of claims.json as verdicts again; raises `ValueError` where they are none."""
        return cls(_RECORDS.validate_json(text))

    def _repr_html_(self) -> str:
        return html(_TABLE, verdicts=self)


_RECORDS = TypeAdapter(list[Verdict])

_TABLE = """\
<table class="claims">
<thead><tr><th></th><th>claim</th><th>measured [95 %]</th><th>required</th><th>source</th></tr>
</thead>
<tbody>
{% for v in verdicts %}
<tr title="{{ v.id }}"><td class="{{ v.judgement | lower }}"><b>{{ v.judgement }}</b></td>\
<td>{{ v.statement }}{% if v.note %}<br><small>{{ v.note }}</small>{% endif %}</td>\
<td>{{ v.number }}{% if v.control %}<br><small>{{ v.control.shown }}</small>{% endif %}</td>\
<td>{{ v.bounds }}</td><td><small>{{ v.source }}</small></td></tr>
{% endfor %}
</tbody>
</table>"""
