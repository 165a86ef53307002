"""Moving a contract, an amendment or an action sheet along its table: the only place where their states change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.models import ActionSheet, Amendment, Contract, FundingLine
from maillage.contracts.selectors.facts import facts_of_move
from maillage.contracts.services.texts import lock
from maillage.contracts.services.versions import make_version
from maillage.contracts.text import write_text
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle import SYSTEM, Lifecycle
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, SHEET
from maillage.kernel.errors import MaillageError


@dataclass(frozen=True)
class Move:
    """One transition being done: on what, by whom, when, and the day that is written on the act."""

    contract: Contract
    amendment: Amendment | None
    by: User | None
    at: datetime
    on: date

    @property
    def subject(self) -> Contract | Amendment:
        return self.amendment or self.contract


@transaction.atomic
def move_contract(
    *, contract: Contract, name: str, by: User | None, at: datetime, reason: str = "", on: date | None = None
) -> Contract:
    """Do one transition of a contract. `by` None: what happens by itself. `on`: the day of the act, today by default.

    Raises TransitionRefused (state, role or guard, in French), PermissionDenied for who does not see the contract.
    """
    locked = lock(contract)
    _do(Move(locked, None, by, at, on or localdate(at)), CONTRACT, name, reason)
    return locked


@transaction.atomic
def move_amendment(
    *, amendment: Amendment, name: str, by: User | None, at: datetime, reason: str = "", on: date | None = None
) -> Amendment:
    """Do one transition of an amendment; the prefect's signature makes the next version."""
    contract = lock(amendment.contract)
    held = Amendment.objects.select_for_update(of=("self",)).select_related("base").get(pk=amendment.pk)
    held.contract = contract
    if contract.status != "in_force" and name != "cancel":
        raise MaillageError("Le contrat n'est plus en vigueur : son avenant ne peut plus avancer.")
    _do(Move(contract, held, by, at, on or localdate(at)), AMENDMENT, name, reason)
    return held


def expire_ended(*, at: datetime) -> list[Contract]:
    """Expire the contracts in force whose term is past: what the calendar does, each in its own transaction."""
    ended = Contract.objects.filter(status="in_force", ends_on__lt=localdate(at)).order_by("reference")
    return [move_contract(contract=contract, name="expire", by=None, at=at) for contract in ended]


def _do(move: Move, table: Lifecycle, name: str, reason: str) -> None:
    subject, before = move.subject, move.subject.status
    roles = _roles(move)
    facts = facts_of_move(move.contract, move.amendment, name, on=move.on, reason=reason)
    _refuse_future(move)
    subject.status = table.next_state(name, before, roles, facts)
    subject.status_reason = reason.strip()[:500]
    effect = _EFFECTS.get(name)
    if effect is not None:
        effect(move)
    subject.save()
    audit.record(
        action=f"{table.name}.{name}",
        obj=subject,
        by=move.by,
        at=move.at,
        summary=f"{subject} : {table.labels[subject.status].lower()}",
        changes={"status": [before, subject.status], "reason": [None, reason.strip()], "on": [None, str(move.on)]},
        territory_code=move.contract.territory.code,
    )


def _roles(move: Move) -> frozenset[str]:
    if move.by is None:
        return frozenset({SYSTEM})
    on = localdate(move.at)
    require(perms.can_see(move.by, move.contract, on), "Vous ne voyez pas ce contrat.")
    return perms.roles_on(move.by, move.contract, on)


def _refuse_future(move: Move) -> None:
    if move.on > localdate(move.at):
        raise MaillageError("La date de l'acte est dans le futur.")


# --- effects ----------------------------------------------------------------------------------------------------------


def _deliberated(move: Move) -> None:
    move.subject.deliberated_on = move.on


def _partner_signed(move: Move) -> None:
    move.subject.partner_signed_on = move.on


def _reopened(move: Move) -> None:
    """What was deliberated or signed was another text."""
    move.subject.deliberated_on = move.subject.partner_signed_on = None


def _prefect_signed(move: Move) -> None:
    """The text becomes the text in force: rows, awards, sheets, version, and the deposited files tied to it."""
    contract, amendment = move.contract, move.amendment
    move.subject.prefect_signed_on = move.on
    if amendment is not None:
        _apply(contract, amendment, move)
    else:
        contract.save()
    _contract_sheets(contract, move)
    FundingLine.objects.filter(sheet__contract=contract, sheet__in_text=True).update(awarded=F("planned"))
    version = make_version(contract=contract, amendment=amendment, signed_on=move.on, by=move.by, at=move.at)
    contract.attachments.filter(amendment=amendment, version__isnull=True).update(version=version)


def _apply(contract: Contract, amendment: Amendment, move: Move) -> None:
    write_text(contract, amendment.proposed, keep_removed=True)
    gone = contract.sheets.filter(in_text=False, status__in=["contracted", "under_way", "blocked", "suspended"])
    for sheet in gone:
        _set_sheet(sheet, "abandoned", f"Retirée par l'avenant {amendment.number}", move)


def _contract_sheets(contract: Contract, move: Move) -> None:
    for sheet in contract.sheets.filter(in_text=True, status__in=["proposed", "retained"]):
        _set_sheet(sheet, "contracted", "", move)


def _set_sheet(sheet: ActionSheet, status: str, reason: str, move: Move) -> None:
    before, sheet.status, sheet.status_reason = sheet.status, status, reason
    sheet.save(update_fields=["status", "status_reason"])
    audit.record(
        action="action_sheet.contract" if status == "contracted" else "action_sheet.abandon",
        obj=sheet,
        by=move.by,
        at=move.at,
        summary=f"{move.contract} · fiche {sheet.code} : {SHEET.labels[status].lower()}",
        changes={"status": [before, status]},
        territory_code=move.contract.territory.code,
    )


_EFFECTS: dict[str, Callable[[Move], Any]] = {
    "deliberate": _deliberated,
    "sign_partner": _partner_signed,
    "sign_prefect": _prefect_signed,
    "reopen": _reopened,
}


# --- action sheets ----------------------------------------------------------------------------------------------------


@transaction.atomic
def move_sheet(
    *, sheet: ActionSheet, name: str, by: User, at: datetime, reason: str = "", amendment: Amendment | None = None
) -> ActionSheet:
    """Do one transition of an action sheet. `amendment`: the one that redeploys it."""
    contract = lock(sheet.contract)
    held = ActionSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    on = localdate(at)
    require(perms.can_see(by, contract, on), "Vous ne voyez pas ce contrat.")
    if amendment is not None and amendment.contract_id != contract.pk:
        raise MaillageError("Cet avenant est d'un autre contrat.")
    facts = {"reason": reason, "amendment": amendment}
    before = held.status
    held.status = SHEET.next_state(name, before, perms.roles_on(by, contract, on), facts)
    held.status_reason = reason.strip()[:500]
    held.redeployed_by = amendment if name == "redeploy" else held.redeployed_by
    held.save(update_fields=["status", "status_reason", "redeployed_by"])
    audit.record(
        action=f"action_sheet.{name}",
        obj=held,
        by=by,
        at=at,
        summary=f"{contract} · fiche {held.code} : {SHEET.labels[held.status].lower()}",
        changes={"status": [before, held.status], "reason": [None, reason.strip()]},
        territory_code=contract.territory.code,
    )
    return held
