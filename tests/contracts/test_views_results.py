"""Pages of results: who sees them, what they say, what they let do, and how many queries they cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from maillage.territories.models import Territory
from tests.contracts.results_world import World, make_world

ClientFor = Callable[..., Client]


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


def pages(world: World) -> dict[str, str]:
    pk = world.contract.pk
    return {
        "execution": reverse("contract-execution", args=[pk]),
        "chain": reverse("contract-sheet", args=[pk, "A01"]),
        "movements": reverse("contract-movements", args=[pk, "A01"]),
        "readings": reverse("contract-readings", args=[pk, "A01"]),
        "reading": reverse("contract-reading", args=[pk, "A01", "ENFANTS", "2024"]),
        "evidence": reverse("contract-evidence", args=[pk, "A01"]),
        "report": reverse("contract-report", args=[pk, "A01", 2024]),
        "evaluations": reverse("contract-evaluations", args=[pk]),
    }


NAMES = ("execution", "chain", "movements", "readings", "reading", "evidence", "report", "evaluations")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_for_those_who_see_the_contract(world: World, client_for: ClientFor, name: str) -> None:
    url = pages(world)[name]
    for user in (world.cast.lead, world.cast.ddets, world.cast.commissioner, world.reader):
        assert client_for(user).get(url).status_code == 200
    assert client_for(world.stranger).get(url).status_code == 404
    assert Client().get(url).status_code == 302
