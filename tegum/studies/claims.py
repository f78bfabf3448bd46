"""Claims: statements with a number in them that a run can refute.

A claim's bounds come from a theory, a null or a publication, never from the run that it judges.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import xarray as xr

from tegum.errors import unknown_name
from tegum.html import html


@dataclass(frozen=True)
class Measured:
    """What a run says to a claim: one number, and the bounds it must keep to (None: no bound on that side).

    Without number and bounds there was nothing to judge (`nothing`): no model was of the kind that the claim speaks of.
    `interval` is where the number would lie with other seeds (95 %), shown and not judged; `studies.over_seeds` gives
    it. None where the number is no statistic of seeds.
    """

    value: float | int
    low: float | int | None = None
    high: float | int | None = None
    note: str = ""
    interval: tuple[float, float] | None = None

    @classmethod
    def nothing(cls, note: str) -> "Measured":
        """There was nothing to judge in this run; the note says why."""
        return cls(math.nan, note=note)


@dataclass(frozen=True)
class Verdict:
    """A claim held against a run: a record of claims.json."""

    id: str
    kind: Literal["expected", "open"]
    statement: str
    measured: float | None
    low: float | None
    high: float | None
    holds: bool
    source: str
    note: str
    interval: tuple[float, float] | None = None

    @property
    def number(self) -> str:
        """The measured number, with its interval where it has one that is wider than three digits show."""
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
        """One word: "holds" or "FAILS"; "open" for what is not judged, "empty" where there was nothing to judge."""
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

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Verdict":
        """A record as a verdict again; raises `ValueError` where it is none."""
        record = {"interval": None} | record
        if record["interval"] is not None:
            low, high = record["interval"]
            record["interval"] = (low, high)
        numbers = (record.get("measured"), record.get("low"), record.get("high"), *(record["interval"] or ()))
        texts = (record.get(name) for name in ("id", "kind", "statement", "source", "note"))
        if not (
            all(number is None or _is_number(number) for number in numbers)
            and all(isinstance(text, str) for text in texts)
            and isinstance(record.get("holds"), bool)
        ):
            raise ValueError("not the record of a claim")
        return cls(**record)


@dataclass(frozen=True)
class Claim:
    """A statement that a run can refute.

    Attributes:
        id: short name, unique in its study.
        statement: what is claimed, in words, with its threshold.
        source: where the claim and its threshold come from.
        measure: the study's dataset -> the number and its bounds.
        kind: "expected" claims are judged; "open" ones are predictions known to fail or in doubt, shown with their
            numbers and not judged.
    """

    id: str
    statement: str
    source: str
    measure: Callable[[xr.Dataset], Measured] = field(repr=False)
    kind: Literal["expected", "open"] = "expected"

    def judge(self, dataset: xr.Dataset) -> Verdict:
        """Hold the claim against a study's dataset. A number that is not finite does not hold, nor does a bound."""
        found = self.measure(dataset)
        value = float(found.value)
        known = all(math.isfinite(number) for number in (value, found.low or 0.0, found.high or 0.0))
        low, high = map(_finite_or_none, (found.low, found.high))
        holds = known and (low is None or value >= low) and (high is None or value <= high)
        measured = _finite_or_none(value)
        shown = found.interval is not None and all(map(math.isfinite, found.interval))
        interval = found.interval if shown else None
        return Verdict(
            self.id, self.kind, self.statement, measured, low, high, holds, self.source, found.note, interval
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _finite_or_none(number: float | int | None) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)


class Verdicts(tuple[Verdict, ...]):
    """Verdicts in the study's order, found by position or by the claim's id; a table in a notebook."""

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, str):
            found = {verdict.id: verdict for verdict in self}
            if which not in found:
                raise unknown_name("claim", which, found)
            return found[which]
        return super().__getitem__(which)

    def _repr_html_(self) -> str:
        return html(_TABLE, verdicts=self)


_TABLE = """\
<table class="claims">
<thead><tr><th></th><th>claim</th><th>measured [95 %]</th><th>required</th><th>source</th></tr></thead>
<tbody>
{% for v in verdicts %}
<tr title="{{ v.id }}"><td class="{{ v.judgement | lower }}"><b>{{ v.judgement }}</b></td>\
<td>{{ v.statement }}{% if v.note %}<br><small>{{ v.note }}</small>{% endif %}</td>\
<td>{{ v.number }}</td><td>{{ v.bounds }}</td><td><small>{{ v.source }}</small></td></tr>
{% endfor %}
</tbody>
</table>"""
