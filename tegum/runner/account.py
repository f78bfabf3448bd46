"""Accounts: what a finished run says, read from its folder alone, whosever study it is of."""

from dataclasses import dataclass

from tegum.errors import BadInputError
from tegum.runner.result import claims_in, finished_manifest
from tegum.store import Manifest, RunFolder, Said
from tegum.studies.core import Verdicts
from tegum.visible import visible


@dataclass(frozen=True)
class Account:
    """What a finished run says.

    Attributes:
        folder: of the run.
        manifest: what is written down of it.
        said: what its study says of itself.
        claims: what became of each claim.
        config: all of it, as TOML.
    """

    folder: RunFolder
    manifest: Manifest
    said: Said
    claims: Verdicts
    config: str

    @property
    def study(self) -> str:
        """The study's name."""
        return self.manifest.study


def account_of(folder: RunFolder) -> Account:
    """The account of a finished run.

    Raises:
        BadInputError: the run is not finished, or damaged.
        StoreError: its files cannot be read.
    """
    name, written = visible(folder.name), finished_manifest(folder)
    if damage := folder.damage():
        mend = "run it again to mend it, or leave it out"
        raise BadInputError(f"run: {name} is damaged ({damage[0]}); {mend}")
    if written.said is None:
        raise BadInputError(
            f"run: {name} was concluded by an older tegum; run it again, it only redraws"
        )
    config = folder.read_text("config.toml")
    return Account(folder, written, written.said, claims_in(folder), config)
