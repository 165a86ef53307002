"""Maps as SVG outlines: schematic hexagons from centroids, or contours from GeoJSON geometries.

Pure: WGS84 degrees in, coordinates of a drawing out (x to the right, y downward, units of the view box). Nothing here
knows a colour, a value or a page.
"""

from maillage.engines.cartogram.contours import contour_sheet
from maillage.engines.cartogram.hexagons import hexagon_sheet
from maillage.engines.cartogram.sheet import Outline, Sheet, Site

__all__ = ["Outline", "Sheet", "Site", "contour_sheet", "hexagon_sheet"]
