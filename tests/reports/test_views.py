"""The pages: what each of the cast sees, does, or does not know of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import Job, User
from maillage.documents.enums import Format
from maillage.indicators.models import Observation
from maillage.reports import services, tasks
from maillage.reports.enums import Section
from maillage.reports.models import AnnualReport, Rendition

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
SLUG = "editorial"


def addresses(report: AnnualReport) -> list[str]:
    return [
        reverse("report", args=[report.pk]),
        reverse("report-narrative", args=[report.pk, SLUG]),
        reverse("report-history", args=[report.pk, SLUG]),
    ]


def download(client: Client, rendition: Rendition) -> int:
    """The status of a download, read to its end."""
    response = client.get(reverse("file", args=[rendition.file_id]))
    if response.streaming:
        assert b"".join(response) == rendition.file.content.read()  # type: ignore[arg-type]  # bytes, once streaming
        rendition.file.content.close()
    return response.status_code


@pytest.fixture
def written(report: AnnualReport, aicha: User, at: datetime) -> AnnualReport:
    for number, body in enumerate(("Premier <jet>", "Second **jet**\n\n- un\n- deux")):
        services.save_narrative(report=report, section=Section.FOREWORD, body=body, base_number=number, by=aicha, at=at)
    return report


def test_the_owner_works(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    client = client_for(aicha)
    for address in [reverse("report-list"), *addresses(written)]:
        response = client.get(address)
        assert response.status_code == 200, address
    page = client.get(addresses(written)[0]).content.decode()
    assert "Publier…" in page
    assert "Produire" in page
    narrative = client.get(addresses(written)[1]).content.decode()
    assert "data-autosave" in narrative
    assert "<strong>jet</strong>" in narrative


def test_the_colleague_reads_and_has_no_button(client_for: ClientFor, bruno: User, written: AnnualReport) -> None:
    client = client_for(bruno)
    for address in [reverse("report-list"), *addresses(written)]:
        page = client.get(address)
        assert page.status_code == 200
        for action in ("Publier…", "Produire", "<textarea", "Rétablir", "Ouvrir le bilan"):
            assert action not in page.content.decode(), (address, action)


def test_the_colleague_is_refused(client_for: ClientFor, bruno: User, written: AnnualReport) -> None:
    client = client_for(bruno)
    pk = written.pk
    assert client.get(reverse("report-publish", args=[pk])).status_code == 403
    for address, data in (
        (reverse("report-publish", args=[pk]), {"read": "on"}),
        (reverse("report-build", args=[pk]), {"format": "pdf"}),
        (reverse("report-narrative", args=[pk, SLUG]), {"body": "non", "base_number": "2"}),
        (reverse("report-restore", args=[pk, SLUG, 1]), {}),
        (reverse("report-open"), {"year": "2019"}),
    ):
        assert client.post(address, data).status_code == 403, address
    assert written.narratives.count() == 2
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["chloe", "ddets", "departement_lead"])
def test_a_draft_does_not_exist_for_those_outside(
    client_for: ClientFor, written: AnnualReport, name: str, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(name))
    for address in addresses(written):
        assert client.get(address).status_code == 404
    assert client.post(reverse("report-build", args=[written.pk]), {"format": "pdf"}).status_code == 404
    assert "Bilan 2020" not in client.get(reverse("report-list")).content.decode()


def test_everyone_signs_in(client: Client, written: AnnualReport) -> None:
    for address in [reverse("report-list"), *addresses(written)]:
        response = client.get(address)
        assert response.status_code == 302
        assert reverse("login") in response.headers["Location"]


def test_once_published_others_read_it_and_its_files(
    client_for: ClientFor, aicha: User, chloe: User, written: AnnualReport, at: datetime
) -> None:
    draft = services.build_rendition(report=written, format=Format.PDF, by=aicha, at=at)
    renditions = services.publish(report=written, acknowledged=["X3"], by=aicha, at=at)
    client = client_for(chloe)
    page = client.get(reverse("report", args=[written.pk]))
    assert page.status_code == 200
    assert renditions[0].file.sha256 in page.content.decode()
    assert draft.file.sha256 not in page.content.decode()
    assert download(client, renditions[0]) == 200
    assert client.get(reverse("file", args=[draft.file_id])).status_code in (403, 404)


def test_the_colleague_downloads_the_draft(
    client_for: ClientFor, aicha: User, bruno: User, written: AnnualReport, at: datetime
) -> None:
    draft = services.build_rendition(report=written, format=Format.PDF, by=aicha, at=at)
    assert download(client_for(bruno), draft) == 200


def test_a_save_makes_a_version(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    address = reverse("report-narrative", args=[written.pk, SLUG])
    response = client_for(aicha).post(address, {"body": "Troisième", "base_number": "2"})
    assert response.status_code == 302
    assert written.narratives.count() == 3


def test_a_conflict_keeps_both_texts_on_the_page(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    address = reverse("report-narrative", args=[written.pk, SLUG])
    response = client_for(aicha).post(address, {"body": "Mon <texte> à moi", "base_number": "1"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Mon &lt;texte&gt; à moi</textarea>" in page
    assert "Second **jet**" in page
    assert 'name="base_number" value="2"' in page
    assert written.narratives.count() == 2


def test_two_versions_compared(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    page = client_for(aicha).get(reverse("report-history", args=[written.pk, SLUG]), {"de": "1", "a": "2"})
    assert "<del>Premier &lt;jet&gt;</del>" in page.content.decode()
    assert "<ins>Second **jet**</ins>" in page.content.decode()


def test_restore(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    response = client_for(aicha).post(reverse("report-restore", args=[written.pk, SLUG, 1]))
    assert response.status_code == 302
    latest = written.narratives.first()
    assert latest is not None
    assert (latest.number, latest.body) == (3, "Premier <jet>")


def test_open_a_year(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    client = client_for(aicha)
    response = client.post(reverse("report-open"), {"year": "2019"})
    assert response.headers["Location"] == reverse("report", args=[AnnualReport.objects.get(year=2019).pk])
    assert client.post(reverse("report-open"), {"year": "abc"}).status_code == 302


def test_build_is_a_job_that_leaves_a_file(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    response = client_for(aicha).post(reverse("report-build", args=[written.pk]), {"format": "odt"})
    job = Job.objects.get()
    assert response.headers["Location"] == reverse("job", args=[job.pk])
    steps: list[int] = []

    class Followed(tasks.jobs.Progress):
        def step(self, percent: int, text: str = "") -> None:
            steps.append(percent)

    result = tasks.build(Followed(), **job.parameters)
    assert result.file is not None
    assert steps == sorted(steps)
    assert written.renditions.get().format == "odt"


def test_publication_lists_what_contradicts_then_publishes(
    client_for: ClientFor, aicha: User, written: AnnualReport
) -> None:
    client = client_for(aicha)
    address = reverse("report-publish", args=[written.pk])
    page = client.get(address).content.decode()
    assert "Écart sans dérogation : Hausse" in page or "Écart sans dérogation\u00a0: Hausse" in page
    assert 'value="X3"' in page
    assert client.post(address, {"acknowledged": "X3"}).status_code == 200  # the box was not ticked
    assert not Job.objects.exists()
    client.post(address, {"acknowledged": "X3", "read": "on"})
    job = Job.objects.get()
    tasks.publish(tasks.jobs.Progress(), **job.parameters)
    written.refresh_from_db()
    assert written.status == "published"


def test_drift_is_shown_on_the_page(
    client_for: ClientFor, aicha: User, written: AnnualReport, credits: dict[tuple[str, str], Observation], at: datetime
) -> None:
    services.publish(report=written, acknowledged=["X3"], by=aicha, at=at)
    client = client_for(aicha)
    address = reverse("report", args=[written.pk])
    assert "Aucun chiffre cité n’a changé" in client.get(address).content.decode()
    Observation.objects.filter(pk=credits["DEP-44", "2020"].pk).update(value=7)
    page = client.get(address).content.decode()
    assert "1\u202f516\u202f843" in page
    assert "Valeur actuelle" in page


def test_what_does_not_exist(client_for: ClientFor, aicha: User, written: AnnualReport) -> None:
    client = client_for(aicha)
    assert client.get(reverse("report", args=[10**6])).status_code == 404
    assert client.get(reverse("report-narrative", args=[written.pk, "autre"])).status_code == 404


@pytest.mark.parametrize(("name", "most"), [("report-list", 12), ("report", 60)])
def test_queries_do_not_grow(
    client_for: ClientFor,
    aicha: User,
    written: AnnualReport,
    at: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    name: str,
    most: int,
) -> None:
    client = client_for(aicha)
    address = reverse(name) if name == "report-list" else reverse(name, args=[written.pk])
    with django_assert_max_num_queries(most) as before:
        client.get(address)
    for year in range(2010, 2015):
        services.open_report(territory=written.territory, year=year, by=aicha, at=at)
    for format in Format:
        services.build_rendition(report=written, format=format, by=aicha, at=at)
    with django_assert_max_num_queries(len(before.captured_queries)):
        client.get(address)
