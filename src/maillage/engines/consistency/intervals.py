"""Arithmetic on what printed numbers may have been before they were rounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from maillage.engines.consistency.reading import Reading
from maillage.engines.consistency.thresholds import OPERAND_SLACK_CAP, Qualifier


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends included, with the value printed inside."""

    low: Decimal
    value: Decimal
    high: Decimal

    @classmethod
    def exact(cls, value: Decimal) -> "Interval":
        return cls(value, value, value)

    @property
    def is_exact(self) -> bool:
        return self.low == self.high

    def meets(self, low: Decimal, high: Decimal) -> bool:
        return self.low <= high and low <= self.high


def of_reading(reading: Reading) -> Interval:
    """An integer written in full is exact; « 4,6 M€ », « 78,5 » and « près de 3 000 » are not."""
    if reading.is_exact_print:
        return Interval.exact(reading.value)
    if reading.qualifier is not Qualifier.NONE:
        return Interval(reading.low, reading.value, reading.high)
    slack = min(reading.half, abs(reading.value) * OPERAND_SLACK_CAP)
    return Interval(reading.value - slack, reading.value, reading.value + slack)


def add(operands: Iterable[Interval]) -> Interval:
    low, value, high = Decimal(0), Decimal(0), Decimal(0)
    for operand in operands:
        low, value, high = low + operand.low, value + operand.value, high + operand.high
    return Interval(low, value, high)


def subtract(after: Interval, before: Interval) -> Interval:
    return Interval(after.low - before.high, after.value - before.value, after.high - before.low)


def divide(numerator: Interval, denominator: Interval) -> Interval | None:
    """None when the denominator may be zero."""
    if denominator.low <= 0 <= denominator.high:
        return None
    ends = [a / b for a, b in product((numerator.low, numerator.high), (denominator.low, denominator.high))]
    return Interval(min(ends), numerator.value / denominator.value, max(ends))


def scale(interval: Interval, factor: Decimal) -> Interval:
    """By a positive factor."""
    return Interval(interval.low * factor, interval.value * factor, interval.high * factor)


def evolution(before: Interval, after: Interval) -> Interval | None:
    """In percent of the absolute value of `before`; each end takes the extremes of both, since both move alone."""
    if before.low <= 0 <= before.high:
        return None
    ends = [(b - a) * 100 / abs(a) for a, b in product((before.low, before.high), (after.low, after.high))]
    value = (after.value - before.value) * 100 / abs(before.value)
    return Interval(min(ends), value, max(ends))
