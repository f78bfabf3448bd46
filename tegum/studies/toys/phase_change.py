"""phase-change: when features grow sparse, does the last one get a direction, and does it appear at once or by degrees?

n = 2 features share m = 1 dimension, or n = 3 share m = 2. The last has importance r, the others 1; all have density
p = 1 - S. The last feature ends in one of three ways: not learned (‖W_n‖ < 1/2), dedicated (a direction of its own) or
superposed (a direction that it shares with features which are learned too). Three maps over (r, p) are compared:

- sampled: ten models a point, as in the source, each ending known by its exact population loss;
- exact: the least exact loss over all W and b, by descent from every kind of start;
- candidate: the best of a few models with unit columns, and no bias where learned. For n = 2 its boundary is simple:
  dedicated costs q (p/3 - p²/4) with q = min(1, r), an antipodal pair (1 + r) p²/6, so p° = 4 q / (2 (1 + r) + 3 q).

With W and b free the boundary p* moves away from p°: 0.726 against 0.533 at r = 0.8, 0.376 against 0.343 at r = 0.3,
0.1023 against 0.0889 at r = 0.05. Below r ≈ 0.65 the last feature's length jumps there; above, it fades in from 0. The
sign of W never counts: at S = 0 an aligned pair and an antipodal one are the same model up to a shift of biases.
"""

from collections.abc import Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from matplotlib.colors import ListedColormap

from tegum.analysis import geometry
from tegum.features import SparseFeatures
from tegum.models import Bottleneck
from tegum.plots.style import BLUE, FAINT, INK, ORANGE, RED, house_style, sheet
from tegum.studies.claims import Claim, Measured
from tegum.studies.config import Count, Frozen, StudyConfig, Unsigned
from tegum.studies.study import Exhibit, Study, config_in
from tegum.theory.expected import expected_loss
from tegum.theory.polytopes import vertices
from tegum.theory.search import minimise
from tegum.training.engine import repeat, stack, train
from tegum.training.objectives import Reconstruction
from tegum.training.recipe import Recipe, Sampled, Schedule

OUTCOMES = ("not learned", "superposed", "dedicated")
COLOURS = ("#f4f1ea", ORANGE, BLUE)
BLOCK = 256
"""models whose exact losses are computed at the same time"""
ONSET = 0.15
"""‖W_n‖ from which the last feature has appeared, along a line: above what noise leaves of an absent one"""
STEP = 0.4
"""of ‖W_n‖ between neighbours of a line: midway between a jump in theory (0.6 and more) and fading (0.2 a cell)"""
CONTINUOUS_FROM = 0.65
"""r above which theory has the last feature fade in"""
FREE_BOUNDARY = {0.8: 0.726245, 0.3: 0.375686, 0.05: 0.102286}
"""p* by r for n = 2: densities at which two minima of the exact loss are equal, or one becomes two"""


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
    maps = [Task(config=config, kind="map", n_features=n, importances=importances, densities=densities) for n in (2, 3)]
    lines = [
        Task(config=config, kind="line", n_features=2, importances=(r,), densities=_line_densities(config, r))
        for r in config.lines
    ]
    return [*maps, *lines]


def _candidate_boundary(r: float) -> float:
    q = min(1.0, r)
    return 4 * q / (2 * (1 + r) + 3 * q)


def _line_densities(config: Config, r: float) -> tuple[float, ...]:
    """From dense to sparse, about a tenth above the candidate boundary, so that both boundaries lie inside."""
    places = (config.line_points - 1) / 2 - np.arange(config.line_points)
    return tuple(float(p) for p in np.minimum(1.1 * _candidate_boundary(r) * config.cell**places, 1.0))


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
        variables |= {"line_density": laid_out(p), "line_pair_loss": laid_out(_from_pair(importance, p))}
        coords: dict[str, Any] = {"line": list(task.importances), "place": np.arange(shape[1])}
    else:
        coords = {"n_features": [task.n_features], "importance": list(task.importances)}
        coords["density"] = list(task.densities)
    return xr.Dataset(variables, coords={**coords, "seed": np.arange(task.config.models)})


def _outcome(w: np.ndarray) -> np.ndarray:
    """0, 1 or 2 as in OUTCOMES, for the last feature; squares only, so no sign of W counts."""
    learned = geometry.norms(w)[..., -1] > 0.5
    shared = geometry.superposition(w)[..., -1] > 0.5
    return np.where(learned, np.where(shared, 1, 2), 0)


def _sampled(task: Task, importance: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Trained (w, b, exact losses), each [points seeds ...]."""
    c, n = task.config, task.n_features
    first = c.seed * 60_000
    # The same initial weights at every point, and batches of each model's own.
    models = stack([Bottleneck.init(n, n - 1, jax.random.key(first + k)) for k in range(c.models)])
    models = jax.tree.map(lambda leaf: np.tile(leaf, (len(p),) + (1,) * (leaf.ndim - 1)), models)
    objectives = stack([Reconstruction(SparseFeatures(n, p[k], importance[k])) for k in range(len(p))])
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
    loss = np.where(trained.finite, _losses(w, b, np.repeat(p, c.models), np.repeat(importance, c.models, 0)), np.inf)
    shape = (len(p), c.models)
    return w.reshape(*shape, n - 1, n), b.reshape(*shape, n), loss.reshape(shape)


def _losses(w: np.ndarray, b: np.ndarray, p: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """The exact loss of every model of a stack, in blocks of one size, so that it is compiled once."""
    members = np.minimum(np.arange(-(-len(w) // BLOCK) * BLOCK), len(w) - 1).reshape(-1, BLOCK)
    arrays = [np.nan_to_num(w), np.nan_to_num(b), p, importance]
    with jax.enable_x64(True):
        blocks = [_stacked_loss(*(jnp.asarray(array[block]) for array in arrays)) for block in members]
    return np.concatenate(blocks)[: len(w)]


_stacked_loss = jax.jit(jax.vmap(expected_loss))


def _best(w: np.ndarray, b: np.ndarray, loss: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
    loss = _losses(flat_w, flat_b, np.tile(p, kinds), np.tile(importance, (kinds, 1))).reshape(kinds, points)
    return _best(w, b, loss)


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
    found = _descended(w, np.broadcast_to(p, (kinds, points)), np.broadcast_to(importance, (kinds, *importance.shape)))
    return _best(*found)


def _from_pair(importance: np.ndarray, p: np.ndarray) -> np.ndarray:
    """The loss that two features end at if they begin as an antipodal pair, though less may be had elsewhere."""
    return _descended(np.tile([[[1.0, -0.95]]], (1, len(p), 1, 1)), p[None], importance[None])[2][0]


def _descended(w: np.ndarray, p: np.ndarray, importance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


# --- claims ---------------------------------------------------------------------------------------------------------


def _best_seed(ds: xr.Dataset, prefix: str = "") -> xr.Dataset:
    """At each point the sampled model of least exact loss."""
    names = [name for name in ds.data_vars if str(name).startswith(f"{prefix}sampled")]
    return ds[names].isel(seed=ds[f"{prefix}sampled_loss"].argmin("seed"))


def _onset(density: np.ndarray, norm: np.ndarray) -> float:
    """Where the last feature appears, from dense to sparse: midway between the last point without and the next."""
    absent = np.flatnonzero(norm <= ONSET)
    if not absent.size or absent[-1] + 1 == norm.size:
        return np.nan
    return float(np.sqrt(density[absent[-1]] * density[absent[-1] + 1]))


def _onsets(ds: xr.Dataset) -> dict[str, np.ndarray]:
    """The boundaries along every line: in sampled models (best of a point's), in the exact optimum, by hand."""
    best = _best_seed(ds, "line_")
    rows = range(ds.sizes["line"])
    density = ds.line_density.values
    return {
        "sampled": np.array([_onset(density[k], best.line_sampled_norm.values[k]) for k in rows]),
        "exact": np.array([_onset(density[k], ds.line_exact_norm.values[k]) for k in rows]),
        "candidate": np.array([_candidate_boundary(r) for r in ds.line.values]),
    }


def _cells(ds: xr.Dataset, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(np.log(one / other)) / np.log(config_in(ds)["cell"])


def _listed(ds: xr.Dataset, values: np.ndarray, digits: str = ".3g") -> str:
    return ", ".join(f"r = {r:g}: {value:{digits}}" for r, value in zip(ds.line.values, values, strict=True))


def _exact_onset(ds: xr.Dataset) -> Measured:
    known = np.array([FREE_BOUNDARY.get(float(r), np.nan) for r in ds.line.values])
    onset = _onsets(ds)["exact"]
    return Measured(float(_cells(ds, onset, known).max()), high=1.5, note=f"worst, in cells; {_listed(ds, onset)}")


def _follows_free(ds: xr.Dataset) -> Measured:
    onsets = _onsets(ds)
    distance = _cells(ds, onsets["sampled"], onsets["exact"])
    return Measured(
        float(distance.max()), high=1.01, note=f"worst, in cells; sampled boundary {_listed(ds, onsets['sampled'])}"
    )


def _leaves_candidate(ds: xr.Dataset) -> Measured:
    onsets = _onsets(ds)
    distance = _cells(ds, onsets["sampled"], onsets["candidate"])
    return Measured(float(distance.min()), low=1.01, note=f"least; in cells, {_listed(ds, distance)}")


def _steps_at_onset(ds: xr.Dataset, fading: bool) -> Measured:
    """How far ‖W_n‖ of the best sampled models steps between the two points around the boundary."""
    norm, onsets, steps = _best_seed(ds, "line_").line_sampled_norm.values, _onsets(ds)["sampled"], []
    for k, r in enumerate(ds.line.values):
        if (r > CONTINUOUS_FROM) == fading and np.isfinite(onsets[k]):
            first = int(np.argmax(ds.line_density.values[k] < onsets[k]))
            steps.append(norm[k, first] - norm[k, first - 1])
    shown = ", ".join(f"{step:.2f}" for step in steps)
    if fading:
        return Measured(max(steps, default=np.nan), high=STEP, note=f"greatest of {shown}")
    return Measured(min(steps, default=np.nan), low=STEP, note=f"least of {shown}")


def _second_jump(ds: xr.Dataset) -> Measured:
    """At the largest r that fades in: greatest step of ‖W_n‖ along the line, sampled against exact."""
    fading = ds.isel(line=int(np.argmax(ds.line.values)))
    step = np.diff(fading.line_exact_norm.values)
    sampled = np.diff(_best_seed(ds, "line_").line_sampled_norm.isel(line=int(np.argmax(ds.line.values))).values)
    where = float(np.sqrt(np.prod(fading.line_density.values[np.argmax(step) + np.arange(2)])))
    return Measured(
        float(sampled.max()),
        low=float(step.max() / 2),
        note=f"r = {float(fading.line):g}; the exact optimum steps by {step.max():.2f} at density {where:.3f}",
    )


def _without_ties(ds: xr.Dataset) -> xr.Dataset:
    """Without r = 1, where the features are alike and chance decides which of them is left out."""
    return ds.sel(importance=ds.importance[abs(np.log(ds.importance)) > 1e-9])


def _agreement(ds: xr.Dataset) -> Measured:
    ds = _without_ties(ds)
    best, dims = _best_seed(ds).sampled_outcome, ("importance", "density")
    exact, candidate = ((best == ds[f"{name}_outcome"]).mean(dims).values for name in ("exact", "candidate"))
    shown = "; ".join(
        f"n = {n}: {with_exact:.1%} and {with_candidate:.1%}"
        for n, with_exact, with_candidate in zip(ds.n_features.values, exact, candidate, strict=True)
    )
    return Measured(float((exact - candidate).min()), low=0.0, note=f"agreement with exact and candidate map: {shown}")


def _mean_of_nine(ds: xr.Dataset) -> xr.DataArray:
    """Share of each outcome among a point's models, the worst one dropped."""
    kept = ds.sampled_loss < ds.sampled_loss.max("seed")
    kinds = xr.DataArray(np.arange(3), dims="outcome")
    return ((ds.sampled_outcome == kinds) & kept).sum("seed") / kept.sum("seed")


def _every_model(ds: xr.Dataset) -> Measured:
    ds = _without_ties(ds)
    share = _mean_of_nine(ds)
    at_exact = sum(share.isel(outcome=k) * (ds.exact_outcome == k) for k in range(3))
    each = at_exact.mean(("importance", "density"))
    shown = ", ".join(f"n = {n}: {float(value):.1%}" for n, value in zip(ds.n_features.values, each, strict=True))
    return Measured(float(each.min()), low=0.9, note=f"mean share, least of {shown}")


def _mirror(ds: xr.Dataset) -> Measured:
    """L(1/r) = L(r) / r for n = 2: greatest relative deviation."""
    loss = ds.exact_loss.sel(n_features=2).transpose("importance", "density").values
    mirrored = loss[::-1] * ds.importance.values[:, None]
    return Measured(float(np.abs(loss / mirrored - 1).max()), high=1e-6, note="greatest relative deviation, n = 2")


def _gap(ds: xr.Dataset) -> xr.DataArray:
    """The best sampled model's exact loss over the best known, less 1."""
    return ds.sampled_loss.min("seed") / ds.exact_loss - 1


def _no_better(ds: xr.Dataset) -> Measured:
    gap, line = _gap(ds), ds.line_sampled_loss.min("seed") / ds.line_exact_loss - 1
    return Measured(
        float(min(gap.min(), line.min())),
        low=-1e-6,
        note=f"least relative gap; median {float(gap.median()):.2g} in the maps, {float(line.median()):.2g} in lines",
    )


CLAIMS = (
    Claim(
        "exact-onset",
        "Along each line the exact optimum takes up the last feature at p*, within one and a half cells (half is the "
        "grid's, one is for length 0.15 where it fades in).",
        "p* for free W and b: 0.726245, 0.375686, 0.102286 at r = 0.8, 0.3, 0.05",
        _exact_onset,
    ),
    Claim(
        "trained-follows-free",
        "The sampled boundary (best of a point's models) is the exact optimum's to within one grid cell, at every "
        "importance tried.",
        "least exact loss over free W and b",
        _follows_free,
    ),
    Claim(
        "trained-leaves-candidate",
        "The candidate boundary p° = 4q/(2(1+r)+3q) is more than one grid cell from the sampled one, at every "
        "importance tried.",
        "free theory, which puts p* 2.3 cells of 4 % or more from p°",
        _leaves_candidate,
    ),
    Claim(
        "jumps-where-less-important",
        "Where r < 0.65 the last feature appears at once: its length steps by more than 0.4 in one cell.",
        "free theory: it steps from 0 to 0.72 at r = 0.3, to 0.61 at r = 0.05; 0.4 is midway to fading",
        lambda ds: _steps_at_onset(ds, fading=False),
    ),
    Claim(
        "fades-where-as-important",
        "Where r > 0.65 the last feature fades in: its length steps by less than 0.4 in the cell where it appears.",
        "free theory: from 0 as a square root, about 0.16 in a cell of 4 %; 0.4 is midway to a jump",
        lambda ds: _steps_at_onset(ds, fading=True),
    ),
    Claim(
        "jumps-after-fading",
        "The feature that fades in jumps further on: the sampled models show at least half of the exact optimum's "
        "greatest step.",
        "exact optimum along the line: two minima that both hold the feature cross",
        _second_jump,
    ),
    Claim(
        "map-agrees-with-exact",
        "In both maps, r = 1 aside, the sampled outcome (best of a point's models) agrees with the exact map at least "
        "as often as with the candidate one (difference of shares).",
        "least exact loss over free W and b; null: candidate theory",
        _agreement,
    ),
    Claim(
        "all-models-agree-with-exact",
        "The published average agrees too: of a point's models without the worst, 90 % end in the exact optimum's "
        "outcome. (Two features that begin on the same side of one dimension seldom come apart.)",
        "Elhage et al. 2022, phase change: ten models, the worst dropped, the rest averaged",
        _every_model,
        kind="open",
    ),
    Claim(
        "mirror",
        "The exact map of n = 2 is the same at r and 1/r, with losses times r.",
        "exchanging the two features",
        _mirror,
    ),
    Claim(
        "none-below-the-exact-map",
        "No sampled model has a lower exact loss than the best known one at its point (relative gap, to rounding).",
        "the exact map is a minimum over many descents",
        _no_better,
    ),
)


# --- figures --------------------------------------------------------------------------------------------------------


def _colours(share: np.ndarray) -> np.ndarray:
    """Outcome shares [..., 3] as mixed colours."""
    return np.clip(share @ np.array([ListedColormap(COLOURS)(k)[:3] for k in range(3)]), 0, 1)


def _maps(ds: xr.Dataset) -> Exhibit:
    best = _best_seed(ds).sampled_outcome
    layers = {"exact": ds.exact_outcome, "candidate": ds.candidate_outcome, "best sampled": best}
    mixed = _mean_of_nine(ds).transpose("n_features", "density", "importance", "outcome")
    with house_style():
        figure, axes = sheet(2, 5, width=9.6, height=4.4, sharex=True, sharey=True)
        for line, n in zip(axes, ds.n_features.values, strict=True):
            pictures = {"sampled, mean of all\nbut the worst": _colours(mixed.sel(n_features=n).values)}
            for name, outcome in layers.items():
                codes = outcome.sel(n_features=n).transpose("density", "importance").values.astype(int)
                pictures[name] = _colours(np.eye(3)[codes])
            differ = np.ones((*codes.shape, 3)) * 0.96
            exact, candidate = (
                layers[name].sel(n_features=n).transpose("density", "importance").values
                for name in ("exact", "candidate")
            )
            unequal = abs(np.log(ds.importance.values)) > 1e-9
            differ[(candidate != exact) & unequal] = ListedColormap([FAINT])(0)[:3]
            differ[(codes != exact) & unequal] = ListedColormap([RED])(0)[:3]
            pictures["against the exact map"] = differ
            for axis, (name, picture) in zip(line, pictures.items(), strict=True):
                axis.pcolormesh(ds.importance.values, ds.density.values, picture)
                axis.set(xscale="log", yscale="log")
                if n == ds.n_features.values[0]:
                    axis.set_title(name)
                else:
                    axis.set_xlabel("importance r")
            line[0].set_ylabel(f"n = {n}, m = {n - 1}\ndensity = 1 - S")
        keys = [*zip(OUTCOMES, COLOURS, strict=True), ("candidate differs", FAINT), ("best sampled differs", RED)]
        handles = [
            axes[0, 0].scatter([], [], color=colour, marker="s", ec=INK, lw=0.4, label=name) for name, colour in keys
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)
    shown = xr.Dataset({**{name.replace(" ", "_"): outcome for name, outcome in layers.items()}, "gap": _gap(ds)})
    share_names = {k: f"share_{name.replace(' ', '_')}" for k, name in enumerate(OUTCOMES)}
    shares = mixed.to_dataset("outcome").rename(share_names)
    return Exhibit(
        figure,
        xr.merge([shown.drop_vars("seed", errors="ignore"), shares]).to_dataframe().reset_index(),
        "What becomes of the last feature, of importance r where the others have 1. From the left: sampled models, "
        "mixed over all of a point's but the worst; the exact optimum; the best of the candidates; the best sampled "
        "model; and where candidate (grey) and best sampled model (red) differ from the exact optimum. At r = 1 the "
        "features are alike, which of them is left out is chance, and differences are not shown.",
    )


def _lines(ds: xr.Dataset) -> Exhibit:
    onsets, best = _onsets(ds), _best_seed(ds, "line_")
    apart = np.minimum(1, ds.line) * (ds.line_density / 3 - ds.line_density**2 / 4)
    relative = {
        "exact optimum": ds.line_exact_loss / apart,
        "pair": ds.line_pair_loss / apart,
        "candidate": ds.line_candidate_loss / apart,
        "best sampled": best.line_sampled_loss / apart,
    }
    with house_style():
        figure, axes = sheet(2, ds.sizes["line"], width=2.9 * ds.sizes["line"], height=4.8, sharex="col")
        for k, r in enumerate(ds.line.values):
            density, (top, bottom) = ds.line_density.values[k], axes[:, k]
            every = ds.line_sampled_norm.transpose("line", "place", "seed").values[k]
            top.plot(density, every, ".", color=FAINT, ms=2.5, zorder=0)
            top.plot(density, ds.line_exact_norm.values[k], color=INK, label="exact optimum")
            top.plot(density, best.line_sampled_norm.values[k], "o", color=BLUE, ms=3.5, label="best sampled")
            bottom.plot(density, relative["pair"].values[k], color=FAINT, lw=1, label="descended from a pair")
            bottom.plot(density, relative["exact optimum"].values[k], color=INK)
            bottom.plot(density, relative["candidate"].values[k], color=ORANGE, ls="--", label="candidate")
            bottom.plot(density, relative["best sampled"].values[k], "o", color=BLUE, ms=3.5)
            for axis in (top, bottom):
                axis.axvline(onsets["exact"][k], color=INK, lw=0.8, ls=":")
                axis.axvline(onsets["candidate"][k], color=ORANGE, lw=0.8, ls=":")
            top.set(title=f"r = {r:g}", ylim=(-0.03, 1.15))
            bottom.set(xscale="log", xlabel="density = 1 - S", xlim=(density.max(), density.min()))
            ticks = np.geomspace(density.max(), density.min(), 5)[1:-1]
            bottom.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
            bottom.minorticks_off()
        axes[0, 0].set_ylabel("‖W‖ of the last feature")
        axes[1, 0].set_ylabel("exact loss / loss without it")
        axes[0, -1].legend(loc="lower right")
        axes[1, -1].legend(loc="lower left")
    data = xr.Dataset(
        {
            "density": ds.line_density,
            "exact_norm": ds.line_exact_norm,
            "best_sampled_norm": best.line_sampled_norm,
            **{f"{name.replace(' ', '_')}_loss": value for name, value in relative.items()},
        }
    )
    return Exhibit(
        figure,
        data.drop_vars("seed", errors="ignore").to_dataframe().reset_index(),
        "Two features in one dimension, sparser to the right. Top: length of the less important one; grey, every "
        "sampled model. Bottom: exact losses over that of a model without it; grey, the exact loss descended from an "
        "antipodal pair. Dotted: the boundary of the exact optimum (black) and of the candidates (orange).",
    )


def figures(ds: xr.Dataset) -> dict[str, Exhibit]:
    return {"maps": _maps(ds), "lines": _lines(ds)}


STUDY = Study(
    name="phase-change",
    group="toy-models",
    question="As features grow sparse, where is the last of them taken up, and at once or by degrees?",
    sources=("elhage2022",),
    version=1,
    presets={
        "quick": Config(points=6, models=6, steps=2000, line_points=16, line_steps=2000, line_batch=256),
        "default": Config(),
        "paper": Config(
            points=41, steps=10_000, batch=1024, line_points=48, cell=1.02, line_steps=10_000, line_batch=1024
        ),
    },
    minutes={"quick": 0.4, "default": 1, "paper": 40},
    plan=plan,
    measure=measure,
    combine=combine,
    claims=CLAIMS,
    figures=figures,
)
