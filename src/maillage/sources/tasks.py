"""Jobs: examine a file without writing, then load the very file that was examined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.urls import reverse

from maillage.core import clock, files, jobs
from maillage.core.models import StoredFile, User
from maillage.gateways.fetch import fetch
from maillage.sources import registry
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportRequest
from maillage.sources.services import go_back, run_import


def _request(file: StoredFile, by_id: int, origin: str, vintage: str, progress: jobs.Progress) -> ImportRequest:
    return ImportRequest(
        path=Path(file.content.path),
        name=file.name,
        by=User.objects.get(pk=by_id),
        at=clock.now(),
        origin=origin or file.name,
        vintage=vintage,
        progress=progress.step,
        stored=file,
    )


def _fetched(url: str, by_id: int) -> StoredFile:
    """The file of an address, kept: what is loaded later is what was examined."""
    fetched = fetch(url)
    try:
        with fetched.path.open("rb") as content:
            return files.store(
                name=fetched.name,
                content=content,
                content_type="application/octet-stream",
                by=User.objects.get(pk=by_id),
                at=clock.now(),
            )
    finally:
        fetched.path.unlink(missing_ok=True)


@jobs.handler("import.preview", label="Examen d'un fichier")
def preview(
    progress: jobs.Progress, *, key: str, kind: str, vintage: str, file_id: int | None, url: str, by_id: int
) -> jobs.Result:
    """Read the file, compare it with what is in place, write nothing."""
    progress.step(2, "Téléchargement" if url else "Ouverture")
    file = _fetched(url, by_id) if file_id is None else StoredFile.objects.get(pk=file_id)
    request = _request(file, by_id, url, vintage, progress)
    report = run_import(kind=kind, request=registry.dry(request))
    data: dict[str, Any] = {
        "kind": kind,
        "vintage": vintage,
        "file_id": file.pk,
        "name": file.name,
        "origin": url or file.name,
        "report": report.as_json(),
    }
    return jobs.Result(data=data, url=reverse("import-preview", args=[key]))


@jobs.handler("import.load", label="Chargement d'un fichier")
def load(progress: jobs.Progress, *, kind: str, vintage: str, file_id: int, origin: str, by_id: int) -> jobs.Result:
    """Load the file, whole or not at all."""
    progress.step(2, "Ouverture")
    request = _request(StoredFile.objects.get(pk=file_id), by_id, origin, vintage, progress)
    report = run_import(kind=kind, request=request)
    url = reverse("edition", args=[report.edition]) if report.edition else reverse("sources")
    return jobs.Result(data={"report": report.as_json()}, url=url)


@jobs.handler("import.restore", label="Retour à une édition")
def restore(progress: jobs.Progress, *, edition_id: int, by_id: int) -> jobs.Result:
    """Load the kept file of a replaced edition again, in place of what was loaded since."""
    progress.step(2, "Ouverture")
    edition = SourceEdition.objects.select_related("file").get(pk=edition_id)
    report = go_back(edition=edition, by=User.objects.get(pk=by_id), at=clock.now(), progress=progress.step)
    return jobs.Result(data={"report": report.as_json()}, url=reverse("edition", args=[report.edition]))
