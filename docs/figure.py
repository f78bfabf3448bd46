"""Draws the README's figure: `python docs/figure.py`, from a default run of head-one-pair."""

from pathlib import Path

import tegum

FIGURE = "alignment-by-sparsity"

if __name__ == "__main__":
    exhibit = tegum.run("head-one-pair").figures[FIGURE]
    Path(__file__).with_name("alignment.png").write_bytes(exhibit.png())
