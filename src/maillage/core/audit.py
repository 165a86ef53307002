"""The audit journal: every write leaves a line that nobody can change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from maillage.core.models import AuditEntry, User


def record(
    *,
    action: str,
    obj: models.Model,
    by: User | None,
    at: datetime,
    summary: str,
    changes: Mapping[str, Any] | None = None,
    territory_code: str = "",
) -> AuditEntry:
    """Write one line. `summary` is French and holds no personal data; `changes` maps a field to [before, after]."""
    made = line(action=action, obj=obj, by=by, at=at, summary=summary, changes=changes, territory_code=territory_code)
    made.save(force_insert=True)
    return made


def record_all(lines: Iterable[AuditEntry]) -> None:
    """Write many lines made by `line`, in few statements."""
    AuditEntry.objects.bulk_create(lines, batch_size=1000)


def line(
    *,
    action: str,
    obj: models.Model,
    by: User | None,
    at: datetime,
    summary: str,
    changes: Mapping[str, Any] | None = None,
    territory_code: str = "",
) -> AuditEntry:
    """A line that is not written yet."""
    return AuditEntry(
        at=at,
        actor=by,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        territory_code=territory_code,
        summary=summary[:300],
        changes=dict(changes or {}),
    )
