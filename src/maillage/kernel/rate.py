"""Rates and evolutions, in percent."""

from dataclasses import dataclass
from decimal import Decimal

from maillage.kernel.numbers import NBSP, format_number


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A percentage: Rate(Decimal("12.3")) is 12,3 %. It holds the exact quotient; rounding belongs to the display."""

    percent: Decimal

    def __post_init__(self) -> None:
        if not isinstance(self.percent, Decimal) or not self.percent.is_finite():
            raise TypeError("Rate takes a finite Decimal")

    @classmethod
    def of(cls, numerator: Decimal | int, denominator: Decimal | int) -> "Rate | None":
        """The share of numerator in denominator; None when the denominator is zero (no rate exists, not 0 %)."""
        if not denominator:
            return None
        return cls(Decimal(numerator) * 100 / Decimal(denominator))

    @classmethod
    def evolution(cls, before: Decimal | int, after: Decimal | int) -> "Rate | None":
        """The change from before to after, relative to before; None when before is zero."""
        if not before:
            return None
        return cls((Decimal(after) - Decimal(before)) * 100 / abs(Decimal(before)))

    @property
    def proportion(self) -> Decimal:
        return self.percent / 100

    def format(self, decimals: int | None = 1) -> str:
        """« 12,3 % » with U+00A0 before the sign."""
        return f"{format_number(self.percent, decimals)}{NBSP}%"

    def __str__(self) -> str:
        return self.format()
