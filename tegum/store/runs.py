"""Run folders: one run's config, combined result, claims, figures and manifest."""

import re
from dataclasses import dataclass
from typing import final

from tegum.errors import StoreError
from tegum.store.files import MISSING, Folder, digest
from tegum.store.manifest import Manifest
from tegum.visible import visible

MANIFEST = "manifest.json"
FIGURE_NAME = re.compile(r"\w[\w .,+=()-]*")

_KINDS = re.compile(
    r"config\.toml|manifest\.json|result\.nc|claims\.json"
    rf"|figures/{FIGURE_NAME.pattern}\.(svg|png|csv)"
)
_NO_MANIFEST, _UNKNOWN = "missing or unreadable", "not in the manifest"


@final
@dataclass(frozen=True)
class RunFolder(Folder):
    """One run's folder. Reading and writing of its files, and nothing about what they mean."""

    @property
    def kinds(self) -> re.Pattern[str]:
        return _KINDS

    @property
    def folders(self) -> tuple[str, ...]:
        return ("figures",)

    def manifest(self) -> Manifest | None:
        """What is written down of the run; None where nothing is, or it is not readable."""
        try:
            return Manifest.model_validate_json(self.read_text(MANIFEST))
        except (FileNotFoundError, NotADirectoryError, StoreError, ValueError, RecursionError):
            return None

    def write_manifest(self, content: Manifest) -> None:
        """Write the manifest down, whole."""
        self.write_text(MANIFEST, content.model_dump_json(indent=2) + "\n")

    def hashed(self) -> dict[str, str]:
        """The sha256 of each of its files but the manifest, by name."""
        return {name: digest(self.file(name)) for name in self.files() if name != MANIFEST}

    def is_complete(self) -> bool:
        """Whether the manifest says that the run is finished."""
        written = self.manifest()
        return written is not None and written.complete

    def is_whole(self, name: str) -> bool:
        """Whether a file of a finished run is as it was written."""
        written = self.manifest()
        ours = written is not None and written.complete and written.run in ("", self.name)
        known = written.files if written is not None and ours else {}
        return name in known and not self.fault(name, known[name])

    def damage(self) -> list[str]:
        """Every file held against the manifest: a line for each that is not as it should be."""
        return [f"{visible(name)}: {why}" for name, why in self._damaged().items()]

    def set_damaged_aside(self) -> list[str]:
        """Rename all that is damaged out of the way, so that it is made anew; one line for each.

        What the manifest names outside this folder is said, and left alone.
        """
        there, lines = set(self.entries()), []
        for name, why in self._damaged().items():
            if name in there and why != _UNKNOWN:
                lines.append(self.set_aside(name, why))
            elif name not in there and why not in (MISSING, _NO_MANIFEST):
                named = f"{MANIFEST} names {visible(name)}: {why}; left alone"
                lines.append(f"{visible(self.path)}: {named}")
        return lines

    def _damaged(self) -> dict[str, str]:
        """What is wrong, by name."""
        written = self.manifest()
        if written is None:
            there = [name for name in self.entries() if name != MANIFEST]
            misfits = {name: why for name in there if (why := self.misfit(name))}
            return {MANIFEST: _NO_MANIFEST} | misfits
        if written.run not in ("", self.name):
            return {MANIFEST: f"it is of another run, {visible(written.run)}"}
        known = written.files if written.complete else {}
        wrong = {name: why for name, sha in known.items() if (why := self.fault(name, sha))}
        for name in (f"figures/{caption}.svg" for caption in written.captions):
            if name not in known:
                wrong[name] = self.misfit(name) or "has a caption, but is not in the manifest"
        for name in self.entries():
            if name not in known and name != MANIFEST:
                why = self.misfit(name) or (_UNKNOWN if written.complete else "")
                wrong |= {name: why} if why else {}
        return wrong
