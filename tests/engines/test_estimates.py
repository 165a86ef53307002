"""Estimates: bounds that the rounding of a rate leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.estimates import Estimate, amount_per_person, half_step, persons_at_rate, total

rates = st.decimals(0, 100, places=4)
persons = st.integers(0, 10_000_000).map(Decimal)


@pytest.mark.parametrize(("decimals", "expected"), [(0, "0.5"), (1, "0.05"), (2, "0.005")])
def test_half_a_printed_unit(decimals: int, expected: str) -> None:
    assert half_step(decimals) == Decimal(expected)


@given(persons, rates, st.integers(0, 3))
def test_the_exact_number_lies_between_the_bounds(number: Decimal, exact: Decimal, decimals: int) -> None:
    """Whatever the exact rate was, rounding it for print leaves it inside the interval."""
    printed = round(exact, decimals)
    estimate = persons_at_rate(number, printed, decimals=decimals)
    assert estimate.low <= number * exact / 100 <= estimate.high
    assert Decimal(0) <= estimate.low
    assert estimate.high <= number


@given(st.lists(st.tuples(persons, rates), max_size=20))
def test_a_sum_never_narrows_the_interval(parts: list[tuple[Decimal, Decimal]]) -> None:
    estimates = [persons_at_rate(number, rate, decimals=1) for number, rate in parts]
    summed = total(estimates)
    assert summed.high - summed.low == sum((one.high - one.low for one in estimates), Decimal(0))


def test_a_floor_goes_down_to_zero() -> None:
    assert persons_at_rate(Decimal(100), Decimal(5), decimals=0, is_floor=True).low == 0


def test_an_amount_per_person_turns_the_bounds_round() -> None:
    ratio = amount_per_person(Decimal(100), Estimate(Decimal(5), Decimal(10), Decimal(20)))
    assert ratio == Estimate(Decimal(5), Decimal(10), Decimal(20))
    assert amount_per_person(Decimal(100), Estimate(Decimal(0), Decimal(1), Decimal(2))) is None


def test_impossible_terms_are_refused() -> None:
    with pytest.raises(ValueError, match="persons"):
        persons_at_rate(Decimal(-1), Decimal(5), decimals=1)
    with pytest.raises(ValueError, match="bounds"):
        Estimate(Decimal(2), Decimal(1), Decimal(3))
