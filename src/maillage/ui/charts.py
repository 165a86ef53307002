"""Charts: one Vega-Lite spec each, drawn in the page and in documents, told in words and in figures.

Nothing rests on colour alone: bars are outlined and written at their end, lines differ by dash and by point.
Colours of text and axes are those of paper; on a page the style sheet replaces them.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from maillage.kernel.numbers import NARROW_NBSP, NBSP
from maillage.kernel.period import MONTHS_FR
from maillage.ui import units
from maillage.ui.tables import Column, Table

DOCUMENT_FONT = "Libertinus Serif"  # embedded in Typst: a document is the same on every machine
DOCUMENT_WIDTH = 480  # px
LABEL_LETTERS = 20  # on a line of a category's name
PAGE_FONT = "system-ui, sans-serif"

INK, INK_2, LINE = "#17252a", "#4a5a5f", "#d5dcd8"
ACCENT = "#2f8577"
# Bars: neighbours differ by lightness, so in grey too. Lines: each holds 3:1 on paper and on a dark screen.
BAR_COLOURS = ("#1b5f57", "#f0c36a", "#7d2b4b", "#9dc3e6", "#5a6a70", "#f2ddd0")
LINE_COLOURS = ("#2f8577", "#b8740f", "#4f7fc0", "#c2577d", "#7a7f2a", "#8a6bb8")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 3], [4, 6])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")

DAYS_FR = ("dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
SHORT_MONTHS_FR = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
LOCALE_FR: dict[str, Any] = {
    "number": {
        "decimal": ",",
        "thousands": NARROW_NBSP,
        "grouping": [3],
        "currency": ["", f"{NBSP}€"],
        "percent": f"{NBSP}%",
        "minus": "\u2212",
    },
    "time": {
        "dateTime": "%A %e %B %Y à %X",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["", ""],
        "days": list(DAYS_FR),
        "shortDays": [f"{day[:3]}." for day in DAYS_FR],
        "months": list(MONTHS_FR),
        "shortMonths": list(SHORT_MONTHS_FR),
    },
}


class ChartInvalid(ValueError):
    """A chart that a part of its readers could not read."""


@dataclass(frozen=True)
class Chart:
    """A chart: one Vega-Lite spec for the page and for documents, told in words by `alt`, in figures by `table`."""

    id: str
    title: str
    alt: str
    spec: dict[str, Any]
    table: Table
    source: str = ""
    note: str = ""
    source_url: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ChartInvalid(f"the chart {self.id} has no alternative text")
        if not self.table.rows:
            raise ChartInvalid(f"the chart {self.id} has no table of its data")


@dataclass(frozen=True)
class Axis:
    """How values are written along an axis: divided by `divisor`, with at most `decimals`."""

    divisor: int
    decimals: int
    unit: str

    @classmethod
    def of(cls, values: Sequence[Decimal], unit: str) -> Axis:
        """Thousands or millions of euros where the amounts are large; other units as they are."""
        largest = max((abs(value) for value in values), default=Decimal(0))
        if unit == "EUR" and largest >= 2_000_000:
            return cls(1_000_000, 1, "M€")
        if unit == "EUR" and largest >= 20_000:
            return cls(1_000, 0, "k€")
        return cls(1, 0 if largest >= 20 else 2, units.suffix_of(unit))

    def written(self, number: Decimal | None, unit: str, decimals: int | None) -> str:
        """A value beside its mark: short, in the unit of the axis; the table has it whole."""
        if number is None or self.divisor == 1:
            return units.format_value(number, unit=unit, decimals=decimals)
        return f"{units.natural(number / self.divisor)}{NBSP}{self.unit}"

    def title(self, label: str) -> str:
        return f"{label} ({self.unit})" if label and self.unit else label or self.unit

    @property
    def label_expression(self) -> str:
        return f"format(datum.value / {self.divisor}, ',.{self.decimals}~f')"


def bar(
    rows: Sequence[Mapping[str, Any]],
    x: str,
    y: str,
    *,
    id: str,
    title: str,
    alt: str,
    x_title: str = "",
    y_title: str = "",
    unit: str = "",
    decimals: int | None = None,
    table: Table | None = None,
    source: str = "",
    source_url: str = "",
    note: str = "",
) -> Chart:
    """Horizontal bars in the order given: `x` names the category, `y` its value. An unknown value reads « n. c. »."""
    alt_ = _altair()
    axis = Axis.of(_numbers(rows, y), unit)
    base = _base(_values(rows, x, y, "", unit, decimals)).encode(
        y=_categories(rows, x),
        x=_value_axis(alt_.X, axis, y_title, _room(rows, y)),
        tooltip=_tooltip(x_title, y_title),
    )
    drawn = alt_.layer(base.mark_bar(color=ACCENT), *_texts(base, rows, y)).properties(height=_height(rows, x))
    own = table or _table(id, title, rows, [(x, x_title or "Libellé")], y, y_title, unit, decimals, source)
    return Chart(id, title, alt, _spec(drawn, alt), own, source, note, source_url)


def grouped_bar(
    rows: Sequence[Mapping[str, Any]],
    x: str,
    y: str,
    series: str,
    *,
    id: str,
    title: str,
    alt: str,
    x_title: str = "",
    y_title: str = "",
    series_title: str = "",
    unit: str = "",
    decimals: int | None = None,
    table: Table | None = None,
    source: str = "",
    source_url: str = "",
    note: str = "",
) -> Chart:
    """Bars side by side in each category: `series` names what is compared (two years, two funders)."""
    alt_ = _altair()
    axis = Axis.of(_numbers(rows, y), unit)
    names = _names(rows, series)
    colours = alt_.Scale(domain=names, range=list(BAR_COLOURS[: len(names)]))
    base = _base(_values(rows, x, y, series, unit, decimals)).encode(
        y=_categories(rows, x),
        yOffset=alt_.YOffset("s:N", sort=names),
        x=_value_axis(alt_.X, axis, y_title, _room(rows, y)),
        tooltip=_tooltip(x_title, y_title, series_title or "Série"),
    )
    bars = base.mark_bar(stroke=INK, strokeWidth=0.8).encode(
        color=alt_.Color(
            "s:N", sort=names, scale=colours, title=series_title or None, legend=alt_.Legend(columns=_columns(names))
        )
    )
    drawn = alt_.layer(bars, *_texts(base, rows, y)).properties(height=_height(rows, x, len(names)))
    labels = [(x, x_title or "Libellé"), (series, series_title or "Série")]
    own = table or _table(id, title, rows, labels, y, y_title, unit, decimals, source)
    return Chart(id, title, alt, _spec(drawn, alt), own, source, note, source_url)


def line(
    rows: Sequence[Mapping[str, Any]],
    x: str,
    y: str,
    series: str = "",
    *,
    id: str,
    title: str,
    alt: str,
    x_title: str = "",
    y_title: str = "",
    series_title: str = "",
    unit: str = "",
    decimals: int | None = None,
    low: str = "",
    high: str = "",
    table: Table | None = None,
    source: str = "",
    source_url: str = "",
    note: str = "",
) -> Chart:
    """Lines over periods in the order given; an unknown value breaks its line. `low` and `high` draw an interval."""
    alt_ = _altair()
    axis = Axis.of(_numbers(rows, y), unit)
    names = _names(rows, series) if series else []
    values = _values(rows, x, y, series, unit, decimals, low, high)
    kind = "T" if rows and isinstance(rows[0][x], date) else "O"
    angle = alt_.Undefined if kind == "T" else 0
    base = _base(values).encode(
        x=alt_.X(f"x:{kind}", sort=None, title=None, axis=alt_.Axis(labelAngle=angle, grid=False)),
        y=_value_axis(alt_.Y, axis, y_title),
        tooltip=_tooltip(x_title, y_title, (series_title or "Série") if series else ""),
    )
    drawn = alt_.layer(*_intervals(base, low, high), *_lines(base, names, series_title)).properties(height=260)
    labels = [(x, x_title or "Période"), *([(series, series_title or "Série")] if series else [])]
    own = table or _table(id, title, rows, labels, y, y_title, unit, decimals, source)
    return Chart(id, title, alt, _spec(drawn, alt), own, source, note, source_url)


@dataclass(frozen=True)
class Scale:
    """One axis of a cloud of points: the field of its values, its title, unit and decimals."""

    field: str
    title: str
    unit: str = ""
    decimals: int | None = None


def scatter(
    rows: Sequence[Mapping[str, Any]],
    x: Scale,
    y: Scale,
    *,
    name: str,
    label: str,
    marked: str,
    id: str,
    title: str,
    alt: str,
    table: Table,
    source: str = "",
    note: str = "",
) -> Chart:
    """A cloud of points named by `name`: `label` is written beside those that have one, `marked` ones are diamonds."""
    alt_ = _altair()
    across, upward = (Axis.of(_numbers(rows, one.field), one.unit) for one in (x, y))
    told = (("n", "Territoire"), ("wx", x.title), ("wy", y.title))
    numbers = _numbers(rows, x.field)
    middle = (min(numbers) + max(numbers)) / 2 if numbers else Decimal(0)
    base = _base([_point(row, x, y, name, label, marked, middle) for row in rows]).encode(
        x=alt_.X("x:Q", title=across.title(x.title), axis=_plain_axis(across), scale=alt_.Scale(zero=False)),
        y=alt_.Y("y:Q", title=upward.title(y.title), axis=_plain_axis(upward), scale=alt_.Scale(zero=False)),
        tooltip=[alt_.Tooltip(f"{key}:N", title=said) for key, said in told],
    )
    others = base.transform_filter("!datum.m").mark_point(color=ACCENT, filled=True, size=48, opacity=0.65)
    chosen = base.transform_filter("datum.m").mark_point(
        color=LINE_COLOURS[1], filled=True, shape="diamond", size=170, opacity=1, stroke=INK, strokeWidth=1
    )
    texts = [  # a name in the right half is written to the left of its point, inside the drawing
        base.transform_filter(f"datum.l != '' && {side}").mark_text(align=align, dx=dx, dy=-6, fontSize=11, color=INK)
        for side, align, dx in (("!datum.r", "left", 7), ("datum.r", "right", -7))
    ]
    drawn = alt_.layer(others, chosen, *(text.encode(text="l:N") for text in texts)).properties(height=340)
    return Chart(id, title, alt, _spec(drawn, alt), table, source, note)


def _point(
    row: Mapping[str, Any], x: Scale, y: Scale, name: str, label: str, marked: str, middle: Decimal
) -> dict[str, Any]:
    """x, y, n (the name), l (what is written beside), m (marked), r (in the right half), wx and wy (values written)."""
    values = {"n": str(row[name]), "l": str(row[label]), "m": bool(row[marked])}
    for key, scale in (("x", x), ("y", y)):
        number = units.to_decimal(row[scale.field])
        values[key] = None if number is None else float(number)
        if key == "x":
            values["r"] = number is not None and number > middle
        values[f"w{key}"] = units.format_value(number, unit=scale.unit, decimals=scale.decimals)
    return values


def _plain_axis(axis: Axis) -> Any:
    return _altair().Axis(labelExpr=axis.label_expression, tickCount=5, labelOverlap="greedy")


def svg(chart: Chart, *, width: int = DOCUMENT_WIDTH, font: str = DOCUMENT_FONT) -> str:
    """The chart drawn for a document, `width` px wide; the same chart is drawn once."""
    return _svg(json.dumps(chart.spec, sort_keys=True), width, font)


@lru_cache(maxsize=256)
def _svg(spec_text: str, width: int, font: str) -> str:
    import vl_convert  # starts a JavaScript engine: a third of a second, paid by the first chart of a document

    spec = json.loads(spec_text)
    spec["width"] = width
    spec["config"]["font"] = font
    return str(vl_convert.vegalite_to_svg(spec))


def _altair() -> Any:
    import altair  # half a second to load: paid by the first chart, not by every command

    return altair


def _base(values: list[dict[str, Any]]) -> Any:
    alt_ = _altair()
    return alt_.Chart(alt_.Data(values=values))


def _values(
    rows: Sequence[Mapping[str, Any]],
    x: str,
    y: str,
    series: str,
    unit: str,
    decimals: int | None,
    low: str = "",
    high: str = "",
) -> list[dict[str, Any]]:
    """What the spec holds: x, v (None where unknown), s, t (the value in short) and w (the value whole)."""
    axis = Axis.of(_numbers(rows, y), unit)
    values = []
    for row in rows:
        number = units.to_decimal(row.get(y))
        value: dict[str, Any] = {
            "x": row[x].isoformat() if isinstance(row[x], date) else str(row[x]),
            "v": None if number is None else float(number),
            "t": axis.written(number, unit, decimals),
            "w": units.format_value(number, unit=unit, decimals=decimals),
        }
        if series:
            value["s"] = value["d"] = str(row[series])  # d bears the dash, which would spoil the symbols of a legend
        for name, field in (("l", low), ("h", high)):
            bound = units.to_decimal(row.get(field)) if field else None
            if bound is not None:
                value[name] = float(bound)
        values.append(value)
    return values


def _numbers(rows: Sequence[Mapping[str, Any]], y: str) -> list[Decimal]:
    return [number for row in rows if (number := units.to_decimal(row.get(y))) is not None]


def _names(rows: Sequence[Mapping[str, Any]], series: str) -> list[str]:
    names = list(dict.fromkeys(str(row[series]) for row in rows))
    if len(names) > len(BAR_COLOURS):
        raise ChartInvalid(f"{len(names)} series cannot be told apart: {len(BAR_COLOURS)} at most")
    return names


def _categories(rows: Sequence[Mapping[str, Any]], x: str) -> Any:
    """Every category in the order given, those without a known value too; a long name takes two lines."""
    alt_ = _altair()
    lines = _lines_of_names(rows, x)
    written = f"({json.dumps(lines, ensure_ascii=False)})[datum.label]"
    axis = alt_.Axis(ticks=False, domain=False, labelExpr=written)
    return alt_.Y("x:N", sort=None, title=None, scale=alt_.Scale(domain=list(lines)), axis=axis)


def _lines_of_names(rows: Sequence[Mapping[str, Any]], x: str) -> dict[str, list[str]]:
    names = dict.fromkeys(str(row[x]) for row in rows)
    return {name: textwrap.wrap(name, LABEL_LETTERS, max_lines=2, placeholder="…") or [name] for name in names}


def _height(rows: Sequence[Mapping[str, Any]], x: str, bars: int = 1) -> int:
    """Height of the bars in px: room for `bars` in each category, and for names on two lines."""
    lines = _lines_of_names(rows, x)
    wrapped = any(len(name) > 1 for name in lines.values())
    return len(lines) * max(38 if wrapped else 30, 22 * bars + 14 if bars > 1 else 0)


def _value_axis(channel: Any, axis: Axis, label: str, scale: Any = None) -> Any:
    alt_ = _altair()
    drawn = alt_.Axis(labelExpr=axis.label_expression, tickCount=4, domain=False, ticks=False, labelOverlap="greedy")
    return channel("v:Q", title=axis.title(label) or None, axis=drawn, **({"scale": scale} if scale else {}))


def _room(rows: Sequence[Mapping[str, Any]], y: str) -> Any:
    """The scale of bars: from zero, with room after the longest for its value, on either side."""
    numbers = [float(number) for number in _numbers(rows, y)]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    room = (high - low) * 0.34
    return _altair().Scale(domain=[low - (room / 2 if low < 0 else 0.0), (high + room) or 1.0], nice=False)


def _tooltip(x_title: str, y_title: str, series_title: str = "") -> list[Any]:
    alt_ = _altair()
    named = [("x:N", x_title or "Libellé"), ("s:N", series_title), ("w:N", y_title or "Valeur")]
    return [alt_.Tooltip(field, title=title) for field, title in named if title]


def _texts(base: Any, rows: Sequence[Mapping[str, Any]], y: str) -> list[Any]:
    """Each value at the end of its bar: it is read without the axis, and « n. c. » stands at zero.

    A negative bar ends on the left: its value stands there, not upon the bar.
    """
    after = base.mark_text(align="left", dx=5, fontSize=11.5, color=INK, invalid="show").encode(text="t:N")
    if not any(number < 0 for number in _numbers(rows, y)):
        return [after]
    before = base.mark_text(align="right", dx=-5, fontSize=11.5, color=INK).encode(text="t:N")
    return [after.transform_filter("!(datum.v < 0)"), before.transform_filter("datum.v < 0")]


def _intervals(base: Any, low: str, high: str) -> list[Any]:
    if not (low and high):
        return []
    return [base.mark_rule(color=INK_2, strokeWidth=1.5).encode(y="l:Q", y2="h:Q")]


def _lines(base: Any, names: list[str], series_title: str) -> list[Any]:
    alt_ = _altair()
    if not names:
        line_mark = base.mark_line(color=ACCENT, strokeWidth=2.5, invalid="break-paths-show-domains")
        return [line_mark, base.mark_point(color=ACCENT, filled=True, size=55, opacity=1)]
    count, title = len(names), series_title or None
    legend = alt_.Legend(columns=_columns(names), symbolStrokeWidth=0, symbolSize=110)
    colour = alt_.Color("s:N", sort=names, title=title, scale=_scale(names, LINE_COLOURS[:count]), legend=legend)
    dash = alt_.StrokeDash("d:N", sort=names, scale=_scale(names, DASHES[:count]), legend=None)
    shape = alt_.Shape("s:N", sort=names, title=title, scale=_scale(names, SHAPES[:count]), legend=legend)
    return [
        base.mark_line(strokeWidth=2.5, invalid="break-paths-show-domains").encode(color=colour, strokeDash=dash),
        base.mark_point(filled=True, size=65, opacity=1).encode(color=colour, shape=shape),
    ]


def _columns(names: list[str]) -> int:
    """Columns of a legend that a phone is wide enough for."""
    return max(1, min(len(names), 40 // (max(map(len, names)) + 4)))


def _scale(names: list[str], values: Sequence[Any]) -> Any:
    return _altair().Scale(domain=names, range=list(values))


def _spec(drawn: Any, alt: str) -> dict[str, Any]:
    """The spec with the look and the language of the site; its width is that of its place."""
    spec: dict[str, Any] = drawn.properties(width="container", description=alt).to_dict(
        validate=False  # four fifths of the time of a page; the tests validate each kind of chart
    )
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    spec["background"] = "transparent"
    spec["padding"] = {"left": 2, "right": 8, "top": 4, "bottom": 2}
    spec["config"] = {
        "locale": LOCALE_FR,
        "font": PAGE_FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK_2,
            "titleColor": INK_2,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": 600,
            "gridColor": LINE,
            "domainColor": INK_2,
            "tickColor": INK_2,
            "labelLimit": 190,
            "labelPadding": 6,
            "titlePadding": 8,
        },
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "labelFontSize": 12,
            "titleFontSize": 12,
            "labelColor": INK,
            "titleColor": INK,
            "labelLimit": 260,
            "symbolStrokeWidth": 1,
        },
        "bar": {"cornerRadiusEnd": 2},
    }
    return spec


def _table(
    id: str,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    labels: list[tuple[str, str]],
    y: str,
    y_title: str,
    unit: str,
    decimals: int | None,
    source: str,
) -> Table:
    """The table of a chart that is not given one: what is drawn, as figures."""
    kind = {"EUR": "money", "%": "percent"}.get(unit, "number")
    named = [
        Column(field, label, "date" if rows and isinstance(rows[0][field], date) else "text") for field, label in labels
    ]
    value = Column(y, y_title or "Valeur", kind, decimals=decimals, unit="" if kind != "number" else unit)
    lines = [{**{field: row[field] for field, _ in labels}, y: row.get(y)} for row in rows]
    return Table(f"{id}-donnees", title, [*named, value], lines, source=source)
