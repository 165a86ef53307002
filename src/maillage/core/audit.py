"""The audit journal: every write leaves a line that nobody can change."""

from __future__ import annotations

from collections.abc import Mapping
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
    return AuditEntry.objects.create(
        at=at,
        actor=by,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        territory_code=territory_code,
        summary=summary[:300],
        changes=dict(changes or {}),
    )
