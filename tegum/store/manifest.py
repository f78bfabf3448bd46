"""Manifests: what is written down of a run. Strict JSON of this shape; all else is no manifest."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class _Written(BaseModel):
    """JSON that is read back as it was written; what later versions may add is passed over."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class TaskRecord(_Written):
    """What is known of a finished task."""

    seconds: Annotated[float, Field(ge=0, lt=1e12)]
    """that it took to compute"""
    sha256: str
    """of its file"""


class Said(_Written):
    """What a study says of itself, so that its runs can be reported without it."""

    question: str
    finding: str
    """with [claim] where a number belongs"""
    takeaways: dict[str, str]
    """likewise, of figures by name"""
    sources: list[str]
    """keys of BibTeX entries"""


class Manifest(_Written):
    """What is written down of a run: where it comes from, its tasks, hashes of its files."""

    study: str
    run: str = ""
    """the folder's own name, so that a copy under another name is no run"""
    measurements: dict[str, int]
    """versions by name"""
    complete: bool = False
    concluded_by: str = ""
    """digest of the source that claims and figures come from"""
    versions: dict[str, str] = {}
    """of Python and packages"""
    device: dict[str, str | int | None] = {}
    tasks: dict[str, TaskRecord | None] = {}
    """by measurement/key; None while it is to be computed"""
    failed: dict[str, str] = {}
    """the errors of those that failed when they were last tried, likewise by name"""
    said: Said | None = None
    captions: dict[str, str] = {}
    """of figures, by name"""
    files: dict[str, str] = {}
    """sha256 of the run's own files, by name"""

    @property
    def seconds(self) -> float:
        """What all its tasks took to compute."""
        return sum(record.seconds for record in self.tasks.values() if record is not None)

    def changed(self, **fields: Any) -> "Manifest":
        """With some fields replaced, checked as all others are."""
        return Manifest(**{**dict(self), **fields})
