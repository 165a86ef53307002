"""The commissioner's screen: what is known with its source, what is not said so, and each person's own perimeter."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.core.enums import Role
from maillage.core.models import User
from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Observation, Waiver
from maillage.indicators.services.collected import Collected, CollectedValue, record_collected
from maillage.reports.models import AnnualReport
from maillage.territories.models import Territory
from tests.factories import Held, make_user
from tests.web.conftest import World

ClientFor = Callable[[User], Client]
HOME = "/"


def text_of(client: Client, url: str = HOME) -> str:
    """The page on one line, with ordinary spaces, none beside a tag."""
    response = client.get(url)
    assert response.status_code == 200
    flat = re.sub(r"\s+|&nbsp;", " ", response.content.decode())
    return re.sub(r"(?<=>) | (?=<)", "", flat)


def test_it_asks_to_sign_in(client: Client, db: None) -> None:
    assert client.get(HOME).status_code == 302


def test_totals_are_those_of_the_contracts_and_lead_to_their_document(
    world: World, aicha: User, client_for: ClientFor
) -> None:
    page = text_of(client_for(aicha))
    assert "1 500 000 €" in page
    assert "2 200 000 €" in page
    assert reverse("document", args=["DOC-1"]) in page


def test_an_evolution_between_two_perimeters_is_shown_with_its_warning(
    world: World, aicha: User, client_for: ClientFor
) -> None:
    page = text_of(client_for(aicha))
    assert "+46,7 % *" in page
    assert "n&#x27;ont pas le même périmètre" in page
    assert "Périmètres différents" in page


def test_the_same_perimeter_carries_no_warning(world: World, aicha: User, client_for: ClientFor) -> None:
    Observation.objects.filter(indicator__code=Known.CREDITS).update(perimeter="contractualisation")
    page = text_of(client_for(aicha))
    assert "+46,7 %" in page
    assert "% *" not in page
    assert "périmètre ;" not in page
    assert "Périmètres différents" not in page


def test_per_inhabitant_names_the_denominator(world: World, aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha))
    assert "0,55 €" in page  # 2,200,000 / 4,000,000
    assert "4 000 000 personnes en 2023" in page


def test_per_poor_person_is_an_estimate_with_its_interval(world: World, aicha: User, client_for: ClientFor) -> None:
    world.epci("200000001", "Un", "DEP-44", rate="10.0")
    world.observe(Known.POVERTY_RATE, "EPCI-244400404", "2021", "20.0")
    world.observe(Known.FISCAL_PERSONS, "EPCI-244400404", "2021", "9000")
    page = text_of(client_for(aicha))
    assert "814,81 €" in page  # 2,200,000 / (9,000 × 10 % + 9,000 × 20 %)
    assert "entre 812,11 et 817,54" in page  # rates printed to one decimal: 0.05 point on each side


def test_an_unknown_denominator_is_not_zero(world: World, aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha))
    assert "Dénominateur inconnu" in page
    assert "n. c." in page


def test_credits_by_axis_are_unknown_and_say_why(world: World, aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha))
    assert "Aucune source chargée ne répartit les crédits par engagement." in page


def test_credits_by_axis_appear_once_a_source_gives_them(world: World, aicha: User, client_for: ClientFor) -> None:
    world.observe(Known.CREDITS, "REG-52", "2020", "123456", axis=world.axes[0])
    world.observe(Known.CREDITS, "REG-52", "2020", "0", axis=world.axes[1])
    page = text_of(client_for(aicha))
    assert "123 456 €" in page
    assert "répartit les crédits" not in page
    assert ">0 €<" in page  # a known zero is written


def test_what_contradicts_shows_both_values_and_where_to_go(world: World, aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha))
    assert "« 89 % »" in page
    assert "50,0 %" in page
    assert reverse("figure", args=["C"]) in page


def test_a_waived_discrepancy_is_counted_apart(world: World, aicha: User, client_for: ClientFor) -> None:
    figure = world.document.stated_figures.get(code="C")
    at = datetime(2026, 1, 2, tzinfo=UTC)
    Waiver.objects.create(figure=figure, verdict="contradicts_components", reason="Périmètres", by=aicha, at=at)
    page = text_of(client_for(aicha))
    assert "1 écart accepté par dérogation" in page
    assert "à corriger à la source" not in page


def test_what_waits_follows_the_role(world: World, aicha: User, bruno: User, client_for: ClientFor) -> None:
    AnnualReport.objects.create(
        territory=world.territories["REG-52"], pact=world.pact, year=2020, created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    own = text_of(client_for(aicha))
    assert "1 écart à corriger à la source" in own
    assert "Bilan 2020" in own
    seen = text_of(client_for(bruno))
    assert "Rien ne vous attend." in seen
    assert "« 89 % »" in seen  # the colleague reads the same figures


def test_the_calendar_is_that_of_today(world: World, aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha))
    assert "1 étape passée sur 2" in page
    assert "Bilan final" in page


def test_a_departement_sees_its_own_contracts_only(world: World, departement_lead: User, client_for: ClientFor) -> None:
    page = text_of(client_for(departement_lead))
    assert "<h1>Loire-Atlantique</h1>" in page
    assert "1 500 000 €" in page
    assert "2 200 000 €" not in page


def test_another_region_does_not_exist_for_chloe(world: World, chloe: User, client_for: ClientFor) -> None:
    client = client_for(chloe)
    page = text_of(client)
    assert "<h1>Ille-et-Vilaine</h1>" in page
    assert "2 200 000 €" not in page
    assert client.get(HOME, {"territoire": "REG-52"}).status_code == 404
    assert client.get(HOME, {"territoire": "REG-00"}).status_code == 404


def test_the_region_may_look_at_one_of_its_departements(world: World, aicha: User, client_for: ClientFor) -> None:
    assert "<h1>Maine-et-Loire</h1>" in text_of(client_for(aicha), "/?territoire=DEP-49")


def test_a_national_auditor_opens_the_region_of_the_instance(world: World, client_for: ClientFor) -> None:
    auditor = make_user("Contrôle", Held(Role.AUDITOR, "FRANCE"))
    assert "<h1>Pays de la Loire</h1>" in text_of(client_for(auditor))


def test_without_membership_the_page_says_what_to_do(world: World, client_for: ClientFor) -> None:
    assert "pas encore de périmètre" in text_of(client_for(make_user("Sans rôle")))


def test_an_empty_instance_welcomes(territories: dict[str, Territory], aicha: User, client_for: ClientFor) -> None:
    page = text_of(client_for(aicha))
    assert "Bienvenue dans Maillage" in page
    assert "maillage import --help" in page


def test_a_region_without_credits_says_so(world: World, aicha: User, client_for: ClientFor) -> None:
    Observation.objects.all().delete()
    page = text_of(client_for(aicha))
    assert "Aucun crédit n’est chargé sur ce périmètre" in page


def test_the_year_is_chosen_and_a_foolish_one_is_ignored(world: World, aicha: User, client_for: ClientFor) -> None:
    client = client_for(aicha)
    assert "Crédits 2020" not in text_of(client, "/?annee=2019")
    assert "Crédits 2020" in text_of(client, "/?annee=zéro")


def test_a_printed_total_that_differs_is_pointed_out(world: World, aicha: User, client_for: ClientFor) -> None:
    world.observe(Known.CREDITS, "REG-52", "2020", "2300000")
    assert "Le document imprime 2 300 000 €" in text_of(client_for(aicha))


def test_the_table_leaves_as_a_file(world: World, aicha: User, client_for: ClientFor) -> None:
    response = client_for(aicha).get(HOME, {"export": "csv", "tableau": "credits"})
    assert response.status_code == 200
    rows = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig")), delimiter=";"))  # type: ignore[call-overload]  # iterates bytes
    assert any("Loire-Atlantique" in row for row in rows)


def test_queries_do_not_grow_with_territories(world: World, aicha: User, client_for: ClientFor) -> None:
    client = client_for(aicha)
    counts = []
    for batch, contracts in ((3, ["DEP-53"]), (30, ["DEP-72", "DEP-85"])):
        for rank in range(batch):
            world.epci(f"2{batch:03}{rank:05}", f"EPCI {batch} {rank}", ("DEP-44", "DEP-49")[rank % 2])
            world.project("DEP-44", rank % 2)
            world.state(f"F{batch}-{rank}", "12", "12", unit="persons")
        for code in contracts:
            world.observe(Known.CREDITS, code, "2020", "1000", perimeter="contractualisation et FAPI")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(HOME).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 48


def test_a_perimeter_that_is_not_loaded_says_so(world: World, client_for: ClientFor) -> None:
    elsewhere = make_user("Ailleurs", Held(Role.DEPARTEMENT, "DEP-971"))
    response = client_for(elsewhere).get(HOME)
    assert response.status_code == 200
    assert "1 500 000" not in response.content.decode()


def test_figures_of_partners_show_with_their_partner(world: World, aicha: User, client_for: ClientFor) -> None:
    """A consolidated collection reaches the overview; of a value given again, the last one alone."""
    for value, day in (("120", 1), ("125", 2)):
        given = CollectedValue(
            world.indicators[Known.FISCAL_PERSONS],
            world.territories["DEP-44"],
            "2025",
            Decimal(value),
            Status.PROVISIONAL,
        )
        answer = Collected("Collecte 2025", "CAF d'essai", "2025", "collecte-1-1", "Collecte 1", [given])
        record_collected(collected=answer, by=aicha, at=datetime(2026, 4, day, 9, tzinfo=UTC))
    page = client_for(aicha).get(HOME).content.decode()
    assert "Chiffres donnés par les partenaires, 2025" in page
    assert "CAF d'essai" in page.replace("&#x27;", "'").replace("’", "'")
    assert ">125" in page
    assert ">120" not in page
