"""The totals of a contract as tables and as a chart. What is not known is never written as zero."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from maillage.contracts.enums import Origin
from maillage.contracts.models import Contract
from maillage.engines.contract_rules import ContractFacts, Family, Sum, Totals, totals, totals_by_axis
from maillage.kernel.money import Money
from maillage.kernel.rate import Rate
from maillage.pacts.models import Axis
from maillage.ui import charts
from maillage.ui.charts import Chart
from maillage.ui.tables import NOTHING, Cell, Column, Table
from maillage.ui.units import typography

MONEY_NOTE = "Les apports en nature sont montrés à part ; la part de l'État se calcule sur les montants en numéraire."
TAKEN_OVER_NOTE = "Contrat repris d'un document : un financeur que le document ne donne pas n'est pas connu."


def _sum(amount: Sum, *, whole: bool) -> Cell:
    """`whole`: the lines are all there, so that no line means no euro; otherwise no line means nothing is known."""
    if amount.count == 0 and not whole:
        return Cell(None)
    return Cell(amount.money, status="" if amount.complete else "partial")


def _in_kind(found: Totals) -> Sum:
    return sum((amounts.planned for amounts in found.in_kind.values()), Sum())


def _rate(rate: Rate | None) -> Cell:
    return Cell(rate.percent if rate is not None else None)


def _row(found: Totals, contract: Contract) -> dict[str, Cell]:
    whole = contract.origin == Origin.NATIVE and found.total.planned.count > 0
    cells = {family.value: _sum(found.cash[family].planned, whole=whole) for family in Family}
    alone = not whole and not any(found.cash[one].planned.count for one in Family if one is not Family.STATE)
    return cells | {
        "in_kind": _sum(_in_kind(found), whole=whole),
        "total": Cell(None) if alone else _sum(found.total.planned, whole=whole),
        "share": Cell(None) if alone else _rate(found.state_share),
        "cap": Cell(found.cap),
        "left": Cell(found.cap_remaining if whole else None),
    }


def years_table(contract: Contract, facts: ContractFacts, *, id: str, caption: str) -> Table:
    """Planned by family and year, cash and in kind apart, with the State's share, the cap and what it leaves."""
    found = totals(facts)
    columns = [
        Column("year", "Année"),
        *(Column(family.value, family.label_fr, "money") for family in Family),
        Column("in_kind", "En nature", "money"),
        Column("total", "Total", "money"),
        Column("share", "Part de l'État", "percent"),
        Column("cap", "Plafond de l'État", "money"),
        Column("left", "Reste sous le plafond", "money"),
    ]
    rows: list[dict[str, Any]] = [{"year": str(year), **_row(one, contract)} for year, one in found.years.items()]
    taken_over = contract.origin == Origin.TAKEN_OVER
    return Table(
        id,
        caption,
        columns,
        rows,
        source=str(contract.document) if contract.document is not None else "",
        note=typography(TAKEN_OVER_NOTE if taken_over else MONEY_NOTE),
        footer={"year": Cell("Ensemble"), **_row(found.overall, contract)} if len(rows) > 1 else None,
        sortable=False,
    )


def axis_table(facts: ContractFacts, *, id: str, caption: str) -> Table:
    """Planned by axis over the whole contract."""
    found = totals_by_axis(facts)
    titles = {axis.code: str(axis) for axis in Axis.objects.filter(code__in=[code for code in found if code])}
    rows = [
        {
            "axis": titles.get(code, "Sans axe"),
            "state": _sum(one.overall.cash[Family.STATE].planned, whole=True),
            "total": _sum(one.overall.total.planned, whole=True),
            "share": _rate(one.overall.state_share),
        }
        for code, one in found.items()
    ]
    columns = [
        Column("axis", "Axe"),
        Column("state", "État", "money"),
        Column("total", "Total, en nature compris", "money"),
        Column("share", "Part de l'État", "percent"),
    ]
    footer = {"axis": Cell("Ensemble"), "share": NOTHING} if len(rows) > 1 else None
    return Table(id, caption, columns, rows, footer=_axis_footer(facts, footer), sortable=False)


def _axis_footer(facts: ContractFacts, footer: dict[str, Cell] | None) -> dict[str, Cell] | None:
    if footer is None:
        return None
    overall = totals(facts).overall
    state, total = overall.cash[Family.STATE].planned, overall.total.planned
    return footer | {
        "state": _sum(state, whole=True),
        "total": _sum(total, whole=True),
        "share": _rate(overall.state_share),
    }


def years_chart(contract: Contract, facts: ContractFacts, *, id: str) -> Chart | None:
    """Planned cash by family and year; None where there is nothing to draw."""
    found = totals(facts)
    rows = [
        {"year": str(year), "family": family.label_fr, "amount": one.cash[family].planned.known}
        for year, one in found.years.items()
        for family in Family
        if one.cash[family].planned.count
    ]
    if not rows:
        return None
    parts = [f"{family.label_fr.lower()} {_whole(found.overall, family)}" for family in Family]
    return charts.grouped_bar(
        rows,
        "year",
        "amount",
        "family",
        id=id,
        title="Montants prévus en numéraire, par année et par financeur",
        alt=typography(f"Barres par année. Sur l'ensemble du contrat : {', '.join(parts)}."),
        x_title="Année",
        y_title="Prévu",
        series_title="Financeur",
        unit="EUR",
        source=str(contract.document) if contract.document is not None else contract.reference,
    )


def _whole(overall: Totals, family: Family) -> str:
    amount = overall.cash[family].planned
    return str(amount) if amount.count else "sans ligne"


def credits_known(facts: ContractFacts) -> list[tuple[int, Money | None]]:
    """The State credits that a document gives by year."""
    return [(year, _money(facts.caps.get(year))) for year in facts.years]


def _money(amount: Decimal | None) -> Money | None:
    return None if amount is None else Money(amount)
