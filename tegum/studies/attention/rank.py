"""head-rank: a head is asked for every feature at once. Which features get a slice of their own, at full and short rank?

Every feature i of the left token is paired with the next one, i + 1, of the right token, with weight t_i; W holds m
orthonormal features, or is trained on dense data. In whitened coordinates the best head of rank r keeps the r largest
singular values τ_k of its task (`tegum.theory.heads`). For m orthonormal features that gives:

    r = m, equal t       Ω* is a multiple of an isometry: Ω is learned, but its singular vectors are any basis at all;
    r = m, distinct t    one slice a feature, once neighbours differ by more than the noise in Ω (Wedin);
    r < m, distinct t    the r features of largest t, in that order;
    r < m, equal t       "count": first ONE slice for all, along Σ W_i / √m, then subspaces that chance chooses.

Without a constant input "count" pays for that shared slice even where t are distinct: τ_1/τ_2 of equal weights is
(S + pm)² / (S² (1 + 3pm/(1+3S))), against 1 + 3pm/(1+3S) for "product".
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float

from tegum.analysis.spectra import cosines
from tegum.errors import bad_input
from tegum.features import SparseFeatures
from tegum.models import Bottleneck, Head
from tegum.studies.attention import rank_claims, rank_figures
from tegum.studies.attention.heads import Asked, Slices, optimal_slices, slices_of, trained_heads
from tegum.studies.config import Count, Density, Frozen, Share, StudyConfig, Unsigned
from tegum.studies.study import Study
