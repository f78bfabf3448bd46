"""Settings of every test: shapes must match exactly, and nothing of a user's own environment leaks in."""

import jax
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TEGUM_PROGRAMS", "off")


class Together(LoadScopeScheduling):
    """All tests of one study of the catalogue in one process, which then makes its quick run once,
    and all of one browser.

    xdist's own groups are marks that it writes into pytest's names of tests, which pytest 9.2 no
    longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        module, _, test = nodeid.partition("::")
        if module.endswith("test_catalogue.py"):
            return module + test[test.find("[") :]
        return module if module.endswith("test_browser.py") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    return Together(config, log)
