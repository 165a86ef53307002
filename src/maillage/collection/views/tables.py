"""Tables of the pages of the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from maillage.collection.enums import Answer, PartnerKind, RequestStatus
from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.campaigns import Board, Line
from maillage.collection.selectors.history import Before, warnings
from maillage.collection.services.reading import Answered
from maillage.collection.services.sheets import Plan
from maillage.core.models import AuditEntry
from maillage.indicators.models import Indicator
from maillage.indicators.selectors.values import period_label
from maillage.kernel.numbers import NBSP, format_number
from maillage.ui import units
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

# A mark of the interface for each state; its words are those of the table of transitions.
MARKS = {
    RequestStatus.TO_ENTER: "planned",
    RequestStatus.SUBMITTED: "under_way",
    RequestStatus.TO_COMPLETE: "missing",
    RequestStatus.VALIDATED: "done",
}
ANSWER_MARKS = {
    Answer.AWAITED: "missing",
    Answer.KNOWN: "done",
    Answer.UNAVAILABLE: "unavailable",
    Answer.NOT_APPLICABLE: "planned",
}
FIELD_LABELS = {
    "value": "valeur",
    "numerator": "numérateur",
    "denominator": "dénominateur",
    "answer": "réponse",
    "reason": "motif",
    "comment": "commentaire",
    "review": "remarque de la relecture",
    "origin": "provenance",
}


def boards_table(boards: Iterable[Board]) -> Table:
    """Campaigns that a person reads."""
    return Table(
        id="collectes",
        caption="Collectes",
        columns=[
            Column("title", "Collecte", kind="link"),
            Column("year", "Année"),
            Column("territory", "Territoire"),
            Column("status", "État"),
            Column("due", "Échéance", kind="date"),
            Column("answered", "Ont répondu"),
            Column("late", "En retard", kind="number"),
        ],
        rows=[
            {
                "title": Cell(typography(one.campaign.title), url=reverse("campaign", args=[one.campaign.pk])),
                "year": str(one.campaign.year),
                "territory": one.campaign.territory.name,
                "status": one.campaign.get_status_display(),
                "due": one.campaign.due_on,
                "answered": Cell(one.percent, text=f"{one.answered} sur {one.asked}", sort=one.percent),
                "late": one.late,
            }
            for one in boards
        ],
        empty="Aucune collecte n'est préparée.",
    )


def state_cell(line: Line) -> Cell:
    status = RequestStatus(line.request.status)
    if line.late:
        return Cell("late", text=f"{status.label}, en retard")
    return Cell(MARKS[status], text=str(status.label))


def own_table(lines: Iterable[Line]) -> Table:
    """What one person is asked."""
    return Table(
        id="mes-chiffres",
        caption="Vos chiffres à donner",
        columns=[
            Column("request", "Liste", kind="link"),
            Column("campaign", "Collecte"),
            Column("due", "Échéance", kind="date"),
            Column("entered", "Chiffres donnés"),
            Column("state", "État", kind="status"),
        ],
        rows=[
            {
                "request": Cell(line.request.partner, url=reverse("figure-request", args=[line.request.pk])),
                "campaign": typography(line.request.campaign.title),
                "due": line.due_on,
                "entered": Cell(line.entered, text=f"{line.entered} sur {line.figures}"),
                "state": state_cell(line),
            }
            for line in lines
        ],
        exportable=False,
    )


def board_table(board: Board, *, with_persons: bool) -> Table:
    """Partners of a campaign, the late ones first. `with_persons`: the names go to those who run the campaign."""
    persons = [Column("responsible", "Responsable")] if with_persons else []
    return Table(
        id="partenaires",
        caption="Partenaires, ceux en retard d’abord",
        columns=[
            Column("partner", "Partenaire", kind="link"),
            Column("kind", "Nature"),
            Column("territory", "Territoire"),
            *persons,
            Column("state", "État", kind="status"),
            Column("due", "Échéance", kind="date"),
            Column("entered", "Chiffres donnés"),
            Column("submitted", "Transmise le", kind="date"),
        ],
        rows=[_board_row(line) for line in board.lines],
        empty="Aucun partenaire n'est dans la liste.",
    )


def _board_row(line: Line) -> dict[str, Any]:
    one = line.request
    return {
        "partner": Cell(one.partner, url=reverse("figure-request", args=[one.pk])),
        "kind": PartnerKind(one.kind).label,
        "territory": one.territory.name,
        "responsible": str(one.responsible) if one.responsible else "à désigner",
        "state": state_cell(line),
        "due": Cell(line.due_on, note=f"reportée : {one.due_reason}" if one.due_on else ""),
        "entered": Cell(line.entered, text=f"{line.entered} sur {line.figures}", sort=line.missing),
        "submitted": one.submitted_at or Cell(""),
    }


def answer_text(indicator: Indicator, answered: Answered | RequestedFigure) -> str:
    """An answer in words: the value with its unit, or why there is none."""
    answer = Answer(answered.answer)
    if answered.value is not None:
        return units.format_value(answered.value, unit=indicator.unit)
    label = str(answer.label).lower()
    return f"{label}{NBSP}: {answered.reason}" if answered.reason else label


def terms(answered: Answered | RequestedFigure) -> str:
    """« 49 sur 100 » for a share given by its two terms."""
    if answered.numerator is None or answered.denominator is None:
        return ""
    return f"{format_number(answered.numerator)} sur {format_number(answered.denominator)}"


def figures_table(
    figure_request: FigureRequest, figures: Iterable[RequestedFigure], before: Mapping[int, Before]
) -> Table:
    """The list of a partner with its answers, last year's values, what looks strange and what the check says."""
    shown = list(figures)
    # What is the same on every row is said above the table: the room is kept for what a person reads.
    apart = (
        [Column("territory", "Territoire")]
        if {one.territory_id for one in shown} - {figure_request.territory_id}
        else []
    )
    if {one.period for one in shown} - {str(figure_request.campaign.year)}:
        apart.append(Column("period", "Période"))
    return Table(
        id="chiffres",
        caption=f"Chiffres demandés à {figure_request.partner}, {figure_request.campaign.year}",
        columns=[
            Column("label", "Chiffre", kind="link"),
            *apart,
            Column("value", "Valeur", kind="number"),
            Column("before", "An passé", kind="number"),
            Column("state", "Réponse", kind="status"),
            Column("said", "Motif, commentaire"),
            Column("noted", "À vérifier"),
        ],
        rows=[_figure_row(one, before.get(one.pk)) for one in shown],
        empty="Aucun chiffre n'est demandé.",
    )


def _figure_row(one: RequestedFigure, earlier: Before | None) -> dict[str, Any]:
    unit = one.indicator.unit
    noted = [f"Relecture{NBSP}: {one.review}"] if one.review else []
    value = Cell(one.value, text=units.format_value(one.value, unit=unit), note=terms(one))
    nothing = Cell(None, status="unavailable" if one.answer == Answer.UNAVAILABLE else "")
    return {
        "label": Cell(typography(one.indicator.label), url=reverse("requested-figure", args=[one.request_id, one.pk])),
        "territory": one.territory.name,
        "period": Cell(period_label(one.period), sort=one.period),
        "value": value if one.value is not None else nothing,
        "before": before_cell(one.indicator, earlier),
        "state": Cell(ANSWER_MARKS[Answer(one.answer)], text=str(Answer(one.answer).label)),
        "said": typography(" ".join(part for part in (one.reason, one.comment) if part)),
        "noted": typography(" ".join([*noted, *warnings(one.indicator, one.value, earlier)])),
    }


def before_cell(indicator: Indicator, earlier: Before | None) -> Cell:
    if earlier is None:
        return Cell("")
    return Cell(
        earlier.value, text=units.format_value(earlier.value, unit=indicator.unit), note=typography(earlier.source)
    )


def plan_table(plan: Plan, before: Mapping[int, Before]) -> Table:
    """What a spreadsheet would change, line by line."""
    return Table(
        id="changements",
        caption="Ce que la feuille change",
        columns=[
            Column("row", "Ligne", kind="number"),
            Column("label", "Chiffre"),
            Column("territory", "Territoire"),
            Column("period", "Période"),
            Column("before", "Enregistré"),
            Column("after", "Dans la feuille"),
            Column("noted", "À vérifier"),
        ],
        rows=[
            {
                "row": one.row,
                "label": typography(one.figure.indicator.label),
                "territory": one.figure.territory.name,
                "period": period_label(one.figure.period),
                "before": answer_text(one.figure.indicator, one.figure),
                "after": Cell(answer_text(one.figure.indicator, one.answered), note=terms(one.answered)),
                "noted": typography(
                    " ".join(warnings(one.figure.indicator, one.answered.value, before.get(one.figure.pk)))
                ),
            }
            for one in plan.changes
        ],
        row_header="label",
        empty="La feuille dit la même chose que ce qui est enregistré.",
        exportable=False,
    )


def journal_table(entries: Sequence[AuditEntry]) -> Table:
    """The history of one figure, field by field."""
    rows = [
        {
            "at": entry.at,
            "by": str(entry.actor) if entry.actor else "Ligne de commande",
            "field": FIELD_LABELS.get(name, name),
            "before": _told(name, pair[0]),
            "after": _told(name, pair[1]),
        }
        for entry in entries
        for name, pair in entry.changes.items()
    ]
    columns = [
        Column("at", "Quand", kind="date"),
        Column("by", "Par"),
        Column("field", "Ce qui change"),
        Column("before", "Avant"),
        Column("after", "Après"),
    ]
    return Table("histoire", "Histoire de ce chiffre", columns, rows, empty="Rien n'a encore été saisi.")


def acts_table(entries: Sequence[AuditEntry], caption: str) -> Table:
    """What was done to a campaign or a request, with the reason where one was asked."""
    rows = [
        {
            "at": entry.at,
            "by": str(entry.actor) if entry.actor else "Ligne de commande",
            "act": typography(entry.summary.partition(" : ")[0]),
            "reason": typography(str((entry.changes.get("reason") or [None, ""])[1] or "")),
        }
        for entry in entries
    ]
    columns = [
        Column("at", "Quand", kind="date"),
        Column("by", "Par"),
        Column("act", "Ce qui a été fait"),
        Column("reason", "Motif"),
    ]
    return Table("histoire", caption, columns, rows, row_header="act", exportable=False)


def _told(name: str, stored: str | None) -> str:
    if stored is None or stored == "":
        return "(vide)"
    if name == "answer" and stored in Answer.values:
        return str(Answer(stored).label)
    if name in ("value", "numerator", "denominator"):
        return units.format_value(stored)
    return typography(stored)


def asked_table(requests: Iterable[FigureRequest]) -> Table:
    """The whole list of a campaign, in the columns that the import of a list reads: exported, it is a model."""
    return Table(
        id="liste",
        caption="Liste des chiffres demandés",
        columns=[
            Column("kind", "Nature"),
            Column("partner", "Partenaire"),
            Column("territory", "Territoire", kind="code"),
            Column("indicator", "Indicateur", kind="code"),
            Column("figure_territory", "Territoire du chiffre", kind="code"),
            Column("period", "Période", kind="code"),
        ],
        rows=[
            {
                "kind": one.kind,
                "partner": one.partner,
                "territory": one.territory.code,
                "indicator": figure.indicator.code,
                "figure_territory": figure.territory.code,
                "period": figure.period,
            }
            for one in requests
            for figure in one.figures.all()
        ],
        row_header="partner",
        empty="Aucun chiffre n'est encore demandé.",
    )
