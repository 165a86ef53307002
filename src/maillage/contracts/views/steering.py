"""Steering: execution by axis, territory and year, and what it calls to attention."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from maillage.contracts import perms
from maillage.contracts.models import Contract
from maillage.contracts.selectors.alerts import Shown as ShownAlert
from maillage.contracts.selectors.alerts import alerts_of, contract_alerts
from maillage.contracts.selectors.steering import Filters, Rows, steering
from maillage.contracts.selectors.steering.filters import NO_AXIS, Shown
from maillage.contracts.selectors.steering.scope import Scope, scope_of
from maillage.contracts.views.common import user_of
from maillage.contracts.views.steering_tables import alert_url, chart_of, families, main_table
from maillage.core import clock
from maillage.core.models import User
from maillage.core.perms import memberships_in_force
from maillage.territories.selectors import instance_region
from maillage.ui.tables import respond
from maillage.ui.units import typography

MOST_ALERTS = 12  # the rest of them has a page of its own


@require_safe
def steering_page(request: HttpRequest) -> HttpResponse:
    """Where the money of the contracts stands, and the alerts of those that this person may act on."""
    scope = scope_of(user_of(request), clock.today())
    filters = scope.filters(request.GET.dict())
    screen = steering(scope, filters)
    table = main_table(screen)
    if (exported := respond(request, table)) is not None:
        return exported
    context = {
        "scope": scope,
        "filters": filters,
        "screen": screen,
        "table": table,
        "chart": chart_of(screen),
        "alerts_in_all": 0,
        "alerts_url": _alerts_url(request),
        "fragment_url": f"{reverse('steering-alerts')}?{request.GET.urlencode()}" if _may_act(request) else "",
        "may_simulate": may_simulate(request),
        **choices(scope, filters),
    }
    if request.GET.get("alertes") == "toutes":
        context |= _alerts(request, scope, filters, most=None) | {"fragment_url": ""}
    return render(request, "contracts/steering/screen.html", context)


@require_safe
def steering_alerts(request: HttpRequest) -> HttpResponse:
    """The alerts alone, asked by the screen once it is shown: over a country they cost as much as the amounts."""
    scope = scope_of(user_of(request), clock.today())
    filters = scope.filters(request.GET.dict())
    return render(request, "contracts/steering/_alerts.html", _alerts(request, scope, filters, most=MOST_ALERTS))


def _alerts_url(request: HttpRequest) -> str:
    return f"{reverse('steering')}?{request.GET.urlencode()}&alertes=toutes#alertes"


def _may_act(request: HttpRequest) -> bool:
    """Whether a role of the person is that of a party: alerts go to nobody else."""
    acting = perms.CREATORS.union(*perms.PARTNER_ROLES.values())
    return any(one.role in acting for one in memberships_in_force(user_of(request), clock.today()))


def may_simulate(request: HttpRequest) -> bool:
    region = instance_region()
    return region is not None and perms.can_simulate(user_of(request), region, clock.today())


def _alerts(request: HttpRequest, scope: Scope, filters: Filters, *, most: int | None) -> dict[str, Any]:
    """What `_alerts.html` needs: the first of them, or all (`most` None), and how many there are."""
    found = alerts_of(scope.kept(filters), user_of(request), filters.year, scope.on)
    return {
        "alerts": [_alert_context(one) for one in found[:most]],
        "alerts_in_all": len(found),
        "alert_counts": _counts(found),
        "alerts_url": _alerts_url(request),
    }


def _counts(alerts: list[ShownAlert]) -> str:
    """« Rapport d'exécution en retard : 6 ; Plafond dépassé : 1 »."""
    counted = Counter(one.alert.kind for one in alerts)
    return typography(" ; ".join(f"{kind.label_fr} : {number}" for kind, number in counted.items()))


def contract_alerts_context(contract: Contract, user: User, on: date) -> dict[str, Any]:
    """What `contracts/steering/_alerts.html` needs on the page of a contract: every alert of it, for who may act."""
    alerts = contract_alerts(contract, user, on)
    return {
        "alerts": [_alert_context(one) for one in alerts],
        "alerts_in_all": len(alerts),
        "alert_counts": _counts(alerts),
        "alerts_url": "",
    }


def _alert_context(shown: ShownAlert) -> dict[str, Any]:
    return {
        "alert": shown.alert,
        "label": shown.alert.kind.label_fr,
        "kind": shown.alert.severity.value,
        "url": alert_url(shown),
        "parameters": shown.parameters,
    }


def choices(scope: Scope, filters: Filters) -> dict[str, Any]:
    """What the compact form offers, and the links that change what a row is."""
    return {
        "tabs": [
            (label, filters.query(rows=code), code == filters.rows)
            for code, label in Rows.choices
            if code != Rows.ACTION or filters.contract is not None or filters.territory
        ],
        "selects": [
            ("annee", "Année", [("toutes", "Toutes"), *((str(y), str(y)) for y in scope.years)], _year_of(filters)),
            ("axe", "Axe", [("", "Tous"), *_axes(scope)], filters.axis),
            ("niveau", "Niveau", [("", "Tous"), *scope.levels], filters.level),
            ("famille", "Financeur", [("", "Tous"), *families()], filters.family),
            *([("montre", "Ce qui est montré", list(Shown.choices), filters.shown)] if _is_crossed(filters) else []),
        ],
        "kept": [(name, value) for name, value in _hidden(filters) if value],
        "narrowed": _narrowed(scope, filters),
    }


def _year_of(filters: Filters) -> str:
    return "toutes" if filters.year is None else str(filters.year)


def _is_crossed(filters: Filters) -> bool:
    return filters.rows == Rows.CROSSED


def _axes(scope: Scope) -> list[tuple[str, str]]:
    several = len({axis.pact_id for axis in scope.axes}) > 1
    named = [(axis.code, f"{axis} ({axis.pact.short_title})" if several else str(axis)) for axis in scope.axes]
    return [*named, (NO_AXIS, "Sans axe")]


def _hidden(filters: Filters) -> list[tuple[str, str]]:
    contract = "" if filters.contract is None else str(filters.contract)
    return [("lignes", filters.rows), ("territoire", filters.territory), ("contrat", contract)]


def _narrowed(scope: Scope, filters: Filters) -> list[tuple[str, str]]:
    """What the drill-down keeps, each with the address that lets it go."""
    found = []
    if filters.territory:
        name = next(one.territory.name for one in scope.contracts if one.territory.code == filters.territory)
        found.append((name, filters.query(territory="", contract=None, rows=Rows.TERRITORY)))
    if filters.contract is not None:
        reference = next(one.reference for one in scope.contracts if one.pk == filters.contract)
        found.append((reference, filters.query(contract=None, rows=Rows.CONTRACT)))
    return found
