"""All that a database holds, to be compared before and after."""

from __future__ import annotations

from django.core.cache import cache
from django.db import connection
from django_tasks_db.models import DBTaskResult

from maillage.core.models import AuditEntry, Job

# What a job leaves whatever becomes of it: its row, its task, the worker's sign of life, its lines in the journal.
_TRACES = {Job._meta.db_table, DBTaskResult._meta.db_table, str(cache._table)}
_JOURNAL = AuditEntry._meta.db_table

Contents = dict[str, list[tuple[object, ...]]]


def everything() -> Contents:
    """The rows of every table, in an order that does not depend on how they are kept."""
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - _TRACES)
        found = {}
        for table in tables:
            without_jobs = " WHERE action NOT LIKE 'job.%%'" if table == _JOURNAL else ""
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}{without_jobs}", [])
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def changes(before: Contents) -> dict[str, tuple[int, int]]:
    """The tables that are no longer as they were, with how many rows they had and have."""
    now = everything()
    assert now.keys() == before.keys()
    return {table: (len(before[table]), len(now[table])) for table in now if now[table] != before[table]}
