"""Heads that grow from small weights on a random W that stays, and how far they have come.

Theory: near 0 the gradient is E[s h gᵀ] = a_i a_jᵀ, a_i = E[h 1(x_i > 0)], so a head first grows
along a_i; its optimum is Ω* ∝ d_i d_jᵀ, d_i = E[hhᵀ]⁺ a_i, so there it ends. Where these differ
from W_i, alignment with W_i may come and go. A few heads are still growing at the last step and lie
farther from d_i than the claims ask of medians.
"""

from functools import partial
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis import geometry
from tegum.models import Head
from tegum.plots import panels
from tegum.plots.bands import SHADED
from tegum.plots.crossings import median_mark
from tegum.plots.style import BLUE, GREEN, INK, ORANGE
from tegum.studies import core
from tegum.studies.attention.slices import Asked, exact_losses, slices_of
from tegum.studies.attention.timing.times import first_above, values_at
from tegum.studies.attention.timing.together import Together
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, Reading, above, all_along, at, median, share
from tegum.theory.dictionaries import gaussian
from tegum.theory.head_moments import first_moments, target_power
from tegum.theory.optimal_heads import dual_directions, head_floor, head_loss, optimal_head
from tegum.training.engine import Trained, fresh, train
from tegum.training.objectives import Pairs
from tegum.training.recipe import SGD, Recipe, Sampled, log_spaced

ESCAPED = 0.1
"""a head has escaped from its small start when it explains so much of what can be explained"""


class Growing(Together):
    """Heads that grow from small weights on a W that stays."""

    head_steps: core.Count = 3000
    """steps of plain gradient descent of those heads"""
    head_scale: core.Unsigned = 0.01
    """their initial A and B, as a multiple of Xavier-normal ones"""


def grown(c: Growing, random_density: float) -> core.Variables:
    """How the first singular vectors stand to W_i, a_i and d_i while a head grows."""
    weights, asked = Pairs((c.pair,)).matrix(c.n_features), list(c.pair)
    seeds = c.seeds_of("dictionaries", c.seeds)
    w = np.stack([gaussian(c.n_features, c.n_hidden, int(seed)) for seed in seeds])
    trained = descended(c, w, random_density)
    slices = slices_of(trained.history, c.n_hidden)
    first = np.stack([slices.u[..., 0], slices.v[..., 0]], axis=-1)
    moments = np.stack([first_moments(one, random_density) for one in w])
    duals = np.stack([dual_directions(one, random_density) for one in w])
    hats = np.stack([geometry.directions(of)[..., asked] for of in (w, moments, duals)], axis=1)
    floors = np.array([head_floor(one, random_density, weights) for one in w])
    power = target_power(random_density, weights)
    losses = [
        [head_loss(omega, one, random_density, weights) for omega in at_each]
        for at_each, one in zip(slices.omega, w, strict=True)
    ]
    return {
        "head_step": trained.steps,
        "direction": ["W", "a", "d"],
        "side": ["left", "right"],
        "grown_cosine": np.abs(np.sum(first[:, :, None] * hats[:, None], axis=-2)),
        "direction_cosine": np.abs(np.sum(hats * hats[:, :1], axis=-2)),
        "explained": (power - np.array(losses)) / (power - floors)[:, None],
    }


def descended(c: Growing, w: Float[np.ndarray, "seeds hidden features"], density: float) -> Trained:
    """Heads from small A and B by plain gradient descent on the exact loss.

    Adam would take the first steps equally in all directions.
    """
    asked = Asked((c.pair,))
    losses = exact_losses(w, density, [asked] * c.seeds)
    best = [optimal_head(one, density, asked.matrix(c.n_features)) for one in w]
    # Half the inverse of a bound on the curvature at the optimum: 2 ‖C‖² ‖Ω*‖ / E s².
    curvature = np.linalg.norm(losses.second_moment, 2, (-2, -1)) ** 2 * np.linalg.norm(
        np.stack(best), 2, (-2, -1)
    )
    heads = fresh(partial(Head.init, c.n_hidden, c.rank), c.seeds_of("heads", c.seeds))
    looks = log_spaced(c.head_steps, c.looks)
    return train(
        jax.tree.map(lambda leaf: leaf * np.float32(c.head_scale), heads),
        losses,
        Recipe(c.head_steps, Sampled(1), optimizer=SGD(), snapshots=looks),
        seeds=c.seeds_of("no batches", c.seeds),  # the loss is exact: nothing is drawn
        learning_rate=0.25 * np.asarray(losses.power) / curvature,
    )


GROWN = core.table(
    grown_cosine=("seed head_step direction side", "|cos| of the first singular vector"),
    direction_cosine=("seed direction side", "|cos| of W_i, a_i, d_i with W_i"),
    explained=("seed head_step", "of what any head can explain of E s²"),
)

GROWING = core.Measurement(
    "growing-heads", version=1, parts=(core.Part(grown, GROWN, random_density="random_densities"),)
)

# --- readings -------------------------------------------------------------------------------------


def escape(ds: xr.Dataset) -> xr.DataArray:
    """The look at which each growing head has escaped from its small start."""
    return first_above(ds.explained, ESCAPED, "head_step")


def when_escaped(ds: xr.Dataset) -> xr.DataArray:
    """|cos| of the first singular vectors at the escape."""
    return values_at(ds.grown_cosine, escape(ds), "head_step")


def grown_to(direction: str) -> Reading:
    """|cos| of the first singular vectors with one of W_i, a_i, d_i at the end."""
    return at(lambda ds: ds.grown_cosine.isel(head_step=-1, drop=True), direction=direction)


def nearer_to_moment(ds: xr.Dataset) -> xr.DataArray:
    """Whether both first vectors are nearer to a_i than to d_i at the escape."""
    found = when_escaped(ds)
    nearer = above(found.sel(direction="a", drop=True), found.sel(direction="d", drop=True))
    return all_along(nearer, "side")


def gap_to_dual(ds: xr.Dataset) -> xr.DataArray:
    """Between alignment with W_i at the end and |cos(d_i, W_i)|."""
    return abs(grown_to("W")(ds) - ds.direction_cosine.sel(direction="d", drop=True))


def fall(ds: xr.Dataset) -> xr.DataArray:
    """Alignment with W_i at the escape less that at the end, mean of both sides."""
    fell = when_escaped(ds).sel(direction="W", drop=True) - grown_to("W")(ds)
    return fell.mean("side", skipna=False)


def falls_as_theory(ds: xr.Dataset) -> xr.DataArray:
    """Whether alignment with W_i falls just where |cos(a_i, W_i)| exceeds |cos(d_i, W_i)|."""
    near = ds.direction_cosine.mean("side", skipna=False)
    expected = near.sel(direction="a", drop=True) - near.sel(direction="d", drop=True)
    return above(fall(ds) * expected, 0)


def falls(ds: xr.Dataset) -> xr.DataArray:
    """Whether alignment with W_i is better at the escape than at the end."""
    return above(fall(ds), 0)


def where_theory_ends(ds: xr.Dataset) -> str:
    """|cos(d_i, W_i)| by density, for a note."""
    medians = ds.direction_cosine.sel(direction="d").median(("seed", "side"))
    each = zip(medians.random_density.values, medians.values, strict=True)
    return "theory's own median: " + ", ".join(f"{cos:.2f} at density {p:g}" for p, cos in each)


def shares_and_peaks(ds: xr.Dataset) -> str:
    """How often alignment with W_i falls, its highest and its last median, by density."""
    shares = falls(ds).mean("seed")
    medians = ds.grown_cosine.sel(direction="W").median(("seed", "side"))
    return "; ".join(
        f"density {p:g}: {float(shares.sel(random_density=p)):.0%}, peak {float(one.max()):.2f}, "
        f"end {float(one[-1]):.2f}"
        for p, one in zip(medians.random_density.values, medians, strict=True)
    )


# --- claims -------------------------------------------------------------------------------------

THEORY = "theory: Ω* ∝ d_i d_jᵀ; precision asked of training"

CLAIMS = (
    Claim(
        "early-first-moment",
        "A head that has just escaped from small weights (10 % explained) is nearer to a_i than to "
        "d_i on both sides, in a share of heads above {low}.",
        "theory: near 0 the gradient is E[s h gᵀ] = a_i a_jᵀ; null: fair coin",
        share(nearer_to_moment),
        low=COIN,
        control=controls.reversed_along("head_step", "time run backwards"),
    ),
    Claim(
        "late-dual",
        "It ends in d_i: |cos|, of the worse side, is at least {low} (median; single heads are "
        "still growing at the last step).",
        THEORY,
        median(lambda ds: grown_to("d")(ds).min("side", skipna=False), "least"),
        low=0.99,
        control=controls.exchanged("direction", "a", "d", "a_i in the place of d_i"),
    ),
    Claim(
        "late-theory",
        "Its alignment with W_i ends at |cos(d_i, W_i)|, far from 1 in a random dictionary, to "
        "{high} (median, both sides; single heads are still growing).",
        THEORY,
        median(gap_to_dual, "greatest", over=("seed", "side"), note=where_theory_ends),
        high=0.01,
        control=controls.exchanged("direction", "a", "d", "a_i in the place of d_i"),
    ),
    Claim(
        "falls-as-theory",
        "Alignment with W_i falls from the escape to the end where |cos(a_i, W_i)| > |cos(d_i, "
        "W_i)| and rises where not, in a share of heads above {low}.",
        "theory: from a_i to d_i; null: fair coin",
        share(falls_as_theory),
        low=COIN,
        control=controls.exchanged("direction", "a", "d", "from d_i to a_i"),
    ),
    Claim(
        "peaks-then-falls",
        "At every density alignment with W_i is better at the escape than at the end, in a share "
        "of heads above {low}.",
        "prediction; for dense features the mean of h tilts a_i so far that it fails; null: coin",
        share(falls, "least", note=shares_and_peaks),
        low=COIN,
        kind="open",
    ),
)

# --- figures ------------------------------------------------------------------------------------

CURVES = {
    "W": (BLUE, "|cos(u, W_i)|"),
    "a": (ORANGE, "|cos(u, a_i)|"),
    "d": (GREEN, "|cos(u, d_i)|"),
}


@core.takeaway(
    "A head grows along a_i first ([early-first-moment of heads] that have just escaped are nearer "
    "to it than to d_i) and ends in d_i (median |cos| [late-dual], at the density where it is "
    "least)."
)
def random_dictionary(ds: xr.Dataset) -> core.Exhibit:
    worse = ds.grown_cosine.min("side", skipna=False)
    shown = xr.Dataset({name: worse.sel(direction=name, drop=True) for name in CURVES})

    def decorate(axis: Any, at_density: xr.Dataset) -> None:
        here = ds.sel(random_density=at_density.random_density)
        end = here.direction_cosine.sel(direction="d").min("side").median()
        axis.axhline(float(end), color=BLUE, ls=":", lw=1)
        median_mark(axis, escape(here).values, colour=INK, end=float(ds.head_step[-1]))

    each = [(panels.sparsity(p), {"random_density": p}) for p in ds.random_density.values]
    return core.exhibit(
        panels.curves_over("head_step", shown, CURVES, panels=each, decorate=decorate),
        shown,
        "The first singular vectors u of a head that grows from small weights on a random "
        "dictionary, by gradient descent on its exact loss: |cos| with the feature W_i, its first "
        "moment a_i = E[h 1(x_i > 0)] and its dual d_i = E[hhᵀ]⁺ a_i, the worse side: "
        f"{SHADED}. Dashed: median escape, {ESCAPED:.0%} of what any head can explain. Dotted: "
        "median |cos(d_i, W_i)|, where theory has alignment with the feature end.",
    )
