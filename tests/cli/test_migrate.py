"""`maillage migrate` on an instance that already holds something: a copy first."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from tests.cli.shell import maillage, run
from tests.factories import PASSWORD


def test_a_database_that_holds_data_is_copied_before_it_changes(tmp_path: Path) -> None:
    first = maillage("migrate", "--json", cwd=tmp_path)
    assert json.loads(first.stdout)["copy"] is None, "there was nothing to copy"
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(tmp_path / "var" / "maillage.sqlite3")) as database:
        database.execute(
            "INSERT INTO core_user (email, full_name, password, is_active, is_superuser, is_demonstration, joined_at)"
            " VALUES ('a@exemple.test', 'A', ?, 1, 0, 0, '2026-01-01')",
            [PASSWORD],
        )
        database.commit()
    env = {"MAILLAGE_DATA_DIR": "var", "DJANGO_SETTINGS_MODULE": "maillage.config.settings.base"}
    back = run([sys.executable, "-m", "django", "migrate", "reports", "zero"], tmp_path, **env)
    assert back.returncode == 0, back.stderr
    assert "n'est pas à jour" in maillage("user", "list", cwd=tmp_path).stderr
    assert json.loads(maillage("migrate", "--check", "--json", cwd=tmp_path).stdout)["pending"]

    second = maillage("migrate", "--json", cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    done = json.loads(second.stdout)
    assert any(name.startswith("reports.") for name in done["applied"])
    copy = Path(done["copy"])
    assert copy.parent == tmp_path / "var" / "backups"
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert database.execute("SELECT email FROM core_user").fetchall() == [("a@exemple.test",)]
    assert not any(name.startswith("reports_") for name in tables), "it is the database of before"
    assert json.loads(maillage("migrate", "--json", cwd=tmp_path).stdout) == {"applied": [], "copy": None}
