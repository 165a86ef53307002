"""The overview and the axis × territory matrix. Each view resolves who asks and for what, then calls one selector."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from maillage.core import clock
from maillage.core.models import User
from maillage.indicators.selectors.credits import credits_by_contract
from maillage.pacts.models import Pact
from maillage.pacts.selectors import latest_pact, pact_of_year
from maillage.territories.models import Territory
from maillage.territories.selectors import by_code
from maillage.ui import tables
from maillage.web.selectors.matrix import Counted
from maillage.web.selectors.matrix import matrix as matrix_of
from maillage.web.selectors.overview import nothing_loaded, overview
from maillage.web.selectors.scope import Perimeter, home_territory, perimeter_of


def _user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):  # the login middleware lets nobody else through
        raise Http404
    return user


def _asked_territory(request: HttpRequest, perimeter: Perimeter) -> Territory | None:
    """`?territoire=` where it lies inside the perimeter; a territory outside it does not exist for the person."""
    code = request.GET.get("territoire", "")
    if not code:
        return home_territory(perimeter)
    territory = by_code(code)
    if territory is None or not perimeter.may_manage(territory):
        raise Http404("Ce territoire n'est pas dans votre périmètre.")
    return territory


def home(request: HttpRequest) -> HttpResponse:
    user, on = _user(request), clock.today()
    perimeter = perimeter_of(user, on)
    if nothing_loaded():
        return render(request, "web/welcome.html", {"region": settings.MAILLAGE_REGION})
    territory = _asked_territory(request, perimeter)
    if territory is None:
        return render(request, "web/no_perimeter.html", {"contact": settings.MAILLAGE_CONTACT})
    page = overview(user=user, territory=territory, year=request.GET.get("annee", ""), on=on, at=clock.now())
    exported = tables.respond(request, *page.tables)
    return exported or render(request, "web/overview.html", {"page": page})


def matrix(request: HttpRequest) -> HttpResponse:
    perimeter = perimeter_of(_user(request), clock.today())
    territory = _asked_territory(request, perimeter)
    if territory is None:
        return render(request, "web/no_perimeter.html", {"contact": settings.MAILLAGE_CONTACT})
    pacts = list(Pact.objects.order_by("starts_on", "code"))
    pact = _asked_pact(request, pacts, territory)
    asked = request.GET.get("compte", Counted.PROJECTS)
    counted = Counted(asked) if asked in Counted.values else Counted.PROJECTS
    page = matrix_of(territory, pact, counted, request.GET.get("annee", "")) if pact else None
    exported = tables.respond(request, page.table) if page and page.table else None
    context = {"page": page, "pacts": pacts, "choices": Counted.choices, "territory": territory}
    return exported or render(request, "web/matrix.html", context)


def _asked_pact(request: HttpRequest, pacts: list[Pact], territory: Territory) -> Pact | None:
    """The pact asked, else the one of the latest year of credits, else the latest."""
    asked = next((pact for pact in pacts if pact.code == request.GET.get("pacte")), None)
    if asked is not None:
        return asked
    years = [year for year in credits_by_contract(territory).years if year.isdecimal()]
    return (pact_of_year(int(years[-1])) if years else None) or latest_pact()
