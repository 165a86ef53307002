"""The documents page of a contract: who sees it, what it lets do, what it says is missing, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from maillage.contracts.models import GeneratedDocument
from maillage.contracts.paper import subjects
from maillage.contracts.services.attachments import attach
from maillage.core import jobs
from maillage.core.models import Job
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.papers import plain
from tests.contracts.results_world import LATER, World, make_world
from tests.contracts.test_documents import MORE, made, propose, sign

ClientFor = Callable[..., Client]
CHOSEN = {"subject": "convention-v1", "format": "odt"}


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories, ("A01", "A02"))


def address(world: World) -> str:
    return reverse("contract-documents", args=[world.contract.pk])


def shown(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return plain(response.content.decode())


def test_everybody_who_sees_the_contract_sees_its_documents(world: World, client_for: ClientFor) -> None:
    made(world, "convention-v1", "odt")
    for user in (world.cast.lead, world.cast.ddets, world.cast.commissioner, world.cast.prefect):
        page = shown(client_for(user), address(world))
        assert "Produire un document" in page
    page = shown(client_for(world.reader), address(world))
    assert "Produire un document" not in page
    assert "Déposer une pièce" not in page
    assert "Convention, version 1" in page
    assert client_for(world.stranger).get(address(world)).status_code == 404
    assert client_for(world.stranger).post(address(world), CHOSEN).status_code == 404
    assert Client().get(address(world)).status_code == 302


def test_who_sees_the_contract_downloads_and_others_do_not(world: World, client_for: ClientFor) -> None:
    document = made(world, "convention-v1", "odt")
    url = reverse("file", args=[document.file_id])
    with document.file.content.open("rb") as handle:
        assert b"".join(client_for(world.reader).get(url).streaming_content) == handle.read()  # type: ignore[attr-defined]  # a file
    assert client_for(world.stranger).get(url).status_code == 404


def test_a_document_is_made_and_listed(world: World, client_for: ClientFor) -> None:
    client = client_for(world.cast.lead)
    assert client.post(address(world), CHOSEN).status_code == 302
    page = shown(client, address(world))
    document = GeneratedDocument.objects.get()
    for expected in ("Convention, version 1", "ODT", "modèle intégré", document.file.sha256[:16], "Émilie Roux"):
        assert expected in page, expected
    assert client_for(world.reader).post(address(world), CHOSEN).status_code == 403


@pytest.mark.parametrize("wrong", [{"subject": "convention-v9"}, {"format": "exe"}, {"subject": ""}])
def test_what_does_not_exist_is_refused_in_the_form(world: World, client_for: ClientFor, wrong: dict[str, str]) -> None:
    response = client_for(world.cast.lead).post(address(world), CHOSEN | wrong)
    assert response.status_code == 422
    assert not GeneratedDocument.objects.exists()


def test_a_long_convention_is_made_by_a_job(
    world: World, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "LONG", 1)
    response = client_for(world.cast.lead).post(address(world), CHOSEN)
    job = Job.objects.get()
    assert response["Location"] == reverse("job", args=[job.pk])
    assert not GeneratedDocument.objects.exists()
    jobs.execute(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == ("done", "")
    document = GeneratedDocument.objects.get()
    assert job.result_file == document.file
    assert document.by == world.cast.lead


def test_what_nobody_deposited_is_said_version_by_version(world: World, client_for: ClientFor) -> None:
    client = client_for(world.cast.lead)
    page = shown(client, address(world))
    assert "Version 1 : l’exemplaire signé n’est pas dans Maillage" in page
    assert "Version 1 : la délibération" not in page
    scan = SimpleUploadedFile("scan.pdf", builders.PDF, content_type="application/pdf")
    day = LATER.date()
    attach(
        contract=world.contract, kind="signed_scan", title="Scan", dated_on=day, file=scan, by=world.cast.lead, at=LATER
    )
    propose(world, MORE)
    sign(world, world.contract.amendments.get())
    page = shown(client, address(world))
    assert "Version 1 : l’exemplaire signé" not in page
    assert "Version 2 : l’exemplaire signé n’est pas dans Maillage" in page


def test_the_choices_follow_what_the_contract_holds(world: World, territories: dict[str, Territory]) -> None:
    def keys(contract: Any) -> list[str]:
        return [one.key for one in subjects.subjects(contract)]

    world.contract.refresh_from_db()
    assert keys(world.contract) == ["convention-v1", "sheet-v1-A01", "sheet-v1-A02"]
    world.write()
    propose(world, MORE)
    assert keys(world.contract)[-2:] == ["amendment-1", "report-A01-2024"]
    draft = builders.fill(builders.make_contract(territories["DEP-44"], world.cast, reference="CLS-2"), world.cast)
    assert keys(draft) == ["convention-projet", "sheet-projet-A01"]


def test_the_page_costs_the_same_whatever_it_lists(
    world: World, client_for: ClientFor, django_assert_max_num_queries: Any
) -> None:
    client = client_for(world.cast.lead)
    client.get(address(world))
    with django_assert_max_num_queries(13) as few:
        client.get(address(world))
    for key in ("convention-v1", "sheet-v1-A01", "sheet-v1-A02"):
        made(world, key, "odt")
    builders.deposit(world.contract, world.cast, "notification")
    with django_assert_max_num_queries(len(few)):
        client.get(address(world))


def test_the_lists_are_exported(world: World, client_for: ClientFor) -> None:
    made(world, "convention-v1", "odt")
    exported = client_for(world.reader).get(f"{address(world)}?export=csv&tableau=produits")
    assert "Convention, version 1" in exported.content.decode("utf-8-sig")
