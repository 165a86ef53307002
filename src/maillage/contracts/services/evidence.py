"""Evidence: files that show what a reading, a report or an evaluation says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import EvidenceKind
from maillage.contracts.models import ActionSheet, Contract, Evaluation, Evidence, ExecutionReport, Reading
from maillage.contracts.selectors.results import is_open_to_results
from maillage.contracts.services.texts import lock
from maillage.core import audit, files
from maillage.core.models import User
from maillage.core.perms import require
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".csv": "text/csv",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
ACCEPTED = frozenset(CONTENT_TYPES)
MIN_REASON = 10


@dataclass(frozen=True)
class Tied:
    """What a piece of evidence shows besides its action; nothing of it is needed."""

    reading: Reading | None = None
    report: ExecutionReport | None = None
    evaluation: Evaluation | None = None


@transaction.atomic
def add_evidence(
    *,
    sheet: ActionSheet,
    kind: str,
    title: str,
    dated_on: date,
    file: files.Uploaded,
    by: User,
    at: datetime,
    tied: Tied | None = None,
) -> Evidence:
    """Deposit a piece of evidence on an action.

    Raises InputRefused for a file that is not what its name says, a title missing, a date in the future, or something
    of another action.
    """
    contract = lock(sheet.contract)
    require(perms.is_party(by, contract, localdate(at)), "Vous ne pouvez pas déposer de preuve sur ce contrat.")
    if not is_open_to_results(contract):
        raise MaillageError("Une preuve se dépose sur un contrat signé qui n'est pas clos.")
    tied = tied or Tied()
    files.check_upload(file, ACCEPTED)
    _refuse_bad(sheet, contract, title, dated_on, tied, localdate(at))
    name = file.name or "preuve"
    stored = files.store(
        name=name,
        content=file,  # type: ignore[arg-type]  # an uploaded file is read as an open file is
        content_type=CONTENT_TYPES[files.extension(name)],
        by=by,
        at=at,
    )
    made = Evidence.objects.create(
        sheet=sheet,
        reading=tied.reading,
        report=tied.report,
        evaluation=tied.evaluation,
        kind=EvidenceKind(kind),
        title=title.strip()[:200],
        dated_on=dated_on,
        file=stored,
        at=at,
        by=by,
    )
    _record(contract, made, "add", by, at, {"sha256": [None, stored.sha256]})
    return made


def _refuse_bad(sheet: ActionSheet, contract: Contract, title: str, dated_on: date, tied: Tied, today: date) -> None:
    problems = []
    if not title.strip():
        problems.append(InputProblem(None, "intitulé", "Dites ce que montre cette pièce."))
    if dated_on > today:
        problems.append(InputProblem(None, "date", "La date de la pièce est dans le futur."))
    elsewhere = (
        (tied.reading is not None and tied.reading.target.sheet_id != sheet.pk)
        or (tied.report is not None and tied.report.sheet_id != sheet.pk)
        or (tied.evaluation is not None and tied.evaluation.contract_id != contract.pk)
    )
    if elsewhere:
        problems.append(InputProblem(None, "rattachement", "Ce que la pièce montre est d'une autre action."))
    if problems:
        raise InputRefused(problems, title="La preuve n'est pas déposée.")


@transaction.atomic
def withdraw_evidence(*, evidence: Evidence, reason: str, by: User, at: datetime) -> Evidence:
    """Take a piece back, with a reason. It no longer counts; its file stays, and the archive holds it."""
    contract = lock(evidence.sheet.contract)
    held = Evidence.objects.select_for_update(of=("self",)).select_related("sheet").get(pk=evidence.pk)
    require(perms.is_party(by, contract, localdate(at)), "Vous ne pouvez pas retirer cette preuve.")
    if not is_open_to_results(contract):
        raise MaillageError("Le contrat est clos : ses preuves ne bougent plus.")
    if held.withdrawn_at is not None:
        raise MaillageError("Cette preuve est déjà retirée.")
    if len(reason.strip()) < MIN_REASON:
        raise InputRefused(
            [InputProblem(None, "motif", f"Écrivez un motif de {MIN_REASON} caractères au moins.")],
            title="La preuve n'est pas retirée.",
        )
    held.withdrawn_at, held.withdrawn_reason = at, reason.strip()[:300]
    held.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    _record(contract, held, "withdraw", by, at, {"withdrawn": [None, held.withdrawn_reason]})
    return held


def _record(contract: Contract, evidence: Evidence, name: str, by: User, at: datetime, changes: dict[str, Any]) -> None:
    word = {"add": "preuve déposée", "withdraw": "preuve retirée"}[name]
    audit.record(
        action=f"evidence.{name}",
        obj=evidence,
        by=by,
        at=at,
        summary=f"{contract} · fiche {evidence.sheet.code} : {word}",
        changes=changes,
        territory_code=contract.territory.code,
    )
