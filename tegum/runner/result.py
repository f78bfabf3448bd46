"""Finished runs: what they show, and what is read of them."""

from dataclasses import dataclass
from functools import cached_property

import xarray as xr

from tegum.errors import BadInputError, StoreError
from tegum.html import html
from tegum.runner.configs import as_json
from tegum.store import Manifest, RunFolder
from tegum.studies.core import Study, StudyConfig, Verdicts
from tegum.studies.core.answers import filled
from tegum.studies.core.gallery import Gallery
from tegum.visible import visible


@dataclass(frozen=True)
class Run:
    """A finished run. `dataset`, `claims` and `figures` show themselves in a notebook."""

    study: Study
    config: StudyConfig
    folder: RunFolder

    @cached_property
    def dataset(self) -> xr.Dataset:
        """All that was measured, with named axes."""
        dataset = self.folder.read_dataset("result.nc")
        if dataset.attrs.get("config") != as_json(self.config):
            where = visible(self.folder.path)
            raise StoreError(f"store: {where} holds the result of another config; set it aside")
        return dataset

    @cached_property
    def claims(self) -> Verdicts:
        """What became of each claim."""
        return claims_in(self.folder)

    @cached_property
    def figures(self) -> Gallery:
        """The figures by name, drawn from the dataset."""
        return Gallery(self.study.drawn(self.dataset))

    @property
    def finding(self) -> str:
        """What was found, one or two sentences with their numbers."""
        name = self.study.name
        return filled(self.study.finding, {name: self.claims}, name) or ""

    @property
    def holds(self) -> bool:
        """Whether every claim of kind "expected" holds for which there was something to judge."""
        return not any(verdict.fails for verdict in self.claims)

    def _repr_html_(self) -> str:
        return html(
            "<h3>{{ name }}</h3><p>{{ question }}</p><p><b>{{ finding }}</b></p>{{ claims }}",
            name=self.study.name,
            question=self.study.question,
            finding=self.finding,
            claims=self.claims._repr_html_(),
        )


def finished_manifest(folder: RunFolder) -> Manifest:
    """What is written down of a finished run; raises `BadInputError` where it is not finished."""
    written = folder.manifest()
    if written is None or not written.complete:
        way_out = "`tegum run` with its config.toml finishes it"
        raise BadInputError(f"run: {visible(folder.name)} is not finished; {way_out}")
    return written


def claims_in(folder: RunFolder) -> Verdicts:
    """What became of each claim of a run, whosever study it is of.

    Raises:
        StoreError: there are none, or they are not readable.
    """
    try:
        return Verdicts.from_json(folder.read_text("claims.json"))
    except (FileNotFoundError, ValueError, RecursionError) as error:
        where = visible(folder.path / "claims.json")
        raise StoreError(f"store: {where} holds no claims; run it again to mend it") from error
