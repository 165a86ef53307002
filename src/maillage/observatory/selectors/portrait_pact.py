"""The pact seen from a territory: contracts, actions and euros that are its own, inside it or above it; local pacts.

What a contract above gives is not split below its own level: the portrait says so, and makes no share of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from maillage.contracts import perms
from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.selectors.steering.ledger import Ledger, cash_of, gathered, ledgers, lines_of
from maillage.core.models import User
from maillage.engines.contract_rules import Family
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.indicators.enums import Known
from maillage.indicators.selectors.values import Value
from maillage.kernel.money import Money
from maillage.local_pacts.models import LocalPact
from maillage.observatory.selectors.portrait_places import Surroundings
from maillage.observatory.selectors.portrait_reading import Readings
from maillage.territories.enums import Level
from maillage.territories.models import Territory

OWN, INSIDE, ABOVE = "own", "inside", "above"
RELATION_FR = {OWN: "Ce territoire", INSIDE: "À l’intérieur", ABOVE: "Au-dessus"}
NOT_SPLIT = "non réparti à ce niveau"


@dataclass(frozen=True)
class ContractLine:
    """A signed contract and what its lines hold. Amounts are None where the contract has no funding line."""

    contract: Contract
    relation: str
    sheets: int
    planned: Money | None
    of_state: Money | None
    paid: Money | None

    @property
    def split_fr(self) -> str:
        """What a reader of this territory must know of the amount."""
        return NOT_SPLIT if self.relation == ABOVE else ""


@dataclass(frozen=True)
class AxisLine:
    """The actions of an axis in the contracts of the territory and of those inside it."""

    title: str
    sheets: int
    planned: Money | None


@dataclass(frozen=True)
class CreditsLine:
    """Credits printed in a document: the territory's own, or those of the narrowest territory above that has some."""

    territory: Territory
    value: Value
    is_own: bool


@dataclass(frozen=True)
class Pact:
    contracts: tuple[ContractLine, ...]
    axes: tuple[AxisLine, ...]
    credits: tuple[CreditsLine, ...]
    local_pacts: tuple[LocalPact, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.contracts or self.credits or self.local_pacts)

    @property
    def has_demonstration(self) -> bool:
        return any(line.contract.is_demonstration for line in self.contracts)

    @property
    def above_only(self) -> bool:
        return bool(self.contracts) and all(line.relation == ABOVE for line in self.contracts)


def pact_of(around: Surroundings, readings: Readings, user: User, on: date) -> Pact:
    """What this person may see of it, in five queries at most."""
    contracts = _contracts(around, user, on)
    sheets = list(
        ActionSheet.objects.filter(contract__in=contracts, in_text=True)
        .order_by("contract__reference", "position", "code")
        .values_list("contract_id", "axis_id", "axis__number", "axis__title", "axis__pact__axis_word")
    )
    found = (
        list(ledgers(lines_of(one.pk for one in contracts), ("sheet__contract", "sheet__axis"))) if contracts else []
    )
    money = gathered((key[0], _copy(ledger)) for key, ledger in found)
    relation = {one.pk: _relation(one.territory, around) for one in contracts}
    counted = Counter(row[0] for row in sheets)
    lines = tuple(_line(one, relation[one.pk], counted[one.pk], money.get(one.pk)) for one in contracts)
    here = {pk for pk, how in relation.items() if how != ABOVE}
    return Pact(
        contracts=tuple(sorted(lines, key=_order)),
        axes=_axes([row for row in sheets if row[0] in here], [pair for pair in found if pair[0][0] in here]),
        credits=_credits(around, readings),
        local_pacts=_local_pacts(around),
    )


def _order(line: ContractLine) -> tuple[int, int, str]:
    """The territory's own, then those inside, then those above; the latest first."""
    return (tuple(RELATION_FR).index(line.relation), -line.contract.starts_on.toordinal(), line.contract.reference)


def _contracts(around: Surroundings, user: User, on: date) -> list[Contract]:
    """Signed contracts that the person may see and that concern the territory."""
    here = around.territory
    concerned = Q(territory=here) | Q(territory__in=[one.pk for one in around.containing])
    if here.level in (Level.COUNTRY, Level.REGION, Level.DEPARTEMENT):
        concerned |= Q(territory__parent=here) | Q(territory__parent__parent=here)
    if here.level == Level.COUNTRY:
        concerned |= Q(territory__parent__parent__parent=here)
    found = perms.visible(user, on).filter(concerned, status__in=SIGNED).order_by("reference")
    return list(found)


def _relation(territory: Territory, around: Surroundings) -> str:
    if territory.pk == around.territory.pk:
        return OWN
    return ABOVE if territory.pk in {one.pk for one in around.containing} else INSIDE


def _copy(ledger: Ledger) -> Ledger:
    """Gathering merges into the first of them, which another gathering still needs whole."""
    return Ledger({box: list(numbers) for box, numbers in ledger.boxes.items()})


def _line(contract: Contract, relation: str, sheets: int, ledger: Ledger | None) -> ContractLine:
    if ledger is None:
        return ContractLine(contract, relation, sheets, None, None, None)
    cash = cash_of(ledger.totals())
    return ContractLine(
        contract,
        relation,
        sheets,
        Money(cash.planned.known),
        Money(ledger.known_cash("planned", Family.STATE)),
        Money(cash.paid.known),
    )


def _axes(sheets: list[tuple[object, ...]], found: list[tuple[tuple[object, ...], Ledger]]) -> tuple[AxisLine, ...]:
    titles: dict[object, str] = {}
    order: dict[object, tuple[int, str]] = {}
    for _, axis, number, title, word in sheets:
        titles[axis] = f"{str(word).capitalize()} {number}. {title}" if axis is not None else "Sans axe"
        order[axis] = (int(str(number)) if number is not None else 99, titles[axis])
    counted = Counter(row[1] for row in sheets)
    money = gathered((key[1] or 0, _copy(ledger)) for key, ledger in found)
    lines = []
    for axis in sorted(titles, key=lambda one: order[one]):
        ledger = money.get(axis or 0)
        planned = Money(ledger.known_cash("planned")) if ledger is not None else None
        lines.append(AxisLine(titles[axis], counted[axis], planned))
    return tuple(lines)


def _credits(around: Surroundings, readings: Readings) -> tuple[CreditsLine, ...]:
    """Every year of the narrowest territory that documents give credits for."""
    for one in (around.territory, *around.containing):
        periods = readings.values.get((one.pk, Known.CREDITS.value), {})
        if periods:
            is_own = one.pk == around.territory.pk
            return tuple(CreditsLine(one, value, is_own) for _, value in sorted(periods.items()))
    return ()


def _local_pacts(around: Surroundings) -> tuple[LocalPact, ...]:
    """Local pacts in force that hold the territory or lie inside it: the whole region reads them."""
    here = around.territory
    concerned = Q(territory__in=[here.pk, *(one.pk for one in around.containing)])
    if here.level in (Level.COUNTRY, Level.REGION):
        concerned |= Q(territory__parent=here) | Q(territory__parent__parent=here)
    found = LocalPact.objects.filter(concerned, version_number__gte=1, closed_on__isnull=True)
    return tuple(found.select_related("territory").order_by("territory__sort_name", "pk"))


def total(amounts: list[Money | None]) -> Money | None:
    """The sum of those that are known; None where none is."""
    known = [amount for amount in amounts if amount is not None]
    return Money(sum((amount.euros for amount in known), Decimal(0))) if known else None
