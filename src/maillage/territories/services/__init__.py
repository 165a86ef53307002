"""Loading territories: each official file by its own module, the embedded data set by `embedded`."""

from __future__ import annotations

from maillage.territories.services.cog import cog_way_back, load_cog
from maillage.territories.services.contours import load_contours
from maillage.territories.services.density import load_density
from maillage.territories.services.embedded import load_territories
from maillage.territories.services.epci import load_epci
from maillage.territories.services.movements import load_movements
from maillage.territories.services.populations import load_populations
from maillage.territories.services.zoning import load_zoning

__all__ = [
    "cog_way_back",
    "load_cog",
    "load_contours",
    "load_density",
    "load_epci",
    "load_movements",
    "load_populations",
    "load_territories",
    "load_zoning",
]
