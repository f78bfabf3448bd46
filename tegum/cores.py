"""How many cores this process may use."""

import os

from tegum.errors import bad_input

_LIMIT = "TEGUM_THREADS"


def cores() -> int:
    """The cores available to this process, or fewer where `limit_cores` or the variable TEGUM_THREADS says so."""
    available = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    limit = os.environ.get(_LIMIT, str(available))
    if not limit.isdecimal() or int(limit) < 1:
        raise bad_input(_LIMIT, limit, "a whole number of at least 1")
    return min(available, int(limit))


def limit_cores(count: int) -> None:
    """Let this process use at most `count` cores: what a pool tells each of its workers, before it computes.

    jax, too, starts no more threads: those that find nothing to do would look for work, and take a third of the core.
    """
    os.environ[_LIMIT] = os.environ["PJRT_NPROC"] = str(count)
