"""What the list of contracts and the page of a contract show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from maillage.contracts import perms
from maillage.contracts.enums import FunderKind, Origin
from maillage.contracts.models import ActionSheet, AnnualCap, Contract, FundingLine, Participant
from maillage.contracts.selectors.chain import SheetChain, chain_of, chains_of, with_parts
from maillage.contracts.selectors.progress import Step, next_step
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, Membership, User
from maillage.core.perms import memberships_in_force
from maillage.engines.chain import Chain
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, SHEET
from maillage.indicators.models import Observation
from maillage.indicators.selectors.values import Value, value_of
from maillage.kernel.money import Money
from maillage.pacts.models import Axis
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.territories.selectors import current, lineage_codes

METROPOLES = ("METRO", "MET69")
JOURNAL_LENGTH = 10

Need = tuple[int, int | None]  # territory, indicator


@dataclass(frozen=True)
class Credits:
    """What the State plans over a contract. `amount` None: not known. `partial`: some years are not known."""

    amount: Money | None
    partial: bool = False
    from_caps: bool = False


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    contract: Contract
    credits: Credits
    step: Step
    chains: tuple[Chain, ...]

    @property
    def whole(self) -> int:
        return sum(one.whole for one in self.chains)

    @property
    def expected(self) -> int:
        return sum(one.expected for one in self.chains)


def listed(contracts: Sequence[Contract], on: date) -> list[Listed]:
    """The lines of a list of contracts, in a number of queries that their count does not change."""
    money = credits_of(contracts)
    chains = _chains([one for one in contracts if one.origin == Origin.NATIVE], on)
    return [Listed(one, money[one.pk], next_step(one, on), tuple(chains[one.pk])) for one in contracts]


def _chains(contracts: Sequence[Contract], on: date) -> Mapping[int, list[Chain]]:
    """Key of a contract → the chains of the sheets of its text."""
    by_key = {contract.pk: contract for contract in contracts}
    sheets = list(with_parts(ActionSheet.objects.filter(contract__in=by_key, in_text=True)))
    needs = _needs(contracts, {sheet.need_indicator_id for sheet in sheets} - {None})
    chains: dict[int, list[Chain]] = defaultdict(list)
    for sheet in sheets:
        contract = by_key[sheet.contract_id]
        need = needs.get((contract.territory_id, sheet.need_indicator_id))
        chains[contract.pk].append(chain_of(contract, sheet, need, on))
    return chains


def _needs(
    contracts: Sequence[Contract], indicators: Collection[int | None]
) -> dict[tuple[int, int | None], Value | None]:
    """(territory, indicator) → its last value, as `chain.need_values` reads it for one contract."""
    if not indicators:
        return {}
    rows = Observation.objects.with_sources().filter(
        territory__in={one.territory_id for one in contracts}, indicator__in=indicators, axis__isnull=True
    )
    found: dict[Need, dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.order_by("indicator", "period"):
        found[row.territory_id, row.indicator_id][row.period].append(row)
    return {key: value_of(periods[max(periods)]) for key, periods in found.items()}


def credits_of(contracts: Sequence[Contract]) -> dict[int, Credits]:
    """Key of a contract → the State's cash of its lines; for one taken over without lines, what its document gives."""
    state = Q(funder__kind=FunderKind.STATE, in_kind=False, sheet__in_text=True, sheet__contract__in=contracts)
    planned = dict(
        FundingLine.objects.filter(state)
        .order_by()
        .values_list("sheet__contract")
        .annotate(total=Sum("planned"))
        .values_list("sheet__contract", "total")
    )
    caps: dict[int, list[Decimal | None]] = defaultdict(list)
    for contract, amount in AnnualCap.objects.filter(contract__in=contracts).values_list("contract", "ae"):
        caps[contract].append(amount)
    return {one.pk: _credits(one, planned.get(one.pk), caps[one.pk]) for one in contracts}


def _credits(contract: Contract, planned: Decimal | None, caps: Iterable[Decimal | None]) -> Credits:
    if planned is not None:
        return Credits(Money(planned))
    if contract.origin != Origin.TAKEN_OVER:
        return Credits(None)
    given = list(caps)
    known = [amount for amount in given if amount is not None]
    if not known:
        return Credits(None)
    return Credits(Money(sum(known, Decimal(0))), partial=len(known) < len(given), from_caps=True)


# --- the parts of a page --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AxisSheets:
    """The sheets of one axis, each with its chain."""

    title: str
    sheets: tuple[SheetChain, ...]


def by_axis(contract: Contract, on: date) -> list[AxisSheets]:
    """The sheets, axis by axis in the order of the pact; those without an axis last.

    A sheet that an amendment took out of the text stays, with what was done under it.
    """
    groups: dict[tuple[bool, str, int, str], list[SheetChain]] = defaultdict(list)
    pacts = {axis.pk: axis for axis in Axis.objects.filter(action_sheets__contract=contract).select_related("pact")}
    for one in chains_of(contract, on):
        groups[_axis_rank(pacts.get(one.sheet.axis_id or 0))].append(one)
    return [AxisSheets(rank[3], tuple(groups[rank])) for rank in sorted(groups)]


def _axis_rank(axis: Axis | None) -> tuple[bool, str, int, str]:
    if axis is None:
        return (True, "", 0, "Sans axe")
    title = f"{axis.pact.axis_word.capitalize()} {axis.number} : {axis.title}"
    return (False, str(axis.pact.starts_on or ""), axis.number, title)


_MOVES = frozenset(
    f"{table.name}.{row.name}" for table in (CONTRACT, AMENDMENT, SHEET) for row in table.transitions
) | {
    "contract.create",
    "contract.take_over",
    "amendment.propose",
}


def last_moves(contract: Contract) -> QuerySet[AuditEntry]:
    """The last changes of state of a contract, of its amendments and of its sheets, the newest first."""
    amendments = [str(pk) for pk in contract.amendments.values_list("pk", flat=True)]
    sheets = [str(pk) for pk in contract.sheets.values_list("pk", flat=True)]
    of = (
        Q(object_type="contracts.contract", object_id=str(contract.pk))
        | Q(object_type="contracts.amendment", object_id__in=amendments)
        | Q(object_type="contracts.actionsheet", object_id__in=sheets)
    )
    return AuditEntry.objects.filter(of, action__in=_MOVES).select_related("actor")[:JOURNAL_LENGTH]


# --- who may open, who may be named ---------------------------------------------------------------------------------


def territories_to_open(user: User, on: date) -> QuerySet[Territory]:
    """The régions, départements and métropoles on which a person may open a contract."""
    codes = [one.territory_code for one in memberships_in_force(user, on) if one.role in perms.CREATORS]
    within = Q(code__in=codes) | Q(parent__code__in=codes) | Q(parent__parent__code__in=codes)
    within |= Q(parent__parent__parent__code__in=codes)
    levels = Q(level__in=[Level.REGION, Level.DEPARTEMENT]) | Q(level=Level.EPCI, nature__in=METROPOLES)
    found = current().filter(levels, within).select_related("parent__parent__parent")
    return current().filter(pk__in=[one.pk for one in found if perms.can_create(user, one, on)])


def nameable_roles(contract: Contract) -> list[str]:
    """The roles that answer for a contract."""
    own = perms.PARTNER_ROLES[contract.kind] | {Role.DDETS, Role.COMMISSIONER, Role.PREFECT}
    return [role for role in Role.values if role in own]


def nameable(contract: Contract, on: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """The people who hold such a role on the contract's territory, grouped by role: (label, [(« key:role », name)]).

    An association or an operator may be known on a wider or on a narrower territory than the contract's.
    """
    roles = nameable_roles(contract)
    wide = lineage_codes(contract.territory)
    inside = Territory.objects.filter(Q(parent=contract.territory) | Q(parent__parent=contract.territory))
    place = Q(territory_code__in=wide)
    place |= Q(role__in=perms.NAMED_ONLY, territory_code__in=inside.values("code"))
    place &= ~Q(role=Role.DEPARTEMENT) | Q(territory_code=contract.territory.code)
    held = Membership.objects.filter(place, role__in=roles, user__is_active=True, starts_on__lte=on, axis_code="")
    held = held.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).select_related("user")
    named = set(Participant.objects.filter(contract=contract).values_list("user_id", "role"))
    groups: dict[str, dict[int, str]] = {role: {} for role in roles}
    for one in sorted(held, key=lambda one: (one.user.full_name, one.user_id)):
        if (one.user_id, one.role) not in named:
            groups[one.role][one.user_id] = str(one.user)
    return [
        (str(Role(role).label), [(f"{key}:{role}", name) for key, name in people.items()])
        for role, people in groups.items()
        if people
    ]
