"""The main menu: filled by the apps, silent before signing in, one entry current."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory
from django.urls import path, resolve

from maillage.core.models import User
from maillage.ui import navigation


def nothing(request: HttpRequest, **kwargs: object) -> None: ...


urlpatterns = [
    path("", nothing, name="home"),
    path("territoires/", nothing, name="places"),
    path("territoires/<str:code>/", nothing, name="place"),
    path("territoires/import/", nothing, name="place-import"),
    path("chiffre/<str:code>/", nothing, name="number"),
]


@pytest.fixture(autouse=True)
def _own_entries(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    kept = dict(navigation._entries)
    navigation._entries.clear()
    navigation.register("Territoires", url_name="places", order=30, also=("number",))
    navigation.register("Accueil", url_name="home", order=10)
    navigation.register("Absent", url_name="not-installed", order=20)
    navigation.register("Réservé", url_name="place-import", order=40, visible=lambda user: user.is_superuser)
    yield
    navigation._entries.clear()
    navigation._entries.update(kept)


def links(address: str, user: object | None = None) -> list[tuple[str, str]]:
    request = RequestFactory().get(address)
    request.user = user or User(email="a@exemple.test")  # type: ignore[assignment]  # anonymous too
    request.resolver_match = resolve(address)
    return [(link.label, link.current) for link in navigation.links(request)]


def test_entries_keep_their_order_and_skip_what_is_not_installed() -> None:
    assert links("/") == [("Accueil", "page"), ("Territoires", "")]


def test_a_page_below_an_entry_or_named_by_it_makes_it_current() -> None:
    assert links("/territoires/X/")[1] == ("Territoires", "true")
    assert links("/chiffre/X/")[1] == ("Territoires", "true")
    assert links("/territoires/")[1] == ("Territoires", "page")


def test_an_entry_may_be_reserved() -> None:
    assert ("Réservé", "page") in links("/territoires/import/", User(is_superuser=True))
    assert [label for label, _ in links("/")] == ["Accueil", "Territoires"]


def test_an_entry_may_stand_under_the_name_of_the_person() -> None:
    navigation.register("Mon compte", url_name="number-list", order=1, place="account")
    navigation.register("Mes lieux", url_name="places", order=1, place="account")
    request = RequestFactory().get("/")
    request.user = User(email="a@exemple.test")
    request.resolver_match = resolve("/")
    assert [link.label for link in navigation.links(request, "account")] == ["Mes lieux"]
    assert [link.label for link in navigation.links(request)] == ["Accueil"]


def test_a_visitor_has_no_menu() -> None:
    assert links("/", AnonymousUser()) == []
    assert navigation.links(SimpleNamespace()) == []  # type: ignore[arg-type]  # a request before its user is known


def test_a_visitor_sees_the_public_entries_alone() -> None:
    navigation.register("Ouvert à tous", url_name="place-import", order=50, public=True)
    assert links("/territoires/import/", AnonymousUser()) == [("Ouvert à tous", "page")]
    assert ("Ouvert à tous", "") in links("/")


def test_the_menu_is_written_twice_one_for_phones() -> None:
    request = RequestFactory().get("/")
    request.user = User(email="a@exemple.test")
    request.resolver_match = resolve("/")
    html = engines["django"].from_string("{% ui_navigation %}").render({}, request)
    assert html.count('aria-current="page"') == 2
    assert "<details" in html
