"""The rows of the steering screen, and what each of them sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from django.db.models import Exists, OuterRef, QuerySet

from maillage.contracts.enums import Origin
from maillage.contracts.models import ActionSheet, AnnualCap, Contract, FundingLine
from maillage.contracts.selectors.steering.filters import NO_AXIS, Filters, Rows
from maillage.contracts.selectors.steering.ledger import FAMILY, Ledger, cash_of, in_kind_of, ledgers, lines_of
from maillage.contracts.selectors.steering.people import Persons, per_poor_person, persons_in, persons_together
from maillage.contracts.selectors.steering.scope import Scope
from maillage.engines.contract_rules import Amounts, Family, Sum, Totals
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.indicators.selectors.values import Value
from maillage.kernel.rate import Rate
from maillage.pacts.models import Axis
from maillage.territories.models import Territory

# Key of the row that bears, by axis, the credits whose axis nobody knows.
UNBROKEN = "unbroken"
Subject = Contract | Territory | Axis | ActionSheet | int | None


@dataclass(frozen=True)
class Row:
    """One row. `totals`: signed contracts. `unbroken`: credits known without their breakdown, apart from the totals.

    `negotiated`: what contracts before signature plan, in cash. `subject` None: key NO_AXIS or UNBROKEN.
    """

    key: Hashable
    label: str
    subject: Subject
    totals: Totals
    unbroken: Sum
    negotiated: Sum
    persons: Value | None = None
    contracts: int = 0

    @cached_property
    def cash(self) -> Amounts:
        return cash_of(self.totals)

    @cached_property
    def in_kind(self) -> Amounts:
        return in_kind_of(self.totals)

    @property
    def committed_rate(self) -> Rate | None:
        return rate_of(self.cash.committed, self.cash.awarded)

    @property
    def paid_rate(self) -> Rate | None:
        return rate_of(self.cash.paid, self.cash.awarded)

    @property
    def state_credits(self) -> Sum:
        """What the State awards, the credits known without breakdown included: both are the State's."""
        return self.totals.cash[Family.STATE].awarded + self.unbroken

    @property
    def per_poor_person(self) -> Value | None:
        return None if self.persons is None else per_poor_person(self.state_credits, self.persons)


def rate_of(part: Sum, of: Sum) -> Rate | None:
    """None as soon as one amount is not known, or when nothing was awarded: no rate, and not 0 %."""
    return Rate.of(part.known, of.known) if part.complete and of.complete else None


@dataclass(frozen=True)
class Steering:
    """The screen. `crossed`: (axis, territory) → totals, in the mode that crosses them only.

    `left_out`: credits known without breakdown that a filter by axis cannot place; told beside the table.
    `unbroken_in`: territory → its credits without breakdown, in the mode that crosses.
    """

    scope: Scope
    filters: Filters
    rows: tuple[Row, ...]
    total: Row
    crossed: Mapping[tuple[Hashable, int], Totals] = field(default_factory=dict)
    columns: tuple[Territory, ...] = ()
    left_out: Sum = field(default_factory=Sum)
    unbroken_in: Mapping[int, Sum] = field(default_factory=dict)

    @property
    def has_unbroken(self) -> bool:
        return self.total.unbroken.count > 0

    @property
    def has_negotiated(self) -> bool:
        return self.total.negotiated.count > 0


# --- what the database sums -----------------------------------------------------------------------------------------

_BY: dict[str, tuple[str, ...]] = {
    Rows.TERRITORY: ("sheet__contract",),
    Rows.CONTRACT: ("sheet__contract",),
    Rows.AXIS: ("sheet__contract", "sheet__axis"),
    Rows.CROSSED: ("sheet__contract", "sheet__axis"),
    Rows.YEAR: ("sheet__contract", "year"),
    Rows.ACTION: ("sheet__contract", "sheet"),
}


def _lines(contracts: Iterable[Contract], filters: Filters) -> QuerySet[FundingLine]:
    lines = lines_of(one.pk for one in contracts)
    if filters.year is not None and filters.rows != Rows.YEAR:
        lines = lines.filter(year=filters.year)
    if filters.axis:
        lines = lines.filter(
            **({"sheet__axis": None} if filters.axis == NO_AXIS else {"sheet__axis__code": filters.axis})
        )
    if filters.family:
        lines = lines.annotate(family=FAMILY).filter(family=filters.family)
    return lines


def unbroken_credits(contracts: Iterable[Contract], year: int | None = None) -> list[tuple[int, int, Decimal | None]]:
    """(contract, year, credits) of the contracts taken over from a document that gives no line for that year."""
    taken = [one.pk for one in contracts if one.origin == Origin.TAKEN_OVER and one.status in SIGNED]
    if not taken:
        return []
    lines = FundingLine.objects.filter(sheet__contract=OuterRef("contract"), year=OuterRef("year"), sheet__in_text=True)
    caps = AnnualCap.objects.filter(~Exists(lines), contract__in=taken).order_by("contract", "year")
    if year is not None:
        caps = caps.filter(year=year)
    return list(caps.values_list("contract", "year", "ae"))


# --- rows -----------------------------------------------------------------------------------------------------------


class _Gathering:
    """Ledgers by row, signed and in negotiation apart, and credits without breakdown."""

    def __init__(self, contracts: Sequence[Contract], filters: Filters) -> None:
        self.filters = filters
        self.contracts = {one.pk: one for one in contracts}
        self.signed: dict[Hashable, Ledger] = defaultdict(Ledger)
        self.open: dict[Hashable, Ledger] = defaultdict(Ledger)
        self.unbroken: dict[Hashable, Sum] = defaultdict(Sum)
        self.unbroken_in: dict[int, Sum] = defaultdict(Sum)
        self.crossed: dict[tuple[Hashable, int], Ledger] = defaultdict(Ledger)
        self.whole, self.whole_open, self.all_unbroken = Ledger(), Ledger(), Sum()
        self._read_lines()
        if filters.keeps_state:
            self._read_credits()

    def _read_lines(self) -> None:
        for (pk, *rest), ledger in ledgers(_lines(self.contracts.values(), self.filters), _BY[self.filters.rows]):
            contract = self.contracts[pk]  # type: ignore[index]  # the first of `by` is the key of a contract
            key = self.key_of(contract, rest[0] if rest else None)
            is_signed = contract.status in SIGNED
            (self.signed if is_signed else self.open)[key].merge(ledger)
            (self.whole if is_signed else self.whole_open).merge(ledger)
            if self.filters.rows == Rows.CROSSED and is_signed:
                self.crossed[key, contract.territory_id].merge(ledger)

    def _read_credits(self) -> None:
        year = None if self.filters.rows == Rows.YEAR else self.filters.year
        for pk, of_year, amount in unbroken_credits(self.contracts.values(), year):
            one = Sum(amount or Decimal(0), int(amount is None), 1)
            self.all_unbroken += one
            self.unbroken[self._unbroken_key(self.contracts[pk], of_year)] += one
            self.unbroken_in[self.contracts[pk].territory_id] += one

    def key_of(self, contract: Contract, value: Hashable) -> Hashable:
        if self.filters.rows == Rows.TERRITORY:
            return contract.territory_id
        if self.filters.rows == Rows.CONTRACT:
            return contract.pk
        return NO_AXIS if value is None else value

    def _unbroken_key(self, contract: Contract, year: int) -> Hashable:
        if self.filters.rows in (Rows.AXIS, Rows.CROSSED, Rows.ACTION):
            return UNBROKEN
        return year if self.filters.rows == Rows.YEAR else self.key_of(contract, None)

    def row(self, key: Hashable, label: str, subject: Subject, persons: Value | None, contracts: int = 0) -> Row:
        return Row(
            key,
            label,
            subject,
            self.signed[key].totals(),
            self.unbroken[key],
            cash_of(self.open[key].totals()).planned if key in self.open else Sum(),
            persons,
            contracts,
        )


def steering(scope: Scope, filters: Filters) -> Steering:
    """The screen that the filters ask for: four to eight queries, whatever the number of contracts."""
    contracts = scope.kept(filters)
    found = _Gathering(contracts, filters)
    signed = [one.territory for one in contracts if one.status in SIGNED]
    persons = persons_in(signed) if filters.rows != Rows.ACTION and filters.keeps_state else {}
    together = persons_together(signed, persons) if persons else None
    rows = _ROWS[filters.rows](scope, found, persons, together)
    total = Row(
        "total",
        "Ensemble",
        None,
        found.whole.totals(),
        Sum() if filters.axis else found.all_unbroken,
        cash_of(found.whole_open.totals()).planned,
        together,
        len(contracts),
    )
    return Steering(
        scope,
        filters,
        tuple(rows),
        total,
        {key: ledger.totals() for key, ledger in found.crossed.items()},
        _columns(found) if filters.rows == Rows.CROSSED else (),
        found.all_unbroken if filters.axis or filters.rows == Rows.ACTION else Sum(),
        {} if filters.axis else dict(found.unbroken_in),
    )


def _columns(found: _Gathering) -> tuple[Territory, ...]:
    held = {territory for _, territory in found.crossed} | (set() if found.filters.axis else found.unbroken_in.keys())
    unique = {one.territory_id: one.territory for one in found.contracts.values() if one.territory_id in held}
    return tuple(sorted(unique.values(), key=_by_name))


def _by_name(territory: Territory) -> tuple[str, str]:
    return (territory.sort_name, territory.code)


def _territory_rows(scope: Scope, found: _Gathering, persons: Persons, together: Value | None) -> list[Row]:
    territories = {one.territory_id: one.territory for one in found.contracts.values()}
    counts: dict[int, int] = defaultdict(int)
    for one in found.contracts.values():
        counts[one.territory_id] += 1
    if found.filters.axis:
        found.unbroken.clear()
    return [
        found.row(one.pk, one.name, one, persons.get(one.code), counts[one.pk])
        for one in sorted(territories.values(), key=_by_name)
    ]


def _contract_rows(scope: Scope, found: _Gathering, persons: Persons, together: Value | None) -> list[Row]:
    if found.filters.axis:
        found.unbroken.clear()
    return [
        found.row(one.pk, one.reference, one, persons.get(one.territory.code), 1) for one in found.contracts.values()
    ]


def _axis_rows(scope: Scope, found: _Gathering, persons: Persons, together: Value | None) -> list[Row]:
    held = found.signed.keys() | found.open.keys()
    rows = [found.row(axis.pk, axis_label(scope, axis), axis, together) for axis in scope.axes if axis.pk in held]
    if NO_AXIS in held:
        rows.append(found.row(NO_AXIS, "Sans axe", None, together))
    if found.unbroken[UNBROKEN].count and not found.filters.axis:
        rows.append(found.row(UNBROKEN, "Crédits connus, ventilation inconnue", None, together))
    return rows


def axis_label(scope: Scope, axis: Axis) -> str:
    """« 2. Amplifier… »; with its pact where the instance holds several."""
    several = len({one.pact_id for one in scope.axes}) > 1
    return f"{axis.number}. {axis.title} ({axis.pact.short_title})" if several else str(axis)


def _year_rows(scope: Scope, found: _Gathering, persons: Persons, together: Value | None) -> list[Row]:
    if found.filters.axis:
        found.unbroken.clear()
    held = {year for one in found.contracts.values() for year in one.years} | {
        key for key in (*found.signed, *found.open) if isinstance(key, int)
    }
    return [found.row(year, str(year), year, together) for year in sorted(held)]


def _action_rows(scope: Scope, found: _Gathering, persons: Persons, together: Value | None) -> list[Row]:
    sheets = ActionSheet.objects.filter(contract__in=found.contracts, in_text=True).order_by(
        "contract", "position", "code"
    )
    if found.filters.axis:
        missing = found.filters.axis == NO_AXIS
        sheets = sheets.filter(**({"axis": None} if missing else {"axis__code": found.filters.axis}))
    return [found.row(one.pk, str(one), one, None) for one in sheets]


_Builder = Callable[[Scope, _Gathering, Persons, Value | None], list[Row]]
_ROWS: dict[str, _Builder] = {
    Rows.TERRITORY: _territory_rows,
    Rows.CONTRACT: _contract_rows,
    Rows.AXIS: _axis_rows,
    Rows.CROSSED: _axis_rows,
    Rows.YEAR: _year_rows,
    Rows.ACTION: _action_rows,
}
