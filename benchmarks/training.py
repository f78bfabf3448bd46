"""Training speed beside the usual PyTorch loops, and beside the machine's limits: `python -m benchmarks.training`.

Both sides train the same models (densities 20^-linspace(0, 1), importance 0.9^i, AdamW at 1e-3, fresh samples each
step), taking turns so that a busy machine hurts both alike; PyTorch at one thread and at one per core, of which the
better counts. The median of the turns counts. Beside it, what part of the limit is reached:

    of a product    multiply-adds a second, over those of one large float32 product in the same run
    ns a number     time of a step over the random numbers it draws; drawing alone is measured in the same run

`--json FILE` writes all of it down; `--write` puts the table into docs/performance.md.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.tables import fill_in, markdown
from tegum.cores import cores
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.noise import uniform
from tegum.training import Reconstruction, fresh, stack, train
from tegum.training.objectives import Pairs, ReconstructionAndHead
from tegum.training.recipe import Recipe, Sampled

TURNS = 5
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
LEVEL = (10, 100, 1000, 10_000)  # models of 5 -> 2, whose cost apiece should not rise


@dataclass(frozen=True)
class Setting:
    """A population, how long each side runs in a turn, and the ratio asked for; `rank` 0 is no head."""

    n_features: int
    n_hidden: int
    models: int
    batch: int
    asked: float
    steps: int
    their_steps: int
    rank: int = 0

    @property
    def name(self) -> str:
        head = f", head of rank {self.rank}" if self.rank else ""
        return f"{self.n_features}→{self.n_hidden}{head} × {self.models}, {self.batch}"

    @property
    def numbers(self) -> int:
        """Random numbers that a step draws: one a feature and sample; with a head there are two tokens."""
        return self.models * self.batch * self.n_features * (2 if self.rank else 1)

    @property
    def multiply_adds(self) -> int:
        """Of a step: five products of a feature-by-hidden matrix a token, three of a rank-by-hidden one."""
        tokens = self.models * self.batch * (2 if self.rank else 1)
        return tokens * self.n_hidden * (5 * self.n_features + 3 * self.rank)


SETTINGS = (
    Setting(5, 2, 10, 1024, 24, 2000, 100),
    Setting(20, 5, 10, 1024, 15, 500, 50),
    Setting(5, 2, 1000, 1024, 29, 200, 6),
    Setting(100, 20, 20, 1024, 13, 50, 10),
    Setting(400, 30, 16, 4096, 25, 5, 2),
    Setting(20, 10, 20, 512, 10, 200, 20, rank=10),
)


def population(setting: Setting) -> tuple:
    """Fresh models and what they are asked to do."""
    n, m = setting.n_features, setting.n_hidden
    importance = 0.9 ** np.arange(n)
    laws = [SparseFeatures(n, p, importance) for p in 20 ** -np.linspace(0, 1, setting.models)]
    bottlenecks = fresh(partial(Bottleneck.init, n, m), range(setting.models))
    if not setting.rank:
        return bottlenecks, stack([Reconstruction(law) for law in laws])
    heads = fresh(partial(Head.init, m, setting.rank), range(setting.models))
    pairs = Pairs(((0, 1),))
    objectives = [ReconstructionAndHead(law, pairs, np.ones((), np.float32)) for law in laws]
    return HeadedBottleneck(bottlenecks, heads), stack(objectives)


def milliseconds_a_step(setting: Setting, steps: int | None = None) -> float:
    """Wall-clock time of one training step of the population, compiled before."""
    models, objectives = population(setting)
    recipe = Recipe(steps=steps or setting.steps, objective=Sampled(setting.batch))
    run = partial(train, models, objectives, recipe, seeds=range(setting.models))
    run()
    return 1e3 * _seconds(run) / recipe.steps


def of_a_large_product(size: int = 2048) -> float:
    """Multiply-adds a second of one float32 product, on all cores."""
    a = jnp.ones((size, size), jnp.float32)
    product = jax.jit(jnp.matmul)
    jax.block_until_ready(product(a, a))
    return size**3 / min(_seconds(lambda: jax.block_until_ready(product(a, a))) for _ in range(5))


def nanoseconds_a_number(count: int = 2**22) -> float:
    """Of drawing alone, on all cores."""
    drawn = jax.jit(lambda key: uniform(key, (count,)).sum())
    jax.block_until_ready(drawn(jax.random.key(0)))
    runs = [_seconds(lambda: jax.block_until_ready(drawn(jax.random.key(1)))) for _ in range(5)]
    return 1e9 * min(runs) / count


def peak_gigabytes(models: int = 10_000, steps: int = 20) -> float:
    """Greatest resident memory of a process that trains this many models of 5 -> 2."""
    code = f"from benchmarks.training import peak_of_this_process as peak; print(peak({models}, {steps}))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(out.stdout)


def peak_of_this_process(models: int, steps: int) -> float:
    """Train, and report the greatest resident memory of this process so far, in GB."""
    milliseconds_a_step(Setting(5, 2, models, 1024, 0, steps, 0))
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def compared(setting: Setting, limit: float) -> dict[str, object]:
    """One row: both sides in turns, medians in ms, their ratio, and the share of the limit."""
    from benchmarks import torch_loop

    sizes = (setting.n_features, setting.n_hidden)
    their_step = (
        torch_loop.with_heads(*sizes, setting.rank, setting.models, setting.batch)
        if setting.rank
        else torch_loop.bottlenecks(*sizes, setting.models, setting.batch)
    )
    theirs = partial(torch_loop.milliseconds_a_step, their_step, setting.their_steps)
    turns = [
        (theirs(1), theirs(cores()), milliseconds_a_step(setting)) for _ in range(TURNS)
    ]  # fmt: skip
    one, all_cores, ours = np.median(turns, axis=0)
    return {
        **asdict(setting),
        **_row(one, all_cores, ours),
        "of a product": setting.multiply_adds / (ours / 1e3) / limit,
        "ns a number": 1e6 * float(ours) / setting.numbers,
    }


def dictionaries() -> dict[str, object]:
    """The row of sparse autoencoders, from their own benchmark."""
    from benchmarks import dictionaries as saes

    one, all_cores, ours = saes.compared((20, 20, 400))[:, 0]  # on the clock
    return {
        "name": f"SAEs, 20 → 400 latents × {saes.MODELS}, {saes.BATCH}",
        "asked": saes.REQUIRED,
        **_row(one, all_cores, ours),
    }


def _row(one: float, all_cores: float, ours: float) -> dict[str, float]:
    """Milliseconds a step of both sides, and the ratio to the better of PyTorch's."""
    return {
        "torch, 1 thread": float(one),
        "torch, all cores": float(all_cores),
        "tegum": float(ours),
        "ratio": float(min(one, all_cores) / ours),
    }


def measured() -> dict[str, object]:
    """Everything, as a value for JSON."""
    limit = of_a_large_product()
    rows = [{"name": setting.name} | compared(setting, limit) for setting in SETTINGS]
    rows.append(dictionaries())
    apiece = {}
    for models in LEVEL:
        setting = Setting(5, 2, models, 1024, 0, max(20, 20_000 // models), 0)
        apiece[str(models)] = 1e3 * milliseconds_a_step(setting) / models
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{cores()} cores, {platform.machine()}",
        "versions": {name: version(name) for name in ("jax", "torch")},
        "multiply-adds a second": limit,
        "ns a number alone": nanoseconds_a_number(),
        "microseconds a model and step of 5→2, by models": apiece,
        "peak GB of 10 000 models": peak_gigabytes(),
        "rows": rows,
    }


def as_text(found: dict) -> str:
    """The table and the sentences under it, in Markdown."""

    def row(each: dict) -> tuple[str, ...]:
        share = f"{each['of a product']:.2f}" if "of a product" in each else ""
        apiece = f"{each['ns a number']:.2f}" if "ns a number" in each else ""
        times = [
            f"{each[name]:.3g}" for name in ("torch, 1 thread", "torch, all cores", "tegum")
        ]  # fmt: skip
        return (each["name"], *times, f"{each['ratio']:.1f}", f"{each['asked']:g}", share, apiece)

    head = (
        "features → hidden × models, batch",
        "PyTorch, 1 thread, ms",
        "all cores, ms",
        "tegum, ms",
        "ratio",
        "asked",
        "of a product",
        "ns a number",
    )
    level = ", ".join(
        f"{models}: {microseconds:.2f}"
        for models, microseconds in found["microseconds a model and step of 5→2, by models"].items()
    )
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    return "\n".join(
        (
            markdown(head, [row(each) for each in found["rows"]]),
            "",
            f"{found['date']}, {found['machine']}, {versions}; median of {TURNS} turns of one run.",
            f"One large product: {found['multiply-adds a second'] / 1e9:.0f} · 10⁹ multiply-adds a second. "
            f"Drawing alone: {found['ns a number alone']:.2f} ns a number.",
            f"Microseconds a model and step of 5→2, by models: {level}.",
            f"10 000 models of 5→2: peak memory {found['peak GB of 10 000 models']:.2f} GB (asked: < 2).",
        )
    )


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Print the table, and write it down where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    asked = parser.parse_args()
    found = measured()
    print(as_text(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    if asked.write:
        fill_in(PAGE, "training", as_text(found))


if __name__ == "__main__":
    main()
