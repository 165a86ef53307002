"""From degrees to a plane.

Equirectangular projection, true to scale along the mean latitude of what is drawn:

    x = R · cos(φ₀) · (λ − λ₀)        y = R · (φ₀ − φ)        R = 6 371 km, mean radius of the Earth

At the size of a region (300 km) the error on a distance stays under 3 %, less than a line's width on a page; a
conformal projection such as Lambert-93 would bring constants of one country's mainland and nothing that a reader sees.
Source of the formulae: J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395, 1987, ch. 12.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from maillage.engines.cartogram.sheet import Point

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class LocalProjection:
    """Degrees (WGS84) to kilometres around a centre, y downward."""

    latitude: float
    longitude: float

    @classmethod
    def around(cls, coordinates: Iterable[tuple[float, float]]) -> LocalProjection:
        """Centred on the middle of the extent of (longitude, latitude) pairs, GeoJSON order."""
        pairs = list(coordinates)
        longitudes = [pair[0] for pair in pairs] or [0.0]
        latitudes = [pair[1] for pair in pairs] or [0.0]
        return cls((min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2)

    def project(self, longitude: float, latitude: float) -> Point:
        radians = math.radians
        x = EARTH_RADIUS_KM * math.cos(radians(self.latitude)) * radians(longitude - self.longitude)
        return x, EARTH_RADIUS_KM * radians(self.latitude - latitude)
