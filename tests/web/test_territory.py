"""The page of a territory of each level, with what is loaded and what is not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.core.models import User
from maillage.indicators.enums import Known
from maillage.territories.models import EpciMember
from tests.factories import make_territory
from tests.web.conftest import World
from tests.web.test_overview import text_of

ClientFor = Callable[[User], Client]


def url(code: str) -> str:
    return reverse("territory", args=[code])


def test_it_asks_to_sign_in(client: Client, world: World) -> None:
    assert client.get(url("DEP-44")).status_code == 302


@pytest.mark.parametrize("code", ["FRANCE", "REG-52", "DEP-44", "DEP-53", "EPCI-244400404"])
def test_every_level_has_its_page(world: World, aicha: User, client_for: ClientFor, code: str) -> None:
    assert f"<h1>{world.territories[code].name}</h1>" in text_of(client_for(aicha), url(code))


def test_an_unknown_code_does_not_exist(world: World, aicha: User, client_for: ClientFor) -> None:
    assert client_for(aicha).get(url("DEP-99")).status_code == 404


def test_another_region_does_not_exist_for_chloe(world: World, chloe: User, client_for: ClientFor) -> None:
    client = client_for(chloe)
    assert client.get(url("DEP-44")).status_code == 404
    assert client.get(url("DEP-35")).status_code == 200


def test_a_neighbour_is_read_but_its_overview_is_not_offered(world: World, ddets: User, client_for: ClientFor) -> None:
    client = client_for(ddets)
    assert "?territoire=DEP-49" not in text_of(client, url("DEP-49"))
    assert "?territoire=DEP-44" in text_of(client, url("DEP-44"))


def test_a_rate_stands_beside_that_of_the_wider_territories(world: World, aicha: User, client_for: ClientFor) -> None:
    world.observe(Known.POVERTY_RATE, "DEP-44", "2020", "10.0")
    world.observe(Known.POVERTY_RATE, "REG-52", "2020", "10.5")
    world.observe(Known.POVERTY_RATE, "FRANCE", "2020", "14.4")
    world.observe(Known.FISCAL_PERSONS, "DEP-44", "2020", "1400000")
    page = text_of(client_for(aicha), url("DEP-44"))
    table = page[page.index('id="chiffres-cles"') :]
    table = table[: table.index("</table>")]
    assert all(rate in table for rate in ("10,0 %", "10,5 %", "14,4 %"))
    assert ">–<" in table  # a stock has no reference: a wider territory is only larger


def test_an_epci_without_communes_loaded_still_says_what_it_is(
    world: World, aicha: User, client_for: ClientFor
) -> None:
    made = world.epci("200000001", "CC du Test", "DEP-44", rate="12.3")
    page = text_of(client_for(aicha), url(made.code))
    assert "12,3 %" in page
    assert "La liste de ses communes n’est pas chargée." in page
    assert "entre 1 103 et 1 112" in page  # 9,000 × 12.25 % and 12.35 %


def test_an_epci_across_the_border_shows_its_part(world: World, aicha: User, client_for: ClientFor) -> None:
    made = world.epci("200000002", "CA Frontière", "DEP-35", inside=8, of=31)
    page = text_of(client_for(aicha), url(made.code))
    assert "8 de ses 31 communes sont dans la région Pays de la Loire" in page
    assert f'href="{url("DEP-35")}"' not in page  # its seat is in a region that does not exist for Aïcha
    assert "8 communes sur 31 ici" in text_of(client_for(aicha), url("REG-52"))


def test_an_epci_across_the_border_belongs_to_both_sides(world: World, chloe: User, client_for: ClientFor) -> None:
    made = world.epci("200000002", "CA Frontière", "DEP-35", inside=8, of=31)
    assert client_for(chloe).get(url(made.code)).status_code == 200


def test_what_is_inside_is_compared(world: World, aicha: User, client_for: ClientFor) -> None:
    """Indicators that have a direction of reading are columns; those without are left to their own page."""
    world.epci("200000001", "CC du Test", "DEP-44", rate="12.3")
    page = text_of(client_for(aicha), url("DEP-44"))
    table = page[page.index('id="dedans-epci"') :]
    table = table[: table.index("</table>")]
    assert "12,3" in table
    assert "Taux de pauvreté" in table
    assert ">Personnes<" not in table


def test_communes_are_listed_once_loaded(world: World, aicha: User, client_for: ClientFor) -> None:
    made = world.epci("200000003", "CC", "DEP-44")
    commune = make_territory("COM-44001", "Abbaretz", parent=world.territories["DEP-44"])
    EpciMember.objects.create(epci=made, commune=commune, vintage=2025)
    client = client_for(aicha)
    assert "Abbaretz" in text_of(client, url(made.code))
    assert "<h1>Abbaretz</h1>" in text_of(client, url("COM-44001"))


def test_stated_figures_carry_their_verdict(world: World, aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha), url("REG-52"))
    assert "Contredit par ses composantes" in page
    assert reverse("figure", args=["C"]) in page


def test_the_lists_narrow_to_an_axis_and_say_so(world: World, aicha: User, client_for: ClientFor) -> None:
    world.project("DEP-44", 0, "Première")
    world.project("DEP-44", 1, "Seconde")
    page = text_of(client_for(aicha), f"{url('DEP-44')}?axe={world.axes[0].code}")
    assert "Première" in page
    assert "Seconde" not in page
    assert "Engagement 1 : Axe numéro 1" in page


def test_a_single_contract_has_no_total_line(world: World, aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha), url("DEP-49"))
    assert "700 000 €" in page
    assert "Ensemble" not in page


def test_no_contract_is_said(world: World, aicha: User, client_for: ClientFor) -> None:
    assert "Aucun contrat propre à ce territoire" in text_of(client_for(aicha), url("DEP-53"))


def test_the_map_says_that_it_is_schematic(world: World, aicha: User, client_for: ClientFor) -> None:
    for rank in range(4):
        world.epci(f"20000001{rank}", f"EPCI {rank}", "DEP-44", rate=f"1{rank}.0")
    page = text_of(client_for(aicha), url("DEP-44"))
    assert "Carte schématique" in page
    assert len(re.findall(r"<path class=\"ui-map-shape", page)) == 4


def test_queries_do_not_grow_with_what_is_inside(world: World, aicha: User, client_for: ClientFor) -> None:
    client = client_for(aicha)
    counts = []
    for batch in (3, 20):
        for rank in range(batch):
            world.epci(f"2{batch:03}{rank:05}", f"EPCI {batch} {rank}", "DEP-44")
            world.project("DEP-44", rank % 2)
            world.state(f"F{batch}-{rank}", "12", "12", unit="persons", on="DEP-44")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url("DEP-44")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 40


def test_a_commune_shows_the_rate_of_its_epci(world: World, aicha: User, client_for: ClientFor) -> None:
    epci = world.territories["EPCI-244400404"]
    commune = make_territory("COM-44001", "Abbaretz", parent=world.territories["DEP-44"])
    EpciMember.objects.create(epci=epci, commune=commune, vintage=2025)
    world.observe(Known.POVERTY_RATE, epci.code, "2021", "12.8")
    world.observe(Known.FISCAL_PERSONS, epci.code, "2021", "625139")
    page = text_of(client_for(aicha), url(commune.code))
    assert f'<a href="{url(epci.code)}">{epci.name}</a>' in page
    table = page[page.index('id="chiffres-cles"') :]
    table = table[: table.index("</table>")]
    assert "12,8" in table
    assert "non chargé pour la commune" in table
    assert "625" not in table  # a count of the EPCI says nothing of one of its communes
    assert "estimation faite par EPCI, jamais par commune" in page
