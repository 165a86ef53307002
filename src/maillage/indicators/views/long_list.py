"""An indicator at a level of many territories: one period at a time, a page of the list at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from maillage.indicators.enums import Nature
from maillage.indicators.models import Indicator
from maillage.indicators.selectors import one_period
from maillage.indicators.selectors.series import editions_of
from maillage.indicators.selectors.values import period_label
from maillage.indicators.views.tables import row_of, values_table
from maillage.territories.enums import Level
from maillage.ui import tables, units

PAGE_SIZE = 100
Choice = tuple[str, str, bool]


def levels_shown(levels: Sequence[str], current: str) -> list[Choice]:
    """Code, name, and whether it is the one shown, of each level."""
    return [(one, str(Level(one).label), one == current) for one in levels]


def page(request: HttpRequest, indicator: Indicator, level: str, levels: Sequence[str]) -> HttpResponse:
    """`?periode=` (else the latest), `?ordre=` one of `one_period.ORDERS`, `?page=`. An export is the whole period."""
    periods = one_period.periods(indicator, level)
    asked, ordered = request.GET.get("periode", ""), request.GET.get("ordre", "")
    period = asked if asked in periods else next(iter(periods), "")
    order = ordered if ordered in one_period.ORDERS else "nom"
    keys = one_period.keys(indicator, level, period, order)
    if request.GET.get("export"):
        whole = values_table(indicator, [row_of(point) for point in one_period.points(list(keys))])
        if (exported := tables.respond(request, whole)) is not None:
            return exported
    shown = Paginator(keys, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [row_of(point) for point in one_period.points(list(shown.object_list))]
    context: dict[str, Any] = {
        "indicator": indicator,
        "unit": units.suffix_of(indicator.unit) or indicator.unit,
        "level": level,
        "levels": levels_shown(levels, level),
        "period": period_label(period),
        "periods": [(one, period_label(one), one == period) for one in periods],
        "orders": [(code, label, code == order) for code, label in one_period.ORDERS.items()],
        "asked_period": period,
        "order": order,
        "table": values_table(indicator, rows, sortable=False),
        "page": shown,
        "editions": editions_of(indicator),
        "is_share": indicator.nature == Nature.SHARE,
        "is_derived": False,
    }
    return render(request, "indicators/indicator_long.html", context)
