"""Models in a line, sweeps in three: trained bottlenecks as labelled results, with exact losses.

    import tegum
    ds = tegum.fit(n_features=5, n_hidden=2, density=0.05, seeds=8)
    ds = tegum.sweep(n_features=5, n_hidden=2, density=[1.0, 0.3, 0.1], activation=["relu", "gelu"])

Whatever is given as a list becomes an axis. What may differ inside one population (density, decay of
importance, learning rate) trains in one program; the rest, one program for each combination.
"""

import inspect
import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.errors import bad_input, unknown_name
from tegum.features import SparseFeatures
from tegum.grids import on_grid
from tegum.models import Bottleneck
from tegum.models.refusals import check_size
from tegum.progress import shown
from tegum.theory.known import exact_losses_and_gaps
from tegum.training.engine import fresh, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled

INSIDE = ("density", "importance_decay", "learning_rate")
"""axes along which one population may differ"""


def fit(
    *,
    n_features: int,
    n_hidden: int,
    density: float,
    importance_decay: float = 1.0,
    activation: str = "relu",
    tied: bool = True,
    learning_rate: float = 1e-3,
    steps: int = 10_000,
    batch: int = 1024,
    seeds: int = 8,
    seed: int = 0,
) -> xr.Dataset:
    """Train bottlenecks at one setting, several seeds of it.

    Args:
        n_features, n_hidden: n and m, at most n.
        density: p = 1 - S in (0, 1], the chance that a feature is active.
        importance_decay: importance of feature k is this to the power k.
        activation: of the output, "linear", "relu" or "gelu".
        tied: decode with W itself; else with weights of their own.
        learning_rate: of AdamW with weight decay 0.01, constant.
        steps, batch: training steps, and fresh samples in each.
        seeds: how many models.
        seed: the first of their seeds.

    Returns:
        By "seed": `w` and `b`; `norm` and `dimensionality` of each feature; `loss`, exact and
        summed over features (NaN where no exact loss is known: untied or GELU), `gap_to_best` over
        the best loss known, less 1 (NaN where none is), and `sampled_loss`, the mean over the last tenth of training.
        A model that diverged is NaN.

    Raises:
        BadInputError: a value that does not fit.
    """
    return sweep(
        n_features=n_features,
        n_hidden=n_hidden,
        density=density,
        importance_decay=importance_decay,
        activation=activation,
        tied=tied,
        learning_rate=learning_rate,
        steps=steps,
        batch=batch,
        seeds=seeds,
        seed=seed,
    )


def sweep(**settings: Any) -> xr.Dataset:
    """Train bottlenecks at every combination of settings; arguments and results as in `fit`.

    Args:
        **settings: those of `fit`; each one that is a list (or an array) becomes an axis.

    Raises:
        BadInputError: an unknown setting, an empty list, or a value that does not fit.
    """
    known = inspect.signature(fit).parameters
    for name in settings:
        if name not in known:
            raise unknown_name("setting", name, known)
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in settings:
            raise bad_input(name, "nothing", "a value, or a list of values")
    given = {name: p.default for name, p in known.items() if p.default is not p.empty} | settings
    axes = {name: _listed(name, value) for name, value in given.items() if _is_list(value)}
    outside = [name for name in axes if name not in INSIDE]
    places = [
        dict(zip(outside, values, strict=True))
        for values in itertools.product(*(axes[name] for name in outside))
    ]
    for place in places:  # all of them before anything trains
        _check_sizes(given | place)
    parts = []
    with shown("tegum", len(places)) as next_part:
        for place in places:
            at = {name: [value] for name, value in place.items()}
            parts.append(_population(given | place, axes).expand_dims(at))
            next_part()
    return on_grid(parts, outside, [len(axes[name]) for name in outside])


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


def _listed(name: str, value: Sequence[Any] | np.ndarray) -> list[Any]:
    values = np.asarray(value).tolist()
    if not isinstance(values, list) or not values or len(set(map(str, values))) < len(values):
        raise bad_input(name, value, "at least one value, and none of them twice")
    return values


def _check_sizes(given: dict[str, Any]) -> None:
    for name in ("n_features", "n_hidden", "seeds", "steps", "batch"):
        check_size(name, given[name])
    n, m = given["n_features"], given["n_hidden"]
    if m > n:
        way_out = f"the other way round it is n_features={m}, n_hidden={n}"
        raise bad_input("n_hidden", m, f"at most n_features = {n}", way_out)


def _population(given: dict[str, Any], axes: dict[str, list[Any]]) -> xr.Dataset:
    """All that one program trains: a grid over the axes inside, and seeds."""
    grid = {name: axes[name] for name in INSIDE if name in axes}
    points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    at = [{name: given[name] for name in INSIDE} | point for point in points]
    n, m, count = given["n_features"], given["n_hidden"], given["seeds"]
    importance = [p["importance_decay"] ** np.arange(n) for p in at]
    laws = [SparseFeatures(n, p["density"], i) for p, i in zip(at, importance, strict=True)]
    seeds = np.tile(given["seed"] + np.arange(count), len(at))
    options = {"activation": given["activation"], "tied": given["tied"]}
    trained = train(
        fresh(partial(Bottleneck.init, n, m, **options), seeds),
        stack([Reconstruction(law) for law in laws for _ in range(count)]),
        Recipe(given["steps"], Sampled(given["batch"]), snapshots=(9 * given["steps"] // 10,)),
        seeds=seeds,
        learning_rate=np.repeat([p["learning_rate"] for p in at], count),
    )
    shape = (*(len(values) for values in grid.values()), count)
    w, b = (np.asarray(part, np.float64) for part in (trained.model.w, trained.model.b))
    w, b = (np.where(np.isfinite(part), part, np.nan) for part in (w, b))
    blocks = [slice(k * count, (k + 1) * count) for k in range(len(at))]
    exact = [
        _losses_and_gaps(w[block], b[block], p["density"], i, given)
        for block, p, i in zip(blocks, at, importance, strict=True)
    ]
    dims = (*grid, "seed")
    found = {
        "w": ((*dims, "hidden", "feature"), w, "weights W"),
        "b": ((*dims, "feature"), b, "output bias"),
        "norm": ((*dims, "feature"), geometry.norms(w), "length ‖W_i‖"),
        "dimensionality": ((*dims, "feature"), geometry.dimensionality(w), "D_i"),
        "loss": (dims, np.concatenate([loss for loss, _ in exact]), "exact, summed over features"),
        "gap_to_best": (dims, np.concatenate([gap for _, gap in exact]), "over the best known - 1"),
        "sampled_loss": (
            dims,
            trained.losses["loss"][:, -1],
            "sampled, mean over the last tenth of training",
        ),
    }
    variables = {
        name: (
            of,
            np.asarray(values, float).reshape(shape + values.shape[1:]),
            {"long_name": words},
        )
        for name, (of, values, words) in found.items()
    }
    labels = {"hidden": np.arange(m), "feature": np.arange(n)}
    own = {"seed": given["seed"] + np.arange(count)}
    return xr.Dataset(variables, grid | own | labels)


def _losses_and_gaps(
    w: np.ndarray, b: np.ndarray, density: float, importance: np.ndarray, given: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Exact losses and gaps of one setting's models; NaN where there is no exact theory."""
    if not given["tied"] or given["activation"] not in ("relu", "linear"):
        nothing = np.full(len(w), np.nan)
        return nothing, nothing
    return exact_losses_and_gaps(w, b, density, importance, given["activation"])
