"""An indicator of communes: one period at a time, a page of the list at a time, the export whole."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from maillage.core.models import User
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors import one_period
from maillage.indicators.views import long_list
from maillage.territories.models import Territory

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
NUMBER = one_period.MANY + 1
HIDDEN = 7  # the commune of this rank has no value


@pytest.fixture
def indicator(territories: dict[str, Territory]) -> Indicator:
    """Communes that no list holds on one screen, over two periods; their names follow their rank."""
    communes = Territory.objects.bulk_create(
        Territory(code=f"COM-{10_000 + rank}", level="commune", insee=f"{10_000 + rank}", name=f"Lieu {rank:04d}",
                  sort_name=f"lieu {rank:04d}", parent=territories["DEP-49"])
        for rank in range(NUMBER)
    )  # fmt: skip
    made = Indicator.objects.create(code="INVENTE", label="Indicateur inventé", unit="persons", nature="stock")
    Observation.objects.bulk_create(
        Observation(indicator=made, territory=commune, period=period, **worth(rank, factor))
        for period, factor in (("2020", 1), ("2021", 2))
        for rank, commune in enumerate(communes)
    )
    return made


def worth(rank: int, factor: int) -> dict[str, Any]:
    if rank == HIDDEN:
        return {"value": None, "status": "suppressed"}
    return {"value": Decimal(rank * factor), "status": "published"}


def names(page: str) -> list[str]:
    return [f"Lieu {rank:04d}" for rank in range(NUMBER) if f">Lieu {rank:04d}<" in page]


def test_a_page_holds_a_part_of_the_latest_period(client_for: ClientFor, bruno: User, indicator: Indicator) -> None:
    url = reverse("indicator", args=[indicator.code])
    page = client_for(bruno).get(url, {"niveau": "commune"}).content.decode()
    assert names(page) == [f"Lieu {rank:04d}" for rank in range(long_list.PAGE_SIZE)]
    assert "Valeurs, 2021" in page
    later = client_for(bruno).get(url, {"niveau": "commune", "page": "2"}).content.decode()
    assert names(later)[0] == f"Lieu {long_list.PAGE_SIZE:04d}"


def test_an_order_takes_the_whole_list_and_an_unknown_value_comes_last(
    client_for: ClientFor, bruno: User, indicator: Indicator
) -> None:
    url, client = reverse("indicator", args=[indicator.code]), client_for(bruno)
    highest = client.get(url, {"niveau": "commune", "ordre": "haut"}).content.decode()
    assert f"Lieu {NUMBER - 1:04d}" in names(highest)
    assert "Lieu 0000" not in names(highest)
    for order in ("haut", "bas"):
        last = {"niveau": "commune", "ordre": order, "page": str(-(-NUMBER // long_list.PAGE_SIZE))}
        assert f"Lieu {HIDDEN:04d}" in names(client.get(url, last).content.decode()), order


def test_a_period_and_its_export(client_for: ClientFor, bruno: User, indicator: Indicator) -> None:
    url, client = reverse("indicator", args=[indicator.code]), client_for(bruno)
    asked = {"niveau": "commune", "periode": "2020", "export": "csv", "tableau": "valeurs"}
    exported = client.get(url, asked).content.decode()
    assert sum(f"Lieu {rank:04d}" in exported for rank in range(NUMBER)) == NUMBER
    assert "2021" not in exported


@pytest.mark.parametrize("asked", [{"periode": "1815"}, {"ordre": "hasard"}, {"page": "999"}, {"page": "x"}])
def test_what_does_not_exist_gives_what_does(
    client_for: ClientFor, bruno: User, indicator: Indicator, asked: dict[str, str]
) -> None:
    url = reverse("indicator", args=[indicator.code])
    response = client_for(bruno).get(url, {"niveau": "commune", **asked})
    assert response.status_code == 200
    assert names(response.content.decode())


def test_the_cost_does_not_follow_the_page(
    client_for: ClientFor, bruno: User, indicator: Indicator, django_assert_num_queries: Callable[[int], object]
) -> None:
    client, url = client_for(bruno), reverse("indicator", args=[indicator.code])
    for page in ("1", "9"):
        with django_assert_num_queries(13):  # type: ignore[attr-defined]  # a context manager
            client.get(url, {"niveau": "commune", "page": page})
