"""Maps drawn as SVG, from shapes already projected by an engine, each with the table of what it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from django.utils.safestring import SafeString, mark_safe

from maillage.engines.cartogram.sheet import Sheet
from maillage.engines.classes import UNKNOWN_LABEL, Classes
from maillage.ui import statuses
from maillage.ui.components import safe_url
from maillage.ui.tables import Table
from maillage.ui.units import UNKNOWN, typography

# From pale to dark: told apart by their lightness alone, so in grey too. The last is used where nothing is known.
FILLS = ("#e3efe9", "#b5d6c9", "#7fb8a6", "#3a7f71", "#1b5f57")
UNKNOWN_FILL = "#ffffff"
INK, LINE = "#17252a", "#76858a"
LEGEND_SIZE = 16  # of its letters, about a pixel each
LEGIBLE = 18  # about a pixel each: under it, a label is hidden on a phone (its title and the table remain)
LEGEND_STEP = 1.7  # between two lines, in sizes of a letter


@dataclass(frozen=True)
class MapShape:
    """A territory: `path` is SVG path data in the map's own units; `bin` the rank of its class, None where unknown.

    `text` says its value in words (« 12,3 % »); `x`, `y` place its short label on a schematic map.
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


@dataclass(frozen=True)
class MapClass:
    """A line of the legend: `bin` None is the class of what is not known."""

    bin: int | None
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

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError(f"the map {self.id} has no alternative text")
        if not all(math.isfinite(number) for number in self.view_box):
            raise ValueError(f"the map {self.id} has no extent")

    def svg(self) -> SafeString:
        """The drawing for a page: coloured by the style sheet, each territory a link that the keyboard reaches."""
        return mark_safe(_svg(self, for_page=True))  # noqa: S308  (every value is escaped by _svg)


@dataclass(frozen=True)
class Told:
    """What a map says of one territory; `value` None is unknown."""

    label: str
    value: Decimal | None
    text: str = ""
    url: str = ""
    status: str = ""
    short: str = ""


def from_sheet(
    sheet: Sheet,
    told: Mapping[str, Told],
    classes: Classes,
    *,
    id: str,
    title: str,
    alt: str,
    unit: str = "",
    legend: str = "",
    note: str = "",
    table: Table | None = None,
    source: str = "",
    source_url: str = "",
) -> Map:
    """The map of a sheet drawn by the engine, its territories coloured by the classes of their values.

    `unit` is what the legend prints after each bound; the number of territories of the class follows.
    A territory of the sheet that `told` leaves out is unknown.
    """
    shapes = []
    for outline in sheet.outlines:
        said = told.get(outline.code) or Told(outline.code, None)
        shapes.append(
            MapShape(
                code=outline.code,
                label=said.label,
                path=outline.path,
                bin=classes.index_of(said.value),
                text=said.text or (UNKNOWN if said.value is None else ""),
                url=said.url,
                status=said.status,
                x=outline.x if sheet.schematic else None,
                y=outline.y if sheet.schematic else None,
                short=said.short,
            )
        )
    legends = [
        MapClass(rank, f"{label} ({count})")
        for rank, (label, count) in enumerate(zip(classes.labels(unit), classes.counts, strict=True))
    ]
    if unknown := sum(shape.bin is None for shape in shapes):
        legends.append(MapClass(None, f"{UNKNOWN_LABEL} ({unknown})"))
    return Map(
        id=id,
        title=title,
        alt=alt,
        shapes=shapes,
        classes=legends,
        view_box=(0.0, 0.0, sheet.width, sheet.height),
        legend=legend,
        note=note,
        table=table,
        schematic=sheet.schematic,
        source=source,
        source_url=source_url,
        outlines=[sheet.borders] if sheet.borders else [],
    )


def svg(map: Map) -> str:
    """The drawing for a document: colours in the drawing, with its legend, no links."""
    return _svg(map, for_page=False)


def _svg(map: Map, *, for_page: bool) -> str:
    left, top, width, height = map.view_box
    unit = max(width, height) / 800  # about one pixel on a page
    legend = "" if for_page else _legend(map, unit)
    drawn = height + (_legend_height(map, unit) if legend else 0)
    name, size = escape(map.id), _label_size(map)
    # A document names its letters: a renderer without a default font would leave them out.
    role = f'role="group" aria-labelledby="{name}-map-title"' if for_page else 'role="img" font-family="sans-serif"'
    shapes = "".join(_shape(map, shape, unit, size, for_page) for shape in map.shapes)
    outlines = "".join(
        f'<path class="ui-map-outline" d="{escape(path)}" fill="none" stroke="{INK}" stroke-width="{unit * 2:.4g}"/>'
        for path in map.outlines
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:g} {top:g} {width:g} {drawn:g}" {role}>'
        f'<title id="{name}-map-title">{escape(map.alt)}</title>'
        f"{_pattern(name, unit * 8)}{shapes}{outlines}{legend}</svg>"
    )


def _pattern(name: str, step: float) -> str:
    """Hatching for what is not known: told apart without colour."""
    return (
        f'<defs><pattern id="{name}-unknown" width="{step:.4g}" height="{step:.4g}" '
        'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect class="ui-map-ground" width="{step:.4g}" height="{step:.4g}" fill="{UNKNOWN_FILL}"/>'
        f'<path class="ui-map-hatch" d="M0 0V{step:.4g}" stroke="{LINE}" stroke-width="{step / 3:.4g}"/>'
        "</pattern></defs>"
    )


def _fill(map: Map, rank: int | None) -> tuple[str, str]:
    """Class and colour of a rank; ranks are spread over the palette, so that two classes are pale and dark."""
    if rank is None:
        return "ui-map-unknown", f"url(#{escape(map.id)}-unknown)"
    ranks = sorted({item.bin for item in map.classes if item.bin is not None} | {rank})
    spread = round(ranks.index(rank) * (len(FILLS) - 1) / max(1, len(ranks) - 1))
    return f"ui-map-{spread}", FILLS[spread]


def _label_size(map: Map) -> float:
    """Height of the short labels: as large as the longest allows in an average shape."""
    _left, _top, width, height = map.view_box
    cell = math.sqrt(width * height / max(1, len(map.shapes)))
    longest = max((len(shape.short) for shape in map.shapes), default=0)
    return min(cell * 0.22, cell * 1.15 / max(1, longest))


def _shape(map: Map, shape: MapShape, unit: float, size: float, for_page: bool) -> str:
    css, fill = _fill(map, shape.bin)
    told = f"{shape.label} : {shape.text}" if shape.text else shape.label
    mark = statuses.mark(shape.status)
    if shape.status and mark.label:
        told = f"{told} ({mark.label.lower()})"
    drawn = (
        f'<path class="ui-map-shape {css}" d="{escape(shape.path)}" fill="{fill}" stroke="{LINE}" '
        f'stroke-width="{unit:.4g}"><title>{escape(typography(told))}</title></path>'
        f"{_label(shape, css, size, small=size < unit * LEGIBLE)}"
    )
    url = safe_url(shape.url)
    if not (for_page and url):
        return f"<g>{drawn}</g>"
    return f'<a href="{escape(url)}" aria-label="{escape(typography(told))}">{drawn}</a>'


def _label(shape: MapShape, css: str, size: float, *, small: bool) -> str:
    if shape.x is None or shape.y is None or not shape.short:
        return ""
    dark = css in ("ui-map-3", "ui-map-4")
    classes = f"{'ui-map-light' if dark else 'ui-map-dark'}{' ui-map-small' if small else ''}"
    return (
        f'<text class="{classes}" x="{shape.x:.5g}" y="{shape.y:.5g}" '
        f'font-size="{size:.4g}" text-anchor="middle" dominant-baseline="central" '
        f'fill="{"#ffffff" if dark else INK}">{escape(shape.short)}</text>'
    )


def _legend_height(map: Map, unit: float) -> float:
    return (len(map.classes) + bool(map.legend) + 1) * LEGEND_STEP * unit * LEGEND_SIZE


def _legend(map: Map, unit: float) -> str:
    left, top, _width, height = map.view_box
    size, pieces = unit * LEGEND_SIZE, []
    at = top + height + size * LEGEND_STEP
    if map.legend:
        pieces.append(
            f'<text x="{left:g}" y="{at:.6g}" font-size="{size:.4g}" fill="{INK}">{escape(map.legend)}</text>'
        )
        at += size * LEGEND_STEP
    for item in map.classes:
        fill = _fill(map, item.bin)[1]
        pieces.append(
            f'<rect x="{left:g}" y="{at - size * 0.85:.6g}" width="{size * 1.6:.4g}" height="{size:.4g}" fill="{fill}" '
            f'stroke="{LINE}" stroke-width="{unit:.4g}"/><text x="{left + size * 2.2:.6g}" y="{at:.6g}" '
            f'font-size="{size:.4g}" fill="{INK}">{escape(item.label)}</text>'
        )
        at += size * LEGEND_STEP
    return "".join(pieces)


def swatches(map: Map) -> list[tuple[str, str]]:
    """Class of the style sheet and words, for the legend of a page."""
    return [(_fill(map, item.bin)[0], item.label) for item in map.classes]
