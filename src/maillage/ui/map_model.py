"""What a map is made of: its territories, its classes or its circles, its legend, its table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString, mark_safe

from maillage.ui.tables import Table

SUPPRESSED = "suppressed"  # a value that exists and may not be published: told apart from one that is not known


@dataclass(frozen=True)
class MapShape:
    """A territory: `path` is SVG path data in the map's own units; `bin` the rank of its class, None where unknown.

    `text` says its value in words (« 12,3 % »); `x`, `y` place its short label on a schematic map.
    `radius` makes it the ground of a circle centred there: it is then left plain.
    """

    code: str
    label: str
    path: str
    bin: int | None = None
    text: str = ""
    url: str = ""
    status: str = ""
    x: float | None = None
    y: float | None = None
    short: str = ""
    radius: float | None = None


@dataclass(frozen=True)
class MapClass:
    """A line of the legend: `bin` None is the class of what is not known, or of what is suppressed."""

    bin: int | None
    label: str
    suppressed: bool = False


@dataclass(frozen=True)
class MapScale:
    """A circle of the legend: its radius in units of the map, and the value it stands for."""

    radius: float
    label: str


@dataclass(frozen=True)
class Map:
    """`view_box` is (left, top, width, height). `schematic` maps say that places and areas are not true."""

    id: str
    title: str
    alt: str
    shapes: Sequence[MapShape]
    classes: Sequence[MapClass]
    view_box: tuple[float, float, float, float]
    legend: str = ""
    note: str = ""
    table: Table | None = None
    schematic: bool = False
    source: str = ""
    source_url: str = ""
    outlines: Sequence[str] = ()  # paths drawn over the shapes: borders of the level above
    scale: Sequence[MapScale] = ()  # of a map of circles, the largest first
    insets: Sequence[tuple[float, float, float, float]] = ()  # boxes of what lies far away, each at its own scale

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError(f"the map {self.id} has no alternative text")
        if not all(math.isfinite(number) for number in self.view_box):
            raise ValueError(f"the map {self.id} has no extent")

    @property
    def scale_marks(self) -> list[tuple[str, str, str, str]]:
        """For the legend of a page: width as a part of the drawing's, view box, half side, label."""
        marks = []
        for item in self.scale:
            half = item.radius + 1  # and the line around it
            share = f"{200 * half / self.view_box[2]:.4g}%"
            marks.append(
                (share, f"{-half:.4g} {-half:.4g} {2 * half:.4g} {2 * half:.4g}", f"{item.radius:.4g}", item.label)
            )
        return marks

    def svg(self) -> SafeString:
        """The drawing for a page: coloured by the style sheet, each territory a link that the keyboard reaches."""
        from maillage.ui import map_drawing  # it draws this model

        return mark_safe(map_drawing.for_page(self))  # noqa: S308  (every value is escaped by the drawing)


@dataclass(frozen=True)
class Told:
    """What a map says of one territory; `value` None is unknown. `radius`: of its circle, on a map of circles."""

    label: str
    value: Decimal | None
    text: str = ""
    url: str = ""
    status: str = ""
    short: str = ""
    radius: float | None = None
