"""The pages: what each of the cast sees, does, or does not know of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.collection import services
from maillage.collection.enums import CampaignStatus, PartnerKind, RequestStatus
from maillage.collection.models import Campaign, FigureRequest
from maillage.collection.services.campaigns import Asked
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.territories.models import Territory
from tests.collection.building import AT, Collecting
from tests.factories import Held, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
ClientFor = Callable[[User], Client]


def pages_of_campaign(one: Collecting) -> list[str]:
    return [reverse("campaign", args=[one.campaign.pk])]


def pages_of_request(one: FigureRequest) -> list[str]:
    figure = one.figures.order_by("pk").first()
    assert figure is not None
    return [
        reverse("figure-request", args=[one.pk]),
        reverse("requested-figure", args=[one.pk, figure.pk]),
        reverse("request-template", args=[one.pk, "xlsx"]),
        reverse("request-template", args=[one.pk, "ods"]),
    ]


def team_pages(one: Collecting) -> list[str]:
    campaign, partner = one.campaign.pk, one.caf.pk
    return [
        reverse("campaign-revise", args=[campaign]),
        reverse("campaign-copy", args=[campaign]),
        reverse("request-add", args=[campaign]),
        reverse("campaign-list", args=[campaign]),
        reverse("request-assign", args=[partner]),
        reverse("request-extend", args=[partner]),
        reverse("request-figures", args=[partner]),
        reverse("request-remove", args=[partner]),
    ]


def entry_pages(one: FigureRequest) -> list[str]:
    return [reverse("request-enter", args=[one.pk]), reverse("request-sheet", args=[one.pk])]


# --- who sees what --------------------------------------------------------------------------------------------------


def test_the_owner_works(client_for: ClientFor, aicha: User, collecting: Collecting) -> None:
    client = client_for(aicha)
    addresses = [reverse("campaigns"), *pages_of_campaign(collecting), *pages_of_request(collecting.caf)]
    for address in [*addresses, *team_pages(collecting), *entry_pages(collecting.caf), reverse("campaign-create")]:
        assert client.get(address).status_code == 200, address
    page = client.get(pages_of_campaign(collecting)[0]).content.decode()
    assert "0 sur 4" in page
    assert "Clore la collecte…" in page
    assert "Oriane Petit" in page


@pytest.mark.parametrize("name", ["bruno", "prefect", "auditor"])
def test_a_reader_reads_and_has_no_button(
    client_for: ClientFor, collecting: Collecting, name: str, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(name))
    read = [reverse("campaigns"), *pages_of_campaign(collecting), *pages_of_request(collecting.caf)]
    for address in read:
        answer = client.get(address)
        assert answer.status_code == 200, address
        if "html" in answer.headers["Content-Type"]:
            page = answer.content.decode()
            for action in ("Clore", "Saisir", "Ajouter", "Reporter", "Déposer", "Préparer", "Oriane Petit"):
                assert action not in page, (address, action)
    for address in [*team_pages(collecting), *entry_pages(collecting.caf), reverse("campaign-create")]:
        assert client.get(address).status_code == 403, address


def test_a_reader_changes_nothing(client_for: ClientFor, bruno: User, collecting: Collecting) -> None:
    client, one = client_for(bruno), collecting.caf
    figure = collecting.figures()[0]
    for address, data in (
        (reverse("campaign-act", args=[collecting.campaign.pk, "clore"]), {}),
        (reverse("request-act", args=[one.pk, "transmettre"]), {}),
        (reverse("request-act", args=[one.pk, "valider"]), {}),
        (reverse("request-enter", args=[one.pk]), {f"value-{figure.pk}": "3", f"revision-{figure.pk}": "0"}),
        (reverse("request-extend", args=[one.pk]), {"due_on": "2026-06-01", "reason": "non"}),
        (reverse("request-remove", args=[one.pk]), {}),
    ):
        assert client.post(address, data).status_code == 403, address
    assert Campaign.objects.get().status == CampaignStatus.OPEN
    assert not AuditEntry.objects.filter(actor=bruno).exists()


def test_nothing_exists_for_those_outside(client_for: ClientFor, chloe: User, collecting: Collecting) -> None:
    client = client_for(chloe)
    hidden = [*pages_of_campaign(collecting), *pages_of_request(collecting.caf), *team_pages(collecting)]
    for address in [*hidden, *entry_pages(collecting.caf)]:
        assert client.get(address).status_code == 404, address
    assert client.post(reverse("request-act", args=[collecting.caf.pk, "transmettre"])).status_code == 404
    page = client.get(reverse("campaigns")).content.decode()
    assert "Rien ne vous est demandé" in page
    assert "inventée" not in page


def test_an_operator_sees_what_it_is_asked_and_nothing_else(client_for: ClientFor, collecting: Collecting) -> None:
    client = client_for(collecting.operator)
    for address in [*pages_of_request(collecting.caf), *entry_pages(collecting.caf)]:
        assert client.get(address).status_code == 200, address
    for other in (collecting.cpam, collecting.other, collecting.regional):
        for address in [*pages_of_request(other), *entry_pages(other)]:
            assert client.get(address).status_code == 404, address
    assert client.get(pages_of_campaign(collecting)[0]).status_code == 404
    page = client.get(reverse("campaigns")).content.decode()
    assert "Caisse inventée" in page
    assert "Assurance inventée" not in page
    listed = client.get(reverse("figure-request", args=[collecting.caf.pk])).content.decode()
    assert reverse("campaign", args=[collecting.campaign.pk]) not in listed


def test_an_operator_waits_for_the_opening(client_for: ClientFor, prepared: Collecting) -> None:
    client = client_for(prepared.operator)
    assert client.get(reverse("figure-request", args=[prepared.caf.pk])).status_code == 404
    assert "Caisse" not in client.get(reverse("campaigns")).content.decode()


def test_a_role_that_has_ended_closes_the_list(client_for: ClientFor, collecting: Collecting) -> None:
    collecting.operator.memberships.update(ends_on="2025-12-31")
    collecting.operator.__dict__.pop("_memberships", None)
    client = client_for(collecting.operator)
    assert client.get(reverse("figure-request", args=[collecting.caf.pk])).status_code == 404


def test_a_ddets_sees_its_departement_only(client_for: ClientFor, ddets: User, collecting: Collecting) -> None:
    client = client_for(ddets)
    page = client.get(pages_of_campaign(collecting)[0]).content.decode()
    assert "Caisse inventée" in page
    assert "0 sur 2" in page
    assert "Votre territoire seulement" in page
    assert "Caisse voisine" not in page
    assert client.get(reverse("figure-request", args=[collecting.other.pk])).status_code == 404
    assert client.get(reverse("figure-request", args=[collecting.regional.pk])).status_code == 404


def test_everyone_signs_in(client: Client, collecting: Collecting) -> None:
    for address in [reverse("campaigns"), *pages_of_campaign(collecting), *pages_of_request(collecting.caf)]:
        assert client.get(address).status_code == 302


def test_the_menu_shows_the_collection_to_who_has_something_there(
    client_for: ClientFor, aicha: User, chloe: User, collecting: Collecting
) -> None:
    link = f'href="{reverse("campaigns")}"'
    home = reverse("account")
    assert link in client_for(aicha).get(home).content.decode()
    assert link in client_for(collecting.operator).get(home).content.decode()
    assert link not in client_for(chloe).get(home).content.decode()


# --- what the pages do ----------------------------------------------------------------------------------------------


def test_a_campaign_is_made_filled_checked_and_consolidated_by_its_pages(
    client_for: ClientFor, aicha: User, ddets: User, collecting: Collecting
) -> None:
    team, operator, check = client_for(aicha), client_for(collecting.operator), client_for(ddets)
    one, figures = collecting.caf, collecting.figures()
    entry = reverse("request-enter", args=[one.pk])
    sent = {f"revision-{figure.pk}": "0" for figure in figures}
    sent |= {f"value-{figures[0].pk}": "1 234", f"answer-{figures[1].pk}": "unavailable"}
    sent |= {f"reason-{figures[1].pk}": "logiciel changé"}
    page = operator.post(entry, sent, follow=True).content.decode()
    assert "2 chiffres enregistrés. Il en manque 1." in page
    assert "Part des droits ouverts" in page
    sent |= {f"numerator-{figures[2].pk}": "49", f"denominator-{figures[2].pk}": "100", "transmettre": "1"}
    sent |= {f"revision-{figure.pk}": "1" for figure in figures[:2]}
    answer = operator.post(entry, sent)
    assert answer.headers["Location"] == reverse("request-act", args=[one.pk, "transmettre"])
    operator.post(answer.headers["Location"])
    assert collecting.refreshed(one).status == RequestStatus.SUBMITTED

    asked = check.post(
        reverse("request-act", args=[one.pk, "completer"]), {f"figure-{figures[0].pk}": "Est-ce par an ?"}
    )
    assert asked.status_code == 302
    assert "Est-ce par an ?" in operator.get(entry).content.decode()
    operator.post(reverse("request-act", args=[one.pk, "transmettre"]))
    check.post(reverse("request-act", args=[one.pk, "valider"]))
    assert collecting.refreshed(one).status == RequestStatus.VALIDATED

    campaign = collecting.campaign.pk
    team.post(reverse("campaign-act", args=[campaign, "clore"]))
    done = team.post(reverse("campaign-act", args=[campaign, "consolider"]), {"status": "published"}, follow=True)
    assert "3 observation(s) ajoutée(s)" in done.content.decode()
    shown = client_for(aicha).get(reverse("indicator", args=["MEALS"])).content.decode()
    assert "1\u202f234" in shown
    assert "Caisse inventée, Collecte inventée" in shown


def test_what_was_typed_comes_back_when_it_is_refused(client_for: ClientFor, collecting: Collecting) -> None:
    client, figures = client_for(collecting.operator), collecting.figures()
    sent = {f"revision-{figure.pk}": "0" for figure in figures}
    sent |= {f"value-{figures[0].pk}": "douze <b>", f"value-{figures[1].pk}": "77", f"comment-{figures[1].pk}": "été"}
    answer = client.post(reverse("request-enter", args=[collecting.caf.pk]), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="douze &lt;b&gt;"' in page
    assert 'value="77"' in page
    assert "n&#x27;est pas un nombre" in page or "n’est pas un nombre" in page
    assert not any(figure.value for figure in collecting.figures())


def test_two_persons_on_one_figure_see_both_and_lose_nothing(
    client_for: ClientFor, aicha: User, collecting: Collecting
) -> None:
    figures = collecting.figures()
    entry = reverse("request-enter", args=[collecting.caf.pk])
    seen = {f"revision-{figure.pk}": "0" for figure in figures}
    client_for(aicha).post(entry, seen | {f"value-{figures[0].pk}": "10"})
    answer = client_for(collecting.operator).post(entry, seen | {f"value-{figures[0].pk}": "20"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="20"' in page
    assert "par Aïcha Benali" in page
    assert f'name="revision-{figures[0].pk}" value="1"' in page
    assert collecting.figures()[0].value == 10
    again = client_for(collecting.operator).post(entry, seen | {f"value-{figures[0].pk}": "20"} | _revision(figures, 1))
    assert again.status_code == 302
    assert collecting.figures()[0].value == 20


def _revision(figures: list, number: int) -> dict[str, str]:  # type: ignore[type-arg]  # figures of the request
    return {f"revision-{figures[0].pk}": str(number)}


def test_pasted_cells_are_laid_over_what_is_typed_and_not_saved(client_for: ClientFor, collecting: Collecting) -> None:
    client, figures = client_for(collecting.operator), collecting.figures()
    entry = reverse("request-enter", args=[collecting.caf.pk])
    sent = {f"revision-{figure.pk}": "0" for figure in figures}
    sent |= {f"comment-{figures[0].pk}": "déjà tapé", "pasted": "MEALS\t1 500\nTAKE-UP\t\t49\t100", "coller": "1"}
    page = client.post(entry, sent).content.decode()
    for expected in ('value="1 500"', 'value="49"', 'value="déjà tapé"', "2 ligne(s) collée(s)"):
        assert expected in page
    assert "TAKE-UP\t" not in page, "what was laid is not laid twice"
    assert not any(figure.value for figure in collecting.figures())
    refused = client.post(entry, sent | {"pasted": "INCONNU\t3\t4\nMEALS\t1"})
    assert refused.status_code == 422
    assert 'value="déjà tapé"' in refused.content.decode()
    forgotten = client.post(entry, {**sent, "pasted": "MEALS\t3"} | {"enregistrer": "1"} | {"coller": "1"})
    assert forgotten.status_code == 200
    unsent = {key: value for key, value in sent.items() if key != "coller"}
    assert "pas encore reportées" in client.post(entry, unsent).content.decode()


def test_an_odd_value_is_told_and_does_not_block(
    client_for: ClientFor, aicha: User, collecting: Collecting, territories: dict[str, Territory]
) -> None:
    before = services.create_campaign(
        title="Collecte d'avant",
        year=2024,
        territory=territories["REG-52"],
        opens_on=AT.date(),
        due_on=AT.date(),
        by=aicha,
        at=AT,
    )
    asked = [Asked(collecting.indicators["MEALS"])]
    earlier = services.add_request(
        campaign=before,
        partner="Caisse inventée",
        kind=PartnerKind.CAF,
        territory=territories["DEP-44"],
        figures=asked,
        by=aicha,
        at=AT,
    )
    services.open_campaign(campaign=before, by=aicha, at=AT)
    figure = collecting.figures()[0]
    client = client_for(collecting.operator)
    entry = reverse("request-enter", args=[collecting.caf.pk])
    collecting.fill(earlier, value="100")
    services.submit(figure_request=earlier, by=aicha, at=AT)
    assert "Collecte d’avant" not in client.get(entry).content.decode(), "it is not validated yet"
    services.validate(figure_request=earlier, by=aicha, at=AT)
    assert "Collecte d’avant" in client.get(entry).content.decode()
    sent = {f"revision-{one.pk}": "0" for one in collecting.figures()} | {f"value-{figure.pk}": "1200"}
    page = client.post(entry, sent, follow=True).content.decode()
    assert collecting.figures()[0].value == 1200
    assert "10\u00a0fois la valeur de l’an passé" in page


def test_the_late_come_first(client_for: ClientFor, aicha: User, collecting: Collecting) -> None:
    Campaign.objects.update(opens_on="2025-12-01", due_on="2026-01-20")
    collecting.validated(collecting.caf)
    services.extend(figure_request=collecting.cpam, due_on=AT.date(), reason="Panne", by=aicha, at=AT)
    page = client_for(aicha).get(pages_of_campaign(collecting)[0]).content.decode()
    assert "2 en retard" in page
    places = [page.index(name) for name in ("Agence inventée", "Assurance inventée", "Caisse inventée")]
    assert places == sorted(places)
    assert "reportée" in page


def test_a_reason_is_read_by_everyone_who_reads_the_campaign(
    client_for: ClientFor, aicha: User, bruno: User, ddets: User, collecting: Collecting
) -> None:
    client = client_for(aicha)
    client.post(reverse("campaign-act", args=[collecting.campaign.pk, "clore"]))
    address = reverse("campaign-act", args=[collecting.campaign.pk, "rouvrir"])
    assert client.post(address, {"reason": " "}).status_code == 422
    client.post(address, {"reason": "Un partenaire s'est trompé"})
    assert Campaign.objects.get().status == CampaignStatus.OPEN
    assert "s’est trompé" in client_for(bruno).get(pages_of_campaign(collecting)[0]).content.decode()
    assert "s’est trompé" not in client_for(ddets).get(pages_of_campaign(collecting)[0]).content.decode()


def test_an_action_out_of_its_state_is_told(client_for: ClientFor, aicha: User, collecting: Collecting) -> None:
    client = client_for(aicha)
    address = reverse("campaign-act", args=[collecting.campaign.pk, "consolider"])
    assert "ne permet" in client.get(address, follow=True).content.decode()
    assert "ne permet" in client.post(address, {"status": "published"}, follow=True).content.decode()
    assert client.get(reverse("campaign-act", args=[collecting.campaign.pk, "inconnu"])).status_code == 404
    page = client.post(reverse("request-act", args=[collecting.caf.pk, "transmettre"]), follow=True)
    assert "Il manque encore 3 chiffres" in page.content.decode()


def test_a_remark_is_needed_to_ask(client_for: ClientFor, ddets: User, collecting: Collecting) -> None:
    collecting.fill(collecting.caf)
    services.submit(figure_request=collecting.caf, by=collecting.operator, at=AT)
    answer = client_for(ddets).post(reverse("request-act", args=[collecting.caf.pk, "completer"]), {"remark": " "})
    assert answer.status_code == 422
    assert "au moins une remarque" in answer.content.decode()


def test_a_partner_is_added_by_its_form(client_for: ClientFor, aicha: User, prepared: Collecting) -> None:
    client, address = client_for(aicha), reverse("request-add", args=[prepared.campaign.pk])
    sent = {"partner": "Mutualité inventée", "kind": "msa", "territory": "DEP-44", "indicators": ["MEALS"]}
    sent["responsible"] = str(prepared.operator.pk)
    assert client.post(address, sent).status_code == 302
    made = FigureRequest.objects.get(partner="Mutualité inventée")
    assert made.responsible == prepared.operator
    assert made.figures.count() == 1
    twice = client.post(address, sent)
    assert twice.status_code == 422
    assert 'value="Mutualité inventée"' in twice.content.decode()


def test_a_campaign_is_prepared_and_the_next_year_copied(
    client_for: ClientFor, aicha: User, prepared: Collecting
) -> None:
    client = client_for(aicha)
    sent = {"title": "Autre", "year": "2025", "opens_on": "2026-02-01", "due_on": "2026-01-01"}
    assert client.post(reverse("campaign-create"), sent).status_code == 422
    assert client.post(reverse("campaign-create"), sent | {"due_on": "2026-03-01"}).status_code == 302
    copied = {"title": "Collecte 2026", "year": "2026", "opens_on": "2027-01-05", "due_on": "2027-03-01"}
    assert client.post(reverse("campaign-copy", args=[prepared.campaign.pk]), copied).status_code == 302
    made = Campaign.objects.get(year=2026)
    assert made.requests.count() == 4
    assert set(made.requests.values_list("figures__period", flat=True)) == {"2026"}
    assert made.requests.get(partner="Caisse inventée").responsible == prepared.operator


def test_the_pages_cost_the_same_for_one_partner_and_for_twenty(
    client_for: ClientFor,
    aicha: User,
    prepared: Collecting,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        person = make_user(f"Agent {number}", Held(Role.OPERATOR, "DEP-44"))
        services.add_request(
            campaign=prepared.campaign,
            partner=f"Partenaire inventé {number}",
            kind=PartnerKind.ASSOCIATION,
            territory=prepared.territories["DEP-44"],
            responsible=person,
            figures=[Asked(one) for one in prepared.indicators.values()],
            by=aicha,
            at=AT,
        )
    prepared.open()
    one = prepared.caf
    client = client_for(aicha)
    with django_assert_num_queries(6):
        client.get(reverse("campaigns"))
    with django_assert_num_queries(6):
        client.get(reverse("campaign", args=[prepared.campaign.pk]))
    with django_assert_num_queries(8):
        client.get(reverse("figure-request", args=[one.pk]))
    with django_assert_num_queries(7):
        client.get(reverse("request-enter", args=[one.pk]))
    operator = client_for(prepared.operator)
    with django_assert_num_queries(6):
        operator.get(reverse("campaigns"))
    with django_assert_num_queries(8):
        operator.get(reverse("request-enter", args=[one.pk]))
