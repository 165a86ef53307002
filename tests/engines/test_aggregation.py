"""Sums of readings: what may be added, what is refused, and what is missing from a sum."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.aggregation import (
    DOUBLE_COUNT_NOTE,
    Across,
    Aggregate,
    Part,
    Refused,
    Summable,
    aggregate,
)

PERSONS = Summable("Personnes accueillies", "flow", summable_territories=True, summable_actions=True)
SHARE = Summable("Sorties positives", "share")


def part(key: str, value: int | None, *, validated: bool = True, counted: str = "other", period: str = "2025") -> Part:
    return Part(key, f"Action {key}", None if value is None else Decimal(value), None, None, validated, counted, period)


def share(key: str, numerator: int | None, denominator: int | None, *, validated: bool = True) -> Part:
    return replace(
        part(key, None, validated=validated),
        numerator=None if numerator is None else Decimal(numerator),
        denominator=None if denominator is None else Decimal(denominator),
    )


def summed(indicator: Summable, parts: list[Part], across: Across = Across.TERRITORIES) -> Aggregate:
    result = aggregate(indicator, parts, across)
    assert isinstance(result, Aggregate), result
    return result


def refused(indicator: Summable, parts: list[Part], across: Across = Across.TERRITORIES) -> str:
    result = aggregate(indicator, parts, across)
    assert isinstance(result, Refused), result
    return result.reason_fr


def test_validated_values_are_added() -> None:
    result = summed(PERSONS, [part("A", 10), part("B", 0), part("C", 5)])
    assert (result.value, result.known, result.expected, result.partial) == (Decimal(15), 3, 3, False)
    assert (result.coverage_fr, result.notes, result.missing) == ("", (), ())


def test_what_is_not_validated_or_not_known_makes_the_sum_partial() -> None:
    result = summed(PERSONS, [part("A", 10), part("B", None), part("C", 5, validated=False), part("D", None)])
    assert result.value == 10
    assert result.coverage_fr == "somme partielle (1 sur 4)"
    assert result.missing == (
        "Action B : valeur non connue",
        "Action C : relevé non validé",
        "Action D : valeur non connue",
    )


@pytest.mark.parametrize("parts", [[], [part("A", None)], [part("A", 10, validated=False)]])
def test_nothing_known_is_not_zero(parts: list[Part]) -> None:
    result = summed(PERSONS, parts)
    assert result.value is None
    assert result.known == 0


def test_a_share_is_made_again_from_its_two_numbers() -> None:
    """Half of 10 and all of 90 are 95 %, not the mean of 50 % and 100 %."""
    result = summed(SHARE, [share("A", 5, 10), share("B", 90, 90)])
    assert (result.numerator, result.denominator, result.value) == (Decimal(95), Decimal(100), Decimal(95))
    assert str(result.rate) == "95,0\u00a0%"


def test_a_share_over_nothing_is_no_rate() -> None:
    result = summed(SHARE, [share("A", 0, 0)])
    assert result.value is None
    assert result.rate is None


def test_a_share_with_half_of_its_numbers_is_missing() -> None:
    result = summed(SHARE, [share("A", 5, 10), share("B", 90, None)])
    assert (result.numerator, result.denominator, result.known) == (Decimal(5), Decimal(10), 1)
    assert result.missing == ("Action B : numérateur ou dénominateur non connu",)


@pytest.mark.parametrize("across", list(Across))
def test_a_median_is_neither_added_nor_averaged(across: Across) -> None:
    level = Summable("Niveau de vie médian", "level", summable_territories=True, summable_actions=True)
    assert "ne se moyenne pas" in refused(level, [part("A", 1)], across)


@pytest.mark.parametrize(
    ("indicator", "across", "words"),
    [
        (replace(PERSONS, summable_actions=False), Across.ACTIONS, "entre actions"),
        (replace(PERSONS, summable_territories=False), Across.TERRITORIES, "entre territoires"),
    ],
)
def test_what_does_not_add_up_is_refused_with_a_reason(indicator: Summable, across: Across, words: str) -> None:
    assert words in refused(indicator, [part("A", 1), part("B", 2)], across)


def test_one_way_of_adding_does_not_allow_the_other() -> None:
    indicator = replace(PERSONS, summable_actions=False)
    assert summed(indicator, [part("A", 1), part("B", 2)], Across.TERRITORIES).value == 3


def test_a_part_counts_once() -> None:
    assert "Action A serait compté deux fois" in refused(PERSONS, [part("A", 1), part("B", 2), part("A", 1)])


def test_periods_are_not_mixed() -> None:
    assert "même période" in refused(PERSONS, [part("A", 1), part("B", 2, period="2024")])


def test_persons_and_visits_are_not_mixed() -> None:
    mixed = [part("A", 1, counted="persons"), part("B", 2, counted="visits")]
    assert "passages" in refused(PERSONS, mixed)
    awaited = [part("A", 1, counted="persons"), part("B", None, validated=False)]
    assert summed(PERSONS, awaited).value == 1


def test_persons_of_several_actions_carry_the_double_count_note() -> None:
    persons = [part("A", 10, counted="persons"), part("B", 20, counted="persons")]
    assert summed(PERSONS, persons, Across.ACTIONS).notes == (DOUBLE_COUNT_NOTE,)
    assert summed(PERSONS, persons, Across.TERRITORIES).notes == ()
    assert summed(PERSONS, persons[:1], Across.ACTIONS).notes == ()
    visits = [replace(each, counted="visits") for each in persons]
    assert summed(PERSONS, visits, Across.ACTIONS).notes == ()


values = st.lists(st.none() | st.integers(0, 100_000), max_size=12)


@given(values)
def test_a_sum_is_that_of_the_known_values_in_any_order(numbers: list[int | None]) -> None:
    parts = [part(str(n), number) for n, number in enumerate(numbers)]
    result = summed(PERSONS, parts)
    known = [number for number in numbers if number is not None]
    assert result.value == (sum(known) if known else None)
    assert result.known + len(result.missing) == result.expected == len(numbers)
    assert summed(PERSONS, parts[::-1]).value == result.value


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 1000)), min_size=1, max_size=10))
def test_a_share_lies_between_its_parts(pairs: list[tuple[int, int]]) -> None:
    numbers = [(min(a, b), b) for a, b in pairs]
    result = summed(SHARE, [share(str(n), a, b) for n, (a, b) in enumerate(numbers)])
    assert result.value is not None
    rates = [Decimal(a) * 100 / b for a, b in numbers]
    assert min(rates) - Decimal("1e-9") <= result.value <= max(rates) + Decimal("1e-9")
