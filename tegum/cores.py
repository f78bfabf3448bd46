"""How many cores this process may use."""

import os

_LIMIT = "TEGUM_THREADS"


def cores() -> int:
    """The cores available to this process, or fewer where `limit_cores` or the variable TEGUM_THREADS says so."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, int(os.environ.get(_LIMIT, available)))


def limit_cores(count: int) -> None:
    """Let this process use at most `count` cores: what a pool tells each of its workers."""
    os.environ[_LIMIT] = str(count)
