"""Background jobs: a row that people follow, over a task that a worker picks up.

An app registers a handler in its `tasks.py` (imported by its `apps.ready`):

    @jobs.handler("report.annual", label="Rapport annuel")
    def build(progress: jobs.Progress, *, year: int, by_id: int | None) -> jobs.Result: ...

A service starts it with `start(...)`. The row and the task are written in the caller's transaction: either both exist
once it commits, or neither. Neither holds personal data: parameters are codes and keys.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django_tasks_db.models import DBTaskResult

from maillage.core import audit, clock, perms
from maillage.core.enums import JobStatus
from maillage.core.models import Job, StoredFile, User
from maillage.engines.lifecycle import JOB, SYSTEM
from maillage.kernel.errors import MaillageError

logger = logging.getLogger("maillage.jobs")

INTERRUPTED = "Interrompu"
INTERRUPTED_MESSAGE = (
    "Le travail s'est interrompu avant la fin : l'exécuteur s'est arrêté. "
    "Rien n'est enregistré à moitié ; vous pouvez relancer le travail."
)
STOPPED_MESSAGE = "Le service a été arrêté pendant le travail. Relancez-le quand le service est revenu."


class JobCancelled(Exception):
    """Someone asked for the job to stop; raised by `Progress.step` inside the handler."""


class ServiceStopping(Exception):
    """The service is closing; raised by `Progress.step` inside the handler."""


@dataclass(frozen=True)
class Result:
    """What a job leaves: data shown on its page, a file, the address of what was made."""

    data: dict[str, Any] = field(default_factory=dict)
    file: StoredFile | None = None
    url: str = ""


class Progress:
    """How far a handler is. `step` is cheap and never waits for the database: the pulse writes it (`core.worker`)."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self.percent = 0
        self.text = ""
        self.cancelled = threading.Event()
        self.stopping = threading.Event()
        self._wake = wake

    def step(self, percent: int, text: str = "") -> None:
        """Say the percentage done (0 to 100) and, in French, what is being done. Raises to stop the handler."""
        if self.cancelled.is_set():
            raise JobCancelled
        if self.stopping.is_set():
            raise ServiceStopping
        self.percent = max(0, min(100, int(percent)))
        self.text = text[:200]
        self._wake()


@dataclass(frozen=True)
class Handler:
    kind: str
    label: str
    function: Callable[..., Result]


_handlers: dict[str, Handler] = {}


def handler(kind: str, *, label: str) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Register the function that does the jobs of a kind."""

    def register(function: Callable[..., Result]) -> Callable[..., Result]:
        known = _handlers.get(kind)
        if known is not None and known.function is not function:
            raise ValueError(f"two handlers for the jobs {kind}")
        _handlers[kind] = Handler(kind, label, function)
        return function

    return register


def label_of(kind: str) -> str:
    found = _handlers.get(kind)
    return found.label if found is not None else kind


def late_after() -> timedelta:
    """Silence after which a running job is presumed interrupted."""
    return timedelta(seconds=settings.MAILLAGE_JOB_LATE_SECONDS)


def display_status(job: Job, at: datetime) -> str:
    """The French state to show. A silent job shows as interrupted before anyone writes it down."""
    if job.status == JobStatus.RUNNING and job.heartbeat_at is not None and at - job.heartbeat_at > late_after():
        return INTERRUPTED
    return JobStatus(job.status).label


@transaction.atomic
def start(*, kind: str, title: str, parameters: Mapping[str, Any], by: User | None, at: datetime) -> Job:
    """Create the job and queue it. The worker sees both once the caller's transaction commits."""
    from maillage.core.tasks import run_job

    if kind not in _handlers:
        raise ValueError(f"no handler for the jobs {kind}")
    job = Job.objects.create(kind=kind, title=title[:200], parameters=dict(parameters), created_by=by, created_at=at)
    run_job.enqueue(str(job.pk))
    audit.record(action="job.start", obj=job, by=by, at=at, summary=f"Travail demandé : {label_of(kind)}")
    return job


def _move(job: Job, name: str, roles: set[str]) -> None:
    job.status = JOB.next_state(name, job.status, roles)


@transaction.atomic
def cancel(*, job: Job, by: User, at: datetime) -> Job:
    """Cancel a job that waits; ask a job under way to stop at its next step."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    perms.require(perms.can_cancel_job(by, job, at.date()), "Seul son auteur ou l'équipe régionale annule un travail.")
    if job.status == JobStatus.QUEUED:
        _move(job, "cancel", {"author"})
        job.finished_at = at
    else:
        _move(job, "ask_cancel", {"author"})
        job.cancel_asked_at = at
    job.save(update_fields=["status", "finished_at", "cancel_asked_at"])
    audit.record(action="job.cancel", obj=job, by=by, at=at, summary=f"Annulation demandée : {label_of(job.kind)}")
    return job


# --- what the worker does -------------------------------------------------------------------------------------------


@transaction.atomic
def _claim(job_id: UUID, *, worker: str, at: datetime) -> Job | None:
    """Take a job that waits, or None: cancelled meanwhile, or taken by another worker."""
    job = Job.objects.select_for_update(of=("self",)).filter(pk=job_id, status=JobStatus.QUEUED).first()
    if job is None:
        return None
    _move(job, "start", {SYSTEM})
    job.worker, job.started_at, job.heartbeat_at = worker, at, at
    job.save(update_fields=["status", "worker", "started_at", "heartbeat_at"])
    return job


@transaction.atomic
def _close(job_id: UUID, transition: str, *, at: datetime, error: str = "", result: Result | None = None) -> None:
    job = Job.objects.select_for_update(of=("self",)).get(pk=job_id)
    _move(job, transition, {SYSTEM})
    job.finished_at, job.error, job.heartbeat_at = at, error, at
    if result is not None:
        job.progress = 100
        job.result = {"data": result.data, "url": result.url}
        job.result_file = result.file
    job.save()


def execute(job_id: UUID, *, worker: str = "", follow: Callable[[Job], Progress] | None = None) -> None:
    """Do one job to its end and write the outcome. Never raises for a fault of the handler."""
    job = _claim(job_id, worker=worker, at=clock.now())
    if job is None:
        return
    progress = follow(job) if follow is not None else Progress()
    try:
        result = _handlers[job.kind].function(progress, **job.parameters)
    except JobCancelled:
        _close(job.pk, "stop", at=clock.now())
    except ServiceStopping:
        _close(job.pk, "fail", at=clock.now(), error=STOPPED_MESSAGE)
    except MaillageError as error:
        _close(job.pk, "fail", at=clock.now(), error=error.message_fr)
    except PermissionDenied as error:
        _close(job.pk, "fail", at=clock.now(), error=str(error) or "Cette action ne vous est pas permise.")
    except Exception:
        logger.exception("job failed", extra={"job": str(job.pk), "kind": job.kind})
        _close(
            job.pk,
            "fail",
            at=clock.now(),
            error=f"Le travail a échoué à cause d'une erreur du logiciel. Signalez-la en donnant ce numéro : {job.pk}.",
        )
    else:
        _close(job.pk, "finish", at=clock.now(), result=result)


# --- what the reaper does -------------------------------------------------------------------------------------------


def _presume_dead(job: Job, at: datetime) -> None:
    _move(job, "fail", {SYSTEM})
    job.finished_at, job.error = at, INTERRUPTED_MESSAGE
    job.save(update_fields=["status", "finished_at", "error"])
    audit.record(
        action="job.interrupted", obj=job, by=None, at=at, summary=f"Travail interrompu : {label_of(job.kind)}"
    )
    logger.warning("job interrupted", extra={"job": str(job.pk), "kind": job.kind})


def _silent_jobs(at: datetime, alive: frozenset[str]) -> QuerySet[Job]:
    return Job.objects.filter(status=JobStatus.RUNNING, heartbeat_at__lt=at - late_after()).exclude(worker__in=alive)


def _left_tasks(at: datetime) -> list[DBTaskResult]:
    """Task rows that a dead worker left running: the job of each is over, or never began."""
    old = list(DBTaskResult.objects.running().filter(started_at__lt=at - late_after()))
    keys = [task.args_kwargs["args"][0] for task in old]
    running = {str(pk) for pk in Job.objects.filter(pk__in=keys, status=JobStatus.RUNNING).values_list("pk", flat=True)}
    return [task for task, key in zip(old, keys, strict=True) if key not in running]


@transaction.atomic
def _mark(at: datetime, alive: frozenset[str]) -> int:
    silent = list(_silent_jobs(at, alive).select_for_update(of=("self",)))
    for job in silent:
        _presume_dead(job, at)
    for task in _left_tasks(at):
        waiting = Job.objects.filter(pk=task.args_kwargs["args"][0], status=JobStatus.QUEUED).exists()
        task.status = "READY" if waiting else "FAILED"  # one that never began is queued again
        task.save(update_fields=["status"])
    return len(silent)


def reap(*, at: datetime, alive: frozenset[str] = frozenset()) -> int:
    """Mark as failed the running jobs that gave no sign of life, and count them.

    `alive`: workers that the caller knows to be running, such as the supervisor's own child: a long transaction may
    keep their heartbeat from being written, and they are not presumed dead for that. Looks before it locks: with
    nothing to mark, it waits for nobody.
    """
    if not _silent_jobs(at, alive).exists() and not _left_tasks(at):
        return 0
    return _mark(at, alive)


@transaction.atomic
def reap_worker(*, worker: str, at: datetime) -> int:
    """Mark as failed what a worker known to be dead was doing, and count it."""
    found = list(Job.objects.select_for_update(of=("self",)).filter(status=JobStatus.RUNNING, worker=worker))
    for job in found:
        _presume_dead(job, at)
    return len(found)
