"""Whether a child's latent has taken over what its parent's latent should report, read off exact activations.

Symbols: features i (parent) and j (child), x_j > 0 only where x_i > 0. A latent reports the parent where it is active
on x_i W_i. The parent is *absorbed* on an input with both where that latent is silent though the parent alone, just as
strong, would make it fire, and another latent that points towards the parent fires instead.

Source: Chanin et al. 2024, "A is for Absorption"; there with probes in the place of true features, and on texts.
"""

import numpy as np
from jaxtyping import Float

from tegum.analysis.geometry import directions
from tegum.arrays import Array, as_float64


def absorbed(
    alone: Float[Array, "latents inputs"],
    together: Float[Array, "latents inputs"],
    parent: Float[Array, " latents"],
) -> float:
    """Share of inputs with both on which the parent is absorbed, of those where it is reported alone.

    Args:
        alone: activations on the parent alone.
        together: on the same inputs with the child added.
        parent: cosine of each latent with the parent's direction; the greatest is the parent's latent.

    Returns:
        NaN where the parent's latent never fires on the parent alone.
    """
    before, after, cosine = as_float64(alone), as_float64(together), as_float64(parent)
    main = int(np.argmax(cosine))
    told = before[main] > 0
    others = (after > 0) & (cosine > 0)[:, None]
    others[main] = False
    if not told.any():
        return np.nan
    silent = (after[main] <= 0) & others.any(axis=0)
    return float(silent[told].mean())


def kept(
    alone: Float[Array, "latents inputs"],
    together: Float[Array, "latents inputs"],
    parent: Float[Array, " latents"],
) -> float:
    """Activation of the parent's latent with the child over that without it, means over inputs: 1 if undisturbed.

    Arguments as in `absorbed`; NaN where the latent never fires on the parent alone.
    """
    main = int(np.argmax(as_float64(parent)))
    before = as_float64(alone)[main].mean()
    return float(as_float64(together)[main].mean() / before) if before > 0 else np.nan


def lean(
    dictionary: Float[Array, "hidden latents"],
    one: Float[Array, " hidden"],
    other: Float[Array, " hidden"],
) -> Float[np.ndarray, " latents"]:
    """Angle of each latent within the plane of two features, from `one` (0) towards `other` (90 degrees).

    The latent's part in the plane is written as a sum of both directions, a of one and b of the other: atan2(b, a).
    Negative, or beyond 90, where one of them counts against it.

    Args:
        dictionary: a direction for each latent, of any length.
        one, other: directions, not in one line.
    """
    d = directions(as_float64(dictionary))
    pair = directions(np.stack([as_float64(one), as_float64(other)], axis=1))
    a, b = np.linalg.lstsq(pair, d, rcond=None)[0]
    return np.degrees(np.arctan2(b, a))


def in_plane(
    dictionary: Float[Array, "hidden latents"],
    one: Float[Array, " hidden"],
    other: Float[Array, " hidden"],
) -> Float[np.ndarray, " latents"]:
    """How much of each latent's direction lies in the plane of two features: the length of that part, from 0 to 1."""
    d = directions(as_float64(dictionary))
    basis, _ = np.linalg.qr(np.stack([as_float64(one), as_float64(other)], axis=1))
    return np.linalg.norm(basis.T @ d, axis=0)
