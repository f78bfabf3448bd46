"""What the machine gives: how many cores this process may use, and how hard the compiler tries."""

import os

_LIMIT = "TEGUM_THREADS"

# For `jax.jit`. XLA's last level of optimisation takes as long again to compile, and made no program here faster.
COMPILER_OPTIONS = {"xla_backend_optimization_level": 2}


def cores() -> int:
    """The cores available to this process, or fewer where `limit_cores` or the variable TEGUM_THREADS says so."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, int(os.environ.get(_LIMIT, available)))


def limit_cores(count: int) -> None:
    """Let this process use at most `count` cores: what a pool tells each of its workers."""
    os.environ[_LIMIT] = str(count)
