"""F1, F2 and F3: what adds up, who shares, and the cap. Each rule is broken once, and once cannot be verified."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from maillage.engines.contract_rules import Severity, YearFacts, check
from maillage.engines.parameters import Name
from maillage.kernel.money import Money
from tests.engines.contract_cases import (
    CONTRACT,
    PARAMETERS,
    SHEET,
    found,
    line,
    saying,
    the,
    with_lines,
    with_sheet,
    without,
)


def test_a_sound_contract_has_no_finding() -> None:
    assert check(CONTRACT, PARAMETERS) == []


# F1


def test_lines_that_do_not_make_the_total_cost_are_said_with_their_amounts() -> None:
    facts = with_lines(line("L1", "state", 45_000), line("L2", "collectivity", "54_000.50"))
    finding = the(facts, "F1")
    assert finding.severity is Severity.BLOCKING
    assert finding.blocks
    assert not finding.refuses_write, "a draft is filled line by line"
    assert not finding.waivable
    assert finding.path == "sheets/A1/years/2025"
    assert finding.message_fr == (
        f"En 2025, les lignes de l'action A1 « Accueil de jour » font {Money.of('99000.50')}, "
        f"et son coût total est de {Money.of(100_000)}."
    )


def test_contributions_in_kind_are_part_of_the_total_cost_and_told_apart() -> None:
    in_kind = line("L4", "other", 5_000, in_kind=True)
    assert f"dont {Money.of(5_000)} en nature" in the(with_lines(*SHEET.lines, in_kind), "F1").message_fr
    assert not found(with_lines(*SHEET.lines[:2], replace(SHEET.lines[2], planned=Decimal(5_000)), in_kind), "F1")


@pytest.mark.parametrize(
    ("total", "planned", "missing"),
    [(None, 45_000, "le coût total"), (Decimal(100_000), None, "le montant prévu d'une ligne au moins")],
)
def test_an_unknown_amount_is_neither_a_pass_nor_a_zero(
    total: Decimal | None, planned: int | None, missing: str
) -> None:
    facts = with_lines(line("L1", "state", planned), *SHEET.lines[1:], years={2025: YearFacts(total, Decimal(90_000))})
    findings = [each for each in found(facts, "F1") if each.path == "sheets/A1/years/2025"]
    assert [each.checkable for each in findings] == [False]
    assert "ne peut pas être vérifiée" in findings[0].message_fr
    assert missing in findings[0].message_fr
    assert findings[0].severity is Severity.BLOCKING_AT_SIGNATURE
    assert findings[0].blocks_signature
    assert not findings[0].waivable


def test_what_exceeds_already_is_broken_whatever_the_unknown_is() -> None:
    facts = with_lines(line("L1", "state", 100_001), line("L2", "collectivity", None))
    finding = next(each for each in found(facts, "F1") if each.checkable)
    assert f"au moins {Money.of(100_001)}" in finding.message_fr


def test_a_line_out_of_the_years_of_the_contract_enters_no_total() -> None:
    finding = the(with_lines(*SHEET.lines, line("L9", "state", 1, year=2031)), "F1")
    assert finding.path == "sheets/A1/lines/L9"
    assert "2031, qui n'est pas une année du contrat" in finding.message_fr


def test_actions_must_make_the_budget_of_the_contract() -> None:
    finding = the(replace(CONTRACT, budgets={2025: Decimal(120_000)}), "F1")
    assert finding.path == "caps/2025/budget"
    assert str(Money.of(100_000)) in finding.message_fr
    assert str(Money.of(120_000)) in finding.message_fr


@pytest.mark.parametrize("budgets", [{}, {2025: None}])
def test_a_contract_without_a_budget_cannot_be_verified(budgets: dict[int, Decimal | None]) -> None:
    finding = the(replace(CONTRACT, budgets=budgets), "F1")
    assert not finding.checkable
    assert "il manque le budget du contrat en 2025." in finding.message_fr


def test_an_action_that_does_not_run_that_year_brings_nothing_to_it() -> None:
    other = replace(SHEET, code="A2", years={2026: YearFacts(Decimal(1), Decimal(1))}, lines=())
    findings = check(replace(CONTRACT, sheets=(SHEET, other)), PARAMETERS)
    assert findings == []


# F2


def test_the_state_bears_half_of_the_eligible_cost_at_most() -> None:
    facts = with_lines(line("L1", "state", "45_000.01"), line("L2", "collectivity", "54_999.99"))
    finding = the(facts, "F2")
    assert (finding.severity, finding.waivable, finding.path) == (Severity.WARNING, True, "sheets/A1/years/2025")
    assert str(Money.of("45000.01")) in finding.message_fr
    assert str(Money.of(90_000)) in finding.message_fr
    assert not finding.blocks_signature


def test_half_of_an_odd_cent_is_rounded_for_the_state() -> None:
    years = {2025: YearFacts(Decimal("100.01"), Decimal("100.01"))}
    facts = with_lines(line("L1", "state", "50.01"), line("L2", "collectivity", "50.01"), years=years)
    assert not found(facts, "F2")


def test_collectivities_bring_as_much_as_the_state_over_the_contract_and_year() -> None:
    facts = with_lines(line("L1", "state", 45_000), line("L2", "collectivity", 40_000), line("L3", "other", 15_000))
    finding = the(facts, "F2")
    assert finding.path == "caps/2025"
    assert f"il manque {Money.of(5_000)}" in finding.message_fr


def test_the_contract_level_lets_one_action_make_up_for_another() -> None:
    poor = replace(SHEET, lines=(line("L1", "state", 45_000), line("L2", "other", 55_000)))
    rich = replace(SHEET, code="A2", lines=(line("L1", "collectivity", 100_000),))
    assert not found(replace(CONTRACT, sheets=(poor, rich)), "F2")


IN_KIND = (
    line("L1", "state", 45_000),
    line("L2", "collectivity", 30_000),
    line("L3", "collectivity", 25_000, in_kind=True),
)


def test_contributions_in_kind_are_told_apart_and_counted_only_if_a_parameter_says_so() -> None:
    refused = the(with_lines(*IN_KIND), "F2")
    assert refused.message_fr.endswith(f"Apports en nature : {Money.of(25_000)}, non comptés.")
    assert not found(with_lines(*IN_KIND), "F2", saying(Name.IN_KIND_COUNTS, "yes"))


def test_the_sort_of_contributions_in_kind_matters_only_where_there_are_some() -> None:
    rows = without(Name.IN_KIND_COUNTS)
    assert not found(CONTRACT, "F2", rows)
    assert "le sort des apports en nature" in the(with_lines(*IN_KIND), "F2", rows).message_fr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (Name.CO_FUNDING_LEVELS, "le niveau où elle s'applique"),
        (Name.CO_FUNDING_STATE_MAX_RATE, "le taux maximal de l'État"),
        (Name.CO_FUNDING_COLLECTIVITY_MIN_RATIO, "la part minimale des collectivités"),
        (Name.CO_FUNDING_TOLERANCE_RATE, "la tolérance"),
    ],
)
def test_without_a_parameter_the_rule_cannot_be_verified(name: str, words: str) -> None:
    finding = the(CONTRACT, "F2", without(name))
    assert not finding.checkable
    assert not finding.waivable
    assert finding.path == "caps/2025"
    assert "ne peut pas être vérifiée" in finding.message_fr
    assert words in finding.message_fr


def test_parameters_of_another_kind_or_year_say_nothing() -> None:
    assert not the(replace(CONTRACT, kind="annual_link"), "F2").checkable
    later = replace(CONTRACT, years=(2028,))
    assert not the(later, "F2").checkable


def test_levels_are_a_parameter() -> None:
    broken = with_lines(line("L1", "state", 60_000), line("L2", "other", 40_000))
    paths = {
        level: [each.path for each in found(broken, "F2", saying(Name.CO_FUNDING_LEVELS, level))]
        for level in ("both", "action", "contract", "none")
    }
    assert paths == {
        "both": ["caps/2025", "sheets/A1/years/2025"],
        "action": ["sheets/A1/years/2025"],
        "contract": ["caps/2025"],
        "none": [],
    }


def test_a_tolerance_widens_both_levels_and_is_said() -> None:
    rows = saying(Name.CO_FUNDING_TOLERANCE_RATE, Decimal("0.02"))
    near = with_lines(line("L1", "state", 46_800), line("L2", "collectivity", 45_900), line("L3", "other", 7_300))
    assert len(found(near, "F2")) == 2
    assert not found(near, "F2", rows)
    far = with_lines(line("L1", "state", 46_801), line("L2", "collectivity", 46_801))
    assert "(tolérance : 2 points)" in the(far, "F2", rows).message_fr


def test_an_unknown_share_is_said_unless_it_could_change_nothing() -> None:
    unknown_state = with_lines(line("L1", "state", None), *SHEET.lines[1:])
    assert [each.checkable for each in found(unknown_state, "F2")] == [False, False]
    unknown_other = with_lines(line("L1", "state", 45_000), line("L2", "collectivity", None))
    assert [each.checkable for each in found(unknown_other, "F2")] == [False]
    enough_already = with_lines(*SHEET.lines, line("L4", "collectivity", None))
    assert not found(enough_already, "F2")
    unknown_base = with_sheet(years={2025: YearFacts(Decimal(100_000), None)})
    assert [each.checkable for each in found(unknown_base, "F2")] == [False]


def test_a_waiver_falls_with_the_amounts_it_accepted() -> None:
    def key(state: int) -> str:
        return next(
            each.key
            for each in found(with_lines(line("L1", "state", state), line("L2", "collectivity", 100_000 - state)), "F2")
            if each.path == "sheets/A1/years/2025"
        )

    assert key(60_000) == key(60_000)
    assert key(60_000) != key(60_001)


def test_an_identity_does_not_depend_on_how_an_amount_is_written() -> None:
    plain = with_lines(line("L1", "state", "60000"), line("L2", "collectivity", "40000"))
    cents = with_lines(line("L1", "state", "60000.00"), line("L2", "collectivity", "40000.0"))
    assert [each.key for each in check(plain, PARAMETERS)] == [each.key for each in check(cents, PARAMETERS)]


# F3


def test_the_shares_of_the_state_hold_within_the_annual_cap() -> None:
    finding = the(replace(CONTRACT, caps={2025: Decimal(40_000)}), "F3")
    assert (finding.severity, finding.path) == (Severity.BLOCKING, "caps/2025/ae")
    assert f"{Money.of(5_000)} de plus que le plafond annuel de {Money.of(40_000)}" in finding.message_fr


def test_what_is_awarded_is_held_to_the_cap_too() -> None:
    lines = (line("L1", "state", 45_000, awarded=45_001), *SHEET.lines[1:])
    finding = the(with_lines(*lines), "F3")
    assert "attribuées" in finding.message_fr


def test_one_excess_planned_and_awarded_alike_is_told_once() -> None:
    facts = with_lines(line("L1", "state", 46_000, awarded=46_000), *SHEET.lines[1:])
    assert "prévues" in the(facts, "F3").message_fr


def test_a_cap_limits_credits_not_contributions_in_kind() -> None:
    facts = with_lines(*SHEET.lines, line("L4", "state", 9_000, in_kind=True))
    assert not found(facts, "F3")


def test_an_unknown_cap_cannot_be_verified_unless_the_state_gives_nothing() -> None:
    finding = the(replace(CONTRACT, caps={}), "F3")
    assert not finding.checkable
    assert "le plafond annuel de 2025" in finding.message_fr
    assert not found(replace(with_lines(line("L2", "collectivity", 100_000)), caps={}), "F3")


def test_an_unknown_share_of_the_state_cannot_be_held_to_the_cap() -> None:
    facts = with_lines(line("L1", "state", None), *SHEET.lines[1:])
    assert [each.checkable for each in found(facts, "F3")] == [False]
    over = with_lines(line("L1", "state", None), line("L4", "state", 45_001))
    assert any(each.checkable for each in found(over, "F3"))
