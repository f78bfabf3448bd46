"""What a long computation says of itself while it runs, to whoever listens.

    with heard_by(print):            # ("compiling", 0.0), ("training", 0.25) ...
        tegum.train(...)

A listener is its context's own, so that studies that run side by side in one process are heard
apart. Whoever computes names a stage and how far it is; that nobody listens costs nothing, and no
result depends on it.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeAlias

Listener: TypeAlias = Callable[[str, float], None]
"""told a stage, and the share of it that is done"""

COMPILING = "compiling"

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Within it, this context's computations tell the listener how far they are."""
    _hear_compilers()
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


@contextmanager
def stage(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A stage of a computation; call what it gives with every piece that is done, from any thread.

    Args:
        name: for people, such as "training".
        total: of all pieces, in whatever unit they are told in.
    """
    listener, lock, done = _LISTENER.get(), threading.Lock(), 0

    def advance(piece: int) -> None:
        nonlocal done
        if listener is not None:
            with lock:
                done += piece
                listener(name, min(1.0, done / total))

    if listener is not None:
        listener(name, 0.0)
    yield advance


@cache
def _hear_compilers() -> None:
    """Tell of every program that jax hands to its compiler, in the context that needs it."""
    import jax

    def on_event(event: str, duration_secs: float, **rest: Any) -> None:
        del duration_secs, rest
        listener = _LISTENER.get()
        # The last thing before the compiler proper, which takes nearly all of the time.
        if listener is not None and event.endswith("jaxpr_to_mlir_module_duration"):
            listener(COMPILING, 0.0)

    jax.monitoring.register_event_duration_secs_listener(on_event)


@contextmanager
def shown(title: str, parts: int) -> Iterator[Callable[[], None]]:
    """A bar in a notebook or on a terminal, and nothing elsewhere.

    Call what it gives after each of the parts.
    """
    if not (sys.stderr.isatty() or _in_notebook()):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=not _in_notebook())
    with Progress(*columns, console=console, transient=True) as bar:
        whole, done = bar.add_task(title, total=parts), 0

        def heard(name: str, share: float) -> None:
            bar.update(whole, description=f"{title}, {name}")
            if name != COMPILING:
                bar.update(whole, completed=done + share)

        def next_part() -> None:
            nonlocal done
            done += 1
            bar.update(whole, completed=done)

        with heard_by(heard):
            yield next_part


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules
