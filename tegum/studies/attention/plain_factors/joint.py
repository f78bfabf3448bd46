"""W that trains on with a head for two members of a factor that it made alone; the measurement."""

from typing import Any

import numpy as np

from tegum.analysis.blocks import tegum_blocks
from tegum.models import Bottleneck, Head
from tegum.studies import core, populations
from tegum.studies.attention.plain_factors.factors import (
    COORDS,
    FACING,
    PENTAGON,
    Config,
    cosine_of,
    factors_of,
    firsts,
    partner_of,
)
from tegum.studies.attention.plain_factors.heads import (
    TABLE,
    away_from_law,
    in_two_stages,
    one_of,
    slice_cosines,
)
from tegum.studies.attention.slices import Asked, optimal_slices, slices_of
from tegum.training.objectives import Pairs


def jointly(c: Config, lam: float) -> core.Variables:
    """W trained alone, then on with a head for two facing members of its first pentagon.

    Features are equally important, so they are renamed: the attended ones are 0 and 1.
    """
    m, n, p, count = c.n_hidden, c.joint_size, c.joint_density, c.seeds
    alone = populations.bottlenecks(c, m, p, np.ones(n), recipe=c.stage)
    order, has = np.tile(np.arange(n), (count, 1)), np.zeros(count, bool)
    for k, w in enumerate(alone.w):
        factor = firsts(factors_of(w)).get(PENTAGON)
        if factor is not None:
            pair = [int(factor.features[0]), partner_of(w, factor, FACING)]
            order[k], has[k] = [*pair, *np.setdiff1d(np.arange(n), pair)], True
    w, b = np.take_along_axis(alone.w, order[:, None], -1), np.take_along_axis(alone.b, order, -1)
    asked = Asked(((0, 0), (1, 1)), (1.0, 1.0), "any")
    models = populations.with_heads(
        c,
        m,
        m,
        p,
        np.ones(n),
        Pairs(asked.pairs, target="any"),
        c.stage,
        lam=lam,
        start=Bottleneck(w.astype(np.float32), b.astype(np.float32)),
    )
    after, slices = models.w[:, -1], slices_of(Head(models.a[:, -1], models.b[:, -1]), m)
    found: dict[str, list[Any]] = {name: [] for name in JOINT if name != "finite"}
    for k in range(count):
        own = one_of(slices, k)
        best = one_of(optimal_slices(after[k : k + 1], p, asked, m)[0], 0)
        labels = tegum_blocks(after[k])
        found["joint_before"].append(cosine_of(w[k], (0, 1)))
        found["joint_c"].append(cosine_of(after[k], (0, 1)))
        found["joint_together"].append(labels[0] == labels[1] >= 0)
        found["joint_away"].append(away_from_law(best, after[k], (0, 1), p))
        found["joint_cosine"].append([slice_cosines(s, after[k], (0, 1)) for s in (own, best)])
        found["joint_ratio"].append([s.s[1] / s.s[0] for s in (own, best)])
    there = np.where(has, 1.0, np.nan)
    laid = {name: (np.asarray(x, float).T * there).T for name, x in found.items()}
    finite = alone.finite & models.finite
    return {**laid, "finite": finite, **{k: COORDS[k] for k in ("way", "slice", "member")}}


JOINT = core.table(
    joint_before=("seed", "c of the attended members, before W trains on"),
    joint_c=("seed", "c at the end"),
    joint_together=("seed", "1 where they are in one factor at the end"),
    joint_away=("seed", "‖Ω* - αM‖ / ασ_1 at the end"),
    joint_cosine=("seed way slice member", "|cos(slice, attended feature)|, mean of sides"),
    joint_ratio=("seed way", "σ_2 / σ_1"),
    finite=("seed", "1 for a model that trained, 0 for one that diverged"),
)

HEADS = core.Measurement(
    "plain-factors",
    version=1,
    parts=(
        core.Part(in_two_stages, TABLE, n_features="sizes", density="densities"),
        core.Part(jointly, JOINT, lam="lams"),
    ),
)
