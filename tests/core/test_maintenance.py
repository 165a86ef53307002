"""Upgrades and backups of an instance."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from maillage.core import clock, files, maintenance, triggers
from maillage.core.models import User

pytestmark = pytest.mark.django_db(transaction=True)

EMBEDDED = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"


def test_nothing_to_do_is_nothing_done() -> None:
    assert maintenance.upgrade(at=clock.now()) == maintenance.Upgrade([], None)


def test_an_upgrade_gives_back_triggers_that_were_lost() -> None:
    with connection.cursor() as cursor:
        cursor.execute(triggers.drop_statements(connection)[0])
    maintenance.upgrade(at=clock.now())
    assert triggers.missing(connection) == []


def test_a_backup_holds_the_database_and_the_files(tmp_path: Path) -> None:
    user = User.objects.create_user("quelqu.un@exemple.test", full_name="Quelqu'un")
    stored = files.store(name="a.csv", content=b"a;b", content_type="text/csv", by=user, at=clock.now())
    done = maintenance.backup(destination=tmp_path, at=clock.now())
    names = {name for name, _size, _sha256 in done.files}
    assert f"files/{stored.content.name}" in names
    assert ("maillage.sqlite3" if EMBEDDED else "maillage.dump") in names
    assert not any("secret" in name or "demonstration" in name for name in names)
    assert done.folder.stat().st_mode & 0o077 == 0, "others read nothing of it"
    assert {name: sha256 for name, _size, sha256 in done.files}[f"files/{stored.content.name}"] == stored.sha256
    if EMBEDDED:
        with closing(sqlite3.connect(done.folder / "maillage.sqlite3")) as copy:
            assert copy.execute("SELECT email FROM core_user").fetchall() == [(user.email,)]
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
