"""tegum: a laboratory for superposition.

    import tegum
    run = tegum.run("head-one-pair", preset="quick")
    run.claims, run.figures["alignment"], run.dataset

The names below load when first used, so that `import tegum` and `tegum --help` stay quick.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "run": "tegum.runner",
    "load": "tegum.runner",
    "runs": "tegum.runner",
    "export": "tegum.runner",
    "fit": "tegum.sweeps",
    "sweep": "tegum.sweeps",
    "Bottleneck": "tegum.models",
    "Head": "tegum.models",
    "save_model": "tegum.exchange",
    "load_model": "tegum.exchange",
    "SparseFeatures": "tegum.features",
    "Recipe": "tegum.training.recipe",
    "train": "tegum.training.engine",
    "keep_programs": "tegum.compilation",
}

_ROOMS = ("exchange", "studies")

__all__ = [*_HOMES, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"tegum.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'tegum' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_ROOMS})
