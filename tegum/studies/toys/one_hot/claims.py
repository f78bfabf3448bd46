"""What one-hot-pentagon claims: each with its bound from exact theory, a fair coin or a reader's note.

Which models count as ended in the pentagon is decided here.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis.geometry import norms
from tegum.analysis.nulls import coin_share
from tegum.studies.claims import Claim, Measured
from tegum.studies.gaps import gap_claim
from tegum.studies.over_seeds import mean
from tegum.studies.toys.one_hot.theory import (
    PENTAGON_SAVING,
    interference_sum,
    predicted_fresh_gradient,
)


def least_loss(ds: xr.Dataset) -> xr.DataArray:
    """The least that minimisation found, over its starts."""
    return ds.minimum_found.min("start")


def _crowded(ds: xr.Dataset) -> xr.Dataset:
    """Trainings with more features than a pentagon has."""
    return ds.sel(trained_n=ds.trained_n > 5)


def final_saving(ds: xr.Dataset) -> xr.DataArray:
    """What models save, n - L, at the end of training."""
    return ds.trained_n - ds.trained_loss.isel(step=-1)


def _in_pentagon(ds: xr.Dataset, setting: str) -> xr.DataArray:
    """Whether a model saves what the pentagon does; the next best critical point known saves 0.17 less."""
    large = ds.sel(trained_n=ds.trained_n >= 5, setting=setting)
    best = float(ds.gon_saving.sel(activation=setting, directions=5))
    return abs(final_saving(large) - best) < 0.01


def five_fold(w: Float[np.ndarray, "*models 2 features"]) -> Float[np.ndarray, "*models"]:
    """|Σ_i ‖W_i‖² e^{5iθ_i}| / Σ_i ‖W_i‖²: 1 when every feature points to a corner of one regular pentagon."""
    z = np.nan_to_num(w[..., 0, :] + 1j * w[..., 1, :])
    mass = np.abs(z) ** 2
    return np.abs(np.sum(mass * np.exp(5j * np.angle(z)), axis=-1)) / mass.sum(axis=-1)


def _minimum(ds: xr.Dataset) -> Measured:
    saved = ds.n - least_loss(ds).sel(setting="relu")
    worst = float(abs(saved - xr.where(ds.n >= 5, PENTAGON_SAVING, ds.n)).max())
    counts = ", ".join(str(n) for n in saved.n.values)
    return Measured(worst, high=1e-6, note=f"largest distance, n = {counts}")


def _certificate(ds: xr.Dataset) -> Measured:
    bound = float(ds.certified_saving)
    return Measured(bound - PENTAGON_SAVING, low=0.0, high=1e-4, note=f"saving at most {bound:.6f}")


def _saving_formula(ds: xr.Dataset) -> Measured:
    formula = np.array([d / interference_sum(int(d)) for d in ds.directions.values])
    off = abs(ds.gon_saving.sel(activation="relu") - formula).max()
    second = np.sort(formula)[-2]
    return Measured(
        float(off),
        high=1e-8,
        note=f"largest error; the best is d = {ds.directions.values[formula.argmax()]}, the second saves {second:.4f}",
    )


def _c_alone(ds: xr.Dataset) -> Measured:
    del ds
    return Measured(
        interference_sum(5) - interference_sum(4),
        high=0.0,
        note="c(5) - c(4): the sum is least at d = 3 and 4, where it is 1; what five wins is d/c(d)",
    )


def _shared_directions(ds: xr.Dataset) -> Measured:
    w = ds.minimum_w.sel(setting="relu", n=ds.n >= 5).transpose("n", "hidden", "feature").values
    return Measured(
        float(five_fold(w).min()), low=0.999, note="least over n, at the least loss found"
    )


def _fresh_formula(ds: xr.Dataset) -> Measured:
    radial = ds.fresh_gradient.sel(activation="relu", component="radial")
    along = radial.sel(angle=0.0, length=ds.length < 0.03)
    exponent = np.polyfit(np.log(along.length), np.log(abs(along)), 1)[0]
    off = float(abs(radial - predicted_fresh_gradient(ds)).max())
    return Measured(
        off,
        high=1e-10,
        note=f"largest difference; along a learned direction it grows as ε^{exponent:.3f}",
    )


def _gelu_pull(ds: xr.Dataset) -> Measured:
    rho = float(ds.gon_squared_norm.sel(activation="gelu", directions=5))
    shortest = ds.fresh_gradient.sel(activation="gelu", component="radial").isel(length=0)
    ratio = shortest / float(ds.length[0]) / (2 * (5 * rho / 4 - 1))
    return Measured(
        float(abs(ratio - 1).max()),
        high=0.01,
        note=f"relative, all angles; the pull is {2 * (5 * rho / 4 - 1):.4f} ε",
    )


def _norm_error(ds: xr.Dataset, setting: str) -> float:
    """Median | ‖W_i‖ - 1 | in models of five features that ended in the pentagon."""
    model = ds.sel(trained_n=5, setting=setting)
    lengths = norms(model.trained_w.transpose("seed", "hidden", "feature").values)[:, :5]
    return float(np.median(abs(lengths[_in_pentagon(ds, setting).sel(trained_n=5).values] - 1)))


def _norms_nearer_one(ds: xr.Dataset) -> Measured:
    relu, gelu = _norm_error(ds, "relu"), _norm_error(ds, "gelu")
    return Measured(
        gelu / relu, high=1.0, note=f"distance from 1: GELU {gelu:.4f}, ReLU {relu:.4f}"
    )


def _lengths(ds: xr.Dataset, setting: str) -> np.ndarray:
    """[n seed feature]: ‖W_i‖ of trained models of more than five features, 0 for padding."""
    w = (
        _crowded(ds)
        .trained_w.sel(setting=setting)
        .transpose("trained_n", "seed", "hidden", "feature")
    )
    return np.nan_to_num(norms(w.values))


def _gelu_leaves_out(ds: xr.Dataset) -> Measured:
    lengths = _lengths(ds, "gelu")
    clean = ((lengths > 0.5) | (lengths < 0.1)).all(axis=-1)
    models = xr.DataArray(clean, dims=("n", "seed"))
    return mean(models, low=0.95, note="share of seeds without a ‖W_i‖ between 0.1 and 0.5")


def _share(ds: xr.Dataset, setting: str, low: float | None = None) -> Measured:
    inside = _in_pentagon(ds, setting)
    shares = ", ".join(
        f"{float(share):.2f} of n = {n}"
        for n, share in zip(inside.trained_n.values, inside.mean("seed"), strict=True)
    )
    return mean(inside, low=coin_share(inside.size) if low is None else low, note=shares)


def _nudged_to_pentagon(ds: xr.Dataset) -> Measured:
    saving = (ds.trained_n - ds.nudged_loss).sel(trained_n=ds.trained_n >= 5)
    inside = {
        setting: abs(
            saving.sel(setting=setting) - ds.gon_saving.sel(activation=setting, directions=5)
        )
        < 0.01
        for setting in ("relu", "gelu")
    }
    before = float(_in_pentagon(ds, "relu").mean())
    told = f"share of seeds, {before:.2f} before; GELU {float(_in_pentagon(ds, 'gelu').mean()):.2f} before, "
    return mean(inside["relu"], low=0.95, note=told + f"{float(inside['gelu'].mean()):.2f} after")


def steps_to(ds: xr.Dataset, setting: str, share: float) -> xr.DataArray:
    """Steps until a model has made this share of the saving that it ends with."""
    saving = ds.trained_n - ds.trained_loss.sel(setting=setting)
    return ds.step[(saving >= share * saving.isel(step=-1)).argmax("step")]


def _gelu_faster(ds: xr.Dataset) -> Measured:
    halves = {
        share: [float(steps_to(ds, s, share).median()) for s in ("relu", "gelu")]
        for share in (0.5, 0.9, 0.99)
    }
    told = "; ".join(
        f"{share:.0%}: ReLU {relu:g}, GELU {gelu:g}" for share, (relu, gelu) in halves.items()
    )
    relu, gelu = halves[0.9]
    ratio = gelu / relu if relu else np.nan
    return Measured(ratio, high=1.0, note=f"median steps to this share of the final saving, {told}")


def _bias_removes_it(ds: xr.Dataset) -> Measured:
    return Measured(
        float(least_loss(ds).sel(setting="relu with bias").max()),
        high=1e-6,
        note="largest least loss over n",
    )


def _circle(ds: xr.Dataset) -> Measured:
    return Measured(float(ds.circle_loss.max()), high=1e-20, note=f"n up to {int(ds.n.max())}")


def _bias_trained(ds: xr.Dataset) -> Measured:
    biased = _crowded(ds).sel(setting="relu with bias")
    loss = biased.trained_loss.isel(step=-1)
    kept = ", ".join(
        f"{float(m):.2f} of {n}"
        for n, m in zip(biased.trained_n.values, final_saving(biased).median("seed"), strict=True)
    )
    return Measured(
        float((loss < 0.01).mean()),
        low=0.5,
        note=f"share of seeds with L < 0.01; median saving {kept}",
    )


EXACT = "exact theory (module docstring)"
NOTE = "a reader's note on one-hot inputs without bias"

CLAIMS = (
    Claim(
        "minimum",
        "Without bias the least loss of n one-hot features in the plane is n - 4.198213 for every n ≥ 5, and 0 up to 4 "
        "(within 1e-6).",
        f"{EXACT}: 5/c(5), c(5) = 1 + 2 cos² 72°",
        _minimum,
    ),
    Claim(
        "certificate",
        "No arrangement of any number of features in the plane saves more than the pentagon (within 1e-4).",
        f"{EXACT}: linear programming bound",
        _certificate,
    ),
    Claim(
        "saving-of-equal-directions",
        "The most that d equal directions save is d/c(d), d = 3 to 12 (within 1e-8): the pentagon wins by its saving.",
        EXACT,
        _saving_formula,
    ),
    Claim("least-c", "c(d) itself is least at d = 5.", NOTE, _c_alone, kind="open"),
    Claim(
        "shared-directions",
        "At the least loss all n ≥ 5 features share the five directions of one pentagon (five-fold order above 0.999).",
        EXACT,
        _shared_directions,
    ),
    Claim(
        "fresh-feature-formula",
        "With ReLU a fresh feature of length ε beside a pentagon feels the gradient 4ε³ + 4ε(ρ Σ cos²₊ - 1): 4ε³ along "
        "a learned direction.",
        f"{EXACT}, against automatic differentiation",
        _fresh_formula,
    ),
    Claim(
        "gelu-gradient-does-not",
        "With GELU it is of first order, and points back to 0: 2ε(5ρ/4 - 1) in every direction (within 1 %).",
        EXACT,
        _gelu_pull,
    ),
    Claim(
        "gelu-norms",
        "Directions of a GELU pentagon are nearer to unit length than those of a ReLU pentagon (ratio below 1).",
        NOTE,
        _norms_nearer_one,
    ),
    Claim(
        "gelu-one-a-direction",
        "With GELU a feature has a direction of its own or stays at 0 (in ≥ 95 % of seeds, n > 5).",
        NOTE,
        _gelu_leaves_out,
    ),
    Claim(
        "relu-ends-in-pentagon",
        "Gradient descent with ReLU ends in the pentagon: it saves 4.198213 within 0.01 (≥ 95 % of seeds, n ≥ 5).",
        f"{NOTE}; Elhage et al. 2022. The others stop at a square of which two features share a corner: a saddle, but "
        "along that corner's direction the gradient vanishes",
        lambda ds: _share(ds, "relu", 0.95),
        kind="open",
    ),
    Claim(
        "relu-stops-at-saddles",
        "A ReLU training that stops short of the pentagon stands on a saddle: nudged by 0.001, descent takes ≥ 95 % of "
        "all seeds to the pentagon, n ≥ 5.",
        f"{EXACT}: along a learned direction a fresh feature feels no gradient to first order, beside it feels one",
        _nudged_to_pentagon,
    ),
    Claim(
        "gelu-ends-in-pentagon",
        "Gradient descent with GELU ends in its pentagon more often than a fair coin would say (95 %), n ≥ 5.",
        f"{NOTE}; null: fair coin",
        lambda ds: _share(ds, "gelu"),
    ),
    Claim(
        "gelu-faster",
        "With GELU features are learned faster: nine tenths of the final saving are made in fewer steps.",
        NOTE,
        _gelu_faster,
        kind="open",
    ),
    Claim(
        "circle",
        "With a bias, W on a circle with R²(1 - cos 2π/n) = 1 stores all n without loss.",
        EXACT,
        _circle,
    ),
    Claim(
        "bias-removes-it",
        "With a free bias minimisation finds a loss of 0 for every n (within 1e-6).",
        EXACT,
        _bias_removes_it,
    ),
    Claim(
        "bias-by-training",
        "Gradient descent from a usual start finds these lossless models too (L < 0.01 in half of the seeds, n > 5).",
        "hope: the loss can be 0; but the way there leads through norms of order n/4",
        _bias_trained,
        kind="open",
    ),
    gap_claim("each n, ReLU and GELU"),
)
