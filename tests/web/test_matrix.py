"""Axis × territory: each cell leads to the list that it counts; unknown and zero are two things."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from django.test import Client
from django.urls import reverse

from maillage.core.models import User
from maillage.indicators.enums import Known
from maillage.pacts.models import Pact
from tests.web.conftest import World

ClientFor = Callable[[User], Client]
URL = "/vue/axe-territoire/"


def test_it_asks_to_sign_in(client: Client, db: None) -> None:
    assert client.get(URL).status_code == 302


def test_every_count_leads_to_a_list_of_that_length(world: World, aicha: User, client_for: ClientFor) -> None:
    world.epci("200000009", "Ville", "DEP-44")
    for on, axis, times in (("DEP-44", 0, 3), ("EPCI-200000009", 0, 2), ("REG-52", 0, 1), ("DEP-49", 1, 2)):
        for rank in range(times):
            world.project(on, axis, f"Structure {on} {axis} {rank}")
    client = client_for(aicha)
    page = client.get(URL).content.decode()
    links = re.findall(r'href="(/territoire/[^"]+#projets)"[^>]*>(\d+)<', page)
    assert sorted(int(number) for _, number in links) == [1, 2, 2, 2, 3, 6]  # four cells, two lines' totals
    for url, number in links:
        listed = client.get(unescape(url)).content.decode()
        assert len(re.findall(r"Structure [A-Z]+-", listed)) == int(number), url


def test_zero_is_written_with_its_meaning(world: World, aicha: User, client_for: ClientFor) -> None:
    world.project("DEP-44", 0)
    page = client_for(aicha).get(URL).content.decode()
    assert ">0<" in page
    assert "ne nomme aucun projet" in page


def test_unknown_credits_are_not_zero(world: World, aicha: User, client_for: ClientFor) -> None:
    world.observe(Known.CREDITS, "DEP-44", "2020", "42", axis=world.axes[0])
    page = client_for(aicha).get(URL, {"compte": "credits"}).content.decode().replace("\u00a0", " ")
    assert "42 €" in page
    assert "n. c." in page
    assert ">0 €<" not in page


def test_figures_are_counted(world: World, aicha: User, client_for: ClientFor) -> None:
    world.state("D", "12", "12", axis=world.axes[1], unit="persons")
    page = client_for(aicha).get(URL, {"compte": "enonces"}).content.decode()
    assert re.search(r"#enonces\"[^>]*>1<", page)


def test_it_sorts_and_leaves_as_a_file(world: World, aicha: User, client_for: ClientFor) -> None:
    world.project("DEP-44", 1)
    client = client_for(aicha)
    page = client.get(URL, {"matrice-tri": "DEP-44", "matrice-sens": "desc"}).content.decode()
    assert page.index("2. Axe numéro 2") < page.index("1. Axe numéro 1")
    response = client.get(URL, {"export": "xlsx", "tableau": "matrice"})
    assert response.headers["Content-Type"].startswith("application/vnd.openxml")


def test_a_departement_has_its_own_matrix(world: World, departement_lead: User, client_for: ClientFor) -> None:
    world.project("DEP-44", 0)
    world.project("DEP-49", 0)
    page = client_for(departement_lead).get(URL).content.decode()
    assert "Maine-et-Loire" not in page


def test_chloe_gets_nothing_of_another_region(world: World, chloe: User, client_for: ClientFor) -> None:
    world.project("DEP-44", 0)
    client = client_for(chloe)
    assert "Loire-Atlantique" not in client.get(URL).content.decode()
    assert client.get(URL, {"territoire": "DEP-44"}).status_code == 404


def test_without_pact_it_says_so(world: World, aicha: User, client_for: ClientFor) -> None:
    world.pact.milestones.all().delete()
    for axis in world.axes:
        axis.delete()
    Pact.objects.all().delete()
    assert "Aucun pacte" in client_for(aicha).get(URL).content.decode()


def test_its_name_is_in_the_menu(world: World, aicha: User, client_for: ClientFor) -> None:
    assert f'href="{reverse("overview-matrix")}"' in client_for(aicha).get("/").content.decode()
