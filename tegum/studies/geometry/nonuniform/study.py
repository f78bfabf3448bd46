"""nonuniform-sparsity, nonuniform-importance: one of five features in the plane is made another.

Five equal features of density p = 0.05 form a regular pentagon in m = 2 dimensions. As one grows
sparser, or less important, the pentagon deforms; then two digons (antipodal pairs) that drop this
feature lose less. Elhage et al. 2022 have this happen where it is about 2.5 times sparser, as a
change of first order: two curves of loss that cross.

Theory (`branches`). Each arrangement is a minimum (W, b)(r) of the exact loss, followed over the
ratio r of the varied feature's density or importance to the others'. The loss of fixed weights is a
straight line in r, so each curve L(r) is concave, below its tangents, and its slope is that of the
line. The tangent of the pentagon's curve at r = 1, the loss of a rigid pentagon, meets the curve
of two digons, which is known in closed form, at a ratio that is too large: the exchange comes
later. Both arrangements are minima on either side of it, so that training ends in the one it began
near: there is hysteresis, and the pentagon snaps only where it ceases to be a minimum.
"""

from collections.abc import Mapping
from typing import Any

from tegum.studies import core
from tegum.studies.core.study import Preset
from tegum.studies.geometry.nonuniform import figures
from tegum.studies.geometry.nonuniform.branches import Varied
from tegum.studies.geometry.nonuniform.claims import LESS, PUBLISHED, claims
from tegum.studies.geometry.nonuniform.models import (
    MODELS,
    Config,
    ImportanceConfig,
    SparsityConfig,
)

FEW: dict[str, Any] = {"points": 9, "restarts": 8, "seeds": 12}
FAST: dict[str, Any] = {"steps": 3000, "batch": 256, "learning_rate": 3e-3}
MANY: dict[str, Any] = {"seeds": 40, "steps": 6000, "batch": 256, "learning_rate": 2e-3}
FULL: dict[str, Any] = {"seeds": 100}

# Between the exchange and the pentagon's end lie 1/3.7 to 1/7.9 of the density, or 1/2.7 to 1/3.4
# of the importance; ratios stand on both sides of either.
DENSITIES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 2.0, 4.0)
IMPORTANCES = (0.2, 0.25, 0.28, 0.32, 0.35, 0.4, 0.5, 0.7, 1.0, 2.0, 4.0)


def study(
    name: str, varied: Varied, presets: Mapping[Preset, Config], minutes: Mapping[Preset, float]
) -> core.Study:
    less = LESS[varied]
    return core.Study(
        name=name,
        group="toy-models",
        question=f"What becomes of a pentagon as one of its five features grows {less}?",
        finding=f"It deforms; from [exchange] times {less} on (published: about {PUBLISHED}) two "
        "digons without it lose less, by first order. Training stays where it began; of models "
        "from fresh weights the best is on the better branch at [best-follows of ratios].",
        sources=("elhage2022",),
        measurements=(MODELS,),
        presets=presets,
        minutes=minutes,
        claims=claims(varied),
        figures=figures.drawn(varied),
    )


SPARSITY = study(
    "nonuniform-sparsity",
    "density",
    {
        "quick": SparsityConfig(ratios=(0.1, 0.2, 0.25, 0.4, 1.0, 3.0), **FEW, **FAST),
        "default": SparsityConfig(ratios=DENSITIES, **MANY),
        "paper": SparsityConfig(ratios=DENSITIES, **FULL),
    },
    {"quick": 0.3, "default": 1, "paper": 8},
)
IMPORTANCE = study(
    "nonuniform-importance",
    "importance",
    {
        "quick": ImportanceConfig(ratios=(0.2, 0.25, 0.32, 0.4, 1.0, 3.0), **FEW, **FAST),
        "default": ImportanceConfig(ratios=IMPORTANCES, **MANY),
        "paper": ImportanceConfig(ratios=IMPORTANCES, **FULL),
    },
    {"quick": 0.3, "default": 1, "paper": 8},
)
