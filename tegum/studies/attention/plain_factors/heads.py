"""Plain heads asked for features of factors that training made: what is measured.

Heads answer "any", without a constant input, of pairs (i, i): a feature present in both tokens.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float

from tegum.analysis import geometry
from tegum.analysis.spans import span_energy
from tegum.analysis.spectra import cosines
from tegum.studies import core, populations
from tegum.studies.attention.plain_factors.factors import (
    COORDS,
    KINDS,
    PARTNERS,
    SHARED,
    SINGLE,
    Config,
    Factor,
    angle_null,
    between,
    cosine_of,
    factors_of,
    firsts,
    gram_in_order,
    largest_angle,
    partner_of,
    two_of,
)
from tegum.studies.attention.slices import (
    Asked,
    Slices,
    heads_of_ranks,
    optimal_slices,
    slices_of,
)

# --- W trained alone, then heads ------------------------------------------------------------------


class Question(NamedTuple):
    """What one head is asked on one model: pairs (i, i) of some features; and of what rank."""

    model: int
    features: tuple[int, ...]
    rank: int

    @property
    def asked(self) -> Asked:
        pairs = tuple((i, i) for i in self.features)
        return Asked(pairs, (1.0,) * len(pairs), "any")


Answers: TypeAlias = dict[tuple[object, ...], tuple[Slices, Slices]]
"""by (model, ...): slices of the trained head and of the closed form"""


def in_two_stages(c: Config, n_features: int, density: float) -> core.Variables:
    """W alone, its factors, and heads asked for two or all features of one, or of two factors."""
    models = populations.bottlenecks(c, c.n_hidden, density, np.ones(n_features), recipe=c.stage)
    w, every = models.w, [factors_of(one) for one in models.w]
    questions = dict(_questions(w, every, c.n_hidden))
    answers = _answers(c, w, density, questions)
    most = int(np.argmax([len(factors) for factors in every]))
    return {
        **_inside_factors(c, w, density, every, answers),
        **_across_factors(c, w, every, answers),
        "factors": [[sum(f.kind == kind for f in factors) for kind in KINDS] for factors in every],
        "represented": [sum(f.features.size for f in factors) for factors in every],
        "between": [between(one) for one in w],
        "gram": gram_in_order(w[most], every[most]),
        "finite": models.finite,
        **COORDS,
        "feature": range(n_features),
        "other": range(n_features),
    }


def _questions(
    w: np.ndarray, every: Sequence[Sequence[Factor]], m: int
) -> Iterator[tuple[tuple[object, ...], Question]]:
    for k, factors in enumerate(every):
        for kind, factor in firsts(factors).items():
            if kind != SINGLE:
                for which in PARTNERS:
                    pair = (int(factor.features[0]), partner_of(w[k], factor, which))
                    yield (k, kind, which), Question(k, pair, m)
                yield (k, kind), Question(k, tuple(map(int, factor.features)), m)
        if two := two_of(factors):
            both = tuple(int(i) for each in two for i in each.features)
            yield (k, "both"), Question(k, both, m)
            yield (k, "one of each"), Question(k, tuple(int(e.features[0]) for e in two), 1)


def _answers(
    c: Config, w: np.ndarray, density: float, questions: Mapping[tuple[object, ...], Question]
) -> Answers:
    # In whole fives a seed, so that few programs serve all settings.
    spare = -len(questions) % (5 * c.seeds)
    rows = [*questions.values(), *[Question(0, (0,), c.n_hidden)] * spare]
    places = [row.model for row in rows]
    of, each = w[places], [row.asked for row in rows]
    seeds, steps = c.seeds_of("heads", c.seeds)[places], c.head_steps
    ranks = [row.rank for row in rows]
    model = heads_of_ranks(of, density, each, ranks, seeds=seeds, steps=steps).model
    trained = slices_of(model, c.n_hidden)
    found: Answers = {}
    for k, (key, row) in enumerate(questions.items()):
        best = optimal_slices(of[k : k + 1], density, row.asked, row.rank)[0]
        found[key] = one_of(trained, k), one_of(best, 0)
    return found


def one_of(slices: Slices, k: int) -> Slices:
    """The slices of one head of several."""
    return Slices(slices.u[k], slices.s[k], slices.v[k])


def _inside_factors(
    c: Config, w: np.ndarray, density: float, every: Sequence[Sequence[Factor]], answers: Answers
) -> dict[str, np.ndarray]:
    """Two members, and all members, of the first factor of each kind."""
    m, shape = c.n_hidden, (len(w), len(SHARED))
    more: dict[str, tuple[int, ...]] = {
        "cosine": (2, 2, 2, 2),
        "ratio": (2, 2),
        "two_angle": (2, 2),
        "c": (2,),
        "away": (2,),
    }
    more |= {"all_angle": (2,), "even": (2,), "two_null": (), "all_null": (), "dimensions": ()}
    found = {name: np.full(shape + each, np.nan) for name, each in more.items()}
    for k, factors in enumerate(every):
        for kind, factor in firsts(factors).items():
            if kind == SINGLE:
                continue
            at, d = (k, SHARED.index(kind)), factor.basis.shape[1]
            few = min(2, d)
            found["dimensions"][at] = d
            found["two_null"][at] = angle_null(m, d, few, c.seed)
            found["all_null"][at] = angle_null(m, d, d, c.seed)
            for way, slices in enumerate(answers[k, kind]):
                found["all_angle"][(*at, way)] = largest_angle(slices.u, factor.basis, d)
                found["even"][(*at, way)] = slices.s[d - 1] / slices.s[0]
            for i, which in enumerate(PARTNERS):
                pair = [int(factor.features[0]), partner_of(w[k], factor, which)]
                both = answers[k, kind, which]
                found["c"][(*at, i)] = cosine_of(w[k], pair)
                found["away"][(*at, i)] = away_from_law(both[1], w[k], pair, density)
                for way, slices in enumerate(both):
                    found["cosine"][(*at, i, way)] = slice_cosines(slices, w[k], pair)
                    found["ratio"][(*at, i, way)] = slices.s[1] / slices.s[0]
                    found["two_angle"][(*at, i, way)] = largest_angle(slices.u, factor.basis, few)
    return found


def away_from_law(
    best: Slices, w: Float[np.ndarray, "hidden features"], pair: Sequence[int], density: float
) -> float:
    """‖Ω* - αM‖ / ασ_1 in the spectral norm: how far the best head is from the law's on this W.

    M = Σ Ŵ_iŴ_iᵀ - p² ssᵀ with s = ΣŴ_i, and α is the best scale. It is 0 where W is tight and
    balanced and its features are of one length.
    """
    two = geometry.directions(w[:, list(pair)])
    law = two @ two.T - density**2 * np.outer(two.sum(1), two.sum(1))
    scaled = law * np.sum(law * best.omega) / np.sum(law**2)
    return float(np.linalg.norm(best.omega - scaled, 2) / np.linalg.norm(scaled, 2))


def slice_cosines(
    slices: Slices, w: Float[np.ndarray, "hidden features"], pair: Sequence[int]
) -> Float[np.ndarray, "slices members"]:
    """|cos| of the first two slices with two attended features, mean of left and right."""
    sides = [np.abs(cosines(side[:, :2], w))[:, list(pair)] for side in (slices.u, slices.v)]
    return np.mean(sides, axis=0)


def _across_factors(
    c: Config, w: np.ndarray, every: Sequence[Sequence[Factor]], answers: Answers
) -> dict[str, np.ndarray]:
    """All members of two factors with a slice for each dimension; one of each with one slice."""
    m, count = c.n_hidden, len(w)
    more: dict[str, tuple[int, ...]] = {
        "both_angle": (2,),
        "purity": (2,),
        "leverage": (2,),
        "served": (2, 2),
    }
    more |= {"both_null": (), "alike": ()}
    found = {name: np.full((count, *each), np.nan) for name, each in more.items()}
    for k, two in enumerate(map(two_of, every)):
        if not two:
            continue
        basis = np.concatenate([factor.basis for factor in two], axis=1)
        d, chosen = basis.shape[1], [int(factor.features[0]) for factor in two]
        found["alike"][k] = two[0].kind == two[1].kind
        found["both_null"][k] = angle_null(m, d, d, c.seed)
        found["leverage"][k] = geometry.leverage(w[k])[chosen]
        for way, slices in enumerate(answers[k, "both"]):
            found["both_angle"][k, way] = largest_angle(slices.u, basis, d)
            inside = [np.sum((f.basis.T @ slices.u[:, :d]) ** 2, axis=0) for f in two]
            found["purity"][k, way] = np.max(inside, axis=0).min()
        for way, slices in enumerate(answers[k, "one of each"]):
            found["served"][k, way] = span_energy(slices.u[:, :1], w[k])[chosen]
    return found


# --- tables ---------------------------------------------------------------------------------------

OF_FACTOR, OF_PAIR = "seed shared", "seed shared partner"
TABLE = core.table(
    cosine=(f"{OF_PAIR} way slice member", "|cos(slice, attended feature)|, mean of sides"),
    ratio=(f"{OF_PAIR} way", "σ_2 / σ_1 of two members"),
    c=(OF_PAIR, "cosine c of the two attended members"),
    away=(OF_PAIR, "‖Ω* - αM‖ / ασ_1, M the law's matrix"),
    two_angle=(f"{OF_PAIR} way", "largest principal angle of two slices (of one) with the factor"),
    two_null=(OF_FACTOR, "what that of random slices stays above in 95 %"),
    all_angle=(f"{OF_FACTOR} way", "the same of d slices, all d dimensions' members attended"),
    all_null=(OF_FACTOR, "what that of random slices stays above in 95 %"),
    even=(f"{OF_FACTOR} way", "σ_d / σ_1, all members attended"),
    dimensions=(OF_FACTOR, "d, of the factor"),
    both_angle=("seed way", "largest principal angle of slices with two attended factors' span"),
    both_null=("seed", "what that of random slices stays above in 95 %"),
    purity=("seed way", "largest share of a slice in one of the two factors, least of slices"),
    alike=("seed", "1 where the two factors are of one kind"),
    served=("seed way place", "energy of one attended feature of each in the only slice"),
    leverage=("seed place", "leverage P_ii of these"),
    factors=("seed kind", "factors of each kind"),
    represented=("seed", "features that are represented"),
    between=("seed", "largest |cos| between features of different factors"),
    gram=("feature other", "WᵀW of the seed of most factors, factor by factor"),
    finite=("seed", "1 for a model that trained, 0 for one that diverged"),
)
