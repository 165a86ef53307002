"""A map from contours: GeoJSON geometries (WGS84) to simplified SVG paths that share one projection."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maillage.engines.cartogram.projection import LocalProjection
from maillage.engines.cartogram.sheet import Outline, Point, Sheet, Site, number, polygon_path

Ring = list[Point]

TOLERANCE = 0.6  # units of the drawing: at 720 units wide, less than a pixel
POINT_RADIUS = 7.0
_MARGIN = 8.0
_MIN_RING_AREA = 1.5  # square units: an islet smaller than that is a speck


def contour_sheet(
    geometries: Mapping[str, Mapping[str, Any]], sites: Sequence[Site] = (), *, width: float = 720.0
) -> Sheet:
    """Draw each geometry (Polygon or MultiPolygon, by territory code); a site without one is drawn as a disc.

    Anything else than a polygon is treated as no geometry. `missing` names the sites drawn as points.
    Douglas-Peucker at `TOLERANCE` units; `Sheet.size` gives the bytes that result.
    """
    rings = {code: list(_rings(geometry)) for code, geometry in sorted(geometries.items())}
    rings = {code: parts for code, parts in rings.items() if parts}
    alone = sorted((site for site in sites if site.code not in rings), key=lambda site: site.code)
    everywhere = [point for parts in rings.values() for ring in parts for point in ring]
    everywhere += [(site.longitude, site.latitude) for site in alone]
    if not everywhere:
        return Sheet((), width, 0.0, schematic=False)
    place, height = _frame(everywhere, width)
    outlines = [_outline(code, [[place(*point) for point in ring] for ring in parts]) for code, parts in rings.items()]
    outlines += [_disc(site.code, place(site.longitude, site.latitude)) for site in alone]
    missing = tuple(site.code for site in alone)
    return Sheet(tuple(outlines), width, height, schematic=False, tolerance=TOLERANCE, missing=missing)


def _rings(geometry: Mapping[str, Any]) -> Iterator[Ring]:
    """Every ring, outer and inner, of at least three distinct corners; (longitude, latitude) pairs."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates") or []
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(str(kind), [])
    for polygon in polygons:
        for ring in polygon:
            points = [(float(position[0]), float(position[1])) for position in ring]
            if len(set(points)) >= 3:
                yield points


class _Frame:
    """Projection then scale: every shape of one drawing goes through the same."""

    def __init__(self, projection: LocalProjection, left: float, top: float, scale: float) -> None:
        self.projection, self.left, self.top, self.scale = projection, left, top, scale

    def __call__(self, longitude: float, latitude: float) -> Point:
        x, y = self.projection.project(longitude, latitude)
        return (x - self.left) * self.scale + _MARGIN, (y - self.top) * self.scale + _MARGIN


def _frame(everywhere: Sequence[Point], width: float) -> tuple[_Frame, float]:
    """The frame in which everything fits, and its height (at most one and a half times the width)."""
    projection = LocalProjection.around(everywhere)
    planar = [projection.project(*point) for point in everywhere]
    left, right = min(x for x, _ in planar), max(x for x, _ in planar)
    top, bottom = min(y for _, y in planar), max(y for _, y in planar)
    room = width - 2 * _MARGIN
    span_x, span_y = max(right - left, 1e-6), max(bottom - top, 1e-6)
    scale = min(room / span_x, 1.5 * room / span_y)
    return _Frame(projection, left - (room / scale - span_x) / 2, top, scale), span_y * scale + 2 * _MARGIN


def _outline(code: str, rings: Sequence[Ring]) -> Outline:
    """Every ring of one territory, simplified; the point to write at is the middle of its largest ring."""
    largest = max(rings, key=lambda ring: abs(_area(ring)))
    kept = [ring for ring in rings if abs(_area(ring)) >= _MIN_RING_AREA] or [largest]
    x, y = _middle(largest)
    return Outline(code, "".join(polygon_path(simplify(ring, TOLERANCE)) for ring in kept), x, y)


def _disc(code: str, at: Point) -> Outline:
    """A disc as a path, so that every outline is drawn the same way."""
    r = number(POINT_RADIUS)
    left = f"M{number(at[0] - POINT_RADIUS)} {number(at[1])}"
    path = f"{left}a{r} {r} 0 1 0 {number(2 * POINT_RADIUS)} 0a{r} {r} 0 1 0 {number(-2 * POINT_RADIUS)} 0Z"
    return Outline(code, path, *at, is_point=True)


def _area(ring: Sequence[Point]) -> float:
    """Signed area (shoelace)."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def _middle(ring: Sequence[Point]) -> Point:
    """Centroid of a ring; the mean of its corners when it has no area."""
    area = _area(ring)
    if abs(area) < 1e-9:
        return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
    x0, y0 = ring[0]  # relative to a corner: large coordinates would lose digits
    local = [(px - x0, py - y0) for px, py in ring]
    pairs = list(zip(local, [*local[1:], local[0]], strict=True))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    return x0 + x, y0 + y


def simplify(ring: Sequence[Point], tolerance: float) -> Ring:
    """Douglas-Peucker on a closed ring: no corner dropped is farther than `tolerance` from what is kept.

    The ring is cut at its two farthest corners (found from the leftmost), so that the result does not depend on where
    the producer began to draw it. Fewer than three corners left: the ring is kept whole.
    """
    points = list(ring[:-1]) if len(ring) > 1 and ring[0] == ring[-1] else list(ring)
    start = min(range(len(points)), key=lambda i: points[i])
    points = points[start:] + points[:start]
    if len(points) < 4:
        return points
    far = max(range(len(points)), key=lambda i: math.dist(points[0], points[i]))
    kept = _douglas_peucker(points[: far + 1], tolerance)[:-1]
    kept += _douglas_peucker([*points[far:], points[0]], tolerance)[:-1]
    return kept if len(kept) >= 3 else points


def _douglas_peucker(line: Sequence[Point], tolerance: float) -> Ring:
    """Without recursion: a coast has thousands of corners."""
    keep = {0, len(line) - 1}
    stack = [(0, len(line) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        index, distance = _farthest(line, first, last)
        if distance > tolerance:
            keep.add(index)
            stack += [(first, index), (index, last)]
    return [line[i] for i in sorted(keep)]


def _farthest(line: Sequence[Point], first: int, last: int) -> tuple[int, float]:
    """The corner farthest from the segment between two others, and its distance."""
    (ax, ay), (bx, by) = line[first], line[last]
    dx, dy = bx - ax, by - ay
    squared = dx * dx + dy * dy
    best, best_distance = first, -1.0
    for i in range(first + 1, last):
        px, py = line[i]
        along = ((px - ax) * dx + (py - ay) * dy) / squared if squared else 0.0
        along = min(1.0, max(0.0, along))
        distance = (px - ax - along * dx) ** 2 + (py - ay - along * dy) ** 2
        if distance > best_distance:
            best, best_distance = i, distance
    return best, math.sqrt(max(best_distance, 0.0))
