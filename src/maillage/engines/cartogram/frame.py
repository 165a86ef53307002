"""Where each territory goes on the drawing: one projection for what lies together, a box for what lies far away.

Guadeloupe is 6,700 km from Paris: drawn to one scale, both would be specks. Territories are grouped by distance alone
(no list of codes): what is more than `FAR` degrees from any other group has a box of its own below, at its own scale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maillage.engines.cartogram.projection import LocalProjection
from maillage.engines.cartogram.sheet import Point

FAR = 6  # degrees between two neighbouring groups
MARGIN = 8.0
_BOX = 0.18  # a box is this part of the width, at most
_Cell = tuple[int, int]
Points = NDArray[np.float64]  # n × 2


@dataclass(frozen=True, slots=True)
class _Part:
    """Projection then scale, then where it goes on the drawing."""

    turned: Points  # what a degree of each becomes: the projection is linear
    moved: Points

    def place(self, points: Points) -> Points:
        placed: Points = points * self.turned + self.moved
        return placed


@dataclass(frozen=True, slots=True)
class Frame:
    """The places of a drawing. `insets` are boxes (left, top, width, height), none when all lies together."""

    parts: tuple[_Part, ...]
    part_of: Mapping[str, int]
    width: float
    height: float
    insets: tuple[tuple[float, float, float, float], ...]

    def place(self, code: str, points: Points) -> Points:
        """(longitude, latitude) pairs of a territory, in units of the drawing."""
        return self.parts[self.part_of[code]].place(points)


def frame_of(everywhere: Mapping[str, Points], width: float) -> Frame:
    """The frame in which every territory fits; the largest group first, at most one and a half times the width high."""
    groups = _together(everywhere)
    main, height = _fit(np.concatenate([everywhere[code] for code in groups[0]]), width, 1.5 * width, (0.0, 0.0))
    parts, insets = [main], []
    side = min(_BOX * width, width / max(1, len(groups) - 1))
    for rank, codes in enumerate(groups[1:]):
        corner = (rank * side, height)
        part, _ = _fit(np.concatenate([everywhere[code] for code in codes]), side, side, corner, centred=True)
        parts.append(part)
        insets.append((corner[0] + 2, corner[1] + 2, side - 4, side - 4))
    part_of = {code: rank for rank, codes in enumerate(groups) for code in codes}
    return Frame(tuple(parts), part_of, width, height + (side if insets else 0.0), tuple(insets))


def _fit(points: Points, width: float, height: float, corner: Point, *, centred: bool = False) -> tuple[_Part, float]:
    """The points in a box whose upper left corner is given, and the height they take."""
    west, south = (float(least) for least in points.min(axis=0))
    east, north = (float(most) for most in points.max(axis=0))
    projection = LocalProjection.around([(west, south), (east, north)])
    (left, top), (right, bottom) = projection.project(west, north), projection.project(east, south)
    room_x, room_y = width - 2 * MARGIN, height - (2 * MARGIN if centred else 0.0)
    span_x, span_y = max(right - left, 1e-6), max(bottom - top, 1e-6)
    scale = min(room_x / span_x, room_y / span_y)
    x = corner[0] + MARGIN + (room_x - span_x * scale) / 2
    y = corner[1] + MARGIN + ((room_y - span_y * scale) / 2 if centred else 0.0)
    origin, unit = projection.project(0, 0), projection.project(1, 1)
    turned = np.array([unit[0] - origin[0], unit[1] - origin[1]]) * scale
    moved = np.array([(origin[0] - left) * scale + x, (origin[1] - top) * scale + y])
    return _Part(turned, moved), span_y * scale + 2 * MARGIN


def _together(everywhere: Mapping[str, Points]) -> list[list[str]]:
    """Codes by group of near territories, the largest group first."""
    cells: dict[_Cell, list[str]] = defaultdict(list)
    for code in sorted(everywhere):
        longitude, latitude = (everywhere[code].min(axis=0) + everywhere[code].max(axis=0)) / 2
        cells[int(longitude // 1), int(latitude // 1)].append(code)
    groups = []
    waiting = set(cells)
    while waiting:
        group = _reached(min(waiting), waiting)
        groups.append(sorted(code for cell in group for code in cells[cell]))
    return sorted(groups, key=lambda codes: (-len(codes), codes[0]))


def _reached(start: _Cell, waiting: set[_Cell]) -> list[_Cell]:
    """Every cell that leads to `start` without a gap of more than `FAR` degrees; they leave `waiting`."""
    waiting.discard(start)
    reached, stack = [start], [start]
    while stack:
        x, y = stack.pop()
        near = [cell for cell in waiting if abs(cell[0] - x) <= FAR and abs(cell[1] - y) <= FAR]
        waiting.difference_update(near)
        reached += near
        stack += near
    return reached
