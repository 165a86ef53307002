"""Documents: the list, and all that one of them asserts."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from maillage.indicators.selectors import consistency
from maillage.indicators.selectors.documents import Passage, PrintedTable, passages, summaries
from maillage.indicators.views.tables import anchor, verdict_table, waiver_note
from maillage.sources.models import SourceDocument
from maillage.ui import tables
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography


def index(request: HttpRequest) -> HttpResponse:
    found = summaries(consistency.check())
    table = Table(
        id="documents",
        caption="Documents chargés",
        columns=[
            Column("title", "Document", kind="link"),
            Column("code", "Code"),
            Column("publisher", "Éditeur"),
            Column("printed_on", "Date imprimée"),
            Column("figures", "Chiffres énoncés", kind="number", total="sum"),
            Column("open", "Écarts ouverts", kind="number", total="sum"),
            Column("waived", "Écarts acceptés", kind="number", total="sum"),
            Column("unverifiable", "Non vérifiables", kind="number", total="sum"),
        ],
        rows=[
            {
                "title": Cell(typography(one.document.title), url=reverse("document", args=[one.document.code])),
                "code": one.document.code,
                "publisher": typography(one.document.publisher),
                "printed_on": one.document.printed_on,
                "figures": one.figures,
                "open": one.open,
                "waived": one.waived,
                "unverifiable": one.unverifiable,
            }
            for one in found
        ],
        empty="Aucun document n'est chargé.",
    )
    return tables.respond(request, table) or render(request, "indicators/documents.html", {"table": table})


def page(request: HttpRequest, code: str) -> HttpResponse:
    document = get_object_or_404(SourceDocument, code=code)
    checked = consistency.check(document.code)
    whole = verdict_table(checked, id="chiffres", caption=f"Chiffres énoncés par {document.code}")
    exported = tables.respond(request, whole)
    if exported is not None:
        return exported
    context = {
        "document": document,
        "checked": checked,
        "found": consistency.discrepancies(checked=checked),
        "counts": [(kind, number) for kind, number in consistency.counts(checked).items() if number],
        "sections": [_section(rank, passage) for rank, passage in enumerate(passages(checked), start=1)],
    }
    return render(request, "indicators/document.html", context)


def _section(rank: int, passage: Passage) -> dict[str, object]:
    """A place of the document, ready to show: its single figures as one table, its printed tables as printed."""
    title = typography(passage.locator[:1].upper() + passage.locator[1:]) or "Sans repère"
    one_territory = len({item.figure.territory_id for item in passage.figures}) < 2
    without = ("territory",) if one_territory else ()
    table = verdict_table(passage.figures, id=f"passage-{rank}", caption="Chiffres énoncés ici", without=without)
    return {
        "title": title,
        "anchors": [anchor(item.figure) for item in passage.figures],
        "table": replace(table, sortable=False, exportable=False) if passage.figures else None,
        "printed": [_printed(rank, place, one) for place, one in enumerate(passage.tables, start=1)],
    }


def _printed(rank: int, place: int, printed: PrintedTable) -> dict[str, object]:
    columns = [Column("row", "Ligne", kind="text")]
    keys = {column: f"c{number}" for number, column in enumerate(printed.columns)}
    columns += [Column(key, typography(column), kind="number") for column, key in keys.items()]
    rows = []
    for row in printed.rows:
        line: dict[str, Cell] = {"row": Cell(typography(row))}
        for column, key in keys.items():
            item = printed.cells.get((row, column))
            line[key] = Cell("", text="—")
            if item is not None:
                line[key] = Cell(
                    item.figure.value,
                    text=typography(item.figure.printed_as),
                    url=reverse("figure", args=[item.figure.code]),
                    status="waived" if item.waiver is not None else item.kind,
                    note=waiver_note(item),
                )
        rows.append(line)
    table = Table(
        id=f"imprime-{rank}-{place}",
        caption=typography(printed.title),
        columns=columns,
        rows=rows,
        note="Chaque cellule mène au chiffre et à son contrôle. La marque dit le verdict.",
        sortable=False,
    )
    return {"table": table, "anchors": [anchor(item.figure) for item in printed.cells.values()]}
