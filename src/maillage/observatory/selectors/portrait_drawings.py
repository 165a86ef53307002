"""The drawings of a portrait: where it stands among its peers, and how it moved. One SVG for the page and the document.

Nothing rests on colour: the territory is a filled triangle, the reference a lozenge, the middle a long line. The style
sheet of the page recolours them by their classes; a document has them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from itertools import pairwise

from maillage.indicators.selectors.series import Series
from maillage.indicators.selectors.values import Value, period_label
from maillage.observatory.selectors.portrait_position import Position
from maillage.observatory.selectors.portrait_reading import breaks_of
from maillage.observatory.selectors.portrait_words import written

INK, SOFT, PALE, MARK = "#17252a", "#4a5a5f", "#9fb0ad", "#1b5f57"
WIDTH, EDGE = 400, 8  # of the drawings, in units of about a pixel
_LINE = 68  # height of one indicator among its peers
_PLOT = 120  # height of an evolution


def strips(positions: Sequence[Position], name: str, *, id: str) -> str:
    """A line by indicator: a tick for each peer, from the lowest to the highest."""
    body = "".join(_strip(position, rank * _LINE) for rank, position in enumerate(positions))
    return _svg(id, f"Place de {name} parmi ses pairs", len(positions) * _LINE + 4, body)


def _strip(position: Position, top: int) -> str:
    low, high = position.amounts[0], position.amounts[-1]
    at = _scale(low, high)
    axis = top + 36
    unit = position.indicator
    own = at(position.amount)
    ticks = "".join(
        f'<path class="portrait-tick" d="M{at(one):.1f} {axis - 6}v12" stroke="{PALE}" stroke-width="1.4"/>'
        for one in sorted(set(position.amounts))
    )
    middle = at(position.middle)
    lozenge = ""
    if position.reference is not None and low <= position.reference <= high:
        x = at(position.reference)
        lozenge = (
            f'<path class="portrait-reference" d="M{x:.1f} {axis - 6}l5 6l-5 6l-5 -6z" fill="#ffffff" stroke="{INK}" '
            'stroke-width="1.4"/>'
        )
    return (
        _text(EDGE, top + 13, f"{unit.label} ({period_label(position.period)})", weight=600)
        + f'<path class="portrait-axis" d="M{EDGE} {axis}H{WIDTH - EDGE}" stroke="{PALE}"/>{ticks}'
        + f'<path class="portrait-middle" d="M{middle:.1f} {axis - 9}v18" stroke="{INK}" stroke-width="2"/>{lozenge}'
        + f'<path class="portrait-mark" d="M{own:.1f} {axis - 1}l-6.5 -12h13z" fill="{MARK}" stroke="{INK}"/>'
        + _text(EDGE, axis + 22, _written(position, low), soft=True)
        + _text(WIDTH - EDGE, axis + 22, _written(position, high), anchor="end", soft=True)
        + _text(WIDTH / 2, axis + 22, f"{_written(position, position.amount)} · {position.rank_fr}", anchor="middle")
    )


def _written(position: Position, amount: Decimal) -> str:
    return written(position.indicator, Value(amount, position.indicator.unit))


def evolution(series: Series, *, id: str) -> str:
    """Points by period; the line is cut where two of them do not compare, and a dotted line says where."""
    points = [point for point in series.points if point.value.amount is not None]
    amounts = [point.value.amount for point in points if point.value.amount is not None]
    step = (WIDTH - 120) / max(1, len(points) - 1)
    places = [60 + rank * step for rank in range(len(points))]
    span = max(amounts) - min(amounts)
    top, height = 34, _PLOT - 62
    heights = [top + height * (1 - float((one - min(amounts)) / span)) if span else top + height / 2 for one in amounts]
    cut = breaks_of(series)
    pieces = []
    for (x0, y0, _), (x1, y1, after) in pairwise(zip(places, heights, points, strict=True)):
        if after.period in cut:
            middle = (x0 + x1) / 2
            pieces.append(
                f'<path class="portrait-break" d="M{middle:.1f} 22V{_PLOT - 20}" stroke="{INK}" stroke-width="1.4" '
                f'stroke-dasharray="3 4"/>{_text(middle, 14, "rupture", anchor="middle", soft=True)}'
            )
        else:
            pieces.append(
                f'<path class="portrait-line" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{MARK}" '
                'stroke-width="2.2" fill="none"/>'
            )
    for x, y, point in zip(places, heights, points, strict=True):
        pieces.append(f'<circle class="portrait-mark" cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{MARK}"/>')
        pieces.append(_text(x, y - 8, written(series.indicator, point.value), anchor="middle"))
        pieces.append(_text(x, _PLOT - 4, point.period_label, anchor="middle", soft=True))
    return _svg(id, f"{series.indicator.label}, évolution", _PLOT, "".join(pieces))


def _scale(low: Decimal, high: Decimal) -> Callable[[Decimal], float]:
    span = float(high - low)
    width = WIDTH - 2 * EDGE - 16

    def at(amount: Decimal) -> float:
        return EDGE + 8 + (width * float(amount - low) / span if span else width / 2)

    return at


def _text(x: float, y: float, text: str, *, anchor: str = "start", soft: bool = False, weight: int = 400) -> str:
    css = "portrait-soft" if soft else "portrait-ink"
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" font-size="13" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{SOFT if soft else INK}">{escape(text)}</text>'
    )


def _svg(id: str, title: str, height: int, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{escape(id)}-titre" font-family="sans-serif">'
        f'<title id="{escape(id)}-titre">{escape(title)}</title>{body}</svg>'
    )
