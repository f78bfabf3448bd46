"""one-hot-pentagon: binary one-hot inputs through two dimensions; why five directions, and bias.

All n inputs x = e_j at once, x' = f(WᵀWx + b). What a model saves of the loss n that it begins with
depends on the directions alone: d equal ones save d/c(d), c(d) = Σ_{|r| ≤ d/4} cos²(2πr/d), at
‖W_i‖² = 1/c: 4 for the square, 4.198213 for the pentagon, 4 for the hexagon. (It is this saving
that the pentagon wins; c alone is least for the square.) Features that share a direction split its
mass, and a linear program shows that nothing saves more (`theory.one_hot`).

With ReLU a fresh feature along a learned direction feels no gradient to the first order, so that
features stay and share it; beside one it is pulled back. GELU is z/2 near 0: there a fresh feature
is pulled back with 2ε(5ρ/4 - 1), ρ = ‖W_i‖² of the pentagon, in all directions. Beside a square
that is 2ε(ρ - 1), ρ = 1.157: with GELU four directions are a true local minimum, where some models
of n = 5 end, far above the best loss. With ReLU they are a saddle, on which a training can stop all
the same, two features sharing one corner.

With b free, W_i on a circle of radius R with R²(1 - cos 2π/n) = 1, and b = 1 - R², store all n
features without any loss: "no bias" is what makes the pentagon.
"""

from typing import Annotated, Any, TypeAlias

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.patches import Circle
from pydantic import Field

from tegum.plots.bands import line_each, median_band
from tegum.plots.planes import columns_in_plane
from tegum.plots.style import FAINT, INK, SERIES, drawing
from tegum.studies import core, populations
from tegum.studies.computation.one_hot import models
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, at, extreme, median, number, share
from tegum.theory import one_hot as theory

Several: TypeAlias = Annotated[int, Field(ge=2)]


class Config(models.Descents, models.Trainings):
    """One-hot inputs of value 1, two hidden dimensions."""

    n_features: tuple[Several, ...] = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    """n, numbers of features to minimise the loss for"""
    trained_features: tuple[Several, ...] = (5, 8, 12)
    """n, numbers of features to train models on"""


# --- readings -----------------------------------------------------------------------------------


def off_the_least(ds: xr.Dataset) -> xr.DataArray:
    """Distance of ReLU's largest saving without bias from 5/c(5), or n below five features."""
    saved = ds.n - ds.least_loss.sel(setting="relu")
    return abs(saved - xr.where(ds.n >= 5, theory.PENTAGON_SAVING, ds.n))


def off_the_formula(ds: xr.Dataset) -> xr.DataArray:
    """Distance of ReLU's savings of d equal directions from d/c(d)."""
    formula = [int(d) / theory.interference_sum(int(d)) for d in ds.directions.values]
    return abs(ds.gon_saving.sel(setting="relu") - np.array(formula))


def five_fold(ds: xr.Dataset) -> xr.DataArray:
    """Five-fold order of ReLU's minima of n ≥ 5: 1 where all features share one pentagon."""
    w = ds.least_w.sel(setting="relu").fillna(0.0).transpose("n", "hidden", "feature")
    order = xr.DataArray([theory.five_fold(each) for each in w.values], dims="n")
    return order.assign_coords(n=ds.n).where(ds.n >= 5)


def closed_form_pull(ds: xr.Dataset) -> xr.DataArray:
    values = theory.relu_pull(ds.length.values, ds.angle.values)
    return xr.DataArray(values, {"length": ds.length, "angle": ds.angle})


def gelu_pull_error(ds: xr.Dataset) -> xr.DataArray:
    """Relative, of GELU's pull over ε at the least ε, at each angle."""
    rho = ds.gon_squared_norm.sel(setting="gelu", directions=5)
    pull = ds.fresh_pull.sel(setting="gelu").isel(length=0)
    return abs(pull / ds.length[0] / theory.gelu_pull(float(rho)) - 1)


# --- claims -------------------------------------------------------------------------------------

EXACT = "exact theory (theory.one_hot)"
NOTE = "a reader's note on one-hot inputs without bias"
AS_GELU = controls.exchanged("setting", "relu", "gelu", "ReLU and GELU exchanged")
BEFORE = controls.reversed_along("step", "before training")
COARSE = "cosines up to 2θ only in the linear program"

CLAIMS = (
    Claim(
        "minimum",
        "Without bias the least loss of n one-hot features in the plane is n - 4.198213 for every "
        "n ≥ 5, and 0 up to 4 (within {high}).",
        f"{EXACT}: 5/c(5), c(5) = 1 + 2 cos² 72°",
        extreme(off_the_least, "greatest"),
        high=1e-6,
        control=AS_GELU,
    ),
    Claim(
        "certificate",
        "No arrangement of any number of features in the plane saves more than the pentagon "
        "(within {high}).",
        f"{EXACT}: linear programming bound",
        number(lambda ds: float(ds.certified_saving) - theory.PENTAGON_SAVING),
        low=0.0,
        high=1e-4,
        control=controls.replaced(COARSE, certified_saving=lambda _: theory.certified_saving(2)),
    ),
    Claim(
        "saving-of-equal-directions",
        "The most that d equal directions save is d/c(d), d = 3 to 12 (within {high}): the "
        "pentagon wins by its saving.",
        EXACT,
        extreme(off_the_formula, "greatest"),
        high=1e-8,
        control=AS_GELU,
    ),
    Claim(
        "least-c",
        "c(d) itself is least at d = 5, less than at d = 4.",
        NOTE,
        number(
            lambda _: theory.interference_sum(5) - theory.interference_sum(4),
            note="c(5) - c(4): the sum is least at d = 3 and 4, where it is 1; 5 wins d/c(d)",
        ),
        high=0.0,
        kind="open",
    ),
    Claim(
        "shared-directions",
        "At the least loss found all n ≥ 5 features share the five directions of one pentagon "
        "(five-fold order, 1 if they do: at least {low} at every n).",
        EXACT,
        extreme(five_fold, "least"),
        low=0.999,
        control=controls.untrained("least_w"),
    ),
    Claim(
        "fresh-feature-formula",
        "With ReLU a fresh feature of length ε beside a pentagon feels the gradient "
        "4ε³ + 4ε(ρ Σ cos²₊ - 1): 4ε³ along a learned direction.",
        f"{EXACT}, against automatic differentiation",
        extreme(
            lambda ds: abs(ds.fresh_pull.sel(setting="relu") - closed_form_pull(ds)), "greatest"
        ),
        high=1e-10,
        control=AS_GELU,
    ),
    Claim(
        "gelu-gradient-does-not",
        "With GELU it is of first order, and points back to 0: 2ε(5ρ/4 - 1) in every direction "
        "(within {high}, relatively).",
        EXACT,
        extreme(gelu_pull_error, "greatest", note="at ε = 0.001"),
        high=0.01,
        control=AS_GELU,
    ),
    Claim(
        "gelu-norms",
        "Directions of a GELU pentagon are nearer to unit length than those of a ReLU pentagon "
        "(median distance, over ReLU's: at most {high}).",
        NOTE,
        median(models.gelu_distance_from_one, over=("seed", "feature", "trained_n")),
        high=1.0,
        control=AS_GELU,
    ),
    Claim(
        "gelu-one-a-direction",
        "With GELU a feature has a direction of its own or stays at 0: in at least {low%} of "
        "models of more than five features none has a length between 0.1 and 0.5.",
        NOTE,
        share(at(models.is_all_or_nothing, setting="gelu")),
        low=0.95,
        control=AS_GELU,
    ),
    Claim(
        "relu-ends-in-pentagon",
        "Gradient descent with ReLU ends in the pentagon, it saves 4.198213 within 0.01, in at "
        "least {low%} of models of n ≥ 5.",
        f"{NOTE}; Elhage et al. 2022. The others stop at a square of which two features share a "
        "corner: a saddle, but along that corner's direction the gradient vanishes",
        share(at(models.ends_in_pentagon, setting="relu")),
        low=0.95,
        kind="open",
    ),
    Claim(
        "square-is-a-saddle",
        "With ReLU a square of which two features share a corner is a saddle: once nudged by 0.001 "
        "it descends to the pentagon, for more nudges than {low}.",
        f"{EXACT}: with GELU the square is a minimum; null: fair coin",
        share(at(models.square_is_left, setting="relu")),
        low=COIN,
        control=AS_GELU,
    ),
    Claim(
        "relu-stops-at-saddles",
        "A ReLU training of n ≥ 5 that stops short of the pentagon stands on a saddle, and once "
        "nudged goes to the pentagon (at least {low%} of those).",
        "theory says it leaves the saddle, not that it meets no other on its way",
        share(at(models.is_left_for_pentagon, setting="relu")),
        low=0.95,
        kind="open",
    ),
    Claim(
        "gelu-ends-in-pentagon",
        "Gradient descent with GELU ends in its pentagon in more models of n ≥ 5 than {low}. (The "
        "others end in a square, a minimum, too.)",
        f"{NOTE}; null: fair coin",
        share(at(models.ends_in_pentagon, setting="gelu")),
        low=COIN,
        control=BEFORE,
    ),
    Claim(
        "gelu-faster",
        "With GELU features are learned faster: nine tenths of the final saving are made in fewer "
        "steps (ratio of medians at most {high}).",
        NOTE,
        number(models.gelu_steps_over_relu, note=models.told_at_other_shares),
        high=1.0,
        kind="open",
    ),
    Claim(
        "circle",
        "With a bias, W on a circle with R²(1 - cos 2π/n) = 1 stores all n without loss.",
        EXACT,
        extreme(lambda ds: ds.circle_loss, "greatest"),
        high=1e-20,
        control=controls.replaced("without its bias", circle_loss=lambda ds: ds.unbiased_loss),
    ),
    Claim(
        "bias-removes-it",
        "With a free bias minimisation finds a loss of 0 for every n (within {high}).",
        EXACT,
        extreme(lambda ds: ds.least_loss.sel(setting=models.BIASED), "greatest"),
        high=1e-6,
        control=controls.exchanged("setting", models.BIASED, "relu", "without a bias"),
    ),
    Claim(
        "bias-by-training",
        "Gradient descent from a usual start finds these lossless models too: L < 0.01 in at least "
        "{low%} of models of n > 5.",
        "hope: the loss can be 0; but the way there leads through norms of order n/4",
        share(models.stored_by_bias),
        low=0.5,
        kind="open",
    ),
    populations.gap_claim("each n, ReLU and GELU"),
)

# --- figures ------------------------------------------------------------------------------------

COLOURS = dict(zip(models.ACTIVATIONS, SERIES, strict=False))
UNDER = {"relu": {"lw": 3, "ms": 7}}
"""lines that others lie on are drawn wide"""


def line_of_each(axis: Any, values: xr.DataArray, x: str) -> None:
    for name, colour in COLOURS.items():
        look = UNDER.get(name, {})
        line_each(axis, values, x=x, series="setting", colours={name: colour}, **look)


@core.takeaway(
    "Without bias five directions save most: what no ReLU model can exceed, whatever its n, lies "
    "[certificate] above their saving; with a free bias minimisation leaves a loss of at most "
    "[bias-removes-it] at every n."
)
def savings(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"of_directions": ds.gon_saving, "of_features": ds.n - ds.least_loss})
    labels = {"directions": "equal directions d", "n": "features n"}
    titles = "d equal directions", "n features, any directions"
    with drawing(1, 2, width=7.2, height=3.1) as (figure, axes):
        for axis, values, x, title in zip(axes[0], shown.values(), labels, titles, strict=True):
            line_of_each(axis, values, x)
            axis.axhline(float(ds.certified_saving), color=INK, ls="--", lw=0.8)
            axis.set(xlabel=labels[x], ylabel="largest saving n - L", xticks=values[x].values)
            axis.set_title(title)
            axis.legend()
    return core.exhibit(
        figure,
        pd.concat([each.to_dataframe().dropna().reset_index() for each in shown.values()]),
        "What two dimensions save of the loss n of a model that has learned nothing. Left: the "
        "most that d equal directions save without bias, d/c(d) for ReLU. Right: the most found by "
        "minimisation with n features. Dashed: what no ReLU model without bias can exceed, by a "
        "linear program. ReLU is drawn wide, under the others.",
    )


@core.takeaway(
    "With ReLU the pull on a fresh feature is the closed form's (off by [fresh-feature-formula] at "
    "most), which is of third order along a learned direction; with GELU it is of first order in "
    "every direction, as theory says to [gelu-gradient-does-not] (relatively, at most)."
)
def fresh_feature(ds: xr.Dataset) -> core.Exhibit:
    shown = xr.Dataset({"pull": ds.fresh_pull, "closed_form": closed_form_pull(ds)})
    along = shown.sel(angle=0.0)
    near = shown.sel(length=0.1, method="nearest")
    with drawing(1, 2, width=7.2, height=2.9) as (figure, axes):
        of = (along, "length"), (near / near.length, "angle")
        for axis, (values, x), name in zip(axes[0], of, ("4ε³", "closed form"), strict=True):
            line_of_each(axis, values.pull, x)
            axis.plot(values[x], values.closed_form, "--", color=INK, lw=1, label=name)
            axis.legend()
        axes[0, 0].set(xscale="log", yscale="log", xlabel="length ε of the fresh feature")
        axes[0, 0].set(title="along a learned direction", ylabel="pull ∂L/∂ε")
        axes[0, 1].set(xlabel="degrees from a learned direction", ylim=(0, None))
        axes[0, 1].set(title=f"any direction, ε = {float(near.length):.2g}", ylabel="∂L/∂ε over ε")
    return core.exhibit(
        figure,
        shown,
        "The pull back to 0 that a fresh feature of length ε feels beside a learned pentagon, by "
        "automatic differentiation; dashed, the closed form for ReLU. Left: against ε, where a "
        "power of ε is a straight line of that slope. Right: against the angle from the nearest of "
        "the five directions, midway between two of which is 36°.",
    )


@core.takeaway(
    "Trained on five features or more, [relu-ends-in-pentagon of ReLU models] and "
    "[gelu-ends-in-pentagon of GELU models] end in the pentagon; with a bias and on more than "
    "five, [bias-by-training of models] reach a loss below 0.01."
)
def trained_models(ds: xr.Dataset) -> core.Exhibit:
    model = ds.sel(trained_n=ds.trained_n.max())
    best = model.w.isel(seed=model.loss.isel(step=-1).fillna(np.inf).argmin("seed"))
    over = models.saving(model).isel(step=slice(1, None)).transpose("setting", "step", "seed")
    with drawing(1, 4, width=9.6, height=2.6) as (figure, axes):
        for axis, (setting, colour) in zip(axes[0], COLOURS.items(), strict=False):
            w = best.sel(setting=setting).transpose("hidden", "feature").values
            columns_in_plane(axis, w, 1.1 * max(1.0, float(np.nanmax(np.linalg.norm(w, axis=0)))))
            axis.add_patch(Circle((0, 0), 1, fill=False, color=FAINT, ls="--", lw=0.8))
            axis.set_title(f"{setting}, n = {int(model.trained_n)}")
            y = over.sel(setting=setting)
            look = {"lw": UNDER[setting]["lw"]} if setting in UNDER else {}
            median_band(axes[0, 3], y.step, y, colour=colour, label=setting, inner=0.8, **look)
        axes[0, 3].axhline(theory.PENTAGON_SAVING, color=INK, ls="--", lw=0.8)
        axes[0, 3].set(xscale="log", xlabel="training step", ylabel="saving n - L")
        axes[0, 3].set_title(f"all models, n = {int(model.trained_n)}")
        axes[0, 3].legend()
    return core.exhibit(
        figure,
        xr.Dataset(
            {"saving": models.saving(ds).isel(step=-1, drop=True), "norm": models.lengths(ds)}
        ),
        "Trained models: the columns W_i of the one of least loss (dashed: length 1; orange: "
        "several share a direction), and what is saved in training: median over seeds, with its "
        "95 % interval and, lightly, the central 80 %; dashed, a ReLU pentagon's saving. ReLU is "
        "drawn wide, under the others.",
    )


FEW = Config(n_features=(2, 4, 5, 8, 12), starts=6, trained_features=(5, 8), seeds=20)
MANY = Config(starts=200, trained_features=(5, 6, 7, 8, 9, 10, 11, 12), seeds=200, steps=20_000)

STUDY = core.Study(
    name="one-hot-pentagon",
    group="toy-models",
    question="Why do one-hot features in a plane settle on five directions, and what of a bias?",
    finding="With ReLU no arrangement of features in the plane saves more loss than five "
    "directions, which further features share (least five-fold order, of 1: [shared-directions]). "
    "A free bias removes the pentagon: then every number of features is stored with a loss of "
    "[bias-removes-it] or less.",
    sources=("elhage2022",),
    measurements=(models.MODELS,),
    presets={
        "quick": FEW.model_copy(update={"steps": 2000, "learning_rate": 1e-2}),
        "default": Config(),
        "paper": MANY,
    },
    minutes={"quick": 0.25, "default": 0.4, "paper": 10},
    claims=CLAIMS,
    figures=(savings, fresh_feature, trained_models),
)
