"""Pages that explain: the needs index, the typology, the gaps between need, supply and money."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from maillage.core import clock
from maillage.engines.needs import NeedsIndex, Weighting
from maillage.engines.typology import Typology
from maillage.indicators.selectors.values import period_label
from maillage.observatory.selectors import gaps as gap_reads
from maillage.observatory.selectors import needs as need_reads
from maillage.observatory.selectors import typology as type_reads
from maillage.observatory.selectors.variables import offer, sources_of
from maillage.observatory.views import understand_gaps, understand_needs, understand_typology
from maillage.observatory.views.reader import reader
from maillage.observatory.views.understand_forms import (
    METHOD_CHOICES,
    METHODS,
    NeedsForm,
    RuleForm,
    TypologyForm,
    rule_of,
    typology_asked,
)
from maillage.ui import tables
from maillage.ui.tables import Table

# What a link to another page keeps of the address.
_OF_THIS_PAGE_ONLY = ("export", "tableau")


def needs(request: HttpRequest) -> HttpResponse:
    found_offer = offer(rule_of(request.GET))
    form = NeedsForm(request.GET, found_offer)
    found = need_reads.needs(form.asked(), found_offer)
    shown = _needs_tables(request, found)
    exported = tables.respond(request, *(table for table in shown.values() if table is not None))
    if exported is not None:
        return exported
    context = {
        "form": form,
        "found": found,
        "index": found.index,
        "method": _method_fr(found.asked.weighting),
        "across": len(found_offer.across),
        "no_person": understand_needs.NO_PERSON,
        "chart": None,
        "map": None,
        "explained": None,
        **shown,
    }
    if found.index is not None:
        context |= _needs_drawings(found, found.index)
    return render(request, "observatory/needs.html", context)


def _needs_tables(request: HttpRequest, found: need_reads.Needs) -> dict[str, Table | None]:
    index = found.index
    return {
        "ranking": understand_needs.ranking_table(found, index, _kept(request)) if index is not None else None,
        "left_out": understand_needs.left_out_table(found, index) if index is not None else None,
        "variables": understand_needs.variables_table(found) if found.chosen else None,
    }


def _needs_drawings(found: need_reads.Needs, index: NeedsIndex) -> dict[str, Any]:
    source = sources_of(found.chosen)
    return {
        "chart": understand_needs.ranking_chart(index, source),
        "map": understand_needs.needs_map(found, index, source),
        "explained": round(100 * index.explained[0]) if index.explained else None,
    }


def needs_epci(request: HttpRequest, code: str) -> HttpResponse:
    found_offer = offer(rule_of(request.GET))
    asked = NeedsForm(request.GET, found_offer).asked()
    one = need_reads.epci_needs(code, asked, found_offer)
    if one is None:
        raise Http404
    shown = {
        "contributions": understand_needs.contributions_table(one),
        "communes": understand_needs.communes_table(one) if one.communes else None,
    }
    exported = tables.respond(request, *(table for table in shown.values() if table is not None))
    if exported is not None:
        return exported
    context = {
        "one": one,
        "epci": one.epci,
        "rank_note": understand_needs.rank_note(one),
        "score": understand_needs.decimal_of(one.ranked.score) if one.ranked is not None else None,
        "part": one.area.part_fr if one.area is not None and one.area.crosses_border else "",
        "method": _method_fr(asked.weighting),
        "kept": _kept(request),
        "no_person": understand_needs.NO_PERSON,
        **shown,
    }
    return render(request, "observatory/needs_epci.html", context)


def typology(request: HttpRequest) -> HttpResponse:
    types = type_reads.epci_types(typology_asked(request.GET))
    found = types.found
    shown: dict[str, Table] = _typology_tables(types, found) if found is not None else {}
    exported = tables.respond(request, *shown.values())
    if exported is not None:
        return exported
    context = {
        "form": TypologyForm(request.GET, types.offer.variables, [one.code for one in types.chosen]),
        "types": types,
        "found": found,
        "between": round(100 * found.between) if found is not None else None,
        "cards": understand_typology.cards(types, found) if found is not None else [],
        "map": understand_typology.classes_map(types, found) if found is not None else None,
        "chart": understand_typology.profile_chart(types, found) if found is not None else None,
        **shown,
    }
    return render(request, "observatory/typology.html", context)


def _typology_tables(types: type_reads.EpciTypes, found: Typology) -> dict[str, Table]:
    return {
        "classes": understand_typology.classes_table(types, found),
        "means": understand_typology.means_table(types, found),
        "members": understand_typology.members_table(types, found),
        "axes": understand_typology.axes_table(types, found),
        "criteria": understand_typology.criteria_table(found),
    }


def gaps(request: HttpRequest) -> HttpResponse:
    found = gap_reads.need_supply_money(reader(request), clock.today(), rule_of(request.GET))
    shown = {
        "table": understand_gaps.gaps_table(found) if found.areas else None,
        "receivers": understand_gaps.receivers_table(found),
        "credits": understand_gaps.credits_table(found),
    }
    exported = tables.respond(request, *(table for table in shown.values() if table is not None))
    if exported is not None:
        return exported
    context = {
        "form": RuleForm({"regle": request.GET.get("regle") or "touche"}),
        "found": found,
        "lacking": gap_reads.lacking(found),
        "average": found.view.average,
        "apart": len(found.areas) - found.view.compared,
        "map": understand_gaps.supply_map(found) if found.areas else None,
        "chart": understand_gaps.gaps_chart(found),
        "per_label": f"Points de service pour {understand_gaps.PER_FR}",
        "supply_period": period_label(found.supply.period),
        **shown,
    }
    return render(request, "observatory/gaps.html", context)


def _kept(request: HttpRequest) -> str:
    """The choices of this page, for a link to one that shares them."""
    query = request.GET.copy()
    for name in [name for name in query if name in _OF_THIS_PAGE_ONLY or name.endswith(("-tri", "-sens"))]:
        del query[name]
    return f"?{query.urlencode()}" if query else ""


def _method_fr(weighting: Weighting) -> str:
    names = dict(METHOD_CHOICES)
    return next(names[word] for word, one in METHODS.items() if one is weighting)


urls: list[URLPattern] = [
    path("besoins/", needs, name="needs"),
    path("besoins/<str:code>/", needs_epci, name="needs-epci"),
    path("typologie/", typology, name="typology"),
    path("ecarts/", gaps, name="gaps"),
]
