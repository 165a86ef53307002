"""Tables that several pages of figures show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse

from maillage.indicators.models import StatedFigure
from maillage.indicators.selectors.consistency import Checked
from maillage.indicators.selectors.values import Value, period_label
from maillage.kernel.numbers import NBSP
from maillage.ui import units
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

COLUMNS = (
    Column("figure", "Chiffre", kind="link"),
    Column("label", "Ce qu'il compte"),
    Column("territory", "Territoire", kind="link"),
    Column("period", "Période"),
    Column("printed", "Imprimé"),
    Column("recomputed", "Recalculé"),
    Column("verdict", "Verdict", kind="status"),
    Column("reason", "Raison"),
    Column("place", "Où", kind="link"),
)


def verdict_table(
    checked: Iterable[Checked], *, id: str, caption: str, without: Sequence[str] = (), empty: str = ""
) -> Table:
    """Stated figures with their verdict, and the waiver where there is one."""
    return Table(
        id=id,
        caption=caption,
        columns=[column for column in COLUMNS if column.key not in without],
        rows=[verdict_row(item) for item in checked],
        row_header="figure",
        empty=empty or "Aucun chiffre énoncé.",
    )


def verdict_row(item: Checked) -> dict[str, Any]:
    figure = item.figure
    place_url = f"{reverse('document', args=[figure.document.code])}#{anchor(figure)}"
    return {
        "figure": Cell(figure.code, url=reverse("figure", args=[figure.code])),
        "label": Cell(typography(figure.label), note=typography(figure.perimeter)),
        "territory": Cell(figure.territory.name, url=reverse("territory", args=[figure.territory.code])),
        "period": Cell(period_label(figure.period), sort=figure.period),
        "printed": Cell(typography(figure.printed_as), sort=figure.value),
        "recomputed": Cell(recomputed_text(item), sort=item.recomputed),
        "verdict": Cell(item.kind, note=waiver_note(item)),
        "reason": Cell(typography(item.verdict.reason)),
        "place": Cell(place(figure), url=place_url, sort=figure.position),
    }


def recomputed_text(item: Checked) -> str:
    """The value that the check found; '' where it computes none."""
    if item.recomputed is None:
        return ""
    decimals = 2 if item.figure.unit == "%" else None
    return units.format_value(item.recomputed, unit=item.figure.unit, decimals=decimals)


def waiver_note(item: Checked) -> str:
    if item.waiver is None:
        return ""
    return f"Accepté par {item.waiver.by}, {item.waiver.at:%d/%m/%Y}{NBSP}: {item.waiver.reason}"


def place(figure: StatedFigure) -> str:
    """« BILAN, édito »."""
    return typography(f"{figure.document.code}, {figure.locator}" if figure.locator else figure.document.code)


def anchor(figure: StatedFigure) -> str:
    """The fragment of a figure in its document's page."""
    return f"c-{figure.pk}"


def value_cell(value: Value, *, url: str = "") -> Cell:
    """A sourced value: its mark, its link, its interval or the reason why it is unknown."""
    source = value.source
    notes = [note for note in (interval(value), value.reason if not value.known else "") if note]
    return Cell(
        value.amount,
        url=url or (source.url if source is not None else ""),
        status="" if value.status == "published" else value.status,
        note=f"{NBSP}; ".join(notes),
    )


def interval(value: Value) -> str:
    """« entre 1 et 2 » for an estimate."""
    if value.low is None or value.high is None:
        return ""
    decimals = 0 if value.high >= 100 else None
    low, high = (units.format_value(bound, decimals=decimals) for bound in (value.low, value.high))
    return f"entre {low} et {high}"
