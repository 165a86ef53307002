"""The page of a territory."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from maillage.core import clock
from maillage.core.models import User
from maillage.pacts.models import Axis
from maillage.territories.selectors import by_code
from maillage.ui import tables
from maillage.web.selectors.scope import perimeter_of
from maillage.web.selectors.territory_page import Narrowing, territory_page


def page(request: HttpRequest, code: str) -> HttpResponse:
    user, territory = request.user, by_code(code)
    if territory is None or not isinstance(user, User):
        raise Http404("Ce territoire n'est pas chargé.")
    perimeter = perimeter_of(user, clock.today())
    if not perimeter.may_read(territory):
        raise Http404("Ce territoire n'est pas dans une région où vous avez une habilitation.")
    asked = request.GET
    axis = Axis.objects.select_related("pact").filter(code=asked.get("axe", "")).first()
    narrowing = Narrowing(axis, asked.get("annee", ""), bool(asked.get("propre")))
    shown = territory_page(territory, narrowing)
    exported = tables.respond(request, *shown.tables)
    context = {
        "page": shown,
        "unfolded": bool(asked),
        "line": [(above, perimeter.may_read(above)) for above in shown.line],
        "may_overview": perimeter.may_manage(territory),
    }
    return exported or render(request, "web/territory.html", context)
