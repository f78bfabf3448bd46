"""What is exact: losses, optima, polytopes and heads, as pure functions of arrays, in float64.

    from tegum.theory import expected_loss

A model's loss without sampling (`expected`), the best ones (`optima`, `known`), polytopes of features and
weights made of them (`polytopes`, `dictionaries`), the best heads (`optimal_heads`, `head_moments`).
"""

from tegum.theory.dictionaries import gaussian, orthonormal, tegum_product
from tegum.theory.expected import (
    expected_loss,
    expected_loss_and_bound,
    expected_loss_and_gradient,
    expected_losses,
)
from tegum.theory.head_moments import (
    asked_power,
    first_moments,
    hidden_covariance,
    hidden_mean,
    second_moment,
    target_correlation,
    target_power,
)
from tegum.theory.known import best_known_loss, exact_losses_and_gaps

# Its own name would hide the module.
from tegum.theory.maxwell import maxwell as maxwell_hull
from tegum.theory.one_active import one_active_loss, one_hot_loss
from tegum.theory.optima import (
    Best,
    Boundary,
    CriticalPoint,
    Hull,
    Kgon,
    Level,
    Minima,
    Mixture,
    Optimum,
    Phase,
    PhaseMap,
    PolytopeLoss,
    best_loss,
    boundary_point,
    critical_point,
    critical_points,
    d_star,
    kgon,
    kgon_level,
    linear_optimum,
    minimise,
    phase_boundary,
    phase_map,
    polytope_loss,
)
from tegum.theory.optimal_heads import (
    decodability,
    dual_directions,
    head_floor,
    head_loss,
    optimal_head,
    orthonormal_cosine,
    pair_cosine,
    whitened_values,
)
from tegum.theory.phases import fading_density
from tegum.theory.polytopes import polygon, room, square_antiprism, unit_vertices, vertices
from tegum.theory.recovery_laws import presence_gain, random_cosine_squared, self_pair_sigma

__all__ = [
    "Best",
    "Boundary",
    "CriticalPoint",
    "Hull",
    "Kgon",
    "Level",
    "Minima",
    "Mixture",
    "Optimum",
    "Phase",
    "PhaseMap",
    "PolytopeLoss",
    "asked_power",
    "best_known_loss",
    "best_loss",
    "boundary_point",
    "critical_point",
    "critical_points",
    "d_star",
    "decodability",
    "dual_directions",
    "exact_losses_and_gaps",
    "expected_loss",
    "expected_loss_and_bound",
    "expected_loss_and_gradient",
    "expected_losses",
    "fading_density",
    "first_moments",
    "gaussian",
    "head_floor",
    "head_loss",
    "hidden_covariance",
    "hidden_mean",
    "kgon",
    "kgon_level",
    "linear_optimum",
    "maxwell_hull",
    "minimise",
    "one_active_loss",
    "one_hot_loss",
    "optimal_head",
    "orthonormal",
    "orthonormal_cosine",
    "pair_cosine",
    "phase_boundary",
    "phase_map",
    "polygon",
    "polytope_loss",
    "presence_gain",
    "random_cosine_squared",
    "room",
    "second_moment",
    "self_pair_sigma",
    "square_antiprism",
    "target_correlation",
    "target_power",
    "tegum_product",
    "unit_vertices",
    "vertices",
    "whitened_values",
]
