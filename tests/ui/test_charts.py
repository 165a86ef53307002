"""Charts: in French, readable without colour, told in words and in figures, the same in pages and documents."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

import altair
import jsonschema
import pytest
from django.template import engines
from django.test import RequestFactory

from maillage.ui import charts
from maillage.ui.tables import Column, Table
from tests.ui.contrast import luminance, ratio

ROWS = [
    {"t": "Ardenne", "v": Decimal("4348420"), "a": "2019"},
    {"t": "Ardenne", "v": None, "a": "2020"},
    {"t": "Bélis", "v": Decimal(0), "a": "2019"},
    {"t": "Bélis", "v": Decimal("1803000"), "a": "2020"},
]
NAMED: dict[str, Any] = {
    "id": "c",
    "title": "Crédits",
    "alt": "Ardenne reçoit le plus.",
    "unit": "EUR",
    "y_title": "Crédits",
}


def built() -> list[charts.Chart]:
    return [
        charts.bar(ROWS[:2], "t", "v", **NAMED),
        charts.grouped_bar(ROWS, "t", "v", "a", **NAMED),
        charts.line(ROWS, "a", "v", "t", **NAMED),
    ]


@pytest.mark.parametrize("chart", built(), ids=["bar", "grouped", "line"])
def test_a_chart_speaks_french(chart: charts.Chart) -> None:
    number = chart.spec["config"]["locale"]["number"]
    assert (number["decimal"], number["thousands"]) == (",", "\u202f")
    assert chart.spec["config"]["locale"]["time"]["months"][7] == "août"
    assert "Crédits (M€)" in json.dumps(chart.spec, ensure_ascii=False)
    values = [value for data in chart.spec["datasets"].values() for value in data] if "datasets" in chart.spec else []
    values = values or chart.spec["data"]["values"]
    assert values[0]["t"] == "4,35\u00a0M€"
    assert values[0]["w"] == "4\u202f348\u202f420\u00a0€"


def test_the_drawing_writes_french_numbers() -> None:
    rows = [{"x": "a", "v": 12345.5}, {"x": "b", "v": 2000}]
    chart = charts.bar(rows, "x", "v", id="c", title="T", alt="A", unit="persons")
    assert "10\u202f000" in charts.svg(chart)


def test_an_unknown_value_is_said_and_is_not_zero() -> None:
    chart = charts.bar(ROWS, "t", "v", **NAMED)
    unknown = chart.spec["data"]["values"][1]
    assert unknown["v"] is None
    assert unknown["t"] == "n.\u00a0c."
    assert chart.spec["data"]["values"][2]["v"] == 0.0
    assert "n.\u00a0c." in charts.svg(chart)


def test_a_chart_without_alternative_text_or_data_is_refused() -> None:
    with pytest.raises(charts.ChartInvalid, match="alternative text"):
        charts.bar(ROWS, "t", "v", **(NAMED | {"alt": " "}))
    with pytest.raises(charts.ChartInvalid, match="table"):
        charts.bar([], "t", "v", **NAMED)


def test_more_series_than_can_be_told_apart_are_refused() -> None:
    rows = [{"t": "x", "v": 1, "a": str(number)} for number in range(7)]
    with pytest.raises(charts.ChartInvalid, match="told apart"):
        charts.grouped_bar(rows, "t", "v", "a", **NAMED)


@pytest.mark.parametrize("chart", built(), ids=["bar", "grouped", "line"])
def test_the_spec_follows_the_schema(chart: charts.Chart) -> None:
    altair.LayerChart.validate(chart.spec)
    with pytest.raises(jsonschema.ValidationError):
        altair.LayerChart.validate(chart.spec | {"height": "tall"})


@pytest.mark.parametrize("chart", built(), ids=["bar", "grouped", "line"])
def test_the_table_holds_what_is_drawn(chart: charts.Chart) -> None:
    drawn = [value["v"] for value in chart.spec["data"]["values"]]
    told = [None if row["v"] is None else float(row["v"]) for row in chart.table.rows]
    assert told == drawn


@pytest.mark.parametrize("chart", built(), ids=["bar", "grouped", "line"])
def test_a_drawing_needs_no_inline_style_and_is_drawn_once(chart: charts.Chart) -> None:
    drawing = charts.svg(chart)
    assert drawing.startswith("<svg")
    assert "style=" not in drawing
    assert "<style" not in drawing
    assert charts.svg(chart) is drawing


def test_a_page_holds_the_spec_the_words_and_the_table() -> None:
    chart = charts.bar([{"t": "</script><b>", "v": 3}], "t", "v", id="c", title="T<", alt='A"<b>', source="Bilan")
    html = engines["django"].from_string("{% ui_chart c %}").render({"c": chart}, RequestFactory().get("/"))
    assert '<script id="c-spec" type="application/json">' in html
    assert 'aria-label="A&quot;&lt;b&gt;"' in html
    assert "</script><b>" not in html
    assert "<details" in html
    assert "<caption" in html


def test_lines_hold_on_paper_and_on_a_dark_screen() -> None:
    for colour in (*charts.LINE_COLOURS, charts.ACCENT):
        assert ratio(colour, "#ffffff") >= 3
        assert ratio(colour, "#182226") >= 3


def test_neighbouring_bars_differ_in_grey() -> None:
    for one, other in pairwise(charts.BAR_COLOURS):
        assert ratio(one, other) >= 1.8, (one, other, luminance(one), luminance(other))


def test_lines_differ_without_colour() -> None:
    chart = charts.line(ROWS, "a", "v", "t", **NAMED)
    encodings = [layer["encoding"] for layer in chart.spec["layer"]]
    assert any("strokeDash" in encoding for encoding in encodings)
    assert any("shape" in encoding for encoding in encodings)
    assert len(set(map(str, charts.DASHES))) == len(set(charts.SHAPES)) == len(charts.LINE_COLOURS)


def test_an_interval_is_drawn() -> None:
    rows = [{"x": "2020", "v": 5, "l": 4, "h": 7}]
    chart = charts.line(rows, "x", "v", id="c", title="T", alt="A", low="l", high="h")
    assert chart.spec["data"]["values"][0] | {"l": 4.0, "h": 7.0} == chart.spec["data"]["values"][0]
    assert "rule" in json.dumps(chart.spec)


def test_a_cloud_of_points_names_and_marks_without_colour_alone() -> None:
    rows = [
        {"n": f"Point {n}", "a": Decimal(n), "b": Decimal(n * 1000), "l": "haut" if n == 3 else "", "m": n == 2}
        for n in range(4)
    ]
    table = Table("t", "T", [Column("n", "Nom")], rows)
    across, upward = charts.Scale("a", "Taux", "%", 1), charts.Scale("b", "Revenu", "EUR", 0)
    chart = charts.scatter(
        rows, across, upward, name="n", label="l", marked="m", id="c", title="T", alt="A", table=table
    )
    values = chart.spec["data"]["values"]
    assert values[3] | {"l": "haut", "r": True, "wx": "3,0\u00a0%", "wy": "3\u202f000\u00a0€"} == values[3]
    drawing = charts.svg(chart)
    assert "haut" in drawing
    assert "Point 1" in drawing  # the name of a point is told on hovering
    altair.LayerChart.validate(chart.spec)


def test_a_negative_bar_bears_its_value_on_its_left_with_room_for_it() -> None:
    def texts(*numbers: int) -> tuple[list[tuple[str, str]], list[float]]:
        rows = [{"x": f"n{number}", "y": number} for number in numbers]
        spec = charts.bar(rows, "x", "y", id="b", title="B", alt="Des barres.").spec
        layers = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
        told = [(layer["mark"]["align"], layer.get("transform", [{"filter": ""}])[0]["filter"]) for layer in layers]
        return told, spec["layer"][0]["encoding"]["x"]["scale"]["domain"]

    assert texts(1, 2)[0] == [("left", "")]
    told, domain = texts(-4, 2)
    assert told == [("left", "!(datum.v < 0)"), ("right", "datum.v < 0")]
    assert domain[0] < -4
    assert domain[1] > 2
