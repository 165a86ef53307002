"""Bodies of the pact, and its calendar: what is past, under way, to come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from maillage.core import clock
from maillage.governance import selectors
from maillage.governance.models import Body, Kiosk, Workshop
from maillage.governance.selectors import PactGovernance
from maillage.indicators.views.pact import milestone_table, source_cell
from maillage.pacts.selectors import label_of_period
from maillage.ui import tables
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

SOURCE = Column("source", "Source", kind="link")


def page(request: HttpRequest) -> HttpResponse:
    on = clock.today()
    sections = [_section(rank, one) for rank, one in enumerate(selectors.governance(on), start=1)]
    kiosks, workshops = _kiosks(selectors.kiosks()), _workshops(selectors.workshops())
    shown = [table for section in sections for table in (section["bodies"], section["calendar"])]
    exported = tables.respond(request, *shown, kiosks, workshops)
    if exported is not None:
        return exported
    context = {"on": on, "sections": sections, "kiosks": kiosks, "workshops": workshops}
    return render(request, "governance/bodies.html", context)


def _section(rank: int, one: PactGovernance) -> dict[str, Any]:
    """A pact's two tables; their identifiers are of this page, where several pacts stand."""
    calendar = replace(milestone_table(one.calendar), id=f"calendrier-{rank}")
    return {"pact": one.pact, "progress": one.calendar, "bodies": _bodies(rank, one.bodies), "calendar": calendar}


def _bodies(rank: int, bodies: Iterable[Body]) -> Table:
    return Table(
        id=f"instances-{rank}",
        caption="Instances",
        columns=[
            Column("title", "Instance"),
            Column("kind", "Nature"),
            Column("period", "Période"),
            Column("role", "Rôle"),
            Column("periodicity", "Périodicité"),
            SOURCE,
        ],
        rows=[
            {
                "title": typography(body.title),
                "kind": body.kind,
                "period": Cell(label_of_period(body.period), sort=body.period),
                "role": typography(body.role),
                "periodicity": typography(body.periodicity),
                "source": source_cell(body.document),
            }
            for body in bodies
        ],
        empty="Aucune instance n'est chargée.",
    )


def _kiosks(kiosks: Iterable[Kiosk]) -> Table:
    return Table(
        id="kiosques",
        caption="Kiosques de la conférence",
        columns=[Column("initiative", "Démarche"), Column("theme", "Thème"), Column("place", "Territoire"), SOURCE],
        rows=[
            {
                "initiative": typography(kiosk.initiative),
                "theme": kiosk.theme,
                "place": kiosk.place,
                "source": source_cell(kiosk.document),
            }
            for kiosk in kiosks
        ],
        empty="Aucun kiosque n'est chargé.",
    )


def _workshops(workshops: Iterable[Workshop]) -> Table:
    return Table(
        id="ateliers",
        caption="Ateliers de la conférence",
        columns=[
            Column("subject", "Sujet"),
            Column("theme", "Thème"),
            Column("sheets", "Fiches ateliers", kind="number", total="sum"),
            SOURCE,
        ],
        rows=[
            {
                "subject": workshop.subject,
                "theme": workshop.theme,
                "sheets": workshop.sheets,
                "source": source_cell(workshop.document),
            }
            for workshop in workshops
        ],
        empty="Aucun atelier n'est chargé.",
    )
