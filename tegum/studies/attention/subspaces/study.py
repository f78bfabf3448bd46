"""head-subspaces: attended features lie in different factors of a tegum product. Does each slice
keep to one factor?

W holds a dedicated feature, a tetrahedron, a triangle, a digon and a pentagon in orthogonal
subspaces (and more dedicated features), or one digon five times; or it was trained. The head is
asked for one pair in each factor.

Theory (`theory.optimal_heads`, `theory.factor_slices`): Ω* = D T Dᵀ, and with a constant input
d_i = c W_i / (frame bound): each slice lies in one factor wherever the σ are distinct. At short
rank slices go to the largest τ of the whitened task. As features grow sparse τ → t √(P_ii P_jj)
times a constant, with the leverage P: dedicated 1, tetrahedron 3/4, triangle 2/3, digon 1/2,
pentagon 2/5. Without a constant input dedicated features leak in everywhere, since Σ W_k then
stands for the constant.
"""

from typing import Any

import xarray as xr

from tegum.plots.dots import dots_by_name
from tegum.plots.matrices import heat_maps
from tegum.plots.panels import dots_by_density, sparsity
from tegum.studies import core, populations
from tegum.studies.attention.subspaces.factors import (
    AFFINE,
    DIGONS_EQUAL,
    DIGONS_GRADED,
    HEADS,
    KINDS,
    KINDS_EQUAL,
    KINDS_GRADED,
    SPARSE,
    Config,
    above_null,
    dedicated_first,
    energy_error,
    entropies,
    excess,
    in_order,
    lowest,
    mixed,
    models_asked,
    of_affine,
    pentagon_before_dedicated,
    purity_error,
    ratio_error,
    slice_purity,
    trained_error,
)
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import at, extreme, median, share
from tegum.theory.factor_slices import largest_share, sparse_ratios

# --- claims -------------------------------------------------------------------------------------

PRECISION = 0.02  # of energies, asked of training: how near descent on the exact loss must come
DUALS = "theory: d_i ∝ W_i, orthogonal"
OTHER_FACTORS = controls.shuffled(("energy", "tau"), "kind", "factors shuffled")
BY_CHANCE = controls.replaced(
    "directions at the 95 % of chance",
    purity=lambda ds: ds.purity.where(ds.way != "trained", ds.purity_null),
)


def equal_for(setting: str) -> core.Control:
    """Where σ are equal, slices must not keep to factors."""
    return controls.exchanged("setting", setting, DIGONS_EQUAL, "five digons of equal weights")


CLAIMS = (
    Claim(
        "energies-are-theory",
        "At every rank r = 1 ... 5 each attended feature's energy in the span of the slices is "
        "that of the closed form, to within {high} (median over seeds, worst setting).",
        "theory: reduced-rank regression; precision asked of training",
        median(energy_error, "greatest"),
        high=PRECISION,
        control=OTHER_FACTORS,
    ),
    Claim(
        "order-of-leverage",
        f"At density ≤ {SPARSE} and equal weights r slices serve the first r of: dedicated, "
        "tetrahedron, triangle, digon, pentagon, and no other, in at least {low%} of heads.",
        "theory: the largest τ first, τ ∝ √(P_ii P_jj)",
        share(in_order, note="share of heads, r = 1 ... 5"),
        low=0.95,
        control=OTHER_FACTORS,
    ),
    Claim(
        "tau-is-leverage",
        "For sparse features τ_k/τ_1 is 1, 3/4, 2/3, 1/2, 2/5, up to corrections of order p "
        "(at most {high}, the farthest of all).",
        "theory: τ = t √(P_ii P_jj) times a constant, up to the mean that all share",
        extreme(ratio_error, "greatest", note=lambda ds: f"at density {lowest(ds):g}"),
        high=core.Derived("2p", lambda ds, _: 2 * lowest(ds)),
        control=OTHER_FACTORS,
    ),
    Claim(
        "one-factor-each",
        "With a constant input and r = q each slice keeps to one factor (block energy at least "
        "{low}, median over seeds, worst slice and setting), five kinds of factors, weights equal "
        "or graded.",
        f"{DUALS}; σ ∝ t P_ii P_jj are distinct; precision asked of training",
        median(of_affine(KINDS_EQUAL, KINDS_GRADED), "least", note=entropies),
        low=1 - PRECISION,
        control=equal_for(KINDS_EQUAL),
    ),
    Claim(
        "graded-digons-apart",
        "With a constant input five digons of graded weights get a slice each, too (block energy "
        "at least {low}, median over seeds, worst slice and density).",
        f"{DUALS}; σ ∝ t; precision asked of training",
        median(of_affine(DIGONS_GRADED), "least"),
        low=1 - PRECISION,
        control=equal_for(DIGONS_GRADED),
    ),
    Claim(
        "equal-digons-mix",
        "Five digons of equal weights are mixed as random directions are (mean block energy of "
        "slices within 4 standard errors, at the density farthest from it).",
        "null: the largest of 5 squared coordinates of a random direction",
        share(of_affine(DIGONS_EQUAL), largest_share(5)[0], over=("seed", "slice")),
        low=mixed(-4.0),
        high=mixed(4.0),
        control=controls.exchanged(
            "setting", DIGONS_EQUAL, DIGONS_GRADED, "five digons of graded weights"
        ),
    ),
    Claim(
        "purity-is-theory",
        "Where σ are distinct the purity of every slice is that of the closed form, to within "
        "{high} (median over seeds), for every density, target and input.",
        "theory: Ω* = D T Dᵀ; precision asked of training",
        median(purity_error, "greatest"),
        high=PRECISION,
        control=controls.shuffled("purity_theory", "variant", "theory of another target or input"),
    ),
    Claim(
        "descent-reaches-floor",
        "Gradient descent reaches the floor of L2 to within {high} of E s² (median over "
        "seeds, worst setting).",
        "theory: the quadratic's minimum; precision asked of training",
        median(excess, "greatest"),
        high=0.01,
        control=controls.shuffled("floor", "setting", "floors of other settings"),
    ),
    Claim(
        "trained-w-is-theory",
        "On trained W the purity of slices is that of the closed form, to within {high} (median "
        "over seeds, worst slice).",
        "theory: Ω* = D T Dᵀ at the trained W; precision asked of training",
        median(trained_error, "greatest", note=models_asked),
        high=PRECISION,
        control=BY_CHANCE,
    ),
    Claim(
        "trained-w-above-null",
        "On trained W at least {low%} of slices keep to one factor more than chance (its 95 %) "
        "explains.",
        "null: largest block energy of random directions, for the blocks of each W",
        share(above_null, note=models_asked),
        low=0.95,
        control=BY_CHANCE,
    ),
    Claim(
        "trained-w-dedicated-first",
        "On trained W two slices of a head without a constant input serve the two dedicated "
        "features of five attended, of equal weights, before any in a larger factor, in at least "
        "{low%} of models.",
        "theory: the largest √(P_ii P_jj) first",
        share(dedicated_first, note=models_asked),
        low=0.95,
        control=controls.reversed_along("asked", "the features in reverse order"),
    ),
    Claim(
        "pentagon-first",
        "Some heads of short rank serve a pentagon before a dedicated feature, at least {low%}.",
        "the opposite of what theory says; would refute it",
        share(pentagon_before_dedicated, note="share of heads with r < 5"),
        low=0.05,
        kind="open",
    ),
    Claim(
        "equal-weights-suffice",
        "Orthogonal factors alone keep slices apart: five digons of equal weight get a slice each "
        "(block energy at least {low}, median over slices and seeds).",
        "the naive expectation; fails: equal σ leave the basis free",
        median(of_affine(DIGONS_EQUAL), over=("seed", "density", "slice", "setting")),
        low=0.95,
        kind="open",
    ),
    Claim(
        "dense-without-constant",
        "Without a constant input, too, dense features' slices keep to one factor (block energy at "
        "least {low}, median over seeds, worst slice).",
        "the naive expectation; fails: Σ W_k, of the dedicated features, stands for the constant",
        median(
            at(slice_purity, variant="count", setting=KINDS_EQUAL, density=lambda p: p == p.max()),
            "least",
            note="at the highest density",
        ),
        low=0.95,
        kind="open",
    ),
    populations.gap_claim("those trained"),
)

# --- figures ------------------------------------------------------------------------------------


ASKED = (
    "'product' asks for the sum of the pairs' products, 'count' how many are present; [h; 1]: with "
    "a constant input"
)
NAMES = ("dedicated", *KINDS[1:])


@core.takeaway(
    "r slices serve the r factors of greatest leverage in [order-of-leverage of heads] on sparse "
    "features, with the closed form's energies to [energies-are-theory] (median over seeds, worst "
    "setting)."
)
def energies_by_rank(ds: xr.Dataset) -> core.Exhibit:
    density = max((p for p in ds.density.values if p <= SPARSE), default=lowest(ds))
    ways = [ds.energy_theory.expand_dims(seed=ds.seed), ds.energy]
    energy = xr.concat(ways, "way").assign_coords(way=["closed form", "trained"]).rename("energy")
    shown = energy.median("seed").sel(density=density)
    panels = {"rows": "way", "columns": "variant", "y": "kind", "x": "rank"}
    return core.exhibit(
        heat_maps(shown, label="energy in the span", names=NAMES, **panels),
        energy,
        "Too few slices for five pairs, one in a factor of each kind, from the greatest leverage "
        "to the least: the share of a kind's attended features that lies in the span of the head's "
        f"r slices, at {sparsity(density)} and equal weights, median over seeds. {ASKED}.",
    )


@core.takeaway(
    "With a constant input each slice lies in one factor (block energy [one-factor-each], median "
    "over seeds, worst setting), but for digons of equal weights, which are mixed (mean "
    "[equal-digons-mix])."
)
def block_energies(ds: xr.Dataset) -> core.Exhibit:
    density = float(ds.density.max())
    shown = ds.block_energy.sel(density=density, variant=[AFFINE, "count"]).isel(seed=0)
    panels = {"rows": "variant", "columns": "setting", "y": "slice", "x": "factor"}
    return core.exhibit(
        heat_maps(shown, label="block energy", **panels),
        shown,
        "Which factor each slice lies in: its block energy, the share of it in each of the five "
        "attended factors; a slice for each pair (r = 5), one trained head a panel, the densest "
        f"features ({sparsity(density)}). The factors of 'five kinds' are, in order, "
        f"{', '.join(NAMES)}; weights of pairs are equal, or graded from 1 to 0.4. Above, with a "
        "constant input; below, without. What a slice lacks lies in factors not asked for.",
    )


@core.takeaway(
    "Where σ differ purity is the closed form's to [purity-is-theory] (median over seeds, worst "
    "slice and setting); without a constant input the worst slice for 'count' of five kinds at "
    "equal weights has [dense-without-constant] on the densest features."
)
def purity(ds: xr.Dataset) -> core.Exhibit:
    random = largest_share(5)[0] * (ds.variant == AFFINE).where(ds.variant == AFFINE)
    theory = ds.purity_theory.where(ds.setting != DIGONS_EQUAL, random)
    shown = xr.Dataset({"purity": slice_purity(ds), "theory": theory}).mean("slice", skipna=False)
    look: dict[str, Any] = {
        "columns": 2,
        "spread": 0.27,
        "ms": 7,
        "theory": "closed form, or chance",
    }
    label = "purity of slices, mean of five"
    return core.exhibit(
        dots_by_density(
            shown.purity, shown.theory, panel="setting", series="variant", ylabel=label, **look
        ),
        shown,
        "How far slices keep to one factor: the largest block energy of a slice, mean of a head's "
        f"five. Dots: heads, one a seed. {ASKED}. Dashes: the closed form; for digons of equal "
        "weights it leaves slices free, and with a constant input the dash is the mean of random "
        "mixtures of five orthogonal directions.",
    )


@core.takeaway(
    "On the sparsest features τ_k/τ_1 is the leverage √(P_ii P_jj) to within [tau-is-leverage] "
    "(the farthest of all kinds and targets)."
)
def tau(ds: xr.Dataset) -> core.Exhibit:
    ordered = ds.tau.sortby("density", ascending=False).assign_coords(kind=list(NAMES))
    panels = {sparsity(p): ordered.sel(density=p, drop=True) for p in ordered.density.values}
    bars = ("√(P_ii P_jj)", sparse_ratios(KINDS))
    width = min(3.4, 9.4 / len(panels))
    return core.exhibit(
        dots_by_name(panels, series="variant", ylabel="τ_k / τ_1", bars=bars, width=width),
        ordered,
        "What the k-th slice explains, in closed form: τ_k, the k-th singular value of the "
        "whitened task, beside the leverage P_ii of the factor that it serves, the share of a "
        f"dimension that one of its features has. {ASKED}. In theory dense features leave more to "
        "the first slice, which takes what all pairs share.",
    )


@core.takeaway(
    "On trained W, too, [trained-w-above-null of slices] keep to one factor more than chance "
    "explains, and two slices serve the dedicated features first in [trained-w-dedicated-first of "
    "models]."
)
def trained_dictionaries(ds: xr.Dataset) -> core.Exhibit:
    shown = ds[["purity", "purity_null", "two_slices"]]
    kept, first = "largest block energy, r = 5\n(graded weights, [h; 1])", "energy in two slices"
    panels = {kept: shown.purity, f"{first}\n(equal weights)": shown.two_slices}
    chance = {kept: float(shown.purity_null.median())}
    return core.exhibit(
        dots_by_name(panels, series="way", ylabel="share", chance=chance, width=3.4, ms=6),
        shown,
        "W trained where dedicated features and digons stand side by side: five factors found in "
        "it are asked for ('count'), one feature in each. Left: how far each slice keeps to one "
        "factor; grey: up to the median of what random directions stay below in 95 %. Right: which "
        "features a head of two slices serves. One dot a model, the closed form at the same W "
        "beside it.",
    )


QUICK = Config(singles=1, densities=(0.3, 0.02), seeds=5, steps=1500)
PAPER = Config(
    singles=41,
    densities=(0.1, 0.02),
    seeds=100,
    n_features=100,
    n_hidden=50,
    importance_decay=0.98,
    batch=256,
)

STUDY = core.Study(
    name="head-subspaces",
    group="attention-head",
    question="When attended features lie in different factors of a tegum product, does each slice "
    "keep to one factor?",
    finding="With a constant input it does (block energy [one-factor-each], median over seeds, "
    "worst setting), unless factors are alike and weights equal (mean [equal-digons-mix]). With "
    "too few slices for sparse features those of greatest leverage win in [order-of-leverage of "
    "heads].",
    sources=("franco2026", "elhage2022"),
    measurements=(HEADS,),
    presets={"quick": QUICK, "default": Config(), "paper": PAPER},
    minutes={"quick": 0.15, "default": 0.3, "paper": 6},
    claims=CLAIMS,
    figures=(energies_by_rank, block_energies, purity, tau, trained_dictionaries),
)
