"""Euros, exact to the cent."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import NBSP, format_number, parse_number

CENT = Decimal("0.01")


class MoneyInvalid(MaillageError):
    """Not an amount in euros that can be held to the cent."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in euros. Never a float; never more than two decimals.

    Adding and subtracting are exact; multiplying takes an integer. A proportion of an amount goes through `share`,
    which rounds to the cent, half away from zero, and says so by its name.
    """

    euros: Decimal

    def __post_init__(self) -> None:
        if not isinstance(self.euros, Decimal):
            raise TypeError("Money takes a Decimal")
        try:
            exact = self.euros.is_finite() and self.euros == self.euros.quantize(CENT)
        except InvalidOperation:
            exact = False
        if not exact:
            raise MoneyInvalid(f"Montant refusé : {shorten(str(self.euros), 40)} ne tient pas au centime près.")
        object.__setattr__(self, "euros", self.euros.quantize(CENT) + 0)

    @classmethod
    def of(cls, euros: int | str | Decimal) -> "Money":
        """From an integer, a Decimal, or text (French or machine writing, with or without « € »)."""
        if isinstance(euros, str):
            return cls(parse_number(euros.replace("€", "")))
        return cls(Decimal(euros))

    @classmethod
    def zero(cls) -> "Money":
        return cls(Decimal(0))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.euros + other.euros)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.euros - other.euros)

    def __neg__(self) -> "Money":
        return Money(-self.euros)

    def __abs__(self) -> "Money":
        return Money(abs(self.euros))

    def __mul__(self, times: int) -> "Money":
        if not isinstance(times, int):
            raise TypeError("Money is multiplied by an integer; use share() for a proportion")
        return Money(self.euros * times)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.euros != 0

    def share(self, proportion: Decimal) -> "Money":
        """The proportion (0.5 for half) of this amount, rounded to the cent, half away from zero."""
        return Money((self.euros * proportion).quantize(CENT, rounding=ROUND_HALF_UP))

    def ratio(self, other: "Money") -> Decimal | None:
        """How many times `other` this amount is; None when `other` is zero."""
        return self.euros / other.euros if other.euros else None

    @property
    def cents(self) -> int:
        return int(self.euros.scaleb(2))

    def __str__(self) -> str:
        """« 4 348 420 € », cents shown only where there are some, with U+202F between thousands and U+00A0 before €."""
        whole = self.euros == self.euros.to_integral_value()
        return f"{format_number(self.euros, 0 if whole else 2)}{NBSP}€"


def total(amounts: "list[Money] | tuple[Money, ...]") -> Money:
    """The exact sum; zero euros for an empty list."""
    return Money(sum((amount.euros for amount in amounts), Decimal(0)))
