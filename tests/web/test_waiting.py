"""The home page says what waits for the signed-in person, and stands when a part of it cannot answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.core.digests import Item
from maillage.core.models import User
from tests.core.digest_world import item, only, waits_for
from tests.web.conftest import World

ClientFor = Callable[[User], Client]


def home(client: Client) -> str:
    response = client.get("/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_most_pressing_things_are_shown_and_the_rest_is_one_link_away(
    world: World, aicha: User, client_for: ClientFor
) -> None:
    late = item("Rapport en retard", late=True, due=date(2026, 11, 2))
    others = tuple(item(f"Chose {rank}", due=date(2199, 1, 1 + rank)) for rank in range(6))
    with only(waits_for(aicha, items=(*others, late))):
        page = home(client_for(aicha))
    assert page.index("Rapport en retard") < page.index("Chose 0")
    assert "2 novembre 2026" in page
    assert "Chose 3" in page
    assert "Chose 4" not in page
    assert 'href="/mes-attentes/">Tout ce qui vous attend (7)' in page


def test_what_waits_for_someone_else_is_not_shown(
    world: World, aicha: User, bruno: User, client_for: ClientFor
) -> None:
    with only(waits_for(aicha)):
        assert item().label not in home(client_for(bruno))


def test_a_part_that_fails_does_not_take_the_page_down(world: World, bruno: User, client_for: ClientFor) -> None:
    def broken(user: User, on: date) -> list[Item]:
        raise LookupError

    with only(broken):
        page = home(client_for(bruno))
    assert "Indisponible" in page
    assert "Rien ne vous attend" not in page


def test_the_block_costs_what_its_sources_cost(world: World, aicha: User, client_for: ClientFor) -> None:
    client = client_for(aicha)
    counts = []
    for waiting in ((), tuple(item(f"Chose {rank}") for rank in range(30))):
        with only(waits_for(aicha, items=waiting)), CaptureQueriesContext(connection) as queries:
            home(client)
        counts.append(len(queries))
    assert counts[0] == counts[1]
