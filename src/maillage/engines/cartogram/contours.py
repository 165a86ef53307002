"""A map from contours: GeoJSON geometries (WGS84) to simplified SVG paths that share one projection."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maillage.engines.cartogram.frame import frame_of
from maillage.engines.cartogram.sheet import Outline, Point, Sheet, Site, number, polygon_path
from maillage.engines.cartogram.topology import Topology, build

Points = NDArray[np.float64]  # n × 2

TOLERANCE = 0.6  # units of the drawing: at 720 units wide, less than a pixel
WIDTH = 720.0
GRID = 10.0  # steps of the grid to a unit
POINT_RADIUS = 7.0
_MIN_RING_AREA = 1.5  # square units: an islet smaller than that is a speck


@dataclass(frozen=True, slots=True)
class Drawn:
    """Territories placed in one frame: those with a contour in `topology`, the others as points.

    `centres`: where to write in each territory, points included. `borders`: the arcs between territories of different
    groups. `tolerance`, `width`, `height` and `insets` as in `Sheet`.
    """

    topology: Topology
    centres: Mapping[str, Point]
    points: Mapping[str, Point]
    borders: tuple[int, ...]
    width: float
    height: float
    insets: tuple[tuple[float, float, float, float], ...]
    tolerance: float


def contour_sheet(
    geometries: Mapping[str, Mapping[str, Any]],
    sites: Sequence[Site] = (),
    *,
    width: float = WIDTH,
    groups: Mapping[str, str] | None = None,
) -> Sheet:
    """Draw each geometry (Polygon or MultiPolygon, by territory code); a site without one is drawn as a disc.

    Anything else than a polygon is treated as no geometry. `missing` names the sites drawn as points. Borders are
    simplified once for the territories that share them, at `TOLERANCE` units; `Sheet.size` gives the bytes that result.
    `groups` (code → département …) draws the lines between territories of different groups.
    """
    drawn = draw(geometries, sites, width=width, groups=groups)
    return sheet_of(drawn) if drawn is not None else Sheet((), width, 0.0, schematic=False)


def sheet_of(drawn: Drawn) -> Sheet:
    """The paths of territories that are placed."""
    topology, radius = drawn.topology, point_radius(len(drawn.centres))
    outlines = [
        Outline(code, "".join(polygon_path(topology.ring(chain)) for chain in chains), *drawn.centres[code])
        for code, chains in topology.shapes.items()
    ]
    outlines += [_disc(code, at, radius) for code, at in drawn.points.items()]
    return Sheet(
        tuple(outlines),
        drawn.width,
        drawn.height,
        schematic=False,
        borders="".join(_line((topology.arcs[at] / topology.grid).tolist()) for at in drawn.borders),
        tolerance=drawn.tolerance,
        missing=tuple(drawn.points),
        insets=drawn.insets,
    )


def draw(
    geometries: Mapping[str, Mapping[str, Any]],
    sites: Sequence[Site] = (),
    *,
    width: float = WIDTH,
    groups: Mapping[str, str] | None = None,
    tolerance: float = TOLERANCE,
    grid: float = GRID,
) -> Drawn | None:
    """The same, before any path is written; None when nothing can be placed."""
    degrees = {code: parts for code, geometry in sorted(geometries.items()) if (parts := list(_rings(geometry)))}
    alone = sorted((site for site in sites if site.code not in degrees), key=lambda site: site.code)
    everywhere = {code: np.concatenate(parts) for code, parts in degrees.items()}
    everywhere |= {site.code: np.array([[site.longitude, site.latitude]]) for site in alone}
    if not everywhere:
        return None
    frame = frame_of(everywhere, width)
    placed = {code: [frame.place(code, ring) for ring in parts] for code, parts in degrees.items()}
    topology = _without_specks(build(placed, tolerance=tolerance, grid=grid))
    points = {site.code: _pair(frame.place(site.code, everywhere[site.code])[0]) for site in alone}
    middles = {code: _middle(_largest(parts)) for code, parts in placed.items()}
    lost = {code: middles[code] for code in middles if code not in topology.shapes}  # smaller than a step of the grid
    borders = _border_arcs(topology, groups) if groups else ()
    return Drawn(topology, middles | points, lost | points, borders, width, frame.height, frame.insets, tolerance)


def _without_specks(topology: Topology) -> Topology:
    """Without the islets too small to be seen; a ring that borders another territory stays, and the largest of each."""
    shared = [len(held) > 1 for held in topology.users]
    shapes: dict[str, tuple[tuple[int, ...], ...]] = {}
    for code, chains in topology.shapes.items():
        if len(chains) == 1:
            shapes[code] = chains
            continue
        areas = [abs(_area(np.array(topology.ring(chain)))) for chain in chains]
        shapes[code] = tuple(
            chain
            for chain, area in zip(chains, areas, strict=True)
            if area >= _MIN_RING_AREA or area == max(areas) or any(shared[at if at >= 0 else ~at] for at in chain)
        )
    return Topology(topology.arcs, shapes, topology.grid)


def _border_arcs(topology: Topology, groups: Mapping[str, str]) -> tuple[int, ...]:
    """Arcs between territories of different groups."""
    return tuple(at for at, held in enumerate(topology.users) if len({groups.get(code, "") for code in held}) > 1)


def _line(points: Sequence[Sequence[float]]) -> str:
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def point_radius(count: int) -> float:
    """Of the disc of a territory without a contour: smaller where there are many."""
    return max(1.0, min(POINT_RADIUS, 180 / math.sqrt(count))) if count else POINT_RADIUS


def _rings(geometry: Mapping[str, Any]) -> Iterator[Points]:
    """Every ring, outer and inner, of at least three distinct corners; (longitude, latitude) pairs."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates") or []
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(str(kind), [])
    for polygon in polygons:
        for ring in polygon:
            points = np.array([position[:2] for position in ring], dtype=np.float64).reshape(-1, 2)
            if len(points) >= 3 and len(np.unique(points[:8], axis=0)) >= 3:
                yield points


def _disc(code: str, at: Point, radius: float) -> Outline:
    """A disc as a path, so that every outline is drawn the same way."""
    r = number(radius)
    left = f"M{number(at[0] - radius)} {number(at[1])}"
    path = f"{left}a{r} {r} 0 1 0 {number(2 * radius)} 0a{r} {r} 0 1 0 {number(-2 * radius)} 0Z"
    return Outline(code, path, *at, is_point=True)


def _pair(point: Points) -> Point:
    return float(point[0]), float(point[1])


def _largest(rings: Sequence[Points]) -> Points:
    return rings[0] if len(rings) == 1 else max(rings, key=lambda ring: abs(_area(ring)))


def _crossed(ring: Points) -> Points:
    """x₁y₂ − x₂y₁ along each side."""
    after = np.roll(ring, -1, axis=0)
    crossed: Points = ring[:, 0] * after[:, 1] - after[:, 0] * ring[:, 1]
    return crossed


def _area(ring: Points) -> float:
    """Signed area (shoelace)."""
    return float(_crossed(ring).sum()) / 2


def _middle(ring: Points) -> Point:
    """Centroid of a ring; the mean of its corners when it has no area."""
    local = ring - ring[0]  # relative to a corner: large coordinates would lose digits
    crossed = _crossed(local)
    double = float(crossed.sum())
    if abs(double) < 1e-9:
        return _pair(ring.mean(axis=0))
    after = np.roll(local, -1, axis=0)
    return _pair(ring[0] + ((local + after) * crossed[:, None]).sum(axis=0) / (3 * double))
