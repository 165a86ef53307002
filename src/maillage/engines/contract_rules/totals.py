"""Totals of a contract, per year and over all, as the negotiation screen shows them live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.engines.contract_rules.model import ContractFacts, Family, LineFacts, SheetFacts
from maillage.kernel.money import Money
from maillage.kernel.rate import Rate

AMOUNTS = ("planned", "awarded", "committed", "paid", "justified")


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of the known amounts, and how many of `count` are not known. No amount at all sums to an exact zero."""

    known: Decimal = Decimal(0)
    missing: int = 0
    count: int = 0

    @property
    def complete(self) -> bool:
        return self.missing == 0

    @property
    def money(self) -> Money | None:
        """The sum of what is known; None when something was to be added and nothing is known (never zero)."""
        return None if self.count and self.missing == self.count else Money(self.known)

    @property
    def exact(self) -> Money | None:
        """The sum; None as soon as one amount is not known."""
        return Money(self.known) if self.complete else None

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.known + other.known, self.missing + other.missing, self.count + other.count)

    def __str__(self) -> str:
        """« 120 000 € », « au moins 120 000 € (1 ligne sur 3 sans montant) », « non connu »."""
        if self.money is None:
            return "non connu"
        if self.complete:
            return str(self.money)
        word = "ligne" if self.missing < 2 else "lignes"
        return f"au moins {self.money} ({self.missing} {word} sur {self.count} sans montant)"


@dataclass(frozen=True, slots=True)
class Amounts:
    """The five sums of some lines."""

    planned: Sum = Sum()
    awarded: Sum = Sum()
    committed: Sum = Sum()
    paid: Sum = Sum()
    justified: Sum = Sum()

    @classmethod
    def of(cls, lines: Iterable[LineFacts]) -> Amounts:
        kept = list(lines)
        return cls(*(sum_of(getattr(line, name) for line in kept) for name in AMOUNTS))

    @property
    def execution_rate(self) -> Rate | None:
        """Paid in proportion to planned; None when one of them is not wholly known, or nothing was planned."""
        if not (self.paid.complete and self.planned.complete):
            return None
        return Rate.of(self.paid.known, self.planned.known)


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a year (`year` None: over all), by family, cash and in kind apart.

    `cap` is the State's annual cap, or the sum of the caps over all; None as soon as one is not known.
    """

    year: int | None
    cash: dict[str, Amounts]
    in_kind: dict[str, Amounts]
    total: Amounts
    cap: Money | None

    @property
    def state_share(self) -> Rate | None:
        """State credits in proportion to all planned money, in kind left out; None when not wholly known."""
        state = self.cash[Family.STATE].planned
        everything = sum((amounts.planned for amounts in self.cash.values()), Sum())
        return Rate.of(state.known, everything.known) if everything.complete else None

    @property
    def cap_used(self) -> Rate | None:
        """State credits planned in proportion to the cap; from the known amounts, so at least this."""
        return None if self.cap is None else Rate.of(self.cash[Family.STATE].planned.known, self.cap.euros)

    @property
    def cap_remaining(self) -> Money | None:
        """What the cap still allows, negative when it is exceeded; None when the cap or a State amount is unknown."""
        planned = self.cash[Family.STATE].planned.exact
        return None if self.cap is None or planned is None else self.cap - planned


@dataclass(frozen=True, slots=True)
class ContractTotals:
    """One `Totals` per year of the contract (and per other year that lines bear), and one over all of them."""

    years: dict[int, Totals]
    overall: Totals


def sum_of(amounts: Iterable[Decimal | None]) -> Sum:
    known, missing, count = Decimal(0), 0, 0
    for amount in amounts:
        count += 1
        if amount is None:
            missing += 1
        else:
            known += amount
    return Sum(known, missing, count)


def totals(facts: ContractFacts, *, only: Callable[[SheetFacts], bool] = lambda sheet: True) -> ContractTotals:
    """The totals of a contract, or of the sheets for which `only` answers True (one axis, one sheet)."""
    lines = [line for sheet in facts.sheets if only(sheet) for line in sheet.lines]
    years = sorted({*facts.years, *(line.year for line in lines)})
    caps = [facts.caps.get(year) for year in facts.years]
    whole = sum_of(caps).exact if caps else None
    return ContractTotals(
        {year: _totals(year, [line for line in lines if line.year == year], _cap(facts, year)) for year in years},
        _totals(None, lines, whole),
    )


def totals_by_axis(facts: ContractFacts) -> dict[str, ContractTotals]:
    """The totals of each axis, in the order of their codes; « '' » holds the sheets without an axis."""
    codes = sorted({sheet.axis_code for sheet in facts.sheets})
    return {code: totals(facts, only=lambda sheet, code=code: sheet.axis_code == code) for code in codes}  # type: ignore[misc]  # a default argument binds the loop's value


def _cap(facts: ContractFacts, year: int) -> Money | None:
    cap = facts.caps.get(year)
    return None if cap is None else Money(cap)


def _totals(year: int | None, lines: Sequence[LineFacts], cap: Money | None) -> Totals:
    def of(family: Family, in_kind: bool) -> Amounts:
        return Amounts.of(line for line in lines if line.family == family and line.in_kind is in_kind)

    return Totals(
        year,
        {family: of(family, False) for family in Family},
        {family: of(family, True) for family in Family},
        Amounts.of(lines),
        cap,
    )
