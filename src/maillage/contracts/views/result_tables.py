"""Tables of results and money: what is known, what is not, and where each line leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse

from maillage.contracts.models import ActionSheet, Contract, Evaluation, Evidence, Movement
from maillage.contracts.selectors.aggregates import IndicatorTotal
from maillage.contracts.selectors.execution import AMOUNTS, SheetExecution, YearReport, line_facts
from maillage.contracts.selectors.results import slots_of, years_of_sheet
from maillage.engines.contract_rules import Amounts, ContractTotals, Sum, Totals
from maillage.engines.lifecycle.contracts import READING
from maillage.indicators.enums import Nature
from maillage.kernel.money import Money
from maillage.kernel.rate import Rate
from maillage.ui.tables import NOTHING, Cell, Column, Table
from maillage.ui.units import format_value, typography

_MONEY_COLUMNS = (
    Column("planned", "Prévu", "money"),
    Column("awarded", "Attribué", "money"),
    Column("committed", "Engagé (AE)", "money"),
    Column("paid", "Payé (CP)", "money"),
    Column("justified", "Justifié", "money"),
)


def amounts_cells(amounts: Amounts) -> dict[str, Cell]:
    """The five sums as cells: unknown stays unknown, a partial sum says that it is one."""
    return {name: _sum_cell(getattr(amounts, name)) for name in AMOUNTS}


def _sum_cell(amount: Sum) -> Cell:
    if amount.money is None:
        return Cell(None)
    return Cell(amount.money, status="" if amount.complete else "partial")


def _rate_cell(rate: Rate | None) -> Cell:
    return Cell(rate)


def money_table(contract: Contract, sheet: ActionSheet, summed: ContractTotals) -> Table:
    """By year: the five stages, the State's part of what is planned, and what of it is paid."""
    lines = list(sheet.lines.all())
    shown = [year for year in summed.years if any(line.year == year for line in lines)]
    columns = (Column("year", "Année", "code"), *_MONEY_COLUMNS, *_RATES)
    return Table(
        id="argent",
        caption="Argent, par année",
        columns=columns,
        rows=[{"year": Cell(str(year)), **_year_cells(summed.years[year])} for year in shown],
        footer={"year": Cell("Ensemble"), **_year_cells(summed.overall)} if len(shown) > 1 else None,
        empty="Aucune ligne de financement.",
        source="lignes de la fiche et mouvements enregistrés",
        source_url=reverse("contract-movements", args=[contract.pk, sheet.code]),
        sortable=False,
    )


_RATES = (
    Column(
        "state", "Part de l'État", "percent", help="Crédits de l'État dans ce qui est prévu, hors apports en nature."
    ),
    Column("execution", "Exécution", "percent", help="Payé rapporté à prévu."),
)


def _year_cells(one: Totals) -> dict[str, Cell]:
    rates = {"state": _rate_cell(one.state_share), "execution": _rate_cell(one.total.execution_rate)}
    return {**amounts_cells(one.total), **rates}


def people_table(contract: Contract, sheet: ActionSheet) -> Table:
    """Indicators × years: the validated reading beside its target. Needs the readings and targets of the sheet."""
    years = years_of_sheet(contract, sheet)
    columns = [Column("indicator", "Indicateur"), Column("baseline", "Situation initiale", "number")]
    columns += [Column(f"y{year}", str(year), "number") for year in years]
    rows: list[dict[str, Any]] = []
    for target in sheet.targets.all():
        unit = target.indicator.unit
        row: dict[str, Any] = {
            "indicator": Cell(target.indicator.label, note=unit_words(unit)),
            "baseline": Cell(target.baseline, text=_value(target.baseline, unit), note=target.baseline_period),
        }
        aimed = {one.year: one.value for one in target.years.all()}
        found = {reading.period: reading for reading in target.readings.all()}
        for year in years:
            row[f"y{year}"] = _reading_cell(contract, sheet, target, year, found, aimed.get(year))
        rows.append(row)
    return Table(
        id="personnes",
        caption="Personnes et résultats : relevés validés, face aux cibles",
        columns=columns,
        rows=rows,
        empty="Aucun indicateur n'est suivi.",
        source="relevés de la fiche",
        source_url=reverse("contract-readings", args=[contract.pk, sheet.code]),
        sortable=False,
    )


def unit_words(unit: str) -> str:
    """What is counted, said on screen: unique persons and visits are never mixed."""
    return {"persons": "personnes distinctes", "visits": "passages"}.get(unit, "")


def _value(value: Decimal | None, unit: str) -> str:
    return "" if value is None else format_value(value, unit="%" if unit in ("%", "percent") else "")


def _reading_cell(
    contract: Contract,
    sheet: ActionSheet,
    target: Any,
    year: int,
    found: Mapping[str, Any],
    aimed: Decimal | None,
) -> Cell:
    reading = found.get(slots_of(year)[0].period.canonical)
    unit = target.indicator.unit
    aim = f"cible {_value(aimed, unit)}" if aimed is not None else "sans cible"
    if reading is None or reading.status != "validated":
        state = READING.labels[reading.status].lower() if reading is not None else "non saisi"
        return Cell(None, note=f"{aim} ; {state}")
    if reading.value is None:
        return Cell(None, note=f"{aim} ; {reading.unknown_reason}")
    url = reverse("contract-reading", args=[contract.pk, sheet.code, target.indicator.code, str(year)])
    return Cell(reading.value, text=_value(reading.value, unit), url=url, note=aim)


def evidence_table(evidence: Iterable[Evidence]) -> Table:
    """The pieces that count, each leading to its file."""
    rows = [
        {
            "title": Cell(one.title, url=reverse("file", args=[one.file_id])),
            "kind": one.get_kind_display(),
            "dated_on": one.dated_on,
        }
        for one in evidence
    ]
    columns = (Column("title", "Pièce", "link"), Column("kind", "Nature"), Column("dated_on", "Datée du", "date"))
    return Table(
        id="preuves",
        caption="Preuves",
        columns=columns,
        rows=rows,
        empty="Aucune preuve n'est déposée.",
        sortable=False,
        exportable=False,
    )


def reports_table(contract: Contract, sheet: ActionSheet, reports: Sequence[YearReport], *, nagging: bool) -> Table:
    """The execution reports of an action. `nagging`: late and missing ones are said so."""
    rows = [
        {
            "year": Cell(str(one.year), url=reverse("contract-report", args=[contract.pk, sheet.code, one.year])),
            "status": Cell(one.label, note=nag_of(one) if nagging else ""),
            "due_on": one.due_on,
        }
        for one in reports
    ]
    columns = (Column("year", "Année", "link"), Column("status", "État"), Column("due_on", "Attendu le", "date"))
    return Table(
        id="rapports",
        caption="Rapports d'exécution",
        columns=columns,
        rows=rows,
        empty="Aucun rapport n'est encore attendu.",
        sortable=False,
        exportable=False,
    )


def nag_of(one: YearReport) -> str:
    if one.is_late:
        return "en retard"
    return "année écoulée, à transmettre" if one.is_missing else ""


def execution_table(contract: Contract, rows: Sequence[SheetExecution], *, nagging: bool) -> Table:
    """Actions × years: spending, then the state of each year's report."""
    columns = [
        Column("sheet", "Action", "link"),
        Column("planned", "Prévu", "money", total="sum"),
        Column("committed", "Engagé (AE)", "money", total="sum"),
        Column("paid", "Payé (CP)", "money", total="sum"),
        Column("justified", "Justifié", "money", total="sum"),
        Column("rate", "Exécution", "percent", help="Payé rapporté à prévu, toutes années."),
        *(Column(f"y{year}", f"Rapport {year}", "link") for year in contract.years),
    ]
    overall = Amounts.of(line_facts(line) for row in rows for line in row.sheet.lines.all())
    return Table(
        id="execution",
        caption="Exécution par action et par année",
        columns=columns,
        rows=[_execution_row(contract, row, nagging) for row in rows],
        footer={"sheet": Cell("Contrat"), "rate": Cell(overall.execution_rate)} if rows else None,
        empty="Le contrat n'a pas d'action.",
        source="mouvements enregistrés sur les lignes",
    )


def _execution_row(contract: Contract, row: SheetExecution, nagging: bool) -> dict[str, Any]:
    sheet = row.sheet
    name = Cell(
        f"{sheet.code} {sheet.title}",
        url=reverse("contract-sheet", args=[contract.pk, sheet.code]),
        note=str(sheet.get_status_display()),
    )
    cells: dict[str, Any] = {"sheet": name, **amounts_cells(row.amounts), "rate": Cell(row.amounts.execution_rate)}
    for year in contract.years:
        one = row.report_of(year)
        cells[f"y{year}"] = NOTHING
        if one is not None:
            url = reverse("contract-report", args=[contract.pk, sheet.code, year])
            cells[f"y{year}"] = Cell(one.label, url=url, note=nag_of(one) if nagging else "")
    return cells


def totals_table(contract: Contract, found: Sequence[IndicatorTotal], year: int) -> Table:
    """Each indicator over the actions: a total where it means something, the reason where it does not."""
    rows = [
        {
            "indicator": Cell(one.indicator.label, note=unit_words(one.indicator.unit)),
            "value": Cell(
                one.value,
                text=_total_text(one),
                status="partial" if one.value is not None and _partial(one) else "",
                note=typography(one.refused or " ".join(_sentences(one.notes))),
            ),
            "target": NOTHING if one.refused else Cell(one.target),
            "actions": len(one.parts),
        }
        for one in found
    ]
    return Table(
        id="totaux",
        caption=f"Indicateurs du contrat en {year}, relevés validés seulement",
        columns=(
            Column("indicator", "Indicateur"),
            Column("value", "Total", "number"),
            Column("target", "Cible", "number"),
            Column("actions", "Actions", "number"),
        ),
        rows=rows,
        empty="Aucun indicateur n'est suivi dans ce contrat.",
        sortable=False,
    )


def _partial(one: IndicatorTotal) -> bool:
    return bool(getattr(one.result, "partial", False))


def _total_text(one: IndicatorTotal) -> str:
    if one.refused:
        return "pas de total"
    if one.value is None:
        return ""
    return format_value(one.value, unit="%" if one.indicator.nature == Nature.SHARE else "")


def _sentences(notes: Iterable[str]) -> list[str]:
    return [f"{note[0].upper()}{note[1:]}{'' if note.endswith('.') else '.'}" for note in notes if note]


def movements_table(movements: Iterable[Movement]) -> Table:
    """What was recorded, the last first. Nothing of it is ever changed: a correction is another line."""
    rows = [
        {
            "dated_on": one.dated_on,
            "line": f"{one.line.year} · {one.line.funder.name} ({one.line.key})",
            "stage": one.get_stage_display(),
            "amount": Cell(one.amount, note=one.note),
            "ej": one.ej.number if one.ej else NOTHING,
            "by": str(one.by) if one.by else NOTHING,
            "at": one.at,
        }
        for one in movements
    ]
    columns = (
        Column("dated_on", "Le", "date"),
        Column("line", "Ligne"),
        Column("stage", "Étape"),
        Column("amount", "Montant", "money"),
        Column("ej", "EJ", "code"),
        Column("by", "Par"),
        Column("at", "Enregistré le", "date"),
    )
    return Table(
        id="mouvements", caption="Mouvements enregistrés", columns=columns, rows=rows, empty="Aucun mouvement."
    )


def lines_table(sheet: ActionSheet) -> Table:
    """The lines of an action, with what is cumulated on each."""
    rows = [
        {
            "line": Cell(
                f"{line.year} · {line.funder.name}", note=f"{line.key}{', en nature' if line.in_kind else ''}"
            ),
            **amounts_cells(Amounts.of([line_facts(line)])),
            "left": NOTHING if line.awarded is None else Cell(Money(line.awarded - line.committed)),
        }
        for line in sheet.lines.all()
    ]
    columns = (Column("line", "Ligne"), *_MONEY_COLUMNS, Column("left", "Reste à engager", "money"))
    return Table(
        id="lignes",
        caption="Lignes de financement, en cumul à ce jour",
        columns=columns,
        rows=rows,
        empty="Aucune ligne de financement.",
    )


def figures_table(evaluation: Evaluation) -> Table:
    """Indicators before and after. An evolution exists only where both are known and the first is not zero."""
    rows = []
    for one in evaluation.figures.all():
        unit = one.indicator.unit
        known = one.before is not None and one.after is not None and one.indicator.nature != Nature.SHARE
        rate = Rate.evolution(one.before, one.after) if known else None  # type: ignore[arg-type]  # known: both are numbers
        rows.append(
            {
                "indicator": Cell(one.indicator.label, note=one.note),
                "before": Cell(one.before, text=_value(one.before, unit), note=one.before_period),
                "after": Cell(one.after, text=_value(one.after, unit), note=one.after_period),
                "evolution": _evolution_cell(one, rate),
            }
        )
    return Table(
        id="avant-apres",
        caption="Indicateurs avant et après",
        columns=(
            Column("indicator", "Indicateur"),
            Column("before", "Avant", "number"),
            Column("after", "Après", "number"),
            Column("evolution", "Évolution", "percent"),
        ),
        rows=rows,
        empty="Aucun indicateur n'est encore comparé.",
        sortable=False,
    )


def _evolution_cell(one: Any, rate: Rate | None) -> Cell:
    """A share moves by points, anything else in percent."""
    if one.before is None or one.after is None:
        return Cell(None)
    if one.indicator.nature == Nature.SHARE:
        points = one.after - one.before
        return Cell(points, text=f"{'+' if points > 0 else ''}{format_value(points, unit='points')}")
    if rate is None:
        return Cell(None, note="pas d'évolution à partir de zéro")
    return Cell(rate, text=f"{'+' if rate.percent > 0 else ''}{rate.format()}")
