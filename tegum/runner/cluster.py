"""A cluster: Dask's workers as an executor, on this machine or wherever a scheduler listens.

A result is kept under a key that names the code it comes from, so a worker may compute for this
process only with the same code: each is asked before the first task, and looks again before every
task, because workers come and go.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

from tegum.cores import cores
from tegum.errors import BadInputError, bad_input
from tegum.runner.versions import code

if TYPE_CHECKING:
    import distributed

T = TypeVar("T")

PATIENCE = 5
"""seconds that a scheduler has to answer"""

DEATHS = 3
"""of workers that tried it, after which a task is given up, in a cluster of this process's own"""


@contextmanager
def dask(address: str | None = None, workers: int = 1) -> Iterator[Executor]:
    """An executor on a cluster: the one at `address`, or one of this process's own.

    As all that starts processes, in a script it belongs under `if __name__ == "__main__":`.

    Args:
        address: of a scheduler, such as "tcp://10.0.0.1:8786".
        workers: processes of a cluster of one's own, each with its share of the cores.

    Raises:
        BadInputError: Dask is not installed, nobody answers at the address, or a worker there has
            other code than this process.
    """
    try:
        import distributed
    except ImportError as error:
        raise BadInputError(
            'engine: dask is not installed, expected `pip install "tegum[cluster]"`'
        ) from error
    from dask import config

    with ExitStack() as stack:
        stack.enter_context(_quiet())
        if address is None:
            share = str(max(1, cores() // workers))
            alone = {
                "distributed.scheduler.allowed-failures": DEATHS - 1,
                "distributed.scheduler.worker-saturation": 1.0,  # none waits where another dies
                "distributed.nanny.pre-spawn-environ": {
                    "TEGUM_THREADS": share,
                    "PJRT_NPROC": share,
                },
            }
            stack.enter_context(config.set(alone))
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",  # any port that is free
                silence_logs=logging.CRITICAL,  # of the workers
            )
            stack.enter_context(cluster)
            client = stack.enter_context(distributed.Client(cluster))
        else:
            client = stack.enter_context(_client_of(address))
            _check(client)
        yield _Checking(client.get_executor(pure=False))


@contextmanager
def _quiet() -> Iterator[None]:
    """No logs of Dask's: what matters of them is said by the runner, in a line."""
    handlers = logging.getLogger("distributed").handlers
    before = [handler.level for handler in handlers]
    for handler in handlers:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in zip(handlers, before, strict=True):
            handler.setLevel(level)


def deaths(error: BaseException) -> int:
    """How many workers died of a task that Dask gave up; 0 for any other error."""
    dask = sys.modules.get("distributed")
    if dask is None or not isinstance(error, dask.KilledWorker):
        return 0
    return error.allowed_failures + 1


def _client_of(address: str) -> "distributed.Client":
    import distributed

    try:
        # In a thread of its own, as a notebook's has a loop that runs.
        with ThreadPoolExecutor(1) as apart:
            answer = apart.submit(asyncio.run, _identity_at(address)).result()
        if answer.get("type") != "Scheduler":
            raise ValueError(f"a {answer.get('type')} listens there")
    except Exception as error:  # whoever listens there may answer anything
        wanted = "the address of a running Dask scheduler, such as tcp://10.0.0.1:8786"
        said = " ".join(str(error).split()) or f"no answer after {PATIENCE} s"
        raise bad_input("address", address, wanted, said) from error
    return distributed.Client(address, timeout=PATIENCE)


async def _identity_at(address: str) -> dict[str, Any]:
    """Who listens there. Dask's client itself waits for ever on one who takes a call and is silent."""
    from distributed import Security
    from distributed.comm import connect

    async def asked() -> dict[str, Any]:
        credentials = Security().get_connection_args("client")
        comm = await connect(address, timeout=PATIENCE, **credentials)
        try:
            await comm.write({"op": "identity", "reply": True})
            return dict(await comm.read())
        finally:
            comm.abort()

    return await asyncio.wait_for(asked(), PATIENCE + 1)


def _check(client: "distributed.Client") -> None:
    """Ask all workers that are there. The first question any of them can answer."""
    here = {"tegum": version("tegum")}
    for worker, found in client.run(version, "tegum", on_error="return").items():
        _refuse_other(worker, {"tegum": found}, here)
    for worker, found in client.run(code, on_error="return").items():
        _refuse_other(worker, found if isinstance(found, dict) else {"tegum": found}, code())


def _refuse_other(worker: str, found: dict[str, Any], here: dict[str, str]) -> None:
    for name, wanted in here.items():
        if (came := found.get(name, "none")) != wanted:
            came = came if isinstance(came, str) else type(came).__name__
            raise BadInputError(
                f"address: the worker {worker} has {name} {came}, expected {wanted} as here; "
                "install the same there and start it again"
            )


class _Checking(Executor):
    """Submits to Dask's executor calls that check first who makes them."""

    def __init__(self, executor: Executor) -> None:
        self._executor, self._code = executor, code()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return self._executor.submit(_checked, self._code, fn, *args, **kwargs)


def _checked(here: dict[str, str], call: Callable[..., T], *args: Any) -> T:
    from distributed import get_worker

    _refuse_other(get_worker().address, code(), here)
    return call(*args)
