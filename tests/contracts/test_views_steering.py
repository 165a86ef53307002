"""The pages of steering and of envelopes: who sees them, what they say, what they cost, what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from maillage.contracts.enums import Origin, ShareMethod
from maillage.contracts.models import AllocationDecision, AnnualCap, Contract, Envelope, Funder, Simulation
from maillage.core.models import User
from maillage.pacts.models import Axis
from maillage.territories.models import Population, Territory
from tests.contracts.test_envelopes import make_envelope, run
from tests.contracts.test_steering import make_axes, make_contract, make_funders, one_line, write

ClientFor = Callable[[User], Client]


@pytest.fixture
def axes(db: None) -> list[Axis]:
    return make_axes()


@pytest.fixture
def funders(db: None) -> list[Funder]:
    return make_funders()


@pytest.fixture
def contracts(territories: dict[str, Territory], axes: list[Axis], funders: list[Funder]) -> list[Contract]:
    """Three départements with a contract in force, populations and caps; what is written is invented."""
    made = []
    for rank, code in enumerate(("DEP-44", "DEP-49", "DEP-53")):
        one = make_contract(territories[code], f"CLS-{code}")
        write(one, axes, funders, [one_line(1000, 100 + 300 * rank), one_line(500, 50, axis=1, funder=1)])
        for year in (2024, 2025):
            AnnualCap.objects.create(contract=one, year=year, ae=1000)
        Population.objects.create(territory=territories[code], year=2022, municipal=1000 + rank)
        made.append(one)
    return made


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


# --- steering -------------------------------------------------------------------------------------------------------


def test_the_owner_reads_and_every_row_leads_further(
    contracts: list[Contract], axes: list[Axis], aicha: User, client_for: ClientFor
) -> None:
    client, address = client_for(aicha), reverse("steering")
    page = text_of(client, f"{address}?annee=2024")
    assert "Loire-Atlantique" in page
    assert "4 500 €" in page
    assert f"?lignes=contrat&amp;annee=2024&amp;territoire={contracts[0].territory.code}" in page
    listed = text_of(client, f"{address}?lignes=contrat&annee=2024&territoire=DEP-44")
    assert reverse("contract", args=[contracts[0].pk]) in listed
    assert f"?lignes=action&amp;annee=2024&amp;territoire=DEP-44&amp;contrat={contracts[0].pk}" in listed
    actions = text_of(client, f"{address}?lignes=action&annee=2024&contrat={contracts[0].pk}")
    assert "A0 Action 0" in actions
    crossed = text_of(client, f"{address}?lignes=croise&annee=2024&montre=taux")
    assert "Payé sur attribué par territoire et par axe, 2024" in crossed
    assert "70,0 %" in crossed
    for rows in ("axe", "annee"):
        assert "Ensemble" in text_of(client, f"{address}?lignes={rows}&annee=toutes")


def test_alerts_say_why_and_where(contracts: list[Contract], aicha: User, bruno: User, client_for: ClientFor) -> None:
    address = f"{reverse('steering')}?annee=2024"
    fragment = f"{reverse('steering-alerts')}?annee=2024"
    assert f'hx-get="{fragment}"' in text_of(client_for(aicha), address)
    assert "Voir les alertes" in text_of(client_for(aicha), address)  # without JavaScript
    page = text_of(client_for(aicha), fragment)
    assert "Exécution en retrait" in page
    assert "Médiane de 3" in page
    assert "à confirmer" in page
    assert "alertes" not in text_of(client_for(bruno), address)
    assert text_of(client_for(bruno), fragment).strip() == ""
    assert "Exécution en retrait" in text_of(client_for(aicha), f"{address}&alertes=toutes")


def test_who_only_reads_has_no_simulation_and_who_is_outside_sees_nothing(
    contracts: list[Contract], bruno: User, chloe: User, client: Client, client_for: ClientFor
) -> None:
    address = reverse("steering")
    page = text_of(client_for(bruno), f"{address}?annee=2024")
    assert "Loire-Atlantique" in page
    assert reverse("envelopes") not in page
    outside = text_of(client_for(chloe), address)
    assert "Aucun contrat à suivre" in outside
    assert "Loire-Atlantique" not in outside
    assert client.get(address).status_code == 302


def test_unknown_breakdowns_and_negotiations_have_columns_of_their_own(
    contracts: list[Contract], aicha: User, client_for: ClientFor
) -> None:
    page = text_of(client_for(aicha), f"{reverse('steering')}?annee=2024")
    assert "ventilation inconnue" not in page
    assert "En négociation" not in page
    old, new = contracts[0], contracts[1]
    Contract.objects.filter(pk=new.pk).update(status="negotiation")
    Contract.objects.filter(pk=old.pk).update(origin=Origin.TAKEN_OVER)
    old.sheets.update(in_text=False)
    page = text_of(client_for(aicha), f"{reverse('steering')}?annee=2024")
    assert "Crédits connus, ventilation inconnue" in page
    assert "En négociation" in page
    by_axis = text_of(client_for(aicha), f"{reverse('steering')}?annee=2024&lignes=axe&axe=PACTE-1")
    assert "1 000 € de crédits de l’État sont connus sans ventilation" in by_axis


def test_the_table_is_exported_as_it_is_shown(contracts: list[Contract], aicha: User, client_for: ClientFor) -> None:
    response = client_for(aicha).get(f"{reverse('steering')}?annee=2024&export=xlsx&tableau=pilotage")
    rows = list(load_workbook(BytesIO(response.getvalue())).worksheets[0].values)
    assert rows[0][:3] == ("Territoire", "Prévu (€)", "Attribué (€)")
    assert [row[:4] for row in rows[1:]] == [
        ("Loire-Atlantique", 1500, 1500, 150),
        ("Maine-et-Loire", 1500, 1500, 450),
        ("Mayenne", 1500, 1500, 750),
    ]


@pytest.mark.parametrize(
    ("asked", "most"),
    [("", 18), ("lignes=axe", 18), ("lignes=croise", 18), ("lignes=annee", 19), ("annee=toutes", 16)],
)
def test_more_contracts_cost_no_more_queries(
    contracts: list[Contract],
    axes: list[Axis],
    funders: list[Funder],
    territories: dict[str, Territory],
    aicha: User,
    client_for: ClientFor,
    asked: str,
    most: int,
) -> None:
    client, address = client_for(aicha), f"{reverse('steering')}?annee=2024&{asked}"
    before = _queries(client, address)
    for code in ("DEP-72", "DEP-85", "EPCI-244400404"):
        one = make_contract(territories[code], f"CLS-{code}", ends_on=date(2027, 12, 31))
        write(one, axes, funders, [one_line(9, 1), one_line(8, 2, axis=2)])
        AnnualCap.objects.create(contract=one, year=2024, ae=10)
    assert _queries(client, address) == before
    assert before <= most


def _queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# --- envelopes ------------------------------------------------------------------------------------------------------


def test_an_envelope_from_its_creation_to_its_decision(
    contracts: list[Contract], aicha: User, prefect: User, client_for: ClientFor
) -> None:
    team, signer = client_for(aicha), client_for(prefect)
    assert "Aucune enveloppe" in text_of(team, reverse("envelopes"))
    typed = {"title": "Crédits 2025", "kind": "cls", "year": 2025, "amount": "3 003", "reference": "Notification"}
    assert team.post(reverse("envelope-create"), typed).status_code == 302
    envelope = Envelope.objects.get()
    page = reverse("envelope", args=[envelope.pk])
    for method in ("equal_per_inhabitant", "manual"):
        address = reverse("simulation-create", args=[envelope.pk, method])
        assert "ne change aucun plafond" in text_of(team, address)
        amounts = {f"amount-{one.territory_id}": "1 001,00" for one in contracts} if method == "manual" else {}
        assert team.post(address, {"title": f"Essai {method}", "step": "euro", **amounts}).status_code == 302
    compared = text_of(team, page)
    assert "Essai manual" in compared
    assert "Indice de Gini" in compared
    assert "+1 €" in compared, "gains and losses against the caps are there before anything is decided"
    chosen = Simulation.objects.get(method="manual")
    deciding = reverse("envelope-decide", args=[envelope.pk, chosen.pk])
    assert deciding not in compared
    assert team.get(deciding).status_code == 403
    before = text_of(signer, deciding)
    assert "Effet sur l’équité" in before
    token = before.split('name="shown" value="')[1].split('"')[0]
    refused = signer.post(deciding, {"shown": token, "reason": "court"})
    assert refused.status_code == 422
    assert "court" in refused.content.decode()
    assert signer.post(deciding, {"shown": token, "reason": "Avis du comité de pilotage"}).status_code == 302
    assert AllocationDecision.objects.get().simulation == chosen
    assert "Avis du comité de pilotage" in text_of(team, page)
    assert "Répartie" in text_of(team, reverse("envelopes"))
    removing = reverse("simulation-remove", args=[envelope.pk, chosen.pk])
    assert "a été décidée" in team.post(removing, follow=True).content.decode()
    assert set(AnnualCap.objects.values_list("ae", flat=True)) == {1000}


def test_a_refused_simulation_keeps_what_was_typed(
    contracts: list[Contract], territories: dict[str, Territory], aicha: User, client_for: ClientFor
) -> None:
    envelope = make_envelope(territories, aicha)
    address = reverse("simulation-create", args=[envelope.pk, "manual"])
    first, *others = (f"amount-{one.territory_id}" for one in contracts)
    typed = {"title": "Essai", first: "400,50", others[0]: "dix", others[1]: ""}
    answer = client_for(aicha).post(address, typed)
    assert answer.status_code == 422
    assert 'value="400,50"' in answer.content.decode()
    assert 'value="dix"' in answer.content.decode()
    answer = client_for(aicha).post(address, {**typed, others[0]: "100"})
    said = answer.content.decode().replace("\u202f", " ").replace("\u00a0", " ")
    assert "Mayenne" in said
    assert not Simulation.objects.exists()
    Population.objects.all().delete()
    address = reverse("simulation-create", args=[envelope.pk, "equal_per_inhabitant"])
    said = client_for(aicha).post(address, {"title": "Essai", "step": "cent"}).content.decode()
    assert "Loire-Atlantique, Maine-et-Loire et Mayenne" in said


def test_an_index_without_any_indicator_says_so(
    contracts: list[Contract], territories: dict[str, Territory], aicha: User, client_for: ClientFor
) -> None:
    address = reverse("simulation-create", args=[make_envelope(territories, aicha).pk, "needs_index"])
    assert "Aucun indicateur utilisable" in text_of(client_for(aicha), address)
    answer = client_for(aicha).post(address, {"title": "Essai", "step": "euro", "persons": "inhabitants"})
    assert answer.status_code == 422


def test_envelopes_exist_for_those_who_simulate_only(
    contracts: list[Contract],
    territories: dict[str, Territory],
    aicha: User,
    bruno: User,
    chloe: User,
    ddets: User,
    client: Client,
    client_for: ClientFor,
) -> None:
    simulation = run(make_envelope(territories, aicha), aicha)
    pk = simulation.envelope_id
    pages = [
        reverse("envelopes"),
        reverse("envelope-create"),
        reverse("envelope", args=[pk]),
        *(reverse("simulation-create", args=[pk, method]) for method in ShareMethod.values),
        reverse("envelope-decide", args=[pk, simulation.pk]),
    ]
    for page in pages:
        assert client.get(page).status_code == 302
        for user in (bruno, chloe, ddets):
            assert client_for(user).get(page).status_code == 404, page
    assert client_for(bruno).post(reverse("simulation-remove", args=[pk, simulation.pk])).status_code == 404
    assert client_for(aicha).get(reverse("simulation-create", args=[pk, "other"])).status_code == 404
    assert client_for(aicha).post(reverse("simulation-remove", args=[pk, simulation.pk])).status_code == 302
    assert not Simulation.objects.exists()


def test_an_envelope_of_a_kind_that_nobody_holds(
    territories: dict[str, Territory], aicha: User, client_for: ClientFor
) -> None:
    assert "Aucun territoire à servir" in text_of(
        client_for(aicha), reverse("envelope", args=[make_envelope(territories, aicha).pk])
    )


def test_more_territories_and_simulations_cost_no_more_queries(
    contracts: list[Contract], territories: dict[str, Territory], aicha: User, prefect: User, client_for: ClientFor
) -> None:
    envelope = make_envelope(territories, aicha)
    run(envelope, aicha)
    address, client = reverse("envelope", args=[envelope.pk]), client_for(prefect)
    before = _queries(client, address)
    make_contract(territories["DEP-72"], "CLS-72")
    Population.objects.create(territory=territories["DEP-72"], year=2022, municipal=5)
    for _ in range(5):
        run(envelope, aicha)
    assert _queries(client, address) == before
    assert before <= 20


def test_the_page_of_a_contract_shows_its_alerts_to_who_may_act(
    contracts: list[Contract], ddets: User, bruno: User, client_for: ClientFor
) -> None:
    address = reverse("contract", args=[contracts[0].pk])
    assert "Rapport d’exécution en retard" in text_of(client_for(ddets), address).replace("'", "’").replace(
        "&#x27;", "’"
    )
    assert "alertes-titre" not in text_of(client_for(bruno), address)
