"""The drawing of a map as SVG: for a page (coloured by the style sheet, with links), or for a document or a file."""

from __future__ import annotations

import math
import textwrap
from html import escape

from maillage.ui import statuses
from maillage.ui.components import safe_url
from maillage.ui.map_model import SUPPRESSED, Map, MapClass, MapShape
from maillage.ui.units import typography

# From pale to dark: told apart by their lightness alone, so in grey too.
FILLS = ("#e3efe9", "#b5d6c9", "#7fb8a6", "#3a7f71", "#1b5f57")
FINE_FILLS = ("#edf5f1", "#cfe4dc", "#abd0c3", "#7fb8a6", "#3f7f72", "#226358", "#10443f")  # six classes or seven
UNKNOWN_FILL = "#ffffff"
PLAIN_FILL = "#eef2ef"
CIRCLE_FILL = "#0f5b57"
INK, LINE = "#17252a", "#76858a"
LEGEND_SIZE = 16  # of its letters, about a pixel each
LEGIBLE = 18  # about a pixel each: under it, a label is hidden on a phone (its title and the table remain)
LEGEND_STEP = 1.7  # between two lines, in sizes of a letter
LETTERS = 96  # of a line of a note, at the size of the legend


def for_page(map: Map) -> str:
    """Each territory a link; the page writes the title, the legend and the notes around it."""
    return _svg(map, for_page=True)


def svg(map: Map, *, letters: float = 1.0) -> str:
    """The drawing for a document: colours in the drawing, with its legend, no links.

    `letters`: how many times larger than usual the legend is, for a map that is printed small.
    """
    return _svg(map, for_page=False, letters=letters)


def standalone(map: Map, *notes: str) -> str:
    """The drawing as a file that goes about alone: with its title, its legend, its source, and these notes."""
    return _svg(map, for_page=False, title=map.title, notes=notes)


def _svg(map: Map, *, for_page: bool, title: str = "", notes: tuple[str, ...] = (), letters: float = 1.0) -> str:
    left, top, width, height = map.view_box
    unit = max(width, height) / 800  # about one pixel on a page
    head = _Lines(map, unit, top).add(*_wrapped(title)).space() if title else _Lines(map, unit, top)
    above = head.at - top
    foot = _Lines(map, unit * letters, top + above + height)
    if not for_page:
        _legend(map, foot)
        foot.space().add(*(line for note in notes for line in _wrapped(note)))
    name, size = escape(map.id), _label_size(map)
    # A document names its letters: a renderer without a default font would leave them out.
    role = f'role="group" aria-labelledby="{name}-map-title"' if for_page else 'role="img" font-family="sans-serif"'
    drawing = _territories(map, unit, size, for_page=for_page)
    moved = f'<g transform="translate(0 {above:.6g})">{drawing}</g>' if above else drawing
    edge = unit * LEGEND_SIZE if title else 0.0
    box = (left - edge, top - edge, width + 2 * edge, foot.at - top + 2 * edge)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{" ".join(f"{number:.6g}" for number in box)}" {role}>'
        f'<title id="{name}-map-title">{escape(map.alt)}</title>'
        f"{_patterns(name, unit * 8)}{_paper(box) if title else ''}{head.svg}{moved}{foot.svg}</svg>"
    )


def _paper(box: tuple[float, float, float, float]) -> str:
    """A white ground: a file that goes about alone may be opened over a dark one."""
    left, top, width, height = box
    return f'<rect x="{left:.6g}" y="{top:.6g}" width="{width:.6g}" height="{height:.6g}" fill="{UNKNOWN_FILL}"/>'


def _territories(map: Map, unit: float, size: float, *, for_page: bool) -> str:
    shapes = "".join(_shape(map, shape, unit, size, for_page) for shape in map.shapes)
    outlines = "".join(
        f'<path class="ui-map-outline" d="{escape(path)}" fill="none" stroke="{INK}" stroke-width="{unit * 2:.4g}"/>'
        for path in map.outlines
    )
    boxes = "".join(
        f'<rect class="ui-map-inset" x="{x:.6g}" y="{y:.6g}" width="{w:.6g}" height="{h:.6g}" fill="none" '
        f'stroke="{LINE}" stroke-width="{unit:.4g}"/>'
        for x, y, w, h in map.insets
    )
    large_first = sorted(map.shapes, key=lambda shape: -(shape.radius or 0.0))  # a small one is never hidden
    return f"{shapes}{outlines}{boxes}{''.join(_circle(shape, unit) for shape in large_first)}"


def _patterns(name: str, step: float) -> str:
    """Hatching for what is not known, dots for what may not be published: told apart without colour."""
    frame = f'width="{step:.4g}" height="{step:.4g}"'
    ground = f'<rect class="ui-map-ground" {frame} fill="{UNKNOWN_FILL}"/>'
    turned = 'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    return (
        f'<defs><pattern id="{name}-unknown" {frame} {turned}>{ground}'
        f'<path class="ui-map-hatch" d="M0 0V{step:.4g}" stroke="{LINE}" stroke-width="{step / 3:.4g}"/></pattern>'
        f'<pattern id="{name}-suppressed" {frame} {turned}>{ground}'
        f'<circle class="ui-map-dot" cx="{step / 2:.4g}" cy="{step / 2:.4g}" r="{step / 5:.4g}" fill="{LINE}"/>'
        "</pattern></defs>"
    )


def unknown_kind(status: str) -> str:
    """How a territory without a value is drawn: `unknown`, or `suppressed`."""
    return SUPPRESSED if status == SUPPRESSED else "unknown"


def _fill(map: Map, rank: int | None, status: str = "") -> tuple[str, str]:
    """Class and colour of a rank; ranks are spread over the palette, so that two classes are pale and dark."""
    if rank is None:
        kind = unknown_kind(status)
        return f"ui-map-{kind}", f"url(#{escape(map.id)}-{kind})"
    return class_of(rank, 1 + max([item.bin for item in map.classes if item.bin is not None] + [rank]))


def class_of(rank: int, size: int) -> tuple[str, str]:
    """Class of the style sheet and colour of the rank of a class, among `size` of them."""
    fills, prefix = (FILLS, "ui-map-") if size <= len(FILLS) else (FINE_FILLS, "ui-map-fine-")
    spread = round(rank * (len(fills) - 1) / max(1, size - 1))
    return f"{prefix}{spread}", fills[spread]


def is_dark(css: str) -> bool:
    """Whether light letters are read on it."""
    return css in ("ui-map-3", "ui-map-4", "ui-map-fine-4", "ui-map-fine-5", "ui-map-fine-6")


def _label_size(map: Map) -> float:
    """Height of the short labels: as large as the longest allows in an average shape."""
    _left, _top, width, height = map.view_box
    cell = math.sqrt(width * height / max(1, len(map.shapes)))
    longest = max((len(shape.short) for shape in map.shapes), default=0)
    return min(cell * 0.22, cell * 1.15 / max(1, longest))


def told(shape: MapShape) -> str:
    """What is said of a territory: its name, its value, and what the value is worth."""
    said = f"{shape.label} : {shape.text}" if shape.text else shape.label
    mark = statuses.mark(shape.status)
    return typography(f"{said} ({mark.label.lower()})" if shape.status and mark.label else said)


def _shape(map: Map, shape: MapShape, unit: float, size: float, for_page: bool) -> str:
    css, fill = ("ui-map-plain", PLAIN_FILL) if shape.radius is not None else _fill(map, shape.bin, shape.status)
    said = escape(told(shape))
    drawn = (
        f'<path class="ui-map-shape {css}" d="{escape(shape.path)}" fill="{fill}" stroke="{LINE}" '
        f'stroke-width="{unit:.4g}"><title>{said}</title></path>'
        f"{_label(shape, css, size, small=size < unit * LEGIBLE)}"
    )
    url = safe_url(shape.url)
    if not (for_page and url):
        return f"<g>{drawn}</g>"
    return f'<a href="{escape(url)}" aria-label="{said}">{drawn}</a>'


def _circle(shape: MapShape, unit: float) -> str:
    if shape.radius is None or shape.x is None or shape.y is None:
        return ""
    return (
        f'<circle class="ui-map-circle" cx="{shape.x:.5g}" cy="{shape.y:.5g}" r="{shape.radius:.4g}" '
        f'fill="{CIRCLE_FILL}" fill-opacity="0.6" stroke="{INK}" stroke-width="{unit:.4g}"/>'
    )


def _label(shape: MapShape, css: str, size: float, *, small: bool) -> str:
    if shape.x is None or shape.y is None or not shape.short:
        return ""
    dark = is_dark(css)
    classes = f"{'ui-map-light' if dark else 'ui-map-dark'}{' ui-map-small' if small else ''}"
    return (
        f'<text class="{classes}" x="{shape.x:.5g}" y="{shape.y:.5g}" '
        f'font-size="{size:.4g}" text-anchor="middle" dominant-baseline="central" '
        f'fill="{"#ffffff" if dark else INK}">{escape(shape.short)}</text>'
    )


class _Lines:
    """Lines of text under one another, the next one at `at`."""

    def __init__(self, map: Map, unit: float, at: float) -> None:
        self.left, self.unit, self.at, self.svg = map.view_box[0], unit, at, ""
        self.size = unit * LEGEND_SIZE

    def add(self, *lines: str) -> _Lines:
        for line in lines:
            self.at += self.size * LEGEND_STEP
            self.svg += self.text(self.left, self.at - self.size * 0.5, line)
        return self

    def space(self) -> _Lines:
        self.at += self.size * 0.7
        return self

    def text(self, x: float, y: float, words: str) -> str:
        return f'<text x="{x:.6g}" y="{y:.6g}" font-size="{self.size:.4g}" fill="{INK}">{escape(words)}</text>'

    def key(self, fill: str, words: str) -> None:
        """A colour and what it stands for."""
        self.at += self.size * LEGEND_STEP
        y = self.at - self.size * 0.5
        self.svg += (
            f'<rect x="{self.left:g}" y="{y - self.size * 0.85:.6g}" width="{self.size * 1.6:.4g}" '
            f'height="{self.size:.4g}" fill="{fill}" stroke="{LINE}" stroke-width="{self.unit:.4g}"/>'
            f"{self.text(self.left + self.size * 2.2, y, words)}"
        )

    def circle(self, radius: float, across: float, words: str) -> None:
        """A circle of the legend and its value; `across` is the width that the largest takes."""
        height = max(2 * radius, self.size * LEGEND_STEP)
        middle = self.at + height / 2
        self.svg += (
            f'<circle cx="{self.left + across / 2:.6g}" cy="{middle:.6g}" r="{radius:.4g}" fill="{CIRCLE_FILL}" '
            f'fill-opacity="0.6" stroke="{INK}" stroke-width="{self.unit:.4g}"/>'
            f"{self.text(self.left + across + self.size, middle + self.size * 0.35, words)}"
        )
        self.at += height + self.size * 0.3


def _legend(map: Map, lines: _Lines) -> None:
    lines.add(*([map.legend] if map.legend else []))
    across = 2 * max((item.radius for item in map.scale), default=0.0)
    for item in map.scale:
        lines.circle(item.radius, across, item.label)
    for line in map.classes:
        lines.key(_class_fill(map, line)[1], line.label)
    lines.space()


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LETTERS) if text else []


def _class_fill(map: Map, item: MapClass) -> tuple[str, str]:
    return _fill(map, item.bin, SUPPRESSED if item.suppressed else "")


def swatches(map: Map) -> list[tuple[str, str]]:
    """Class of the style sheet and words, for the legend of a page."""
    return [(_class_fill(map, item)[0], item.label) for item in map.classes]
