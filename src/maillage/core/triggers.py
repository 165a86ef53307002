"""Append-only tables, held by the database itself: UPDATE, DELETE, REPLACE and TRUNCATE fail, whoever asks.

A model says `append_only = True`. The triggers are created again and checked after every migration, because a
migration that rebuilds a table on SQLite (AlterField) drops them without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "maillage_append_only"
MESSAGE = "append-only table: lines are added, never changed"


def append_only_models() -> list[type[models.Model]]:
    """Every model that declares `append_only = True`, by table name."""
    found = [model for model in apps.get_models() if getattr(model, "append_only", False)]
    return sorted(found, key=lambda model: model._meta.db_table)


def existing_tables(connection: BaseDatabaseWrapper) -> list[type[models.Model]]:
    """The append-only models whose table exists in this database."""
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
    return [model for model in append_only_models() if model._meta.db_table in present]


def _name(table: str, event: str) -> str:
    return f"{PREFIX}_{table}_{event}"


def _sqlite_triggers(model: type[models.Model]) -> dict[str, str]:
    """Trigger name → statement.

    REPLACE deletes without firing delete triggers unless the connection asked for recursive triggers, which another
    tool would not: an insert that takes the key of an existing line is refused before the conflict is resolved.
    """
    table, key = model._meta.db_table, model._meta.pk.column
    same_key = f'SELECT 1 FROM "{table}" WHERE "{key}" = NEW."{key}"'  # noqa: S608  (names of our own models)
    refuse = f"SELECT RAISE(ABORT, '{MESSAGE}');"
    bodies = {
        "update": f'BEFORE UPDATE ON "{table}" BEGIN {refuse} END',
        "delete": f'BEFORE DELETE ON "{table}" BEGIN {refuse} END',
        "replace": f'BEFORE INSERT ON "{table}" WHEN EXISTS ({same_key}) BEGIN {refuse} END',
    }
    return {_name(table, event): f'CREATE TRIGGER "{_name(table, event)}" {body}' for event, body in bodies.items()}


_POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {PREFIX}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $body$
"""


def _postgres_triggers(model: type[models.Model]) -> dict[str, str]:
    """Trigger name → statements. ALWAYS: they fire for a replication role too."""
    table = model._meta.db_table
    bodies = {
        "change": f'BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW',
        "truncate": f'BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT',
    }
    return {
        _name(table, event): (
            f'CREATE TRIGGER "{_name(table, event)}" {body} EXECUTE FUNCTION {PREFIX}();'
            f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{_name(table, event)}"'
        )
        for event, body in bodies.items()
    }


def _expected(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, str]]:
    """Trigger name → (table, statement) for the tables that exist."""
    build = _postgres_triggers if connection.vendor == "postgresql" else _sqlite_triggers
    return {
        name: (model._meta.db_table, statement)
        for model in existing_tables(connection)
        for name, statement in build(model).items()
    }


def _present(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Trigger name → what the database says of it: its text on SQLite, its firing mode on PostgreSQL."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE %s"
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [f"{PREFIX}%"])
        return dict(cursor.fetchall())


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Triggers that should hold an append-only table and do not: absent, altered or disabled."""
    present = _present(connection)
    if connection.vendor == "postgresql":
        return [name for name in _expected(connection) if present.get(name) != "A"]
    return [name for name, (_table, sql) in _expected(connection).items() if present.get(name) != sql]


def drop_statements(connection: BaseDatabaseWrapper) -> list[str]:
    """The statements that remove the triggers, for a database that has the tables."""
    on_table = connection.vendor == "postgresql"
    return [
        f'DROP TRIGGER IF EXISTS "{name}"' + (f' ON "{table}"' if on_table else "")
        for name, (table, _sql) in _expected(connection).items()
    ]


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers again, whatever was there, and check that they hold."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        for statement in drop_statements(connection):
            cursor.execute(statement)
        for _table, statement in _expected(connection).values():
            cursor.execute(statement)
    left = missing(connection)
    if left:
        raise ImproperlyConfigured(f"The append-only triggers do not hold: {', '.join(left)}.")


def create_after_migrate(sender: object, using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`, connected once by the app."""
    create(connections[using])


def check(app_configs: object, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """System check (`manage.py check --database default`): the triggers are in place."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        absent = missing(connections[alias])
        if absent:
            hint = "Run « maillage migrate », which creates them again."
            found.append(Error(f"Append-only triggers are missing: {', '.join(absent)}.", hint=hint, id="core.E001"))
    return found
