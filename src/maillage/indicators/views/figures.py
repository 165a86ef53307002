"""One stated figure: what is printed, how it is redone, what it agrees or disagrees with, its waivers, its history."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from maillage.core import clock
from maillage.core.models import AuditEntry
from maillage.indicators import perms
from maillage.indicators.selectors import consistency, figures
from maillage.indicators.selectors.figures import Operand, Recomputation
from maillage.indicators.selectors.values import period_label
from maillage.indicators.views.tables import exact_text, place, place_url, recomputed_text, verdict_table
from maillage.kernel.numbers import NBSP
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography


def page(request: HttpRequest, code: str) -> HttpResponse:
    checked = consistency.check_with_related(code)
    if not checked:
        raise Http404
    item = checked[0]
    figure = item.figure
    redone = figures.recomputation(item)
    by_pk = {one.figure.pk: one for one in checked}
    may_waive = perms.can_waive(request.user, figure, clock.today())
    context = {
        "item": item,
        "figure": figure,
        "document_url": place_url(figure),
        "place": place(figure),
        "period": period_label(figure.period),
        "printed": typography(figure.printed_as),
        "value": exact_text(figure.value, figure.unit),
        "recomputed": recomputed_text(item),
        "redone": redone,
        "operands": _operands(redone),
        "checks": item.verdict.checks[1:],
        "related": verdict_table(
            [by_pk[one.pk] for one in item.related], id="lies", caption="Chiffres en cause", without=("recomputed",)
        )
        if item.related
        else None,
        "citing": figures.citing(figure),
        "waivers": figures.waivers(figure),
        "history": [_told(entry) for entry in figures.history(figure)],
        "can_waive": may_waive and item.is_open,
        "can_withdraw": may_waive and item.waiver is not None,
    }
    return render(request, "indicators/figure.html", context)


def _operands(redone: Recomputation | None) -> Table | None:
    if redone is None:
        return None
    return Table(
        id="termes",
        caption="Termes du calcul",
        columns=[
            Column("name", "Terme", kind="link"),
            Column("label", "Ce qu'il compte"),
            Column("printed", "Imprimé"),
            Column("value", "Valeur", kind="number"),
            Column("source", "Source", kind="link"),
        ],
        rows=[_operand(operand) for operand in redone.operands],
        sortable=False,
        exportable=False,
    )


def _operand(operand: Operand) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": Cell(operand.name),
        "label": typography(operand.label),
        "printed": typography(operand.printed_as),
        "value": operand.value,
        "source": Cell(""),
    }
    if operand.figure is not None:
        row["name"] = Cell(operand.name, url=reverse("figure", args=[operand.figure.code]))
        row["source"] = Cell(place(operand.figure), url=place_url(operand.figure))
    elif operand.observed is not None and operand.observed.source is not None:
        row["source"] = Cell(str(operand.observed.source), url=operand.observed.source.url)
    return row


def _told(entry: AuditEntry) -> tuple[AuditEntry, list[str]]:
    """A line of the journal and its changes in words."""
    changes = [
        f"{name}{NBSP}: {before or 'vide'} → {after or 'vide'}" for name, (before, after) in entry.changes.items()
    ]
    return entry, changes
