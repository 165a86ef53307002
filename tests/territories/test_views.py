"""The list of territories: search, levels, pages, exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from maillage.core.models import User
from tests.territories.invented import COMMUNES, CORSICA, communes, epci_workbook, load, load_corsica, populations

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], Client]


@pytest.fixture
def corsica(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    many = communes("94", "2B", *((f"2B1{n:02d}", f"Commune {n}") for n in range(60)))
    load(tmp_path, "cog", COMMUNES + CORSICA + many, vintage="2026")
    load(tmp_path, "populations", populations(("2A001", 1234, 1300)), vintage="2023")
    member: list[tuple[Any, ...]] = [("2A", "200000002", "CC du Sud", "CC", 4, 33, 31, "2A001")]
    load(tmp_path, "epci", epci_workbook(member))


def _page(client: Client, **asked: str) -> str:
    response = client.get(reverse("territories"), asked)
    assert response.status_code == 200
    return response.content.decode()


@override_settings(MAILLAGE_REGION="REG-94")
@pytest.mark.usefixtures("corsica")
def test_the_list_shows_the_region_from_the_widest(client_for: SignIn, bruno: User) -> None:
    page = _page(client_for(bruno))
    assert page.index(">Corse<") < page.index(">Corse-du-Sud<") < page.index(">CC du Sud<") < page.index(">Alta<")
    assert "Auvergne" not in page
    assert "1\u202f234" in page
    assert "1 commune sur 4" in page
    assert "Traverse la limite de la région" in page
    assert "70 territoires" in page


@override_settings(MAILLAGE_REGION="REG-94")
@pytest.mark.usefixtures("corsica")
def test_search_level_and_whole_country(client_for: SignIn, bruno: User) -> None:
    client = client_for(bruno)
    assert "Auvergne" in _page(client, perimetre="france", niveau="region")
    found = _page(client, q="cala", niveau="commune")
    assert ">Cala<" in found
    assert ">Bassa<" not in found
    assert "Aucun territoire" in _page(client, q="introuvable")


@override_settings(MAILLAGE_REGION="REG-94")
@pytest.mark.usefixtures("corsica")
def test_pages_and_exports_have_no_row_limit(client_for: SignIn, bruno: User) -> None:
    client = client_for(bruno)
    assert ">Commune 59<" in _page(client, page="2")
    exported = client.get(reverse("territories"), {"export": "csv", "tableau": "territoires"})
    text = b"".join(exported.streaming_content).decode() if exported.streaming else exported.content.decode()
    assert text.count("Commune ") >= 60
    assert exported["Content-Type"].startswith("text/csv")


@override_settings(MAILLAGE_REGION="REG-94")
@pytest.mark.usefixtures("corsica")
def test_the_number_of_queries_does_not_grow_with_rows(
    client_for: SignIn, bruno: User, django_assert_max_num_queries: Any
) -> None:
    client = client_for(bruno)
    with django_assert_max_num_queries(12):
        _page(client)


def test_an_instance_without_its_region_still_answers(client_for: SignIn, bruno: User) -> None:
    assert "Aucun territoire" in _page(client_for(bruno))
