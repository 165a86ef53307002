"""What waits for a person about contracts: her next step, comments to answer, execution reports due.

The person responsible is who is named for the contract in a role of the step; where nobody is named, who holds that
role on the contract's own territory, or, for the State, on the nearest territory above where somebody holds it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from maillage.contracts import parameters, perms
from maillage.contracts.enums import Origin
from maillage.contracts.models import ActionSheet, Amendment, Contract, FieldComment
from maillage.contracts.selectors.execution import YearReport, year_reports
from maillage.contracts.selectors.progress import actors, next_row
from maillage.core import digests
from maillage.core.models import Membership, User
from maillage.core.perms import memberships_in_force
from maillage.engines.lifecycle.contracts import (
    AMENDMENT,
    BEFORE_SIGNATURE,
    CONTRACT,
    EXECUTION_REPORT,
    OPEN_TO_CHANGE,
    OPEN_WHERE_COMMENTED,
    OVER,
    RUNNING,
    STATE_TEAM,
)
from maillage.engines.lifecycle.model import SYSTEM, Transition
from maillage.engines.parameters import Name
from maillage.kernel.numbers import NBSP
from maillage.territories.selectors import lineage


@dataclass(frozen=True)
class Mine:
    """The contracts that a person may act on, and who answers for each: as many queries for one as for a hundred."""

    user: User
    on: date

    @cached_property
    def contracts(self) -> dict[int, Contract]:
        open_ones = perms.visible(self.user, self.on).filter(status__in=[*BEFORE_SIGNATURE, *RUNNING])
        found = [one for one in open_ones.prefetch_related("participants") if perms.roles_on(self.user, one, self.on)]
        return {one.pk: one for one in found}

    @cached_property
    def holders(self) -> set[tuple[str, str]]:
        """(role, territory) held by somebody today."""
        codes = {place.code for contract in self.contracts.values() for place in lineage(contract.territory)}
        held = Membership.objects.filter(territory_code__in=codes, axis_code="", user__is_active=True)
        held = held.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=self.on), starts_on__lte=self.on)
        return set(held.values_list("role", "territory_code").distinct())

    def is_responsible(self, contract: Contract, roles: Collection[str]) -> bool:
        """Whether this very person answers for what these roles have to do on a contract."""
        mine = perms.roles_on(self.user, contract, self.on) & frozenset(roles)
        named = [one for one in contract.participants.all() if one.role in roles]
        if named:
            return any(one.user_id == self.user.pk and one.role in mine for one in named)
        own = {(one.role, one.territory_code) for one in memberships_in_force(self.user, self.on)}
        for place in lineage(contract.territory):
            here = {role for role in roles if (role, place.code) in self.holders}
            nearest = {role for role in here if self._counts(role, contract, place.code)}
            if nearest:
                return any((role, place.code) in own and role in mine for role in nearest)
        return False

    @staticmethod
    def _counts(role: str, contract: Contract, code: str) -> bool:
        """The other party answers on its own territory; who must be named does not answer unnamed."""
        if role in perms.NAMED_ONLY:
            return False
        return role in perms.STATE or code == contract.territory.code


@digests.source
def steps_to_do(user: User, on: date) -> list[digests.Item]:
    """The next step of a contract, or of its open amendment, where it is hers."""
    mine = Mine(user, on)
    items = []
    amendments = Amendment.objects.filter(contract__in=mine.contracts).exclude(status__in=OVER)
    for contract in mine.contracts.values():
        row = next_row(CONTRACT, contract.status)
        if row is not None and _is_time(row, contract, on) and mine.is_responsible(contract, actors(contract, row)):
            items.append(_step(contract, row, contract.reference, "contract"))
    for amendment in amendments:
        contract = mine.contracts[amendment.contract_id]
        row = next_row(AMENDMENT, amendment.status)
        if row is not None and mine.is_responsible(contract, actors(contract, row)):
            words = f"{contract.reference}, avenant {amendment.number}"
            items.append(_step(contract, row, words, "contract-amendments"))
    return items


def _is_time(row: Transition, contract: Contract, on: date) -> bool:
    """What the calendar brings is not asked before its day; a contract taken over from a document asks nothing."""
    if contract.origin != Origin.NATIVE:
        return False
    return SYSTEM not in row.roles or contract.ends_on < on


def _step(contract: Contract, row: Transition, subject: str, page: str) -> digests.Item:
    label = f"{row.label}{NBSP}: {subject}"
    return digests.Item("contract.step", label, _address(page, contract), None, False, contract.territory.code)


@digests.source
def comments_to_answer(user: User, on: date) -> list[digests.Item]:
    """Comments without an answer, to the side that did not write them."""
    mine = Mine(user, on)
    open_states = OPEN_TO_CHANGE | OPEN_WHERE_COMMENTED
    where = Q(amendment__isnull=True, contract__status__in=open_states) | Q(amendment__status__in=open_states)
    comments = FieldComment.objects.filter(where, contract__in=mine.contracts, closed_at__isnull=True)
    comments = comments.filter(answered_at__isnull=True).select_related("by")
    counts: dict[int, int] = {}
    for comment in comments.prefetch_related("by__memberships"):
        contract = mine.contracts[comment.contract_id]
        if comment.by_id != user.pk and mine.is_responsible(contract, _answering(contract, comment, on)):
            counts[contract.pk] = counts.get(contract.pk, 0) + 1
    return [_to_answer(mine.contracts[key], count) for key, count in counts.items()]


def _answering(contract: Contract, comment: FieldComment, on: date) -> frozenset[str]:
    """The roles of the other side than its author's."""
    held = {one.role for one in comment.by.memberships.all() if one.starts_on <= on}
    return frozenset(perms.PARTNER_ROLES[contract.kind]) if held & perms.STATE else STATE_TEAM


def _to_answer(contract: Contract, count: int) -> digests.Item:
    plural = "s" if count > 1 else ""
    label = f"{count} commentaire{plural} à répondre{NBSP}: {contract.reference}"
    url = _address("contract-comments", contract)
    return digests.Item("contract.comment", label, url, None, False, contract.territory.code)


@digests.source
def reports_due(user: User, on: date) -> list[digests.Item]:
    """Execution reports to enter, to complete or to validate, when their day is near or past.

    A report that nobody has begun counts: what is owed comes from the years of the action, not from what is stored.
    """
    mine = Mine(user, on)
    running = [one for one in mine.contracts.values() if one.status in RUNNING and one.origin == Origin.NATIVE]
    if not running:
        return []
    sheets = ActionSheet.objects.filter(contract__in=running).prefetch_related("lines", "reports")
    items = []
    for sheet in sheets:
        contract = mine.contracts[sheet.contract_id]
        for found in year_reports(contract, sheet, on, {}):
            row = next_row(EXECUTION_REPORT, found.status)
            if row is None or row.name not in _REPORT_STEPS or not _is_near(found, contract, on):
                continue
            if mine.is_responsible(contract, actors(contract, row)):
                items.append(_report(contract, found, row, on))
    return items


# What a party sends and what the DDETS validates; a consolidation has no day.
_REPORT_STEPS = {"submit": "Rapport à transmettre", "validate": "Rapport à valider"}


def _is_near(found: YearReport, contract: Contract, on: date) -> bool:
    if found.due_on is None:
        return False
    days = parameters.parameter_of(Name.REPORT_REMINDER_DAYS, contract.kind, on)
    before = timedelta(days=int(days.number)) if days is not None else timedelta()
    return found.due_on - before <= on


def _report(contract: Contract, found: YearReport, row: Transition, on: date) -> digests.Item:
    label = f"{_REPORT_STEPS[row.name]}{NBSP}: {contract.reference}, fiche {found.sheet.code}, {found.year}"
    late = found.due_on is not None and found.due_on < on
    url = _address("contract-execution", contract)
    return digests.Item("contract.report", label, url, found.due_on, late, contract.territory.code)


def _address(name: str, contract: Contract) -> str:
    """The page that is asked, or the first page of the contract where the instance has no such page."""
    try:
        return reverse(name, args=[contract.pk])
    except NoReverseMatch:
        return reverse("contract", args=[contract.pk])
