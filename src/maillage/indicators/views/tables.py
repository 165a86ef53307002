"""Tables that several pages of figures show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, overload

from django.urls import reverse

from maillage.indicators.models import Indicator, StatedFigure
from maillage.indicators.selectors.consistency import Checked
from maillage.indicators.selectors.series import Point
from maillage.indicators.selectors.values import Value, period_label
from maillage.kernel.numbers import NBSP
from maillage.ui import units
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

COLUMNS = (
    Column("figure", "Chiffre", kind="link"),
    Column("label", "Ce qu’il compte"),
    Column("territory", "Territoire", kind="link"),
    Column("printed", "Imprimé", kind="link"),
    Column("recomputed", "Recalculé"),
    Column("verdict", "Verdict", kind="status"),
    Column("reason", "Raison"),
)


def verdict_table(
    checked: Iterable[Checked], *, id: str, caption: str, without: Sequence[str] = (), empty: str = ""
) -> Table:
    """Stated figures with their verdict, and the waiver where there is one."""
    return Table(
        id=id,
        caption=caption,
        columns=[column for column in COLUMNS if column.key not in without],
        rows=VerdictRows(checked),
        row_header="figure",
        empty=empty or "Aucun chiffre énoncé.",
    )


class VerdictRows(Sequence[dict[str, Any]]):
    """Rows made when they are read: a page of a long list makes its own only; a sort or an export makes them all."""

    def __init__(self, checked: Iterable[Checked]) -> None:
        self._checked = tuple(checked)
        self._made: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._checked)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self[rank] for rank in range(*index.indices(len(self)))]
        if index not in self._made:
            self._made[index] = verdict_row(self._checked[index])
        return self._made[index]


def verdict_row(item: Checked) -> dict[str, Any]:
    figure = item.figure
    about = [period_label(figure.period), typography(figure.perimeter)]
    return {
        "figure": Cell(figure.code, url=reverse("figure", args=[figure.code])),
        "label": Cell(typography(figure.label), note=", ".join(part for part in about if part)),
        "territory": Cell(figure.territory.name, url=reverse("territory", args=[figure.territory.code])),
        "printed": Cell(typography(figure.printed_as), url=place_url(figure), sort=figure.value, note=place(figure)),
        "recomputed": Cell(recomputed_text(item), sort=item.recomputed),
        "verdict": Cell(item.kind, note=waiver_note(item)),
        "reason": Cell(typography(item.verdict.reason)),
    }


def recomputed_text(item: Checked) -> str:
    """The value that the check found; '' where it computes none."""
    if item.recomputed is None:
        return ""
    return exact_text(item.recomputed, item.figure.unit)


def exact_text(value: Decimal | None, unit: str) -> str:
    """A number with the decimals it has, two at most; an unknown one says so."""
    if value is None:
        return units.format_value(None)
    rounded = round(value, 2).normalize()
    exponent = rounded.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return units.format_value(rounded, unit=unit, decimals=decimals)


def waiver_note(item: Checked) -> str:
    if item.waiver is None:
        return ""
    return f"Accepté par {item.waiver.by}, {item.waiver.at:%d/%m/%Y}{NBSP}: {item.waiver.reason}"


def place(figure: StatedFigure) -> str:
    """« BILAN, édito »."""
    return typography(f"{figure.document.code}, {figure.locator}" if figure.locator else figure.document.code)


def place_url(figure: StatedFigure) -> str:
    """The place of a figure in its document's page."""
    return f"{reverse('document', args=[figure.document.code])}#{anchor(figure)}"


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


KINDS = {"EUR": "money", "%": "percent"}


def values_table(indicator: Indicator, rows: Sequence[dict[str, Any]], *, sortable: bool = True) -> Table:
    """Values of an indicator, a line for a territory and a period; `rows` made by `row_of`."""
    kind = KINDS.get(indicator.unit, "number")
    unit = "" if kind != "number" else indicator.unit
    return Table(
        id="valeurs",
        caption=f"{typography(indicator.label)}, par territoire et par période",
        columns=[
            Column("territory", "Territoire", kind="link"),
            Column("period", "Période"),
            Column("value", "Valeur", kind=kind, decimals=indicator.decimals, unit=unit),
            Column("perimeter", "Périmètre"),
            Column("note", "Note"),
            Column("source", "Source", kind="link"),
        ],
        rows=rows,
        empty="Aucune valeur n'est chargée pour cet indicateur.",
        sortable=sortable,
    )


def row_of(point: Point) -> dict[str, Any]:
    """A line of `values_table`."""
    source = point.value.source
    return {
        "territory": Cell(point.territory.name, url=reverse("territory", args=[point.territory.code])),
        "period": Cell(point.period_label, sort=point.period),
        "value": replace(value_cell(point.value), url=""),
        "perimeter": typography(point.value.perimeter),
        "note": typography(point.value.note),
        "source": Cell(typography(str(source)), url=source.url) if source is not None else Cell(""),
    }
