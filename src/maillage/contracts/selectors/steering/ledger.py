"""Sums of funding lines made by the database, as the totals of the rules' engine.

A screen that adds lines itself would one day disagree with the page of a contract. Here the database groups the lines,
and the groups become the very `Totals` that `engines.contract_rules.totals` makes from single lines.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, CharField, Count, F, Func, QuerySet, Sum, Value, When

from maillage.contracts.enums import COLLECTIVITIES, FunderKind
from maillage.contracts.models import FundingLine
from maillage.engines.contract_rules import Amounts, Family, Totals
from maillage.engines.contract_rules import Sum as KnownSum
from maillage.kernel.money import Money

_STAGES = ("planned", "awarded", "committed", "paid", "justified")


class Cents(Func):
    """An amount as whole cents: SQLite sums decimals as floats, and a million lines would lose some."""

    template = "CAST(ROUND(%(expressions)s * 100) AS BIGINT)"
    output_field = BigIntegerField()


# `Funder.family`, for the database. A test holds the two together.
FAMILY = Case(
    When(funder__kind=FunderKind.STATE, then=Value(Family.STATE.value)),
    When(funder__kind__in=sorted(COLLECTIVITIES), then=Value(Family.COLLECTIVITY.value)),
    default=Value(Family.OTHER.value),
    output_field=CharField(),
)

_Box = list[int]  # lines, lines whose awarded amount is known, then the cents of each stage


@dataclass(slots=True)
class Ledger:
    """Sums by family of funder, cash and in kind apart. It only ever grows."""

    boxes: dict[tuple[str, bool], _Box] = field(default_factory=dict)

    def add(self, family: str, in_kind: bool, numbers: Sequence[int]) -> None:
        held = self.boxes.get((family, in_kind))
        if held is None:
            self.boxes[family, in_kind] = list(numbers)
        else:
            for rank, number in enumerate(numbers):
                held[rank] += number

    def merge(self, other: Ledger) -> None:
        for (family, in_kind), numbers in other.boxes.items():
            self.add(family, in_kind, numbers)

    def known_cash(self, stage: str, *families: str) -> Decimal:
        """The known cash of a stage, of these families (all of them by default), without the rest of the totals."""
        rank = 2 + _STAGES.index(stage)
        cents = sum(
            box[rank]
            for (family, in_kind), box in self.boxes.items()
            if not in_kind and (not families or family in families)
        )
        return Decimal(cents).scaleb(-2)

    def totals(self, year: int | None = None, cap: Money | None = None) -> Totals:
        """The totals as the engine makes them from the lines."""
        cash: dict[str, Amounts] = {family: _amounts(self.boxes.get((family, False))) for family in Family}
        in_kind: dict[str, Amounts] = {family: _amounts(self.boxes.get((family, True))) for family in Family}
        return Totals(year, cash, in_kind, whole([*cash.values(), *in_kind.values()]), cap)


_NONE = Amounts()


def _amounts(box: _Box | None) -> Amounts:
    if box is None:
        return _NONE
    lines, awarded, *cents = box
    missing = (0, lines - awarded, 0, 0, 0)
    return Amounts(
        *(KnownSum(Decimal(sum_).scaleb(-2), left, lines) for sum_, left in zip(cents, missing, strict=True))
    )


def whole(parts: Iterable[Amounts]) -> Amounts:
    """The sum of several sums, stage by stage."""
    held = [part for part in parts if part is not _NONE]
    if len(held) < 2:
        return held[0] if held else _NONE
    return Amounts(*(_added([getattr(part, stage) for part in held]) for stage in _STAGES))


def _added(sums: Sequence[KnownSum]) -> KnownSum:
    """One sum made of several at once: a screen adds thousands of them."""
    known = sum((one.known for one in sums), Decimal(0))
    return KnownSum(known, sum(one.missing for one in sums), sum(one.count for one in sums))


def cash_of(totals: Totals) -> Amounts:
    """All the money, whoever pays it; what is brought in kind is apart."""
    return whole(totals.cash.values())


def in_kind_of(totals: Totals) -> Amounts:
    return whole(totals.in_kind.values())


def lines_of(contracts: Iterable[int]) -> QuerySet[FundingLine]:
    """The lines of these contracts (keys) that are in their text."""
    return FundingLine.objects.filter(sheet__contract__in=list(contracts), sheet__in_text=True)


def ledgers(lines: QuerySet[FundingLine], by: Sequence[str]) -> Iterator[tuple[tuple[Hashable, ...], Ledger]]:
    """One ledger by value of `by` (names of fields of a line), by one GROUP BY, in no order.

    A value may come several times: whoever gathers them merges.
    """
    sums: dict[str, Any] = {f"{stage}_cents": Sum(Cents(F(stage))) for stage in _STAGES}
    grouped = (
        lines.order_by()
        .annotate(family=FAMILY)
        .values_list(*by, "family", "in_kind")
        .annotate(lines=Count("pk"), known=Count("awarded"), **sums)
        .values_list(*by, "family", "in_kind", "lines", "known", *sums)
    )
    width = len(by)
    for row in grouped.iterator(chunk_size=5_000):
        ledger = Ledger()
        numbers = [int(number or 0) for number in row[width + 2 :]]
        ledger.boxes[row[width], bool(row[width + 1])] = numbers
        yield row[:width], ledger


def gathered(found: Iterable[tuple[Hashable, Ledger]]) -> dict[Hashable, Ledger]:
    """The ledgers of a same key made one."""
    made: dict[Hashable, Ledger] = {}
    for key, ledger in found:
        if key in made:
            made[key].merge(ledger)
        else:
            made[key] = ledger
    return made
