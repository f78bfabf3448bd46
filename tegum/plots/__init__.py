"""Arrays -> matplotlib figures, which show themselves in a notebook and touch no global state.

    from tegum import plots
    plots.features(w)

The first five draw any weights and any sweep; the others are what the studies' figures are made of.
"""

from tegum.plots.bands import median_band
from tegum.plots.columns import features, strip
from tegum.plots.dimensionalities import dimensionality
from tegum.plots.grams import gram
from tegum.plots.matrices import heat_map, heat_maps
from tegum.plots.panels import curves_over, dots_by_density, lines_over
from tegum.plots.phase_diagrams import number_represented, phase_diagram
from tegum.plots.planes import columns_in_plane
from tegum.plots.stored import features_side_by_side
from tegum.plots.style import drawing, house_style, shades
from tegum.plots.zoo import polytope_with_axes

__all__ = [
    "columns_in_plane",
    "curves_over",
    "dimensionality",
    "dots_by_density",
    "drawing",
    "features",
    "features_side_by_side",
    "gram",
    "heat_map",
    "heat_maps",
    "house_style",
    "lines_over",
    "median_band",
    "number_represented",
    "phase_diagram",
    "polytope_with_axes",
    "shades",
    "strip",
]
