"""Migrations follow the models, can be undone, and keep schema apart from data."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from tests.architecture import project


def _ours() -> list[tuple[str, str, list[Operation]]]:
    loader = MigrationLoader(None)
    apps = set(project.apps())
    return [(app, name, list(m.operations)) for (app, name), m in sorted(loader.disk_migrations.items()) if app in apps]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_operation_can_be_undone() -> None:
    stuck = [f"{app}.{name}: {op.describe()}" for app, name, ops in _ours() for op in ops if not op.reversible]
    assert not stuck, "\n".join(stuck)


def test_schema_stays_apart_from_data() -> None:
    """One migration either changes tables or writes into them: a half-done one can then be understood."""
    mixed = [
        f"{app}.{name}"
        for app, name, ops in _ours()
        if any(isinstance(op, RunPython | RunSQL) for op in ops)
        and not all(isinstance(op, RunPython | RunSQL) for op in ops)
    ]
    assert not mixed, mixed


@pytest.mark.django_db
def test_every_migration_is_applied_in_the_test_database() -> None:
    loader = MigrationLoader(connection)
    missing = [key for key in loader.disk_migrations if key not in loader.applied_migrations]
    assert not missing
