"""Verdicts: what became of claims, as they are kept in claims.json and shown to people."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import ConfigDict, TypeAdapter

from tegum.errors import unknown_name
from tegum.html import html
from tegum.studies.core.numerals import Interval, counted, written

Kind: TypeAlias = Literal["expected", "open"]

_AS_WRITTEN = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class ControlRecord:
    """What became of a control: its number, and whether it fails the claim, as it should.

    Attributes:
        name: what was taken away.
        measured: the number, None where it is not finite.
        fails: whether the claim is refuted on it, beyond the doubt that so few seeds leave.
        decides_from: with how many seeds it would be, if they spread as these do: the claim's
            power. None where no number of seeds would do, or the number is no statistic of seeds.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _AS_WRITTEN

    name: str
    measured: float | None
    fails: bool
    decides_from: int | None = None

    @property
    def shown(self) -> str:
        """The control beside the measured number, and a warning where it refutes nothing."""
        number = "nothing" if self.measured is None else written(self.measured)
        return f"control, {self.name}: {number}" + ("" if self.fails else " (does NOT fail)")


@dataclass(frozen=True)
class Verdict:
    """A claim held against a run: a record of claims.json.

    Attributes:
        id, kind, statement, source: of the claim.
        measured: the number, None where it is not finite or there was nothing to judge.
        low, high: its bounds in this run.
        holds: whether the number keeps them.
        note: how it was read off.
        interval: where it would lie with other seeds (95 %).
        control: what became of its control.
        decided: False where so few seeds cannot tell: the number misses a bound by less than the
            doubt that they leave, or the control is not refuted either.
    """

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
    decided: bool = True

    @property
    def number(self) -> str:
        """The measured number with its interval, in as many digits as that supports."""
        return self._unmeasured or written(self.measured or 0.0, self.interval)

    def share_of(self, what: str) -> str:
        """The measured number as a share of things, in words, such as "all models"."""
        return self._unmeasured or counted(self.measured or 0.0, what, self.interval)

    @property
    def _unmeasured(self) -> str:
        if self.measured is not None:
            return ""
        return "not finite" if self.decided else "nothing to judge"

    @property
    def fails(self) -> bool:
        """Whether it was expected to hold, could be decided, and does not."""
        return self.kind == "expected" and not self.holds and self.decided

    @property
    def judgement(self) -> str:
        """One word: "holds" or "FAILS"; "open" for what is not judged, "empty" where nothing, or
        too little, was there to decide it.
        """
        if not self.decided and (self.kind == "expected" or self.measured is None):
            return "empty"
        return "open" if self.kind == "open" else "holds" if self.holds else "FAILS"

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`: as the judgement, and of what is open whether it is met."""
        if self.judgement == "open":
            return "open and met" if self.holds else "open and not met"
        return {"holds": "hold", "FAILS": "fail"}.get(self.judgement, "empty")

    @property
    def bounds(self) -> str:
        """The bounds as a condition on the measured number."""
        low, high = (None if end is None else written(end) for end in (self.low, self.high))
        if low and high:
            return f"in [{low}, {high}]"
        return f"≥ {low}" if low else f"≤ {high}" if high else ""

    @property
    def power(self) -> str:
        """With how many seeds it can be decided, for people; empty where that is not known."""
        seeds = None if self.control is None else self.control.decides_from
        return "" if seeds is None else f"decides from {seeds} seeds on"

    def as_json(self) -> dict[str, Any]:
        """The record."""
        return asdict(self)


OUTCOMES = ("hold", "fail", "open and met", "open and not met", "empty")
"""in the order of a tally"""


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
<td>{{ v.bounds }}{% if v.power %}<br><small>{{ v.power }}</small>{% endif %}</td>\
<td><small>{{ v.source }}</small></td></tr>
{% endfor %}
</tbody>
</table>"""
