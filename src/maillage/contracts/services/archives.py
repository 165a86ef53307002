"""Asking for the archive of a contract, and making it."""

from __future__ import annotations

import tempfile
from datetime import datetime
from typing import IO

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import archive, perms
from maillage.contracts.archive.building import Advance, name_of
from maillage.contracts.models import Contract
from maillage.contracts.services.texts import lock
from maillage.core import audit, files, jobs
from maillage.core.models import Job, StoredFile, User
from maillage.core.perms import require

KIND = perms.ARCHIVE_JOB


@transaction.atomic
def ask_archive(*, contract: Contract, by: User, at: datetime) -> Job:
    """Start the job that makes the archive. The journal of the contract keeps who asked."""
    locked = lock(contract)
    require(perms.can_audit(by, locked, localdate(at)), "Vous ne pouvez pas prendre l'archive de ce contrat.")
    audit.record(
        action="contract.archive",
        obj=locked,
        by=by,
        at=at,
        summary=f"{locked} : archive demandée",
        territory_code=locked.territory.code,
    )
    parameters = {"contract_id": locked.pk, "by_id": by.pk}
    return jobs.start(kind=KIND, title=f"Archive du contrat {locked.reference}", parameters=parameters, by=by, at=at)


def make_archive(
    *, contract: Contract, by: User, at: datetime, advance: Advance = lambda percent, text: None
) -> tuple[StoredFile, archive.Built]:
    """Make the archive and keep it. The database is held only while it is read, not while files are copied."""
    require(perms.can_audit(by, contract, localdate(at)), "Vous ne pouvez pas prendre l'archive de ce contrat.")
    with tempfile.TemporaryFile() as out:
        built = write_archive(contract=contract, out=out, at=at, advance=advance)
        name = f"{name_of(contract)}-{localdate(at):%Y%m%d}.zip"
        stored = files.store(name=name, content=out, content_type="application/zip", by=by, at=at)
    return stored, built


def write_archive(
    *, contract: Contract, out: IO[bytes], at: datetime, advance: Advance = lambda percent, text: None
) -> archive.Built:
    """Write the archive where it is asked: what the command line does."""
    advance(0, "Lecture du contrat")
    return archive.write(archive.gather(contract=contract, at=at), out, advance)
