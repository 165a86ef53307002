"""The page of the typology: who reads it, its cost, what the address asks, what it says of its classes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.demo.load import load
from maillage.indicators.models import Indicator, Observation
from maillage.observatory.selectors.typology import Asked, epci_types
from maillage.territories.models import Territory
from tests.factories import content_of, make_territory

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
QUERIES = 12


@pytest.fixture
def demo(db: None) -> None:
    load(by=None, at=AT)


@pytest.mark.usefixtures("demo")
def test_a_reader_reads_the_classes_at_a_known_cost(
    client_for: ClientFor, bruno: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(bruno)
    with django_assert_num_queries(QUERIES):
        page = client.get(reverse("typology")).content.decode()
    assert "faites sur 71 EPCI" in page
    assert "maillage import filosofi" in page  # to be fitted on the whole country
    assert "nettement au-dess" in page
    assert "écart-type" in page
    assert "Carte schématique" in page


@pytest.mark.usefixtures("demo")
def test_the_address_holds_the_choice(client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    page = client.get(reverse("typology"), {"classes": "6"}).content.decode()
    assert "6 classes, faites sur" in page
    for number in ("9", "2", "x", "²", "33333333333333333333333333"):
        assert client.get(reverse("typology"), {"classes": number}).status_code == 200
    alone = client.get(reverse("typology"), {"v": ["POVERTY-RATE"]}).content.decode()
    assert "au moins deux variables" in alone


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("table", "lines"), [("epci", 72), ("classes", 4), ("moyennes", 4), ("axes", 5), ("critere", 7)]
)
def test_every_table_is_exported(client_for: ClientFor, bruno: User, table: str, lines: int) -> None:
    asked = {"export": "csv", "tableau": table, "classes": "3"}
    answer = client_for(bruno).get(reverse("typology"), asked)
    assert len(content_of(answer).decode("utf-8-sig").splitlines()) == lines


@pytest.mark.usefixtures("demo")
def test_classes_are_made_on_every_epci_loaded_and_read_on_those_of_the_region() -> None:
    outside = make_territory("EPCI-243500139", "Rennes Métropole", parent=Territory.objects.get(code="DEP-35"))
    for code, value in (("POVERTY-RATE", "15"), ("MEDIAN-INCOME", "23000"), ("FISCAL-PERSONS", "430000")):
        indicator = Indicator.objects.get(code=code)
        Observation.objects.create(
            indicator=indicator, territory=outside, period="2021", value=value, status="published"
        )
    types = epci_types(Asked(variables=("POVERTY-RATE", "MEDIAN-INCOME")))
    assert (types.fitted_on, len(types.offer.areas)) == (72, 71)
    assert types.found is not None
    assert types.found.of(outside.code) is not None
    assert not types.is_of_region_only


@pytest.mark.usefixtures("demo")
def test_a_default_variable_that_few_epci_have_is_set_aside() -> None:
    held = Observation.objects.filter(indicator__code="FRANCE-SERVICES", territory__level="epci")
    kept = held.order_by("pk").values_list("pk", flat=True)[:30]
    held.exclude(pk__in=list(kept)).delete()
    types = epci_types(Asked())
    assert [one.code for one in types.set_aside] == ["FRANCE-SERVICES~10000"]
    assert types.found is not None
    assert len(types.found.placed) == 71
    asked = epci_types(Asked(variables=("FRANCE-SERVICES~10000", "POVERTY-RATE")))
    assert asked.found is not None
    assert len(asked.found.left_out) == 41


@pytest.mark.usefixtures("demo")
def test_an_epci_without_a_value_is_in_no_class(client_for: ClientFor, bruno: User) -> None:
    observation = Observation.objects.filter(indicator__code="POVERTY-RATE", territory__level="epci").first()
    assert observation is not None
    Observation.objects.filter(pk=observation.pk).update(value=None, status="suppressed")
    page = client_for(bruno).get(reverse("typology")).content.decode()
    assert "non classé" in page
    assert "couvert par le secret statistique" in page


def test_a_visitor_signs_in_first() -> None:
    assert Client().get(reverse("typology")).status_code == 302


def test_an_empty_instance_says_what_to_import(client_for: ClientFor, bruno: User, territories: object) -> None:
    assert "maillage import filosofi" in client_for(bruno).get(reverse("typology")).content.decode()
    Territory.objects.filter(level="epci").delete()
    assert "maillage import epci" in client_for(bruno).get(reverse("typology")).content.decode()
