"""What holds of any contract: money is never lost, an order is nothing, an unknown amount is never a pass."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.contract_rules import (
    ContractFacts,
    Family,
    LineFacts,
    SheetFacts,
    Sum,
    YearFacts,
    check,
    totals,
    totals_by_axis,
)
from maillage.kernel.money import Money
from tests.engines.contract_cases import CONTRACT, PARAMETERS, SHEET, line

YEARS = (2024, 2025)
known = st.decimals(0, 1_000_000, places=2)
amounts = st.none() | known


@st.composite
def lines(draw: st.DrawFn, values: st.SearchStrategy[Decimal | None] = amounts) -> tuple[LineFacts, ...]:
    return tuple(
        LineFacts(
            f"L{n}",
            draw(st.sampled_from(YEARS)),
            "Financeur",
            draw(st.sampled_from(list(Family))),
            draw(st.booleans()),
            *(draw(values) for _ in range(5)),
        )
        for n in range(draw(st.integers(0, 6)))
    )


@st.composite
def contracts(draw: st.DrawFn, values: st.SearchStrategy[Decimal | None] = amounts) -> ContractFacts:
    sheets = tuple(
        SheetFacts(
            f"A{n}",
            "Action",
            axis_code=draw(st.sampled_from(["", "1", "2"])),
            years={year: YearFacts(draw(values), draw(values)) for year in YEARS},
            lines=draw(lines(values)),
        )
        for n in range(draw(st.integers(0, 4)))
    )
    return ContractFacts(
        "cls", YEARS, {year: draw(values) for year in YEARS}, {year: draw(values) for year in YEARS}, sheets
    )


@given(contracts())
def test_the_order_of_sheets_and_lines_is_nothing(facts: ContractFacts) -> None:
    sheets = [replace(sheet, lines=tuple(reversed(sheet.lines))) for sheet in reversed(facts.sheets)]
    assert check(replace(facts, sheets=tuple(sheets)), PARAMETERS) == check(facts, PARAMETERS)


@given(contracts())
def test_every_finding_has_an_identity_of_its_own(facts: ContractFacts) -> None:
    findings = check(facts, PARAMETERS)
    assert len({finding.key for finding in findings}) == len(findings)
    assert all(finding.message_fr.endswith(".") for finding in findings)


@given(contracts(known), st.data())
def test_forgetting_an_amount_never_makes_a_contract_pass(facts: ContractFacts, data: st.DataObject) -> None:
    """A planned amount that becomes unknown leaves F1 broken, or not verifiable: never silent."""
    bearing = [sheet for sheet in facts.sheets if sheet.lines]
    if not bearing:
        return
    sheet = data.draw(st.sampled_from(bearing))
    forgotten = replace(sheet, lines=(replace(sheet.lines[0], planned=None), *sheet.lines[1:]))
    changed = replace(facts, sheets=tuple(forgotten if each is sheet else each for each in facts.sheets))
    path = f"sheets/{sheet.code}/years/{sheet.lines[0].year}"
    assert any(each.rule == "F1" and each.path == path for each in check(changed, PARAMETERS))


@given(contracts(known))
def test_years_families_and_axes_part_the_same_money(facts: ContractFacts) -> None:
    whole = totals(facts)
    for name in ("planned", "awarded", "committed", "paid", "justified"):
        overall = getattr(whole.overall.total, name)
        by_year = sum((getattr(each.total, name) for each in whole.years.values()), Sum())
        by_axis = sum((getattr(each.overall.total, name) for each in totals_by_axis(facts).values()), Sum())
        parts = [*whole.overall.cash.values(), *whole.overall.in_kind.values()]
        by_family = sum((getattr(each, name) for each in parts), Sum())
        assert overall == by_year == by_axis == by_family


@given(contracts(known))
def test_the_cap_is_broken_exactly_when_less_than_nothing_remains(facts: ContractFacts) -> None:
    broken = {each.year for each in check(facts, PARAMETERS) if each.rule == "F3" and "prévues" in each.key}
    remaining = {year: each.cap_remaining for year, each in totals(facts).years.items()}
    assert broken == {year for year, left in remaining.items() if left is not None and left < Money.zero()}


# Totals by example


def test_totals_of_a_year_are_what_the_negotiation_shows() -> None:
    in_kind = line("L4", "collectivity", 5_000, in_kind=True)
    year = totals(replace(CONTRACT, sheets=(replace(SHEET, lines=(*SHEET.lines, in_kind)),))).years[2025]
    assert year.cash[Family.STATE].planned.money == Money.of(45_000)
    assert year.cash[Family.COLLECTIVITY].planned.money == Money.of(45_000)
    assert year.in_kind[Family.COLLECTIVITY].planned.money == Money.of(5_000)
    assert year.total.planned.money == Money.of(105_000)
    assert str(year.state_share) == "45,0\u00a0%"
    assert year.cap_remaining == Money.zero()
    assert str(year.cap_used) == "100,0\u00a0%"


def test_an_unknown_amount_shows_and_hides_no_other() -> None:
    sheet = replace(SHEET, lines=(*SHEET.lines, line("L4", "state", None)))
    year = totals(replace(CONTRACT, sheets=(sheet,))).years[2025]
    state = year.cash[Family.STATE].planned
    assert str(state) == f"au moins {Money.of(45_000)} (1 ligne sur 2 sans montant)"
    assert state.exact is None
    assert year.state_share is None
    assert year.cap_remaining is None
    assert str(Sum(Decimal(0), 2, 2)) == "non connu"
    assert Sum(Decimal(0), 2, 2).money is None
    assert Sum().money == Money.zero()


def test_a_cap_over_all_years_needs_every_year() -> None:
    two = replace(CONTRACT, years=(2025, 2026))
    assert totals(two).overall.cap is None
    assert totals(replace(two, caps={2025: Decimal(1), 2026: Decimal(2)})).overall.cap == Money.of(3)
    assert totals(replace(CONTRACT, years=())).overall.cap is None


def test_an_execution_rate_needs_something_planned() -> None:
    paid = replace(SHEET, lines=(line("L1", "state", 100, paid=25), line("L2", "other", 100, paid=0)))
    whole = totals(replace(CONTRACT, sheets=(paid,))).overall
    assert str(whole.total.execution_rate) == "12,5\u00a0%"
    assert whole.cash[Family.COLLECTIVITY].execution_rate is None
    assert totals(CONTRACT).overall.total.execution_rate is None
