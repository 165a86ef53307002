"""Estimates of a number of persons from a published rate, with the interval that the rate's rounding leaves.

An estimate is never a published figure: whoever shows one shows its interval and says how it was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the bounds between which the exact one lies, in the same unit. `low <= value <= high`."""

    low: Decimal
    value: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError("an estimate lies between its bounds")

    @classmethod
    def exact(cls, value: Decimal) -> Estimate:
        return cls(value, value, value)


def half_step(decimals: int) -> Decimal:
    """Half the last printed unit: what rounding to `decimals` can hide (0.05 for one decimal)."""
    return Decimal(5).scaleb(-decimals - 1)


def persons_at_rate(persons: Decimal, rate_percent: Decimal, *, decimals: int, is_floor: bool = False) -> Estimate:
    """How many of `persons` a rate in percent, printed with `decimals`, stands for.

    A rate printed as a floor (« 5 % ou moins ») has zero as its lower bound. Bounds stay between 0 and `persons`.
    """
    if persons < 0 or not 0 <= rate_percent <= 100:
        raise ValueError("persons are counted from zero, a rate goes from 0 to 100")
    margin = half_step(decimals)
    low = Decimal(0) if is_floor else max(Decimal(0), rate_percent - margin)
    high = min(Decimal(100), rate_percent + margin)
    return Estimate(persons * low / 100, persons * rate_percent / 100, persons * high / 100)


def total(estimates: Iterable[Estimate]) -> Estimate:
    """The sum. Bounds are added as they are: errors of rounding are not assumed to cancel out."""
    low = value = high = Decimal(0)
    for estimate in estimates:
        low, value, high = low + estimate.low, value + estimate.value, high + estimate.high
    return Estimate(low, value, high)


def amount_per_person(amount: Decimal, persons: Estimate) -> Estimate | None:
    """An amount divided by an estimated number of persons; None when that number may be zero (no ratio exists)."""
    if persons.low <= 0 or amount < 0:
        return None
    return Estimate(amount / persons.high, amount / persons.value, amount / persons.low)
