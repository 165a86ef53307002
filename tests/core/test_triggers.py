"""The journal is append-only in the database itself: every attempt here is raw SQL, on whichever database runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from maillage.core import audit, clock, triggers
from maillage.core.models import AuditEntry, User
from tests.sentinels import append_only_suspended

SQLITE = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
COLUMNS = "id, at, action, object_type, object_id, territory_code, summary, changes"
FORGED = "'2020-01-01 00:00:00+00:00', 'forged', 'core.user', '1', '', 'Forged', '{}'"

ATTACKS = {
    "update": ["UPDATE core_auditentry SET summary = 'Forged' WHERE id = {pk}"],
    "update all": ["UPDATE core_auditentry SET summary = 'Forged'"],
    "delete": ["DELETE FROM core_auditentry WHERE id = {pk}"],
    "delete all": ["DELETE FROM core_auditentry"],
}
if SQLITE:
    ATTACKS |= {
        "replace": [f"REPLACE INTO core_auditentry ({COLUMNS}) VALUES ({{pk}}, {FORGED})"],
        "insert or replace": [f"INSERT OR REPLACE INTO core_auditentry ({COLUMNS}) VALUES ({{pk}}, {FORGED})"],
        "update or replace": ["UPDATE OR REPLACE core_auditentry SET summary = 'Forged' WHERE id = {pk}"],
        "replace without the pragma": [
            "PRAGMA recursive_triggers = OFF",
            f"REPLACE INTO core_auditentry ({COLUMNS}) VALUES ({{pk}}, {FORGED})",
        ],
        "upsert": [
            (
                f"INSERT INTO core_auditentry ({COLUMNS}) VALUES ({{pk}}, {FORGED}) "
                "ON CONFLICT (id) DO UPDATE SET summary = 'Forged'"
            )
        ],
    }
else:
    ATTACKS |= {
        "truncate": ["TRUNCATE core_auditentry"],
        "truncate cascade": ["TRUNCATE core_auditentry CASCADE"],
        "truncate of another table": ["TRUNCATE core_user CASCADE"],
        "upsert": [
            (
                f"INSERT INTO core_auditentry ({COLUMNS}) VALUES ({{pk}}, {FORGED}) "
                "ON CONFLICT (id) DO UPDATE SET summary = 'Forged'"
            )
        ],
        "as a replica": [
            "SET LOCAL session_replication_role = replica",
            "DELETE FROM core_auditentry WHERE id = {pk}",
        ],
    }


@pytest.fixture
def line(aicha: User) -> AuditEntry:
    made = audit.record(action="essai", obj=aicha, by=aicha, at=clock.now(), summary="Ligne d'origine")
    connection.check_constraints()  # what PostgreSQL had put off; otherwise it refuses TRUNCATE for that reason
    return made


def run(cursor: Any, attack: str, line: AuditEntry) -> None:
    for statement in ATTACKS[attack]:
        cursor.execute(statement.replace("{pk}", str(line.pk)))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_line_cannot_be_changed(line: AuditEntry, attack: str) -> None:
    before = list(AuditEntry.objects.order_by("pk").values())
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run(cursor, attack, line)
        if SQLITE:
            cursor.execute("PRAGMA recursive_triggers = ON")
    assert list(AuditEntry.objects.order_by("pk").values()) == before


def test_the_orm_is_refused_too(line: AuditEntry) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=line.pk).update(summary="Forged")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        line.delete()


def test_lines_are_added(line: AuditEntry, aicha: User) -> None:
    audit.record(action="essai", obj=aicha, by=None, at=clock.now(), summary="Une autre")
    assert AuditEntry.objects.count() == 2


@pytest.mark.django_db
def test_the_self_check_sees_a_trigger_that_is_gone() -> None:
    assert triggers.missing(connection) == []
    with connection.cursor() as cursor:
        cursor.execute(triggers.drop_statements(connection)[0])
    assert len(triggers.missing(connection)) == 1
    assert [message.id for message in run_checks(tags=[Tags.database], databases=["default"])] == ["core.E001"]
    triggers.create(connection)
    assert triggers.missing(connection) == []
    assert run_checks(tags=[Tags.database], databases=["default"]) == []


@pytest.mark.django_db
def test_the_self_check_sees_a_trigger_that_was_weakened() -> None:
    names = [statement.split('"')[1] for statement in triggers.drop_statements(connection)]
    name = next(name for name in names if "core_auditentry" in name)
    with connection.cursor() as cursor:
        if SQLITE:
            cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(f'CREATE TRIGGER "{name}" BEFORE UPDATE ON core_auditentry BEGIN SELECT 1; END')
        else:
            cursor.execute(f'ALTER TABLE core_auditentry DISABLE TRIGGER "{name}"')
    assert triggers.missing(connection) == [name]


def _rebuild() -> None:
    """What an AlterField migration does to the table: on SQLite it is built anew, without its triggers."""
    old = AuditEntry._meta.get_field("summary")
    new = models.CharField("résumé", max_length=310)
    new.set_attributes_from_name("summary")
    new.model = AuditEntry
    with connection.schema_editor() as editor:
        editor.alter_field(AuditEntry, old, new)
        editor.alter_field(AuditEntry, new, old)


@pytest.mark.django_db(transaction=True)
def test_a_rebuilt_table_gets_its_triggers_back_after_migrate() -> None:
    _rebuild()
    if SQLITE:
        assert triggers.missing(connection), "this is the trap: the rebuild dropped them without a word"
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_tests_on_real_transactions_are_cleaned_and_protected_again() -> None:
    with append_only_suspended(connection):
        assert triggers.missing(connection)
    assert triggers.missing(connection) == []


def test_every_append_only_table_is_known() -> None:
    assert [model._meta.db_table for model in triggers.append_only_models()] == [
        "contracts_allocationdecision",
        "contracts_contractversion",
        "contracts_movement",
        "core_auditentry",
        "local_pacts_followup",
        "local_pacts_localpactversion",
    ]


def other_program() -> Any:
    """A connection by the bare driver, with none of our settings."""
    told = connection.settings_dict
    if SQLITE:
        return sqlite3.connect(told["NAME"])
    return psycopg.connect(
        dbname=told["NAME"], user=told["USER"], password=told["PASSWORD"], host=told["HOST"], port=told["PORT"] or None
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attack", ATTACKS)
def test_another_program_is_refused_too(attack: str) -> None:
    user = User.objects.create_user("quelqu.un@exemple.test", full_name="Quelqu'un")
    line = audit.record(action="essai", obj=user, by=None, at=clock.now(), summary="Ligne d'origine")
    with closing(other_program()) as program:
        with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match="append-only"):
            run(program, attack, line)
        program.rollback()
    assert AuditEntry.objects.values_list("summary", flat=True).get() == "Ligne d'origine"
