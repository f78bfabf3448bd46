"""Large populations on a GPU beside the usual PyTorch loop on the same card: `python -m benchmarks.gpu`.

Needs jax with CUDA (`pip install '.[gpu]'`) and PyTorch with CUDA; says so in one line where there is no card. The
median of the turns counts, each of which ends when the card has finished. `--write` adds the rows to
docs/performance.md, with date and card.
"""

import argparse
import sys
from datetime import UTC, datetime

import jax
import numpy as np

from benchmarks.tables import fill_in, markdown
from benchmarks.training import PAGE, Setting, milliseconds_a_step

TURNS = 5
SETTINGS = (Setting(400, 30, 200, 4096, 0, 100, 30), Setting(5, 2, 10_000, 1024, 0, 200, 50))


def compared(setting: Setting) -> tuple[str, ...]:
    """One row: both sides in turns, medians in ms, and their ratio."""
    import torch

    from benchmarks import torch_loop

    torch.set_default_device("cuda")
    step = torch_loop.bottlenecks(
        setting.n_features, setting.n_hidden, setting.models, setting.batch
    )
    turns = [
        (
            torch_loop.milliseconds_a_step(step, setting.their_steps),
            milliseconds_a_step(setting),
        )
        for _ in range(TURNS)
    ]
    theirs, ours = np.median(turns, axis=0)
    return setting.name, f"{theirs:.3g}", f"{ours:.3g}", f"{theirs / ours:.1f}"


def main() -> None:
    """Print the table, and write it down where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    asked = parser.parse_args()
    if jax.default_backend() != "gpu":
        sys.exit(
            f"benchmarks.gpu: jax computes on {jax.default_backend()}, expected a GPU; pip install '.[gpu]'"
        )
    head = ("features → hidden × models, batch", "PyTorch, ms", "tegum, ms", "ratio")
    table = markdown(head, [compared(setting) for setting in SETTINGS])
    cards = f"{jax.device_count()} × {jax.devices()[0].device_kind}"
    text = f"{table}\n\n{datetime.now(UTC).date()}, {cards}; median of {TURNS} turns of one run."
    print(text)
    if asked.write:
        fill_in(PAGE, "gpu", text)


if __name__ == "__main__":
    main()
