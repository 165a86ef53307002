"""Indicators: the list, and one with its series, its territories, its sources and its limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from maillage.indicators.enums import Nature
from maillage.indicators.models import Indicator
from maillage.indicators.selectors import one_period
from maillage.indicators.selectors import series as reading
from maillage.indicators.selectors.series import Series
from maillage.indicators.selectors.values import period_label
from maillage.indicators.views import long_list
from maillage.indicators.views.tables import KINDS, interval, row_of, values_table
from maillage.kernel.numbers import NBSP
from maillage.territories.enums import Level
from maillage.territories.selectors import instance_region
from maillage.ui import charts, tables, units
from maillage.ui.charts import Chart
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

PAGE_SIZE = 100
MAX_BARS = 20
MAX_DRAWN = 1000  # values among which a territory is chosen for its series


def index(request: HttpRequest) -> HttpResponse:
    table = Table(
        id="indicateurs",
        caption="Indicateurs définis",
        columns=[
            Column("label", "Indicateur", kind="link"),
            Column("code", "Code"),
            Column("unit", "Unité"),
            Column("nature", "Nature"),
            Column("values", "Valeurs chargées", kind="number"),
            Column("last", "Dernière période"),
            Column("producer", "Producteur"),
        ],
        rows=[_index_row(indicator) for indicator in reading.indicators()],
        empty="Aucun indicateur n'est défini.",
    )
    return tables.respond(request, table) or render(request, "indicators/indicators.html", {"table": table})


def _index_row(indicator: Indicator) -> dict[str, object]:
    derived = indicator.code in reading.DERIVED
    held: int = getattr(indicator, "values")  # noqa: B009  (annotated by the selector)
    last: str | None = getattr(indicator, "last")  # noqa: B009  (annotated by the selector)
    return {
        "label": Cell(typography(indicator.label), url=reverse("indicator", args=[indicator.code])),
        "code": indicator.code,
        "unit": units.suffix_of(indicator.unit) or indicator.unit,
        "nature": indicator.get_nature_display(),
        "values": Cell(None, text="calculé à la lecture", sort=0) if derived else held,
        "last": Cell(period_label(last or ""), sort=last or ""),
        "producer": typography(indicator.producer),
    }


def page(request: HttpRequest, code: str) -> HttpResponse:
    indicator = get_object_or_404(Indicator, code=code)
    levels = reading.levels_of(indicator)
    asked = request.GET.get("niveau", "")
    level = asked if asked in levels else _first_level(levels)
    if level and one_period.is_long(indicator, level):
        return long_list.page(request, indicator, level, levels)
    found = reading.series(indicator, level) if level else Series(indicator, "", ())
    table = values_table(indicator, [row_of(point) for point in found.points])
    exported = tables.respond(request, table)
    if exported is not None:
        return exported
    ordered = table.sorted_by(request.GET)
    current = Paginator(ordered.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "indicator": indicator,
        "unit": units.suffix_of(indicator.unit) or indicator.unit,
        "level": level,
        "levels": long_list.levels_shown(levels, level),
        "table": replace(ordered, rows=list(current.object_list)),
        "page": current,
        "bars": _bars(found),
        "line": _line(found, request.GET.get("territoire", "")),
        "choices": _choices(found),
        "breaks": found.breaks,
        "editions": reading.editions_of(indicator),
        "is_derived": indicator.code in reading.DERIVED,
        "is_share": indicator.nature == Nature.SHARE,
    }
    return render(request, "indicators/indicator.html", context)


def _first_level(levels: Sequence[str]) -> str:
    """Départements when there are some: one screen that a region reads whole."""
    return Level.DEPARTEMENT.value if Level.DEPARTEMENT in levels else (levels[0] if levels else "")


def _bars(found: Series) -> Chart | None:
    """The latest period by territory, the highest first; too many territories are left to the table."""
    latest = [point for point in found.latest() if point.value.amount is not None]
    if len(latest) < 2:
        return None
    ranked = sorted(latest, key=lambda point: -(point.value.amount or 0))
    shown, indicator = ranked[:MAX_BARS], found.indicator
    first, last = shown[0], shown[-1]
    period = first.period_label
    decimals = indicator.decimals
    kind = KINDS.get(indicator.unit, "number")
    limited = f" ({MAX_BARS} premiers sur {len(ranked)})" if len(ranked) > MAX_BARS else ""
    alt = (
        f"Barres par territoire, {period}. Le plus élevé{NBSP}: {first.territory.name}, "
        f"{units.format_value(first.value.amount, unit=indicator.unit, decimals=decimals)}. Le dernier montré{NBSP}: "
        f"{last.territory.name}, {units.format_value(last.value.amount, unit=indicator.unit, decimals=decimals)}."
    )
    table = Table(
        id="barres-donnees",
        caption=f"{typography(indicator.label)}, {period}",
        columns=[
            Column("name", "Territoire"),
            Column("value", "Valeur", kind=kind, decimals=decimals),
            Column("interval", "Intervalle"),
        ],
        rows=[
            {"name": point.territory.name, "value": point.value.amount, "interval": interval(point.value)}
            for point in shown
        ],
    )
    return charts.bar(
        [{"name": point.territory.name, "value": point.value.amount} for point in shown],
        "name",
        "value",
        id="barres",
        title=f"{typography(indicator.label)}, {period}{limited}",
        alt=alt,
        x_title="Territoire",
        unit=indicator.unit,
        decimals=decimals,
        table=table,
    )


def _choices(found: Series) -> list[tuple[str, str]]:
    """Territories that have several periods: those whose series can be drawn."""
    if not _short(found):
        return []
    held = Counter(point.territory for point in found.points)
    return [(territory.code, territory.name) for territory, number in held.items() if number > 1]


def _short(found: Series) -> bool:
    return len(found.periods) > 1 and len(found.points) <= MAX_DRAWN


def _line(found: Series, asked: str) -> Chart | None:
    """The series of one territory. No line joins two values of different perimeters."""
    codes = [code for code, _ in _choices(found)]
    if not codes:
        return None
    region = instance_region()
    own = region.code if region is not None else ""
    chosen = next((code for code in (asked, own) if code in codes), codes[0])
    points = found.of(chosen)
    name, indicator = points[0].territory.name, found.indicator
    perimeters: dict[str, str] = {}
    for point in points:
        perimeters.setdefault(point.value.perimeter, f"Périmètre de {point.period_label}")
    rows = [
        {
            "period": point.period_label,
            "value": point.value.amount,
            "series": perimeters[point.value.perimeter],
        }
        for point in points
    ]
    told = ", ".join(
        f"{point.period_label}{NBSP}: "
        f"{units.format_value(point.value.amount, unit=indicator.unit, decimals=indicator.decimals)}"
        for point in points
    )
    broken = len(perimeters) > 1
    return charts.line(
        rows,
        "period",
        "value",
        "series" if broken and len(perimeters) <= len(charts.LINE_COLOURS) else "",
        id="serie",
        title=f"{typography(indicator.label)}, {name}",
        alt=f"Série de {name}. {told}.{' La série est rompue par un changement de périmètre.' if broken else ''}",
        series_title="Périmètre",
        unit=indicator.unit,
        decimals=indicator.decimals,
        note="Rupture de série : deux périmètres différents ne sont pas reliés." if broken else "",
    )
