"""What a map is made of before any value is put on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Site:
    """A territory to place: its code, its centroid in WGS84 degrees, and the group (département …) it belongs to."""

    code: str
    latitude: float
    longitude: float
    group: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """The shape of one territory in a drawing. `x`, `y`: where to write inside it."""

    code: str
    path: str
    x: float
    y: float
    is_point: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """Outlines that share one frame of `width` × `height` units, from (0, 0).

    `borders` is one SVG path, empty when nothing is grouped: the lines between cells of different groups.
    `insets`: (left, top, width, height) of the boxes that show what lies far away, each at its own scale.
    `tolerance` is the largest distance, in units, between a contour and what is drawn of it (0 for cells).
    """

    outlines: tuple[Outline, ...]
    width: float
    height: float
    schematic: bool
    borders: str = ""
    tolerance: float = 0.0
    missing: tuple[str, ...] = field(default=())
    insets: tuple[tuple[float, float, float, float], ...] = ()

    @property
    def view_box(self) -> str:
        return f"0 0 {number(self.width)} {number(self.height)}"

    @property
    def size(self) -> int:
        """Bytes of SVG paths: what the map weighs in a page."""
        return sum(len(outline.path) for outline in self.outlines) + len(self.borders)


def number(value: float) -> str:
    """A coordinate to one decimal, the precision of a tenth of a unit, without a useless zero."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def polygon_path(points: Sequence[Point]) -> str:
    """A closed SVG path through the points."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z"
