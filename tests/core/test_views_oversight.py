"""The journal's page, the health of the instance, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from maillage.core import audit, clock, health, triggers
from maillage.core.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ClientFor = Callable[[User], Client]

POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


def parameterless(resolver: URLResolver | None = None) -> list[str]:
    """The address of every page that needs no argument."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            found += parameterless(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name and not pattern.pattern.converters:
            found.append(reverse(pattern.name))
    return found


@pytest.mark.parametrize("address", [*parameterless(), "/nulle-part/", "/fichiers/999/"])
def test_every_answer_carries_the_policy(client_for: ClientFor, aicha: User, territories: object, address: str) -> None:
    for client in (client_for(aicha), Client()):
        response = client.get(address)
        policy = {part.strip() for part in response["Content-Security-Policy"].split(";")}
        assert policy == POLICY
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert len(response["X-Request-ID"]) == 32


def test_cookies_are_closed_to_scripts_and_other_sites(client: Client) -> None:
    user = make_user("Nouvelle Venue", password=PASSWORD)
    client.get("/connexion/")
    response = client.post("/connexion/", {"username": user.email, "password": PASSWORD})
    for name in ("csrftoken", "sessionid"):
        cookie = response.cookies[name]
        assert (cookie["samesite"], bool(cookie["httponly"])) == ("Lax", True)


# --- journal --------------------------------------------------------------------------------------------------------


@pytest.fixture
def _lines(aicha: User, bruno: User) -> None:
    first = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    audit.record(action="essai.un", obj=aicha, by=aicha, at=first, summary="Première écriture")
    audit.record(
        action="essai.deux",
        obj=bruno,
        by=None,
        at=first + timedelta(days=2),
        summary="Seconde écriture",
        changes={"montant": [None, 12], "libre": "texte"},
        territory_code="DEP-44",
    )


@pytest.mark.usefixtures("_lines")
def test_the_journal_shows_everything_to_who_may(client_for: ClientFor, aicha: User, auditor: User) -> None:
    for user in (aicha, auditor):
        page = client_for(user).get("/journal/").content.decode()
        assert "Première écriture" in page
        assert "Seconde écriture" in page
        assert "Le système" in page
        assert "montant\u00a0: rien → 12" in page


@pytest.mark.usefixtures("_lines")
@pytest.mark.parametrize(
    ("query", "first", "second"),
    [
        ("", True, True),
        ("depuis=2026-03-02", False, True),
        ("jusqu_au=2026-03-01", True, False),
        ("depuis=2026-03-01&jusqu_au=2026-03-03", True, True),
        ("identifiant=rien", False, False),
        ("objet=core.user", True, True),
        ("objet=inconnu.objet", True, True),  # a refused filter shows its error, and everything
    ],
)
def test_the_journal_is_filtered(client_for: ClientFor, auditor: User, query: str, first: bool, second: bool) -> None:
    page = client_for(auditor).get(f"/journal/?{query}").content.decode()
    assert ("Première écriture" in page) is first
    assert ("Seconde écriture" in page) is second


@pytest.mark.usefixtures("_lines")
def test_the_journal_of_one_object(client_for: ClientFor, auditor: User, bruno: User) -> None:
    page = client_for(auditor).get(f"/journal/?objet=core.user&identifiant={bruno.pk}").content.decode()
    assert "Première écriture" not in page
    assert "Seconde écriture" in page


def test_the_journal_does_not_exist_for_others(
    client_for: ClientFor, bruno: User, chloe: User, ddets: User, prefect: User, client: Client
) -> None:
    for user in (bruno, chloe, ddets, prefect):
        assert client_for(user).get("/journal/").status_code == 404
    assert client.get("/journal/").url == "/connexion/?next=/journal/"


def test_a_long_journal_is_read_page_by_page(
    client_for: ClientFor, auditor: User, django_assert_num_queries: Callable[..., object]
) -> None:
    for rank in range(120):
        audit.record(action="essai", obj=auditor, by=auditor, at=clock.now(), summary=f"Écriture n° {rank}")
    client = client_for(auditor)
    with django_assert_num_queries(6):  # session, user, memberships, kinds of object, count, page
        page = client.get("/journal/?page=3").content.decode()
    assert "Écriture n° 19" in page
    assert "Écriture n° 20<" not in page


# --- health ---------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_worker_yet() -> None:
    cache.clear()


def test_outsiders_learn_one_word(client: Client, client_for: ClientFor, bruno: User) -> None:
    health.beat(clock.now())
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client_for(bruno).get("/healthz").json() == {"status": "ok"}


def test_the_team_reads_the_detail(client_for: ClientFor, aicha: User) -> None:
    health.beat(clock.now())
    answer = client_for(aicha).get("/healthz").json()
    assert set(answer["checks"]) == {"database", "migrations", "append_only_triggers", "worker", "disk"}
    assert all(check["ok"] for check in answer["checks"].values())


@pytest.mark.parametrize("silence", [None, timedelta(minutes=5)])
def test_a_missing_worker_degrades(client: Client, silence: timedelta | None) -> None:
    if silence is not None:
        health.beat(clock.now() - silence)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "degraded"})


def test_missing_triggers_stop_the_service(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(triggers.drop_statements(connection)[0])
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "down"})


def test_a_pending_migration_stops_the_service(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core'")
    assert health.pending_migrations() == ["core.0001_initial", "core.0002_digests"]
    assert client.get("/healthz").status_code == 503


def test_health_is_not_cached(client: Client) -> None:
    assert "no-store" in client.get("/healthz")["Cache-Control"]
