"""A signed version stays what was signed: whatever is renamed, moved or altered since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.contracts import archive
from maillage.contracts.archive import pages as archive_pages
from maillage.contracts.models import ContractVersion, Funder, FundingLine
from maillage.contracts.selectors.versions import readable, verify
from maillage.contracts.services.versions import is_intact, read_version
from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.pacts.models import Axis
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.archive_world import MORE, edit, past_the_triggers, propose, sign
from tests.contracts.results_world import LATER, World, make_world
from tests.contracts.test_views_amendments import page_of

ClientFor = Callable[[User], Client]


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


@pytest.fixture
def amended(world: World) -> World:
    amendment = propose(world)
    edit(world, MORE)
    sign(world, amendment)
    return world


def rename_everything() -> None:
    Funder.objects.filter(code="ETAT").update(name="RENOMMÉ", kind="company")
    Axis.objects.filter(code="PACTE-1").update(title="RENOMMÉ")
    Indicator.objects.filter(code="ENFANTS").update(label="RENOMMÉ", unit="households")
    Territory.objects.filter(code="DEP-44").update(name="RENOMMÉ")


def archived(version: ContractVersion, world: World) -> str:
    return archive_pages.version_page(archive.gather(contract=world.contract, at=LATER), version)


def test_years_later_it_is_identical(amended: World, client_for: ClientFor) -> None:
    """Renamed funder, axis, indicator and territory; rows that moved: page, archive and hash do not."""
    client, pk = client_for(amended.cast.lead), amended.contract.pk
    versions = list(amended.contract.versions.order_by("number"))
    shown = [page_of(client, "contract-version", pk, one.number).partition("<h2>")[2] for one in versions]
    kept = [archived(one, amended).partition("<main>")[2] for one in versions]
    rename_everything()
    amended.sheet.lines.update(planned=1, awarded=1)
    amended.contract.sheets.update(title="RENOMMÉ", need="RENOMMÉ")
    for rank, version in enumerate(versions):
        version.refresh_from_db()
        assert is_intact(version)
        assert page_of(client, "contract-version", pk, version.number).partition("<h2>")[2] == shown[rank]
        assert archived(version, amended).partition("<main>")[2] == kept[rank]
        assert "RENOMM" not in shown[rank]


def test_the_names_are_those_of_the_day(world: World) -> None:
    rename_everything()
    snapshot = read_version(world.contract.versions.get())
    text = str(readable(snapshot["text"], snapshot["names"]))
    assert "Enfance" in text
    assert "Enfants accueillis" in text
    assert "RENOMM" not in text


def test_comparing_keeps_the_names_of_the_day_too(amended: World, client_for: ClientFor) -> None:
    rename_everything()
    client = client_for(amended.cast.lead)
    page = page_of(client, "contract-versions-compare", amended.contract.pk, de=1, a=2)
    assert "+1 000 €" in page
    assert "RENOMM" not in page.partition("<h2>")[2]


def test_an_amendment_names_codes_as_its_version_did(world: World, client_for: ClientFor) -> None:
    propose(world)
    edit(world, {"sheets/A01/lines/D2025/funder": "ETAT"})
    rename_everything()
    page = page_of(client_for(world.cast.lead), "amendment", world.contract.pk, 1)
    assert "État" in page.partition('class="amend-after"')[2].partition("</p>")[0]


def test_any_two_versions_compare_both_ways(amended: World, client_for: ClientFor) -> None:
    client, pk = client_for(amended.cast.lead), amended.contract.pk
    assert "\u22121 000 €" in page_of(client, "contract-versions-compare", pk, de=2, a=1)
    assert "Aucune différence" in page_of(client, "contract-versions-compare", pk, de=1, a=1)
    url = reverse("contract-versions-compare", args=[pk])
    for query in ({}, {"de": 1}, {"de": 1, "a": 9}, {"de": "x", "a": 1}):
        assert client.get(url, query).status_code == 404
    exported = client.get(url, {"de": 1, "a": 2, "export": "csv", "tableau": "comparaison"})
    assert "caps/2025/ae" in exported.content.decode("utf-8-sig")


def test_an_altered_version_says_so_everywhere(amended: World, client_for: ClientFor) -> None:
    with past_the_triggers():
        version = amended.contract.versions.get(number=1)
        content = version.content.replace('"5000"', '"5001"')
        ContractVersion.objects.filter(pk=version.pk).update(content=content)
    client, pk = client_for(amended.cast.lead), amended.contract.pk
    assert "a été modifiée depuis sa signature" in page_of(client, "contract-version", pk, 1)
    assert "Altérée" in page_of(client, "contract-versions", pk)
    assert "Vérifiée" in page_of(client, "contract-version", pk, 2)
    faults = verify(amended.contract)
    assert len(faults.hashes) == 1
    assert faults.moved == ()


def test_the_hash_is_shown_whole(world: World, client_for: ClientFor) -> None:
    version = world.contract.versions.get()
    assert version.sha256 in page_of(client_for(world.reader), "contract-version", world.contract.pk, 1)


def test_rows_that_moved_are_found(amended: World) -> None:
    assert verify(amended.contract).is_sound
    FundingLine.objects.filter(sheet__contract=amended.contract, key="E2025").update(planned=7000)
    assert [change.path for change in verify(amended.contract).moved] == ["sheets/A01/lines/E2025/planned"]


def test_a_draft_has_nothing_to_verify(territories: dict[str, Territory]) -> None:
    contract = builders.make_contract(territories["DEP-44"], builders.make_cast())
    assert verify(contract).is_sound


def test_a_version_that_does_not_exist(world: World, client_for: ClientFor) -> None:
    assert client_for(world.reader).get(reverse("contract-version", args=[world.contract.pk, 2])).status_code == 404


@pytest.mark.parametrize(
    ("name", "args", "query", "queries"),
    [
        ("contract-versions", (), {}, 6),
        ("contract-version", (1,), {}, 7),
        ("contract-versions-compare", (), {"de": 1, "a": 2}, 7),
    ],
)
def test_what_a_page_costs(
    amended: World,
    client_for: ClientFor,
    django_assert_num_queries: DjangoAssertNumQueries,
    name: str,
    args: tuple[int, ...],
    query: dict[str, int],
    queries: int,
) -> None:
    client = client_for(amended.reader)
    with django_assert_num_queries(queries):
        client.get(reverse(name, args=[amended.contract.pk, *args]), query)


def test_the_guide_of_the_archive_speaks_of_what_is_there() -> None:
    guide = Path(archive.__file__).with_name("LISEZ-MOI.txt").read_text(encoding="utf-8")
    for name in ("SHA256SUMS", "EMPREINTES-ENREGISTREES", "index.html", "versions/", "avenants/", "fichiers/"):
        assert name in guide
