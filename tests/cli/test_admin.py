"""Keeping an instance from the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maillage.cli import main
from maillage.core import clock, jobs
from maillage.core.models import AuditEntry, Job, User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("user", "list")` → exit code, what was written, what was said on the error stream."""

    def call(*args: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main.run(args)
        written = capsys.readouterr()
        return code, written.out, written.err

    return call


def as_json(run: Run, *args: str) -> Any:
    code, text, _ = run(*args, "--json")
    assert code == 0
    return json.loads(text)


def add(run: Run, email: str = "nouvelle@exemple.test", password: str = PASSWORD) -> tuple[int, str, str]:
    return run("user", "add", email, "--name", "Nouvelle Venue", "--password-stdin", typed=f"{password}\n")


def test_an_account_from_its_opening_to_its_closing(run: Run) -> None:
    assert add(run)[0] == 0
    user = User.objects.get(email="nouvelle@exemple.test")
    assert user.check_password(PASSWORD)
    assert run("membership", "add", user.email, "reader", "REG-52", "--from", "2026-01-01")[0] == 0
    assert as_json(run, "user", "list") == [
        {
            "id": user.pk,
            "email": user.email,
            "name": "Nouvelle Venue",
            "active": True,
            "demonstration": False,
            "memberships": [{"role": "reader", "territory": "REG-52", "axis": "", "ends_on": None}],
        }
    ]
    assert run("membership", "end", user.email, "reader", "REG-52", "--on", "2026-06-30")[0] == 0
    assert run("user", "password", user.email, "--password-stdin", typed="une toute autre phrase\n")[0] == 0
    assert run("user", "deactivate", user.email)[0] == 0
    user.refresh_from_db()
    assert user.check_password("une toute autre phrase")
    assert not user.is_active
    assert "désactivé" in run("user", "list")[1]
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {
        "account.create",
        "membership.add",
        "membership.end",
        "account.password",
        "account.deactivate",
    }


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["membership", "add", "personne@exemple.test", "reader", "REG-52"], "Aucun compte"),
        (["membership", "add", "aicha@exemple.test", "chef", "REG-52"], "est inconnu"),
        (["membership", "add", "aicha@exemple.test", "reader", "Bretagne"], "Code de territoire"),
        (["membership", "add", "aicha@exemple.test", "reader", "REG-52", "--from", "hier"], "hier"),
        (["membership", "end", "aicha@exemple.test", "reader", "REG-52"], "n'a pas cette habilitation"),
        (["user", "deactivate", "personne@exemple.test"], "Aucun compte"),
        (["user", "password"], "Il manque"),
    ],
)
def test_what_cannot_be_done_says_why(run: Run, aicha: User, args: list[str], message: str) -> None:
    code, _, text = run(*args)
    assert code == 2
    assert message in text


def test_a_weak_password_is_refused(run: Run) -> None:
    code, _, text = add(run, password="court")
    assert code == 2
    assert "mot de passe" in text
    assert not User.objects.exists()


def test_an_instance_without_account_says_how_to_open_one(run: Run) -> None:
    assert "maillage user add" in run("user", "list")[1]


def test_jobs_are_listed_and_reaped(run: Run, aicha: User) -> None:
    assert "Aucun travail" in run("jobs", "list")[1]

    @jobs.handler("test.listed", label="Essai")
    def nothing(progress: jobs.Progress) -> jobs.Result:
        return jobs.Result()

    job = jobs.start(kind="test.listed", title="Un essai", parameters={}, by=aicha, at=clock.now())
    assert "En attente" in run("jobs", "list")[1]
    Job.objects.filter(pk=job.pk).update(status="running", heartbeat_at=clock.now().replace(year=2020))
    assert as_json(run, "jobs", "list")[0]["status_label"] == "Interrompu"
    assert as_json(run, "jobs", "reap") == {"reaped": 1}
    assert as_json(run, "jobs", "list")[0]["status"] == "failed"
    del jobs._handlers["test.listed"]


def test_traces_are_purged(run: Run) -> None:
    assert as_json(run, "user", "purge") == {"attempts": 0, "sessions": 0}


def test_the_base_is_up_to_date(run: Run) -> None:
    assert as_json(run, "migrate", "--check") == {"pending": []}
    assert "à jour" in run("migrate", "--check")[1]


def test_a_command_refuses_an_instance_that_is_not_ready(run: Run) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'core'")
    code, _, text = run("user", "list")
    assert code == 2
    assert "maillage migrate" in text.replace("\u00a0", " ")


@pytest.mark.django_db(transaction=True)
def test_a_backup_says_what_it_holds(run: Run, tmp_path: Path) -> None:
    found = as_json(run, "backup", str(tmp_path))
    assert Path(found["folder"]).parent == tmp_path
    assert all(len(one["sha256"]) == 64 for one in found["files"])
