"""Pages of figures: for the owner, the colleague who reads, the person from elsewhere; their cost; their exports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.indicators import services
from maillage.indicators.models import Observation, StatedFigure, Waiver
from tests.indicators.samples import AT

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
REASON = "Le périmètre de 2020 est plus large, note du 3 mars."

# Name, arguments, queries of a signed-in reader (session and user read included), words that the page must show.
PAGES: tuple[tuple[str, list[str], int, str], ...] = (
    ("pact-list", [], 7, "Pacte des solidarités"),
    ("pact", ["PACTE"], 14, "aucune mesure n’est ajoutée"),
    ("pact", ["STRATEGIE"], 14, "Mesures socles"),
    ("axis", ["PACTE-4"], 10, "Cantine"),
    ("axis", ["STRATEGIE-2"], 10, "Banque Alimentaire"),
    ("measure", ["PACTE-4-N1"], 9, "780"),
    ("documents", [], 8, "CONF-SYNTHESE"),
    ("document", ["BILAN-2020"], 8, "Nantes Métropole"),
    ("figure", ["F003"], 12, "72,93"),
    ("figure", ["F010"], 11, "431"),
    ("consistency", [], 7, "Contredit par ses composantes"),
    ("indicators", [], 4, "calculé à la lecture"),
    ("indicator", ["CREDITS-CONTRACT"], 9, "Périmètres différents"),
    ("indicator", ["POVERTY-RATE"], 8, "INSEE"),
    ("indicator", ["POOR-PERSONS"], 9, "entre"),
)


@pytest.fixture(autouse=True)
def _loaded(demo: None) -> None:
    """Every page here is read on the demonstration data."""


@pytest.mark.parametrize(("name", "args", "queries", "shown"), PAGES, ids=lambda value: str(value)[:30])
def test_a_reader_reads_and_the_cost_is_known(
    client_for: ClientFor,
    bruno: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    name: str,
    args: list[str],
    queries: int,
    shown: str,
) -> None:
    client = client_for(bruno)
    with django_assert_num_queries(queries):
        response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    assert shown in response.content.decode()


@pytest.mark.parametrize("name", ["pact", "axis", "measure", "document", "figure", "indicator", "waive"])
def test_what_does_not_exist_is_not_found(client_for: ClientFor, aicha: User, name: str) -> None:
    assert client_for(aicha).get(reverse(name, args=["INCONNU"])).status_code == 404


@pytest.mark.parametrize("name", ["consistency", "documents", "indicators", "pact-list"])
def test_a_visitor_signs_in_first(name: str) -> None:
    response = Client().get(reverse(name))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("login"))


def test_the_owner_accepts_a_discrepancy(client_for: ClientFor, aicha: User) -> None:
    client, page, url = client_for(aicha), reverse("figure", args=["F003"]), reverse("waive", args=["F003"])
    assert url in client.get(page).content.decode()
    response = client.post(url, {"reason": REASON})
    assert response.headers["Location"] == page
    for where in (page, reverse("consistency"), reverse("document", args=["BILAN-2020"])):
        assert "plus large, note du 3 mars" in client.get(where).content.decode(), where
    assert reverse("waive-withdraw", args=["F003"]) in client.get(page).content.decode()


def test_what_was_typed_comes_back_with_the_error(client_for: ClientFor, aicha: User) -> None:
    response = client_for(aicha).post(reverse("waive", args=["F003"]), {"reason": "trop peu"})
    assert response.status_code == 422
    page = response.content.decode()
    assert "trop peu" in page
    assert "10 caractères" in page
    assert not Waiver.objects.exists()


def test_a_refusal_of_the_service_keeps_what_was_typed(client_for: ClientFor, aicha: User) -> None:
    """Someone else accepted it meanwhile."""
    services.waive(figure=StatedFigure.objects.get(code="F003"), reason=REASON, by=aicha, at=AT)
    response = client_for(aicha).post(reverse("waive", args=["F003"]), {"reason": "Mon propre motif, tapé longuement."})
    assert response.status_code == 422
    assert "déjà accepté" in response.content.decode()


def test_withdrawing_asks_once_more(client_for: ClientFor, aicha: User) -> None:
    services.waive(figure=StatedFigure.objects.get(code="F003"), reason=REASON, by=aicha, at=AT)
    client, url = client_for(aicha), reverse("waive-withdraw", args=["F003"])
    assert "Retirer la dérogation" in client.get(url).content.decode()
    assert Waiver.objects.get().withdrawn_at is None
    client.post(url)
    assert Waiver.objects.get().withdrawn_by == aicha
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("who", ["bruno", "chloe", "ddets", "departement_lead", "auditor"])
def test_the_others_see_the_figure_and_not_the_action(
    client_for: ClientFor, request: pytest.FixtureRequest, who: str
) -> None:
    client = client_for(request.getfixturevalue(who))
    page = client.get(reverse("figure", args=["F003"])).content.decode()
    assert "72,93" in page
    assert reverse("waive", args=["F003"]) not in page
    assert client.get(reverse("waive", args=["F003"])).status_code == 403
    assert client.post(reverse("waive", args=["F003"]), {"reason": REASON}).status_code == 403
    assert client.post(reverse("waive-withdraw", args=["F003"])).status_code == 403
    assert not Waiver.objects.exists()


def test_the_ddets_acts_in_its_departement(client_for: ClientFor, ddets: User) -> None:
    client = client_for(ddets)
    own = StatedFigure.objects.get(code="T-CSS-DEP-44-2021-RATE")
    assert reverse("waive", args=[own.code]) in client.get(reverse("figure", args=[own.code])).content.decode()
    other = StatedFigure.objects.get(code="T-CRED-DEP-49-EVOL")
    assert client.get(reverse("waive", args=[other.code])).status_code == 403


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ({"verdict": "truncated"}, "T-CRED-DEP-49-EVOL", "F003"),
        ({"verdict": "ecarts"}, "F003", "F010"),
        ({"document": "CONF-DECK"}, "F064", "F003"),
        ({"territoire": "DEP-49"}, "T-CRED-DEP-49-EVOL", "F003"),
        ({"axe": "STRATEGIE-1"}, "F010", "F003"),
        ({"verdict": "n'importe quoi"}, "F003", "inexistant"),
    ],
)
def test_the_consistency_page_filters(
    client_for: ClientFor, bruno: User, query: dict[str, str], inside: str, outside: str
) -> None:
    page = client_for(bruno).get(reverse("consistency"), query).content.decode()
    assert f">{inside}<" in page
    assert f">{outside}<" not in page


def test_the_export_holds_every_figure_and_not_only_the_page(client_for: ClientFor, bruno: User) -> None:
    response = client_for(bruno).get(reverse("consistency"), {"export": "csv", "tableau": "chiffres"})
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) > StatedFigure.objects.count() > 100
    assert any(line.startswith(("F003", '"F003')) for line in lines)


def test_a_document_is_exported_whole(client_for: ClientFor, bruno: User) -> None:
    url = reverse("document", args=["CONF-DECK"])
    response = client_for(bruno).get(url, {"export": "csv", "tableau": "chiffres"})
    assert response.headers["Content-Type"].startswith("text/csv")


def test_an_amount_that_changes_changes_the_page_and_the_check(client_for: ClientFor, bruno: User) -> None:
    """One amount of the table of credits, followed to every page that shows what depends on it."""
    client = client_for(bruno)
    figure = reverse("figure", args=["T-CRED-REG-52-2020"])
    indicator = reverse("indicator", args=["CREDITS-CONTRACT"])
    assert "5\u202f892\u202f988" in client.get(figure).content.decode()
    assert "524\u202f121" in client.get(indicator).content.decode()
    StatedFigure.objects.filter(code="T-CRED-DEP-53-2020").update(value=524221, printed_as="524 221")
    Observation.objects.filter(indicator__code="CREDITS-CONTRACT", territory__code="DEP-53", period="2020").update(
        value=524221
    )
    page = client.get(figure).content.decode()
    assert "5\u202f893\u202f088" in page
    assert "Contredit par ses composantes" in page
    assert "524\u202f221" in client.get(indicator).content.decode()
    row = next(
        line
        for line in client.get(reverse("document", args=["BILAN-2020"])).content.decode().splitlines()
        if "5 892 988".replace(" ", "\u202f") in line
    )
    assert "Contredit par ses composantes" in row
