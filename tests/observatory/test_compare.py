"""Compare: rankings, clouds and lines on the demonstration data; what is refused, and at what cost a page is made."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.demo.load import load
from maillage.indicators.enums import Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.level_values import at_level
from maillage.observatory.selectors import compare as reading
from maillage.territories.models import Territory
from tests.indicators.samples import AT
from tests.observatory.asked import make_communes

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]


@pytest.fixture
def reader(db: None, client_for: ClientFor, bruno: User) -> Client:
    load(by=None, at=AT)
    return client_for(bruno)


def shown(client: Client, **query: str | list[str]) -> str:
    response = client.get(reverse("compare"), query)
    assert response.status_code == 200
    return response.content.decode()


def observe(code: str, territory: str, period: str, value: str, perimeter: str = "", geography: str = "") -> None:
    Observation.objects.create(
        indicator=Indicator.objects.get(code=code),
        territory=Territory.objects.get(code=territory),
        period=period,
        value=Decimal(value),
        status=Status.PUBLISHED,
        perimeter=perimeter,
        geography=geography,
    )


# --- access ---------------------------------------------------------------------------------------------------------


def test_a_visitor_signs_in_first() -> None:
    assert Client().get(reverse("compare")).status_code == 302


def test_without_any_value_the_page_says_what_to_load(client_for: ClientFor, aicha: User) -> None:
    page = shown(client_for(aicha))
    assert "Aucun indicateur n’est chargé" in page
    assert "maillage import filosofi" in page


@pytest.mark.parametrize("tab", ["classement", "nuage", "series", "inconnu"])
def test_an_address_that_makes_no_sense_shows_the_usual_page(reader: Client, tab: str) -> None:
    query = {"onglet": tab, "indicateur": "?", "niveau": "?", "periode": "?", "dans": "?", "page": "z", "avec": "?"}
    assert "Comparer" in shown(reader, **query, territoire=["X", "Y"], perimetre="?", sens="?")


# --- ranking --------------------------------------------------------------------------------------------------------


def test_equal_printed_rates_share_their_ranks(reader: Client) -> None:
    found = reading.ranking(at_level(Indicator.objects.get(code="POVERTY-RATE"), "epci"))
    equal = [row for row in found.rows if row.value.amount == Decimal("13.9")]
    assert len(equal) > 1
    assert {(row.rank.best, row.rank.worst) for row in equal} == {(equal[0].rank.best, equal[0].rank.worst)}
    assert equal[0].rank.worst - equal[0].rank.best == len(equal) - 1
    page = shown(reader)
    assert f"{equal[0].rank.best} à {equal[0].rank.worst}" in page
    assert "13,85 à 13,95" in page
    assert "se recouvrent partagent des rangs" in page


def test_where_a_chosen_territory_stands(reader: Client) -> None:
    page = shown(reader, territoire="EPCI-244400404")
    assert "Nantes Métropole\u00a0: rang " in page
    assert "territoire choisi" in page
    assert "hors de ce classement" in shown(reader, territoire="DEP-44")


def test_the_lowest_first(reader: Client) -> None:
    first = reading.ranking(at_level(Indicator.objects.get(code="POVERTY-RATE"), "epci"), highest_first=False)
    assert first.rows[0].interval.value == min(row.interval.value for row in first.rows)
    assert first.rows[0].rank.best == 1
    table = shown(reader, sens="croissant").partition('id="classement"')[2]
    assert "Erdre et Gesvres" in table.partition("<tbody>")[2].partition("</tr>")[0]
    assert "Erdre et Gesvres" in first.rows[0].place.name


def test_estimates_are_ranked_by_their_own_interval(reader: Client) -> None:
    found = reading.ranking(at_level(Indicator.objects.get(code="POOR-PERSONS"), "epci"))
    one = found.rows[0]
    assert (one.interval.low, one.interval.high) == (one.value.low, one.value.high)


def test_values_of_two_perimeters_are_not_ranked_together(reader: Client) -> None:
    Observation.objects.filter(indicator__code="POVERTY-RATE", territory__code="EPCI-244400404").update(
        perimeter="champ restreint"
    )
    page = shown(reader)
    assert "Cela ne se compare pas" in page
    assert "perimetre=champ+restreint" in page
    assert "Choisissez l’un de ces périmètres" in page
    assert 'id="classement"' not in page
    alone = shown(reader, perimetre="champ restreint")
    assert "Cela ne se compare pas" not in alone
    assert 'id="classement"' in alone


def test_unknown_values_are_counted_apart(reader: Client) -> None:
    Observation.objects.filter(indicator__code="POVERTY-RATE", territory__code="EPCI-244400404").update(
        value=None, status=Status.SUPPRESSED
    )
    page = shown(reader, territoire="EPCI-244400404")
    assert "1 territoires sans valeur connue" in page
    assert "hors de ce classement" in page


def test_the_export_holds_every_row_of_the_ranking(reader: Client) -> None:
    response = reader.get(reverse("compare"), {"export": "csv", "tableau": "classement"})
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert sum("EPCI" in cell or "CC " in cell or "CA " in cell for row in rows for cell in row) > 60
    assert any("Rang" in cell for row in rows for cell in row)


def test_a_ranking_inside_an_epci_or_a_departement(reader: Client) -> None:
    inside = shown(reader, dans="DEP-53")
    assert "Nantes Métropole" not in inside
    assert "CA Laval Agglomération" in inside


@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ({"niveau": "commune"}, 11),
        ({"niveau": "commune", "onglet": "nuage", "avec": "MEDIAN-INCOME"}, 15),
        ({"onglet": "series", "territoire": ["COM-Z0001", "COM-Z0002"]}, 10),
    ],
    ids=["classement", "nuage", "series"],
)
def test_the_cost_does_not_follow_the_number_of_territories(
    reader: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    query: dict[str, str | list[str]],
    queries: int,
) -> None:
    for number in (30, 330):
        _communes_with_values(number)
        with django_assert_num_queries(queries):
            page = shown(reader, **query)
        assert "Angersville" in page


def _communes_with_values(number: int) -> None:
    Observation.objects.filter(territory__code__startswith="COM-Z").delete()
    Territory.objects.filter(code__startswith="COM-Z").delete()
    make_communes(number, Territory.objects.get(code="DEP-44"))
    Observation.objects.bulk_create(
        Observation(indicator=indicator, territory=one, period="2021", value=rank, status=Status.PUBLISHED)
        for indicator in Indicator.objects.filter(code__in=["POVERTY-RATE", "MEDIAN-INCOME"])
        for rank, one in enumerate(Territory.objects.filter(code__startswith="COM-Z"))
    )


# --- two indicators -------------------------------------------------------------------------------------------------


def test_a_cloud_tells_its_correlation_with_its_number_and_names_the_extremes(reader: Client) -> None:
    page = shown(reader, onglet="nuage", territoire="EPCI-244400404")
    assert "r = \u22120," in page
    assert "sur n = 71 territoires" in page
    assert "ni cause ni sens" in page
    assert "Points nommés" in page
    found = reading.cloud(
        at_level(Indicator.objects.get(code="POVERTY-RATE"), "epci"),
        at_level(Indicator.objects.get(code="MEDIAN-INCOME"), "epci"),
    )
    highest = max(found.points, key=lambda point: point.across.amount or 0)
    assert highest.named
    assert 0 < sum(point.named for point in found.points) <= 4


def test_few_points_have_no_correlation(reader: Client) -> None:
    page = shown(reader, onglet="nuage", dans="DEP-53")
    assert "Corrélation non calculée" in page


def test_two_levels_are_refused_with_the_levels_that_would_do(reader: Client) -> None:
    page = shown(reader, onglet="nuage", niveau="departement", avec="MEDIAN-INCOME")
    assert "Cela ne se compare pas" in page
    assert "au niveau Département" in page
    assert "niveau=epci" in page
    assert 'id="points"' not in page


def test_twice_the_same_thing_is_refused(reader: Client) -> None:
    assert "deux fois" in shown(reader, onglet="nuage", indicateur="POVERTY-RATE", avec="POVERTY-RATE")


def test_two_periods_are_said(reader: Client) -> None:
    page = shown(reader, onglet="nuage", indicateur="POVERTY-RATE", avec="FRANCE-SERVICES", niveau="epci")
    assert "Deux périodes différentes" in page


def test_mixed_perimeters_on_one_axis_are_refused(reader: Client) -> None:
    Observation.objects.filter(indicator__code="MEDIAN-INCOME", territory__code="EPCI-244400404").update(
        perimeter="champ restreint"
    )
    page = shown(reader, onglet="nuage", avec="MEDIAN-INCOME")
    assert "Cela ne se compare pas" in page
    assert "champ restreint" in page


# --- lines in time --------------------------------------------------------------------------------------------------


def test_a_change_of_perimeter_cuts_the_line_and_says_why(reader: Client) -> None:
    chosen = ["DEP-44", "DEP-49"]
    page = shown(reader, onglet="series", indicateur="CREDITS-CONTRACT", territoire=chosen)
    assert "Rupture entre 2019 et 2020 (Loire-Atlantique, Maine-et-Loire)" in page
    assert "≠ rupture" in page
    found = reading.lines(
        Indicator.objects.get(code="CREDITS-CONTRACT"), list(Territory.objects.filter(code__in=chosen))
    )
    assert all(line.breaks for line in found.drawn)


def test_without_a_break_the_line_goes_on_and_moved_boundaries_are_noted(reader: Client) -> None:
    Observation.objects.filter(indicator__code="POVERTY-RATE", territory__code="DEP-44").update(geography="2023")
    observe("POVERTY-RATE", "DEP-44", "2019", "9.1", geography="2020")
    page = shown(reader, onglet="series", territoire="DEP-44")
    assert "≠" not in page
    assert "Les contours ont pu changer" in page


def test_numbers_of_two_levels_are_refused_and_the_territory_can_be_left_out(reader: Client) -> None:
    page = shown(reader, onglet="series", indicateur="POPULATION", territoire=["DEP-44", "EPCI-244400404"])
    assert "suit la taille" in page
    assert "Sans Nantes Métropole" in page


def test_a_territory_without_a_value_is_told(reader: Client) -> None:
    page = shown(reader, onglet="series", indicateur="MEDIAN-INCOME", territoire="DEP-44")
    assert "Loire-Atlantique\u00a0: aucune valeur chargée" in page


def test_six_territories_at_most(reader: Client) -> None:
    codes = list(Territory.objects.filter(level="epci").order_by("code").values_list("code", flat=True)[:9])
    page = shown(reader, onglet="series", indicateur="POVERTY-RATE", territoire=codes)
    assert page.count('name="territoire"') == reading.MAX_LINES
    assert "Six au plus" in page


# --- choosing territories -------------------------------------------------------------------------------------------


def test_a_territory_is_added_by_its_name_and_the_address_keeps_it(reader: Client) -> None:
    response = reader.get(reverse("compare"), {"ajouter": "nantes metro", "onglet": "nuage", "territoire": "DEP-44"})
    assert response.status_code == 302
    address = response.headers["Location"]
    assert "onglet=nuage" in address
    assert "territoire=DEP-44&territoire=EPCI-244400404" in address
    assert "ajouter" not in address


def test_several_that_answer_are_proposed_and_none_is_told(reader: Client) -> None:
    assert "Plusieurs territoires répondent" in shown(reader, ajouter="pays")
    assert "Aucun territoire de ce nom" in shown(reader, ajouter="zzzz")
    assert "&lt;b&gt;" in shown(reader, ajouter="<b>")
