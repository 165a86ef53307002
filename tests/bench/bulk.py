"""Many rows at once, past the ORM: the importers' own way, in chunks, with the defaults of the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

from maillage.sources import bulk

CHUNK = 20_000


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert rows given by field names (`parent_id` for a relation); what is not named takes the model's default."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    others = [name for name, field in fields.items() if name not in names and not field.primary_key]
    defaults = tuple(fields[name].get_db_prep_save(fields[name].get_default(), connection) for name in others)
    count = 0
    for chunk in chunks(iter(rows)):
        bulk.insert(model, [*names, *others], [(*row, *defaults) for row in chunk])
        count += len(chunk)
    if "id" in names:
        reset_sequences(model)
    return count


def chunks(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    for first in rows:
        yield list(chain([first], islice(rows, CHUNK - 1)))


def reset_sequences(model: type[models.Model]) -> None:
    """Rows were given their keys: the next one must not collide."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def refresh_statistics() -> None:
    """What the planner knows of the tables, as a database in service would have it."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
