"""Going back to an edition that another one replaced: its kept file is loaded again, and what came since is undone.

A row that a later edition wrote and that the file does not give is withdrawn by the importer (`ImportRequest.undoes`).
Where the edition stood beside others (a file of one region beside that of the country), all that was in force with it
is loaded again, in order, in one transaction: the database is as it was, or as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.db import transaction

from maillage.core import files, jobs
from maillage.core.models import Job, User
from maillage.core.perms import require
from maillage.kernel.errors import MaillageError
from maillage.sources import perms, registry, selectors
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport, ImportRequest, Progress, silent
from maillage.sources.services.loading import REFUSED, run_import


def why_not(edition: SourceEdition) -> str:
    """Why one cannot go back to this edition, in French; '' when one can."""
    if edition.is_current:
        return "Cette édition est en vigueur."
    importer = next((one for one in registry.importers() if one.kind == edition.kind), None)
    if importer is None or importer.way_back is None:
        return "Ce genre de fichier ne revient pas en arrière : corrigez le fichier et chargez-le de nouveau."
    together = selectors.in_force_with(edition)
    if any(one.file is None for one in together):
        return "Le fichier de cette édition, ou d'une édition en vigueur avec elle, n'a pas été gardé."
    if len(together) == 1 and any(_says_the_same(one, edition) for one in selectors.since(edition)):
        return "Le même fichier est de nouveau en vigueur."
    return importer.way_back(edition)


def _says_the_same(later: SourceEdition, edition: SourceEdition) -> bool:
    """Whether a later edition in force is of the same file, read the same way."""
    read = [(one.sha256, one.vintage, one.report.get("mapping", "")) for one in (later, edition)]
    return later.is_current and read[0] == read[1]


@transaction.atomic
def start_way_back(*, edition: SourceEdition, by: User, at: datetime) -> Job:
    """Ask for the way back: a job, since a country takes some seconds. Raises MaillageError where it cannot be."""
    require(perms.can_import(by, at.date()), REFUSED)
    _refuse_if_cannot(edition)
    return jobs.start(
        kind="import.restore",
        title=f"Retour à l'édition : {edition.title}",
        parameters={"edition_id": edition.pk, "by_id": by.pk},
        by=by,
        at=at,
    )


def go_back(
    *, edition: SourceEdition, by: User | None, at: datetime, progress: Progress = silent, dry_run: bool = False
) -> ImportReport:
    """Leave the database as that edition left it, as far as its kind writes. Gives the report of its own file."""
    require(by is None or perms.can_import(by, at.date()), REFUSED)
    edition = SourceEdition.objects.select_related("file").get(pk=edition.pk)
    _refuse_if_cannot(edition)
    together = selectors.in_force_with(edition)
    undone = frozenset(selectors.since(edition).values_list("pk", flat=True))
    requests = [_request(one, edition, undone, by=by, at=at, progress=progress) for one in together]
    if dry_run or len(requests) == 1:
        return run_import(kind=edition.kind, request=replace(requests[-1], dry_run=dry_run))
    with transaction.atomic():
        reports = [run_import(kind=edition.kind, request=one) for one in requests]
    return reports[-1]


def _refuse_if_cannot(edition: SourceEdition) -> None:
    if why := why_not(edition):
        raise MaillageError(why)


def _request(
    one: SourceEdition,
    target: SourceEdition,
    undone: frozenset[int],
    *,
    by: User | None,
    at: datetime,
    progress: Progress,
) -> ImportRequest:
    if one.file is None or not files.is_intact(one.file):
        raise MaillageError(f"Le fichier gardé avec « {one.title} » est absent ou abîmé : on ne peut pas y revenir.")
    return ImportRequest(
        path=Path(one.file.content.path),
        name=one.file.name,
        by=by,
        at=at,
        origin=one.origin,
        vintage=one.vintage,
        progress=progress,
        stored=one.file,
        restores=target.pk,
        undoes=undone,
        first_loaded_at=one.loaded_at,
        mapping=str(one.report.get("mapping", "")),
    )
