"""A schematic map: one hexagon of equal area per territory, neighbours kept near one another.

1. The honeycomb: cells whose area is that of the centroids' hull divided by their number; the cells kept are those
   nearest to a centroid, so that the whole keeps the region's outline, and holes are filled from the fringe.
2. The matching: centroids and cells are halved together along the longer side (north with north, west with west),
   then two cells exchange their territories as long as the sum of squared displacements falls.

Deterministic: the same sites give the same map, in whatever order they come. 1,300 cells take well under a second.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

from maillage.engines.cartogram.projection import LocalProjection
from maillage.engines.cartogram.sheet import Outline, Point, Sheet, Site, number, polygon_path

Cell = tuple[int, int]  # axial coordinates (q, r) of a pointy-top hexagon

_NEIGHBOURS: tuple[Cell, ...] = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
_SECOND_RING: tuple[Cell, ...] = tuple(
    (q, r) for q in range(-2, 3) for r in range(-2, 3) if max(abs(q), abs(r), abs(q + r)) in (1, 2)
)
_SQRT3 = math.sqrt(3)
_GAP = 0.96  # cells are drawn a little smaller than their place, so that a thin line parts them
_PASSES = 40


def hexagon_sheet(sites: Sequence[Site], *, width: float = 720.0) -> Sheet:
    """Place every site in its own hexagon; `width` is that of the drawing, its height follows.

    Two sites with the same code are refused (ValueError): a territory has one place.
    """
    ordered = sorted(sites, key=lambda site: site.code)
    if len({site.code for site in ordered}) != len(ordered):
        raise ValueError("each site has its own code")
    if not ordered:
        return Sheet((), width, 0.0, schematic=True)
    _, placed, _ = _layout(ordered)
    return _draw(ordered, placed, width)


def displacement(sites: Sequence[Site]) -> float:
    """Mean distance between a territory's centroid and its cell, in cells: what a reader loses by the scheme."""
    if not sites:
        return 0.0
    points, placed, radius = _layout(sorted(sites, key=lambda site: site.code))
    moved = [math.sqrt(_squared(p, _centre(cell, radius))) for p, cell in zip(points, placed, strict=True)]
    return sum(moved) / len(moved) / (radius * _SQRT3)


def _layout(ordered: Sequence[Site]) -> tuple[list[Point], list[Cell], float]:
    """Projected centroids, the cell of each, and the radius of a cell (kilometres)."""
    projection = LocalProjection.around((site.longitude, site.latitude) for site in ordered)
    points = [projection.project(site.longitude, site.latitude) for site in ordered]
    radius = _cell_radius(points)
    cells = _fill_holes(_grow(points, radius), points, radius)
    return points, _exchange(points, _match(points, cells, radius), radius), radius


# --- the honeycomb ---------------------------------------------------------------------------------------------------


def _centre(cell: Cell, radius: float) -> Point:
    q, r = cell
    return radius * _SQRT3 * (q + r / 2), radius * 1.5 * r


def _cell_at(point: Point, radius: float) -> Cell:
    """The cell that holds a point (cube rounding)."""
    r = point[1] / (1.5 * radius)
    q = point[0] / (_SQRT3 * radius) - r / 2
    s = -q - r
    rounded_q, rounded_r, rounded_s = round(q), round(r), round(s)
    gap_q, gap_r, gap_s = abs(rounded_q - q), abs(rounded_r - r), abs(rounded_s - s)
    if gap_q > gap_r and gap_q > gap_s:
        rounded_q = -rounded_r - rounded_s
    elif gap_r > gap_s:
        rounded_r = -rounded_q - rounded_s
    return rounded_q, rounded_r


def _around(cell: Cell, ring: Sequence[Cell] = _NEIGHBOURS) -> list[Cell]:
    return [(cell[0] + q, cell[1] + r) for q, r in ring]


def _squared(a: Point, b: Point) -> float:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _cell_radius(points: Sequence[Point]) -> float:
    """Radius (centre to corner) of hexagons that share out the hull of the points, its fringe included."""
    hull = _convex_hull(points)
    count = len(points)
    if count == 1:
        return 1.0
    double_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(hull, [*hull[1:], hull[0]], strict=True))
    perimeter = sum(math.sqrt(_squared(a, b)) for a, b in zip(hull, [*hull[1:], hull[0]], strict=True))
    area = abs(double_area) / 2
    # The hull passes through the outer centroids: half a cell is missing all around.
    fringe = perimeter * math.sqrt(max(area, perimeter**2 / count) / count) / 2
    total = area + fringe
    return math.sqrt(total / count * 2 / (3 * _SQRT3)) if total > 0 else 1.0


def _convex_hull(points: Sequence[Point]) -> list[Point]:
    """Andrew's monotone chain."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def half(sequence: Sequence[Point]) -> list[Point]:
        chain: list[Point] = []
        for point in sequence:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        return chain

    return half(ordered)[:-1] + half(ordered[::-1])[:-1]


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _grow(points: Sequence[Point], radius: float) -> set[Cell]:
    """As many cells as points, the nearest to a point first, growing from the cells that hold one."""
    queue: list[tuple[float, Cell, int]] = []
    for index, point in enumerate(points):
        cell = _cell_at(point, radius)
        queue.append((round(_squared(_centre(cell, radius), point), 6), cell, index))
    heapq.heapify(queue)
    chosen: set[Cell] = set()
    while len(chosen) < len(points):
        _, cell, index = heapq.heappop(queue)
        if cell in chosen:
            continue
        chosen.add(cell)
        for near in _around(cell):
            if near not in chosen:
                heapq.heappush(queue, (round(_squared(_centre(near, radius), points[index]), 6), near, index))
    return chosen


def _fill_holes(chosen: set[Cell], points: Sequence[Point], radius: float) -> list[Cell]:
    """Trade the loosest cells of the fringe for empty cells that lie between others, so that nothing is torn."""
    middle = (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))
    for _ in range(2 * len(points)):
        hole = _deepest_hole(chosen)
        if hole is None:
            break
        far = {cell: round(_squared(_centre(cell, radius), middle), 6) for cell in chosen}
        loosest = min(chosen, key=lambda cell: (_held(cell, chosen), -far[cell], cell))
        after = (chosen - {loosest}) | {hole}
        if _held(hole, after) <= _held(loosest, chosen):  # each trade makes one more pair of neighbours at least
            break
        chosen = after
    return sorted(chosen)


def _held(cell: Cell, chosen: set[Cell]) -> int:
    return sum(near in chosen for near in _around(cell))


def _deepest_hole(chosen: set[Cell]) -> Cell | None:
    """The empty cell with most neighbours chosen, among those held from both sides along two axes at least."""
    empty = {near for cell in chosen for near in _around(cell)} - chosen
    deep = [(-_held(cell, chosen), cell) for cell in empty if _sides(cell, chosen) >= 2]
    return min(deep)[1] if deep else None


def _sides(cell: Cell, chosen: set[Cell]) -> int:
    """Along how many of the three axes both neighbours are chosen: a bay of the coast has one at most."""
    around = [near in chosen for near in _around(cell)]
    return sum(around[k] and around[k + 3] for k in range(3))


# --- the matching ----------------------------------------------------------------------------------------------------


def _match(points: Sequence[Point], cells: Sequence[Cell], radius: float) -> list[Cell]:
    """One cell per point, by halving both along the longer side until one of each is left."""
    centres = {cell: _centre(cell, radius) for cell in cells}
    placed: list[Cell] = [(0, 0)] * len(points)
    stack = [(list(range(len(points))), list(cells))]
    while stack:
        some, places = stack.pop()
        if len(some) == 1:
            placed[some[0]] = places[0]
            continue
        side = _longer_side([centres[cell] for cell in places])
        some.sort(key=lambda index: (points[index][side], points[index][1 - side], index))
        places.sort(key=lambda cell: (centres[cell][side], centres[cell][1 - side]))
        half = len(some) // 2
        stack.append((some[:half], places[:half]))
        stack.append((some[half:], places[half:]))
    return placed


def _longer_side(centres: Sequence[Point]) -> int:
    """0 when the cells spread more along x, 1 along y."""
    spans = [max(c[axis] for c in centres) - min(c[axis] for c in centres) for axis in (0, 1)]
    return 0 if spans[0] >= spans[1] else 1


def _exchange(points: Sequence[Point], placed: list[Cell], radius: float) -> list[Cell]:
    """Two near cells exchange their points as long as the sum of squared displacements falls."""
    holder = {cell: index for index, cell in enumerate(placed)}
    centres = {cell: _centre(cell, radius) for cell in placed}
    for _ in range(_PASSES):
        moved = False
        for cell in sorted(holder):
            for near in _around(cell, _SECOND_RING):
                if near in holder and _gain(points[holder[cell]], points[holder[near]], centres[cell], centres[near]):
                    holder[cell], holder[near] = holder[near], holder[cell]
                    moved = True
        if not moved:
            break
    result = list(placed)
    for cell, index in holder.items():
        result[index] = cell
    return result


def _gain(a: Point, b: Point, place_a: Point, place_b: Point) -> bool:
    before = _squared(a, place_a) + _squared(b, place_b)
    return _squared(a, place_b) + _squared(b, place_a) < before - 1e-9 * (1 + before)


# --- the drawing -----------------------------------------------------------------------------------------------------


def _corners(centre: Point, radius: float) -> list[Point]:
    """Corners of a pointy-top hexagon, clockwise from the upper right one."""
    angles = [math.radians(60 * k - 30) for k in range(6)]
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in angles]


def _draw(sites: Sequence[Site], placed: Sequence[Cell], width: float) -> Sheet:
    """Scale the honeycomb to the width asked, one hexagon at most a sixth of it."""
    centres = [_centre(cell, 1.0) for cell in placed]
    left, right = min(x for x, _ in centres) - _SQRT3 / 2, max(x for x, _ in centres) + _SQRT3 / 2
    top, bottom = min(y for _, y in centres) - 1, max(y for _, y in centres) + 1
    radius = min(width / (right - left), width / 6)
    offset = (width - (right - left) * radius) / 2

    def place(cell: Cell) -> Point:
        x, y = _centre(cell, 1.0)
        return (x - left) * radius + offset, (y - top) * radius

    outlines = tuple(
        Outline(site.code, polygon_path(_corners(place(cell), radius * _GAP)), *place(cell))
        for site, cell in zip(sites, placed, strict=True)
    )
    groups = {cell: site.group for site, cell in zip(sites, placed, strict=True)}
    lines = [
        _shared_edge(place(cell), place(near), radius)
        for cell in sorted(groups)
        for near in _around(cell, _NEIGHBOURS[:3])
        if near in groups and groups[near] != groups[cell]
    ]
    return Sheet(outlines, width, (bottom - top) * radius, schematic=True, borders="".join(lines))


def _shared_edge(a: Point, b: Point, radius: float) -> str:
    """The edge between two neighbouring hexagons: half a radius on either side of the middle, across their axis."""
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    length = math.sqrt(_squared(a, b))
    across = (-(b[1] - a[1]) / length * radius / 2, (b[0] - a[0]) / length * radius / 2)
    ends = [(middle[0] - across[0], middle[1] - across[1]), (middle[0] + across[0], middle[1] + across[1])]
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in ends)
