"""The sentinels catch what they claim to catch: each is shown the fault it exists for."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.paginator import Paginator, UnorderedObjectListWarning
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.urls import path
from pytest_socket import SocketConnectBlockedError

from maillage.core.models import AuditEntry, Membership, User
from tests.conftest import SHARED, TESTS, pytest_ignore_collect
from tests.sentinels import ReadsThatWrote, written_table


@login_not_required
def writes(request: HttpRequest) -> HttpResponse:
    User.objects.create_user("quelqu.un@exemple.test", full_name="Quelqu'un")
    return HttpResponse("fait")


@login_not_required
def writes_and_hides(request: HttpRequest) -> HttpResponse:
    try:
        return writes(request)
    except BaseException:  # noqa: BLE001  (a view as careless as can be)
        return HttpResponse("caché")


@login_not_required
def leaves_a_trace(request: HttpRequest) -> HttpResponse:
    request.session["vu"] = True
    cache.set("vu", 1)
    return HttpResponse("vu")


urlpatterns = [path("ecrit/", writes), path("cache/", writes_and_hides), path("trace/", leaves_a_trace)]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_get_that_writes_fails(client: Client, reads_that_wrote: ReadsThatWrote) -> None:
    with pytest.raises(pytest.fail.Exception, match="wrote in core_user"):
        client.get("/ecrit/")
    assert client.post("/ecrit/").status_code == 200
    reads_that_wrote.seen.clear()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_get_that_hides_its_write_is_remembered(client: Client, reads_that_wrote: ReadsThatWrote) -> None:
    client.get("/cache/")
    assert reads_that_wrote.seen == ["GET /cache/ wrote in core_user"]
    reads_that_wrote.seen.clear()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_get_may_leave_a_trace_in_session_and_cache(client: Client) -> None:
    assert client.get("/trace/").status_code == 200


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ('INSERT INTO "core_user" VALUES (1)', "core_user"),
        ('INSERT OR REPLACE INTO "core_user" VALUES (1)', "core_user"),
        ("REPLACE INTO core_user VALUES (1)", "core_user"),
        ('update "core_user" set x = 1', "core_user"),
        ('DELETE FROM "core_user"', "core_user"),
        ('TRUNCATE "core_user"', "core_user"),
        ("WITH a AS (SELECT 1) INSERT INTO core_user SELECT * FROM a", "core_user"),
        ("CREATE TABLE autre (x int)", "autre"),
        ('SELECT "core_user"."id" FROM "core_user"', None),
        ("WITH a AS (SELECT 1) SELECT * FROM a", None),
        ('INSERT INTO "core_auditentry" VALUES (1)', None),
        ('UPDATE "django_session" SET x = 1', None),
        ('UPDATE "axes_accessattempt" SET x = 1', None),
        ('SAVEPOINT "s1"', None),
    ],
)
def test_statements_that_write(sql: str, table: str | None) -> None:
    assert written_table(sql) == table


def test_an_undefined_template_variable_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="absente"):
        engines["django"].from_string("{{ absente }}").render({})


@pytest.mark.django_db
def test_a_naive_datetime_fails(aicha: User) -> None:
    with pytest.raises(RuntimeWarning, match="naive datetime"):
        AuditEntry.objects.create(
            at=datetime(2026, 1, 1),  # noqa: DTZ001  (the fault itself)
            actor=aicha,
            action="essai",
            object_type="core.user",
            object_id="1",
            summary="Essai",
        )


@pytest.mark.django_db
def test_unordered_pages_fail() -> None:
    with pytest.raises(UnorderedObjectListWarning):
        Paginator(Membership.objects.order_by(), 10).page(1)


def test_the_network_is_closed() -> None:
    with pytest.raises((SocketConnectBlockedError, UserWarning)):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_the_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass


def test_only_tests_of_real_documents_are_conditional() -> None:
    assert pytest_ignore_collect(TESTS / "shared") is (None if SHARED.is_dir() else True)
    assert pytest_ignore_collect(TESTS / "core") is None


def test_the_cast_signs_in(client_for: Callable[[User], Client], aicha: User) -> None:
    assert client_for(aicha).session["_auth_user_id"] == str(aicha.pk)
