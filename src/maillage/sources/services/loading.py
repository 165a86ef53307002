"""Loading files: who may, one edition per file, and a write lock as short as possible."""

from __future__ import annotations

import mimetypes
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from maillage.core import audit, files, jobs
from maillage.core.models import Job, StoredFile, User
from maillage.core.perms import require
from maillage.gateways.fetch import Fetched, fetch
from maillage.kernel.errors import MaillageError
from maillage.sources import perms, registry, selectors
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport, ImportRequest

REFUSED = "Seuls l'équipe régionale et les observateurs de la région chargent des fichiers officiels."
_ATTEMPTS = 4


class MovedOn(Exception):
    """Something else was loaded while this file was being read: what was staged must be staged again."""


def run_import(*, kind: str, request: ImportRequest) -> ImportReport:
    """Load one file of a kind, or tell what it would change. `request.by` is None from the command line."""
    if request.by is not None:
        require(perms.can_import(request.by, request.at.date()), REFUSED)
    importer = registry.importer_of(kind)
    started = time.perf_counter()
    report = importer.load(replace(request, origin=request.origin or request.name))
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def brought(path_or_url: str) -> Fetched:
    """A path as it is, or the file that an address gives. The caller removes what was fetched (`url` is not '')."""
    if is_address(path_or_url):
        return fetch(path_or_url)
    path = Path(path_or_url).expanduser()
    if not path.is_file():
        raise MaillageError(f"Le fichier « {path_or_url} » n'existe pas.")
    return Fetched(path, path.name, "")


def stage_and_swap(
    request: ImportRequest,
    *,
    stage: Callable[[], ImportReport],
    write: Callable[[SourceEdition], None],
    edition: Callable[[ImportReport], SourceEdition],
) -> ImportReport:
    """Stage outside any transaction, then write all in one short transaction.

    `stage` reads the database and prepares the rows; `edition` gives the unsaved edition; `write` writes the rows that
    the last `stage` prepared. When another file was loaded meanwhile, the work is staged again on what it left.
    """
    kept = _Kept(request)
    try:
        for _ in range(_ATTEMPTS):
            seen = selectors.mark()
            report = stage()
            report.dry_run, report.restores = request.dry_run, request.restores
            if request.dry_run:
                return report
            request.progress(85, "Écriture")
            unsaved = edition(report)
            unsaved.file = kept.file(unsaved.sha256)
            try:
                return _swap(seen=seen, report=report, unsaved=unsaved, write=write, request=request)
            except MovedOn:
                continue
    except BaseException:
        kept.forget()
        raise
    kept.forget()
    raise MaillageError("D'autres fichiers sont chargés en même temps. Réessayez dans un instant.")


class _Kept:
    """The file of a load, kept before the short transaction, since copying it takes time; forgotten if that fails."""

    def __init__(self, request: ImportRequest) -> None:
        self.request, self.mine, self.found = request, False, request.stored

    def file(self, sha256: str) -> StoredFile | None:
        """The row that keeps it: that of the request, that of an edition of the same content, or a new one."""
        if self.found is None and sha256:
            same = SourceEdition.objects.filter(sha256=sha256, file__isnull=False, file__name=self._name())
            edition = same.select_related("file").order_by("-pk").first()
            self.found = edition.file if edition is not None else None
        if self.found is None and sha256:
            self.found, self.mine = self._store(), True
        return self.found

    def _name(self) -> str:
        return files.clean_name(self.request.name)

    def _store(self) -> StoredFile:
        content_type = mimetypes.guess_type(self.request.name)[0] or "application/octet-stream"
        with self.request.path.open("rb") as content:
            return files.store(
                name=self._name(),
                content=content,
                content_type=content_type,
                by=self.request.by,
                at=self.request.at,
            )

    def forget(self) -> None:
        """The row goes; its bytes, named by their checksum, may be another's and stay."""
        if self.mine and self.found is not None:
            self.found.delete()


@transaction.atomic
def _swap(
    *,
    seen: int,
    report: ImportReport,
    unsaved: SourceEdition,
    write: Callable[[SourceEdition], None],
    request: ImportRequest,
) -> ImportReport:
    started = time.perf_counter()
    _lock_editions()
    if selectors.mark() != seen:
        raise MovedOn
    unsaved.loaded_at, unsaved.loaded_by, unsaved.is_current = request.at, request.by, True
    unsaved.save()
    _supersede(unsaved, request.undoes)
    write(unsaved)
    report.edition = unsaved.pk
    report.locked_seconds = round(time.perf_counter() - started, 3)
    unsaved.report = report.as_json()
    unsaved.save(update_fields=["report"])
    back = request.restores is not None
    audit.record(
        action="source.restore" if back else "source.import",
        obj=unsaved,
        by=request.by,
        at=request.at,
        summary=f"{'Retour à une édition' if back else 'Fichier chargé'} : {unsaved.title}",
        changes={"counts": [None, report.counts], "sha256": [None, unsaved.sha256]},
    )
    return report


def _lock_editions() -> None:
    """One load at a time. SQLite's immediate transactions already take the only write lock there is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(SourceEdition._meta.db_table)
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _supersede(edition: SourceEdition, undone: frozenset[int]) -> None:
    """Put out of force the editions of the same kind and part that this one covers whole, and those that it undoes."""
    covered = set(edition.scope)
    same = SourceEdition.objects.filter(kind=edition.kind, part=edition.part, is_current=True).exclude(pk=edition.pk)
    older = [one.pk for one in same.order_by("pk") if not covered or set(one.scope) <= covered]
    SourceEdition.objects.filter(pk__in={*older, *undone}).update(is_current=False)


def unsaved_edition(
    request: ImportRequest,
    report: ImportReport,
    *,
    part: str = "",
    scope: Sequence[str] = (),
    publisher: str = "",
    licence: str = "",
) -> SourceEdition:
    """The edition of a report, not yet saved."""
    return SourceEdition(
        kind=report.kind,
        title=report.title,
        publisher=publisher,
        vintage=report.vintage,
        licence=licence,
        origin=request.origin[:300],
        sha256=report.sha256,
        part=part,
        scope=sorted(scope),
        rows=report.rows,
    )


@transaction.atomic
def start_preview(
    *, kind: str, vintage: str, uploaded: Any | None, url: str, by: User, at: datetime
) -> tuple[Job, uuid.UUID]:
    """Ask for the examination of a file or of an address: a job that reads, compares and writes nothing.

    The key names the page that shows what it found. Raises InputRefused or MaillageError when the file is refused.
    """
    require(perms.can_import(by, at.date()), REFUSED)
    importer = registry.importer_of(kind)
    if uploaded is not None:
        files.check_upload(uploaded)
        name = files.clean_name(uploaded.name or "")
        content_type = uploaded.content_type or "application/octet-stream"
        stored = files.store(name=name, content=uploaded, content_type=content_type, by=by, at=at)
    elif is_address(url):
        stored, name = None, url
    else:
        raise MaillageError("Déposez un fichier, ou donnez une adresse qui commence par https://.")
    key = uuid.uuid4()
    job = jobs.start(
        kind="import.preview",
        title=f"Examen : {importer.label}, {name}",
        parameters={
            "key": str(key),
            "kind": kind,
            "vintage": vintage,
            "file_id": stored.pk if stored is not None else None,
            "url": "" if stored is not None else url,
            "by_id": by.pk,
        },
        by=by,
        at=at,
    )
    return job, key


@transaction.atomic
def start_load(*, preview: Job, by: User, at: datetime) -> Job:
    """Load the very file that a preview examined."""
    require(perms.can_import(by, at.date()), REFUSED)
    seen = preview.result.get("data", {})
    if not seen.get("file_id"):
        raise MaillageError("Cet examen n'est pas terminé : attendez qu'il le soit, ou recommencez.")
    parameters = {name: seen[name] for name in ("kind", "vintage", "file_id", "origin")}
    title = f"Chargement : {registry.importer_of(seen['kind']).label}, {seen['name']}"
    return jobs.start(kind="import.load", title=title, parameters=parameters | {"by_id": by.pk}, by=by, at=at)
