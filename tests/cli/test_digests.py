"""`maillage digests`: what cron calls, and the address of the mail server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from django.core import mail

from maillage.cli.digests import digests
from maillage.config.mail import MailAddressInvalid, mail_settings
from maillage.core import clock
from maillage.core.digests import selectors, services
from maillage.core.digests.week import Week
from maillage.core.models import User
from tests.core.digest_world import item, only, waits_for


def call(*args: str) -> str:
    return CliRunner().invoke(digests, list(args), catch_exceptions=False).output


def approve(by: User) -> None:
    week = Week.of(clock.today())
    services.approve(week=week, seen=selectors.fingerprint(selectors.to_read(week)), by=by, at=clock.now())


@pytest.mark.django_db
def test_from_cron_to_the_message(aicha: User, ddets: User) -> None:
    with only(waits_for(ddets)):
        assert json.loads(call("prepare", "--json"))["written"] == 1
        assert "inchangées    1" in call("prepare")
    shown = call("preview")
    assert ddets.email in shown
    assert item().label in shown
    assert "À relire" in shown
    assert json.loads(call("send", "--json")) | {"week": ""} == {
        "week": "", "sent": 0, "failed": 0, "discarded": 0, "to_read": 1,
    }  # fmt: skip
    assert not mail.outbox, "not approved"
    approve(aicha)
    assert "Envoyées\u00a0: 1" in call("send")
    assert "Envoyées\u00a0: 0" in call("send")
    (message,) = mail.outbox
    (row,) = json.loads(call("preview", "--json"))
    assert (row["to"], row["subject"], row["body"]) == (message.to[0], message.subject, message.body)
    assert row["status"] == "sent"


@pytest.mark.django_db
def test_a_week_without_digests_is_said() -> None:
    assert call("preview", "--week", "2026-W01").strip() == "Aucune relance, semaine du 29 décembre 2025."


ADDRESSES: dict[str, dict[str, Any]] = {
    "": {"EMAIL_BACKEND": "console"},
    "console:": {"EMAIL_BACKEND": "console"},
    "file:///srv/messages": {"EMAIL_BACKEND": "filebased", "EMAIL_FILE_PATH": "/srv/messages"},
    "smtp://serveur": {"EMAIL_BACKEND": "smtp", "EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False},
    "smtp://moi%40exemple.test:m%3At@serveur:2525/?tls=1": {
        "EMAIL_HOST_USER": "moi@exemple.test",
        "EMAIL_HOST_PASSWORD": "m:t",
        "EMAIL_PORT": 2525,
        "EMAIL_USE_TLS": True,
    },
    "smtps://serveur": {"EMAIL_HOST": "serveur", "EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False},
}


@pytest.mark.parametrize(("url", "expected"), ADDRESSES.items())
def test_the_address_of_the_server(url: str, expected: dict[str, Any]) -> None:
    made = mail_settings(url)
    made["EMAIL_BACKEND"] = made["EMAIL_BACKEND"].split(".")[-2]
    assert {name: made[name] for name in expected} == expected


@pytest.mark.parametrize("url", ["serveur:25", "http://serveur", "smtp://", "file:", "smtp://a:secret@serveur:port"])
def test_an_address_that_says_nothing_is_refused_and_keeps_its_secret(url: str) -> None:
    with pytest.raises(MailAddressInvalid, match="MAILLAGE_EMAIL_URL") as refusal:
        mail_settings(url)
    assert "secret" not in str(refusal.value)
