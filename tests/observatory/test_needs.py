"""The pages of the needs index: who reads them, their cost, what the address asks, what is not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.demo.load import load
from maillage.engines.needs import Weighting
from maillage.indicators.models import Indicator, Observation
from maillage.observatory.selectors.needs import Asked, epci_needs, needs
from maillage.observatory.selectors.variables import measure, offer, readings
from maillage.territories.models import Territory
from tests.factories import content_of
from tests.observatory.understanding import METROPOLE, two_communes

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
QUERIES, EPCI_QUERIES = 11, 15  # session and user read included


@pytest.fixture
def demo(db: None) -> None:
    load(by=None, at=AT)


@pytest.mark.usefixtures("demo")
def test_a_reader_reads_the_ranking_at_a_known_cost(
    client_for: ClientFor, bruno: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(bruno)
    with django_assert_num_queries(QUERIES):
        page = client.get(reverse("needs")).content.decode()
    with django_assert_num_queries(QUERIES):  # more variables, no more queries
        client.get(reverse("needs"), {"v": ["POVERTY-RATE", "MEDIAN-INCOME", "FRANCE-SERVICES~10000"]})
    assert "ne note jamais une personne" in page
    assert "71 EPCI dont une commune au moins est dans le territoire" in page
    assert "5 communes sur 31" in page
    assert reverse("needs-epci", args=[METROPOLE]) in page
    assert "Carte schématique" in page


@pytest.mark.parametrize(("name", "args"), [("needs", []), ("needs-epci", [METROPOLE])])
def test_a_visitor_signs_in_first(db: None, name: str, args: list[str]) -> None:
    response = Client().get(reverse(name, args=args))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("login"))


def test_an_empty_instance_says_what_to_import(client_for: ClientFor, bruno: User, territories: object) -> None:
    Territory.objects.filter(level="epci").delete()
    assert "maillage import epci" in client_for(bruno).get(reverse("needs")).content.decode()
    assert client_for(bruno).get(reverse("needs-epci", args=[METROPOLE])).status_code == 404


def test_epci_without_figures_say_what_to_import(client_for: ClientFor, bruno: User, territories: object) -> None:
    page = client_for(bruno).get(reverse("needs")).content.decode()
    assert "maillage import filosofi" in page
    one = client_for(bruno).get(reverse("needs-epci", args=[METROPOLE])).content.decode()
    assert "n’est pas classé" in one


@pytest.mark.usefixtures("demo")
def test_the_address_holds_the_choice(client_for: ClientFor, bruno: User) -> None:
    asked = {"v": ["POVERTY-RATE"], "inverse": ["POVERTY-RATE"], "methode": "poids", "regle": "siege"}
    page = client_for(bruno).get(reverse("needs"), asked).content.decode()
    assert "69 EPCI dont le siège est dans le territoire" in page
    assert "Poids choisis" in page
    assert 'name="poids-POVERTY-RATE"' in page
    assert "plus bas = plus de besoin" in page
    component = client_for(bruno).get(reverse("needs"), {"methode": "acp"}).content.decode()
    assert "de la variance" in component
    assert "Corrélation avec la composante" in component


@pytest.mark.usefixtures("demo")
def test_what_cannot_be_computed_keeps_what_was_chosen(client_for: ClientFor, bruno: User) -> None:
    page = client_for(bruno).get(reverse("needs"), {"v": ["POVERTY-RATE"], "methode": "acp"}).content.decode()
    assert "L’indice ne peut pas être calculé" in page
    wrong = {"v": ["POVERTY-RATE"], "methode": "poids", "poids-POVERTY-RATE": "beaucoup"}
    refused = client_for(bruno).get(reverse("needs"), wrong).content.decode()
    assert 'value="beaucoup"' in refused
    assert "à corriger" in refused
    unknown = client_for(bruno).get(reverse("needs"), {"v": "RIEN", "regle": "x", "methode": "y"})
    assert unknown.status_code == 200


@pytest.mark.usefixtures("demo")
def test_the_ranking_is_exported_whole(client_for: ClientFor, bruno: User) -> None:
    answer = client_for(bruno).get(reverse("needs"), {"export": "csv", "tableau": "classement"})
    lines = content_of(answer).decode("utf-8-sig").splitlines()
    assert len(lines) == 72
    assert lines[0].startswith("EPCI;Rang;Intervalle du rang;Indice")


@pytest.mark.usefixtures("demo")
def test_the_index_is_that_of_its_variables() -> None:
    found = needs(Asked())
    assert {one.code for one in found.chosen} == {"MEDIAN-INCOME", "POVERTY-RATE"}
    assert found.index is not None
    first = found.index.ranked[0]
    rates = {code: one["POVERTY-RATE"].value or 0 for code, one in found.measures.items()}
    alone = needs(Asked(variables=("POVERTY-RATE",)))
    assert alone.index is not None
    assert alone.index.ranked[0].code == max(rates, key=lambda code: rates[code])
    assert sum(first.contributions.values()) == pytest.approx(first.score, abs=1e-8)
    turned = needs(Asked(variables=("POVERTY-RATE",), inverted=frozenset({"POVERTY-RATE"})))
    assert turned.index is not None
    assert turned.index.ranked[0].code == min(rates, key=lambda code: rates[code])
    heavy = needs(
        Asked(
            variables=("POVERTY-RATE", "MEDIAN-INCOME"),
            weights={"POVERTY-RATE": 1, "MEDIAN-INCOME": 0},
            weighting=Weighting.GIVEN,
        )
    )
    assert heavy.index is not None
    assert [one.code for one in heavy.index.ranked] == [one.code for one in alone.index.ranked]


@pytest.mark.usefixtures("demo")
def test_a_count_is_offered_by_inhabitant_only() -> None:
    found = offer()
    codes = {one.code for one in found.variables}
    assert {"POVERTY-RATE", "MEDIAN-INCOME", "FRANCE-SERVICES~10000", "FISCAL-PERSONS~taille"} == codes
    services = found.of("FRANCE-SERVICES~10000")
    assert services is not None
    assert not services.more_is_need
    epci = Territory.objects.get(code=METROPOLE)
    held = readings([services], [epci.pk])[epci.pk]
    points = Observation.objects.get(indicator__code="FRANCE-SERVICES", territory=epci).value
    persons = Observation.objects.get(indicator__code="FISCAL-PERSONS", territory=epci).value
    assert points is not None
    assert persons is not None
    assert measure(services, held).value == pytest.approx(float(points / persons * 10_000))


@pytest.mark.usefixtures("demo")
def test_a_rounded_rate_has_its_interval_and_a_suppressed_one_no_value() -> None:
    found = offer()
    rate = found.of("POVERTY-RATE")
    assert rate is not None
    observation = Observation.objects.get(indicator__code="POVERTY-RATE", territory__code=METROPOLE)
    held = measure(rate, readings([rate], [observation.territory_id])[observation.territory_id])
    assert held.bounds == pytest.approx((float(observation.value or 0) - 0.05, float(observation.value or 0) + 0.05))
    Observation.objects.filter(pk=observation.pk).update(value=Decimal(5), status="floor")
    floor = measure(rate, readings([rate], [observation.territory_id])[observation.territory_id])
    assert floor.bounds == pytest.approx((0, 5.05))
    Observation.objects.filter(pk=observation.pk).update(value=None, status="suppressed")
    index = needs(Asked()).index
    assert index is not None
    assert [(one.code, "secret statistique" in one.reason) for one in index.left_out] == [(METROPOLE, True)]
    assert len(index.ranked) == 70


@pytest.mark.usefixtures("demo")
def test_a_period_that_few_territories_have_is_not_taken(db: None) -> None:
    rate = Indicator.objects.get(code="POVERTY-RATE")
    few = Territory.objects.get(code=METROPOLE)
    Observation.objects.create(indicator=rate, territory=few, period="2023", value="1", status="published")
    chosen = offer().of("POVERTY-RATE")
    assert chosen is not None
    assert chosen.period == "2021"


# --- one EPCI ---


@pytest.mark.usefixtures("demo")
def test_communes_show_their_own_evidence_beside_the_value_of_the_epci(
    client_for: ClientFor, bruno: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    two_communes()
    client = client_for(bruno)
    with django_assert_num_queries(EPCI_QUERIES):
        page = client.get(reverse("needs-epci", args=[METROPOLE])).content.decode()
    assert "17,5" in page
    assert "couvert par le secret statistique\u202f; EPCI\u00a0: " in page
    assert "aucune valeur chargée\u202f; EPCI\u00a0: " in page
    assert "1 commune sur 2 a au moins une valeur publiée" in page
    one = epci_needs(METROPOLE, Asked())
    assert one is not None
    assert [(two.commune.name, two.published) for two in one.communes] == [("Bouaye", 0), ("Nantes", 1)]
    assert one.communes[0].measures["POVERTY-RATE"].value is None


@pytest.mark.usefixtures("demo")
def test_an_epci_without_communes_says_what_to_import(client_for: ClientFor, bruno: User) -> None:
    page = client_for(bruno).get(reverse("needs-epci", args=[METROPOLE]), {"methode": "acp"}).content.decode()
    assert "Aucune commune n’est chargée" in page
    assert f"{reverse('needs')}?methode=acp" in page


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("code", ["INCONNU", "DEP-44", "EPCI-200000000"])
def test_what_is_no_epci_of_the_region_does_not_exist(client_for: ClientFor, aicha: User, code: str) -> None:
    assert client_for(aicha).get(reverse("needs-epci", args=[code])).status_code == 404


@pytest.mark.usefixtures("demo")
def test_a_rate_published_at_its_floor_is_read_as_such(client_for: ClientFor, bruno: User) -> None:
    first, _ = two_communes()
    Observation.objects.filter(territory=first).update(value=5, status="floor")
    page = client_for(bruno).get(reverse("needs-epci", args=[METROPOLE])).content.decode()
    assert "5,0\u00a0% ou moins\u202f; EPCI\u00a0: " in page
