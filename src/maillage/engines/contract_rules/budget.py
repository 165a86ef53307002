"""F1 and F3: what must add up, and what must hold within the State's annual cap."""

from __future__ import annotations

from collections.abc import Iterator

from maillage.engines.contract_rules.findings import broken, euros, sheet_name, unknown
from maillage.engines.contract_rules.model import ContractFacts, Family, Finding, LineFacts, SheetFacts, YearFacts
from maillage.engines.contract_rules.totals import Sum, sum_of


def check_sheet_budget(sheet: SheetFacts, years: tuple[int, ...]) -> Iterator[Finding]:
    """F1, of one action: the lines of a year, in kind included, sum to its total cost; no line is out of the years."""
    for line in sheet.lines:
        if line.year not in years:
            message = (
                f"L'action {sheet_name(sheet)} a une ligne de financement en {line.year}, "
                "qui n'est pas une année du contrat : elle n'entre dans aucun total."
            )
            yield broken("F1", f"sheets/{sheet.code}/lines/{line.key}", message, [str(line.year)], line.year)
    for year in years:
        lines = [line for line in sheet.lines if line.year == year]
        if lines or year in sheet.years:
            yield from _sheet_year(sheet, year, lines)


def _sheet_year(sheet: SheetFacts, year: int, lines: list[LineFacts]) -> Iterator[Finding]:
    total = sheet.years.get(year, YearFacts()).total_cost
    planned = sum_of(line.planned for line in lines)
    path = f"sheets/{sheet.code}/years/{year}"
    if total is not None and (planned.known > total or (planned.complete and planned.known != total)):
        yield broken(
            "F1", path, _lines_message(sheet, year, planned, euros(total), lines), [planned.known, total], year
        )
    elif total is None or not planned.complete:
        missing = ["le coût total"] if total is None else []
        missing += ["le montant prévu d'une ligne au moins"] if not planned.complete else []
        yield unknown("F1", path, f"La somme des lignes de l'action {sheet_name(sheet)} en {year}", missing, year)


def _lines_message(sheet: SheetFacts, year: int, planned: Sum, total: str, lines: list[LineFacts]) -> str:
    in_kind = sum_of(line.planned for line in lines if line.in_kind).known
    apart = f", dont {euros(in_kind)} en nature" if in_kind else ""
    return (
        f"En {year}, les lignes de l'action {sheet_name(sheet)} font {_at_least(planned)}{apart}, "
        f"et son coût total est de {total}."
    )


def _at_least(amount: Sum) -> str:
    return euros(amount.known) if amount.complete else f"au moins {euros(amount.known)}"


def check_contract_budget(facts: ContractFacts) -> Iterator[Finding]:
    """F1, of the contract: the total costs of the actions of a year sum to the budget of that year."""
    for year in facts.years:
        costs = sum_of(
            sheet.years.get(year, YearFacts()).total_cost for sheet in facts.sheets if _takes_part(sheet, year)
        )
        budget = facts.budgets.get(year)
        path = f"caps/{year}/budget"
        if budget is not None and (costs.known > budget or (costs.complete and costs.known != budget)):
            message = f"En {year}, les actions font {_at_least(costs)}, et le budget du contrat est de {euros(budget)}."
            yield broken("F1", path, message, [costs.known, budget], year)
        elif budget is None or not costs.complete:
            missing = [f"le budget du contrat en {year}"] if budget is None else []
            missing += ["le coût total d'une action au moins"] if not costs.complete else []
            yield unknown("F1", path, f"La somme des actions en {year}", missing, year)


def _takes_part(sheet: SheetFacts, year: int) -> bool:
    return year in sheet.years or any(line.year == year for line in sheet.lines)


def check_caps(facts: ContractFacts) -> Iterator[Finding]:
    """F3: the State's credits of a year hold within the annual cap, as they are planned and as they are awarded.

    A cap limits credits: what the State gives in kind is left out. With no credit planned, any cap holds.
    """
    for year in facts.years:
        lines = [
            line
            for sheet in facts.sheets
            for line in sheet.lines
            if line.year == year and line.family == Family.STATE and not line.in_kind
        ]
        planned = sum_of(line.planned for line in lines)
        awarded = sum_of(line.awarded for line in lines if line.awarded is not None)
        yield from _cap(facts, year, planned, "prévues", must_be_known=True)
        if awarded.known != planned.known:  # the same excess is told once
            yield from _cap(facts, year, awarded, "attribuées", must_be_known=False)


def _cap(facts: ContractFacts, year: int, state: Sum, word: str, *, must_be_known: bool) -> Iterator[Finding]:
    """What is not awarded yet is not missing; what is planned without an amount is."""
    cap = facts.caps.get(year)
    path = f"caps/{year}/ae"
    if cap is not None and state.known > cap:
        message = (
            f"En {year}, les parts de l'État {word} font {_at_least(state)} : "
            f"{euros(state.known - cap)} de plus que le plafond annuel de {euros(cap)}."
        )
        yield broken("F3", path, message, [word, state.known, cap], year)
    elif must_be_known and ((cap is None and (state.known or state.missing)) or not state.complete):
        missing = [f"le plafond annuel de {year}"] if cap is None else []
        missing += ["le montant prévu d'une part de l'État au moins"] if not state.complete else []
        yield unknown("F3", path, f"La tenue du plafond annuel de l'État en {year}", missing, year)
