"""F2: who shares the cost. Levels, rates and tolerance are dated parameters by kind of contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.engines.contract_rules.findings import broken, euros, sheet_name, unknown
from maillage.engines.contract_rules.model import ContractFacts, Family, Finding, LineFacts, SheetFacts, YearFacts
from maillage.engines.contract_rules.totals import Sum, sum_of
from maillage.engines.parameters import Name, Parameter, parameter
from maillage.kernel.money import Money
from maillage.kernel.numbers import format_number
from maillage.kernel.rate import Rate

ACTION_LEVEL = frozenset({"action", "both"})
CONTRACT_LEVEL = frozenset({"contract", "both"})


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the parameters of a kind and a year say; None where nobody says it."""

    levels: Parameter | None
    state_max: Parameter | None
    min_ratio: Parameter | None
    tolerance: Parameter | None
    in_kind: Parameter | None

    @classmethod
    def of(cls, rows: Sequence[Parameter], kind: str, year: int) -> _Terms:
        return cls(
            parameter(rows, Name.CO_FUNDING_LEVELS, kind, year),
            parameter(rows, Name.CO_FUNDING_STATE_MAX_RATE, kind, year),
            parameter(rows, Name.CO_FUNDING_COLLECTIVITY_MIN_RATIO, kind, year),
            parameter(rows, Name.CO_FUNDING_TOLERANCE_RATE, kind, year),
            parameter(rows, Name.IN_KIND_COUNTS, kind, year),
        )

    def at_action(self) -> bool:
        return self.levels is not None and self.levels.text in ACTION_LEVEL

    def at_contract(self) -> bool:
        return self.levels is not None and self.levels.text in CONTRACT_LEVEL


def check_co_funding(facts: ContractFacts, rows: Sequence[Parameter]) -> Iterator[Finding]:
    """F2 at both levels, for each year. Contributions in kind are told apart, and counted only if a parameter says so.

    An unknown level, or an unknown rate, gives one « ne peut pas être vérifiée » for the year: it is the fault of no
    action.
    """
    for year in facts.years:
        terms = _Terms.of(rows, facts.kind, year)
        lines = [line for sheet in facts.sheets for line in sheet.lines if line.year == year]
        missing = _missing_terms(terms, any(line.in_kind for line in lines))
        if missing:
            yield unknown("F2", f"caps/{year}", f"La règle de cofinancement de {year}", missing, year)
            continue
        if terms.at_action():
            for sheet in facts.sheets:
                yield from _action(sheet, year, terms)
        if terms.at_contract() and lines:
            yield from _contract(lines, year, terms)


def _missing_terms(terms: _Terms, has_in_kind: bool) -> list[str]:
    if terms.levels is None:
        return ["le niveau où elle s'applique, qu'aucun paramètre ne donne pour ce type de contrat"]
    wanted = [
        (terms.at_action(), terms.state_max, "le taux maximal de l'État"),
        (terms.at_contract(), terms.min_ratio, "la part minimale des collectivités"),
        (terms.at_action() or terms.at_contract(), terms.tolerance, "la tolérance"),
        ((terms.at_action() or terms.at_contract()) and has_in_kind, terms.in_kind, "le sort des apports en nature"),
    ]
    return [f"{word} (aucun paramètre ne le dit)" for asked, found, word in wanted if asked and found is None]


def _counted(lines: Sequence[LineFacts], family: Family, terms: _Terms) -> Sum:
    in_kind = terms.in_kind is not None and terms.in_kind.is_yes
    return sum_of(line.planned for line in lines if line.family == family and (in_kind or not line.in_kind))


def _action(sheet: SheetFacts, year: int, terms: _Terms) -> Iterator[Finding]:
    """The State's share is at most the rate of the eligible cost, to the cent, tolerance added to the rate."""
    lines = [line for line in sheet.lines if line.year == year]
    state = _counted(lines, Family.STATE, terms)
    if not state.known and state.complete:
        return
    eligible = sheet.years.get(year, YearFacts()).eligible_cost
    most = _most(eligible, terms)
    path = f"sheets/{sheet.code}/years/{year}"
    if eligible is not None and most is not None and state.known > most:
        message = _action_message(sheet, year, state, eligible, terms, lines)
        yield broken("F2", path, message, [state.known, eligible, most], year)
    elif eligible is None or not state.complete:
        missing = ["le coût éligible"] if eligible is None else []
        missing += ["le montant prévu d'une part de l'État"] if not state.complete else []
        yield unknown("F2", path, f"La part de l'État dans l'action {sheet_name(sheet)} en {year}", missing, year)


def _most(eligible: Decimal | None, terms: _Terms) -> Decimal | None:
    if eligible is None:
        return None
    return Money(eligible).share(_number(terms.state_max) + _number(terms.tolerance)).euros


def _action_message(
    sheet: SheetFacts, year: int, state: Sum, eligible: Decimal, terms: _Terms, lines: Sequence[LineFacts]
) -> str:
    share = Rate.of(state.known, eligible)
    percent = f" ({share.format(2)})" if share is not None else ""
    return (
        f"En {year}, l'État porte {euros(state.known)} des {euros(eligible)} éligibles de l'action "
        f"{sheet_name(sheet)}{percent}, au-delà des {_percent(terms.state_max)} admis{_tolerance(terms)}."
        f"{_in_kind_note(lines, terms)}"
    )


def _contract(lines: Sequence[LineFacts], year: int, terms: _Terms) -> Iterator[Finding]:
    """Over the contract and the year, the collectivities bring at least so many times what the State brings.

    An unknown share of a collectivity can only help, an unknown share of the State can only harm: what is sure
    whatever they are is said, the rest cannot be verified.
    """
    state, others = _counted(lines, Family.STATE, terms), _counted(lines, Family.COLLECTIVITY, terms)
    least = Money(state.known).share(max(_number(terms.min_ratio) - _number(terms.tolerance), Decimal(0))).euros
    path = f"caps/{year}"
    if others.complete and others.known < least:
        message = (
            f"En {year}, les collectivités apportent {euros(others.known)} et l'État {_state(state)} : "
            f"il manque {euros(least - others.known)} pour atteindre "
            f"{format_number(_number(terms.min_ratio))} fois la part de l'État{_tolerance(terms)}."
            f"{_in_kind_note(lines, terms)}"
        )
        yield broken("F2", path, message, [others.known, state.known, least], year)
    elif not state.complete or others.known < least:
        missing = ["le montant prévu d'une part de l'État"] if not state.complete else []
        missing += ["le montant prévu d'une part des collectivités"] if not others.complete else []
        yield unknown("F2", path, f"La part des collectivités en {year}", missing, year)


def _state(state: Sum) -> str:
    return euros(state.known) if state.complete else f"au moins {euros(state.known)}"


def _in_kind_note(lines: Sequence[LineFacts], terms: _Terms) -> str:
    """What comes in kind, always told apart, and whether it was counted."""
    in_kind = sum_of(line.planned for line in lines if line.in_kind)
    if not in_kind.count:
        return ""
    counted = terms.in_kind is not None and terms.in_kind.is_yes
    return f" Apports en nature : {in_kind}, {'comptés' if counted else 'non comptés'}."


def _tolerance(terms: _Terms) -> str:
    tolerance = _number(terms.tolerance)
    return (
        f" (tolérance : {format_number(tolerance * 100)} point{'s' if tolerance >= Decimal('0.02') else ''})"
        if tolerance
        else ""
    )


def _percent(row: Parameter | None) -> str:
    return Rate(_number(row) * 100).format(None)


def _number(row: Parameter | None) -> Decimal:
    """The callers have refused what is missing: see `_missing_terms`."""
    if row is None:
        raise ValueError("a missing parameter is told before it is used")
    return row.number
