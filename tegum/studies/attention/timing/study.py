"""head-timing: when do singular vectors align with the attended features, before or after these become orthogonal?

A bottleneck (n = 2m equal features, sparse, so that alone they would pair up as antipodes) and a head for one pair
(i, j), trained jointly on L1 + λ L2. Timed at looks: t_align, from which |cos(first singular vector, feature)| stays
above 0.95 on both sides; t_orth, from which both leverages P_ii do (a linear map can tell the feature from all others);
and, later still, from which both D_i ≤ P_ii do (the columns of W themselves are orthogonal). "Fresh" trainings start
from random weights; "settled" ones add the head to a bottleneck that has its antipodes already, and see what becomes of
them.

Theory: a feature with a dimension to itself gains the head λ p² (3S²/(1+3S))² (1 - D_i D_j) over one with D < 1 of a
dimension. It costs at most v = p(1+3S)/12 for every feature dropped to make room. So beyond λ* = cost / gain the
attended features must be orthogonal; below, a head aligns with features that never become so.

Third part, on a random W that stays: from small A and B a head first grows along a_i = E[h 1(x_i > 0)] and ends in
d_i = E[hhᵀ]⁺ a_i. Where these differ from W_i, alignment with W_i may come and go.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
import xarray as xr

from tegum.analysis import geometry
from tegum.analysis.spans import used_projector
from tegum.analysis.spectra import cosines, svd_of_product
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head
from tegum.studies.attention.slices import Asked, exact_losses
from tegum.studies.attention.timing import claims, figures
from tegum.studies.config import Count, Density, Frozen, Index, StudyConfig, Unsigned
from tegum.studies.diverged import as_missing, with_stand_ins
from tegum.studies.gaps import IN_WORDS, gaps_to_best_known
from tegum.studies.study import Study, by_coordinates
from tegum.theory.dictionaries import gaussian
from tegum.theory.head_moments import first_moments, target_power
from tegum.theory.optimal_heads import dual_directions, head_floor, head_loss, optimal_head
from tegum.training.engine import Trained, stack, train
from tegum.training.objectives import Pairs, Reconstruction
from tegum.training.recipe import SGD, Recipe, Sampled, log_spaced
from tegum.training.with_head import train_with_head


class Config(StudyConfig):
    """One pair of features to attend to, at several weights λ of the head's loss; and heads that grow on random W."""

    n_features: Count = 20
    """n, features, all of equal importance; more than n_hidden"""
    n_hidden: Count = 10
    """m, hidden dimensions; 10 or more, so that chance does not explain the cosines"""
    rank: Count = 10
    """r, rank of the head, at most n_hidden"""
    pair: tuple[Index, Index] = (0, 1)
    """(i, j): feature of the left and of the right token that the head should respond to, counted from 0"""
    density: Density = 0.1
    """p = 1 - S, the chance that a feature is active"""
    lams: tuple[Unsigned, ...] = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
    """λ, weights of the head's loss beside the reconstruction loss, which is summed over features; in rising order"""
    seeds: Count = 20
    """models for each λ and start"""
    steps: Count = 1500
    """training steps; settled models train as many before, on the reconstruction loss alone"""
    batch: Count = 256
    """fresh tokens a step on each side; the head's loss sees all their pairings"""
    learning_rate: Unsigned = 5e-3
    """of AdamW with weight decay 0.01, constant"""
    looks: Count = 40
    """how often to look, evenly in the logarithm of the step"""
    plane_lams: tuple[Unsigned, ...] = (1.0, 100.0)
    """λ of the small models of four features in two dimensions that are drawn over training"""
    random_densities: tuple[Density, ...] = (0.1, 0.5)
    """densities for heads that grow from small weights on a random W"""
    head_steps: Count = 3000
    """steps of plain gradient descent of those heads"""
    head_scale: Unsigned = 0.01
    """their initial A and B, as a multiple of Xavier-normal ones"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.rank > self.n_hidden:
            raise bad_input("rank", self.rank, f"at most n_hidden = {self.n_hidden}")
        if self.n_features <= self.n_hidden:
            raise bad_input(
                "n_features",
                self.n_features,
                f"more than n_hidden = {self.n_hidden}, else none must share",
            )
        if max(self.pair) >= self.n_features or self.pair[0] == self.pair[1]:
            raise bad_input(
                "pair", self.pair, f"two features from 0 to n_features - 1 = {self.n_features - 1}"
            )
        for name in ("lams", "plane_lams"):
            values = getattr(self, name)
            if not values or list(values) != sorted(set(values)) or values[0] == 0:
                raise bad_input(name, values, "positive weights in rising order")
        if not self.random_densities:
            raise bad_input("random_densities", self.random_densities, "at least one density")


class Fresh(Frozen):
    """Joint training from random weights, all seeds at one λ."""

    config: Config
    lam: Unsigned


class Settled(Frozen):
    """Joint training from bottlenecks trained alone, once for all λ."""

    config: Config


class Plane(Frozen):
    """Joint training of four features in two dimensions, all seeds at one λ."""

    config: Config
    lam: Unsigned


class Grown(Frozen):
    """Heads that grow on random dictionaries, at one density."""

    config: Config
    density: Density


def plan(config: Config) -> list[Fresh | Settled | Plane | Grown]:
    return [
        *(Fresh(config=config, lam=lam) for lam in config.lams),
        Settled(config=config),
        *(Plane(config=config, lam=lam) for lam in config.plane_lams),
        *(Grown(config=config, density=density) for density in config.random_densities),
    ]


def measure(task: Fresh | Settled | Plane | Grown) -> xr.Dataset:
    if isinstance(task, Fresh):
        return _fresh(task.config, task.lam)
    if isinstance(task, Settled):
        return _settled(task.config)
    if isinstance(task, Plane):
        return _in_the_plane(task.config, task.lam)
    return _grown(task.config, task.density)


# --- joint training -------------------------------------------------------------------------------------------------


def _fresh(c: Config, lam: float) -> xr.Dataset:
    trained = _joint(_initial(c, c.n_features, c.n_hidden), c, lam, rank=c.rank, pair=c.pair)
    return (
        _measured(trained, c)
        .assign_coords(seed=c.model_seeds(c.seeds))
        .expand_dims(start=["fresh"], lam=[lam])
    )


def _settled(c: Config) -> xr.Dataset:
    alone = train(
        _initial(c, c.n_features, c.n_hidden),
        stack([Reconstruction(SparseFeatures(c.n_features, c.density))] * c.seeds),
        Recipe(steps=c.steps, objective=Sampled(c.batch)),
        seeds=c.model_seeds(c.seeds) + 2**31,  # batches of their own
        learning_rate=c.learning_rate,
    )
    parts = []
    for lam in c.lams:
        trained = _joint(alone.model, c, lam, rank=c.rank, pair=c.pair)
        trained = replace(trained, finite=trained.finite & alone.finite)
        parts.append(
            _measured(trained, c)
            .assign_coords(seed=c.model_seeds(c.seeds))
            .expand_dims(start=["settled"], lam=[lam])
        )
    return xr.concat(parts, "lam")


def _initial(c: Config, n_features: int, n_hidden: int) -> Bottleneck:
    keys = [jax.random.split(jax.random.key(int(seed)))[0] for seed in c.model_seeds(c.seeds)]
    return stack([Bottleneck.init(n_features, n_hidden, key) for key in keys])


def _joint(
    bottlenecks: Bottleneck, c: Config, lam: float, *, rank: int, pair: tuple[int, int]
) -> Trained:
    _, hidden, n_features = bottlenecks.w.shape
    keys = [jax.random.split(jax.random.key(int(seed)))[1] for seed in c.model_seeds(c.seeds)]
    return train_with_head(
        bottlenecks,
        stack([Head.init(hidden, rank, key) for key in keys]),
        stack([SparseFeatures(n_features, c.density)] * c.seeds),
        stack([Pairs((pair,))] * c.seeds),
        Recipe(
            steps=c.steps,
            objective=Sampled(c.batch),
            snapshots=log_spaced(c.steps, c.looks, first=min(10, c.steps)),
        ),
        mode="joint",
        seeds=c.model_seeds(c.seeds),
        lam=lam,
        learning_rate=c.learning_rate,
    )


def _measured(trained: Trained, c: Config) -> xr.Dataset:
    """Both sides of the pair at every look: alignment, geometry, and what became of the antipodes at the first look."""
    history, final = (
        with_stand_ins(part, trained.finite) for part in (trained.history, trained.model)
    )
    w, head = np.asarray(history.bottleneck.w, np.float64), history.head
    u, s, v = svd_of_product(*(np.asarray(m, np.float64) for m in (head.a, head.b)))
    used = used_projector(w)
    duals = _duals(used @ w, c.density)
    sides, dual_sides = (
        np.stack(
            [cosines(slices, of)[..., 0, k] for slices, k in zip((u, v), c.pair, strict=True)],
            axis=-1,
        )
        for of in (w, duals)
    )
    both = list(c.pair)
    onto = geometry.gram(geometry.directions(w))[..., both, :]  # seed step side feature
    others = np.where(geometry.represented(w)[..., None, :], onto, np.inf)
    partner = np.argmin(others[:, :1], axis=-1)[..., None]  # at the first look
    norms = geometry.norms(w)
    everywhere = np.broadcast_to(partner, (*onto.shape[:-1], 1))
    at_looks = ("seed", "step")
    dataset = xr.Dataset(
        {
            "cosine": (
                (*at_looks, "side"),
                sides,
                {"long_name": "signed cos(first singular vector, W_i)"},
            ),
            "dual_cosine": (
                (*at_looks, "side"),
                dual_sides,
                {"long_name": "signed cos(first singular vector, d_i)"},
            ),
            "leverage": ((*at_looks, "side"), geometry.leverage(w)[..., both]),
            "dimensionality": ((*at_looks, "side"), geometry.dimensionality(w)[..., both]),
            "superposition": ((*at_looks, "side"), geometry.superposition(w)[..., both]),
            "norm": ((*at_looks, "side"), norms[..., both]),
            "antipode_cosine": (
                (*at_looks, "side"),
                np.min(np.where(np.isinf(others), 0.0, others), axis=-1),
                {"long_name": "cosine with the represented feature that opposes W_i most"},
            ),
            "partner_cosine": (
                (*at_looks, "side"),
                np.take_along_axis(onto, everywhere, axis=-1)[..., 0],
                {
                    "long_name": "cosine with the feature that opposed W_i most before the first step"
                },
            ),
            "partner_norm": (
                (*at_looks, "side"),
                np.take_along_axis(
                    np.broadcast_to(norms[..., None, :], onto.shape), everywhere, axis=-1
                )[..., 0],
            ),
            "second_share": (
                at_looks,
                s[..., 1] / s[..., 0] if s.shape[-1] > 1 else np.zeros(s.shape[:-1]),
            ),
            "empty": (
                at_looks,
                w.shape[-2] - np.linalg.trace(used).round(),
                {"long_name": "hidden directions that no feature uses"},
            ),
            "L1": (
                at_looks,
                trained.losses["L1"],
                {"long_name": "sampled, summed over features, mean since last look"},
            ),
            "L2": (at_looks, trained.losses["L2"], {"long_name": "sampled, mean since last look"}),
            "gap_to_best": (
                "seed",
                gaps_to_best_known(final.bottleneck, c.density, np.ones(c.n_features)),
                IN_WORDS,
            ),
        },
        coords={"step": list(trained.steps), "side": ["left", "right"]},
    )
    return as_missing(dataset, trained.finite)


def _duals(w: np.ndarray, density: float) -> np.ndarray:
    """d_i at every look of every model."""
    flat = w.reshape(-1, *w.shape[-2:])
    return np.stack([dual_directions(one, density) for one in flat]).reshape(w.shape)


# --- four features in two dimensions --------------------------------------------------------------------------------


def _in_the_plane(c: Config, lam: float) -> xr.Dataset:
    """W and the first singular vectors at every look; the head attends to features 0 and 1."""
    trained = _joint(_initial(c, 4, 2), c, lam, rank=2, pair=(0, 1))
    history = with_stand_ins(trained.history, trained.finite)
    w, head = np.asarray(history.bottleneck.w, np.float64), history.head
    u, _, v = svd_of_product(*(np.asarray(m, np.float64) for m in (head.a, head.b)))
    dims = ("plane_lam", "seed", "step")
    return xr.Dataset(
        {
            "plane_w": ((*dims, "axis", "corner"), w[None]),
            "plane_vector": (
                (*dims, "axis", "side"),
                np.stack([u[..., 0], v[..., 0]], axis=-1)[None],
            ),
            "plane_finite": (dims[:2], trained.finite[None]),
        },
        coords={
            "plane_lam": [lam],
            "seed": c.model_seeds(c.seeds),
            "step": list(trained.steps),
            "corner": np.arange(4),
            "side": ["left", "right"],
        },
    )


# --- heads that grow ------------------------------------------------------------------------------------------------


def _grown(c: Config, density: float) -> xr.Dataset:
    """Plain gradient descent on the exact loss: how the first singular vectors stand to W_i, a_i and d_i."""
    seeds, weights = c.model_seeds(c.seeds), Pairs((c.pair,)).matrix(c.n_features)
    dictionaries = np.stack([gaussian(c.n_hidden, c.n_features, int(seed)) for seed in seeds])
    trained = _descended(dictionaries, weights, c, density)
    heads: Head = trained.history
    u, _, v = svd_of_product(*(np.asarray(m, np.float64) for m in (heads.a, heads.b)))
    compared = {
        "W": dictionaries,
        "a": np.stack([first_moments(w, density) for w in dictionaries]),
        "d": np.stack([dual_directions(w, density) for w in dictionaries]),
    }
    looks = len(trained.steps)
    found = [
        [
            np.abs(cosines(slices, everywhere)[..., 0, i])
            for slices, i in zip((u, v), c.pair, strict=True)
        ]
        for everywhere in (np.repeat(of[:, None], looks, axis=1) for of in compared.values())
    ]
    hats = [geometry.directions(of)[..., list(c.pair)] for of in compared.values()]
    omega = np.asarray(heads.omega, np.float64)
    power = target_power(density, weights)
    floors = np.array([head_floor(w, density, weights) for w in dictionaries])
    losses = [
        [head_loss(o, w, density, weights) for o in row]
        for row, w in zip(omega, dictionaries, strict=True)
    ]
    dims = ("random_density", "seed", "head_step")
    return xr.Dataset(
        {
            "grown_cosine": (
                ("random_density", "direction", "side", "seed", "head_step"),
                np.array([found]),
                {"long_name": "|cos| of the first singular vector"},
            ),
            "direction_cosine": (
                ("random_density", "direction", "seed", "side"),
                np.array([[np.abs(np.sum(hat * hats[0], axis=1)) for hat in hats]]),
                {"long_name": "|cos| of W_i, a_i, d_i with W_i"},
            ),
            "explained": (
                dims,
                ((power - np.array(losses)) / (power - floors)[:, None])[None],
                {"long_name": "of what any head can explain of E s²"},
            ),
            "grown_finite": (dims[:2], trained.finite[None]),
        },
        coords={
            "random_density": [density],
            "seed": seeds,
            "head_step": list(trained.steps),
            "side": ["left", "right"],
            "direction": list(compared),
        },
    )


def _descended(dictionaries: np.ndarray, weights: np.ndarray, c: Config, density: float) -> Trained:
    """Heads from small A and B by plain gradient descent: Adam would take the first steps equally in all directions."""
    losses = exact_losses(dictionaries, density, [Asked((c.pair,))] * len(dictionaries))
    # Half the inverse of a bound on the curvature at the optimum: 2 ‖C‖² ‖Ω*‖ / E s².
    rates = [
        0.25
        * power
        / (np.linalg.norm(moment, 2) ** 2 * np.linalg.norm(optimal_head(w, density, weights), 2))
        for moment, power, w in zip(losses.second_moment, losses.power, dictionaries, strict=True)
    ]
    fresh = stack(
        [
            Head.init(c.n_hidden, c.rank, jax.random.key(int(seed)))
            for seed in c.model_seeds(c.seeds)
        ]
    )
    return train(
        jax.tree.map(lambda leaf: leaf * np.float32(c.head_scale), fresh),
        losses,
        Recipe(
            steps=c.head_steps,
            objective=Sampled(1),
            optimizer=SGD(),
            snapshots=log_spaced(c.head_steps, c.looks),
        ),
        seeds=c.model_seeds(c.seeds),
        learning_rate=np.array(rates),
    )


def combine(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Fresh trainings come one λ at a time, settled ones all together: joined λ by λ, then start by start."""
    fresh = xr.concat(
        [part for part in parts if "start" in part.dims and part.start == "fresh"], "lam"
    )
    [settled] = [part for part in parts if "start" in part.dims and part.start == "settled"]
    merged = xr.merge(
        [
            xr.concat([fresh, settled], "start"),
            by_coordinates([part for part in parts if "plane_lam" in part.dims]),
            by_coordinates([part for part in parts if "random_density" in part.dims]),
        ],
        combine_attrs="drop_conflicts",
        join="outer",
        compat="no_conflicts",
    )
    return (
        merged.drop_encoding()
    )  # else the longer name of a start is cut to the shorter one's length on disk


STUDY = Study(
    name="head-timing",
    group="attention-head",
    question="When do singular vectors align with the attended features: before or after these become orthogonal?",
    sources=("franco2026", "elhage2022"),
    version=2,
    presets={
        "quick": Config(
            lams=(1.0, 10.0, 100.0),
            seeds=8,
            steps=600,
            learning_rate=1e-2,
            looks=30,
            head_steps=2000,
        ),
        "default": Config(),
        "paper": Config(
            n_features=100,
            n_hidden=50,
            rank=50,
            lams=(1.0, 10.0, 30.0, 100.0),
            seeds=100,
            steps=2500,
            batch=128,
            random_densities=(0.05, 0.15),
            head_steps=12_000,
        ),
    },
    minutes={"quick": 0.3, "default": 0.5, "paper": 20},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
    combine=combine,
)
