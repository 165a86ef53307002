"""I1 to I4: what one reading must respect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.contract_rules import Breakdown, Finding, ReadingFacts, Severity
from maillage.engines.contract_rules import check_reading as check

READING = ReadingFacts("PERSONS", "Personnes accueillies", "flow", Decimal(120), date(2025, 12, 31))
SHARE = replace(READING, nature="share", value=Decimal(40), numerator=Decimal(40), denominator=Decimal(100))


def sex(women: int | None, men: int | None, *, incomplete: bool = False) -> Breakdown:
    parts = {"F": None if women is None else Decimal(women), "M": None if men is None else Decimal(men)}
    return Breakdown("sex", "Sexe", parts, incomplete)


def one(facts: ReadingFacts) -> Finding:
    (finding,) = check(facts)
    return finding


def test_a_sound_reading_has_no_finding() -> None:
    assert check(replace(READING, breakdowns=(sex(70, 50),))) == []
    assert check(SHARE) == []


# I1


@pytest.mark.parametrize(("women", "men"), [(70, 49), (70, 51), (0, 0)])
def test_breakdowns_sum_to_the_total(women: int, men: int) -> None:
    finding = one(replace(READING, breakdowns=(sex(women, men),)))
    assert (finding.rule, finding.severity, finding.waivable) == ("I1", Severity.WARNING, True)
    assert f"fait {women + men} pour un total de 120" in finding.message_fr


def test_a_breakdown_said_incomplete_owes_nothing() -> None:
    assert check(replace(READING, breakdowns=(sex(70, 49, incomplete=True),))) == []


def test_an_unknown_category_cannot_be_verified_unless_the_rest_exceeds() -> None:
    assert not one(replace(READING, breakdowns=(sex(70, None),))).checkable
    assert not one(replace(READING, value=None, breakdowns=(sex(70, 50),))).checkable
    beyond = one(replace(READING, breakdowns=(sex(121, None),)))
    assert beyond.checkable
    assert "au moins 121" in beyond.message_fr


@pytest.mark.parametrize("nature", ["share", "level"])
def test_parts_of_a_share_or_a_median_are_not_summed(nature: str) -> None:
    facts = replace(SHARE, nature=nature, breakdowns=(sex(70, 70),))
    assert check(facts) == []


# I2


@pytest.mark.parametrize(("numerator", "denominator"), [(101, 100), (1, 0), (-1, 100)])
def test_a_numerator_is_part_of_its_denominator(numerator: int, denominator: int) -> None:
    finding = one(replace(SHARE, numerator=Decimal(numerator), denominator=Decimal(denominator)))
    assert finding.rule == "I2"
    assert finding.refuses_write


@pytest.mark.parametrize(
    ("numerator", "denominator", "missing"),
    [(None, 100, "le numérateur"), (40, None, "le dénominateur"), (None, None, "le numérateur et le dénominateur")],
)
def test_a_share_without_its_two_numbers_cannot_be_verified(
    numerator: int | None, denominator: int | None, missing: str
) -> None:
    facts = replace(
        SHARE,
        numerator=None if numerator is None else Decimal(numerator),
        denominator=None if denominator is None else Decimal(denominator),
    )
    finding = one(facts)
    assert not finding.checkable
    assert f"il manque {missing}." in finding.message_fr


def test_a_share_that_is_wholly_unknown_claims_nothing() -> None:
    assert check(replace(SHARE, value=None, numerator=None, denominator=None)) == []


# I3

SERIES = replace(READING, cumulative=True, history={date(2025, 6, 30): Decimal(100), date(2026, 6, 30): Decimal(150)})


def test_a_cumulative_value_does_not_fall() -> None:
    assert check(SERIES) == []
    finding = one(replace(SERIES, value=Decimal(99)))
    assert (finding.rule, finding.severity) == ("I3", Severity.WARNING)
    assert "passe à 99 après 100 au relevé du 30/06/2025" in finding.message_fr


def test_a_late_reading_is_held_to_what_came_after() -> None:
    finding = one(replace(SERIES, value=Decimal(151)))
    assert "vaut 151 pour tomber ensuite, au 30/06/2026, à 150" in finding.message_fr


def test_a_value_that_is_not_cumulative_may_fall() -> None:
    assert check(replace(SERIES, cumulative=False, value=Decimal(1))) == []


# I4


@pytest.mark.parametrize(
    "changes", [{"summable": False}, {"nature": "level"}, {"nature": "share", "numerator": None, "value": None}]
)
def test_what_does_not_add_up_is_never_a_sum(changes: dict[str, object]) -> None:
    facts = replace(READING, added_up=True, **changes)  # type: ignore[arg-type]  # the cases change fields of many types
    assert [each.rule for each in check(facts) if each.refuses_write] == ["I4"]


def test_persons_are_added_only_with_the_note() -> None:
    facts = replace(READING, added_up=True, unique_persons=True)
    assert one(facts).rule == "I4"
    assert check(replace(facts, double_count_note=True)) == []
    assert check(replace(facts, added_up=False)) == []


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=8), st.integers(0, 80_000))
def test_a_breakdown_passes_exactly_when_it_sums(parts: list[int], total: int) -> None:
    breakdown = Breakdown("age", "Âge", {str(n): Decimal(part) for n, part in enumerate(parts)})
    findings = check(replace(READING, value=Decimal(total), breakdowns=(breakdown,)))
    assert (findings == []) == (sum(parts) == total)
