"""« Ce qui vous attend » for each person, and the pages on which the team reads, sets aside and approves."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from maillage.core import clock, jobs
from maillage.core.digests import Item, selectors, services
from maillage.core.digests.week import Week
from maillage.core.enums import DigestStatus, Role
from maillage.core.models import Digest, Job, User
from tests.core.digest_world import item, only, waits_for
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db

ClientFor = Callable[[User], Client]


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def this_week() -> Week:
    return Week.of(clock.today())


@contextmanager
def prepared(*users: User, items: tuple[Item, ...] = (item("Signer l'avenant"),)) -> Iterator[None]:
    with only(waits_for(*users, items=items)):
        services.prepare(by=None, at=clock.now())
    yield


# --- one's own page --------------------------------------------------------------------------------------------------


def test_each_sees_what_waits_for_oneself(client_for: ClientFor, bruno: User, ddets: User) -> None:
    late = item("Valider le rapport 2025", due=date(2026, 11, 2), late=True)
    with only(waits_for(ddets, items=(item("Relire la fiche"), late))):
        page = page_of(client_for(ddets), "/mes-attentes/")
        assert page.index("Valider le rapport 2025") < page.index("Relire la fiche")
        assert "2 novembre 2026" in page
        assert "En retard" in page
        assert "Sans échéance" in page
        assert "Rien ne vous attend" in page_of(client_for(bruno), "/mes-attentes/")


def test_a_part_that_fails_is_said_and_the_rest_is_shown(client_for: ClientFor, ddets: User) -> None:
    def broken(user: User, on: date) -> list[Item]:
        raise LookupError

    with only(broken, waits_for(ddets)):
        page = page_of(client_for(ddets), "/mes-attentes/")
    assert "Liste incomplète" in page
    assert "indisponible" in page
    assert item().label in page


def test_when_all_fails_nothing_is_said_to_be_awaited(client_for: ClientFor, ddets: User) -> None:
    def broken(user: User, on: date) -> list[Item]:
        raise LookupError

    with only(broken):
        page = page_of(client_for(ddets), "/mes-attentes/")
    assert "indisponible" in page
    assert "Rien ne vous attend" not in page


def test_the_page_costs_what_the_sources_cost(
    client_for: ClientFor, ddets: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    client = client_for(ddets)
    with only(waits_for(ddets, items=tuple(item(f"Chose {n}") for n in range(30)))), django_assert_num_queries(3):
        client.get("/mes-attentes/")  # session, user, memberships for the menu


def test_one_chooses_on_one_s_account_page(client_for: ClientFor, ddets: User) -> None:
    client = client_for(ddets)
    assert "checked" in page_of(client, "/compte/")
    assert client.post("/compte/relances/", {}).url == "/compte/"
    assert not selectors.wants(ddets)
    assert "checked" not in page_of(client, "/compte/")
    client.post("/compte/relances/", {"weekly": "on"})
    assert selectors.wants(ddets)


def test_who_declined_keeps_the_page(client_for: ClientFor, ddets: User) -> None:
    client = client_for(ddets)
    client.post("/compte/relances/", {})
    with only(waits_for(ddets)):
        assert item().label in page_of(client, "/mes-attentes/")


# --- the team --------------------------------------------------------------------------------------------------------


def test_the_pages_do_not_exist_for_others(
    client: Client, client_for: ClientFor, bruno: User, chloe: User, ddets: User, auditor: User
) -> None:
    with prepared(ddets):
        key = Digest.objects.get().pk
    for user in (bruno, chloe, ddets, auditor):
        other = client_for(user)
        assert other.get("/relances/").status_code == 404
        assert other.get("/relances/accord/").status_code == 404
        assert other.post("/relances/accord/", {"semaine": "x", "lu": "x"}).status_code == 404
        for action in ("preparer/", "envoyer/", f"{key}/ecarter/"):
            assert other.post(f"/relances/{action}").status_code == 404
        assert 'href="/relances/"' not in page_of(other, "/compte/")
    assert client.get("/relances/").url.startswith("/connexion/")
    assert Digest.objects.get().status == DigestStatus.PREPARED


def test_from_the_preparation_to_the_message(client_for: ClientFor, aicha: User, ddets: User) -> None:
    client = client_for(aicha)
    assert "Aucune relance pour cette semaine" in page_of(client, "/relances/")
    with only(waits_for(ddets, items=(item("Signer <l'avenant>"),))):
        followed = client.post("/relances/preparer/").url
        jobs.execute(Job.objects.get(kind=services.PREPARE_JOB).pk)
    assert f"/relances/?semaine={this_week()}" in page_of(client, followed)

    page = page_of(client, "/relances/")
    digest = Digest.objects.get()
    assert digest.subject in page
    for line in digest.body.splitlines():
        assert line in page, "the whole text is read before it leaves"
    assert ddets.email in page
    assert not mail.outbox

    confirm = page.split('href="/relances/accord/')[1].split('"')[0]
    asked = page_of(client, f"/relances/accord/{confirm}")
    assert "Messages à envoyer" in asked
    assert not mail.outbox, "asking is not approving"
    seen = selectors.fingerprint(selectors.to_read(this_week()))
    assert f"lu={seen}" in confirm
    followed = client.post("/relances/accord/", {"semaine": str(this_week()), "lu": seen}).url
    job = Job.objects.get(kind=services.SEND_JOB)
    assert followed == f"/travaux/{job.pk}/"
    jobs.execute(job.pk)
    (message,) = mail.outbox
    assert (message.to, message.subject, message.body) == ([ddets.email], digest.subject, digest.body)
    assert "Envoyée" in page_of(client, "/relances/")


def test_what_changed_is_read_again(client_for: ClientFor, aicha: User, bruno: User, ddets: User) -> None:
    with prepared(ddets):
        seen = selectors.fingerprint(selectors.to_read(this_week()))
    with prepared(ddets, bruno):
        response = client_for(aicha).post("/relances/accord/", {"semaine": str(this_week()), "lu": seen})
    assert response.status_code == 200
    assert "ont changé depuis" in response.content.decode()
    assert set(Digest.objects.values_list("status", flat=True)) == {DigestStatus.PREPARED}


@pytest.mark.parametrize("lu", ["", "autre chose", "0" * 65])
def test_an_approval_without_reading_is_refused(client_for: ClientFor, aicha: User, ddets: User, lu: str) -> None:
    with prepared(ddets):
        response = client_for(aicha).post("/relances/accord/", {"semaine": str(this_week()), "lu": lu})
    assert response.status_code == 200
    assert Digest.objects.get().status == DigestStatus.PREPARED


def test_a_digest_is_set_aside(client_for: ClientFor, aicha: User, ddets: User) -> None:
    client = client_for(aicha)
    with prepared(ddets):
        digest = Digest.objects.get()
    assert client.post(f"/relances/{digest.pk}/ecarter/").url == f"/relances/?semaine={this_week()}"
    page = page_of(client, "/relances/")
    assert "Écartée par l'équipe régionale." in page
    assert "/ecarter/" not in page
    assert "Approuver les relances relues" not in page
    client.post(f"/relances/{digest.pk}/ecarter/")
    assert "ne permet pas cette action" in page_of(client, "/relances/")
    assert client.post("/relances/999/ecarter/").status_code == 404


def test_an_interrupted_sending_is_uncertain_and_offers_no_way_to_send(
    client_for: ClientFor, aicha: User, ddets: User
) -> None:
    at = clock.now() - timedelta(hours=1)
    with prepared(ddets):
        Digest.objects.update(status="sending", approved_by=aicha, approved_at=at, claimed_at=at)
    page = page_of(client_for(aicha), "/relances/")
    assert "Incertain" in page
    assert "Il ne sera pas renvoyé" in page
    assert "/ecarter/" not in page
    assert 'action="/relances/envoyer/"' not in page


def test_what_is_approved_is_sent_again_after_a_failure_of_the_server(
    client_for: ClientFor, aicha: User, ddets: User
) -> None:
    client = client_for(aicha)
    assert client.post("/relances/envoyer/", {"semaine": str(this_week())}).url.startswith("/relances/")
    assert not Job.objects.exists()
    with prepared(ddets):
        Digest.objects.update(status="approved", approved_by=aicha, approved_at=clock.now())
    assert 'action="/relances/envoyer/"' in page_of(client, "/relances/")
    assert client.post("/relances/envoyer/", {"semaine": str(this_week())}).url.startswith("/travaux/")


def test_other_weeks_are_read_and_not_approved(client_for: ClientFor, aicha: User, ddets: User) -> None:
    with only(waits_for(ddets)):
        services.prepare(by=None, at=clock.now() - timedelta(days=21))
    old = Digest.objects.get().week
    client = client_for(aicha)
    assert f"?semaine={old}" in page_of(client, "/relances/")
    page = page_of(client, f"/relances/?semaine={old}")
    assert ddets.email in page
    assert "Approuver les relances relues" not in page
    assert "Préparer la semaine" not in page
    assert client.get("/relances/?semaine=hier").status_code == 404


def test_the_page_of_a_week_does_not_cost_more_for_more_people(
    client_for: ClientFor, aicha: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    with prepared(*[make_user(f"Agent {n}", Held(Role.DDETS, "DEP-44")) for n in range(12)]):
        client = client_for(aicha)
    with django_assert_num_queries(5):  # session, user, memberships, digests, weeks
        client.get("/relances/")
