"""What keeps an instance's database whole: copies, upgrades, backups."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from maillage.core import health, triggers
from maillage.kernel.errors import MaillageError


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade did: migrations received, and the copy made before, if there was something to copy."""

    applied: list[str] = field(default_factory=list)
    copy: Path | None = None


@dataclass(frozen=True)
class Backup:
    """A backup folder: each file with its size in bytes and its checksum."""

    folder: Path
    files: list[tuple[str, int, str]]


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d-%H%M%S-%f")


def _has_data() -> bool:
    with connection.cursor() as cursor:
        return "core_user" in connection.introspection.table_names(cursor)


def copy_sqlite(target: Path) -> Path:
    """A consistent copy of the embedded database, made while others go on working."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])
    target.chmod(0o600)
    return target


def upgrade(*, at: datetime) -> Upgrade:
    """Bring the database up to date. An embedded database that holds data is copied first."""
    pending = health.pending_migrations()
    copy = None
    if pending and connection.vendor == "sqlite" and _has_data():
        copy = copy_sqlite(settings.DATA_DIR / "backups" / f"avant-migration-{_stamp(at)}.sqlite3")
    if pending:
        call_command("migrate", interactive=False, verbosity=0)
    elif triggers.missing(connection):
        triggers.create(connection)
    call_command("createcachetable", verbosity=0)
    return Upgrade(pending, copy)


def _dump_postgres(target: Path) -> None:
    told = connection.settings_dict
    tool = shutil.which("pg_dump")
    if tool is None:
        raise MaillageError("pg_dump est introuvable. Installez le client PostgreSQL, puis relancez la sauvegarde.")
    command = [tool, "--format=custom", "--no-owner", f"--file={target}", f"--dbname={told['NAME']}"]
    options = {"--host": told["HOST"], "--port": told["PORT"], "--username": told["USER"]}
    command += [f"{option}={value}" for option, value in options.items() if value]
    environment = {**os.environ, "PGPASSWORD": str(told["PASSWORD"] or "")}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603  (our own arguments)
    if done.returncode:
        raise MaillageError("pg_dump n'a pas abouti : la base n'est pas sauvegardée. Vérifiez les droits et l'espace.")
    target.chmod(0o600)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def backup(*, destination: Path, at: datetime) -> Backup:
    """Copy the database, the stored files, the reports and `instance.toml` into a new folder of `destination`.

    The secret key and the demonstration passwords are left out: a restored instance draws its own.
    """
    folder = destination / f"maillage-{_stamp(at)}"
    folder.mkdir(parents=True, mode=0o700)
    if connection.vendor == "sqlite":
        copy_sqlite(folder / "maillage.sqlite3")
    else:
        _dump_postgres(folder / "maillage.dump")
    for name in ("files", "reports"):
        if (settings.DATA_DIR / name).is_dir():
            shutil.copytree(settings.DATA_DIR / name, folder / name)
    if (settings.DATA_DIR / "instance.toml").exists():
        shutil.copy2(settings.DATA_DIR / "instance.toml", folder / "instance.toml")
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return Backup(folder, [(str(path.relative_to(folder)), path.stat().st_size, _sha256(path)) for path in found])
