"""Writes paper.md: what studies claim at their sources' own sizes, from finished runs at `paper`.

`python docs/paper.py [STORE]`, after `tegum run STUDY --preset paper`; runs of other settings are
passed over.
"""

import sys
from pathlib import Path

from tegum.runner import Run, load, runs
from tegum.studies.core.numerals import written

PAGE = Path(__file__).with_name("paper.md")
INTRODUCTION = """\
# At the sources' own sizes

What studies claim at their preset `paper`, written by `docs/paper.py` from finished runs. Minutes are those that the
run's tasks took, one after the other. How claims are judged: [README](../README.md).
"""


def section(run: Run) -> str:
    """One run: its settings, its minutes, each claim with its number."""
    manifest = run.folder.manifest()
    assert manifest is not None  # of a finished run
    sizes = run.config.model_dump()
    said = [f"{name} = {sizes[name]}" for name in ("n_features", "n_hidden", "seeds", "steps")]
    device = f"{manifest.device['cores']} cores"
    rows = [
        f"| {verdict.outcome} | `{verdict.id}` | {verdict.number} | {verdict.bounds} |"
        for verdict in run.claims
    ]
    return "\n".join(
        [
            f"\n## {run.study.name}\n",
            f"*{run.study.question}*\n",
            f"{run.finding}\n",
            f"{', '.join(said)}, seed {run.config.seed}; {len(manifest.tasks)} tasks, "
            f"{written(manifest.seconds / 60)} minutes ({device}).\n",
            "| outcome | claim | measured [95 %] | required |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def at_paper(store: str) -> list[Run]:
    """The finished runs of a store whose settings are their study's preset `paper`."""
    found = [load(name, store=store) for name, row in runs(store).iterrows() if row.complete]
    return [run for run in found if run.config == run.study.config("paper", seed=run.config.seed)]


if __name__ == "__main__":
    store = sys.argv[1] if len(sys.argv) > 1 else "runs"
    PAGE.write_text(INTRODUCTION + "".join(map(section, at_paper(store))), encoding="utf-8")
