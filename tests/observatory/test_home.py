"""The observatory's home: what may be seen, what is loaded, what is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.demo.load import load
from maillage.indicators.enums import Status
from maillage.indicators.models import Indicator, Observation
from maillage.observatory.selectors import home as reading
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.territories.models import Territory
from tests.indicators.samples import AT
from tests.observatory.asked import make_communes

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]


def shown(client: Client, **query: str) -> str:
    response = client.get(reverse("observatory"), query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_visitor_signs_in_first() -> None:
    assert Client().get(reverse("observatory")).status_code == 302


def test_an_empty_instance_says_every_command(client_for: ClientFor, aicha: User) -> None:
    page = shown(client_for(aicha))
    assert "Aucun indicateur n’est chargé" in page
    for kind, _ in reading.BRINGS:
        assert f"maillage import {kind.value} CHEMIN" in page


def test_every_screen_is_one_click_away_and_the_portrait_is_one_s_own(
    client_for: ClientFor, chloe: User, territories: dict[str, Territory]
) -> None:
    page = shown(client_for(chloe))
    for name in ("explorer", "compare", "needs", "typology", "gaps", "ask"):
        assert reverse(name) in page
    own = chloe.memberships.get().territory_code
    assert own in territories
    assert reverse("portrait", args=[own]) in page


def test_what_is_loaded_by_level_and_period(client_for: ClientFor, bruno: User) -> None:
    load(by=None, at=AT)
    page = shown(client_for(bruno))
    held = {(one.indicator.code, one.level): one for one in reading.held()}
    assert held["CREDITS-CONTRACT", "departement"].latest == "2020"
    assert held["CREDITS-CONTRACT", "departement"].periods == 2
    assert held["POVERTY-RATE", "epci"].values == 71
    assert "Niveau de vie médian annuel" in page
    assert "Filosofi 2021" in page
    assert f"{reverse('compare')}?indicateur=POVERTY-RATE&amp;niveau=epci&amp;periode=2021" in page


def test_a_file_once_loaded_is_no_longer_missing(db: None) -> None:
    before = reading.lacking(reading.editions())
    SourceEdition.objects.create(kind=EditionKind.FILOSOFI, title="Filosofi 2021, communes", loaded_at=AT)
    after = reading.lacking(reading.editions())
    assert len(after) == len(before) - 1
    assert not any("filosofi" in one.command for one in after)


def test_an_older_load_of_the_same_file_is_not_listed_twice(db: None) -> None:
    for _ in range(2):
        SourceEdition.objects.create(kind=EditionKind.COG, title="COG", part="communes", loaded_at=AT)
    assert len(reading.editions()) == 1


def test_the_tables_are_exported(client_for: ClientFor, bruno: User) -> None:
    load(by=None, at=AT)
    response = client_for(bruno).get(reverse("observatory"), {"export": "csv", "tableau": "indicateurs"})
    assert "Taux de pauvreté" in response.content.decode()


def test_the_cost_does_not_follow_what_is_loaded(
    client_for: ClientFor, bruno: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    load(by=None, at=AT)
    client = client_for(bruno)
    with django_assert_num_queries(8):
        shown(client)
    make_communes(300, Territory.objects.get(code="DEP-44"))
    Observation.objects.bulk_create(
        Observation(indicator=indicator, territory=one, period="2021", value=10, status=Status.PUBLISHED)
        for indicator in Indicator.objects.filter(code__in=["POVERTY-RATE", "MEDIAN-INCOME"])
        for one in Territory.objects.filter(code__startswith="COM-Z")
    )
    with django_assert_num_queries(8):
        shown(client)
