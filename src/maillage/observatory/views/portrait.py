"""The portrait of a territory, as a page and as two sheets of paper, and the search that leads to one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from maillage.core import clock
from maillage.documents.renderers import typst_pdf
from maillage.observatory import perms
from maillage.observatory.selectors import portrait_drawings as drawings
from maillage.observatory.selectors import portrait_tables as tables
from maillage.observatory.selectors.portrait import Figure, Portrait, edition_words, portrait_of
from maillage.observatory.selectors.portrait_paper import document_of
from maillage.observatory.selectors.portrait_words import interval, written
from maillage.observatory.views.reader import reader
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.territories.selectors import by_code, instance_region, search
from maillage.ui.tables import respond

FOUND_AT_MOST = 30


def _readable(request: HttpRequest, code: str) -> Territory | None:
    """A territory that has portraits and that the person may read. A quarter (IRIS) is too small for one."""
    territory = by_code(code) if code else None
    if (
        territory is None
        or territory.level == Level.IRIS
        or not perms.can_see_portrait(reader(request), territory, clock.today())
    ):
        return None
    return territory


def _portrait(request: HttpRequest, code: str) -> Portrait:
    """The portrait beside the reference asked; one that may not be read is as if it had not been asked."""
    territory = _readable(request, code)
    if territory is None:
        raise Http404("Ce territoire n'est pas chargé, ou n'est pas dans une région où vous avez une habilitation.")
    asked = _readable(request, request.GET.get("reference", ""))
    return portrait_of(territory, user=reader(request), on=clock.today(), asked=asked)


@require_safe
def portrait(request: HttpRequest, code: str) -> HttpResponse:
    shown = _portrait(request, code)
    context = _context(request, shown)
    exported = respond(request, *context.pop("exports"))
    return exported or render(request, "observatory/portrait.html", context)


@require_safe
def portrait_pdf(request: HttpRequest, code: str) -> HttpResponse:
    """Two pages of A4, made from the same reading as the page."""
    shown = _portrait(request, code)
    response = HttpResponse(typst_pdf.render(document_of(shown)), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="portrait-{shown.territory.code.lower()}.pdf"'
    return response


@require_safe
def portrait_search(request: HttpRequest) -> HttpResponse:
    """To the portrait of the only territory found, else the list of those whose name starts so."""
    typed = request.GET.get("q", "")
    kept = request.GET.get("reference", "")
    found = _found(typed)
    if len(found) == 1:
        return redirect(_address(found[0].code, kept))
    context = {
        "typed": typed,
        "found": [(one, _address(one.code, kept)) for one in found[:FOUND_AT_MOST]],
        "more": len(found) > FOUND_AT_MOST,
        "kept": kept,
    }
    return render(request, "observatory/portrait_search.html", context)


def _found(typed: str) -> list[Territory]:
    """The instance's region first; the rest of the country where nothing in it bears that name."""
    if not typed.strip():
        return []
    region = instance_region()
    here = list(search(typed, within=region)[: FOUND_AT_MOST + 1]) if region is not None else []
    return here or list(search(typed)[: FOUND_AT_MOST + 1])


def _address(code: str, reference: str) -> str:
    address = reverse("portrait", args=[code])
    return f"{address}?{urlencode({'reference': reference})}" if reference else address


def _context(request: HttpRequest, shown: Portrait) -> dict[str, Any]:
    asked = request.GET.get("reference", "")
    figures, whole = tables.figure_tables(shown), tables.whole_table(shown)
    position = tables.position_table(shown) if shown.positions else None
    evolution = tables.evolution_table(shown) if shown.series else None
    services = tables.service_table(shown.services) if shown.services and shown.services.points else None
    contracts = tables.contract_table(shown.pact) if shown.pact.contracts else None
    axes = tables.axis_table(shown.pact) if shown.pact.axes else None
    credits = tables.credits_table(shown.pact) if shown.pact.credits else None
    drawn = shown.map.table if shown.map else None
    every = (whole, position, evolution, services, contracts, axes, credits, drawn)
    kept = asked if shown.reference is not None and shown.reference.code == asked else ""
    query = f"?{urlencode({'reference': kept})}" if kept else ""
    return {
        "portrait": shown,
        "exports": [table for table in every if table is not None],
        "tiles": [_tile(one) for one in shown.tiles],
        "figures": figures,
        "whole": whole,
        "position": position,
        "strips": _safe(drawings.strips(shown.positions, shown.territory.name, id="pairs")) if position else "",
        "evolution": evolution,
        "drawn_series": shown.series[0] if shown.series else None,
        "line": _safe(drawings.evolution(shown.series[0], id="serie")) if shown.series else "",
        "services": services,
        "contracts": contracts,
        "axes": axes,
        "credits": credits,
        "editions": [(one, edition_words(one)) for one in shown.editions],
        "refused_reference": bool(asked) and not kept,
        "typed": "",
        "zonings": [(one, one.words(shown.territory.level)) for one in shown.zonings],
        "pdf_url": reverse("portrait-pdf", args=[shown.territory.code]) + query,
        "kept": kept,
    }


def _tile(one: Figure) -> dict[str, Any]:
    """A key figure, and under a commune's unknown value that of its EPCI."""
    beside = one.epci if one.epci is not None and one.epci.known and not one.value.known else None
    return {
        "figure": one,
        "text": written(one.indicator, one.value),
        "interval": interval(one.value),
        "epci": written(one.indicator, beside) if beside is not None else "",
        "epci_interval": interval(beside),
    }


def _safe(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308  (every text of a drawing is escaped where it is drawn)


urls: list[URLPattern] = [
    path("portrait/", portrait_search, name="portrait-search"),
    path("portrait/<str:code>.pdf", portrait_pdf, name="portrait-pdf"),
    path("portrait/<str:code>/", portrait, name="portrait"),
]
