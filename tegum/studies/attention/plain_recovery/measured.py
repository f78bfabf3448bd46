"""What is measured of plain heads: both sides of every pair, what removal takes, W and Ω."""

import numpy as np

from tegum.analysis import geometry
from tegum.analysis.spectra import cosines, svd_of_product
from tegum.studies import core
from tegum.studies.attention.plain_recovery.heads import (
    ASKED,
    Attending,
    Config,
    in_order,
    in_two_stages,
    together,
)
from tegum.studies.attention.plain_recovery.removal import REMOVED, areas, taken
from tegum.theory.optimal_heads import dual_directions, head_floor, head_loss

SIDES = ["left", "right"]


def recovered(c: Config, mode: str, density: float) -> core.Variables:
    """Both sides of every pair at one point, beside what theory says of the W they end with."""
    models = (together if mode == "joint" else in_two_stages)(c, density, c.pairs)
    w = models.w[:, -1]
    u, s, v = svd_of_product(models.a[:, -1], models.b[:, -1])
    omega = np.swapaxes(models.a[:, -1], -1, -2) @ models.b[:, -1]
    duals = np.stack([dual_directions(one, density) for one in w])
    first = np.stack([u[..., 0], v[..., 0]], axis=-1)
    hat, dual = (geometry.directions(of)[..., :2] for of in (w, duals))
    matrix = ASKED.matrix(c.n_features)
    best = duals[..., :1] * np.swapaxes(duals[..., 1:2], -1, -2)  # Ω* = d_i d_jᵀ
    of = w, duals, density
    found = {
        "cosine": np.sum(first * hat, axis=-2),
        "dual_cosine": np.sum(first * dual, axis=-2),
        "theory_cosine": np.abs(np.sum(hat * dual, axis=-2)),
        "norm": geometry.norms(w)[..., :2],
        "leverage": geometry.leverage(w)[..., :2],
        "singular_value": s,
        "L2": [head_loss(o, one, density, matrix) for o, one in zip(omega, w, strict=True)],
        "L2_floor": [head_floor(one, density, matrix) for one in w],
        "taken": taken(omega, *of, c.rng("directions")),
        "taken_theory": taken(best, *of, c.rng("directions")),
        "area": areas(omega, *of, c.rng("tokens"), c.tokens),
        "finite": models.finite,
    }
    shape = c.seeds, len(c.pairs)
    laid = {name: np.reshape(x, (*shape, *np.shape(x)[1:])) for name, x in found.items()}
    labels = {"left": [i for i, _ in c.pairs], "side": SIDES, "removed": list(REMOVED)}
    kept = geometry.represented(in_order(c, w)) == (np.arange(c.n_features) < c.n_hidden)
    return laid | labels | {"top_stored": np.all(kept, axis=-1).astype(float)} | drawn(c, models)


def drawn(c: Config, models: Attending) -> dict[str, object]:
    """The first seed's W and Ω of some pairs at every look, features in order; NaN if diverged."""
    chosen = list(c.drawn)  # the first seed's models come first
    sound = np.where(models.finite[chosen], 0.0, np.nan)[:, None, None, None]
    w = np.stack([in_order(c, models.w[:, k])[0] for k in range(len(models.steps))], axis=1)
    omega = np.swapaxes(models.a[chosen], -1, -2) @ models.b[chosen]
    return {
        "step": models.steps,
        "look": list(range(len(models.steps))),
        "pair": chosen,
        "w": w[chosen] + sound,
        "omega": omega + sound,
    }


def sampled(c: Config, sampling: str) -> core.Variables:
    """Joint heads of pairs inside the top m, L2 on all pairings of a batch or on one for each."""
    inside = [pair for pair in c.pairs if max(pair) < c.n_hidden] or c.pairs[:1]
    target = "count" if sampling == "all pairings" else "any"
    models = together(c, c.sampled_density, inside, target=target)
    u, _, v = svd_of_product(models.a[:, -1], models.b[:, -1])
    each = [cosines(x, models.w[:, -1])[:, 0, k] for k, x in enumerate((u, v))]
    shape = c.seeds, len(inside)
    return {
        "inside": [left for left, _ in inside],
        "side": SIDES,
        "sampled_cosine": np.stack(each, axis=-1).reshape(*shape, 2),
        "finite": models.finite.reshape(shape),
    }


RECOVERED = core.table(
    cosine=("seed left side", "signed cos(first singular vector, W_i)"),
    dual_cosine=("seed left side", "signed cos(first singular vector, d_i)"),
    theory_cosine=("seed left side", "|cos(d_i, W_i)|"),
    norm=("seed left side", "‖W_i‖"),
    leverage=("seed left side", "leverage P_ii"),
    singular_value=("seed left slice", "singular values of Ω"),
    L2=("seed left", "exact loss of the head"),
    L2_floor=("seed left", "the least that any head can reach on this W"),
    taken=("seed left side removed", "share of the mean logit on positives that a direction takes"),
    taken_theory=("seed left side removed", "the same of the best head on this W"),
    area=("seed left removed", "area under the ROC curve without a direction on either side"),
    top_stored=("seed left", "1 where exactly the m most important features are longer than 1/2"),
    step=("look", "training steps of the head"),
    w=("pair look hidden feature", "weights W of the first seed"),
    omega=("pair look hidden hidden_right", "Ω of the first seed"),
    finite=("seed left", "1 for a model that trained, 0 for one that diverged"),
)
SAMPLED = core.table(
    sampled_cosine=("seed inside side", "signed cos(first singular vector, W_i)"),
    finite=("seed inside", "1 for a model that trained, 0 for one that diverged"),
)
MODELS = core.Measurement(
    "plain-recovery",
    version=1,
    parts=(
        core.Part(recovered, RECOVERED, mode="modes", density="densities"),
        core.Part(sampled, SAMPLED, sampling="samplings"),
    ),
)
