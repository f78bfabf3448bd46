"""head-simplex: attended features lie inside ONE polytope of a tegum product. What are the singular vectors then?

W is a balanced tegum product: two copies of a polytope, one read on the left and one on the right, and digons that fill
it up to m dimensions. There Σ W_k = 0 and d_i ∝ W_i, so Ω* is a multiple of Σ t_ij W_i W_jᵀ at any density
(`tegum.theory.optimal_heads`). Orthogonal vectors cannot be features with a cosine c ≠ 0 between them:

    two equal pairs, c on both sides   slices are W_i ± W_j: |cos| √((1±|c|)/2), σ_2/σ_1 = (1-|c|)/(1+|c|)
    c on one side only                 σ_2/σ_1 = √((1-|c|)/(1+|c|)), and the other side is mixed at 45°
    all vertices, one to one           d equal σ that span the polytope's d dimensions, in any basis
    all vertices to one target         nothing: Σ W_i = 0, Ω* = 0, L2 = E s²

Where W trains along, the last can be mended: with a weight λ of the head's loss large enough two features attended
alike leave their antipodal pair and become parallel, at the cost of reconstruction. Comparing the two states' losses
for sparse features, (2/3) p against λ times 9/8 p² ("count") or 2/9 p² ("product"), merging pays from λ p = 0.59 or 3.
"""

from typing import Literal, NamedTuple

import jax
import numpy as np
import xarray as xr
from jaxtyping import Shaped

from tegum.analysis import geometry
from tegum.analysis.spectra import cosines, match_slices
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head, HeadedBottleneck
from tegum.studies.attention.simplex import claims, figures
from tegum.studies.attention.simplex.claims import WEIGHT_RATIOS
from tegum.studies.attention.slices import Asked, Slices, slices_of, trained_heads
from tegum.studies.config import Count, Density, Frozen, StudyConfig, Unsigned
from tegum.studies.diverged import as_missing, with_stand_ins
from tegum.studies.gaps import IN_WORDS, gaps_to_best_known
from tegum.studies.study import Study
from tegum.theory.dictionaries import members, tegum_product
from tegum.theory.head_moments import target_power
from tegum.theory.optimal_heads import head_loss
from tegum.theory.polytopes import vertices
from tegum.training.engine import stack, train
from tegum.training.objectives import Pairs, ReconstructionAndHead
from tegum.training.recipe import Adam, Recipe, Sampled

Target = Literal["count", "product"]


class Config(StudyConfig):
    """Heads that attend inside one polytope, and bottlenecks that train along with them."""

    n_hidden: Count = 10
    """m, hidden dimensions; 10 or more, so that chance does not explain the cosines"""
    density: Density = 0.1
    """p = 1 - S, the chance that a feature is active, where W is written down"""
    targets: tuple[Target, ...] = ("count", "product")
    """what heads are asked: how many pairs are present, or the sum of their products"""
    seeds: Count = 20
    """dictionaries, heads and joint trainings in each setting"""
    head_steps: Count = 1000
    """training steps of the heads, on their exact loss"""
    joint_density: Density = 0.05
    """p in joint training, of 4 features in 2 dimensions that start as two digons"""
    lams: tuple[Unsigned, ...] = (1.0, 6.0, 20.0, 60.0, 200.0, 600.0)
    """λ, weight of the head's loss beside the reconstruction loss, which is summed over features"""
    joint_steps: Count = 3000
    """training steps of joint training"""
    batch: Count = 512
    """fresh tokens a step on each side, of joint training"""

    def model_post_init(self, _: object) -> None:
        """Check what the fields must satisfy together."""
        if self.n_hidden < 10:
            raise bad_input(
                "n_hidden", self.n_hidden, "at least 10, for two polytopes and digons beside them"
            )


class Planted(Frozen):
    """Heads on dictionaries that are written down, for one target."""

    config: Config
    target: Target


class Joint(Frozen):
    """Bottlenecks and heads trained together, for one target."""

    config: Config
    target: Target


def plan(config: Config) -> list[Planted | Joint]:
    return [
        kind(config=config, target=target) for kind in (Planted, Joint) for target in config.targets
    ]


def measure(task: Planted | Joint) -> xr.Dataset:
    found = (
        _planted(task.config, task.target)
        if isinstance(task, Planted)
        else _joint(task.config, task.target)
    )
    return found.expand_dims(target=[task.target])


# --- planted --------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """Vertices of the left polytope, and where each is paired to: "same" vertex, "apart" in digons, "one" target."""

    polytope: str
    attended: tuple[int, ...]
    partners: Literal["same", "apart", "one"] = "same"


TWO_PAIRS = {
    "digon": Case("digon", (0, 1)),
    "triangle": Case("triangle", (0, 1)),
    "tetrahedron": Case("tetrahedron", (0, 1)),
    "pentagon, next": Case("pentagon", (0, 1)),
    "pentagon, across": Case("pentagon", (0, 2)),
    "digon to two": Case("digon", (0, 1), "apart"),
    "triangle to two": Case("triangle", (0, 1), "apart"),
}
FULL = {
    name: Case(name, tuple(range(vertices(name).shape[1])))
    for name in ("triangle", "tetrahedron", "pentagon")
}
SAME = {name: Case(name, tuple(range(vertices(name).shape[1])), "one") for name in ("digon", *FULL)}
MOST = 5  # vertices, slices and dimensions that any case needs


def _asked(
    case: Case, m: int, seeds: np.ndarray, weights: tuple[float, ...], target: str
) -> tuple[Asked, np.ndarray]:
    """What the case asks, and its dictionaries."""
    dimensions = vertices(case.polytope).shape[0]
    factors = (case.polytope, case.polytope, *["digon"] * (m - 2 * dimensions))
    where = members(factors)
    right = {
        "same": [where[1][k] for k in case.attended],
        "apart": [where[2 + n][0] for n in range(len(case.attended))],
        "one": [where[1][0]] * len(case.attended),
    }[case.partners]
    asked = Asked(
        tuple((where[0][k], j) for k, j in zip(case.attended, right, strict=True)), weights, target
    )
    return asked, np.stack([tegum_product(factors, int(seed)) for seed in seeds])


def _heads(
    c: Config, case: Case, target: str, weights: tuple[float, ...] = (1.0,)
) -> tuple[Asked, np.ndarray, Slices]:
    seeds, m = c.model_seeds(c.seeds), c.n_hidden
    asked, w = _asked(case, m, seeds, weights * (len(case.attended) // len(weights)), target)
    heads = trained_heads(w, c.density, asked, m, seeds=seeds, steps=c.head_steps).model
    return asked, w, slices_of(heads, m)


def _planted(c: Config, target: str) -> xr.Dataset:
    two = [_two_pairs(*_heads(c, case, target)) for case in TWO_PAIRS.values()]
    pairs = xr.concat(two, dim="case").assign_coords(case=list(TWO_PAIRS))
    full = [
        _full(*_heads(c, case, target), vertices(case.polytope).shape[0]) for case in FULL.values()
    ]
    simplices = xr.concat(full, dim="polytope").assign_coords(polytope=list(FULL))
    left = [_unexplained(c, *_heads(c, case, target)) for case in SAME.values()]
    ratios = [
        _two_pairs(*_heads(c, TWO_PAIRS["triangle"], target, (1.0, ratio)))
        for ratio in WEIGHT_RATIOS
    ]
    mixed = np.stack([part.cosine.values for part in ratios])
    rest = xr.Dataset(
        {
            "unexplained": (("all_to_one", "seed"), np.stack(left), {"long_name": "L2 / E s²"}),
            "graded": (("ratio", "seed", "side", "slice", "member"), mixed),
        },
        coords={"all_to_one": list(SAME), "ratio": list(WEIGHT_RATIOS)},
    )
    return xr.merge([pairs, simplices, rest]).assign_coords(
        seed=c.model_seeds(c.seeds), side=["left", "right"], slice=[1, 2]
    )


def _two_pairs(asked: Asked, w: np.ndarray, slices: Slices) -> xr.Dataset:
    """|cos| of the first two slices with the attended features and with their sum and difference."""
    cosine, contrast = (np.full((len(w), 2, 2, 2), np.nan) for _ in range(2))
    for side, (part, features) in enumerate(
        zip((slices.u, slices.v), np.transpose(asked.pairs), strict=True)
    ):
        first, second = (w[..., k] for k in features)
        cosine[:, side] = np.abs(cosines(part[..., :2], w))[..., features]
        both = np.stack([first - second, first + second], axis=-1)
        contrast[:, side] = np.abs(cosines(part[..., :2], both))
    matched = [
        match_slices(u, v, one, asked.pairs)
        for u, v, one in zip(slices.u, slices.v, w, strict=True)
    ]
    achieved = [np.mean(np.abs([match.left, match.right])) for match in matched]
    drawn_w, drawn_u = _own_space(w[0], slices.u[0], asked)
    return xr.Dataset(
        {
            "cosine": (
                ("seed", "side", "slice", "member"),
                cosine,
                {"long_name": "|cos(slice, feature)|"},
            ),
            "contrast": (
                ("seed", "side", "slice", "of"),
                contrast,
                {"long_name": "|cos(slice, W_i ± W_j)|"},
            ),
            "sigma_ratio": ("seed", slices.s[:, 1] / slices.s[:, 0]),
            "achieved": (
                "seed",
                achieved,
                {"long_name": "|cos| of matched slices, mean of pairs and sides"},
            ),
            "drawn_w": (("axis", "vertex"), drawn_w),
            "drawn_u": (("axis", "drawn_slice"), drawn_u),
        },
        coords={"of": ["difference", "sum"]},
    )


def _own_space(w: np.ndarray, u: np.ndarray, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """The left polytope and the first two slices in an orthonormal basis of what it spans; NaN beyond."""
    member = np.flatnonzero(np.abs(w.T @ w[:, asked.pairs[0][0]]) > 1e-6)
    basis, s, _ = np.linalg.svd(w[:, member], full_matrices=False)
    basis = basis[:, s > 1e-6]
    drawn_w, drawn_u = np.full((3, MOST), np.nan), np.full((3, 2), np.nan)
    drawn_w[: basis.shape[1], : len(member)] = basis.T @ w[:, member]
    drawn_u[: basis.shape[1]] = basis.T @ u[:, :2]
    return drawn_w, drawn_u


def _full(asked: Asked, w: np.ndarray, slices: Slices, dimensions: int) -> xr.Dataset:
    """All vertices one to one: singular values, and how the first d slices stand to the polytope."""
    energies, best = [], []
    for part, features in zip((slices.u, slices.v), np.transpose(asked.pairs), strict=True):
        squares = cosines(part[..., :dimensions], w)[..., features] ** 2
        energies.append(squares.sum(-2).min(-1))
        best.append(np.sqrt(squares.max(-2)).mean(-1))
    sigma = np.full((len(w), MOST), np.nan)
    sigma[:] = (slices.s / slices.s[:, :1])[:, :MOST]
    return xr.Dataset(
        {
            "full_sigma": (("seed", "k"), sigma, {"long_name": "σ_k / σ_1"}),
            "full_span": (
                "seed",
                np.min(energies, axis=0),
                {"long_name": "least energy of a vertex in d slices"},
            ),
            "full_best": (
                "seed",
                np.mean(best, axis=0),
                {"long_name": "|cos| of a vertex's best slice, mean"},
            ),
            "dimensions": dimensions,
        },
        coords={"k": np.arange(1, MOST + 1)},
    )


def _unexplained(c: Config, asked: Asked, w: np.ndarray, slices: Slices) -> np.ndarray:
    matrix = asked.matrix(w.shape[-1])
    power = target_power(c.density, matrix, asked.target)
    return np.array(
        [
            head_loss(o, one, c.density, matrix, asked.target) / power
            for o, one in zip(slices.omega, w, strict=True)
        ]
    )


# --- joint ----------------------------------------------------------------------------------------------------------

ALIKE = (
    (0, 2),
    (1, 2),
)  # features 0 and 1, which begin as a digon, to the same target, whose own partner is 3


def _joint(c: Config, target: str) -> xr.Dataset:
    """Two digons that train on reconstruction and on a head asked for both members of one of them alike."""
    seeds = c.model_seeds(c.seeds)
    keys = [jax.random.split(jax.random.key(int(seed))) for seed in seeds]
    models = [_two_digons(key, head_key) for key, head_key in keys]
    count = len(c.lams) * c.seeds
    together = stack([HeadedBottleneck(*model) for model in models] * len(c.lams))
    objectives = ReconstructionAndHead(
        stack([SparseFeatures(4, c.joint_density)] * count),
        stack([Pairs(ALIKE, target=target)] * count),
        np.repeat(np.asarray(c.lams, np.float32), c.seeds),
    )
    trained = train(
        together,
        objectives,
        Recipe(steps=c.joint_steps, objective=Sampled(c.batch), optimizer=Adam()),
        seeds=np.tile(seeds, len(c.lams)),
        learning_rate=3e-3,
    )
    bottlenecks = with_stand_ins(trained.model.bottleneck, trained.finite)
    w = np.asarray(bottlenecks.w, np.float64)
    hat = geometry.directions(w)

    def of(values: Shaped[np.ndarray, " models *rest"]) -> np.ndarray:
        return values.reshape(len(c.lams), c.seeds, *values.shape[1:])

    dataset = xr.Dataset(
        {
            "between": (("lam", "seed"), of(np.sum(hat[..., 0] * hat[..., 1], axis=-1))),
            "gap_to_best": (
                ("lam", "seed"),
                of(gaps_to_best_known(bottlenecks, c.joint_density, np.ones(4))),
                IN_WORDS,
            ),
            "joint_leverage": (("lam", "seed", "feature"), of(geometry.leverage(w))),
            "joint_norm": (("lam", "seed", "feature"), of(geometry.norms(w))),
        },
        coords={"lam": list(c.lams), "seed": seeds},
    )
    return as_missing(dataset, xr.DataArray(of(trained.finite), dims=("lam", "seed")))


def _two_digons(key: jax.Array, head_key: jax.Array) -> tuple[Bottleneck, Head]:
    noise = 0.1 * np.asarray(jax.random.normal(key, (2, 4)))
    digons = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    return Bottleneck((digons + noise).astype(np.float32), np.zeros(4, np.float32)), Head.init(
        2, 2, head_key
    )


STUDY = Study(
    name="head-simplex",
    group="attention-head",
    question="When attended features lie inside one polytope, what are the singular vectors, and what does W do?",
    sources=("franco2026", "elhage2022"),
    version=2,
    presets={
        "quick": Config(
            targets=("count",), seeds=5, lams=(1.0, 600.0), joint_steps=2000, batch=256
        ),
        "default": Config(),
        "paper": Config(n_hidden=50, seeds=100),
    },
    minutes={"quick": 0.12, "default": 0.4, "paper": 4},
    plan=plan,
    measure=measure,
    claims=claims.CLAIMS,
    figures=figures.figures,
)
