"""The pact, its axes and its measures, each with the figures, the projects and the credits linked to it.

These pages live here and not in `pacts`: what they show comes from both, and imports go down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from maillage.core import clock
from maillage.indicators.enums import Known
from maillage.indicators.selectors import consistency
from maillage.indicators.selectors.credits import AxisCredits, credits_by_axis, credits_by_contract
from maillage.indicators.views.tables import value_cell, verdict_table
from maillage.pacts import selectors
from maillage.pacts.models import Axis, Measure, Pact, SupportedProject
from maillage.pacts.selectors import CalendarProgress
from maillage.sources.models import SourceDocument
from maillage.territories.selectors import instance_region
from maillage.ui import tables
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

WITHOUT = ("territory",)
PAGE_SIZE = 50
_STATES = {"past": "done", "current": "under_way", "next": "planned"}


def index(request: HttpRequest) -> HttpResponse:
    cards = [
        {"pact": pact, "count": selectors.measure_count(pact), "period": selectors.label_of_period(pact.period)}
        for pact in selectors.pacts()
    ]
    return render(request, "indicators/pacts.html", {"cards": cards})


def page(request: HttpRequest, code: str) -> HttpResponse:
    pact = get_object_or_404(selectors.pacts(), code=code)
    calendar = selectors.milestones_progress(clock.today(), pact)
    shown = {
        "measures": measure_table(selectors.measures_of(pact)),
        "base": _base_table(pact),
        "milestones": milestone_table(calendar),
        "projects": project_table(selectors.projects().filter(axis__pact=pact)),
        "credits": _credits_table(pact),
    }
    exported = tables.respond(request, *(table for table in shown.values() if table is not None))
    if exported is not None:
        return exported
    context = {
        "pact": pact,
        "period": selectors.label_of_period(pact.period),
        "count": selectors.measure_count(pact),
        "axes": pact.axes.all(),
        "credits_url": reverse("indicator", args=[Known.CREDITS.value]),
        "calendar": calendar,
        **shown,
    }
    return render(request, "indicators/pact.html", context)


def axis_page(request: HttpRequest, code: str) -> HttpResponse:
    axis = get_object_or_404(Axis.objects.select_related("pact", "document"), code=code)
    figures = consistency.figures_for_axis(axis)
    shown = {
        "measures": measure_table(selectors.measures_of(axis.pact).filter(axis=axis), with_axis=False),
        "projects": project_table(selectors.projects(axis=axis)),
        "figures": verdict_table(figures, id="chiffres", caption="Chiffres énoncés", without=WITHOUT),
    }
    context = {"axis": axis, "found": consistency.discrepancies(checked=figures), **shown}
    return tables.respond(request, *shown.values()) or render(request, "indicators/axis.html", context)


def measure_page(request: HttpRequest, code: str) -> HttpResponse:
    measure = get_object_or_404(Measure.objects.select_related("axis__pact", "document"), code=code)
    checked = consistency.check(keep=lambda row: row.measure_id == measure.pk or row.axis_id == measure.axis_id)
    own = [item for item in checked if item.figure.measure_id == measure.pk]
    others = [item for item in checked if item.figure.measure_id != measure.pk]
    shown = {
        "own": verdict_table(own, id="chiffres", caption="Chiffres de cette mesure", without=WITHOUT),
        "others": verdict_table(others, id="axe", caption=f"Autres chiffres de l'{_word(measure)}", without=WITHOUT),
        "projects": project_table(selectors.projects(axis=measure.axis)),
    }
    exported = tables.respond(request, *shown.values())
    if exported is not None:
        return exported
    ordered = shown["others"].sorted_by(request.GET)
    page = Paginator(ordered.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    shown["others"] = replace(ordered, rows=list(page.object_list))
    context = {
        "measure": measure,
        "axis": measure.axis,
        "word": _word(measure),
        "has_own": bool(own),
        "page": page,
        **shown,
    }
    return render(request, "indicators/measure.html", context)


def measure_table(measures: Iterable[Measure], *, with_axis: bool = True) -> Table:
    columns = [
        Column("axis", "Axe", kind="link"),
        Column("number", "N° imprimé"),
        Column("title", "Mesure", kind="link"),
        Column("kind", "Nature"),
        Column("note", "Note"),
        Column("source", "Source", kind="link"),
    ]
    rows = [
        {
            "axis": _axis_cell(measure.axis),
            "number": Cell("" if measure.number is None else str(measure.number), sort=measure.number),
            "title": Cell(typography(measure.title), url=reverse("measure", args=[measure.code])),
            "kind": measure.get_kind_display(),
            "note": typography(measure.note),
            "source": source_cell(measure.document),
        }
        for measure in measures
    ]
    return Table(
        id="mesures",
        caption="Mesures listées",
        columns=columns if with_axis else columns[1:],
        rows=rows,
        row_header="title",
        empty="Aucune mesure n'est listée par les documents chargés.",
    )


def project_table(projects: Iterable[SupportedProject]) -> Table:
    rows = [
        {
            "organisation": typography(project.organisation),
            "partners": typography(project.partners),
            "subject": typography(project.subject),
            "territory": Cell(project.territory.name, url=reverse("territory", args=[project.territory.code])),
            "axis": _axis_cell(project.axis),
            "year": Cell(str(project.year), sort=project.year),
            "source": source_cell(project.document),
        }
        for project in projects
    ]
    return Table(
        id="projets",
        caption="Projets soutenus",
        columns=[
            Column("organisation", "Structure"),
            Column("partners", "Partenaires"),
            Column("subject", "Objet"),
            Column("territory", "Territoire", kind="link"),
            Column("axis", "Axe", kind="link"),
            Column("year", "Année"),
            Column("source", "Source", kind="link"),
        ],
        rows=rows,
        empty="Aucun projet soutenu n'est listé par les documents chargés.",
    )


def milestone_table(calendar: CalendarProgress) -> Table:
    rows = [
        {
            "period": Cell(one.period_label, sort=one.milestone.starts_on),
            "title": typography(one.milestone.title),
            "scope": one.milestone.scope,
            "state": Cell(_STATES[one.state], text=one.state_label),
            "note": typography(one.milestone.note),
            "source": source_cell(one.milestone.document),
        }
        for one in calendar.milestones
    ]
    return Table(
        id="calendrier",
        caption="Calendrier",
        columns=[
            Column("period", "Date"),
            Column("title", "Échéance"),
            Column("scope", "Échelle"),
            Column("state", "Avancement", kind="status"),
            Column("note", "Note"),
            Column("source", "Source", kind="link"),
        ],
        rows=rows,
        row_header="title",
        empty="Aucune échéance n'est chargée.",
    )


def source_cell(document: SourceDocument | None) -> Cell:
    if document is None:
        return Cell("")
    return Cell(document.code, url=reverse("document", args=[document.code]))


def _base_table(pact: Pact) -> Table | None:
    rows = [
        {"title": typography(one.title), "scope": one.scope, "source": source_cell(one.document)}
        for one in selectors.base_measures_of(pact)
    ]
    columns = [Column("title", "Mesure socle"), Column("scope", "Champ"), Column("source", "Source", kind="link")]
    return Table(id="socle", caption="Mesures socles des conventions", columns=columns, rows=rows) if rows else None


def _credits_table(pact: Pact) -> Table | None:
    """Credits by axis for the last year loaded; each says why it is unknown."""
    region = instance_region()
    if region is None:
        return None
    years = credits_by_contract(region).years
    if not years:
        return None
    rows = [_credit_row(one) for one in credits_by_axis(pact, region, years[-1])]
    return Table(
        id="credits",
        caption=f"Crédits {years[-1]} par {pact.axis_word}",
        columns=[Column("axis", pact.axis_word.capitalize(), kind="link"), Column("value", "Crédits", kind="money")],
        rows=rows,
    )


def _credit_row(one: AxisCredits) -> dict[str, Cell]:
    title = typography(f"{one.axis.number}. {one.axis.title}")
    url = reverse("axis", args=[one.axis.code])
    return {"axis": Cell(title, url=url, sort=one.axis.number), "value": value_cell(one.value)}


def _axis_cell(axis: Axis) -> Cell:
    return Cell(str(axis.number), url=reverse("axis", args=[axis.code]), sort=axis.number)


def _word(measure: Measure) -> str:
    return measure.axis.pact.axis_word
