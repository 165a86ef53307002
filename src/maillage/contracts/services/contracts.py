"""Opening a contract, taking over an old one, and naming who answers for it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import ContractKind, Origin
from maillage.contracts.models import Contract, Participant
from maillage.contracts.services.texts import lock
from maillage.contracts.services.versions import make_version
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.pacts.models import Pact
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory

MAX_YEARS = 10


@transaction.atomic
def create_contract(
    *,
    reference: str,
    kind: str,
    title: str,
    territory: Territory,
    starts_on: date,
    ends_on: date,
    by: User,
    at: datetime,
    pact: Pact | None = None,
    linked_to: Contract | None = None,
    is_demonstration: bool = False,
) -> Contract:
    """Open a contract as a draft, with a cap to fill for each of its years. Raises InputRefused."""
    require(perms.can_create(by, territory, localdate(at)), "Vous ne pouvez pas ouvrir un contrat sur ce territoire.")
    _refuse_bad_opening(reference, starts_on, ends_on)
    contract = Contract.objects.create(
        reference=reference.strip(),
        kind=ContractKind(kind),
        title=title.strip(),
        territory=territory,
        pact=pact,
        linked_to=linked_to,
        starts_on=starts_on,
        ends_on=ends_on,
        is_demonstration=is_demonstration,
        created_at=at,
        created_by=by,
    )
    for year in contract.years:
        contract.caps.create(year=year)
    audit.record(
        action="contract.create",
        obj=contract,
        by=by,
        at=at,
        summary=f"{contract} : contrat ouvert",
        territory_code=territory.code,
    )
    return contract


def _refuse_bad_opening(reference: str, starts_on: date, ends_on: date) -> None:
    problems = []
    if not reference.strip():
        problems.append(InputProblem(None, "référence", "Donnez une référence, par exemple CLS-44-2024."))
    if Contract.objects.filter(reference=reference.strip()).exists():
        problems.append(InputProblem(None, "référence", "Un contrat porte déjà cette référence."))
    if ends_on < starts_on:
        problems.append(InputProblem(None, "fin", "La fin précède le début."))
    elif ends_on.year - starts_on.year >= MAX_YEARS:
        problems.append(InputProblem(None, "fin", f"Un contrat couvre {MAX_YEARS} années au plus."))
    if problems:
        raise InputRefused(problems, title="Le contrat n'est pas ouvert.")


@transaction.atomic
def take_over(
    *, contract: Contract, document: SourceDocument, locator: str, signed_on: date | None, by: User | None, at: datetime
) -> Contract:
    """Enter an old contract as its document gives it: in force, or expired. What is not known stays so, a date too.

    `by` None: the demonstration or a command of the instance's administrator loads it.
    """
    locked = lock(contract)
    if by is not None:
        require(perms.is_state_team(by, locked, localdate(at)), "Vous ne pouvez pas reprendre ce contrat.")
    locked.origin, locked.document, locked.locator = Origin.TAKEN_OVER, document, locator
    locked.status = "in_force" if locked.ends_on >= localdate(at) else "expired"
    locked.prefect_signed_on = signed_on
    locked.save()
    locked.sheets.update(status="contracted")
    make_version(contract=locked, amendment=None, signed_on=signed_on, by=by, at=at)
    audit.record(
        action="contract.take_over",
        obj=locked,
        by=by,
        at=at,
        summary=f"{locked} : repris d'un document",
        changes={"document": [None, document.code], "status": ["draft", locked.status]},
        territory_code=locked.territory.code,
    )
    return locked


@transaction.atomic
def name_participant(*, contract: Contract, user: User, role: str, by: User, at: datetime) -> Participant:
    """Name a person who answers for a contract: an association reaches its agreement by this."""
    locked = lock(contract)
    require(perms.is_state_team(by, locked, localdate(at)), "Vous ne pouvez pas désigner une personne ici.")
    named, made = Participant.objects.get_or_create(contract=locked, user=user, role=role)
    if made:
        _record_participant("contract.participant", named, by, at, [None, role])
    return named


@transaction.atomic
def remove_participant(*, participant: Participant, by: User, at: datetime) -> None:
    """Take a person off a contract."""
    locked = lock(participant.contract)
    require(perms.is_state_team(by, locked, localdate(at)), "Vous ne pouvez pas retirer une personne ici.")
    _record_participant("contract.participant_removed", participant, by, at, [participant.role, None])
    participant.delete()


def _record_participant(action: str, named: Participant, by: User, at: datetime, change: list[str | None]) -> None:
    audit.record(
        action=action,
        obj=named.contract,
        by=by,
        at=at,
        summary=f"{named.contract} : personnes désignées",
        changes={f"participant/{named.user_id}": change},
        territory_code=named.contract.territory.code,
    )
