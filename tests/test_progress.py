"""Progress: who listens hears stages and shares, of its own context; who does not pays nothing."""

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import jax
import jax.numpy as jnp
import pytest

import tegum
from tegum.progress import COMPILING, heard_by, stage


def test_a_listener_hears_the_share_of_a_stage_from_whatever_thread():
    heard = []
    with (
        heard_by(lambda name, share: heard.append((name, share))),
        stage("adding", 4) as advance,
        ThreadPoolExecutor(2) as pool,
    ):
        list(pool.map(advance, [1, 1, 2]))
    assert heard[0] == ("adding", 0.0)
    assert heard[-1] == ("adding", 1.0)
    assert [share for _, share in heard] == sorted(share for _, share in heard)


def test_nobody_hears_after_the_listener_is_gone_or_in_another_context():
    heard = []
    other = copy_context()
    with heard_by(lambda *told: heard.append(told)):
        other.run(work)
    work()
    assert heard == []


def work() -> None:
    with stage("adding", 1) as advance:
        advance(1)


def test_a_program_that_is_compiled_is_said_to_be():
    heard = []
    with heard_by(lambda *told: heard.append(told)):
        fresh = jax.jit(lambda x: jnp.sin(x) * 1.2345)
        fresh(1.0)
        assert (COMPILING, 0.0) in heard
        heard.clear()
        fresh(2.0)
        assert heard == []


def trained() -> None:
    tegum.fit(n_features=3, n_hidden=2, density=0.5, seeds=200, steps=20, batch=8)


def test_training_is_heard_strip_by_strip():
    heard = []
    with heard_by(lambda *told: heard.append(told)):
        trained()
    shares = [share for name, share in heard if name == "training"]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert len(shares) > 2


def test_a_bar_is_drawn_on_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch):
    for terminal in (False, True):
        err = io.StringIO()
        monkeypatch.setattr(err, "isatty", lambda terminal=terminal: terminal)
        monkeypatch.setenv("FORCE_COLOR" if terminal else "NO_COLOR", "1")
        monkeypatch.setattr(sys, "stderr", err)
        trained()
        assert ("tegum" in err.getvalue()) is terminal
