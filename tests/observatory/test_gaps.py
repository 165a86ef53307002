"""The page of need, supply and money: who reads it, its cost, where each number comes from, what is not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.contracts.models import Contract
from maillage.core.models import User
from maillage.demo.load import load
from maillage.directory.models import ServicePoint
from maillage.indicators.models import Observation
from maillage.observatory.selectors.gaps import IN_REGION_ONLY, NOT_SPLIT, need_supply_money
from maillage.pacts.models import Axis
from maillage.territories.models import Territory
from maillage.ui.units import typography
from tests.contracts.builders import make_cast, make_reference_rows, signed_contract
from tests.factories import content_of
from tests.observatory.understanding import METROPOLE, two_communes

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ON = date(2026, 1, 5)
QUERIES = 21  # session and user read included
LAVAL, ANCENIS = "EPCI-200083392", "EPCI-244400552"
ALENCON = "EPCI-246100663"  # crosses the border of the region


@pytest.fixture
def demo(db: None) -> None:
    load(by=None, at=AT)


@pytest.mark.usefixtures("demo")
def test_a_reader_reads_the_gaps_at_a_known_cost(
    client_for: ClientFor, bruno: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(bruno)
    with django_assert_num_queries(QUERIES):
        page = client.get(reverse("gaps")).content.decode()
    assert "points comptés dans la région seulement" in page
    assert "5 communes sur 31" in page
    assert "non réparti par EPCI" in page
    assert "rien n’est réparti ici à sa place" in page
    assert "Repose sur" in page


def test_a_visitor_signs_in_first() -> None:
    assert Client().get(reverse("gaps")).status_code == 302


def test_an_empty_instance_says_what_to_import(client_for: ClientFor, bruno: User, territories: object) -> None:
    page = client_for(bruno).get(reverse("gaps")).content.decode()
    assert "maillage import filosofi" in page
    assert "maillage import france-services" in page
    Territory.objects.filter(level="epci").delete()
    assert "maillage import epci" in client_for(bruno).get(reverse("gaps")).content.decode()


@pytest.mark.usefixtures("demo")
def test_published_supplies_of_the_region_are_found_again(aicha: User) -> None:
    """Angers Loire Métropole has 0.26 points for 10,000 poor persons, Anjou Loir et Sarthe 12.9: by hand, the same."""
    found = {one.situation.code: one for one in need_supply_money(aicha, ON).view.gaps}
    angers, anjou = found["EPCI-244900015"].supply, found["EPCI-200068955"].supply
    assert angers is not None
    assert anjou is not None
    assert round(angers.value, 2) == Decimal("0.26")
    assert round(anjou.value, 1) == Decimal("12.9")
    assert angers.low < angers.value < angers.high


@pytest.mark.usefixtures("demo")
def test_an_epci_across_the_border_is_shown_and_not_compared_where_supply_stops_at_it(aicha: User) -> None:
    found = need_supply_money(aicha, ON)
    apart = [one for one in found.view.gaps if one.rank is None]
    assert {one.reason for one in apart} == {IN_REGION_ONLY}
    assert ALENCON in {one.situation.code for one in apart}
    assert found.view.compared + len(apart) == 71
    seated = need_supply_money(aicha, ON, "seat")
    assert len(seated.areas) == 69
    assert seated.rule_fr.startswith("EPCI dont le siège")


@pytest.mark.usefixtures("demo")
def test_points_of_the_loaded_list_are_counted_by_epci_and_buses_apart(aicha: User) -> None:
    nantes, bouaye = two_communes()
    for code, kind, commune, closed in (
        ("1", "fixed", nantes, None),
        ("2", "branch", bouaye, None),
        ("3", "mobile", nantes, None),
        ("4", "fixed", nantes, date(2025, 1, 1)),
    ):
        ServicePoint.objects.create(
            network="france-services", code=code, name="Invented", kind=kind, territory=commune, closed_on=closed
        )
    found = need_supply_money(aicha, ON)
    by_code = {one.situation.code: one for one in found.view.gaps}
    assert by_code[METROPOLE].situation.points == 2
    assert (found.supply.mobile or {})[METROPOLE] == 1
    assert by_code[ALENCON].situation.points == 0  # the list is of the whole country: none is none
    assert by_code[ALENCON].rank is not None


@pytest.mark.usefixtures("demo")
def test_money_is_that_of_whom_it_is_given_to_and_never_shared_out(aicha: User) -> None:
    found = need_supply_money(aicha, ON)
    by_code = {one.situation.code: one for one in found.view.gaps}
    printed = by_code[METROPOLE].credits[0]
    assert (printed.credit.subject, printed.credit.year, printed.credit.amount) == ("", "2020", Decimal(424495))
    poor = by_code[METROPOLE].situation.poor
    assert poor is not None
    assert printed.per_person is not None
    assert printed.per_person.value == Decimal(424495) / poor.value
    assert [one.reason for one in by_code["EPCI-244900015"].credits] == [NOT_SPLIT]
    assert {one.territory.code for one in found.receivers} >= {"DEP-44", "DEP-49", METROPOLE}


@pytest.mark.usefixtures("demo")
def test_an_amount_by_axis_is_shown_where_a_source_gives_one(aicha: User) -> None:
    known = Observation.objects.get(indicator__code="CREDITS-CONTRACT", territory__code=METROPOLE, period="2020")
    axis = Axis.objects.filter(pact__code="PACTE").order_by("number").first()
    assert axis is not None
    Observation.objects.create(
        indicator=known.indicator, territory=known.territory, period="2020", value=1000, status="published", axis=axis
    )
    found = {one.situation.code: one for one in need_supply_money(aicha, ON).view.gaps}
    shown = {one.credit.subject: one.credit.amount for one in found[METROPOLE].credits}
    assert shown[f"Axe {axis.number}. {axis.title}"] == 1000


@pytest.mark.usefixtures("demo")
def test_the_address_holds_the_rule_and_the_table_is_exported(client_for: ClientFor, bruno: User) -> None:
    answer = client_for(bruno).get(reverse("gaps"), {"export": "csv", "tableau": "ecarts", "regle": "siege"})
    lines = content_of(answer).decode("utf-8-sig").splitlines()
    assert len(lines) == 70
    assert lines[1].split(";")[0] == "Nantes Métropole"
    assert client_for(bruno).get(reverse("gaps"), {"regle": "n'importe"}).status_code == 200


@pytest.fixture
def signed(demo: None) -> Contract:
    """A contract of the métropole itself, in force: 5,000 euros of the State a year, for two years."""
    make_reference_rows()
    return signed_contract(Territory.objects.get(code=METROPOLE), make_cast(METROPOLE))


def test_actions_that_name_an_epci_are_shown_to_who_may_see_their_contract(
    client_for: ClientFor, aicha: User, chloe: User, signed: Contract
) -> None:
    signed.sheets.update(area="Laval agglomération ; Pays d’Ancenis")
    named = need_supply_money(aicha, ON).actions
    assert {code: [one.code for one in found] for code, found in named.items()} == {LAVAL: ["A01"], ANCENIS: ["A01"]}
    page = client_for(aicha).get(reverse("gaps")).content.decode()
    assert "Fiches action qui le nomment" in page
    assert f"{signed.reference} A01" in page
    assert need_supply_money(chloe, ON).actions == {}


def test_the_money_of_a_contract_is_shown_by_axis_to_who_may_see_it(aicha: User, chloe: User, signed: Contract) -> None:
    def of_contracts(user: User) -> list[tuple[str, str, Decimal | None]]:
        gaps = {one.situation.code: one for one in need_supply_money(user, ON).view.gaps}
        credits = [one.credit for one in gaps[METROPOLE].credits if one.credit.subject]
        return [(one.subject, one.year, one.amount) for one in credits]

    axis = signed.sheets.get().axis
    assert axis is not None
    subject = typography(f"{signed.reference}, axe {axis.number}. {axis.title}")
    assert of_contracts(aicha) == [(subject, "2024-2025", Decimal(10_000))]
    assert of_contracts(chloe) == []
    assert need_supply_money(aicha, ON).has_demonstration
