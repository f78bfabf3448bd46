"""Concluding: claims and figures from a run's stored result.

What is measured and what is concluded change apart. A run is concluded anew whenever what its
conclusions come from is not what it was: an edited caption redraws and an edited bound rejudges,
and neither trains anything.
"""

import hashlib
import io
import json
import secrets
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tegum.errors import bad_input
from tegum.runner.result import Run
from tegum.runner.versions import files_digest, package_digest
from tegum.store import FIGURE_NAME, Manifest, RunFolder, Said
from tegum.studies.core import Exhibit, Study
from tegum.studies.core.study import function_of

DRAWING = threading.Lock()  # matplotlib's settings are the whole process's

_NO_LAYOUT = {"figure.autolayout": False, "figure.constrained_layout.use": False}


def conclude(run: Run, manifest: Manifest) -> None:
    """Claims and figures from the stored result, then the manifest that makes the run complete."""
    result = run.dataset
    verdicts = [claim.judge(result).as_json() for claim in run.study.claims]
    text = json.dumps(verdicts, indent=2, ensure_ascii=False, allow_nan=False)
    run.folder.write_text("claims.json", text + "\n")
    with DRAWING:
        exhibits = run.study.drawn(result)
        for name, exhibit in exhibits.items():
            _write_exhibit(run.folder, name, exhibit)
    captions = {name: exhibit.caption for name, exhibit in exhibits.items()}
    _remove_other_figures(run.folder, captions)
    run.folder.write_manifest(
        manifest.changed(
            complete=True,
            concluded_by=source_of(run.study),
            said=_said(run.study),
            captions=captions,
            files=run.folder.hashed(),
        )
    )
    run.__dict__.pop("claims", None)  # what was read before may be another conclusion


def _said(study: Study) -> Said:
    return Said(
        question=study.question,
        finding=study.finding,
        takeaways=study.takeaways,
        sources=list(study.sources),
    )


def _write_exhibit(folder: RunFolder, name: str, exhibit: Exhibit) -> None:
    import matplotlib as mpl

    if not FIGURE_NAME.fullmatch(name):
        raise bad_input("figure", name, "a name of letters, digits, blanks and .,+=()-")
    exhibit.figure.draw_without_rendering()
    svg = io.BytesIO()
    # Fixed salt and no date: equal results give equal files.
    settings: dict[Any, Any] = {"svg.hashsalt": name, "svg.fonttype": "path", **_NO_LAYOUT}
    with mpl.rc_context(settings):
        # It is laid out once, not for every format. "none" would leave a stand-in for the engine, for which matplotlib
        # draws once more before it saves; None takes what the settings say, which is none at all.
        exhibit.figure.set_layout_engine(None)
        blank = {"Date": None, "Creator": None}
        exhibit.figure.savefig(svg, format="svg", dpi=200, metadata=blank)
    folder.write_bytes(f"figures/{name}.svg", svg.getvalue())
    folder.write_bytes(f"figures/{name}.png", exhibit.png())
    # Six digits: more than a figure shows, and a page with all data stays light to send.
    table = exhibit.data.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    folder.write_text(f"figures/{name}.csv", table)


def _remove_other_figures(folder: RunFolder, names: Mapping[str, str]) -> None:
    """A figure that the study no longer draws would be taken for one of this run's."""
    for name in folder.files():
        if name.startswith("figures/") and Path(name).stem not in names:
            folder.file(name).unlink()


def source_of(study: Study) -> str:
    """The first 12 hex digits of the sha256 of all that a study's conclusions come from.

    Its claims' own values, and the source of whole packages: tegum's, and those that a study of
    one's own is made of. Where a source cannot be read, as in a notebook, no two calls agree.
    """
    functions = [
        *map(function_of, study.figures),
        *(part.measure for m in study.measurements for part in m.parts),
    ]
    functions += [claim.measure for claim in study.claims]
    modules = {each.__module__ for each in (*functions, study.config_type)}
    tops = sorted({"tegum"} | {module.partition(".")[0] for module in modules})
    said = [repr(claim) + claim.words for claim in study.claims]
    whole = [_said(study).model_dump_json(), *said, *map(_source_digest, tops)]
    return hashlib.sha256("\0".join(whole).encode()).hexdigest()[:12]


def _source_digest(package: str) -> str:
    """Of a package's sources; of a single module, with all that was imported from beside it."""
    place = getattr(sys.modules.get(package), "__file__", None)
    if place is None:
        return secrets.token_hex()
    path = Path(place).resolve()
    if path.name == "__init__.py":
        return package_digest(path.parent)
    loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    beside = {Path(file).resolve() for file in loaded if file and str(file).endswith(".py")}
    return files_digest(
        sorted({path} | {p for p in beside if p.parent == path.parent}), path.parent
    )
