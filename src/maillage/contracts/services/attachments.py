"""Deliberations, signed scans and notifications, tied to their version."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import AttachmentKind
from maillage.contracts.models import Attachment, Contract, ContractVersion
from maillage.contracts.selectors.drafts import open_amendment
from maillage.contracts.services.texts import lock
from maillage.core import audit, files
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE
from maillage.kernel.errors import InputProblem, InputRefused

ACCEPTED = frozenset({".pdf", ".docx", ".odt"})
CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
}


@transaction.atomic
def attach(
    *,
    contract: Contract,
    kind: str,
    title: str,
    dated_on: date,
    file: File[Any],
    by: User,
    at: datetime,
    version: ContractVersion | None = None,
) -> Attachment:
    """Deposit a file. Without a version named, it belongs to what is being signed: the contract, or its open amendment.

    Raises InputRefused for a file that is not what its name says, a title or a date missing.
    """
    locked = lock(contract)
    require(perms.is_party(by, locked, localdate(at)), "Vous ne pouvez pas déposer de pièce sur ce contrat.")
    files.check_upload(file, ACCEPTED)
    if not title.strip():
        raise InputRefused([InputProblem(None, "intitulé", "Dites ce qu'est cette pièce.")])
    if dated_on > localdate(at):
        raise InputRefused([InputProblem(None, "date", "La date de la pièce est dans le futur.")])
    amendment = None if version is not None or locked.status in BEFORE_SIGNATURE else open_amendment(locked)
    if version is None and amendment is None and locked.status not in BEFORE_SIGNATURE:
        version = locked.versions.order_by("-number").first()
    stored = files.store(
        name=file.name or "piece",
        content=file,
        content_type=CONTENT_TYPES[files.extension(file.name or "")],
        by=by,
        at=at,
    )
    made = Attachment.objects.create(
        contract=locked,
        amendment=amendment,
        version=version,
        kind=AttachmentKind(kind),
        title=title.strip()[:200],
        dated_on=dated_on,
        file=stored,
        at=at,
        by=by,
    )
    audit.record(
        action="contract.attach",
        obj=locked,
        by=by,
        at=at,
        summary=f"{locked} : {AttachmentKind(kind).label.lower()} déposée",
        changes={"sha256": [None, stored.sha256]},
        territory_code=locked.territory.code,
    )
    return made
