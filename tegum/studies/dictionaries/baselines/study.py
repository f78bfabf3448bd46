"""dictionary-baselines: what else finds features, on the same hidden vectors, by the same score?

h = W x of n features in m dimensions, the features known. Directions come from PCA, ICA (FastICA),
dictionary learning with positive codes (scikit-learn's, mini-batches), a sparse autoencoder with n
latents, and heads of attention asked one pair of features each (which are told what to attend
to); and from nowhere (random). The score is one for all: an assignment gives every feature a
direction of its own, and their mean cosine counts, 0 for a feature without one.

Theory. A basis has m components, 2 m with both signs, so that it leaves all but a share 2m/n of
features without a direction of their own. Antipodal pairs are the case made for ICA: m
independent, non-Gaussian numbers x_i - x_j along orthogonal axes, which are identifiable; PCA sees
equal variances there, and any basis is as good.

Needs scikit-learn: pip install 'tegum[baselines]'. Where it is missing the study says so in a line.
"""

from typing import Any

import xarray as xr

from tegum.plots import marks
from tegum.plots.style import INK, SERIES, drawing
from tegum.studies import core
from tegum.studies.core import Claim, controls
from tegum.studies.core.measures import COIN, Reading, above, median, share
from tegum.studies.dictionaries.baselines.measured import TABLE, Baselines, baselines

MEASURED = core.Measurement(
    "dictionary-baselines", version=1, parts=(core.Part(baselines, TABLE, density="densities"),)
)

# --- readings -------------------------------------------------------------------------------------


def of(source: str, method: str, name: str = "matched") -> Reading:
    """A score of one method on one source."""
    return lambda ds: ds[name].sel(source=source, finder=method, drop=True)


def beats(one: str, other: str) -> Reading:
    """Whether one method scores above another on the same W in superposition."""

    def reading(ds: xr.Dataset) -> xr.DataArray:
        there = ds.matched.sel(source=["random", "trained"])
        return above(there.sel(finder=one, drop=True), there.sel(finder=other, drop=True))

    return reading


def over_ceiling(ds: xr.Dataset) -> xr.DataArray:
    """Score of the autoencoder on random W over what no basis with both signs can reach."""
    ceiling = ds.basis_ceiling.sel(source="random", drop=True)
    return of("random", "SAE")(ds) / ceiling


def over_chance(ds: xr.Dataset) -> xr.DataArray:
    """PCA's score on random W less that of as many random directions."""
    return of("random", "PCA")(ds) - of("random", "PCA", "chance")(ds)


# --- claims ---------------------------------------------------------------------------------------

IDENTIFIABLE = "independent non-Gaussian components are identifiable (Comon 1994)"

CLAIMS = (
    Claim(
        "ica-finds-antipodal",
        "On antipodal pairs ICA finds every feature: matched cosine of at least {low} (median, at "
        "the worst density).",
        f"{IDENTIFIABLE}; the rest is the precision asked of a sample",
        median(of("antipodal", "ICA"), "least"),
        low=0.97,
        control=controls.replaced(
            "random directions", matched=lambda ds: ds.chance + 0 * ds.matched
        ),
    ),
    Claim(
        "sae-beyond-any-basis",
        "On random W the autoencoder's matched cosine is more than {low} times what no basis, both "
        "signs of its components taken, can reach: 2m/n (median, at the worst density).",
        "pigeonhole: 2 m directions for n features, each with a cosine of at most 1",
        median(over_ceiling, "least"),
        low=1,
        control=controls.exchanged("finder", "SAE", "ICA"),
    ),
    Claim(
        "sae-over-ica",
        "In superposition, on random and trained W, the autoencoder scores above ICA in more "
        "models than {low}.",
        "a basis has too few directions; null: fair coin",
        share(beats("SAE", "ICA")),
        low=COIN,
        control=controls.exchanged("finder", "SAE", "ICA"),
    ),
    Claim(
        "learning-as-good",
        "Dictionary learning with positive codes scores above the autoencoder in more models than "
        "{low}, on random and trained W. (Its codes are the best ones; an encoder's are not.)",
        "exact codes cost less than an encoder's; no theory of directions",
        share(beats("dictionary learning", "SAE")),
        low=COIN,
        kind="open",
    ),
    Claim(
        "heads-over-sae",
        "Heads, told which pair to attend to, score above the autoencoder in more models than "
        "{low}, on random and trained W. (Their optimum is the dual direction, not the feature.)",
        "Franco and Crovella 2026: singular vectors align with features; no theory of which is "
        "nearer",
        share(beats("heads", "SAE")),
        low=COIN,
        kind="open",
    ),
    Claim(
        "pca-near-chance",
        "On random W PCA scores less than {high} above as many random directions (median, at the "
        "worst density).",
        "no theory: covariance knows directions of much variance, not features",
        median(over_chance, "greatest"),
        high=0.05,
        kind="open",
    ),
)

# --- figures --------------------------------------------------------------------------------------


@core.takeaway(
    "On random W the autoencoder reaches [sae-beyond-any-basis] times what any basis could "
    "(median); on antipodal pairs ICA finds all, [ica-finds-antipodal]."
)
def scores(ds: xr.Dataset) -> core.Exhibit:
    return _dots(
        ds,
        ds.matched,
        "matched cosine",
        "Mean cosine of features with directions of their own (assigned; 0 for a feature without "
        "one), one dot a W and sample, a colour each density. Black dashes: as many random "
        "directions, mean. Line: 2m/n, beyond which no basis with both signs can come.",
        ds.chance,
    )


@core.takeaway(
    "Dictionary learning scores above the autoencoder in [learning-as-good of models], heads that "
    "are told their pair in [heads-over-sae of models]."
)
def uniqueness(ds: xr.Dataset) -> core.Exhibit:
    return _dots(
        ds,
        ds.unique,
        "share of features",
        "Share of features that are the best one of their best direction, one dot a W and sample, "
        "a colour each density.",
    )


def _dots(
    ds: xr.Dataset,
    values: xr.DataArray,
    ylabel: str,
    caption: str,
    null: xr.DataArray | None = None,
) -> core.Exhibit:
    sources, names = ds.source.values, list(ds.finder.values)
    with drawing(1, len(sources), width=9.4, height=3.6, sharey=True) as (figure, axes):
        for axis, source in zip(axes[0], sources, strict=True):
            x = marks.named_ticks(axis, names, turned=35.0)
            many = ds.sizes["density"]
            for k, (colour, p) in enumerate(zip(SERIES, ds.density.values, strict=False)):
                y = values.sel(source=source, density=p).transpose("finder", "seed").values
                shift = 0.22 * (k - (many - 1) / 2)
                look: dict[str, Any] = {
                    "colour": colour,
                    "label": f"density {p:g}",
                    "shift": shift,
                    "ms": 5,
                }
                marks.dots(axis, x, y, **look)
            if null is not None:
                line = null.sel(source=source).median(("seed", "density"))
                axis.plot(x, line, "_", color=INK, ms=10, mew=1.6, label="random directions")
                ceiling = float(ds.basis_ceiling.sel(source=source).median())
                axis.axhline(ceiling, color=INK, lw=0.8, label="2m/n")
            axis.set(title=str(source), ylim=(-0.02, 1.04))
        axes[0, 0].set_ylabel(ylabel)
        marks.legend_below(figure, axes)
    return core.exhibit(figure, values.rename(values.name or "score"), caption)


QUICK = Baselines(
    sae_seeds=4,
    sae_steps=600,
    steps=2000,
    batch=256,
    learning_rate=4e-3,
    densities=(0.1,),
    sample=5000,
    passes=5,
)
PAPER = Baselines(
    sae_seeds=10, sae_steps=10_000, n_features=100, n_hidden=20, sample=100_000, passes=30
)

STUDY = core.Study(
    name="dictionary-baselines",
    group="dictionaries",
    question="Do simpler methods than sparse autoencoders find the features?",
    finding="Not in superposition: ICA finds antipodal pairs exactly ([ica-finds-antipodal]), but "
    "on random W the autoencoder reaches [sae-beyond-any-basis] times what any basis can (median). "
    "Dictionary learning is above it in [learning-as-good of models].",
    sources=("elhage2022", "franco2026"),
    measurements=(MEASURED,),
    presets={"quick": QUICK, "default": Baselines(sae_seeds=8), "paper": PAPER},
    minutes={"quick": 0.2, "default": 1, "paper": 60},
    claims=CLAIMS,
    figures=(scores, uniqueness),
)
