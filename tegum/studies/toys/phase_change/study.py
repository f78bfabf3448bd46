"""phase-change: when features grow sparse, does the last one get a direction, and does it appear at once or by degrees?

n = 2 features share m = 1 dimension, or n = 3 share m = 2. The last has importance r, the others 1; all have density
p = 1 - S. The last feature ends in one of three ways: not learned (‖W_n‖ < 1/2), dedicated (a direction of its own) or
superposed (a direction that it shares with features which are learned too). Three maps over (r, p) are compared:

- sampled: ten models a point, as in the source, each ending known by its exact population loss;
- exact: the least exact loss over all W and b, by descent from every kind of start;
- candidate: the best of a few models with unit columns, and no bias where learned. For n = 2 its boundary is simple:
  dedicated costs q (p/3 - p²/4) with q = min(1, r), an antipodal pair (1 + r) p²/6, so p° = 4 q / (2 (1 + r) + 3 q).

With W and b free the boundary p* moves away from p°: 0.728 against 0.533 at r = 0.8, 0.376 against 0.343 at r = 0.3,
0.1023 against 0.0889 at r = 0.05. For 0.57 < r < 0.90 the last feature fades in there, elsewhere its length jumps. The
sign of W never counts: at S = 0 an aligned pair and an antipodal one are the same model up to a shift of biases.
"""

from collections.abc import Sequence
from typing import Any, Literal

import jax
import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.studies.config import Count, Frozen, StudyConfig, Unsigned
from tegum.studies.study import Study
from tegum.studies.toys.phase_change import claims, figures
from tegum.theory.expected import expected_losses
from tegum.theory.phases import boundary_point, phase_boundary
from tegum.theory.polytopes import vertices
from tegum.theory.search import minimise
from tegum.training.engine import repeat, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled, Schedule


class Config(StudyConfig):
    """Maps of importance and density, and lines of density at chosen importances."""

    points: Count = 13
    """points along each side of a map: importance 0.1 to 10 and density 1 to 0.01, both logarithmic"""
    models: Count = 10
    """models at each point of a map or line"""
    steps: Count = 3000
    """training steps at each point of a map"""
    batch: Count = 256
    """fresh samples a step, in a map"""
    lines: tuple[Unsigned, ...] = (0.8, 0.3, 0.05)
    """importances r of the last of two features at which density is varied finely"""
    line_points: Count = 24
    """densities along each line, around the boundary"""
    cell: Unsigned = 1.04
    """ratio of neighbouring densities of a line"""
    line_steps: Count = 4000
    """training steps at each point of a line"""
    line_batch: Count = 512
    """fresh samples a step, in a line"""
    learning_rate: Unsigned = 5e-3
    """of AdamW with weight decay 0.01, falling to 0 along a cosine"""


class Task(Frozen):
    """One map, of n features in n - 1 dimensions, or one line at importance r."""

    config: Config
    kind: Literal["map", "line"]
    n_features: Count
    importances: tuple[Unsigned, ...]
    densities: tuple[Unsigned, ...]


def plan(config: Config) -> list[Task]:
    importances = tuple(float(r) for r in np.geomspace(0.1, 10, config.points))
    densities = tuple(float(p) for p in np.geomspace(1, 0.01, config.points))
    maps = [
        Task(config=config, kind="map", n_features=n, importances=importances, densities=densities)
        for n in (2, 3)
    ]
    lines = [
        Task(
            config=config,
            kind="line",
            n_features=2,
            importances=(r,),
            densities=_line_densities(config, r),
        )
        for r in config.lines
    ]
    return [*maps, *lines]


def _line_densities(config: Config, r: float) -> tuple[float, ...]:
    """From dense to sparse, about a tenth above the candidate boundary, so that both boundaries lie inside."""
    places = (config.line_points - 1) / 2 - np.arange(config.line_points)
    return tuple(
        float(p) for p in np.minimum(1.1 * phase_boundary(r, free=False) * config.cell**places, 1.0)
    )


# --- measure --------------------------------------------------------------------------------------------------------


def measure(task: Task) -> xr.Dataset:
    """The sampled models, the exact optimum and the candidates at every point, under names of the task's kind."""
    r, p = (grid.ravel() for grid in np.meshgrid(task.importances, task.densities, indexing="ij"))
    importance = np.ones((r.size, task.n_features))
    importance[:, -1] = r
    shape = (len(task.importances), len(task.densities))
    of_point = ("n_features", "importance", "density") if task.kind == "map" else ("line", "place")

    def laid_out(values: np.ndarray, *more: str) -> tuple[tuple[str, ...], np.ndarray]:
        grid = values.reshape(*shape, *values.shape[1:])
        return (*of_point, *more), grid[None] if task.kind == "map" else grid

    variables: dict[str, Any] = {}
    for name, (w, b, loss) in {
        "sampled": _sampled(task, importance, p),
        "exact": _exact(importance, p),
        "candidate": _candidate(importance, p),
    }.items():
        seeds = ("seed",) if name == "sampled" else ()
        variables |= {
            f"{name}_loss": laid_out(loss, *seeds),
            f"{name}_norm": laid_out(geometry.norms(w)[..., -1], *seeds),
            f"{name}_outcome": laid_out(_outcome(w), *seeds),
        }
        if name != "candidate":
            variables[f"{name}_bias"] = laid_out(b[..., -1], *seeds)
    if task.kind == "line":
        variables = {f"line_{name}": value for name, value in variables.items()}
        variables |= {
            "line_density": laid_out(p),
            "line_pair_loss": laid_out(_from_pair(importance, p)),
        }
        [known] = [boundary_point(r) for r in task.importances]
        variables |= {
            "line_boundary": ("line", [known.density]),
            "line_fades_in": ("line", [known.continuous]),
        }
        coords: dict[str, Any] = {"line": list(task.importances), "place": np.arange(shape[1])}
    else:
        coords = {"n_features": [task.n_features], "importance": list(task.importances)}
        coords["density"] = list(task.densities)
    return xr.Dataset(variables, coords={**coords, "seed": np.arange(task.config.models)})


def _outcome(w: np.ndarray) -> np.ndarray:
    """0, 1 or 2 as in `claims.OUTCOMES`, for the last feature; squares only, so no sign of W counts."""
    learned = geometry.norms(w)[..., -1] > 0.5
    shared = geometry.superposition(w)[..., -1] > 0.5
    return np.where(learned, np.where(shared, 1, 2), 0)


def _sampled(
    task: Task, importance: np.ndarray, p: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trained (w, b, exact losses), each [points seeds ...]."""
    c, n = task.config, task.n_features
    first = c.seed * 60_000
    # The same initial weights at every point, and batches of each model's own.
    models = stack([Bottleneck.init(n, n - 1, jax.random.key(first + k)) for k in range(c.models)])
    models = jax.tree.map(lambda leaf: np.tile(leaf, (len(p),) + (1,) * (leaf.ndim - 1)), models)
    objectives = stack(
        [Reconstruction(SparseFeatures(n, p[k], importance[k])) for k in range(len(p))]
    )
    trained = train(
        models,
        repeat(objectives, c.models),
        Recipe(
            steps=c.steps if task.kind == "map" else c.line_steps,
            objective=Sampled(c.batch if task.kind == "map" else c.line_batch),
            schedule=Schedule("cosine"),
        ),
        seeds=first + np.arange(len(p) * c.models),
        learning_rate=c.learning_rate,
    )
    w, b = np.asarray(trained.model.w, float), np.asarray(trained.model.b, float)
    loss = expected_losses(
        w, b, np.repeat(p, c.models)[:, None], np.repeat(importance, c.models, 0)
    )
    shape = (len(p), c.models)
    return w.reshape(*shape, n - 1, n), b.reshape(*shape, n), loss.reshape(shape)


def _best(
    w: np.ndarray, b: np.ndarray, loss: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of (w, b, loss), each [kinds points ...], the kind of least loss at every point."""
    least = np.argmin(loss, axis=0), np.arange(loss.shape[1])
    return w[least], b[least], loss[least]


def _forms(n: int) -> list[np.ndarray]:
    """Models of unit columns, n - 1 x n: one feature dropped, two as an antipodal pair, and for n = 3 the triangle."""
    dropped = [np.delete(np.eye(n), k, axis=0) for k in range(n)]
    forms = list(dropped)
    for k in range(n):
        for other in range(k):
            pair = dropped[k].copy()  # k takes the direction opposite to the other's
            pair[:, k] = -pair[:, other]
            forms.append(pair)
    return [*forms, vertices("triangle")] if n == 3 else forms


def _candidate(importance: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best of the forms at every point, with bias 0, or p/2 for a feature that is dropped."""
    forms = np.array(_forms(importance.shape[1]))
    kinds, points = len(forms), len(p)
    w = np.repeat(forms[:, None], points, axis=1)
    b = np.where(geometry.norms(forms)[:, None] > 0, 0.0, p[:, None] / 2)
    flat_w, flat_b = (array.reshape(-1, *array.shape[2:]) for array in (w, b))
    loss = expected_losses(
        flat_w, flat_b, np.tile(p, kinds)[:, None], np.tile(importance, (kinds, 1))
    )
    return _best(w, b, loss.reshape(kinds, points))


def _exact(importance: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The least exact loss found at every point: from every form, as it is and with its pairs barely begun."""
    n = importance.shape[1]
    starts = []
    for form in _forms(n):
        starts.append(0.95 * form)
        if n == 2 or np.all(geometry.norms(form) > 0):
            last = np.ones(n)
            last[-1] = 0.15
            starts.append(form * last)
    kinds, points = len(starts), len(p)
    w = np.repeat(np.array(starts)[:, None], points, axis=1)
    found = _descended(
        w,
        np.broadcast_to(p, (kinds, points)),
        np.broadcast_to(importance, (kinds, *importance.shape)),
    )
    return _best(*found)


def _from_pair(importance: np.ndarray, p: np.ndarray) -> np.ndarray:
    """The loss that two features end at if they begin as an antipodal pair, though less may be had elsewhere."""
    return _descended(np.tile([[[1.0, -0.95]]], (1, len(p), 1, 1)), p[None], importance[None])[2][0]


def _descended(
    w: np.ndarray, p: np.ndarray, importance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(w, b, loss), each [kinds points ...], where descents of the exact loss end."""
    b = 0.3 * p[..., None] * (1 - 0.9 * geometry.norms(w))
    # A nudge, the same everywhere, so that no start lies on a saddle by symmetry.
    w = w + 0.02 * np.cos(1 + np.arange(w[0, 0].size)).reshape(w.shape[2:])
    flat = [array.reshape(-1, *array.shape[2:]) for array in (w, b, p[..., None], importance)]
    found = minimise(*flat)
    return found.w.reshape(w.shape), found.b.reshape(b.shape), found.loss.reshape(p.shape)


def combine(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Two maps side by side, and the lines side by side."""
    maps = xr.concat([part for part in parts if "n_features" in part.dims], "n_features")
    lines = xr.concat([part for part in parts if "line" in part.dims], "line")
    return xr.merge([maps, lines], compat="no_conflicts", join="outer")


STUDY = Study(
    name="phase-change",
    group="toy-models",
    question="As features grow sparse, where is the last of them taken up, and at once or by degrees?",
    sources=("elhage2022",),
    version=1,
    presets={
        "quick": Config(
            points=6, models=6, steps=2000, line_points=16, line_steps=2000, line_batch=256
        ),
        "default": Config(),
        "paper": Config(
            points=41,
            steps=10_000,
            batch=1024,
            line_points=48,
            cell=1.02,
            line_steps=10_000,
            line_batch=1024,
        ),
    },
    minutes={"quick": 0.4, "default": 1, "paper": 40},
    plan=plan,
    measure=measure,
    combine=combine,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
