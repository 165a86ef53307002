"""Pages of sources, by role: the history, one edition, the examination of a file, its loading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from maillage.core import jobs
from maillage.core.enums import JobStatus
from maillage.core.models import Job, StoredFile, User
from maillage.gateways.fetch import DummyFetcher
from maillage.sources.models import SourceEdition
from maillage.territories.models import Territory
from tests.territories.invented import load, regions

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


def _upload(content: str | bytes = regions(("94", "Corse")), name: str = "regions.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content, "text/csv")


def _examine(client: Client, **fields: Any) -> Job:
    response = client.post(reverse("imports"), {"kind": "cog", "vintage": "2026"} | fields)
    assert response.status_code == 302, response.content.decode()
    job = Job.objects.get(kind="import.preview")
    assert response["Location"] == reverse("job", args=[job.pk])
    jobs.execute(job.pk)
    job.refresh_from_db()
    return job


def test_the_history_names_what_when_and_by_whom(tmp_path: Path, client_for: SignIn, bruno: User, aicha: User) -> None:
    report = load(tmp_path, "cog", regions(("94", "Corse")), vintage="2026", by=aicha)
    page = client_for(bruno).get(reverse("sources"))
    text = page.content.decode()
    assert "Code officiel géographique, régions" in text
    assert "Aïcha Benali" in text
    assert report.sha256[:12] in text
    assert reverse("imports") not in text
    assert reverse("imports") in client_for(aicha).get(reverse("sources")).content.decode()


def test_the_history_is_exported(tmp_path: Path, client_for: SignIn, bruno: User) -> None:
    load(tmp_path, "cog", regions(("94", "Corse")), vintage="2026")
    exported = client_for(bruno).get(reverse("sources"), {"export": "csv", "tableau": "sources"})
    text = exported.content.decode("utf-8-sig")
    assert "régions" in text
    assert SourceEdition.objects.get().sha256 in text


def test_an_edition_shows_its_report(tmp_path: Path, client_for: SignIn, bruno: User) -> None:
    report = load(tmp_path, "cog", regions(("94", "Corse")), vintage="2026")
    text = client_for(bruno).get(reverse("edition", args=[report.edition])).content.decode()
    assert "Licence Ouverte" in text
    assert "REG-94" in text
    assert report.sha256 in text


def test_an_edition_that_does_not_exist_is_404(client_for: SignIn, bruno: User) -> None:
    assert client_for(bruno).get(reverse("edition", args=[999])).status_code == 404


def test_the_import_page_is_for_the_team_and_the_observers(
    client_for: SignIn, bruno: User, chloe: User, aicha: User
) -> None:
    for user in (bruno, chloe):
        assert client_for(user).get(reverse("imports")).status_code == 403
        assert client_for(user).post(reverse("imports"), {"kind": "cog", "file": _upload()}).status_code == 403
    page = client_for(aicha).get(reverse("imports"))
    assert page.status_code == 200
    assert "Composition des EPCI" in page.content.decode()
    assert not StoredFile.objects.exists()


def test_a_file_is_examined_then_loaded(client_for: SignIn, aicha: User) -> None:
    client = client_for(aicha)
    job = _examine(client, file=_upload())
    assert job.status == JobStatus.DONE, job.error
    assert not Territory.objects.exists()
    page = client.get(job.result["url"])
    text = page.content.decode()
    assert "1 ajouts" in text
    assert "Rien n’est encore écrit" in text
    loaded = client.post(job.result["url"])
    load_job = Job.objects.get(kind="import.load")
    assert loaded["Location"] == reverse("job", args=[load_job.pk])
    jobs.execute(load_job.pk)
    load_job.refresh_from_db()
    assert load_job.status == JobStatus.DONE, load_job.error
    edition = SourceEdition.objects.get()
    assert load_job.result["url"] == reverse("edition", args=[edition.pk])
    assert (edition.loaded_by, edition.origin) == (aicha, "regions.csv")
    assert Territory.objects.filter(code="REG-94").exists()


def test_a_file_already_in_force_offers_nothing_to_load(tmp_path: Path, client_for: SignIn, aicha: User) -> None:
    load(tmp_path, "cog", regions(("94", "Corse")), vintage="2026")
    client = client_for(aicha)
    job = _examine(client, file=_upload())
    text = client.get(job.result["url"]).content.decode()
    assert "Déjà chargé" in text
    assert "Charger le fichier" not in text


def test_a_refused_file_says_why_on_its_job(client_for: SignIn, aicha: User) -> None:
    job = _examine(client_for(aicha), file=_upload("REG,LIBELLE\nZZ,Nulle part\n"))
    assert job.status == JobStatus.FAILED
    assert "Ligne 2, colonne « REG »" in job.error


def test_an_address_is_fetched_once_and_what_was_examined_is_loaded(
    client_for: SignIn, aicha: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://exemple.fr/regions.csv"
    fetcher = DummyFetcher({url: ("regions.csv", regions(("94", "Corse")).encode())})
    monkeypatch.setattr("maillage.sources.tasks.fetch", fetcher)
    client = client_for(aicha)
    job = _examine(client, url=url)
    assert job.status == JobStatus.DONE, job.error
    fetcher.known.clear()
    client.post(job.result["url"])
    load_job = Job.objects.get(kind="import.load")
    jobs.execute(load_job.pk)
    assert SourceEdition.objects.get().origin == url


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"file": _upload(), "url": "https://exemple.fr/a.csv"},
        {"file": _upload(b"\x89PNG\r\n\x1a\n\x00", "image.csv")},
        {"file": _upload(b"x", "image.png")},
        {"file": _upload(b"")},
        {"file": _upload(), "kind": "inconnu"},
        {"file": _upload(), "vintage": "hier"},
        {"url": "ftp://exemple.fr/a.csv"},
    ],
    ids=["nothing", "both", "a picture", "an ending", "empty", "a kind", "a vintage", "a scheme"],
)
def test_what_is_refused_at_the_door(client_for: SignIn, aicha: User, fields: dict[str, Any]) -> None:
    response = client_for(aicha).post(reverse("imports"), {"kind": "cog"} | fields)
    assert response.status_code == 422
    assert not Job.objects.exists()


def test_an_examination_belongs_to_its_author(client_for: SignIn, aicha: User, bruno: User) -> None:
    job = _examine(client_for(aicha), file=_upload())
    assert client_for(bruno).get(job.result["url"]).status_code == 404
    assert client_for(bruno).post(job.result["url"]).status_code == 404


def test_who_loses_the_role_meanwhile_loads_nothing(client_for: SignIn, aicha: User) -> None:
    client = client_for(aicha)
    job = _examine(client, file=_upload())
    aicha.memberships.all().delete()
    assert client.post(job.result["url"]).status_code == 403


def test_the_number_of_queries_does_not_grow_with_editions(
    tmp_path: Path, client_for: SignIn, bruno: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        load(tmp_path, "cog", regions(("94", f"Corse {number}")), vintage="2026")
    client = client_for(bruno)
    with django_assert_max_num_queries(10):
        client.get(reverse("sources"))
