"""The certificate of `tegum.noise`, which training batches are drawn with: `python -m benchmarks.generator`.

    python -m benchmarks.generator                            dieharder, from Debian: apt-get install dieharder
    python -m benchmarks.generator --battery crush            TestU01's Crush; needs its library and a C compiler
    python -m benchmarks.generator --streams models --write   one stream alone; and fills in docs/generator.md

The words go into the battery's standard input as the project's own function makes them. Every test of a battery reads
words of its own: of another model, or of another step. A test that comes out weak is repeated on words that no test
has read. What is done is kept in `runs/generator.jsonl`, and not done again: a run that is broken off goes on.
"""

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count, pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import UInt32
from scipy.stats import binom, kstwo, poisson

from benchmarks.tables import fill_in
from tegum.arrays import Array
from tegum.cores import cores
from tegum.noise import words

BATCH = (20, 1024)  # features x samples, as studies draw them
TOGETHER = 128  # batches a call: 10 MB
LONG = 2**22  # words a call of one key
CYCLE = 2**32  # words of one key, each of which comes once

RECORD = Path("runs/generator.jsonl")
PAGE = Path(__file__).parents[1] / "docs" / "generator.md"

# As dieharder has them: of a perfect generator one p-value in 100 is weak, one in 500 000 fails.
WEAK, FAIL = 0.01, 2e-6
# Added to a test's place, for words of a model or a step that no test has read.
AGAIN = 1000
RARE = 1e-3  # a stream is refused when chance alone does as badly less often than this


# Streams: the words of one test, in chunks. `place` is the test's own number.


@jax.jit
def _of_steps(place: Array, first: Array) -> UInt32[Array, "steps features samples"]:
    key = jax.random.key(place)
    steps = first * TOGETHER + jnp.arange(TOGETHER, dtype=jnp.uint32)
    return jax.vmap(lambda step: words(jax.random.fold_in(key, step), BATCH))(steps)


@jax.jit
def _of_models(place: Array, first: Array) -> UInt32[Array, "features samples models"]:
    seeds = first * TOGETHER + jnp.arange(TOGETHER, dtype=jnp.uint32)
    key_of = lambda seed: jax.random.fold_in(jax.random.key(seed), place)  # noqa: E731
    return jax.vmap(lambda seed: words(key_of(seed), BATCH), out_axes=-1)(seeds)


@jax.jit
def _of_one_key(place: Array, chunk: Array) -> UInt32[Array, " words"]:
    # To begin later in one key's stream is to shift its counter, which is what the key's first word does.
    turn, start = chunk // (CYCLE // LONG), (chunk % (CYCLE // LONG)) * LONG
    data = jax.random.key_data(jax.random.fold_in(jax.random.key(place), turn))
    return words(jax.random.wrap_key_data(data.at[0].add(start)), (LONG,))


@jax.jit
def _reversed(place: Array, first: Array) -> UInt32[Array, "steps features samples"]:
    x = _of_steps(place, first)
    for mask, shift in ((0x55555555, 1), (0x33333333, 2), (0x0F0F0F0F, 4), (0x00FF00FF, 8)):
        x = ((x >> shift) & jnp.uint32(mask)) | ((x & jnp.uint32(mask)) << shift)
    return (x >> 16) | (x << 16)


@jax.jit
def _of_raw_seeds(place: Array, first: Array) -> UInt32[Array, "features samples models"]:
    seeds = first * TOGETHER + jnp.arange(TOGETHER, dtype=jnp.uint32)
    raw = jax.vmap(lambda seed: jax.random.wrap_key_data(jnp.stack([place, seed])))(seeds)
    return jax.vmap(lambda key: words(key, BATCH), out_axes=-1)(raw)


@jax.jit
def _of_half_a_hash(place: Array, first: Array) -> UInt32[Array, "steps features samples"]:
    key = jax.random.key(place)

    def half(step: Array) -> Array:
        start, _ = jax.random.key_data(jax.random.fold_in(key, step))
        x = jax.lax.iota(jnp.uint32, BATCH[0] * BATCH[1]).reshape(BATCH) + start
        x = (x ^ (x >> 17)) * jnp.uint32(0xED5AD4BB)
        return x ^ (x >> 11)

    return jax.vmap(half)(first * TOGETHER + jnp.arange(TOGETHER, dtype=jnp.uint32))


@dataclass(frozen=True)
class Stream:
    """A stream of words: what it is, and the function of a test's place and a chunk's number that makes it."""

    what: str
    chunk: Callable[[Array, Array], Array]
    control: bool = False

    def chunks(self, place: int) -> Iterator[np.ndarray]:
        """The words of the test at `place`, without end."""
        for number in count():
            yield np.asarray(self.chunk(np.uint32(place), np.uint32(number)))


STREAMS = {
    "steps": Stream("consecutive batches of one model, whole after whole", _of_steps),
    "models": Stream(
        f"one step of models with seeds 0, 1, 2, ..., word by word in turn, {TOGETHER} at a time",
        _of_models,
    ),
    "low-bits": Stream("as `steps`, each word's bits in reverse", _reversed),
    "one-key": Stream("one key's words, all 2^32, then the next key's", _of_one_key),
    "raw-seeds": Stream("control: as `models`, seeds as keys, not hashed", _of_raw_seeds, True),
    "half-a-hash": Stream(
        "control: as `steps`, one multiplication of three", _of_half_a_hash, True
    ),
}


# Batteries: commands that read words from standard input, and how their p-values are read.


@dataclass(frozen=True)
class PValue:
    """One p-value of one test; near 0 and near 1 are both bad."""

    test: str
    p: float

    @property
    def both_sides(self) -> float:
        """The chance of a p-value as near to either end."""
        return min(1.0, 2 * min(self.p, 1 - self.p))


@dataclass(frozen=True)
class Battery:
    """A battery of tests.

    Attributes:
        version: what it calls itself.
        program: the program and what all its tests have in common; ends the script where it is not installed.
        tests: the arguments of each command; a command may give several p-values.
        quick: those that the controls take.
        parse: reads the p-values in what a command prints.
    """

    version: Callable[[], str]
    program: Callable[[], list[str]]
    tests: dict[str, list[str]]
    quick: tuple[str, ...]
    parse: Callable[[str], list[PValue]]


# What `dieharder -a` runs, without its test 14, which dieharder itself marks "Do Not Use". Of the 33 lagged sums, which
# read nine tenths of all words, six: they differ only in how many words they leave out between two.
_DIEHARDER = (*range(14), 15, 16, 17, 100, 101, 102, *range(200, 210))
_LENGTHS = {
    200: range(1, 13),
    201: range(2, 6),
    202: range(2, 6),
    203: (0, 1, 3, 7, 15, 31),
}


def _dieharder_program() -> list[str]:
    if shutil.which("dieharder") is None:
        sys.exit("dieharder: not found; on Debian and Ubuntu: apt-get install dieharder")
    return ["dieharder", "-g", "200"]


def _dieharder_tests() -> dict[str, list[str]]:
    tests: dict[str, list[str]] = {}
    for test in map(str, _DIEHARDER):
        lengths = _LENGTHS.get(int(test), ())
        tests |= {f"{test}-{n}": ["-d", test, "-n", f"{n}"] for n in lengths}
        tests |= {} if lengths else {test: ["-d", test]}
    return tests


@cache
def chance_of_distance(d: float, n: int) -> float:
    """The chance that of n sorted uniform numbers one is further than d from its own place, i/(n + 1).

    Exact: the numbers below t, n in all, are a Poisson process that has n at the end; it is followed through all times
    at which the least or the greatest number that may lie below changes, as in Noé's recursion.
    """
    places = np.arange(1, n + 1) / (n + 1)
    low, high = np.maximum(places - d, 0), np.minimum(places + d, 1)
    counts = np.arange(n + 1)
    chances = (counts == 0).astype(float)
    times = np.unique(np.concatenate([[0], low, high, [1]]))
    for before, now in pairwise(times):
        chances = np.convolve(chances, poisson.pmf(counts, n * (now - before)))[: n + 1]
        chances[(counts < np.sum(high <= now)) | (counts > np.sum(low < now))] = 0
    return float(1 - chances[n] / poisson.pmf(n, n))


def mended(p: float, n: int) -> float:
    """What a p-value of dieharder should be that sums up n.

    For Kolmogorov's distance of n p-values from uniform ones, max(i/n - p_i, p_i - (i - 1)/n), dieharder takes the
    smaller max|p_i - i/(n + 1)|, and looks it up in the table of the former. So its p-values of perfect generators
    are too large: 2 % of them are above 0.995, and 0.15 % above 0.9999.
    """
    if n == 1:
        return p
    resolved = min(max(p, 1e-9), 1 - 5e-9)  # it prints eight digits
    return chance_of_distance(float(kstwo.isf(resolved, n)), n) if p > FAIL else p


def parse_dieharder(text: str) -> list[PValue]:
    """The p-values, mended, in dieharder's table: test | n-tuple | samples | p-values summed up | p | its verdict."""
    row = r"^\s*(\w+)\|\s*(\d+)\|\s*\d+\|\s*(\d+)\|\s*([\d.]+)\|"
    return [
        PValue(name if n == "0" else f"{name}, {n}", mended(float(p), int(summed)))
        for name, n, summed, p in re.findall(row, text, flags=re.MULTILINE)
    ]


def _dieharder_version() -> str:
    text = subprocess.run(["dieharder", "-l"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\S+)", text)
    return f"dieharder {found[1]}" if found else "dieharder"


# Reads words from standard input; argument: which of Crush's tests. Prints a line for each p-value.
_CRUSH = r"""
#include <stdio.h>
#include <stdlib.h>
#include "unif01.h"
#include "bbattery.h"
#include "swrite.h"
static unsigned int kept[65536];
static size_t next = 65536;
static unsigned int word(void) {
    if (next == 65536) {
        if (fread(kept, 4, 65536, stdin) != 65536) exit(3);
        next = 0;
    }
    return kept[next++];
}
int main(int argc, char **argv) {
    static int times[200];
    unif01_Gen *gen = unif01_CreateExternGenBits("words", word);
    swrite_Basic = FALSE;
    times[argc > 1 ? atoi(argv[1]) : 1] = 1;
    bbattery_RepeatCrush(gen, times);
    for (int k = 0; k < bbattery_NTests; k++)
        printf("P\t%s\t%.17g\n", bbattery_TestNames[k], bbattery_pVal[k]);
    return 0;
}
"""


@cache
def _crush_folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="tegum-crush-")
    source = Path(folder.name, "crush.c")
    source.write_text(_CRUSH)
    libraries = ["-ltestu01", "-lprobdist", "-lmylib", "-lm"]
    compile_it = ["cc", "-O2", "-w", "-o", f"{source.with_suffix('')}", f"{source}", *libraries]
    if subprocess.run(compile_it, capture_output=True).returncode:
        sys.exit(
            "crush: the C compiler did not find TestU01; install it from https://github.com/umontreal-simul/TestU01-2009,"
            " and if in a FOLDER of its own, set CPATH=FOLDER/include LIBRARY_PATH=FOLDER/lib"
        )
    return folder


def parse_crush(text: str) -> list[PValue]:
    """The p-values that the small program prints; a negative one stands for none."""
    rows = re.findall(r"^P\t([^\t]*)\t(\S+)$", text, flags=re.MULTILINE)
    return [PValue(name, float(p)) for name, p in rows if float(p) >= 0]


BATTERIES = {
    "dieharder": Battery(
        _dieharder_version,
        _dieharder_program,
        _dieharder_tests(),
        ("0", "2", "5", "8", "15", "100", "204"),
        parse_dieharder,
    ),
    "crush": Battery(
        lambda: "TestU01 1.2.3, Crush",
        lambda: [str(Path(_crush_folder().name, "crush"))],
        {f"{test}": [f"{test}"] for test in range(1, 97)},
        ("11", "12", "17", "52", "65"),
        parse_crush,
    ),
}


# Running: a program is fed until it has read enough.


def answer(command: Sequence[str], chunks: Iterator[np.ndarray]) -> tuple[str, int]:
    """What a program prints that reads words, and how many bytes it was given.

    Raises:
        RuntimeError: the program ends in an error.
    """
    given = 0
    with tempfile.TemporaryFile("w+") as out:
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out)
        assert program.stdin is not None
        with suppress(BrokenPipeError):  # it has read enough
            for chunk in chunks:
                given += program.stdin.write(chunk.tobytes())
        with suppress(BrokenPipeError):
            program.stdin.close()
        status = program.wait()
        out.seek(0)
        text = out.read()
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}: {text[-500:]}")
    return text, given


@dataclass(frozen=True)
class Done:
    """A command that was run, at this place of this stream, and its p-values."""

    battery: str
    version: str
    stream: str
    command: str
    place: int
    given: int
    """bytes"""
    date: str
    found: tuple[PValue, ...]


def kept(record: Path) -> list[Done]:
    """What was done before."""
    if not record.exists():
        return []
    lines = map(json.loads, record.read_text(encoding="utf-8").splitlines())
    return [Done(**line | {"found": tuple(PValue(**p) for p in line["found"])}) for line in lines]


def run(name: str, stream: str, command: str, place: int) -> Done:
    """One command of a battery on a stream."""
    battery = BATTERIES[name]
    words_in = STREAMS[stream].chunks(place)
    text, given = answer([*battery.program(), *battery.tests[command]], words_in)
    found = tuple(battery.parse(text))
    if not found:
        raise RuntimeError(f"no p-value in what {name}'s test {command} printed: {text[-500:]}")
    date = f"{datetime.now(UTC):%Y-%m-%d}"
    return Done(name, battery.version(), stream, command, place, given, date, found)


def complete(name: str, stream: str, record: Path, jobs: int) -> None:
    """Run what the record lacks of a battery on a stream, and repeat what was weak; append all to the record."""
    battery = BATTERIES[name]
    places = {command: place for place, command in enumerate(battery.tests)}
    wanted = battery.quick if STREAMS[stream].control else tuple(places)

    def missing(shift: int, commands: Iterable[str]) -> list[str]:
        done = {
            (d.command, d.place) for d in kept(record) if (d.battery, d.stream) == (name, stream)
        }
        return [c for c in commands if (c, places[c] + shift) not in done]

    def run_all(shift: int, commands: Iterable[str]) -> None:
        with ThreadPoolExecutor(jobs) as pool:
            tasks = [
                pool.submit(run, name, stream, command, places[command] + shift)
                for command in missing(shift, commands)
            ]
            for task in as_completed(tasks):
                done = task.result()
                with record.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(done)) + "\n")
                shown = " ".join(f"{p.p:.4g}" for p in done.found[:4])
                print(f"{name} {stream} {done.command}: {done.found[0].test} {shown}", flush=True)

    record.parent.mkdir(parents=True, exist_ok=True)
    run_all(0, wanted)
    if not STREAMS[stream].control:
        first = [d for d in kept(record) if (d.battery, d.stream) == (name, stream)]
        run_all(AGAIN, [d.command for d in first if d.place < AGAIN and any(map(weak, d.found))])


# Judging: many p-values at once.


def weak(p: PValue) -> bool:
    return p.both_sides < WEAK


@dataclass(frozen=True)
class Verdict:
    """What a battery says of a stream.

    Attributes:
        weak: the p-values that are, each with the one that its test gave on other words.
        failed: how many are beyond what chance does, or weak and then rarer than `RARE` on other words.
        chance_of_weak: that a perfect generator has as many weak ones.
        chance_of_worst: that the worst of as many p-values of a perfect generator is as bad.
    """

    count: int
    weak: tuple[tuple[PValue, PValue | None], ...]
    failed: int
    worst: PValue
    chance_of_weak: float
    chance_of_worst: float

    @property
    def passes(self) -> bool:
        return self.failed == 0 and min(self.chance_of_weak, self.chance_of_worst) >= RARE


def judge(found: Sequence[PValue], again: Sequence[PValue | None]) -> Verdict:
    """All p-values of a battery on a stream, together; they are taken as independent, which few of them are not.

    Args:
        found: every p-value.
        again: for each the same test's on other words; None where it was not repeated.
    """
    pairs = tuple((p, q) for p, q in zip(found, again, strict=True) if weak(p))
    worst = min(found, key=lambda p: p.both_sides)
    return Verdict(
        count=len(found),
        weak=pairs,
        failed=sum(
            p.both_sides < FAIL or (q is not None and q.both_sides < RARE) for p, q in pairs
        ),
        worst=worst,
        chance_of_weak=float(binom.sf(len(pairs) - 1, len(found), WEAK)),
        chance_of_worst=-math.expm1(len(found) * math.log1p(-min(worst.both_sides, 1 - 1e-12))),
    )


def verdict_of(done: Sequence[Done]) -> Verdict:
    """Of one battery's commands on one stream."""
    first = [d for d in done if d.place < AGAIN]
    later = {d.command: d.found for d in done if d.place >= AGAIN}
    found = [p for d in first for p in d.found]
    again = [q for d in first for q in later.get(d.command, (None,) * len(d.found))]
    return judge(found, again)


def wrong(done: Sequence[Done]) -> list[str]:
    """Streams that fail, and controls that pass."""
    pairs = {(d.battery, d.stream) for d in done}
    verdicts = {
        pair: verdict_of([d for d in done if (d.battery, d.stream) == pair]) for pair in pairs
    }
    return [
        f"{name}: {stream} {'passes' if verdict.passes else 'fails'}"
        for (name, stream), verdict in sorted(verdicts.items())
        if verdict.passes == STREAMS[stream].control
    ]


def report(done: Sequence[Done]) -> str:
    """The measured part of the page: a row for each battery and stream, and every weak p-value."""
    rows, doubts = [], []
    for name, battery in BATTERIES.items():
        for key, stream in STREAMS.items():
            if not (here := [d for d in done if (d.battery, d.stream) == (name, key)]):
                continue
            v = verdict_of(here)
            first = [d for d in here if d.place < AGAIN]
            of = len(battery.quick) if stream.control else len(battery.tests)
            rows.append(
                f"| {here[0].version} | `{key}` | {max(d.date for d in here)} "
                f"| {len(first)} of {of} | {sum(d.given for d in first) / 1e9:.0f} GB | {v.count} "
                f"| {len(v.weak)} ({WEAK * v.count:.1f}) | {v.chance_of_weak:.2g} | {v.failed} "
                f"| {v.worst.both_sides:.2g}: {v.worst.test} | {v.chance_of_worst:.2g} "
                f"| **{'passes' if v.passes else 'fails'}**{'' if len(first) == of else ' so far'} |"
            )
            if not stream.control:
                doubts += [
                    f"| {name} | `{key}` | {p.test} | {p.p:.4g} | {f'{q.p:.4g}' if q else ''} |"
                    for p, q in v.weak
                ]
    return "\n".join(
        [
            "| battery | stream | date | commands | given | p-values | weak (expected) | chance of so many | failed "
            "| worst | chance of a worse one | |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Every weak p-value, and the same test's on other words:",
            "",
            "| battery | stream | test | p | p again |",
            "|---|---|---|---|---|",
            *doubts,
        ]
    )


def main() -> None:
    """Run what is missing, print the verdicts and, if so asked, write them down; ends in an error if one is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--battery", choices=BATTERIES, default="dieharder")
    parser.add_argument("--streams", choices=STREAMS, nargs="+", default=list(STREAMS))
    parser.add_argument(
        "--record", type=Path, default=RECORD, help="what was done before, and is kept"
    )
    parser.add_argument("--jobs", type=int, default=cores(), help="tests at a time")
    parser.add_argument("--write", action="store_true", help=f"fill in {PAGE.name}")
    parser.add_argument("--only-report", action="store_true", help="run nothing")
    given = parser.parse_args()
    if not given.only_report:
        BATTERIES[given.battery].program()  # says at once that it is missing
        for stream in given.streams:
            complete(given.battery, stream, given.record, given.jobs)
    done = kept(given.record)
    measured = report(done)
    print(measured)
    if given.write:
        fill_in(PAGE, "generator", measured)
    sys.exit("\n".join(wrong(done)) or None)


if __name__ == "__main__":
    main()
