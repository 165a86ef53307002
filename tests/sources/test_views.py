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
from maillage.territories.models import Territory, Zoning
from tests.factories import content_of
from tests.sources import made
from tests.territories.invented import AT, load, load_corsica, regions

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


# --- the history, and the way back ----------------------------------------------------------------------------------


def _two_editions(folder: Path) -> tuple[SourceEdition, SourceEdition]:
    """A density grid, and the one that replaced it."""
    load_corsica(folder)
    first = load(folder, "density", made.density({"2A001": 6}), name="d.json")
    second = load(folder, "density", made.density({"2A001": 5, "2A002": 7}), name="d.json")
    return SourceEdition.objects.get(pk=first.edition), SourceEdition.objects.get(pk=second.edition)


def test_the_history_is_filtered_by_kind_and_by_state(tmp_path: Path, client_for: SignIn, bruno: User) -> None:
    first, second = _two_editions(tmp_path)
    client = client_for(bruno)

    def listed(**asked: str) -> set[int]:
        return {one.pk for one in client.get(reverse("sources"), asked).context["page"].object_list}

    everything = set(SourceEdition.objects.order_by("pk").values_list("pk", flat=True))
    assert listed() == everything
    assert listed(kind="density") == {first.pk, second.pk}
    assert listed(kind="density", state="en-vigueur") == {second.pk}
    assert listed(state="remplacee") == {first.pk}
    assert listed(kind="inconnu") == everything
    asked = {"kind": "density", "export": "csv", "tableau": "sources"}
    exported = client.get(reverse("sources"), asked).content.decode()
    assert second.sha256 in exported
    assert SourceEdition.objects.get(part="communes").sha256 not in exported


def test_a_long_history_is_paginated_with_its_filters(tmp_path: Path, client_for: SignIn, bruno: User) -> None:
    for number in range(60):
        SourceEdition.objects.create(kind="documents", title=f"Liste {number}", loaded_at=AT)
    page = client_for(bruno).get(reverse("sources"), {"kind": "documents", "page": "2"})
    assert len(page.context["page"].object_list) == 10
    assert "kind=documents" in page.content.decode()


def test_a_replaced_edition_offers_the_way_back_to_who_may_import(
    tmp_path: Path, client_for: SignIn, aicha: User, bruno: User
) -> None:
    first, second = _two_editions(tmp_path)
    back = reverse("edition-back", args=[first.pk])
    page = client_for(aicha).get(reverse("edition", args=[first.pk])).content.decode()
    assert back in page
    assert reverse("file", args=[first.file_id]) in page
    assert back not in client_for(bruno).get(reverse("edition", args=[first.pk])).content.decode()
    current = client_for(aicha).get(reverse("edition", args=[second.pk])).content.decode()
    assert "Revenir à cette édition" not in current


def test_going_back_asks_once_more_then_does_it_as_a_job(tmp_path: Path, client_for: SignIn, aicha: User) -> None:
    first, second = _two_editions(tmp_path)
    client = client_for(aicha)
    back = reverse("edition-back", args=[first.pk])
    asked = client.get(back).content.decode()
    assert first.sha256 in asked
    assert second.title in asked  # what would be undone
    assert Zoning.objects.count() == 2
    started = client.post(back)
    job = Job.objects.get(kind="import.restore")
    assert started["Location"] == reverse("job", args=[job.pk])
    jobs.execute(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.DONE, job.error
    assert list(Zoning.objects.order_by("pk").values_list("value", flat=True)) == ["6"]
    restored = SourceEdition.objects.latest("pk")
    page = client.get(job.result["url"]).content.decode()
    assert job.result["url"] == reverse("edition", args=[restored.pk])
    assert reverse("edition", args=[first.pk]) in page
    assert "Retour à une édition précédente" in page
    assert client.get(back).status_code == 302  # the same file is in force again: nothing more to do


def test_who_reads_goes_back_to_nothing(tmp_path: Path, client_for: SignIn, bruno: User, chloe: User) -> None:
    first, _ = _two_editions(tmp_path)
    for user in (bruno, chloe):
        for method in ("get", "post"):
            assert getattr(client_for(user), method)(reverse("edition-back", args=[first.pk])).status_code == 403
    assert Client().get(reverse("edition-back", args=[first.pk])).status_code == 302
    assert not Job.objects.exists()


def test_an_edition_that_cannot_be_gone_back_to_says_why(tmp_path: Path, client_for: SignIn, aicha: User) -> None:
    load_corsica(tmp_path, vintage="2025")
    load_corsica(tmp_path, vintage="2026")
    old = SourceEdition.objects.get(part="communes", vintage="2025")
    client = client_for(aicha)
    assert "sans commune" in client.get(reverse("edition", args=[old.pk])).content.decode()
    assert client.post(reverse("edition-back", args=[old.pk]))["Location"] == reverse("edition", args=[old.pk])
    assert not Job.objects.exists()


def test_the_kept_file_goes_to_who_loads_files(
    tmp_path: Path, client_for: SignIn, aicha: User, bruno: User, ddets: User
) -> None:
    first, _ = _two_editions(tmp_path)
    url = reverse("file", args=[first.file_id])
    assert content_of(client_for(aicha).get(url)) == made.density({"2A001": 6}).encode()
    for user in (bruno, ddets):
        assert client_for(user).get(url).status_code in {403, 404}


def test_the_page_of_an_edition_costs_few_queries(
    tmp_path: Path, client_for: SignIn, aicha: User, django_assert_max_num_queries: Any
) -> None:
    first, _ = _two_editions(tmp_path)
    client = client_for(aicha)
    with django_assert_max_num_queries(14):
        client.get(reverse("edition", args=[first.pk]))
