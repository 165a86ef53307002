"""The steering screen as tables and charts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from django.urls import NoReverseMatch, reverse

from maillage.contracts.enums import ContractKind
from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.selectors.alerts import Shown as ShownAlert
from maillage.contracts.selectors.steering.filters import NO_AXIS, Filters, Rows, Shown
from maillage.contracts.selectors.steering.ledger import cash_of
from maillage.contracts.selectors.steering.screen import Row, Steering, rate_of
from maillage.engines.alerts import AlertKind
from maillage.engines.contract_rules import Family, Sum, Totals
from maillage.indicators.selectors.values import Value
from maillage.kernel.numbers import NBSP
from maillage.pacts.models import Axis
from maillage.territories.models import Territory
from maillage.ui import charts, units
from maillage.ui.charts import Chart
from maillage.ui.tables import NOTHING, Cell, Column, Table

MOST_BARS = 12  # categories of a chart that is read at a glance
_STAGES = (("awarded", "Attribué"), ("committed", "Engagé"), ("paid", "Payé"), ("justified", "Justifié"))
SOURCE = "Lignes de financement des contrats, montants en vigueur, cumulés à ce jour"
_UNBROKEN = "Crédits connus, ventilation inconnue"
_HEADS = {
    Rows.TERRITORY: "Territoire",
    Rows.CONTRACT: "Contrat",
    Rows.AXIS: "Axe",
    Rows.YEAR: "Année",
    Rows.ACTION: "Action",
}


def address(name: str, *args: object) -> str:
    """The address of a page, or nothing where the instance has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


# --- cells ----------------------------------------------------------------------------------------------------------


def sum_cell(amount: Sum, url: str = "") -> Cell:
    """A sum: unknown where nothing is known of it, marked where a part is missing, nothing where there is no line."""
    if not amount.count:
        return NOTHING
    money = amount.money
    return Cell(None if money is None else money.euros, url=url, status="" if amount.complete else "partial")


def estimate_cell(value: Value | None) -> Cell:
    """Euros per person, with the interval under it; unknown with its reason."""
    if value is None:
        return NOTHING
    if value.amount is None:
        return Cell(None, note=value.reason)
    low, high = (units.format_value(bound, decimals=2) for bound in (value.low, value.high))
    interval = f"de {low} à {high}" if value.low is not None and value.high is not None else ""
    return Cell(value.amount, status=value.status, note=interval)


# --- the main table -------------------------------------------------------------------------------------------------


def main_table(screen: Steering) -> Table:
    """The rows, their amounts and their rates; the whole under them."""
    filters = screen.filters
    if filters.rows == Rows.CROSSED:
        return crossed_table(screen)
    rows = [_row(screen, row) for row in screen.rows]
    return Table(
        id="pilotage",
        caption=f"Exécution {_caption(filters)}",
        columns=_columns(screen),
        rows=rows,
        footer=_row(screen, screen.total) if len(rows) > 1 else None,
        source=SOURCE,
        note=_note(screen),
        empty="Aucun contrat n'est dans cette sélection.",
    )


def _caption(filters: Filters) -> str:
    year = "toutes années" if filters.year is None or filters.rows == Rows.YEAR else str(filters.year)
    return f"{Rows(filters.rows).label.lower()}, {year}"


def _columns(screen: Steering) -> list[Column]:
    filters, total = screen.filters, screen.total
    columns = [Column("label", _HEADS[Rows(filters.rows)], "link")]
    if filters.rows == Rows.CONTRACT:
        columns += [Column("territory", "Territoire", "link"), Column("actions", "Actions", "link")]
    columns += [Column("planned", "Prévu", "money", decimals=0)]
    columns += [Column(stage, label, "money", decimals=0) for stage, label in _STAGES]
    columns += [
        Column("committed_rate", "Engagé sur attribué", "percent", decimals=1),
        Column("paid_rate", "Payé sur attribué", "percent", decimals=1),
    ]
    if not filters.family:
        help_text = "Crédits prévus de l'État sur tous les crédits prévus, hors apports en nature."
        columns.append(Column("state_share", units.typography("Part de l'État"), "percent", decimals=1, help=help_text))
    if filters.keeps_state and filters.rows != Rows.ACTION:
        help_text = (
            "Crédits attribués de l'État, sur une estimation des personnes sous le seuil de pauvreté : l'intervalle "
            "est celui de l'arrondi des taux publiés. Les crédits connus sans ventilation y comptent. "
            "Un département compte aussi les habitants de sa métropole."
        )
        columns.append(
            Column("per_poor", "État par personne pauvre", "money", decimals=2, help=units.typography(help_text))
        )
    if screen.has_unbroken:
        help_text = "Contrats repris d'un document qui donne les crédits de l'État de l'année, sans actions ni axes."
        columns.append(Column("unbroken", _UNBROKEN, "money", decimals=0, help=help_text))
    if total.in_kind.planned.count:
        columns.append(Column("in_kind", "En nature, prévu", "money", decimals=0))
    if screen.has_negotiated:
        help_text = "Ce que prévoient les contrats qui ne sont pas signés : rien n'en est compté ailleurs."
        columns.append(Column("negotiated", "En négociation", "money", decimals=0, help=units.typography(help_text)))
    return columns


def _row(screen: Steering, row: Row) -> dict[str, Cell]:
    cash = row.cash
    cells = {
        "label": Cell(row.label, url=_url(screen, row), sort=_sort(row)),
        "planned": sum_cell(cash.planned),
        "committed_rate": _rate(row.committed_rate, cash.awarded),
        "paid_rate": _rate(row.paid_rate, cash.awarded),
        "state_share": _rate(row.totals.state_share, cash.planned),
        "per_poor": estimate_cell(row.per_poor_person) if row.state_credits.count else NOTHING,
        "unbroken": sum_cell(row.unbroken),
        "in_kind": sum_cell(row.in_kind.planned),
        "negotiated": sum_cell(row.negotiated),
    }
    cells |= {stage: sum_cell(getattr(cash, stage)) for stage, _ in _STAGES}
    if isinstance(row.subject, Contract):
        cells |= _contract_cells(screen.filters, row.subject)
    return cells


def _contract_cells(filters: Filters, contract: Contract) -> dict[str, Cell]:
    kind = ContractKind(contract.kind).label
    return {
        "label": Cell(
            contract.reference,
            url=address("contract", contract.pk),
            note=f"{kind}, {contract.get_status_display().lower()}",
        ),
        "territory": Cell(contract.territory.name, url=address("territory", contract.territory.code)),
        "actions": Cell("Actions", url=filters.query(rows=Rows.ACTION, contract=contract.pk)),
    }


def _rate(rate: object, whole: Sum) -> Cell:
    """A rate; unknown where it has a sense and cannot be told, nothing where there is no line."""
    return Cell(rate) if whole.count else NOTHING


def _sort(row: Row) -> str | int | None:
    subject = row.subject
    if isinstance(subject, Territory):
        return subject.sort_name
    return subject.number if isinstance(subject, Axis) else None


def _url(screen: Steering, row: Row) -> str:
    """Where a row leads: to what it is made of."""
    filters, subject = screen.filters, row.subject
    if isinstance(subject, Territory):
        return filters.query(rows=Rows.CONTRACT, territory=subject.code)
    if isinstance(subject, Axis):
        return filters.query(rows=Rows.TERRITORY, axis=subject.code)
    if isinstance(subject, ActionSheet):
        return address("contract-sheet", subject.contract_id, subject.code) or address("contract", subject.contract_id)
    if isinstance(subject, int):
        return filters.query(rows=Rows.TERRITORY, year=subject)
    return filters.query(rows=Rows.TERRITORY, axis=NO_AXIS) if row.key == NO_AXIS else ""


def _note(screen: Steering) -> str:
    parts = ["Montants hors apports en nature."]
    if screen.left_out.count:
        parts.append(
            f"{screen.left_out} de crédits de l'État sont connus sans ventilation par action : ils ne sont pas ici."
        )
    if any(row.persons is not None and not row.persons.known for row in screen.rows):
        parts.append("n. c. : une valeur qui n'est pas connue n'est pas nulle.")
    return units.typography(" ".join(parts))


# --- axis × territory -----------------------------------------------------------------------------------------------


def crossed_table(screen: Steering) -> Table:
    """Territories in rows, axes in columns: one number in each cell, which leads to the contracts it sums."""
    shown = Shown(screen.filters.shown)
    kind = "percent" if shown == Shown.RATE else "money"
    axes = [row for row in screen.rows if row.totals.total.planned.count]
    columns = [Column("label", "Territoire", "link")]
    columns += [Column(f"axis-{row.key}", row.label, kind, decimals=1 if kind == "percent" else 0) for row in axes]
    apart = screen.unbroken_in if shown == Shown.AWARDED else {}
    if apart:
        columns.append(Column("unbroken", _UNBROKEN, "money", decimals=0))
    rows = []
    for territory in screen.columns:
        cells = {f"axis-{row.key}": _crossed_cell(screen, row.key, territory, shown) for row in axes}
        cells["unbroken"] = sum_cell(apart.get(territory.pk, Sum()))
        rows.append(
            {"label": Cell(territory.name, url=_territory_url(screen, territory), sort=territory.sort_name), **cells}
        )
    footer = {f"axis-{row.key}": _shown_cell(row.totals, shown) for row in axes}
    footer["unbroken"] = sum_cell(screen.total.unbroken)
    return Table(
        id="pilotage",
        caption=f"{shown.label} par territoire et par axe, {screen.filters.year or 'toutes années'}",
        columns=columns,
        rows=rows,
        footer={"label": Cell("Ensemble"), **footer} if len(rows) > 1 else None,
        source=SOURCE,
        note=_note(screen),
        empty="Aucun montant en vigueur n'est dans cette sélection.",
    )


def _territory_url(screen: Steering, territory: Territory) -> str:
    return screen.filters.query(rows=Rows.CONTRACT, territory=territory.code)


def _crossed_cell(screen: Steering, axis: Hashable, territory: Territory, shown: Shown) -> Cell:
    totals = screen.crossed.get((axis, territory.pk))
    if totals is None:
        return NOTHING
    code = screen.scope.axis_by_key[axis].code if isinstance(axis, int) else NO_AXIS
    url = screen.filters.query(rows=Rows.ACTION, territory=territory.code, axis=code)
    return _shown_cell(totals, shown, url)


def _shown_cell(totals: Totals, shown: Shown, url: str = "") -> Cell:
    cash = cash_of(totals)
    if shown == Shown.RATE:
        return Cell(rate_of(cash.paid, cash.awarded), url=url) if cash.awarded.count else NOTHING
    return sum_cell(cash.awarded if shown == Shown.AWARDED else cash.paid, url)


# --- charts ---------------------------------------------------------------------------------------------------------


def chart_of(screen: Steering) -> Chart | None:
    """What was awarded, committed and paid: row by row where they are few, else of the whole."""
    drawn = [row for row in screen.rows if row.cash.awarded.money is not None and row.cash.awarded.count]
    if not drawn:
        return None
    if 1 < len(drawn) <= MOST_BARS:
        return _grouped(screen, drawn)
    stages = (("planned", "Prévu"), *_STAGES)
    amounts = [(label, _euros(getattr(screen.total.cash, stage))) for stage, label in stages]
    rows = [{"stage": label, "amount": amount} for label, amount in amounts]
    title = f"Du prévu au justifié, {_caption(screen.filters).split(', ', 1)[1]}"
    said = ", ".join(f"{label.lower()} {units.format_value(amount, unit='EUR')}" for label, amount in amounts)
    return charts.bar(
        rows,
        "stage",
        "amount",
        id="execution",
        title=title,
        alt=f"{title}{NBSP}: {said}.",
        x_title="Étape",
        y_title="Montant",
        unit="EUR",
        source=SOURCE,
    )


def _grouped(screen: Steering, drawn: Sequence[Row]) -> Chart:
    rows = [
        {"row": row.label, "stage": label, "amount": _euros(getattr(row.cash, stage))}
        for row in drawn
        for stage, label in _STAGES[:3]
    ]
    title = f"Attribué, engagé et payé {_caption(screen.filters)}"
    total = screen.total.cash
    alt = f"{title}. Ensemble{NBSP}: {total.awarded} attribués, {total.committed} engagés, {total.paid} payés."
    return charts.grouped_bar(
        rows, "row", "amount", "stage", id="execution", title=title, alt=alt,
        x_title=_HEADS.get(Rows(screen.filters.rows), "Axe"), y_title="Montant", series_title="Étape", unit="EUR",
        source=SOURCE,
    )  # fmt: skip


def _euros(amount: Sum) -> object:
    return None if amount.money is None else amount.money.euros


# --- alerts ---------------------------------------------------------------------------------------------------------

_LEADS_TO = {
    AlertKind.REPORT_OVERDUE: "contract-execution",
    AlertKind.REPORT_DUE_SOON: "contract-execution",
    AlertKind.CAP_EXCEEDED: "contract-funding",
    AlertKind.CAP_NEARLY_REACHED: "contract-funding",
}


def alert_url(shown: ShownAlert) -> str:
    """Where an alert is looked into: the action, the execution, the funding, or the contract."""
    if shown.contract is None:
        return ""
    if shown.alert.kind == AlertKind.FALLING_TREND:
        code = shown.alert.subject.partition("/")[2]
        found = address("contract-sheet", shown.contract.pk, code)
    else:
        found = address(_LEADS_TO.get(shown.alert.kind, "contract"), shown.contract.pk)
    return found or address("contract", shown.contract.pk)


def families() -> list[tuple[str, str]]:
    return [(family.value, family.label_fr) for family in Family]
