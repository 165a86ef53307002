"""Sign in and out, lockout, one's own account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axes.models import AccessAttempt, AccessLog
from django.core.cache import cache
from django.test import Client

from maillage.core.models import AuditEntry, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/connexion/"


@pytest.fixture(autouse=True)
def _nobody_tried_yet() -> None:
    cache.clear()


@pytest.fixture
def user() -> User:
    return make_user("Nouvelle Venue", email="nouvelle@exemple.test", password=PASSWORD)


def sign_in(client: Client, email: str = "nouvelle@exemple.test", password: str = PASSWORD, **extra: str) -> object:
    return client.post(LOGIN + extra.pop("query", ""), {"username": email, "password": password}, **extra)


def test_signing_in_and_out(client: Client, user: User) -> None:
    response = sign_in(client)
    assert (response.status_code, response.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.post("/deconnexion/").url == LOGIN
    assert "_auth_user_id" not in client.session
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == ["session.open", "session.close"]


def test_signing_in_gives_another_session_key(client: Client, user: User) -> None:
    client.get(LOGIN)
    session = client.session
    session["avant"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client)
    assert client.session.session_key != before


def test_capitals_in_the_address_do_not_matter(client: Client, user: User) -> None:
    assert sign_in(client, email="Nouvelle@EXEMPLE.test").status_code == 302


def test_a_wrong_password_does_not_tell_which_is_wrong(client: Client, user: User) -> None:
    known = sign_in(client, password="autre chose").content.decode()
    unknown = sign_in(client, email="personne@exemple.test").content.decode()
    for page in (known, unknown):
        assert "Adresse électronique ou mot de passe inconnu" in page


def test_a_closed_account_is_refused(client: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_account_closed_meanwhile_is_out_at_once(client: Client, user: User) -> None:
    sign_in(client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/compte/").status_code == 302


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/journal/?page=2", "/journal/?page=2"),
        ("https://ailleurs.test/", "/"),
        ("//ailleurs.test/", "/"),
        ("javascript:alert(1)", "/"),
        ("\\\\ailleurs.test", "/"),
    ],
)
def test_next_stays_on_the_site(client: Client, user: User, target: str, expected: str) -> None:
    response = client.post(LOGIN, {"username": user.email, "password": PASSWORD, "next": target})
    assert response.url == expected


def test_five_failures_lock_the_account_for_that_address(client: Client, user: User) -> None:
    pages = [sign_in(client, password=f"essai {rank}") for rank in range(5)]
    assert [page.status_code for page in pages] == [200, 200, 200, 200, 429]
    page = sign_in(client)
    assert page.status_code == 429, "even with the right password"
    text = page.content.decode()
    assert "quinze minutes" in text
    assert "Que faire" in text
    assert sign_in(Client(), REMOTE_ADDR="192.0.2.7").status_code == 302, "the owner gets in from elsewhere"


def test_capitals_do_not_give_five_more_attempts(client: Client, user: User) -> None:
    for rank in range(5):
        sign_in(client, password=f"essai {rank}", email="NOUVELLE@exemple.test" if rank % 2 else user.email)
    assert sign_in(client).status_code == 429


def test_many_failures_on_many_accounts_lock_the_address(client: Client, user: User, settings: object) -> None:
    settings.MAILLAGE_LOGIN_FAILURES_PER_ADDRESS = 6  # type: ignore[attr-defined]  # pytest-django's settings
    for rank in range(6):
        assert sign_in(client, email=f"personne{rank}@exemple.test").status_code == 200
    assert sign_in(client).status_code == 429
    assert sign_in(Client(), REMOTE_ADDR="192.0.2.7").status_code == 302


def test_what_is_kept_of_an_attempt(client: Client, user: User) -> None:
    client.get(LOGIN)
    sign_in(client, password="un secret tapé par erreur", query="?next=/journal/")
    attempt = AccessAttempt.objects.get()
    kept = " ".join(str(value) for value in (attempt.post_data, attempt.get_data, attempt.path_info))
    assert "secret" not in kept
    assert user.email not in kept
    assert not AccessLog.objects.exists()
    sign_in(client)
    assert not AccessAttempt.objects.exists(), "a success erases them"
    assert not AccessLog.objects.exists()


@pytest.mark.parametrize(
    ("host", "near", "expected"),
    [
        ("localhost", "127.0.0.1", 302),
        ("127.0.0.1:8000", "127.0.0.1", 302),
        ("[::1]:8000", "::1", 302),
        ("maillage.exemple.test", "127.0.0.1", 200),
        ("localhost", "192.0.2.7", 200),
    ],
)
def test_demonstration_accounts_open_on_the_loopback_only(
    client: Client, settings: object, host: str, near: str, expected: int
) -> None:
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]  # pytest-django's settings
    demo = make_user("Démonstration", email="demo@exemple.test", password=PASSWORD, is_demonstration=True)
    response = sign_in(client, email=demo.email, HTTP_HOST=host, REMOTE_ADDR=near)
    assert response.status_code == expected
    if expected == 200:
        assert "que depuis la machine" in response.content.decode()


def test_signing_out_by_a_link_is_refused(client_for: Callable[[User], Client], user: User) -> None:
    assert client_for(user).get("/deconnexion/").status_code == 405


def test_a_page_sends_a_visitor_to_the_login(client: Client) -> None:
    assert client.get("/compte/").url == "/connexion/?next=/compte/"


def test_the_account_page_says_what_one_may_do(client_for: Callable[[User], Client], aicha: User) -> None:
    page = client_for(aicha).get("/compte/").content.decode()
    assert "Commissaire et équipe régionale" in page
    assert "REG-52" in page
    assert "En vigueur" in page


def test_an_account_without_membership_is_told_what_to_do(client_for: Callable[[User], Client], user: User) -> None:
    assert "Aucune habilitation" in client_for(user).get("/compte/").content.decode()


def change(client: Client, **changes: str) -> object:
    given = {"current": PASSWORD, "new": "une toute autre phrase", "again": "une toute autre phrase"}
    return client.post("/compte/mot-de-passe/", {**given, **changes})


def test_changing_the_password_keeps_this_session_and_ends_the_others(client: Client, user: User) -> None:
    other = Client()
    sign_in(client)
    sign_in(other)
    assert change(client).url == "/compte/"
    assert client.get("/compte/").status_code == 200
    assert other.get("/compte/").status_code == 302


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"current": "pas celui-là"}, "n&#x27;est pas celui-là"),
        ({"again": "différent"}, "Les deux saisies diffèrent"),
        ({"new": "court", "again": "court"}, "trop court"),
    ],
)
def test_a_wrong_change_is_explained(client: Client, user: User, changes: dict[str, str], message: str) -> None:
    sign_in(client)
    page = change(client, **changes)
    assert page.status_code == 200
    assert message in page.content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
