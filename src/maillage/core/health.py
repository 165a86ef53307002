"""Whether the instance is well: what `/healthz` and the commands ask before trusting it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.dateparse import parse_datetime

from maillage.core import triggers

WORKER_KEY = "core:worker-beat"
WORKER_LATE = timedelta(seconds=60)
LOW_DISK_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True)
class Check:
    """One thing looked at. `vital`: without it the site must not be served."""

    name: str
    ok: bool
    detail: str
    vital: bool = True


def pending_migrations() -> list[str]:
    """Names of the migrations that the database has not received. Raises DatabaseError when it does not answer."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def beat(at: datetime) -> None:
    """Called by the worker: it is alive."""
    cache.set(WORKER_KEY, at.isoformat(), timeout=3600)


def worker_seen_at() -> datetime | None:
    stored = cache.get(WORKER_KEY)
    return parse_datetime(stored) if isinstance(stored, str) else None


def _database() -> list[Check]:
    try:
        pending = pending_migrations()
        absent = triggers.missing(connection)
    except DatabaseError as error:
        return [Check("database", ok=False, detail=type(error).__name__)]
    return [
        Check("database", ok=True, detail=connection.vendor),
        Check("migrations", ok=not pending, detail=", ".join(pending) or "up to date"),
        Check("append_only_triggers", ok=not absent, detail=", ".join(absent) or "in place"),
    ]


def _worker(at: datetime) -> Check:
    try:
        seen = worker_seen_at()
    except DatabaseError as error:
        return Check("worker", ok=False, detail=type(error).__name__, vital=False)
    alive = seen is not None and at - seen <= WORKER_LATE
    return Check("worker", ok=alive, detail=seen.isoformat() if seen else "never seen", vital=False)


def _disk() -> Check:
    free = shutil.disk_usage(settings.DATA_DIR).free
    return Check("disk", ok=free >= LOW_DISK_BYTES, detail=f"{free // (1024 * 1024)} MiB free", vital=False)


def look(*, at: datetime) -> list[Check]:
    """Every check, now. Nothing is written."""
    return [*_database(), _worker(at), _disk()]
