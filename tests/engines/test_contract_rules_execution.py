"""F4, F5, A1, A2 and V1: each is broken once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal

import pytest

from maillage.engines.contract_rules import (
    RULES,
    EjUse,
    Severity,
    TargetFacts,
    YearFacts,
    check_uses,
    check_version,
    snapshot_intact,
)
from maillage.kernel.money import Money
from tests.engines.contract_cases import SHEET, found, line, the, with_lines, with_sheet

# F4


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({"awarded": 100, "committed": 100, "paid": 101}, ["payés", "engagés"]),
        ({"awarded": 100, "committed": 101, "paid": 0}, ["engagés", "attribués"]),
    ],
)
def test_money_follows_its_order_on_each_line(amounts: dict[str, int], words: list[str]) -> None:
    facts = with_lines(line("L1", "state", 45_000, **amounts), *SHEET.lines[1:])
    finding = the(facts, "F4")
    assert finding.path == "sheets/A1/lines/L1"
    assert finding.refuses_write
    assert all(word in finding.message_fr for word in words)


def test_paid_is_held_to_awarded_when_committed_is_not_known() -> None:
    facts = with_lines(line("L1", "state", 45_000, awarded=100, paid=200), *SHEET.lines[1:])
    findings = found(facts, "F4")
    assert {each.checkable for each in findings} == {True, False}
    assert any(f"{Money.of(200)} sont payés pour {Money.of(100)} attribués" in each.message_fr for each in findings)


@pytest.mark.parametrize(
    "amounts",
    [
        {},
        {"committed": 0, "paid": 0},
        {"awarded": 45_000, "committed": 0, "paid": 0},
        {"awarded": 45_000, "committed": 45_000, "paid": 45_000},
    ],
)
def test_an_order_that_holds_says_nothing(amounts: dict[str, int]) -> None:
    assert not found(with_lines(line("L1", "state", 45_000, **amounts), *SHEET.lines[1:]), "F4")


def test_a_commitment_without_an_award_cannot_be_verified() -> None:
    facts = with_lines(line("L1", "state", 45_000, committed=10), *SHEET.lines[1:])
    finding = the(facts, "F4")
    assert not finding.checkable
    assert not finding.refuses_write
    assert "le montant attribué" in finding.message_fr


def test_what_the_state_awards_holds_within_the_eligible_base() -> None:
    lines = (line("L1", "state", 45_000, awarded=60_000), line("L4", "state", 0, awarded=30_001), *SHEET.lines[1:])
    finding = the(with_lines(*lines), "F4")
    assert finding.path == "sheets/A1/years/2025"
    assert f"les parts attribuées par l'État ({Money.of(90_001)}) dépassent la base éligible" in finding.message_fr


def test_the_eligible_base_holds_within_the_total_cost() -> None:
    finding = the(with_sheet(years={2025: YearFacts(Decimal(100_000), Decimal(100_001))}), "F4")
    assert "la base éligible" in finding.message_fr
    assert "dépasse le coût total" in finding.message_fr


def test_an_award_without_its_base_cannot_be_verified() -> None:
    facts = with_lines(
        line("L1", "state", 45_000, awarded=45_000), *SHEET.lines[1:], years={2025: YearFacts(Decimal(100_000), None)}
    )
    finding = the(facts, "F4")
    assert not finding.checkable
    assert "la base éligible" in finding.message_fr


def test_years_do_not_lend_to_each_other() -> None:
    lines = (*SHEET.lines, line("M1", "state", 1, year=2026, awarded=2))
    years = {2025: SHEET.years[2025], 2026: YearFacts(Decimal(1), Decimal(1))}
    assert [each.year for each in found(with_lines(*lines, years=years), "F4")] == [2026]


# F5


def test_a_legal_commitment_belongs_to_one_file() -> None:
    uses = [
        EjUse("2100 123 456", "11000201100044", 2025, "A1"),
        EjUse("2100123456", "110 002 011 00044", 2025, "B7"),
        EjUse("2100123456", "11000201100044", 2025, "A1"),
    ]
    (finding,) = check_uses(uses)
    assert finding.rule == "F5"
    assert finding.blocks
    assert finding.refuses_write
    assert "A1 et B7" in finding.message_fr


def test_another_year_siret_or_number_is_another_commitment() -> None:
    uses = [
        EjUse("1", "11000201100044", 2025, "A1"),
        EjUse("1", "11000201100044", 2026, "A2"),
        EjUse("1", "13002526500013", 2025, "A3"),
        EjUse("2", "11000201100044", 2025, "A4"),
        EjUse("", "11000201100044", 2025, "A5"),
        EjUse(" ", "11000201100044", 2025, "A6"),
    ]
    assert check_uses(uses) == []


# A1


def test_a_new_action_owes_no_baseline() -> None:
    assert not found(with_sheet(nature="new"), "A1")


@pytest.mark.parametrize(
    ("lacking", "field", "words"),
    [
        ({"baseline_known": False}, "targets", "situation initiale"),
        ({"larger_public_or_area": False}, "enlargement", "quel public ou quel territoire"),
        ({"justification": "  "}, "justification", "en quoi elle est renforcée"),
    ],
)
def test_a_reinforced_action_shows_what_it_adds(lacking: dict[str, object], field: str, words: str) -> None:
    given = {"nature": "reinforced", "baseline_known": True, "larger_public_or_area": True, "justification": "Plus"}
    assert not found(with_sheet(**given), "A1")
    finding = the(with_sheet(**given | lacking), "A1")
    assert (finding.severity, finding.waivable) == (Severity.WARNING, True)
    assert finding.path == f"sheets/A1/{field}"
    assert words in finding.message_fr


def test_a_nature_that_nobody_said_cannot_be_verified() -> None:
    assert not the(with_sheet(nature=""), "A1").checkable


# A2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"axis_code": ""}, "axis"),
        ({"measure_code": ""}, "measure"),
        ({"need": " "}, "need"),
        ({"pilot": ""}, "pilot"),
        ({"targets": ()}, "targets"),
        ({"targets": (TargetFacts("PERSONS", 2025, None),)}, "targets"),
    ],
)
def test_what_is_missing_blocks_the_signature_and_nothing_before(changes: dict[str, object], field: str) -> None:
    finding = the(with_sheet(**changes), "A2")
    assert finding.path == f"sheets/A1/{field}"
    assert finding.severity is Severity.BLOCKING_AT_SIGNATURE
    assert finding.blocks_signature
    assert not finding.blocks


def test_a_target_of_zero_is_a_target() -> None:
    assert not found(with_sheet(targets=(TargetFacts("EVICTIONS", 2025, Decimal(0)),)), "A2")


# V1

CONTENT = '{"contract":{"reference":"CLS-1","title":"Été"}}'
SHA256 = hashlib.sha256(CONTENT.encode()).hexdigest()


def test_a_version_is_intact_or_it_is_said() -> None:
    assert snapshot_intact(CONTENT, SHA256)
    assert check_version(1, CONTENT, SHA256) is None


@pytest.mark.parametrize(
    ("content", "sha256"),
    [
        (CONTENT.replace("Été", "Ete"), SHA256),
        (f"{CONTENT} ", SHA256),
        (CONTENT, SHA256.upper()),
        (CONTENT, SHA256[:-1]),
        (CONTENT, ""),
    ],
)
def test_one_character_is_enough_to_tell(content: str, sha256: str) -> None:
    assert not snapshot_intact(content, sha256)
    finding = check_version(3, content, sha256)
    assert finding is not None
    assert finding.blocks
    assert "version 3" in finding.message_fr


# The table


def test_rules_are_those_of_the_invariants() -> None:
    assert set(RULES) == {"F1", "F2", "F3", "F4", "F5", "A1", "A2", "I1", "I2", "I3", "I4", "V1"}
    assert {code for code, rule in RULES.items() if rule.waivable} == {"F2", "A1", "I1", "I3"}
    assert {code for code, rule in RULES.items() if rule.severity is Severity.WARNING} == {"F2", "A1", "I1", "I3"}
    assert [code for code, rule in RULES.items() if rule.severity is Severity.BLOCKING_AT_SIGNATURE] == ["A2"]


def test_messages_and_identities_fit_where_waivers_keep_them() -> None:
    long = replace(
        SHEET,
        code="ACTION-00012",
        title="Accueil " * 40,
        lines=(line("L" * 20, "state", "99999999999.99", awarded=None, committed="99999999999.98", in_kind=False),),
    )
    uses = [EjUse("21", "11000201100044", 2025, f"Dossier {n} " * 5) for n in range(40)]
    findings = [*found(with_sheet(**{name: getattr(long, name) for name in long.__slots__}), "F4"), *check_uses(uses)]
    findings += found(with_sheet(**{name: getattr(long, name) for name in long.__slots__}), "F2")
    assert len(findings) >= 3
    assert all(len(each.message_fr) <= 500 and len(each.key) <= 200 for each in findings)
    assert all(each.key.startswith(each.rule) for each in findings)
