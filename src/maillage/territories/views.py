"""The list of territories. The page of one territory gathers everything and belongs to `web`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from maillage.territories import selectors
from maillage.territories.enums import Level
from maillage.territories.forms import EVERYWHERE, SearchForm
from maillage.territories.models import Territory
from maillage.ui import tables
from maillage.ui.tables import NOTHING, Cell, Column, Table

PAGE = 50


@require_safe
def territories(request: HttpRequest) -> HttpResponse:
    """Search by name or code, by level, in the instance's region or in the whole of France."""
    form = SearchForm(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    region = selectors.instance_region()
    inside = region if chosen.get("perimetre") != EVERYWHERE else None
    found = selectors.search(chosen.get("q", ""), [level] if (level := chosen.get("niveau", "")) else [], within=inside)
    if request.GET.get("export") and (response := tables.respond(request, _table(found, region))):
        return response
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "table": _table(list(page), region), "region": inside}
    return render(request, "territories/list.html", context)


def _table(found: QuerySet[Territory] | Sequence[Territory], region: Territory | None) -> Table:
    shown = list(found)
    populations = selectors.populations_for(shown)
    parts = selectors.parts_in(region, shown) if region else {}
    columns = [
        Column("name", "Territoire", kind="link"),
        Column("level", "Niveau"),
        Column("insee", "Code"),
        Column("parent", "Dans", kind="link", help="Pour un EPCI : le département de son siège."),
        Column("population", "Population municipale", kind="number"),
        Column("year", "Année"),
    ]
    if parts:
        columns.append(Column("part", "Part dans la région", help="Communes de l'EPCI dans la région, sur son total."))
    rows = [_row(one, populations.get(one.pk), parts.get(one.pk)) for one in shown]
    note = "Population légale la plus récente. Celle d'un EPCI compte aussi ses communes hors de la région."
    caption = "Territoires, du plus large au plus petit, puis par nom"
    return Table(
        "territoires", caption, columns, rows, note=note, empty="Aucun territoire ne correspond.", sortable=False
    )


def _row(one: Territory, population: Any, part: selectors.EpciInArea | None) -> dict[str, Any]:
    parent = one.parent
    return {
        "name": Cell(one.name, url=reverse("territory", args=[one.code])),
        "level": Level(one.level).label + (f" ({one.nature})" if one.nature else ""),
        "insee": one.insee,
        "parent": Cell(parent.name, url=reverse("territory", args=[parent.code])) if parent else NOTHING,
        "population": _population(population),
        "year": str(population.year) if population else "",
        "part": Cell(part.part_fr, note="Traverse la limite de la région" if part.crosses_border else "")
        if part
        else "",
    }


def _population(population: Any) -> Cell:
    if population is None:
        return Cell(None)
    url = reverse("edition", args=[population.edition_id]) if population.edition_id else ""
    return Cell(population.municipal, url=url)
