"""Questions in words: forty written beforehand, and the page that answers them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.logs import JsonFormatter
from maillage.core.models import User
from maillage.indicators.enums import Status
from maillage.indicators.models import Indicator, Observation
from maillage.territories.models import Population, Territory
from tests.observatory.asked import (
    Question,
    make_communes,
    make_indicators,
    make_places,
    precision,
    questions,
    understood,
)

ClientFor = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loaded(territories: dict[str, Territory]) -> None:
    make_places(territories)
    make_indicators()


@pytest.mark.parametrize("question", questions(), ids=lambda one: one.text)
def test_each_question_is_understood_as_written(question: Question) -> None:
    assert understood(question.text) == question.expected


def test_precision_of_the_whole_set(capsys: pytest.CaptureFixture[str]) -> None:
    asked = questions()
    said = precision(asked)
    with capsys.disabled():
        sys.stdout.write(f"\n{said}\n")
    assert len(asked) >= 40
    assert said == f"{len(asked)} / {len(asked)} questions understood"


# --- the page -------------------------------------------------------------------------------------------------------


def answered(client: Client, q: str, **headers: str) -> str:
    response = client.get(reverse("ask"), {"q": q}, headers=headers)
    assert response.status_code == 200
    return re.sub(r"[ \n]+", " ", response.content.decode())


def observe(code: str, territory: str, period: str, value: str | None, **fields: object) -> None:
    Observation.objects.create(
        indicator=Indicator.objects.get(code=code),
        territory=Territory.objects.get(code=territory),
        period=period,
        value=None if value is None else Decimal(value),
        **({"status": Status.SUPPRESSED if value is None else Status.PUBLISHED} | fields),
    )


def test_a_visitor_signs_in_first() -> None:
    assert Client().get(reverse("ask"), {"q": "angers"}).status_code == 302


def test_a_direct_answer_with_its_source_and_its_screens(client_for: ClientFor, bruno: User) -> None:
    observe("POVERTY-RATE", "DEP-53", "2020", "9.1")
    observe("POVERTY-RATE", "DEP-53", "2021", "9.9")
    page = answered(client_for(bruno), "taux de pauvreté mayenne 2021")
    assert "Taux de pauvreté, <strong>Mayenne</strong> (Département), 2021\u00a0:" in page
    assert "9,9\u00a0%" in page
    assert "9,1" not in page
    assert reverse("portrait", args=["DEP-53"]) in page
    assert f"{reverse('explorer')}?indicateur=POVERTY-RATE&amp;niveau=departement&amp;periode=2021" in page
    assert f"{reverse('compare')}?indicateur=POVERTY-RATE&amp;niveau=departement&amp;periode=2021" in page
    assert "Source" in page
    assert "Autres territoires possibles" in page


def test_another_year_is_said_never_passed_off(client_for: ClientFor, bruno: User) -> None:
    observe("POVERTY-RATE", "DEP-53", "2020", "9.1")
    page = answered(client_for(bruno), "pauvreté mayenne 2023")
    assert "Pas de valeur pour 2023\u00a0: voici 2020." in page


def test_a_secret_stays_one(client_for: ClientFor, bruno: User) -> None:
    observe("POVERTY-RATE", "COM-49007", "2021", None)
    page = answered(client_for(bruno), "pauvreté angers")
    assert "couvert par le secret statistique" in page


def test_an_estimate_shows_its_interval(client_for: ClientFor, bruno: User) -> None:
    observe("POVERTY-RATE", "EPCI-200083392", "2021", "10.0")
    observe("FISCAL-PERSONS", "EPCI-200083392", "2021", "10000")
    page = answered(client_for(bruno), "pauvres laval agglo")
    assert "1\u202f000\u00a0personnes" in page
    assert "[995 à 1\u202f005]" in page


def test_values_at_finer_levels_are_offered(client_for: ClientFor, bruno: User) -> None:
    observe("CAF-RSA", "COM-53130", "2021-12", "1500")
    page = answered(client_for(bruno), "rsa mayenne")
    assert "aucune valeur chargée pour ce territoire" in page
    assert "classement des communes, Mayenne" in page
    assert "dans=DEP-53" in page


def test_an_indicator_that_no_file_brought_says_which_would(client_for: ClientFor, bruno: User) -> None:
    Indicator.objects.filter(code="CAF-RSA").delete()
    page = answered(client_for(bruno), "rsa angers")
    assert "n’est pas chargé" in page
    assert "maillage import caf CHEMIN" in page


def test_the_population_of_the_year_asked(client_for: ClientFor, bruno: User) -> None:
    angers = Territory.objects.get(code="COM-49007")
    for year, persons in ((2020, 150_000), (2023, 160_000)):
        Population.objects.create(territory=angers, year=year, municipal=persons)
    client = client_for(bruno)
    assert "150\u202f000" in answered(client, "population angers 2020")
    assert "160\u202f000" in answered(client, "habitants d'angers")


def test_nothing_found_says_what_may_be_asked(client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    for text in ("météo de demain", "<script>", "%%%", "' or 1=1 --"):
        page = answered(client, text)
        assert "Rien ne répond à ces mots" in page
        assert "Par exemple" in page
        assert "<script>alert" not in page
    assert "Rien ne répond" not in answered(client, "")


def test_what_was_not_understood_is_told(client_for: ClientFor, bruno: User) -> None:
    page = answered(client_for(bruno), "météo angers")
    assert "Non compris\u00a0: «\u00a0meteo\u00a0»" in page
    assert "lu comme" in answered(client_for(bruno), "pauvreter angers")


def test_while_typing_only_the_answers_are_sent(client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    whole, part = answered(client, "angers"), answered(client, "angers", **{"HX-Request": "true"})
    assert part in whole or len(part) < len(whole)
    assert "<html" not in part
    assert 'hx-get="/observatoire/chercher/"' in whole
    assert 'method="get"' in whole


@pytest.mark.parametrize(
    ("question", "queries"),
    [("taux de pauvreté angers 2021", 11), ("pauvreté anegrs", 12), ("angers", 11), ("", 5)],
)
def test_the_cost_does_not_follow_the_number_of_territories(
    client_for: ClientFor,
    bruno: User,
    territories: dict[str, Territory],
    django_assert_num_queries: DjangoAssertNumQueries,
    question: str,
    queries: int,
) -> None:
    client = client_for(bruno)
    for number in (0, 400):
        make_communes(number, territories["DEP-44"])
        with django_assert_num_queries(queries):
            answered(client, question)


def test_the_question_is_not_written_in_the_log(
    client_for: ClientFor, bruno: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="maillage")
    answered(client_for(bruno), "pauvreté angers")
    assert "angers" not in "".join(JsonFormatter().format(record) for record in caplog.records)


def test_the_portrait_of_another_region_is_not_offered(client_for: ClientFor, bruno: User) -> None:
    page = answered(client_for(bruno), "pauvreté rennes")
    assert "<strong>Rennes</strong>" in page
    assert reverse("portrait", args=["COM-35238"]) not in page
    assert reverse("portrait", args=["COM-49007"]) in answered(client_for(bruno), "pauvreté angers")


def test_a_slip_mends_a_question_and_never_invents_one(client_for: ClientFor, bruno: User) -> None:
    """« demain » is one letter away from this commune; with « météo » left over, nothing was asked about it."""
    Territory.objects.create(code="COM-Z1", level="commune", insee="Z0001", name="Demains", sort_name="demainn")
    client = client_for(bruno)
    assert "Rien ne répond" in answered(client, "météo de demaiin")
    assert "lu comme «\u00a0demainn\u00a0»" in answered(client, "demaiin")
