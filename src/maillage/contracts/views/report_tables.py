"""Tables of an execution report, live or as they were kept at its validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse

from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.selectors.execution import AMOUNTS, Difference
from maillage.contracts.selectors.results import slot_of_period
from maillage.contracts.views.result_tables import unit_words
from maillage.ui.tables import NOTHING, Cell, Column, Table
from maillage.ui.units import format_value


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def lines_table(contract: Contract, sheet: ActionSheet, figures: Mapping[str, Any]) -> Table:
    """The money of the year, line by line."""
    rows = [
        {
            "funder": Cell(line["funder"], note=f"{key}{', en nature' if line['in_kind'] else ''}"),
            **{name: _number(line[name]) for name in AMOUNTS},
        }
        for key, line in figures["lines"].items()
    ]
    total = {name: Cell(_number(figures["total"][name])) for name in AMOUNTS}
    rate = _number(figures["execution_rate"])
    note = f"Exécution (payé rapporté à prévu) : {format_value(rate, unit='%')}." if rate is not None else ""
    return Table(
        id="argent",
        caption=f"Argent de {figures['year']}",
        columns=(
            Column("funder", "Financeur"),
            Column("planned", "Prévu", "money"),
            Column("awarded", "Attribué", "money"),
            Column("committed", "Engagé (AE)", "money"),
            Column("paid", "Payé (CP)", "money"),
            Column("justified", "Justifié", "money"),
        ),
        rows=rows,
        footer={"funder": Cell("Ensemble"), **total} if len(rows) > 1 else None,
        note=note,
        empty="Aucune ligne de financement cette année.",
        source="lignes et mouvements de la fiche",
        source_url=reverse("contract-movements", args=[contract.pk, sheet.code]),
        sortable=False,
    )


def readings_table(contract: Contract, sheet: ActionSheet, figures: Mapping[str, Any]) -> Table:
    """The readings of the year: their value once validated, their state before."""
    rows = [_reading_row(contract, sheet, row) for row in figures["readings"]]
    return Table(
        id="resultats",
        caption=f"Résultats de {figures['year']}",
        columns=(
            Column("indicator", "Indicateur", "link"),
            Column("period", "Période"),
            Column("baseline", "Situation initiale", "number"),
            Column("target", "Cible", "number"),
            Column("value", "Valeur", "number"),
            Column("status", "Relevé"),
        ),
        rows=rows,
        empty="Aucun indicateur n'est suivi.",
        source="relevés validés de la fiche",
        source_url=reverse("contract-readings", args=[contract.pk, sheet.code]),
        sortable=False,
    )


def _reading_row(contract: Contract, sheet: ActionSheet, row: Mapping[str, Any]) -> dict[str, Any]:
    slot = slot_of_period(row["period"])
    url = ""
    if slot is not None:
        url = reverse("contract-reading", args=[contract.pk, sheet.code, row["indicator"], slot.code])
    unit = "%" if row["unit"] in ("%", "percent") else ""
    value = _number(row["value"])
    return {
        "indicator": Cell(row["label"], url=url, note=unit_words(row["unit"])),
        "period": slot.label_fr if slot is not None else row["period"],
        "baseline": _value_cell(_number(row["baseline"]), unit),
        "target": _value_cell(_number(row["target"]), unit),
        "value": _value_cell(value, unit, note=row["unknown_reason"]),
        "status": row["status_label"],
    }


def _value_cell(value: Decimal | None, unit: str, note: str = "") -> Cell:
    return Cell(value, text=format_value(value, unit=unit) if value is not None else "", note=note)


def differences_table(found: Sequence[Difference]) -> Table | None:
    """What changed since the validation; None when nothing did."""
    if not found:
        return None
    rows = [{"label": one.label, "before": _text(one.before), "after": _text(one.after)} for one in found]
    columns = (
        Column("label", "Chiffre"),
        Column("before", "Au moment de la validation"),
        Column("after", "Aujourd'hui"),
    )
    return Table(
        id="ecarts",
        caption="Chiffres qui ont changé depuis la validation",
        columns=columns,
        rows=rows,
        exportable=False,
        sortable=False,
    )


def _text(text: str) -> Cell:
    return Cell(text) if text else Cell(NOTHING.value, text="non connu")
