"""The technical log tells what the service does, and nothing of anyone."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from maillage.core.logs import FIELDS, JsonFormatter, pseudonym, scrub
from maillage.core.models import User

pytestmark = pytest.mark.django_db

SECRET = "jeanne.dupont@exemple.test"


@login_not_required
def fails(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:  # the database quotes what it refuses
        cursor.execute(f"SELECT '{SECRET}' FROM nulle_part")
    return HttpResponse()


@login_not_required
def works(request: HttpRequest, who: str = "") -> HttpResponse:
    return HttpResponse("bien")


urlpatterns = [path("echoue/", fails, name="fails"), path("va/<str:who>/", works, name="works")]


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Everything that the whole process logs meanwhile, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.urls(__name__)
def test_a_request_leaves_one_line(lines: Callable[[], list[dict[str, Any]]], client: Client) -> None:
    response = client.get(f"/va/{SECRET}/?courriel={SECRET}&nom=Dupont", headers={"User-Agent": SECRET})
    found = [line for line in lines() if line["logger"] == "maillage.request"]
    assert len(found) == 1
    line = found[0]
    assert (line["method"], line["route"], line["status"]) == ("GET", "works", 200)
    assert line["duration_ms"] >= 0
    assert line["request"] == response["X-Request-ID"]
    assert "user" not in line
    assert set(line) <= {"at", "level", "logger", "message", "request", *FIELDS}


@pytest.mark.urls(__name__)
def test_nothing_personal_is_written_whatever_happens(
    lines: Callable[[], list[dict[str, Any]]], client_for: Callable[[User], Client], aicha: User
) -> None:
    client = client_for(aicha)
    client.raise_request_exception = False
    client.get(f"/va/{SECRET}/?q={SECRET}")
    client.get(f"/echoue/?q={SECRET}")
    client.get(f"/nulle-part/{SECRET}?q={SECRET}")
    client.get("/va/x/", headers={"Host": SECRET})
    client.post("/va/x/", {"courriel": SECRET})
    written = json.dumps(lines())
    assert SECRET not in written
    assert "jeanne" not in written
    assert aicha.email not in written
    assert "?q=" not in written
    failure = next(line for line in lines() if line.get("exception"))
    assert failure["exception"] in {"OperationalError", "ProgrammingError"}
    assert any("test_logs.py" in frame for frame in failure["frames"])


def test_signing_in_leaves_no_address(lines: Callable[[], list[dict[str, Any]]], client: Client, aicha: User) -> None:
    for rank in range(6):
        client.post("/connexion/", {"username": SECRET, "password": f"essai {rank}"})
    client.post("/connexion/", {"username": aicha.email, "password": "faux"})
    written = json.dumps(lines())
    assert SECRET not in written
    assert aicha.email not in written
    assert "essai" not in written
    assert "127.0.0.1" not in written


@pytest.mark.urls(__name__)
def test_two_users_are_told_apart_without_a_name(
    lines: Callable[[], list[dict[str, Any]]], client_for: Callable[[User], Client], aicha: User, bruno: User
) -> None:
    for user in (aicha, bruno, aicha):
        client_for(user).get("/va/x/")
    users = [line["user"] for line in lines() if line["logger"] == "maillage.request"]
    assert users == [pseudonym(aicha.pk), pseudonym(bruno.pk), pseudonym(aicha.pk)]
    assert str(aicha.pk) not in users


def test_a_sentence_filled_in_by_hand_is_scrubbed() -> None:
    assert scrub(f"compte {SECRET} sur /page/?q=1&r=2 fini") == "compte …@… sur /page/?… fini"
