"""What may become of the last feature, and where two theories put the boundary from which it is learned.

The candidate boundary p° compares unit columns without bias; the free one p* is of all W and b. Measuring lays its
lines around p°; claims hold what was trained against both.
"""

OUTCOMES = ("not learned", "superposed", "dedicated")
CONTINUOUS_FROM = 0.65
"""r above which theory has the last feature fade in"""
FREE_BOUNDARY = {0.8: 0.726245, 0.3: 0.375686, 0.05: 0.102286}
"""p* by r for n = 2: densities at which two minima of the exact loss are equal, or one becomes two"""


def candidate_boundary(r: float) -> float:
    """p° for n = 2: where dropping one feature costs what an antipodal pair does."""
    q = min(1.0, r)
    return 4 * q / (2 * (1 + r) + 3 * q)
