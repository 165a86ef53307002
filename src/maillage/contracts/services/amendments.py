"""Proposing an amendment of the version in force."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import AmendmentKind
from maillage.contracts.models import Amendment, Contract
from maillage.contracts.selectors.drafts import open_amendment
from maillage.contracts.services.texts import lock
from maillage.contracts.services.versions import read_version
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError


@transaction.atomic
def propose_amendment(
    *, contract: Contract, title: str, kinds: Collection[str], reason: str, by: User, at: datetime
) -> Amendment:
    """Open an amendment: a copy of the text in force, of which the kinds say what may change.

    Raises MaillageError where the contract is not in force or an amendment is open already.
    """
    locked = lock(contract)
    require(perms.is_party(by, locked, localdate(at)), "Vous ne pouvez pas proposer un avenant à ce contrat.")
    if locked.status != "in_force":
        raise MaillageError("Un avenant se propose sur un contrat en vigueur.")
    if open_amendment(locked) is not None:
        raise MaillageError("Un avenant est déjà ouvert sur ce contrat : terminez-le ou annulez-le d'abord.")
    wanted = sorted({AmendmentKind(kind).value for kind in kinds})
    _refuse_bad_proposal(title, wanted)
    base = locked.versions.order_by("-number")[0]
    amendment = Amendment.objects.create(
        contract=locked,
        number=(locked.amendments.aggregate(last=Max("number"))["last"] or 0) + 1,
        title=title.strip(),
        kinds=wanted,
        reason=reason.strip(),
        base=base,
        proposed=read_version(base)["text"],
        created_at=at,
        created_by=by,
    )
    audit.record(
        action="amendment.propose",
        obj=amendment,
        by=by,
        at=at,
        summary=f"{amendment} proposé",
        changes={"kinds": [None, wanted]},
        territory_code=locked.territory.code,
    )
    return amendment


def _refuse_bad_proposal(title: str, kinds: list[str]) -> None:
    problems = []
    if not title.strip():
        problems.append(InputProblem(None, "objet", "Dites en une ligne ce que l'avenant change."))
    if not kinds:
        problems.append(InputProblem(None, "natures", "Choisissez au moins une nature : elle ouvre les champs."))
    if problems:
        raise InputRefused(problems, title="L'avenant n'est pas ouvert.")
